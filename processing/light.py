"""The check-engine light: when a shift from a runner's own usual is worth a word.

A reading sets the last two minutes beside the earlier runs in the same shoe at the same
pace; the lamp goes on after two minutes of readings that leave no doubt and out after
three that are back inside. All times are the session's own, so a run that is analysed
again lights the same lamp at the same step. The rule is that of product.md 3.2.

Which intervals are compared: the sensors sit on the shoes they always sit on, so their
systematic error is in each of her runs alike and drops out of the shift. What it varies
by from run to run is in the spread of her runs, and so in her band. Of the two minutes
only the step-to-step part is left; it is asked of their interval, and so left out of
the band, else it would count twice.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from contract.model import Slot
from contract.units import NS_PER_S
from contract.verdicts import (
    ALERT_CLEARED,
    ALERT_RAISED,
    LEFT_LONGER,
    MAIN_METRIC,
    RIGHT_LONGER,
)
from processing.baseline import Baseline, BaselineSettings, EarlierRun, own_baseline
from processing.metrics import METRICS

_CODES = {Slot.LEFT: LEFT_LONGER, Slot.RIGHT: RIGHT_LONGER}
_SIDES = {code: slot for slot, code in _CODES.items()}


@dataclass(frozen=True, slots=True)
class LightSettings:
    """When the light goes on and out; all from product.md 3.2 unless a line says so."""

    window_s: float = 120.0
    """What a reading looks back on."""
    every_s: float = 10.0
    """Time between readings: a twelfth of a window changes little."""
    raise_after_s: float = 120.0
    """So long all readings must leave no doubt."""
    clear_after_s: float = 180.0
    """So long all readings must be back inside the band."""
    apart_s: float = 600.0
    """Least time between two times that the light goes on in one run."""
    least_points: float = 5.0
    """Smaller shifts light nothing, however sure: the rule of IMU Step's coaches."""
    baseline: BaselineSettings = field(default_factory=BaselineSettings)


@dataclass(frozen=True, slots=True)
class Reading:
    """Two minutes of a run beside the runner's own usual.

    Attributes
    ----------
    t_ns : int
        End of the two minutes on the session's clock.
    own : Baseline
        The usual, its band without the random part of these two minutes, the shift.
    random_half : float
        Half width of the 95 % interval of these two minutes, step to step, percent.
    """

    t_ns: int
    own: Baseline
    random_half: float

    @property
    def longer(self) -> Slot:
        """The foot that is longer on the ground than usual, by however little."""
        return Slot.RIGHT if self.own.shift > 0 else Slot.LEFT

    def least(self, settings: LightSettings) -> float:
        """Least shift that can light the lamp, in points."""
        return max(self.own.mdc, settings.least_points)

    def is_sure(self) -> bool:
        """Whether the whole interval lies outside the own band."""
        return abs(self.own.shift) - self.random_half > self._reach

    def is_beyond(self, settings: LightSettings) -> bool:
        """Whether it leaves no doubt: sure, and far enough."""
        return self.is_sure() and abs(self.own.shift) >= self.least(settings)

    def likely(self) -> tuple[float, float]:
        """Ends of the 95 % interval of the size of the shift, in points.

        The usual is a mean of n runs and not sure either: the band reaches
        t s sqrt(1 + 1/n), its middle is known to t s / sqrt(n).
        """
        usual_half = self._reach / math.sqrt(self.own.runs + 1)
        half, size = math.hypot(self.random_half, usual_half), abs(self.own.shift)
        return max(0.0, size - half), size + half

    @property
    def _reach(self) -> float:
        return self.own.band_high - self.own.usual


def read(
    t_ns: int, window: EarlierRun, runs: Sequence[EarlierRun], settings: LightSettings
) -> Reading | None:
    """Set two minutes beside the earlier runs; None when these are too few.

    Parameters
    ----------
    window : EarlierRun
        The two minutes, as if they were a run of their own.
    runs : sequence
        Earlier runs of the same runner, in any shoe at any pace.
    """
    without = replace(window, random_half={})
    own = own_baseline(without, runs, METRICS[MAIN_METRIC], settings.baseline)
    return Reading(t_ns, own, window.random_half[MAIN_METRIC]) if own else None


