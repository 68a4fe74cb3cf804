"""How much a figure changed from one run, or group of runs, to another; how sure.

One run against one run: the interval holds what steps vary by, and, where the own
baseline knows it, what runs of this runner vary by. Groups of runs: the run is the
unit, so days, moods and seatings of the sensors are in the interval, as far as they
changed between the runs of a group.

The systematic part of sensor and mount cancels between runs with the same sensors on
the same shoe, as in `processing.baseline`; on another shoe the sensor sits anew, and
each side brings its own.

Exchanging the two sides turns every sign and changes nothing else.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from contract.model import FloatArray
from processing.advice.finding_rules import RULES
from processing.arrays import IntArray
from processing.asymmetry import effective_size
from processing.rules import MetricRule

CLEARLY_CHANGED = "clearly changed"
SLIGHTLY_CHANGED = "slightly changed"
NO_CLEAR_CHANGE = "no clear change"
CANNOT_BE_SAID = "cannot be said"
DIFFERS = "differs, perhaps by the day"
"""More than steps vary by, in a range that does not hold what runs vary by."""
PERHAPS_CHANGED = "perhaps changed, too little to tell among so many figures"
"""Only in what is told: the range leaves out zero, but clears no raised bar."""
CHANGED = (CLEARLY_CHANGED, SLIGHTLY_CHANGED)

TOO_WIDE = "the range is wider than a difference that matters"
_Z95 = 1.96


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the ends of its 95 % interval.

    ``random_half`` is the part of its half width without sensor and mount.
    """

    size: float
    low: float
    high: float
    random_half: float


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and after.

    Attributes
    ----------
    metric : str
        Column of the step row.
    side : str
        left or right: that foot; both: left against right, + = right larger.
    before, after : Estimate
        In ``unit`` for left against right, else in the unit of the column.
    change, low, high : float
        After less before with its 95 % interval, in ``unit``; of one foot's ratio
        metrics in percent of the mean of both.
    random_half, systematic_half : float
        What the half width of the interval is made of.
    unit : str
    count : int
        What was compared: runs, pairs of windows, or pairs of steps.
    word : str
    why : str
        Why it cannot be said; "" when it can.
    """

    metric: str
    side: str
    before: Estimate
    after: Estimate
    change: float
    low: float
    high: float
    random_half: float
    systematic_half: float
    unit: str
    count: int
    word: str
    why: str

    @property
    def has_changed(self) -> bool:
        """Whether it is more than chance, and large enough to be told."""
        return self.word in CHANGED

    @property
    def reading(self) -> str:
        """The word, with why it is so where the range does not show it."""
        is_shown = self.why in ("", TOO_WIDE)
        return self.word if is_shown else f"{self.word}: {self.why}"

    @property
    def strength(self) -> float:
        """How many half widths it is away from no change."""
        half = (self.high - self.low) / 2
        return abs(self.change) / half if half > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Unit:
    """What is compared of one run: a size and half widths, in one unit."""

    size: float
    random_half: float
    systematic_half: float = 0.0


@dataclass(frozen=True, slots=True)
class Cancelling:
    """What becomes of the systematic part between the two sides.

    ``seatings`` is how often the sensors were put on anew within before and after, as
    far as it is known; None: same sensors on the same shoe, it cancels.
    """

    seatings: tuple[int, int] | None = None

    def half(self, before: float, after: float) -> float:
        """Half width that is left of both sides' systematic halves.

        A side with two seatings or more has them among its runs, which vary by them.
        """
        if self.seatings is None:
            return abs(after - before)
        sides = zip((before, after), self.seatings, strict=True)
        return math.hypot(*(own if n < 2 else 0.0 for own, n in sides))


def between_runs(
    rule: MetricRule,
    before: Sequence[Unit],
    after: Sequence[Unit],
    cancelling: Cancelling,
    mdc: float = 0.0,
) -> Change:
    """Compare left against right of one or more runs with that of others.

    ``mdc`` is what two runs of this runner differ by without a change, from her own
    baseline; 0 when not known. Groups know it by themselves.
    """
    if len(before) + len(after) > 2:
        random = pooled_half(before, after)
    else:
        random = max(math.hypot(before[0].random_half, after[0].random_half), mdc)
    means = [float(np.mean([u.systematic_half for u in s])) for s in (before, after)]
    estimates = side_estimate(before), side_estimate(after)
    size = estimates[1].size - estimates[0].size
    halves = random, cancelling.half(means[0], means[1])
    return changed(rule, "both", estimates, size, halves, len(before) + len(after))


def pooled_half(before: Sequence[Unit], after: Sequence[Unit]) -> float:
    """Half width of a change of means, by how runs vary within their groups."""
    freedom = len(before) + len(after) - 2
    spread = math.sqrt((_squares(before) + _squares(after)) / freedom)
    # Runs may agree by luck; they cannot be known better than each one is (baseline).
    halves = [unit.random_half for unit in (*before, *after)]
    spread = max(spread, float(np.median(halves)) / _Z95)
    inverse = (len(before) + len(after)) / (len(before) * len(after))
    return float(stdtrit(freedom, 0.975)) * spread * math.sqrt(inverse)


def _squares(units: Sequence[Unit]) -> float:
    sizes = np.array([unit.size for unit in units])
    return float(((sizes - sizes.mean()) ** 2).sum())


def side_estimate(units: Sequence[Unit]) -> Estimate:
    """Mean of the runs of a side, with what it is uncertain by for itself."""
    n = len(units)
    size = float(np.mean([unit.size for unit in units]))
    random = float(np.median([unit.random_half for unit in units]))
    if n > 1:
        spread = max(math.sqrt(_squares(units) / (n - 1)), random / _Z95)
        random = float(stdtrit(n - 1, 0.975)) * spread / math.sqrt(n)
    half = math.hypot(random, float(np.mean([u.systematic_half for u in units])))
    return Estimate(size, size - half, size + half, random)


def changed(
    rule: MetricRule,
    side: str,
    estimates: tuple[Estimate, Estimate],
    size: float,
    halves: tuple[float, float],
    count: int,
) -> Change:
    """Put a change and its random and systematic half widths into words."""
    half = math.hypot(*halves)
    word = _word(abs(size), half, rule)
    return Change(
        metric=rule.name,
        side=side,
        before=estimates[0],
        after=estimates[1],
        change=size,
        low=size - half,
        high=size + half,
        random_half=halves[0],
        systematic_half=halves[1],
        unit=rule.ci_unit,
        count=count,
        word=word,
        why=TOO_WIDE if word == CANNOT_BE_SAID else "",
    )


def _word(size: float, half: float, rule: MetricRule) -> str:
    """Clear when chance is ruled out and it is as large as a difference that matters.

    What is sure but too small to matter is no clear change. A range that holds zero
    and is wider than a difference that matters says nothing: it would hide one.
    """
    if size > half:
        if size >= rule.least_difference:
            return CLEARLY_CHANGED
        return SLIGHTLY_CHANGED if size >= least_change(rule) else NO_CLEAR_CHANGE
    return NO_CLEAR_CHANGE if half <= rule.least_difference else CANNOT_BE_SAID


def least_change(rule: MetricRule) -> float:
    """Smallest change that is told, in the unit of the interval.

    That of findings, where there is one (1 % of contact time, 1 deg of pronation);
    else a third of a difference that matters, as contact time and pronation have it.
    """
    found = RULES.get(rule.name)
    return (found.least_shift if found else 0.0) or rule.least_difference / 3


def mean_of(values: FloatArray) -> Unit:
    """Mean of windows in order of time; neighbours are alike, so they count less."""
    return Unit(float(values.mean()), _half(values, _effective(values)))


def paired_half(pairs: FloatArray, orders: Sequence[IntArray]) -> float:
    """Half width of the mean of paired differences [k].

    They come from two runs, each with its order of time: the one that leaves fewer
    effective pairs counts.
    """
    return _half(pairs, min(_effective(pairs[order]) for order in orders))


def _effective(values: FloatArray) -> float:
    return effective_size(values) if len(values) > 2 else float(len(values))


def _half(values: FloatArray, n_eff: float) -> float:
    """Half of a 95 % interval; one value alone says nothing of its own spread."""
    if len(values) < 2:
        return 0.0
    spread = float(values.std(ddof=1))
    return float(stdtrit(max(n_eff - 1, 1.0), 0.975)) * spread / math.sqrt(n_eff)
