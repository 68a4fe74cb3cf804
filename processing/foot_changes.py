"""How much each foot's own figures changed, over stretches of the same speed."""

import math
from dataclasses import dataclass, replace

import numpy as np

from contract.model import FloatArray
from processing.arrays import IntArray
from processing.pace_matched import (
    FEET,
    LEAST_WINDOWS,
    FootWindows,
    Matched,
    match_pace,
    speed_gap_pct,
)
from processing.rules import METRICS, MetricRule
from processing.run_changes import (
    Cancelling,
    Change,
    Unit,
    changed,
    mean_of,
    paired_half,
    pooled_half,
    side_estimate,
)

_Z95 = 1.96
_BOTH_FEET = math.sqrt(2.0)
"""The systematic part of `rules` is of right minus left: of two feet alike, each."""


@dataclass(frozen=True, slots=True, eq=False)
class FootChanges:
    """Changes of each foot, and what they rest on.

    Attributes
    ----------
    changes : tuple of Change
    windows : int
        Half minutes of equal speed on each side.
    tolerance : float or None
        How far their speeds may differ, as a share; None: speed is not known.
    speed_gap_pct : float or None
        How much faster the second still was in them.
    why : str
        Why there are no changes; "" when there are.
    """

    changes: tuple[Change, ...]
    windows: int
    tolerance: float | None
    speed_gap_pct: float | None
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """Windows of one figure on both sides, those that go together at the same place.

    Attributes
    ----------
    before, after : [k]
    runs : pair of [k]
        Number of the run of each window.
    orders : pair of [k]
        Places in order of time.
    is_paired : bool
        False: speed is not known, and both sides have all their windows.
    """

    before: FloatArray
    after: FloatArray
    runs: tuple[IntArray, IntArray]
    orders: tuple[IntArray, IntArray]
    is_paired: bool


def foot_changes(
    before: FootWindows, after: FootWindows, cancelling: Cancelling
) -> FootChanges:
    """Compare each metric of each foot before with after."""
    matched = match_pace(before, after)
    gap = speed_gap_pct(before, after, matched)
    found = [
        change
        for rule in METRICS.values()
        for foot in FEET
        if (pair := _chosen(before, after, matched, (rule.name, foot)))
        and _keeps_groups(pair, before, after)
        and (change := _change(rule, foot, pair, cancelling, gap or 0.0))
    ]
    why = "" if found else _why_none(matched)
    return FootChanges(tuple(found), matched.count, matched.tolerance, gap, why)


def _why_none(matched: Matched) -> str:
    if matched.tolerance is None:
        return "the runs are shorter than two minutes"
    share = f"{100 * matched.tolerance:.0f} %"
    if matched.count >= LEAST_WINDOWS:
        return f"too few runs of a side were as fast as the other's, within {share}"
    return (
        f"only {matched.count} half minutes of the runs were equally fast, within"
        f" {share}; {LEAST_WINDOWS} are needed"
    )


def _chosen(
    before: FootWindows, after: FootWindows, matched: Matched, name: tuple[str, str]
) -> _Pair | None:
    places = matched.first, matched.second
    values = before.means[name][places[0]], after.means[name][places[1]]
    known = np.isfinite(values[0]), np.isfinite(values[1])
    if is_paired := matched.tolerance is not None:
        known = (known[0] & known[1],) * 2
    if min(int(k.sum()) for k in known) < LEAST_WINDOWS:
        return None
    kept = [(v[k], p[k]) for v, k, p in zip(values, known, places, strict=True)]
    (a, first), (b, second) = kept
    runs, orders = (before.run[first], after.run[second]), _orders(first, second)
    return _Pair(a, b, runs, orders, is_paired)


def _keeps_groups(pair: _Pair, before: FootWindows, after: FootWindows) -> bool:
    """Whether a group still is one: what is left of it are two runs or more."""
    kept = [len(np.unique(runs)) for runs in pair.runs]
    asked = [len(np.unique(side.run)) for side in (before, after)]
    return all(k >= min(2, n) for k, n in zip(kept, asked, strict=True))


def _orders(first: IntArray, second: IntArray) -> tuple[IntArray, IntArray]:
    return np.argsort(first, kind="stable"), np.argsort(second, kind="stable")


def _change(
    rule: MetricRule,
    foot: str,
    pair: _Pair,
    cancelling: Cancelling,
    speed_gap_pct: float,
) -> Change | None:
    own = _Z95 * rule.systematic_sd / _BOTH_FEET
    sides = _units(pair, 0, own), _units(pair, 1, own)
    estimates = side_estimate(sides[0]), side_estimate(sides[1])
    middle = (estimates[0].size + estimates[1].size) / 2
    if rule.is_ratio and middle <= 0:
        return None
    factor = 100.0 / middle if rule.is_ratio else 1.0
    # Contact time and its kin change by less than speed does (cadence by a quarter).
    by_speed = abs(speed_gap_pct) if rule.is_ratio else 0.0
    systematic = math.hypot(cancelling.half(own, own) * factor, by_speed)
    size = (estimates[1].size - estimates[0].size) * factor
    halves = _random_half(pair, sides) * factor, systematic
    return changed(rule, foot, estimates, size, halves, _count(pair, sides))


def _random_half(pair: _Pair, sides: tuple[list[Unit], list[Unit]]) -> float:
    if len(sides[0]) + len(sides[1]) > 2:
        return pooled_half(*sides)
    if pair.is_paired:
        return paired_half(pair.after - pair.before, pair.orders)
    return math.hypot(sides[0][0].random_half, sides[1][0].random_half)


def _count(pair: _Pair, sides: tuple[list[Unit], list[Unit]]) -> int:
    """Runs of groups, else half minutes of the run that has fewer."""
    runs = len(sides[0]) + len(sides[1])
    return runs if runs > 2 else min(len(pair.before), len(pair.after))


def _units(pair: _Pair, side: int, own: float) -> list[Unit]:
    """One unit per run: the mean of its windows."""
    values = (pair.before, pair.after)[side][pair.orders[side]]
    runs = pair.runs[side][pair.orders[side]]
    means = (mean_of(values[runs == k]) for k in np.unique(runs))
    return [replace(unit, systematic_half=own) for unit in means]
