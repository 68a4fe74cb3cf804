import pytest

from contract.people import Assessment
from processing.advice.findings import Finding
from processing.advice.hints import HINT, NOT_ASSESSED, NOT_SEEN, SEEN
from processing.advice.plan import Plan
from tests.processing.advice import ROLLS_IN, assessed, finding, planned, saw, states


def test_an_inward_roll_hints_at_a_foot_that_flattens() -> None:
    (hint,) = planned(ROLLS_IN).hints

    assert (hint.compensation, hint.side) == ("feet_flatten", "left")
    assert hint.confidence == "medium"
    assert hint.codes == ("TW-041",)
    assert "consider checking" in hint.text


@pytest.mark.parametrize(
    "too_little",
    [
        finding("pronation_excursion_deg", -2.9, half=1.0),
        finding("pronation_excursion_deg", -4.5, half=5.0),
        finding("pronation_excursion_deg", -4.5, "%"),
        finding("pronation_excursion_deg", -4.5, code="TW-043"),
        finding("contact_time_s", 5.0, "%", code="TW-011", runs=2),
        finding("step_time_s", 9.0, "%", code="TW-021", runs=5),
    ],
    ids=["small", "unsure", "other unit", "grows only", "two runs", "no rule"],
)
def test_a_finding_that_does_not_meet_the_rule_is_no_hint(too_little: Finding) -> None:
    made = planned(too_little)

    assert made.hints == ()
    assert made.exercises == ()
    assert "no exercises yet" in made.advice


def test_a_knee_is_hinted_at_by_two_figures_on_one_side_only() -> None:
    drops = finding("pelvic_drop_deg", -4.0, code="TW-081")
    other = finding("pelvic_drop_deg", 4.0, code="TW-081")

    def about(of: Plan) -> list[str]:
        return [h.compensation for h in of.hints]

    assert "knees_move_in" in about(planned(ROLLS_IN, drops))
    assert "knees_move_in" not in about(planned(ROLLS_IN, other))
    (knee,) = (
        h for h in planned(ROLLS_IN, drops).hints if h.compensation == "knees_move_in"
    )
    assert knee.confidence == "very low"
    assert not [e for e in planned(ROLLS_IN, drops).exercises if "knee" in e.why]


def test_a_very_doubtful_hint_alone_gives_no_exercise() -> None:
    drops = finding("pelvic_drop_deg", -4.0, code="TW-081")
    denied = assessed(
        saw("feet_flatten", is_seen=False), saw("single_leg_hip_drop", is_seen=False)
    )
    made = planned(ROLLS_IN, drops, assessment=denied)

    assert [h.compensation for h in made.hints] == ["knees_move_in"]
    assert made.exercises == ()


def test_what_was_looked_for_and_not_seen_ends_the_hint() -> None:
    denied = assessed(saw("feet_flatten", "left", is_seen=False))
    made = planned(ROLLS_IN, assessment=denied)

    assert made.hints == ()
    assert made.exercises == ()
    assert states(made)["foot_ankle"] == NOT_SEEN


def test_not_seen_on_the_other_foot_leaves_the_hint() -> None:
    denied = assessed(saw("feet_flatten", "right", is_seen=False))

    assert len(planned(ROLLS_IN, assessment=denied).hints) == 1


def test_a_checkpoint_gone_through_without_a_tick_ends_its_hints() -> None:
    looked = Assessment(time_ns=1, assessed=("foot_ankle", "head"))
    made = planned(ROLLS_IN, assessment=looked)

    assert made.hints == ()
    assert states(made)["head"] == NOT_SEEN
    assert states(made)["shoulders"] == NOT_ASSESSED


def test_what_a_person_saw_comes_before_a_hint() -> None:
    made = planned(ROLLS_IN, assessment=assessed(saw("low_back_arches")))

    assert "lower back arches" in made.exercises[0].why
    assert "a person saw" in made.exercises[0].why
    assert [c.state for c in made.checkpoints] == [
        HINT,
        NOT_ASSESSED,
        SEEN,
        NOT_ASSESSED,
        NOT_ASSESSED,
    ]


def test_seen_and_hinted_at_comes_before_seen_alone() -> None:
    seen = assessed(saw("low_back_arches"), saw("feet_flatten", "left"))
    made = planned(ROLLS_IN, assessment=seen)

    assert "foot flattens" in made.exercises[0].why
