"""What can be said about left against right, most basic obstacle first."""

from enum import Enum

from contract.verdicts import (
    FAILED,
    HIP_ONLY,
    MAIN_METRIC,
    NO_CLEAR_DIFFERENCE,
    NO_RUNNING,
    NOT_ENOUGH,
    ONE_FOOT,
    SIDES_IN_DOUBT,
)
from dashboards.report.data import FEET, ReportData, is_refused
from dashboards.report.metrics import is_clear, is_usable

ON_ONE_FOOT = "one_foot"
SWAPPED = "swap_suspected"
"""Kinds of events about where the sensors sit."""


class Case(Enum):
    """What can be said about left against right."""

    CLEAR = "the interval leaves out zero"
    UNCLEAR = "the interval holds zero"
    FAILED = "the analysis failed"
    REFUSED = "the sensors' data cannot be analysed"
    BELOW_GATE = "not enough good data"
    SAME_FOOT = "both sensors on one foot"
    ONE_FOOT = "one foot only"
    HIP_ONLY = "hip sensor only"
    WALKING = "walking"
    NO_RUNNING = "no running found"

    @property
    def is_comparable(self) -> bool:
        """Whether left/right figures of the feet may be shown."""
        return self in (Case.CLEAR, Case.UNCLEAR)

    @property
    def has_running(self) -> bool:
        """Whether figures of the run may be shown, compared or not."""
        return self.is_comparable or self in (Case.ONE_FOOT, Case.HIP_ONLY)


def said(data: ReportData) -> str:
    """Verdict of processing, as it is compared."""
    return data.session.verdict.strip().lower()


def case_of(data: ReportData) -> Case:
    """Decide what the data allow to say."""
    if said(data) == FAILED:
        return Case.FAILED
    if obstacle := _not_running(data):
        return obstacle
    return _on_feet(data) or _compared(data)


def _on_feet(data: ReportData) -> Case | None:
    """Where the sensors are; None when there is one on each shoe."""
    if said(data) == HIP_ONLY or data.session.source == "hip":
        return Case.HIP_ONLY
    if said(data) == ONE_FOOT or len(data.feet) == 1:
        return Case.ONE_FOOT
    if any(event.kind == ON_ONE_FOOT for event in data.events):
        return Case.SAME_FOOT
    return None


def _compared(data: ReportData) -> Case:
    row = data.balance.get(MAIN_METRIC)
    if said(data) == NOT_ENOUGH or not (row and is_usable(row)):
        return Case.BELOW_GATE
    # processing may be more careful than the interval alone; never less.
    is_shown = is_clear(row) and said(data) not in (NO_CLEAR_DIFFERENCE, SIDES_IN_DOUBT)
    return Case.CLEAR if is_shown else Case.UNCLEAR


def _not_running(data: ReportData) -> Case | None:
    activities = {q.activity for q in data.quality if q.samples > 0}
    if not activities or "running" in activities:
        return None
    if "walking" in activities:
        return Case.WALKING
    if any(is_refused(q) for q in data.quality):
        return Case.REFUSED  # nobody knows whether it was a run
    is_still = "still" in activities or not data.balance
    return Case.NO_RUNNING if is_still or said(data) == NO_RUNNING else None


def is_swap_suspected(data: ReportData) -> bool:
    """Whether a sensor may sit on the wrong foot, so that sides may be exchanged."""
    return any(event.kind == SWAPPED for event in data.events)


def seen_foot(data: ReportData) -> str:
    """Foot whose steps are known, where only one is; "" when none is."""
    with_steps = [q.side for q in data.quality if q.side in FEET and q.steps > 0]
    known = with_steps if len(with_steps) == 1 else list(data.feet)
    return known[0] if known else ""