@dataclass(frozen=True, slots=True)
class Alert:
    """The light went on or out, at a time of the session's clock."""

    kind: str
    t_ns: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Lamp:
    """Whether the light is on, and how far it is from changing.

    Only readings move it: time without any (a walk, a gap, an unfamiliar pace) neither
    lights nor clears it, however long; afterwards it goes on counting where it was.

    Attributes
    ----------
    code : str
        The light that is on; empty when none is.
    since_ns : int or None
        When it last went on.
    towards : Slot or None
        Which foot's light the readings of now count for; None when they count for none.
    count : int
        Readings in a row that count for the next change.
    """

    settings: LightSettings = field(default_factory=LightSettings)
    code: str = ""
    since_ns: int | None = None
    towards: Slot | None = None
    count: int = 0

    @property
    def side(self) -> Slot | None:
        """The foot whose light is on."""
        return _SIDES.get(self.code)

    @property
    def lasted_s(self) -> float:
        """Time between the first and the last of the readings that count."""
        return max(0, self.count - 1) * self.settings.every_s

    def may_go_on(self, t_ns: int) -> bool:
        """Whether it is long enough since it last did."""
        apart_ns = round(self.settings.apart_s * NS_PER_S)
        return self.since_ns is None or t_ns - self.since_ns >= apart_ns

    def after(self, reading: Reading) -> tuple["Lamp", Alert | None]:
        """Lamp after one more reading, and what is to be said of it."""
        return self._while_on(reading) if self.code else self._while_off(reading)

    def _while_off(self, reading: Reading) -> tuple["Lamp", Alert | None]:
        side = reading.longer if reading.is_beyond(self.settings) else None
        count = self.count + 1 if side == self.towards else 1
        lamp = replace(self, towards=side, count=count if side else 0)
        is_long = lamp.lasted_s >= self.settings.raise_after_s
        if side is None or not is_long or not self.may_go_on(reading.t_ns):
            return lamp, None
        code = _CODES[side]
        text = f"{shift_words(reading)}, for {span(lamp.lasted_s)}: worth watching."
        on = replace(lamp, code=code, since_ns=reading.t_ns, towards=None, count=0)
        return on, Alert(ALERT_RAISED, reading.t_ns, code, text)

    def _while_on(self, reading: Reading) -> tuple["Lamp", Alert | None]:
        count = 0 if reading.own.is_outside else self.count + 1
        lamp = replace(self, count=count)
        if lamp.lasted_s < self.settings.clear_after_s:
            return lamp, None
        text = f"Back within your usual for {span(lamp.lasted_s)}."
        out = replace(lamp, code="", count=0)
        return out, Alert(ALERT_CLEARED, reading.t_ns, self.code, text)


def shift_words(reading: Reading) -> str:
    """Say how far from usual, and how sure that is."""
    low, high = reading.likely()
    return (
        f"{reading.longer.word.capitalize()} foot {abs(reading.own.shift):.1f} points"
        f" longer on the ground than your usual (likely {low:.1f} to {high:.1f})"
    )


def told(lamp: Lamp, reading: Reading) -> str:
    """Say what lamp and latest reading mean, in one sentence."""
    if lamp.code:
        return _told_while_on(lamp, reading)
    if not reading.own.is_outside:
        return f"Within your usual, by {reading.own.runs} earlier runs."
    return f"{shift_words(reading)}: {_why_not_lit(lamp, reading)}."


def _told_while_on(lamp: Lamp, reading: Reading) -> str:
    if lamp.count:
        clear = span(lamp.settings.clear_after_s)
        return f"Back within your usual; the light goes out after {clear} of that."
    if reading.longer is not lamp.side:
        return f"{shift_words(reading)}, after it was the other foot: worth watching."
    return f"{shift_words(reading)}: worth watching."


def _why_not_lit(lamp: Lamp, reading: Reading) -> str:
    settings = lamp.settings
    if not reading.is_sure():
        return "not sure yet"
    if not reading.is_beyond(settings):
        return f"the light needs {reading.least(settings):.1f}"
    if lamp.lasted_s < settings.raise_after_s:
        return f"not yet for {span(settings.raise_after_s)}"
    return f"the light was on less than {span(settings.apart_s)} ago"


def span(seconds: float) -> str:
    """Time in words: whole minutes, or seconds below two."""
    return f"{seconds // 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
