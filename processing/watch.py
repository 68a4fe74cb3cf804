"""A watch's record beside a run: how far its clock is off, by cadence alone.

Both tell steps per minute, each on a clock of its own. The two are compared second by
second at every shift within reach; where they fit clearly better than anywhere else,
that is the shift. A steady run hardly varies, so the small ups and downs of cadence
count, and standing counts only as far as two spreads below running: else every run that
begins with standing would fit every other. Pure: no file, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.errors import QualityError
from contract.model import FloatArray
from contract.track import TrackPoint
from contract.units import NS_PER_S

REACH_S = 600
"""Watches set themselves by GPS; a computer or phone is rarely off by more."""
RUNNING_SPM = 120.0
"""Above it somebody runs: nobody walks that fast for long (collector/cadence.py starts
a run by itself at 130)."""
_STILL_SPREADS = -2.0
_MOST_SPREADS = 3.0
_SMOOTH_S = 9  # watches show a mean over some seconds, we make both alike
_TREND_S = (
    241  # a slow decline is the same in many runs and tells no second from another
)
_EDGE_S = 6  # a watch's mean over seconds blurs where running begins and ends
_LONGEST_HOLE_S = 10  # "smart recording" leaves out seconds, a pause leaves out more
_STEP_NEAR_S = 2.0  # no step within it: she stands
_POINT_NEAR_S = 0.5  # a watch's word at this very second
_LEAST_OVERLAP_S = 300
_LEAST_OVERLAP_SHARE = 0.5
LEAST_AGREEMENT = 0.5
"""A shift that fits worse is none, however long the run."""
_LEAST_Z = 4.0
"""In spreads of what chance gives: some sixty shifts are looked at that have nothing to
do with one another, of which the best is at 2.4 by chance, and above 4 in 1 of 500."""
_LONGEST_MEMORY_S = 60
MOST_SECOND = 0.8
"""The second best shift must be worse than this share of the best."""

_Flags = NDArray[np.bool_]
_Seconds = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Cadence:
    """Steps per minute, one value a second.

    Attributes
    ----------
    begin_s : int
        Unix time of the first value.
    spm : array [N]
        0 where she stands, NaN where nobody knows.
    """

    begin_s: int
    spm: FloatArray


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a watch's clock fits a run's.

    ``shift_s`` is to be added to the watch's times. ``agreement`` is the correlation
    of both cadences there, ``second`` how well the best other shift fits, as a share
    of it, ``overlap_s`` the seconds compared.
    """

    shift_s: float
    agreement: float
    second: float
    overlap_s: int


def cadence_of_steps(t_ns: Sequence[int], spm: Sequence[float]) -> Cadence:
    """Cadence per second of steps, each with its time and steps per minute."""
    if not len(t_ns):
        return Cadence(0, np.empty(0))
    times_s, values = _in_order(t_ns, spm)
    seconds = _seconds(np.floor(times_s[0]), np.ceil(times_s[-1]))
    _, near_s = _around(times_s, seconds)
    found = np.interp(seconds, times_s, values)
    return Cadence(int(seconds[0]), np.where(near_s <= _STEP_NEAR_S, found, 0.0))


def cadence_of_points(points: Sequence[TrackPoint]) -> Cadence:
    """Cadence per second of a watch's record; short holes are filled in linearly."""
    known = [(p.t_ns, p.cadence_spm) for p in points if p.cadence_spm is not None]
    if not known:
        return Cadence(0, np.empty(0))
    times_s, values = _in_order([t for t, _ in known], [c for _, c in known])
    seconds = _seconds(np.ceil(times_s[0]), np.floor(times_s[-1]))
    if not len(seconds):
        return Cadence(0, np.empty(0))
    hole_s, near_s = _around(times_s, seconds)
    is_known = (hole_s <= _LONGEST_HOLE_S) | (near_s <= _POINT_NEAR_S)
    found = np.interp(seconds, times_s, values)
    return Cadence(int(seconds[0]), np.where(is_known, found, np.nan))


