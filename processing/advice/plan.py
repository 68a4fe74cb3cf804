"""From findings and what a person saw to a plan of at most four exercises.

Inhibit, lengthen (only what is overactive), activate, integrate: chosen for the one or
two compensations that are best supported, for the side that needs it. General fitness
information; with pain there is no plan but the advice to see somebody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from contract.people import Assessment
from processing.advice.corrective import (
    MOBILITY,
    PHASES,
    Corrective,
    Phase,
    load_corrective,
)
from processing.advice.hints import (
    CheckpointState,
    Hint,
    Told,
    checkpoint_states,
    hints_of,
    plain_name,
    seen,
    side_of,
    sided,
)
from processing.advice.retest import compare_retest
from processing.advice.weekly import CheckInterval

__all__ = ["Plan", "build_plan", "compare_retest", "load_corrective"]

MOST_EXERCISES = 4
"""More is not done (product.md 3.3)."""

MOST_LEADS = 2
"""Compensations that a plan answers at a time."""

MOST_PAIN = 3
"""Out of 10; above, the plan is hidden (product.md 5; OnTracx asks the same)."""

RACE_FREE = timedelta(days=14)
"""No strength work this close to a race: coaches drop the hardest work two weeks before
it (runnersconnect.net), which is also how long a taper usually is (from memory)."""

FIRST_LOOK = timedelta(weeks=2)
LATEST_RETEST = timedelta(weeks=6)
"""First look after 2 weeks, re-test after 4 to 6 (product.md 3.3); the 4 are those of
phase one in the corrective table."""

FINDINGS_ONLY = (
    "What stands out asks for no exercises yet: do the one thing named with it, and "
    "keep running as you do."
)
NOTHING = (
    "Nothing asks for exercises: keep running as you do. The next alignment check is "
    "due after {}."
)
HINT_ONLY = (
    "They rest on sensor hints alone: a movement check by a person tells more "
    "(treadwear assess)."
)
OTHER_SIDE = {"left": "right", "right": "left", "both": "both"}
BEFORE = "before the run"
BOTH = "before and after the run"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedExercise:
    """One exercise for one side; fields as in `contract.rows.ExerciseRow`."""

    side: str
    place: int
    phase: str
    exercise: str
    dose: str
    when: str
    why: str
    retest: str


@dataclass(frozen=True, slots=True)
class Retest:
    """Days (YYYY-MM-DD) to look again: shortly, and for the comparison."""

    first_look: str
    on: str
    latest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do until the re-test, and what it rests on.

    Attributes
    ----------
    exercises
        At most four, in the order of the phases.
    hidden_reason
        Why no exercises are shown although something asks for them; "" otherwise.
    advice
        One or two sentences for the runner: what this plan is, or what to do without.
    strength_until
        Last day of strength work before the race, YYYY-MM-DD; "" without a race.
    retest
        When to look again; None without exercises.
    hints, checkpoints
        What sensors hint at, and the state of all five checkpoints.
    disclaimer
        What this is not.
    """

    exercises: tuple[PlannedExercise, ...]
    hidden_reason: str
    advice: str
    strength_until: str
    retest: Retest | None
    hints: tuple[Hint, ...]
    checkpoints: tuple[CheckpointState, ...]
    disclaimer: str


@dataclass(frozen=True, slots=True)
class _Lead:
    """A compensation that asks for exercises: which, where, and why."""

    compensation: str
    side: str
    why: str
    is_seen: bool


@dataclass(frozen=True, slots=True)
class _Choice:
    """An exercise for a side, and the leads it serves."""

    exercise: str
    side: str
    leads: tuple[_Lead, ...]


def build_plan(
    findings: Sequence[Told],
    assessment: Assessment | None,
    corrective: Corrective,
    today: date,
    pains: Sequence[tuple[int, int]] = (),
) -> Plan:
    """Make the plan that the findings of a run and an assessment lead to.

    Parameters
    ----------
    findings
        Of the run, most important first.
    assessment
        The latest, or None; its pain counts like an entry of ``pains``.
    today
        The day of the run: dates of the plan count from it.
    pains
        Time (ns) and pain 0 to 10 as the runner noted them.
    """
    hints = hints_of(findings, assessment, corrective)
    leads = _leads(hints, assessment, corrective)[:MOST_LEADS]
    pain = pain_reason(assessment, pains)
    race = _race_day(assessment, today)
    retest = _retest(today, corrective) if leads and not pain else None
    phases = MOBILITY if race and race - today <= RACE_FREE else PHASES
    exercises = _exercises(leads, phases, corrective, retest) if retest else ()
    until = _strength_until(race) if race and phases is PHASES else ""
    return Plan(
        exercises=exercises,
        hidden_reason=pain,
        advice="" if pain else _advice(findings, leads, phases, race, corrective),
        strength_until=until,
        retest=retest,
        hints=hints,
        checkpoints=checkpoint_states(hints, assessment, corrective),
        disclaimer=corrective.disclaimer,
    )


def pain_reason(
    assessment: Assessment | None, pains: Sequence[tuple[int, int]] = ()
) -> str:
    """Say why pain speaks against exercises; "" when it does not.

    Above 3 out of 10, or more than the time before.
    """
    noted = list(pains)
    if assessment is not None and assessment.intake.pain is not None:
        noted.append((assessment.time_ns, assessment.intake.pain))
    values = [pain for _, pain in sorted(noted)]
    if not values:
        return ""
    see = "no exercises now; please see a physio or another health professional."
    if values[-1] > MOST_PAIN:
        return f"You noted pain of {values[-1]} out of 10: {see}"
    if len(values) > 1 and values[-1] > values[-2]:
        return f"Your pain is rising ({values[-2]} to {values[-1]} out of 10): {see}"
    return ""


