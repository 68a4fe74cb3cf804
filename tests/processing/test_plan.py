from dataclasses import asdict, fields
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.people import Observation
from contract.rows import ExerciseRow
from processing.advice import hints, plan, retest
from processing.advice.corrective import PHASES
from processing.advice.findings import Finding
from processing.advice.hints import NOT_ASSESSED
from processing.advice.plan import Plan, PlannedExercise, build_plan
from tests.processing.advice import (
    FORBIDDEN,
    NAMES,
    ROLLS_IN,
    SHIFTS,
    TABLE,
    TODAY,
    assessed,
    finding,
    planned,
    saw,
    states,
)

# Exercises


def test_a_plan_goes_through_the_phases_for_the_side_that_needs_it() -> None:
    made = planned(ROLLS_IN)

    assert [e.phase for e in made.exercises] == list(PHASES)
    assert [e.place for e in made.exercises] == [1, 2, 3, 4]
    assert {e.side for e in made.exercises} == {"left"}
    assert [e.when for e in made.exercises] == [
        "before and after the run",
        "before and after the run",
        "before the run",
        "before the run",
    ]
    assert "tempo 4/2/1" in made.exercises[2].dose
    assert "TW-041" in made.exercises[0].why


def test_a_shift_of_weight_asks_for_other_things_on_the_other_side() -> None:
    near_race = assessed(saw("asymmetric_weight_shift", "right"), race="2026-11-25")
    made = planned(SHIFTS, assessment=near_race)

    assert [(e.exercise.split(".")[0], e.side) for e in made.exercises] == [
        ("Roll the inner thigh", "right"),
        ("Roll the calf", "left"),
        ("Inner thigh stretch", "right"),
        ("Calf stretch at the wall", "left"),
    ]


def test_an_exercise_for_both_sides_at_once_says_both() -> None:
    made = planned(assessment=assessed(saw("asymmetric_weight_shift", "left")))

    assert [e.side for e in made.exercises] == ["left", "left", "left", "both"]


def test_what_answers_two_findings_is_chosen_before_what_answers_one() -> None:
    both = assessed(saw("feet_flatten", "left"), saw("feet_turn_out", "left"))

    (first, *_) = planned(assessment=both).exercises

    assert first.exercise.startswith("Roll the calf")


def test_an_exercise_that_serves_two_findings_says_both() -> None:
    both = assessed(saw("feet_turn_out", "left"), saw("feet_flatten", "left"))
    made = planned(assessment=both)

    stretch = made.exercises[1]
    assert stretch.exercise.startswith("Calf stretch")
    assert "turn out" in stretch.why
    assert "flattens" in stretch.why


def test_an_exercise_fits_its_row() -> None:
    row = ExerciseRow(
        runner="ana", session="s", time_ns=0, **asdict(planned(ROLLS_IN).exercises[0])
    )
    assert row.retest == "2026-12-19"
    names = {f.name for f in fields(ExerciseRow)}
    assert names - {f.name for f in fields(PlannedExercise)} == {
        "runner",
        "session",
        "time_ns",
    }


def test_a_plan_that_rests_on_hints_alone_says_so() -> None:
    seen = planned(ROLLS_IN, assessment=assessed(saw("feet_flatten", "left")))

    assert "sensor hints alone" in planned(ROLLS_IN).advice
    assert "sensor hints alone" not in seen.advice


def test_the_retest_is_in_four_to_six_weeks_with_a_first_look_after_two() -> None:
    days = planned(ROLLS_IN).retest

    assert days is not None
    assert (days.first_look, days.on, days.latest) == (
        "2026-12-05",
        "2026-12-19",
        "2027-01-02",
    )


def test_a_runner_without_findings_keeps_running() -> None:
    made = planned()

    assert made.exercises == ()
    assert made.hidden_reason == ""
    assert made.retest is None
    assert "keep running" in made.advice
    assert "100 km or 10 hours" in made.advice
    assert set(states(made).values()) == {NOT_ASSESSED}


# The race


def race_in(days: int) -> Plan:
    race = (TODAY + timedelta(days=days)).isoformat()
    return planned(ROLLS_IN, assessment=assessed(race=race))


def test_strength_work_ends_two_weeks_before_the_race() -> None:
    before, within = race_in(15), race_in(14)

    assert "activate" in {e.phase for e in before.exercises}
    assert before.strength_until == TODAY.isoformat()
    assert within.exercises[0].phase == "inhibit"
    assert {e.phase for e in within.exercises} == {"inhibit", "lengthen"}
    assert within.strength_until == ""
    assert "only rolling and stretching" in within.advice


