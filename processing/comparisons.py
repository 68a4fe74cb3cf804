"""What of a session is compared with what: left with right, over which windows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from contract.model import FloatArray
from processing.arrays import BoolArray, NsArray
from processing.asymmetry import Comparison, change, compare, kilometres, thirds
from processing.hip.steps import (
    STEP_TIME_SYSTEMATIC_SD_S,
    HipSteps,
    step_time_pairs,
)
from processing.metrics import METRICS, Steps
from processing.rules import MetricRule
from processing.settings import BalanceSettings

Comparisons = dict[str, Comparison]
Span = tuple[int, int]
"""Part of the session's clock in nanoseconds, [start, end)."""

_STEP_TIME = METRICS["step_time_s"]
HIP_STEP_TIME = MetricRule(
    _STEP_TIME.name,
    _STEP_TIME.unit,
    is_ratio=True,
    systematic_sd=STEP_TIME_SYSTEMATIC_SD_S,
    needs_clock=False,
    least_difference=_STEP_TIME.least_difference,
)
"""Step time as the hip knows it: one clock, but sides and moments less sure."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Steps of both feet; each left step goes with the right step that follows."""

    left: Steps
    right: Steps

    def compare(
        self,
        settings: BalanceSettings,
        span: tuple[int, int] | None = None,
        names: Collection[str] = METRICS,
    ) -> Comparisons:
        """Each metric, left against right, over left steps begun in the span (ns)."""
        asked = {*names}
        if any(METRICS[name].needs_clock for name in names):
            asked.add(_STEP_TIME.name)
        known = self.compare_all(settings, span, asked)
        doubted = clocks_differ(known)
        return {
            name: c
            for name, c in known.items()
            if name in names and not (doubted and METRICS[name].needs_clock)
        }

    def compare_all(
        self,
        settings: BalanceSettings,
        span: tuple[int, int] | None = None,
        names: Collection[str] = METRICS,
    ) -> Comparisons:
        """Do the same whatever the clocks say of themselves."""
        chosen = self.left.partner >= 0
        if span is not None:
            chosen &= (self.left.ic_ns >= span[0]) & (self.left.ic_ns < span[1])
        partner = self.left.partner[chosen]
        found = {
            name: compare(
                getattr(self.left, name)[chosen],
                getattr(self.right, name)[partner],
                rule,
                settings,
            )
            for name, rule in METRICS.items()
            if name in names
        }
        return {name: c for name, c in found.items() if c is not None}


def clocks_differ(found: Comparisons) -> bool:
    """Whether step times differ so much that it must be the sensors' clocks.

    Clocks that are 50 ms apart make one step 100 ms longer than the other; runners with
    a strong limp reach a tenth (imposed by a metronome: 10 %, Beck 2018).
    """
    step = found.get("step_time_s")
    return step is not None and abs(step.size) > _MOST_STEP_ASI_PCT


_MOST_STEP_ASI_PCT = 15.0


def hip_comparison(steps: HipSteps, settings: BalanceSettings) -> Comparisons:
    """Step time of left and right as the hip sensor knows it; maybe nothing."""
    left, right = step_time_pairs(steps)
    found = compare(left, right, HIP_STEP_TIME, settings)
    return {HIP_STEP_TIME.name: found} if found else {}


def windows(left: Steps) -> dict[str, list[tuple[int, int]]]:
    """Spans of a run that are compared by themselves, by the name of their window."""
    spans = thirds(left.ic_ns)
    found = dict(zip(("first_third", "last_third"), ([s] for s in spans), strict=False))
    return found | {"km": kilometres(left.ic_ns, distance_m(left))}


def changes(first: Comparisons, last: Comparisons) -> Comparisons:
    """How the difference between the feet changed from the first third to the last."""
    return {name: change(first[name], c) for name, c in last.items() if name in first}


def distance_m(steps: Steps) -> FloatArray:
    """Distance run until each contact [n]; a stride not measured counts as usual."""
    length = steps.stride_length_m
    is_known = np.isfinite(length)
    if not is_known.any():
        return np.zeros(len(length))
    usual = float(np.median(length[is_known]))
    strides = np.where(is_known, length, usual)
    return np.concatenate([[0.0], np.cumsum(strides)[:-1]])


def named_by_shoes(
    steps: HipSteps, feet: Mapping[int, tuple[NsArray, NsArray]]
) -> HipSteps:
    """Hip steps with the side of the shoe that is on the ground at their middle.

    Parameters
    ----------
    feet
        Per side (+1 left, -1 right) the begin and end of its contacts [n].
    """
    on_ground = {side: _holds(steps.mid_ns, *spans) for side, spans in feet.items()}
    side, confidence = steps.side.copy(), steps.side_confidence.copy()
    for own, other in ((1, -1), (-1, 1)):
        is_sure = on_ground[own] & ~on_ground[other]
        side[is_sure], confidence[is_sure] = own, 1.0
    return replace(steps, side=side, side_confidence=confidence)


def _holds(t_ns: NsArray, begin_ns: NsArray, end_ns: NsArray) -> BoolArray:
    """Whether each time lies within one of the spans, which are in order."""
    if not len(begin_ns):
        return np.zeros(len(t_ns), bool)
    last = np.searchsorted(begin_ns, t_ns, side="right") - 1
    held: BoolArray = (last >= 0) & (t_ns < end_ns[last])
    return held
