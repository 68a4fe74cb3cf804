"""Why a run allows no comparison of left and right, and what it still tells."""

from dataclasses import dataclass

from dashboards.report.cases import ON_ONE_FOOT, Case, seen_foot
from dashboards.report.data import ReportData, is_refused
from dashboards.report.losses import missing, refusal_details, refusals
from dashboards.report.metrics import sentence

WEAR_BOTH = "Wear a sensor on each shoe to see how they differ."
HIP_CAN = (
    "Steps, rhythm and the rise and fall of the hip are known.",
    "How long a foot stayed down is an estimate, the same for both feet.",
    "A hip sensor cannot say on which foot you stay down longer.",
    WEAR_BOTH,
)
SAME_FOOT = (
    "Left and right cannot be told apart, so nothing is said about them.",
    "Put one sensor on each shoe, the one named left on the left, and run again.",
)
BROKE = (
    "Something in treadwear went wrong; it says nothing about your run.",
    "The raw data are kept, and the log says what happened.",
)
ONLY_RUNNING = (
    "Left and right are compared only while running, when both feet leave the ground "
    "between steps."
)


@dataclass(frozen=True)
class Obstacle:
    """Headline, the side word in it ("" if none), and the sentences below."""

    headline: str
    details: tuple[str, ...]
    side: str = ""


def obstacle(case: Case, data: ReportData) -> Obstacle:
    """Put into words what stands in the way."""
    if case is Case.ONE_FOOT:
        return _one_foot(data)
    if case is Case.SAME_FOOT:
        headline = "Both shoe sensors seem to be on one foot."
        return Obstacle(headline, (*_texts(data, ON_ONE_FOOT), *SAME_FOOT))
    if case is Case.REFUSED:
        headline = "Contact times could not be found."
        return Obstacle(headline, refusal_details(data))
    if case is Case.BELOW_GATE:
        return Obstacle("Not enough good data.", missing(data))
    fixed = {
        Case.HIP_ONLY: Obstacle("Hip sensor only: steps and rhythm.", HIP_CAN),
        Case.FAILED: Obstacle("The analysis of this run failed.", BROKE),
        Case.WALKING: Obstacle("This was a walk, not a run.", (ONLY_RUNNING,)),
    }
    return fixed.get(case) or _no_running(data)


def _one_foot(data: ReportData) -> Obstacle:
    side = seen_foot(data)
    if not side:
        return Obstacle("One foot only.", missing(data))
    other = "left" if side == "right" else "right"
    has_samples = any(q.side == other and q.samples > 0 for q in data.quality)
    what = "No step was found in the data of" if has_samples else "No data came from"
    silent = f"{what} the {other} shoe, so nothing is said about left against right."
    headline = f"One foot only: your {side} shoe."
    return Obstacle(headline, (silent, *refusals(data), WEAR_BOTH), side)


def _no_running(data: ReportData) -> Obstacle:
    others = refusals(data) if any(map(is_refused, data.quality)) else ()
    return Obstacle("No running was found.", (ONLY_RUNNING, *others))


def _texts(data: ReportData, kind: str) -> tuple[str, ...]:
    found = (sentence(e.text) for e in data.events if e.kind == kind)
    return tuple(dict.fromkeys(text for text in found if text))
