"""The SOAP block: what was said, measured, what could be checked, what is planned.

Nothing here is a finding of a clinician: ideas are named as possible, unconfirmed, with
the checks that could refute them.
"""

from dataclasses import dataclass

from contract.rows import FindingRow
from contract.verdicts import MAIN_METRIC
from dashboards.report.background import CheckpointFacts, Idea
from dashboards.report.cards import OLD_NEWS, Kind, kind_of
from dashboards.report.cases import Case, case_of
from dashboards.report.clipping import limit_words
from dashboards.report.data import ReportData
from dashboards.report.exercises import PlanView
from dashboards.report.metrics import (
    METRICS,
    joined,
    sentence,
    shortened,
    signed,
    together,
)
from dashboards.report.tread import PLAIN, whole_shares

NOTHING_SAID = "No pain and no note were told."
NOTHING = "Nothing stands out."
NOT_COMPARED = "Left and right were not compared."
AGAINST = {Kind.NEW: " against usual", Kind.GROWING: " from first to last third"}
"""What a size is counted from; a difference counts from even."""
LONGEST_NOTE = 110
MOST_IDEAS = 2
"""Paper has room for two; a plan answers as many (processing.advice.plan)."""
HINT, SEEN = "hint", "seen by a person"
CHECKS = ("overhead squat", "squat on one leg")


@dataclass(frozen=True, slots=True)
class Soap:
    """Four parts; ``ideas`` by checkpoint, ``rest``: what nobody knows anything of."""

    said: str
    measured: tuple[str, ...]
    ideas: tuple[tuple[str, Idea], ...]
    rest: str
    checks: tuple[str, ...]
    plan: str


def soap(data: ReportData, plan: PlanView | None) -> Soap:
    """Put the block together from what the run, its runner and its plan say."""
    points = data.advice.checkpoints
    ideas = tuple((p.name, idea) for p in points for idea in p.ideas)[:MOST_IDEAS]
    return Soap(
        said=_said(data),
        measured=_measured(data),
        ideas=ideas,
        rest=_rest(points),
        checks=CHECKS,
        plan=_plan(plan),
    )


def _said(data: ReportData) -> str:
    pain = data.advice.pain
    told = [
        f"Pain {when} the run {level} of 10."
        for when, level in (("before", pain.before), ("after", pain.after))
        if level is not None
    ]
    if pain.where:
        told.append(sentence(f"Where: {shortened(pain.where)}"))
    note = shortened(data.meta.note, LONGEST_NOTE) if data.meta else ""
    if note:
        quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{note}\N{RIGHT DOUBLE QUOTATION MARK}"
        told.append(quoted)
    return " ".join(told) or NOTHING_SAID


def _measured(data: ReportData) -> tuple[str, ...]:
    case = case_of(data)
    if not case.is_comparable:
        return (NOT_COMPARED,)
    told = [_finding(row, data) for row in data.findings]
    main = data.balance.get(MAIN_METRIC)
    if (
        case is Case.CLEAR
        and main
        and not any(
            row.metric == MAIN_METRIC and kind_of(row.code) is Kind.DIFFERENCE
            for row in data.findings
        )
    ):
        figures = _figures(main.size, main.ci_low, main.ci_high, " %")
        told.insert(0, f"Contact time {figures}, whole run.")
    told += _zones(data)
    return tuple(told) or (NOTHING,)


def _finding(row: FindingRow, data: ReportData) -> str:
    """Say a finding's size and what it is counted from."""
    known = {metric.column: metric for metric in METRICS}
    label = known[row.metric].label if row.metric in known else row.metric
    if why := limit_words(row.metric, data):
        return f"{label}: {why}."
    kind = kind_of(row.code)
    percent = " %" if kind is Kind.DIFFERENCE else " points"
    unit = {"deg": "°", "deg/s": "°/s", "%": percent}.get(row.unit, f" {row.unit}")
    figures = _figures(row.size, row.low, row.high, unit)
    since = OLD_NEWS.get(row.since, row.since)
    return f"{label} {figures}{AGAINST.get(kind, '')}, {since}."


def _figures(size: float, low: float, high: float, unit: str) -> str:
    return together(f"{signed(size)}{unit} [{signed(low)}, {signed(high)}]")


def _zones(data: ReportData) -> list[str]:
    usual = data.advice.usual_shares
    return [
        f"Load {row.side} {part} {PLAIN[edge]} {share} % (usual {own.usual:.0f})."
        for row in data.wear
        for (part, edge), share in whole_shares(row).items()
        if (own := usual.get((row.side, part, edge))) and own.is_unlike(share)
    ][:2]


def _rest(points: tuple[CheckpointFacts, ...]) -> str:
    """Name the checkpoints about which there is nothing to say, by their state."""
    states = dict.fromkeys(p.state for p in points if not p.ideas)
    told = [
        f"{joined(p.name.lower() for p in points if p.state == s and not p.ideas)}: {s}"
        for s in states
    ]
    return sentence("; ".join(told))


def _plan(plan: PlanView | None) -> str:
    if plan is None:
        return "No plan."
    days = " ".join(sentence(f"{day}: {what}") for day, what in plan.looks)
    if not plan.cards:
        return f"{plan.words} {days}".strip()
    steps = ", ".join(f"{c.name} ({c.side})" for c in plan.cards)
    return f"{sentence(steps)} {days}"
