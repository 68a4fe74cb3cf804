"""The verdict in plain words, with its range, from rows that processing computed.

No sentence names a condition; below the gate it says what is missing.
"""

from dataclasses import dataclass

from contract.rows import BalanceRow, BaselineRow
from contract.verdicts import (
    AS_USUAL,
    CLEARLY,
    MAIN_METRIC,
    NO_CLEAR_DIFFERENCE,
    NOT_ENOUGH,
    SIDES_IN_DOUBT,
    SLIGHTLY,
)
from dashboards.report.cases import Case, case_of, is_swap_suspected, said
from dashboards.report.data import ReportData
from dashboards.report.metrics import (
    is_clear,
    is_known,
    is_usable,
    number,
    side_of,
    together,
)
from dashboards.report.obstacles import obstacle

LEVELS = (AS_USUAL, SLIGHTLY, CLEARLY, NOT_ENOUGH)
"""Against the runner's own earlier runs."""
LEVELS_ALONE = (NO_CLEAR_DIFFERENCE, SLIGHTLY, CLEARLY, NOT_ENOUGH)
"""About one run alone: nobody knows yet what is usual."""

LEAST_RUNS = 5
"""Earlier runs that a comparison with oneself needs (algorithms.md 4)."""

ALONE = (
    f"This is about this run alone. We need {LEAST_RUNS} earlier runs in this shoe at "
    "this pace to know your usual."
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
COMMON = "Differences like this are common."
GREW = "It grew as you ran, which is worth watching."
MAYBE_SWAPPED = "Left and right may be exchanged in all of this: check the sensors."


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
    told = obstacle(case, data)
    return Verdict(case, told.headline, told.side, told.details)


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
        return (
            together(f"Likely between {number(low, 1)} and {number(high, 1)} %") + "."
        )
    return (
        f"The difference could be anything from {number(abs(row.ci_low), 1)} % longer "
        f"on the left to {number(abs(row.ci_high), 1)} % longer on the right."
    )


def own_words(own: BaselineRow) -> str:
    """Say what is usual for this runner, and how far it reaches."""
    return f"Your usual: {_on_side(own.usual)}, reaching from {_reach(own)}."


def _reach(own: BaselineRow) -> str:
    return f"{_on_side(own.band_low)} to {_on_side(own.band_high)}"


def _on_side(size_pct: float) -> str:
    text = number(abs(size_pct), 1)
    return "even" if not text.strip("0.") else f"{text} % longer {side_of(size_pct)}"


def _compared(case: Case, row: BalanceRow, data: ReportData) -> Verdict:
    is_shown = case is Case.CLEAR
    side = side_of(row.size) if is_shown else ""
    headline = _headline(row, data, side)
    span = likely_range(row)
    if is_clear(row) and not is_shown:
        span = f"{span.removesuffix('.')} longer on the {side_of(row.size)}."
    size = () if side else _against_usual(row, data)
    if size:
        span = f"Over the whole run: {span[0].lower()}{span[1:]}"
    details = [*size, span, *_worth(row, data)]
    if row.systematic_half > row.random_half and not data.baseline.get(MAIN_METRIC):
        details.append(
            "Most of that range comes from how the sensors sit, not from your steps."
        )
    if is_swap_suspected(data):
        details.append(MAYBE_SWAPPED)
    return Verdict(case, headline, side, (*details, *_basis(data, is_told=bool(size))))


def _headline(row: BalanceRow, data: ReportData, side: str) -> str:
    """Say the difference, and first of all whether it is usual where that is known."""
    if said(data) == SIDES_IN_DOUBT:
        return "It is in doubt which sensor was on which foot."
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


def _against_usual(row: BalanceRow, data: ReportData) -> tuple[str, ...]:
    """Say what it is now and what it is usually, where the headline names no size."""
    own = data.baseline.get(MAIN_METRIC)
    is_new = said(data) in (SLIGHTLY, CLEARLY) and data.session.baseline_runs > 0
    if not (is_new and own and is_known(own.usual)):
        return ()
    parts = (b for b in data.splits if b.window == "last_third")
    last = next((b for b in parts if b.metric == row.metric and is_usable(b)), None)
    at_end = last is not None and has_grown(row, data)
    shown = last if last is not None and at_end else row
    when = "By the end" if at_end else "Over the whole run"
    now = _about(shown.size)
    told = f"{now} longer" if now else "no longer than the other"
    foot = f"your {side_of(shown.size)} foot" if now else "each foot"
    usual = _about(own.usual)
    before = f"usually it is your {side_of(own.usual)} foot, by {usual}"
    before = before if usual else "you are usually even"
    return (f"{when} {foot} stayed down {told}; {before}.",)


def _about(size_pct: float) -> str:
    """Write a size in whole percent; "" for even."""
    text = number(abs(size_pct))
    return "" if text == "0" else together(f"about {text} %")


def _worth(row: BalanceRow, data: ReportData) -> tuple[str, ...]:
    """Say how common it is, and why this one is worth watching, if it is."""
    word = said(data)
    if word not in (SLIGHTLY, CLEARLY):
        return ()
    is_new, grew = data.session.baseline_runs > 0, has_grown(row, data)
    if is_new:
        why = ", because it grew as you ran" if grew else ""
        return (f"{COMMON} This one is new for you and worth watching{why}.",)
    return (COMMON, GREW) if grew else (COMMON,)


def has_grown(row: BalanceRow, data: ReportData) -> bool:
    """Whether the difference grew from the first third of the run to the last."""
    changes = (b for b in data.splits if b.window == "change")
    change = next((b for b in changes if b.metric == row.metric), None)
    if change is None or not is_known(change.size, change.ci_low, change.ci_high):
        return False
    return is_clear(change) and side_of(change.size) == side_of(row.size)


def _basis(data: ReportData, *, is_told: bool) -> tuple[str, ...]:
    """Say what the verdict is measured against, and what is usual if not yet told."""
    runs = data.session.baseline_runs
    if runs == 0 and said(data) != AS_USUAL:
        return (data.advice.basis or ALONE,)
    told = data.advice.basis or (
        f"Compared with your own {number(runs)} earlier runs in this shoe at this pace."
    )
    own = data.baseline.get(MAIN_METRIC)
    if not (own and is_known(own.usual, own.band_low, own.band_high)):
        return (told,)
    return told, f"Your usual reaches from {_reach(own)}." if is_told else own_words(
        own
    )
