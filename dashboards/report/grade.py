"""Data quality of a run as one letter, with what keeps it from being better.

The letter is about the data, never about the runner. It looks at the sensor that did
worst: a comparison is no better than its weaker side.
"""

from dataclasses import dataclass

from contract.rows import QualityRow
from dashboards.report.clipping import AT_LIMIT, limited_feet
from dashboards.report.data import FEET, ReportData, is_refused
from dashboards.report.metrics import is_known, number

GOOD_USED_PCT, FAIR_USED_PCT = 95.0, 85.0
"""Strides used, at least, for A and for B; below 70 % there is no comparison at all
(processing.settings, least_coverage)."""
GOOD_LOST_PCT, FAIR_LOST_PCT = 1.0, 5.0
"""Time lost, at most; 5 % is the gate of product.md 3.3."""
GOOD_STEPS = 300
"""Steps of a foot: the gate that product.md 3.3 names; fewer can be compared, but are
no data of the best kind."""
GOOD_RATE_HZ = 190.0
"""200 Hz is what the method was made for (product.md 6); clocks run 5 % off at most."""
DISTURBED = ("swap_suspected", "one_foot", "slip")


@dataclass(frozen=True, slots=True)
class Grade:
    """A, B or C, and why it is not A; "" where there is nothing to judge."""

    letter: str
    reasons: tuple[str, ...] = ()


def grade(data: ReportData) -> Grade:
    """Judge the data of a run by its feet's sensors."""
    feet = [q for q in data.quality if q.side in FEET and q.samples > 0]
    if not feet or data.used_pct is None:
        return Grade("")
    marks = [
        _used(data.used_pct),
        *_seats(data),
        *_shocks(data),
        *(_sensor(q, data) for q in feet),
    ]
    flat = [mark for mark in marks if mark[0] > "A"]
    letter = max((letter for letter, _ in flat), default="A")
    return Grade(letter, tuple(dict.fromkeys(why for _, why in flat)))


def _used(used_pct: float) -> tuple[str, str]:
    why = f"{number(used_pct, 1)} % of strides used"
    return _by(used_pct < FAIR_USED_PCT, used_pct < GOOD_USED_PCT), why


def _sensor(row: QualityRow, data: ReportData) -> tuple[str, str]:
    length_s = data.session.duration_s
    lost_pct = 100.0 * row.lost_s / length_s if length_s and is_known(row.lost_s) else 0
    if is_refused(row):
        return "C", f"{row.side} shoe: {row.calibration}"
    if lost_pct >= GOOD_LOST_PCT:
        why = f"{row.side} shoe: {number(lost_pct, 1)} % of the time lost"
        return _by(lost_pct >= FAIR_LOST_PCT, True), why
    if row.steps < GOOD_STEPS:
        return "B", f"{row.side} shoe: {number(row.steps)} steps only"
    if row.rate_hz is not None and row.rate_hz < GOOD_RATE_HZ:
        return "B", f"{row.side} shoe: {number(row.rate_hz)} Hz"
    if row.calibration not in ("", "good"):
        return "B", f"{row.side} shoe: {row.calibration}"
    return "A", ""


def _shocks(data: ReportData) -> list[tuple[str, str]]:
    return [
        ("B", f"{side} shoe: shock {AT_LIMIT} in {number(pct)} % of steps")
        for side, pct in limited_feet(data).items()
    ]


def _seats(data: ReportData) -> list[tuple[str, str]]:
    moved = any(event.kind in DISTURBED for event in data.events)
    found = [("C", "a sensor moved or may sit on the wrong foot")] if moved else []
    if data.meta and data.meta.unverified:
        found.append(("B", "sensors not checked before the run"))
    return found


def _by(is_poor: bool, is_fair: bool) -> str:
    return "C" if is_poor else "B" if is_fair else "A"
