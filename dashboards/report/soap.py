"""The SOAP block: what was said, measured, what could be checked, what is planned.

Nothing here is a finding of a clinician: ideas are named as possible, unconfirmed, with
the checks that could refute them.
"""

from dataclasses import dataclass

from dashboards.report.background import CheckpointFacts, Idea
from dashboards.report.data import ReportData
from dashboards.report.exercises import PlanView
from dashboards.report.metrics import METRICS, joined, sentence, shortened, signed
from dashboards.report.tread import PLAIN, shares_pct

NBSP = "\N{NO-BREAK SPACE}"
NOTHING_SAID = "No pain and no note were told."
NOTHING = "Nothing stands out."
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
    known = {metric.column: metric for metric in METRICS}
    told = []
    for row in data.findings:
        label = known[row.metric].label if row.metric in known else row.metric
        unit = {"deg": "°", "deg/s": "°/s", "%": " %"}.get(row.unit, f" {row.unit}")
        figures = f"{signed(row.size)}{unit} [{signed(row.low)}, {signed(row.high)}]"
        told.append(f"{label} {figures.replace(' ', NBSP)}, {row.since}.")
    told += _zones(data)
    return tuple(told) or (NOTHING,)


def _zones(data: ReportData) -> list[str]:
    usual = data.advice.usual_shares
    return [
        f"Load {row.side} {part} {PLAIN[edge]} {share:.0f} % (usual {own.usual:.0f})."
        for row in data.wear
        for (part, edge), share in shares_pct(row).items()
        if (own := usual.get((row.side, part, edge))) and not own.holds(share)
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
    if not plan.cards:
        return plan.words
    steps = ", ".join(f"{c.name} ({c.side})" for c in plan.cards)
    days = " ".join(sentence(f"{day}: {what}") for day, what in plan.looks)
    return f"{sentence(steps)} {days}"