def _in_order(
    t_ns: Sequence[int], values: Sequence[float]
) -> tuple[FloatArray, FloatArray]:
    times_ns = np.array(t_ns, dtype=np.int64)
    order = np.argsort(times_ns, kind="stable")
    return times_ns[order] / NS_PER_S, np.array(values, dtype=np.float64)[order]


def _seconds(first: float, last: float) -> FloatArray:
    return np.arange(first, last + 1, dtype=np.float64)


def _around(times_s: FloatArray, seconds: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How far apart the times around each second are, and how near the nearer is."""
    last = len(times_s) - 1
    after = np.clip(np.searchsorted(times_s, seconds), min(1, last), last)
    before = np.maximum(after - 1, 0)
    near_s = np.abs(times_s[[before, after]] - seconds).min(axis=0)
    return times_s[after] - times_s[before], near_s


def align(ours: Cadence, theirs: Cadence, around_s: Sequence[float]) -> Alignment:
    """Find what must be added to a watch's times; `QualityError` if that is not clear.

    Parameters
    ----------
    ours, theirs : Cadence
        Of the shoes and of the watch.
    around_s : sequence of float
        Shifts to look around, ten minutes to either side of each.
    """
    shifts = np.unique(np.concatenate([_reach(s) for s in around_s]))
    left, right = _told(ours), _told(theirs)
    least_s = _least_overlap_s(left, right)
    fits = [
        _agreement(left, right, int(s) + theirs.begin_s - ours.begin_s, least_s)
        for s in shifts
    ]
    agreement = np.array([r for r, _ in fits])
    seconds = np.array([n for _, n in fits])
    if not len(agreement) or np.isnan(agreement).all():
        raise _unclear(
            f"they overlap by less than {_LEAST_OVERLAP_S} s, or one does not vary"
        )
    # A long stretch that fits well says more than a short one that fits a bit better.
    weight = agreement * np.sqrt(seconds)
    best = int(np.nanargmax(weight))
    if agreement[best] <= 0:
        raise _unclear("they agree at no shift")
    found = Alignment(
        shift_s=float(shifts[best]) + _finer(shifts, agreement, best),
        agreement=float(agreement[best]),
        second=_second(shifts, weight, best) / float(weight[best]),
        overlap_s=int(seconds[best]),
    )
    return _checked(found, _by_chance(found.overlap_s, left, right))


def starts_together_s(ours: Cadence, theirs: Cadence) -> float:
    """Shift at which both begin in the same second: for a run whose date is unknown."""
    return float(ours.begin_s - theirs.begin_s)


def _reach(centre_s: float) -> _Seconds:
    centre = round(centre_s)
    return np.arange(centre - REACH_S, centre + REACH_S + 1, dtype=np.int64)


def _told(cadence: Cadence) -> FloatArray:
    """Cadence as spreads above or below its own slow course, 0 on average."""
    spm = cadence.spm
    if len(spm) < _SMOOTH_S:
        return np.full(len(spm), np.nan)
    is_fast = np.isfinite(spm) & (spm >= RUNNING_SPM)
    is_running, is_still = _far_inside(is_fast), _far_inside(spm < RUNNING_SPM)
    if is_running.sum() < _SMOOTH_S:
        return np.full(len(spm), np.nan)
    fast = _smooth(spm, is_running, _SMOOTH_S)
    departure = fast - _smooth(spm, is_running, _TREND_S)
    spread = float(np.std(departure[is_running]))
    if spread == 0:
        return np.full(len(spm), np.nan)
    told = np.clip(departure / spread, -_MOST_SPREADS, _MOST_SPREADS)
    told = np.where(is_still, _STILL_SPREADS, told)
    return np.where(is_running | is_still, told, np.nan)


def _far_inside(is_so: _Flags) -> _Flags:
    """Whether it is so, and all the seconds around too."""
    around = np.convolve(is_so, np.ones(2 * _EDGE_S + 1), "same")[: len(is_so)]
    return np.asarray(np.round(around) == 2 * _EDGE_S + 1, dtype=np.bool_)


def _smooth(values: FloatArray, is_used: _Flags, width: int) -> FloatArray:
    """Moving mean of the values used; where none is near, they are not used anyway."""
    window = np.ones(width)
    total = np.convolve(np.where(is_used, values, 0.0), window, "same")
    number = np.convolve(is_used.astype(np.float64), window, "same")
    if len(total) > len(values):  # numpy gives the length of the longer of the two
        cut = (len(total) - len(values)) // 2
        total = total[cut : cut + len(values)]
        number = number[cut : cut + len(values)]
    return np.asarray(total / np.maximum(np.round(number), 1.0), dtype=np.float64)


def _least_overlap_s(left: FloatArray, right: FloatArray) -> int:
    shorter = min(int(np.isfinite(left).sum()), int(np.isfinite(right).sum()))
    return max(_LEAST_OVERLAP_S, round(_LEAST_OVERLAP_SHARE * shorter))


def _agreement(
    left: FloatArray, right: FloatArray, offset: int, least_s: int
) -> tuple[float, int]:
    """Correlation with right[0] laid on left[offset], and the seconds compared."""
    begin, end = max(0, offset), min(len(left), offset + len(right))
    if end - begin < least_s:
        return np.nan, 0
    a, b = left[begin:end], right[begin - offset : end - offset]
    both = np.isfinite(a) & np.isfinite(b)
    n = int(both.sum())
    if n < least_s:
        return np.nan, n
    a, b = a[both] - a[both].mean(), b[both] - b[both].mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return (float(a @ b) / size if size > 0 else np.nan), n


def _finer(
    shifts: _Seconds,
    agreement: FloatArray,
    best: int,
) -> float:
    """Where between the seconds the peak is: a parabola through three values."""
    if not 0 < best < len(agreement) - 1 or shifts[best + 1] - shifts[best - 1] != 2:
        return 0.0
    before, top, after = agreement[best - 1 : best + 2]
    bend = before - 2 * top + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0


def _second(
    shifts: _Seconds,
    weight: FloatArray,
    best: int,
) -> float:
    """Best fit off the hill that the best shift stands on, 0 if none is at all."""
    values = np.nan_to_num(weight, nan=-np.inf)
    first, last = best, best
    while first > 0 and values[first - 1] <= values[first]:
        first -= 1
    while last < len(values) - 1 and values[last + 1] <= values[last]:
        last += 1
    away = np.abs(shifts - shifts[best]) > _SMOOTH_S
    away[first : last + 1] = False
    return max(0.0, float(values[away].max())) if away.any() else 0.0


def _by_chance(n: int, left: FloatArray, right: FloatArray) -> float:
    """Agreement that two runs of that length may have by chance.

    Neighbouring seconds are alike, so there are fewer than n that count (Bartlett:
    divide by the sum of the products of both autocorrelations).
    """
    a, b = _autocorrelation(left), _autocorrelation(right)
    n_eff = n / max(1.0, 1.0 + 2.0 * float(a @ b))
    return float(np.tanh(_LEAST_Z / np.sqrt(max(n_eff - 3.0, 1.0))))


def _autocorrelation(told: FloatArray) -> FloatArray:
    """At shifts of 1 to 60 s, until it first falls to nothing."""
    values = np.nan_to_num(told - np.nanmean(told))
    most = min(_LONGEST_MEMORY_S, len(values) - 1)
    found = np.array([values[k:] @ values[:-k] for k in range(1, most + 1)])
    found = found / float(values @ values)
    found = np.where(np.cumsum(found <= 0) > 0, 0.0, found)
    return np.asarray(np.pad(found, (0, _LONGEST_MEMORY_S - most)), dtype=np.float64)


def _checked(found: Alignment, by_chance: float) -> Alignment:
    least = max(LEAST_AGREEMENT, by_chance)
    if found.agreement < least:
        raise _unclear(
            f"they agree by {found.agreement:.2f} at best (1 would be alike), and over"
            f" {found.overlap_s} s that may be chance below {least:.2f}"
        )
    if found.second > MOST_SECOND:
        raise _unclear(
            f"another shift fits nearly as well, {100 * found.second:.0f} % of the best"
        )
    return found


def _unclear(why: str) -> QualityError:
    return QualityError(
        "the watch's cadence does not show where it belongs in this run",
        why,
        "Is it the same run? Add --shift SECONDS, or --by-time to trust its clock.",
    )
