"""Two minutes of a session as the light sees them: good enough, and how they differ.

Everything here is asked of contacts that are final (see `processing.light_watch`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from contract.messages import SessionMeta
from contract.model import FloatArray, Slot
from contract.units import NS_PER_S
from contract.verdicts import MAIN_METRIC
from processing import placement
from processing.arrays import BoolArray
from processing.asymmetry import Comparison, compare
from processing.baseline import EarlierRun
from processing.contacts import Contacts
from processing.metrics import METRICS, Steps
from processing.pipeline import REACH_NS, SessionAnalysis
from processing.settings import BalanceSettings

FINAL_ANGLES = 200
"""Later contacts of a foot after which its angles are final: a slip takes back no more
(`processing.shoe.gait`, strides that a slip may have to be dated back to)."""


@dataclass(frozen=True, slots=True, eq=False)
class LightWindow:
    """Steps of both feet around a span of the session, and the span."""

    left: Steps
    right: Steps
    begin_ns: int
    end_ns: int

    @classmethod
    def of(cls, analysis: SessionAnalysis, begin_ns: int, end_ns: int) -> "LightWindow":
        """Span [begin, end) of a session's own clock."""
        steps = analysis.steps(begin_ns - REACH_NS, end_ns + REACH_NS)
        return cls(steps[Slot.LEFT], steps[Slot.RIGHT], begin_ns, end_ns)

    def balance(self, settings: BalanceSettings) -> Comparison | None:
        """Contact time left against right; None when the data are too poor.

        Asked for is as much as of any metric, and of either foot as many steps of its
        running time as a verdict is.
        """
        found = self.compare(MAIN_METRIC, settings)
        return found if self._coverage() >= settings.least_coverage else None

    def compare(self, metric: str, settings: BalanceSettings) -> Comparison | None:
        """One metric left against right; None when a live number would ask for more.

        That is, for more pairs in its time.
        """
        chosen = self._inside(self.left) & (self.left.partner >= 0)
        found = compare(
            getattr(self.left, metric)[chosen],
            getattr(self.right, metric)[self.left.partner[chosen]],
            METRICS[metric],
            settings,
        )
        least = settings.live_pairs * self._width_s / settings.live_window_s
        return None if found is None or found.n_pairs < least else found

    @property
    def _width_s(self) -> float:
        return (self.end_ns - self.begin_ns) / NS_PER_S

    def _coverage(self) -> float:
        """Share of the span that steps of the foot with fewest make up."""
        width_s = self._width_s
        cadence_spm = self._median("cadence_spm") or np.inf
        fewest = min(np.count_nonzero(self._inside(s)) for s in (self.left, self.right))
        return fewest * 120.0 / cadence_spm / width_s

    def as_run(self, meta: SessionMeta, found: Mapping[str, Comparison]) -> EarlierRun:
        """Give it as the baseline judges a run."""
        return EarlierRun(
            session=meta.session,
            time_ns=meta.origin_ns,
            shoe=meta.shoe,
            speed_mps=self._median("speed_mps"),
            cadence_spm=self._median("cadence_spm"),
            sizes={metric: c.size for metric, c in found.items()},
            random_half={metric: c.random_half for metric, c in found.items()},
        )

    def _inside(self, steps: Steps) -> BoolArray:
        inside: BoolArray = (steps.ic_ns >= self.begin_ns) & (steps.ic_ns < self.end_ns)
        return inside

    def _median(self, name: str) -> float | None:
        values: FloatArray = np.concatenate(
            [getattr(s, name)[self._inside(s)] for s in (self.left, self.right)]
        )
        known = values[np.isfinite(values)]
        return float(np.median(known)) if len(known) else None


def misplaced(analysis: SessionAnalysis, begin_ns: int, end_ns: int) -> str:
    """Say that the sensors may not sit where they say; "" when nothing hints at it."""
    left, right = analysis.contacts(Slot.LEFT), analysis.contacts(Slot.RIGHT)
    span = begin_ns, end_ns
    if placement.both_on_one_foot(left.between(*span), right.between(*span)):
        return "sides in doubt: perhaps both on one foot"
    known = _angles_final(left, end_ns), _angles_final(right, end_ns)
    if placement.swap_suspected(*known):
        return "sides in doubt: perhaps on the wrong feet"
    return ""


def _angles_final(foot: Contacts, end_ns: int) -> Contacts:
    """Latest contacts before a time whose angles nothing can change any more."""
    end = int(np.searchsorted(foot.ic_ns, end_ns)) - FINAL_ANGLES
    if end <= 0:
        return Contacts.none()
    first_ns = int(foot.ic_ns[max(0, end - FINAL_ANGLES)])
    return foot.between(first_ns, int(foot.ic_ns[end]))