def _leads(
    hints: Sequence[Hint], assessment: Assessment | None, corrective: Corrective
) -> list[_Lead]:
    """Compensations to answer: seen and hinted at, then seen, then hinted at.

    A hint of very low confidence is worth a check, not an exercise.
    """
    hinted = {h.compensation: h for h in reversed(hints)}
    observed = seen(assessment)
    known = [name for name in observed if name in corrective.compensations]
    known.sort(key=lambda name: name not in hinted)
    by_person = [
        _Lead(name, side, _seen_why(name, side, corrective), is_seen=True)
        for name in known
        for side in (side_of(observed[name]),)
    ]
    by_sensor = [
        _Lead(h.compensation, h.side, _hint_why(h, corrective), is_seen=False)
        for h in hints
        if h.compensation not in observed and h.confidence != "very low"
    ]
    return by_person + by_sensor


def _seen_why(compensation: str, side: str, corrective: Corrective) -> str:
    return f"a person saw: {sided(plain_name(compensation, corrective), side)}"


def _hint_why(hint: Hint, corrective: Corrective) -> str:
    told = sided(plain_name(hint.compensation, corrective), hint.side)
    codes = " and ".join(hint.codes)
    return f"hint from {codes}, confidence {hint.confidence}: {told}"


def _race_day(assessment: Assessment | None, today: date) -> date | None:
    """Day of the race if one is named that still lies ahead."""
    named = assessment.intake.race_date if assessment else ""
    try:
        race = date.fromisoformat(named)
    except ValueError:
        return None
    return race if race >= today else None


def _strength_until(race: date) -> str:
    return (race - RACE_FREE - timedelta(days=1)).isoformat()


def _retest(today: date, corrective: Corrective) -> Retest:
    on = today + timedelta(weeks=corrective.phase_one.weeks)
    days = (today + FIRST_LOOK, on, today + LATEST_RETEST)
    return Retest(*(day.isoformat() for day in days))


def _exercises(
    leads: Sequence[_Lead],
    phases: Sequence[Phase],
    corrective: Corrective,
    retest: Retest,
) -> tuple[PlannedExercise, ...]:
    """As many of each phase as fit into four."""
    each = MOST_EXERCISES // len(phases)
    chosen = [
        (phase, choice)
        for phase in phases
        for choice in _choices(leads, phase, corrective)[:each]
    ]
    return tuple(
        _planned(place, phase, choice, corrective, retest)
        for place, (phase, choice) in enumerate(chosen, start=1)
    )


def _choices(
    leads: Sequence[_Lead], phase: Phase, corrective: Corrective
) -> list[_Choice]:
    """Exercises of a phase: what serves most leads, then the first of each lead."""
    served: dict[tuple[str, str], list[_Lead]] = {}
    place: dict[tuple[str, str], int] = {}
    for lead in leads:
        uses = corrective.compensations[lead.compensation].exercises(phase)
        for k, (name, role) in enumerate(uses):
            key = name, _side(lead, role, is_bilateral=_is_bilateral(name, corrective))
            by = served.setdefault(key, [])
            place[key] = min(k, place.get(key, k))
            if lead not in by:
                by.append(lead)
    keys = sorted(served, key=lambda key: (-len(served[key]), place[key]))
    return [_Choice(*key, leads=tuple(served[key])) for key in keys]


def _is_bilateral(exercise: str, corrective: Corrective) -> bool:
    return corrective.exercises[exercise].bilateral


def _side(lead: _Lead, role: str, *, is_bilateral: bool) -> str:
    """Side that an exercise is for: where it was seen, or the other one."""
    if is_bilateral:
        return "both"
    return lead.side if role == "same" else OTHER_SIDE[lead.side]


def _planned(
    place: int, phase: Phase, choice: _Choice, corrective: Corrective, retest: Retest
) -> PlannedExercise:
    """Write an exercise out; after the run only what calms and lengthens."""
    exercise = corrective.exercises[choice.exercise]
    dose = corrective.phases[phase]
    is_mobility = phase in MOBILITY
    rest = "after it" if is_mobility else "on a day without running"
    return PlannedExercise(
        side=choice.side,
        place=place,
        phase=phase,
        exercise=f"{exercise.name}. {exercise.how}",
        dose=(
            f"before the run: {dose.short}; {rest}: {dose.full}; "
            f"about {exercise.minutes} min"
        ),
        when=BOTH if is_mobility else BEFORE,
        why="; ".join(lead.why for lead in choice.leads),
        retest=retest.on,
    )


def _advice(
    findings: Sequence[Told],
    leads: Sequence[_Lead],
    phases: Sequence[Phase],
    race: date | None,
    corrective: Corrective,
) -> str:
    """Say what the plan is, or what to do without one."""
    if not leads:
        return FINDINGS_ONLY if findings else NOTHING.format(CheckInterval().words)
    times = corrective.phase_one.times_a_week
    start = f"Do these {times} times a week, slowly, and never into pain."
    if not any(lead.is_seen for lead in leads):
        start = f"{start} {HINT_ONLY}"
    if race is None:
        return start
    if phases is MOBILITY:
        return (
            f"{start} Your race is on {race.isoformat()}: only rolling and stretching "
            "until then, so that you start fresh."
        )
    return (
        f"{start} Strength work until {_strength_until(race)}; in the two weeks before "
        f"your race on {race.isoformat()} only rolling and stretching."
    )
