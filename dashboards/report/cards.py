"""Page 1's cards: what stands out, and the exercises that answer it."""

from dataclasses import dataclass
from datetime import date

from contract.rows import ExerciseRow, FindingRow
from contract.verdicts import AS_USUAL
from dashboards.report.cases import Case, is_swap_suspected, said
from dashboards.report.data import ReportData
from dashboards.report.metrics import is_known, number, sentence, side_of

MOST_SURE = 3
SURE_WORDS = {1: "not sure yet", 2: "fairly sure", 3: "very sure"}
TITLES = {
    "contact_time_s": ("Time on the ground", "longer"),
    "impulse_bws": ("Load on the ground", "higher"),
    "peak_force_bw": ("Load on the ground", "higher"),
    "step_time_s": ("Rhythm of the steps", "longer"),
    "flight_time_s": ("Time in the air", "longer"),
    "pronation_excursion_deg": ("Inward roll of the shoe", "more"),
    "pronation_velocity_dps": ("Speed of the inward roll", "faster"),
    "strike_angle_deg": ("How the foot lands", "toes higher"),
    "toe_out_deg": ("Where the toes point", "further outward"),
    "impact_g": ("Landing shock", "higher"),
    "braking_g": ("Braking shock", "higher"),
    "pelvic_drop_deg": ("Level of the hips", "more drop"),
}
"""What a finding is about, and what more of it is called."""

UNKNOWN_TITLE = ("Left and right", "more")
UNITS = {"deg": "°", "deg/s": " °/s", "%": " %"}
PHASES = {
    "inhibit": "Loosen",
    "lengthen": "Stretch",
    "activate": "Wake up",
    "integrate": "Put together",
}
SIDES = {"left": "left side", "right": "right side", "both": "both sides"}
NOT_PLACED = "Not judged: first make sure that each sensor sits on its own foot."
NOTHING_MORE = "Nothing stands out beyond the sentence at the top."
NOTHING = "Nothing stands out in this run."
OLD_NEWS = {
    # Noticed for the first time is not the same as new for the runner.
    "new in this run": "first noticed in this run",
}


@dataclass(frozen=True)
class FindingCard:
    """One finding: what, how much, how sure, since when, and what to do."""

    title: str
    size: str
    more: str
    side: str
    ink: str
    span: str
    dots: str
    sure: str
    text: str
    since: str
    action: str


@dataclass(frozen=True)
class ExerciseCard:
    """One exercise: its step, side, how, and how much before and after the run."""

    place: int
    step: str
    name: str
    how: str
    side: str
    dose: str


@dataclass(frozen=True)
class PlanView:
    """The plan, or why there is none."""

    cards: tuple[ExerciseCard, ...]
    words: str
    retest: str
    reasons: tuple[str, ...] = ()


def finding_cards(data: ReportData) -> list[FindingCard]:
    """One card per finding, what stands out most first."""
    return [_finding(row) for row in data.findings]


def no_finding(data: ReportData, case: Case) -> str:
    """Say why there are no findings: nothing to tell, or not to be told."""
    if is_swap_suspected(data):
        return NOT_PLACED
    is_told = case is Case.CLEAR and said(data) != AS_USUAL
    return NOTHING_MORE if is_told else NOTHING


def _finding(row: FindingRow) -> FindingCard:
    unit = UNITS.get(row.unit, f" {row.unit}")
    side = side_of(row.size)
    title, more = TITLES.get(row.metric, UNKNOWN_TITLE)
    sure = min(max(row.certainty, 1), MOST_SURE)
    return FindingCard(
        title=title,
        size=f"{number(abs(row.size), 1)}{unit}",
        more=more,
        side=side,
        ink="L" if side == "left" else "R",
        span=_span(row, unit),
        dots="●" * sure + "○" * (MOST_SURE - sure),
        sure=SURE_WORDS[sure],
        text=sentence(row.text),
        since=OLD_NEWS.get(row.since, row.since),
        action=sentence(row.action),
    )


def _span(row: FindingRow, unit: str) -> str:
    """Say the interval without signs: its ends with their side where they differ."""
    if not is_known(row.low, row.high):
        return "range not known"
    low, high = (number(abs(v), 1) for v in (row.low, row.high))
    if row.low < 0 < row.high:
        return f"{low}{unit} left to {high}{unit} right"
    ends = (high, low) if row.high <= 0 else (low, high)
    return f"likely {ends[0]} to {ends[1]}{unit}"


def plan_view(data: ReportData, runner: str) -> PlanView:
    """Exercises in order and the day of the re-test; or why there are none.

    Pain that was noted after the run hides exercises that the run's rows hold.
    """
    if data.advice.plan_hidden:
        return PlanView((), sentence(data.advice.plan_hidden), "")
    if not data.exercises:
        words = data.advice.plan_words or (
            "No exercises come with this run; the command "
            f"\N{LEFT DOUBLE QUOTATION MARK}treadwear plan {runner}"
            "\N{RIGHT DOUBLE QUOTATION MARK} says why."
        )
        return PlanView((), sentence(words), "")
    retest = next((e.retest for e in data.exercises if e.retest), "")
    cards = tuple(_exercise(row) for row in data.exercises)
    reasons = tuple(dict.fromkeys(sentence(e.why) for e in data.exercises if e.why))
    words = sentence(data.advice.plan_words)
    return PlanView(cards, words, _day(retest), reasons)


def _exercise(row: ExerciseRow) -> ExerciseCard:
    name, _, how = row.exercise.partition(". ")
    _, *rest = row.dose.split(";")
    return ExerciseCard(
        place=row.place,
        step=PHASES.get(row.phase, row.phase),
        name=name.strip().rstrip("."),
        how=sentence(how),
        side=SIDES.get(row.side, row.side),
        dose=" ".join(map(sentence, (_named(row), *rest))),
    )


def _named(row: ExerciseRow) -> str:
    """First part of the dose, which says when; where it does not, the row does."""
    first = row.dose.split(";")[0].strip()
    return first if " run" in first else f"{row.when}: {first}"


def _day(text: str) -> str:
    """Write a date as people do; what is no date stays as it is."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day:%a} {day.day} {day:%b %Y}"
