"""The verdict in plain words, with its range, from rows that processing computed.

No sentence names a condition; below the gate it says what is missing.
"""

from dataclasses import dataclass

from contract.rows import BalanceRow, BaselineRow
from dashboards.report.cases import (
    AS_USUAL,
    CLEARLY,
    NO_CLEAR,
    NOT_ENOUGH,
    SLIGHTLY,
    Case,
    case_of,
    said,
    seen_foot,
)
from dashboards.report.data import MAIN_METRIC, ReportData, is_refused
from dashboards.report.losses import missing, refusal_details, refusals
from dashboards.report.metrics import is_clear, is_known, number, side_of

LEVELS = (AS_USUAL, SLIGHTLY, CLEARLY, NOT_ENOUGH)
"""Against the runner's own earlier runs."""
LEVELS_ALONE = (NO_CLEAR, SLIGHTLY, CLEARLY, NOT_ENOUGH)
"""About one run alone: nobody knows yet what is usual."""

LEAST_RUNS = 5
"""Earlier runs that a comparison with oneself needs (algorithms.md 4)."""

ALONE = (
    "This is about this run alone: comparing you with yourself needs at least "
    f"{LEAST_RUNS} earlier runs in this shoe at this pace."
)
MEDICAL = (
    "This page describes movement; it is not medical advice and names no condition. "
    "Left\N{EN DASH}right differences are common in healthy runners; a study of 836 "
    "runners did not link them to more injuries (Malisoux 2024)."
)
SIGN = (
    "Sign: 100 (R \N{MINUS SIGN} L) / ((R + L) / 2), angles R \N{MINUS SIGN} L, so + "
    "means right larger; left is drawn left of zero or below it, right to the right or "
    "above."
)
HIP_CAN = (
    "Steps, rhythm and the rise and fall of the hip are known.",
    "How long a foot stayed down is an estimate, the same for both feet.",
    "A hip sensor cannot say on which foot you stay down longer.",
    "Wear a sensor on each shoe to see how they differ.",
)
SAME_FOOT = (
    "They touch the ground at the same moment instead of in turn.",
    "So nothing can be said about left against right.",
    "Put one sensor on each shoe, the one named left on the left, and run again.",
)


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


def verdict(data: ReportData) -> Verdict:
    """Give the verdict on ground contact time in plain words."""
    case = case_of(data)
    row = data.balance.get(MAIN_METRIC)
    if case.is_comparable and row:
        return _compared(case, row, data)
    if case is Case.ONE_FOOT:
        return _one_foot(data)
    headline, details = _obstacle(case, data)
    return Verdict(case, headline, "", details)


def levels(data: ReportData) -> list[tuple[str, bool]]:
    """Give the levels, each with whether it holds; another text comes first.

    So "as usual" stands there only where it could have been found.
    """
    word = said(data)
    is_own = data.session.baseline_runs > 0 or word == AS_USUAL
    names = LEVELS if is_own else LEVELS_ALONE
    known = [(level, level == word) for level in names]
    if word in names or not word:
        return known
    return [(data.session.verdict.strip(), True), *known]


def likely_range(row: BalanceRow) -> str:
    """Say the 95 % interval as percent, each end with its side where they differ."""
    if is_clear(row):
        low, high = sorted((abs(row.ci_low), abs(row.ci_high)))
        return f"Likely between {number(low, 1)} and {number(high, 1)} %."
    return (
        f"It could be anything from {number(abs(row.ci_low), 1)} % longer on the left "
        f"to {number(abs(row.ci_high), 1)} % longer on the right."
    )


def own_words(own: BaselineRow) -> str:
    """Say what is usual for this runner, and how far it reaches."""
    reach = f"{_on_side(own.band_low)} to {_on_side(own.band_high)}"
    return f"Your usual: {_on_side(own.usual)}, reaching from {reach}."


def _on_side(size_pct: float) -> str:
    text = number(abs(size_pct), 1)
    return "even" if not text.strip("0.") else f"{text} % longer {side_of(size_pct)}"


def _compared(case: Case, row: BalanceRow, data: ReportData) -> Verdict:
    is_shown = case is Case.CLEAR
    side = side_of(row.size) if is_shown else ""
    headline = _headline(row, data, side)
    span = likely_range(row)
    if is_clear(row) and not is_shown:
        span = span.replace(" %.", f" % longer on the {side_of(row.size)}.")
    details = [span]
    if row.systematic_half > row.random_half:
        details.append(
            "Most of that range comes from how the sensors sit, not from your steps."
        )
    return Verdict(case, headline, side, (*details, *_basis(data)))


def _headline(row: BalanceRow, data: ReportData, side: str) -> str:
    """Say the difference, and first of all whether it is usual where that is known."""
    other = "left" if side == "right" else "right"
    size = f"{number(abs(row.size), 1)} % longer than your {other}"
    if said(data) == AS_USUAL:
        stays = f"your {side} foot stays down {size}" if side else "nothing new"
        return f"As usual for you: {stays}."
    if data.session.baseline_runs > 0:
        if not side:
            return "Left and right compare differently than usual for you."
        return f"Your {side} foot stayed down {size}. That is new for you."
    if not side:
        return "No clear difference between left and right."
    return f"Your {side} foot stayed down {size}."


def _basis(data: ReportData) -> tuple[str, ...]:
    """Say what the verdict is measured against."""
    runs = data.session.baseline_runs
    if runs == 0 and said(data) != AS_USUAL:
        return (data.advice.basis or ALONE,)
    told = data.advice.basis or (
        f"Compared with your own {number(runs)} earlier runs in this shoe at this pace."
    )
    own = data.baseline.get(MAIN_METRIC)
    is_told = own and is_known(own.usual, own.band_low, own.band_high)
    return (told, own_words(own)) if own and is_told else (told,)


def _one_foot(data: ReportData) -> Verdict:
    side = seen_foot(data)
    if not side:
        return Verdict(Case.ONE_FOOT, "One foot only.", "", missing(data))
    other = "left" if side == "right" else "right"
    has_samples = any(q.side == other and q.samples > 0 for q in data.quality)
    what = "No step was found in the data of" if has_samples else "No data came from"
    silent = f"{what} the {other} shoe, so nothing is said about left against right."
    advice = "Wear a sensor on each shoe to see how they differ."
    headline = f"One foot only: your {side} shoe."
    details = (silent, *refusals(data), advice)
    return Verdict(Case.ONE_FOOT, headline, side, details)


def _obstacle(case: Case, data: ReportData) -> tuple[str, tuple[str, ...]]:
    """Headline and sentences of a run that allows no comparison."""
    fixed = {
        Case.SAME_FOOT: ("Both shoe sensors seem to be on one foot.", SAME_FOOT),
        Case.HIP_ONLY: ("Hip sensor only: steps and rhythm.", HIP_CAN),
        Case.FAILED: (
            "The analysis of this run failed.",
            (
                "Something in treadwear went wrong; it says nothing about your run.",
                "The raw data are kept, and the log says what happened.",
            ),
        ),
    }
    if case in fixed:
        return fixed[case]
    if case is Case.REFUSED:
        return "Contact times could not be found.", refusal_details(data)
    if case is Case.BELOW_GATE:
        return "Not enough good data.", missing(data)
    is_walk = case is Case.WALKING
    headline = "This was a walk, not a run." if is_walk else "No running was found."
    detail = (
        "Left and right are compared only while running, when both feet leave the "
        "ground between steps."
    )
    others = () if is_walk or not any(map(is_refused, data.quality)) else refusals(data)
    return headline, (detail, *others)
