"""Half-minute means of each foot, and those of two sides that were run equally fast.

What a foot does depends on how fast its runner goes, so two runs are compared over
stretches of the same speed only. Both orders of the two sides give the same stretches.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from contract.model import FloatArray
from contract.rows import StepRow
from contract.units import NS_PER_S
from processing.arrays import IntArray
from processing.rules import METRICS

FEET = ("left", "right")
WINDOW_S = 30.0
"""As long as a row of the history (BalanceSettings.live_window_s); 40 steps a foot."""
LEAST_STEPS = 10
"""Of a foot in a window, else it is left out: a quarter of what it holds."""
TOLERANCES = (0.01, 0.02, 0.03)
"""Shares of speed that windows may differ by; the closest that gives enough is taken.
3 % of speed are about as much of contact time, the least difference of `rules`."""
LEAST_WINDOWS = 4
"""Fewer than two minutes on each side say nothing of a run."""
ENOUGH_WINDOWS = 8


@dataclass(frozen=True, slots=True, eq=False)
class FootWindows:
    """Means of both feet over windows of one or more runs, in order of time.

    Attributes
    ----------
    run : [w]
        Number of the run that a window is of.
    speed_mps : [w]
        Mean speed of its strides, NaN where not known.
    means : (metric, foot) -> [w]
        NaN where a foot has too few steps.
    """

    run: IntArray
    speed_mps: FloatArray
    means: Mapping[tuple[str, str], FloatArray]

    @property
    def knows_speed(self) -> bool:
        """Whether any window's speed is known."""
        return bool(np.isfinite(self.speed_mps).any())


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Windows that go together: places in the first and in the second [k].

    ``tolerance`` is how far their speeds may differ, as a share; None where speed is
    not known and all windows of both were taken, not in pairs.
    """

    first: IntArray
    second: IntArray
    tolerance: float | None

    @property
    def count(self) -> int:
        """Windows of the side that has fewer."""
        return min(len(self.first), len(self.second))


def windows_of(runs: Sequence[Sequence[StepRow]]) -> FootWindows:
    """Cut the steps of runs into windows and give each foot's mean in each."""
    cut = [_windows(k, steps) for k, steps in enumerate(runs) if steps]
    names = [(metric, foot) for metric in METRICS for foot in FEET]
    none = np.empty(0)
    return FootWindows(
        run=np.concatenate([np.empty(0, np.int64), *(w.run for w in cut)]),
        speed_mps=np.concatenate([none, *(w.speed_mps for w in cut)]),
        means={n: np.concatenate([none, *(w.means[n] for w in cut)]) for n in names},
    )


def _windows(run: int, steps: Sequence[StepRow]) -> FootWindows:
    t_ns = np.array([s.time_ns for s in steps], np.int64)
    place = (t_ns - t_ns.min()) // round(WINDOW_S * NS_PER_S)
    count = int(place.max()) + 1
    feet = np.array([s.side for s in steps])
    speed = _column(steps, "speed_mps")
    return FootWindows(
        run=np.full(count, run, np.int64),
        speed_mps=_means(speed, place, count, 1),
        means={
            (metric, foot): _means(
                np.where(feet == foot, values, np.nan), place, count, LEAST_STEPS
            )
            for metric in METRICS
            for values in (_column(steps, metric),)
            for foot in FEET
        },
    )


def _column(steps: Sequence[StepRow], name: str) -> FloatArray:
    values = [getattr(step, name) for step in steps]
    return np.array(values, float)  # None becomes NaN


def _means(values: FloatArray, place: IntArray, count: int, least: int) -> FloatArray:
    """Mean of what is known in each window; NaN with fewer than ``least``."""
    known = np.isfinite(values)
    n = np.bincount(place[known], minlength=count)
    total = np.bincount(place[known], weights=values[known], minlength=count)
    mean: FloatArray = np.where(n >= least, total / np.maximum(n, 1), np.nan)
    return mean


def match_pace(first: FootWindows, second: FootWindows) -> Matched:
    """Pair windows of the same speed; without any speed, take all windows of both."""
    if not (first.knows_speed and second.knows_speed):
        return Matched(np.arange(len(first.run)), np.arange(len(second.run)), None)
    found = [_pairs(first.speed_mps, second.speed_mps, t) for t in TOLERANCES]
    close = (m for m in found if m.count >= ENOUGH_WINDOWS)
    return next(close, found[-1])


def _pairs(first: FloatArray, second: FloatArray, tolerance: float) -> Matched:
    """As many pairs as there can be: the slowest that fit go together, and so on."""
    orders = [np.argsort(v, kind="stable") for v in (first, second)]
    a, b = (o[np.isfinite(v[o])] for o, v in zip(orders, (first, second), strict=True))
    i = j = 0
    chosen: list[tuple[int, int]] = []
    while i < len(a) and j < len(b):
        one, other = first[a[i]], second[b[j]]
        if abs(one - other) <= tolerance * (one + other) / 2:
            chosen.append((int(a[i]), int(b[j])))
            i, j = i + 1, j + 1
        elif one < other:
            i += 1
        else:
            j += 1
    places = np.array(chosen, np.int64).reshape(-1, 2)
    return Matched(places[:, 0], places[:, 1], tolerance)


def speed_gap_pct(
    first: FootWindows, second: FootWindows, pairs: Matched
) -> float | None:
    """How much faster the second's matched windows still are; None when not known."""
    if pairs.tolerance is None or not pairs.count:
        return None
    one = float(first.speed_mps[pairs.first].mean())
    other = float(second.speed_mps[pairs.second].mean())
    return 200.0 * (other - one) / (other + one)
