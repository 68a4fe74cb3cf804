"""Page 1's plan: the exercises that answer what stands out, and when to look again."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from contract.rows import ExerciseRow
from contract.verdicts import CLEARLY
from dashboards.report.cases import case_of, said
from dashboards.report.data import ReportData
from dashboards.report.metrics import sentence
from dashboards.report.tables import started

PHASES = {
    "inhibit": "Loosen",
    "lengthen": "Stretch",
    "activate": "Wake up",
    "integrate": "Put together",
}
TIMES = {1: "once", 2: "twice", 3: "three times", 4: "four times"}
_MINUTES = re.compile(r"about (\d+) min")
"""As processing/advice/plan.py writes the dose."""
SOON, LATER, LATEST = (timedelta(weeks=n) for n in (2, 4, 6))
"""First look after 2 weeks, the next check after 4 to 6 (product.md 3.3)."""
SIDES = {"left": "left side", "right": "right side", "both": "both sides"}


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
    looks: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    head: str = ""


def plan_view(data: ReportData, runner: str) -> PlanView:
    """Exercises in order and the day of the re-test; or why there are none.

    Pain that was noted after the run hides exercises that the run's rows hold.
    """
    if data.advice.plan_hidden:
        return PlanView((), sentence(data.advice.plan_hidden), next_check(data))
    if not data.exercises:
        words = data.advice.plan_words or (
            "No exercises come with this run; the command "
            f"\N{LEFT DOUBLE QUOTATION MARK}treadwear plan {runner}"
            "\N{RIGHT DOUBLE QUOTATION MARK} says why."
        )
        return PlanView((), sentence(words), next_check(data))
    cards = tuple(_exercise(row) for row in data.exercises)
    reasons = tuple(dict.fromkeys(sentence(e.why) for e in data.exercises if e.why))
    words = sentence(data.advice.plan_words)
    return PlanView(cards, words, _looks(data), reasons, _head(data))


def _looks(data: ReportData) -> tuple[tuple[str, str], ...]:
    """Days to look again that the plan names, each with what is done then."""
    retest = next((e.retest for e in data.exercises if e.retest), "")
    latest = data.advice.latest_retest
    by = f"re-test, by {short_day(latest)}" if latest else "re-test"
    days = ((data.advice.first_look, "first look"), (retest, by))
    told = tuple((day_words(day), what) for day, what in days if day)
    return told or next_check(data)


def next_check(data: ReportData) -> tuple[tuple[str, str], ...]:
    """Day to look again without a plan: soon where something is new or unknown."""
    day = started(data.session.time_ns, data.zone).date()
    if not case_of(data).is_comparable:
        soon = "nothing was compared today"
    elif said(data) == CLEARLY and data.session.baseline_runs > 0:
        soon = "next check, in 2 weeks"
    else:
        by = short_day((day + LATEST).isoformat())
        return ((day_words((day + LATER).isoformat()), f"next check, by {by}"),)
    return ((day_words((day + SOON).isoformat()), soon),)


def _head(data: ReportData) -> str:
    """Say how long the plan takes and how often it is done, as far as it is told."""
    told = [int(found[1]) for e in data.exercises if (found := _MINUTES.search(e.dose))]
    times = data.advice.times_a_week
    parts = [f"about {sum(told)} minutes"] if len(told) == len(data.exercises) else []
    parts += [f"{TIMES.get(times, f'{times} times')} a week"] if times else []
    return ", ".join([*parts, "in this order"])


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


def day_words(text: str) -> str:
    """Write a date as people do; what is no date stays as it is."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day:%a} {day.day} {day:%b %Y}"


def short_day(text: str) -> str:
    """Write a date without its weekday and year."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%b}"