def test_before_a_race_both_compensations_get_their_first_exercise() -> None:
    seen = (saw("low_back_arches"), saw("feet_flatten", "left"))
    made = planned(assessment=assessed(*seen, race="2026-11-25"))

    assert [e.exercise.split(".")[0] for e in made.exercises[:2]] == [
        "Roll the front of the thigh",
        "Roll the outer shin",
    ]


@pytest.mark.parametrize("race", ["2026-11-20", "", "next spring", "2026-13-40"])
def test_a_race_that_is_over_or_no_date_changes_nothing(race: str) -> None:
    made = planned(ROLLS_IN, assessment=assessed(race=race))

    assert made.exercises == planned(ROLLS_IN).exercises
    assert made.strength_until == ""


# Pain


@pytest.mark.parametrize(
    ("noted", "pains"),
    [
        (4, ()),
        (None, ((1, 4),)),
        (None, ((1, 1), (2, 2))),
        (1, ((50, 0),)),
        (3, ((200, 9),)),
    ],
)
def test_pain_above_three_or_rising_hides_the_plan(
    noted: int | None, pains: tuple[tuple[int, int], ...]
) -> None:
    made = planned(ROLLS_IN, assessment=assessed(pain=noted), pains=pains)

    assert made.exercises == ()
    assert made.retest is None
    assert "professional" in made.hidden_reason
    assert made.advice == ""
    assert len(made.hints) == 1


@pytest.mark.parametrize(
    "pains", [((1, 3),), ((1, 3), (2, 3)), ((1, 8), (2, 3)), ((9, 2), (1, 5)), ()]
)
def test_little_pain_that_does_not_rise_leaves_the_plan(
    pains: tuple[tuple[int, int], ...],
) -> None:
    made = planned(ROLLS_IN, pains=pains)

    assert made.hidden_reason == ""
    assert len(made.exercises) == 4


# Whatever comes in

SIDES = st.sampled_from(["left", "right", "both"])
OBSERVATIONS = st.builds(saw, st.sampled_from(NAMES), SIDES, is_seen=st.booleans())
FINDINGS = st.builds(
    finding,
    st.sampled_from(
        ["pronation_excursion_deg", "toe_out_deg", "contact_time_s", "pelvic_drop_deg"]
    ),
    st.floats(-15, 15),
    st.sampled_from(["deg", "%"]),
    code=st.sampled_from(["TW-011", "TW-042", "TW-043"]),
    runs=st.integers(1, 5),
)
RACES = st.one_of(st.just(""), st.dates(date(2026, 11, 1), date(2027, 3, 1)).map(str))


@given(
    st.lists(FINDINGS, max_size=3),
    st.lists(OBSERVATIONS, max_size=6),
    RACES,
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 10)), max_size=3),
)
def test_never_more_than_four_in_order_and_never_a_forbidden_word(
    findings: list[Finding],
    observations: list[Observation],
    race: str,
    pains: list[tuple[int, int]],
) -> None:
    assessment = assessed(*observations, race=race)
    made = build_plan(findings, assessment, TABLE, TODAY, pains)

    places = [PHASES.index(e.phase) for e in made.exercises]  # type: ignore[arg-type]
    assert len(places) <= 4
    assert places == sorted(places)
    assert len({(e.exercise, e.side) for e in made.exercises}) == len(places)
    assert len({w for e in made.exercises for w in e.why.split("; ")}) <= 2
    assert not (made.exercises and made.hidden_reason)
    assert bool(made.exercises) == (made.retest is not None)
    assert len(made.checkpoints) == 5
    assert [c.state for c in made.checkpoints][3:] == [NOT_ASSESSED, NOT_ASSESSED]
    assert not FORBIDDEN.search(str(asdict(made)))


@given(st.lists(FINDINGS, max_size=3), st.sampled_from(NAMES))
def test_what_a_person_did_not_see_never_gives_an_exercise(
    findings: list[Finding], compensation: str
) -> None:
    nothing = assessed(saw(compensation, is_seen=False))
    made = planned(*findings, assessment=nothing)

    plain = TABLE.compensations[compensation].plain
    assert not [e for e in made.exercises if plain in e.why]


def test_no_sentence_of_the_plan_says_a_forbidden_word() -> None:
    for module in (plan, hints, retest):
        texts = [v for k, v in vars(module).items() if isinstance(v, str)]
        own = [t for t in texts if t != module.__doc__]
        assert not [t for t in own if FORBIDDEN.search(t)]
