"""The verdict in plain words, with its range, from rows that processing computed.

No sentence names a condition; below the gate it says what is missing.
"""

from dataclasses import dataclass
from enum import Enum

from contract.rows import BalanceRow
from dashboards.report.data import MAIN_METRIC, ReportData, is_refused
from dashboards.report.losses import missing, refusal_details
from dashboards.report.metrics import (
    is_clear,
    is_usable,
    joined,
    number,
    side_of,
)

NOT_ENOUGH = "not enough good data"
NO_CLEAR = "no clear difference"
FAILED = "the analysis failed"
AS_USUAL = "as usual"
LEVELS = (NO_CLEAR, "slightly different", "clearly different", NOT_ENOUGH)
"""What processing can say today; "as usual" needs earlier runs, see `levels`."""

NO_HISTORY = (
    "This is about this run alone: a comparison with your own earlier runs is not "
    "built yet."
)
MEDICAL = (
    "This page describes movement; it is not medical advice and names no condition. "
    "Left\N{EN DASH}right differences are common in healthy runners; a study of 836 "
    "runners did not link them to more injuries (Malisoux 2024)."
)
SIGN = (
    "Sign: 100 (R \N{MINUS SIGN} L) / ((R + L) / 2), so + means right larger; "
    "left is drawn left of zero or below it, right to the right or above."
)


class Case(Enum):
    """What can be said about left against right."""

    CLEAR = "the interval leaves out zero"
    UNCLEAR = "the interval holds zero"
    FAILED = "the analysis failed"
    REFUSED = "the sensors' data cannot be analysed"
    BELOW_GATE = "not enough good data"
    ONE_FOOT = "one foot only"
    WALKING = "walking"
    NO_RUNNING = "no running found"

    @property
    def is_comparable(self) -> bool:
        """Whether left/right figures may be shown."""
        return self in (Case.CLEAR, Case.UNCLEAR)


@dataclass(frozen=True)
class Verdict:
    """Headline, the side word in it ("" if none), and the sentences below."""

    case: Case
    headline: str
    side: str
    details: tuple[str, ...]

    @property
    def plain(self) -> str:
        """All of it as one text."""
        return " ".join((self.headline, *self.details))


def case_of(data: ReportData) -> Case:
    """Decide what the data allow to say, most basic obstacle first."""
    said = data.session.verdict.strip().lower()
    if said == FAILED:
        return Case.FAILED
    row = data.balance.get(MAIN_METRIC)
    if obstacle := _not_running(data):
        return obstacle
    if len(data.feet) == 1 and not (data.has_hip and is_usable(row)):
        return Case.ONE_FOOT
    if said == NOT_ENOUGH or not (row and is_usable(row)):
        return Case.BELOW_GATE
    # processing may be more careful than the interval alone; never less.
    return Case.CLEAR if is_clear(row) and said != NO_CLEAR else Case.UNCLEAR


def _not_running(data: ReportData) -> Case | None:
    activities = {q.activity for q in data.quality if q.samples > 0}
    if not activities or "running" in activities:
        return None
    if "walking" in activities:
        return Case.WALKING
    if any(is_refused(q) for q in data.quality):
        return Case.REFUSED  # nobody knows whether it was a run
    if "still" in activities or not data.balance:
        return Case.NO_RUNNING
    return None


def verdict(data: ReportData) -> Verdict:
    """Give the verdict on ground contact time in plain words."""
    case = case_of(data)
    row = data.balance.get(MAIN_METRIC)
    if case is Case.CLEAR and row:
        return _clear(row, data)
    if case is Case.UNCLEAR and row:
        return _unclear(row, data)
    if case is Case.ONE_FOOT:
        return _one_foot(data)
    if case is Case.BELOW_GATE:
        return Verdict(case, "Not enough good data.", "", missing(data))
    if case is Case.REFUSED:
        headline = "Contact times could not be found."
        return Verdict(case, headline, "", refusal_details(data))
    return _failed() if case is Case.FAILED else _no_run(case)


def levels(verdict_text: str) -> list[tuple[str, bool]]:
    """Give the levels, each with whether it holds; another text comes first.

    So "as usual" is shown only when it is what was found.
    """
    said = verdict_text.strip().lower()
    known = [(level, level == said) for level in LEVELS]
    return (
        known if said in LEVELS or not said else [(verdict_text.strip(), True), *known]
    )


def likely_range(row: BalanceRow) -> str:
    """Say the 95 % interval as percent, each end with its side where they differ."""
    if is_clear(row):
        low, high = sorted((abs(row.ci_low), abs(row.ci_high)))
        return f"Likely between {number(low, 1)} and {number(high, 1)} %."
    return (
        f"It could be anything from {number(abs(row.ci_low), 1)} % longer on the left "
        f"to {number(abs(row.ci_high), 1)} % longer on the right."
    )


def _clear(row: BalanceRow, data: ReportData) -> Verdict:
    side = side_of(row.size)
    other = "left" if side == "right" else "right"
    headline = (
        f"Your {side} foot stayed down {number(abs(row.size), 1)} % longer "
        f"than your {other}."
    )
    details = (likely_range(row), *_range_details(row, data))
    return Verdict(Case.CLEAR, headline, side, details)


def _unclear(row: BalanceRow, data: ReportData) -> Verdict:
    headline = "No clear difference between left and right."
    if is_clear(row):
        longer = f" % longer on the {side_of(row.size)}."
        span = likely_range(row).replace(" %.", longer)
    else:
        span = likely_range(row)
    return Verdict(Case.UNCLEAR, headline, "", (span, *_range_details(row, data)))


def _range_details(row: BalanceRow, data: ReportData) -> tuple[str, ...]:
    details = []
    if row.systematic_half > row.random_half:
        details.append(
            "Most of that range comes from how the sensors sit, not from your steps."
        )
    if data.session.verdict.strip().lower() != AS_USUAL:
        details.append(NO_HISTORY)
    return tuple(details)


def _one_foot(data: ReportData) -> Verdict:
    side = data.feet[0]
    other = "left" if side == "right" else "right"
    silent = (
        f"No data came from the {other} shoe, so nothing is said about left "
        "against right."
    )
    advice = "Wear a sensor on each shoe to see how they differ."
    headline = f"One foot only: your {side} shoe."
    return Verdict(Case.ONE_FOOT, headline, side, (silent, advice))


def _failed() -> Verdict:
    details = (
        "Something in treadwear went wrong; it says nothing about your run.",
        "The raw data are kept, and the log says what happened.",
    )
    return Verdict(Case.FAILED, "The analysis of this run failed.", "", details)


def _no_run(case: Case) -> Verdict:
    is_walk = case is Case.WALKING
    headline = "This was a walk, not a run." if is_walk else "No running was found."
    detail = (
        "Left and right are compared only while running, when both feet leave the "
        "ground between steps."
    )
    return Verdict(case, headline, "", (detail,))


def swap_warning(data: ReportData) -> str:
    """Warn when the sensors may be on the wrong feet; "" when nothing hints at it."""
    said = [e.text for e in data.events if e.kind == "swap_suspected"]
    if not said:
        return ""
    return joined(dict.fromkeys(said)) or "The left and right sensors may be swapped."
