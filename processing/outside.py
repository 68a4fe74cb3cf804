"""What else lies outside a runner's own band, beside contact time: roll and strike.

The same two minutes are set beside the same earlier runs as for the light, and by the
same interval (`processing.light`); but this lights nothing, it is a small sign on the
tile. It comes when readings have left no doubt for half a minute, and goes with the
first reading inside the band: as it comes by the whole interval and goes by its middle,
it does not flicker. Without a reading (poor data, sides or angles in doubt, fewer than
five runs) there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from contract.messages import OutsideBand
from contract.model import Slot
from processing.advice.finding_rules import RULES
from processing.baseline import EarlierRun, own_baseline
from processing.doubts import are_angles_doubted
from processing.light import LightSettings, Reading
from processing.light_window import LightWindow
from processing.metrics import METRICS
from processing.pipeline import SessionAnalysis

Kind = Literal["rolls_in", "heel_first"]
KINDS: dict[str, Kind] = {
    "pronation_excursion_deg": "rolls_in",
    "strike_angle_deg": "heel_first",
}
"""Metrics that are looked at, what matters more first, and what more of them is."""


@dataclass(frozen=True, slots=True)
class OutsideSettings:
    """When a sign comes."""

    light: LightSettings = field(default_factory=LightSettings)
    """What a reading looks back on, how often, and beside which runs."""
    show_after_s: float = 30.0
    """So long all readings must leave no doubt: a quarter of what one looks back on,
    so most of the steps of the last are others than those of the first were before."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of a tile, there or not, and how far it is from coming.

    Attributes
    ----------
    side : Slot or None
        The foot that it is shown for; None when it is not.
    towards : Slot or None
        The foot that the readings of now count for.
    count : int
        Readings in a row that do.
    """

    side: Slot | None = None
    towards: Slot | None = None
    count: int = 0

    def after(
        self, reading: Reading | None, least_deg: float, settings: OutsideSettings
    ) -> "Sign":
        """Give the sign after one more reading, None where there could be none."""
        if reading is None:
            return Sign()
        if self.side is reading.longer and reading.own.is_outside:
            return self
        least = max(reading.own.mdc, least_deg)
        if not (reading.is_sure() and abs(reading.own.shift) >= least):
            return Sign()
        side = reading.longer
        count = self.count + 1 if side is self.towards else 1
        lasted_s = (count - 1) * settings.light.every_s
        is_shown = lasted_s >= settings.show_after_s
        return Sign(side if is_shown else None, side, count)


class OutsideWatch:
    """The signs of one session: give it each two minutes that the light has read.

    Parameters
    ----------
    runs : sequence of EarlierRun
        Earlier runs of the runner with shoe sensors, in any shoe at any pace.
    """

    def __init__(
        self, runs: Sequence[EarlierRun] = (), settings: OutsideSettings | None = None
    ) -> None:
        self._settings = settings or OutsideSettings()
        self._runs = runs
        self.forget()

    def forget(self) -> None:
        """Take note that nothing can be read now."""
        self._signs = dict.fromkeys(KINDS, Sign())
        self._shown: tuple[OutsideBand, ...] = ()

    @property
    def shown(self) -> tuple[OutsideBand, ...]:
        """The signs that are there, at most one of each kind."""
        return self._shown

    def look(self, analysis: SessionAnalysis, window: LightWindow) -> None:
        """Take a reading of each metric."""
        if are_angles_doubted(analysis.reports()):
            self.forget()
            return
        shown = []
        for metric, kind in KINDS.items():
            reading = self._read(analysis, window, metric)
            least_deg = RULES[metric].least_shift
            sign = self._signs[metric].after(reading, least_deg, self._settings)
            self._signs[metric] = sign
            if sign.side is not None and reading is not None:
                shown.append(band_of(kind, reading))
        self._shown = tuple(shown)

    def _read(
        self, analysis: SessionAnalysis, window: LightWindow, metric: str
    ) -> Reading | None:
        found = window.compare(metric, analysis.settings.balance)
        if found is None:
            return None
        run = window.as_run(analysis.meta, {metric: found})
        rule, baseline = METRICS[metric], self._settings.light.baseline
        # Its own step-to-step part is asked of the reading, not put into the band.
        own = own_baseline(replace(run, random_half={}), self._runs, rule, baseline)
        return Reading(window.end_ns, own, found.random_half) if own else None


def band_of(kind: Kind, reading: Reading) -> OutsideBand:
    """Give a reading as a tile tells it: its size, and half its 95 % interval.

    Half the interval as in `Reading.likely`: of these two minutes and of the usual.
    """
    _, high = reading.likely()
    size = abs(reading.own.shift)
    side: Literal["left", "right"] = "right" if reading.longer is Slot.RIGHT else "left"
    return OutsideBand(kind=kind, side=side, shift_deg=size, half_deg=high - size)
