import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.errors import UsageError
from contract.people import Assessment, Observation, PastInjury
from processing.advice.corrective import load_corrective
from treadwear.interview import Interview
from treadwear.movement import (
    TESTS,
    check_assessment,
    movement_checks,
    parse_checkpoint,
    parse_date,
    parse_observation,
    parse_past_injury,
    read_assessment,
)

CHECKS = movement_checks(load_corrective())
KNEE = Observation(
    test="overhead_squat",
    checkpoint="knee",
    compensation="knees_move_in",
    side="left",
)


def answered(answers: dict[str, str | list[str]]) -> tuple[Assessment, list[str]]:
    """Assessment of answers to questions that begin so, and all that was put."""
    put: list[str] = []

    def ask(question: str) -> str:
        put.append(question)
        for begin, answer in answers.items():
            if question.startswith(begin):
                return answer if isinstance(answer, str) else answer.pop(0)
        return ""

    return Interview(ask, put.append, CHECKS).assessment(5), put


def test_everything_that_can_be_seen_is_asked_for_in_each_test_it_shows_in() -> None:
    _, put = answered({})
    for name, compensation in load_corrective().compensations.items():
        assert CHECKS[name].checkpoint == compensation.checkpoint
        for test in TESTS:
            question = getattr(compensation.tests, test)
            assert (question in put) is (not question.startswith("Not seen"))
    assert all(len(question) <= 80 for question in put)


def test_skipping_every_question_records_nothing() -> None:
    assert answered({})[0] == Assessment(time_ns=5)


def test_answers_become_an_assessment() -> None:
    look = CHECKS["knees_move_in"].questions
    arch = CHECKS["feet_flatten"].questions
    found, _ = answered(
        {
            "Who": "Bo",
            "Hours": "4,5",
            "Kilometres": "40",
            "What hurt": "left calf 2024, knee",
            "Goals": "10 km",
            "Race": "2027-04-18",
            "Pain": "2",
            "Where": "left calf",
            look["overhead_squat"]: "l",
            look["single_leg_squat"]: "n",
            arch["overhead_squat"]: "both",
            "Shoulders": "left one lower",
            "Head": "-",
        }
    )
    assert found.by == "Bo"
    intake = found.intake
    assert (intake.hours_per_week, intake.km_per_week) == (4.5, 40.0)
    assert intake.past_injuries == (
        PastInjury("calf", "left", 2024),
        PastInjury("knee"),
    )
    assert (intake.goals, intake.race_date) == ("10 km", "2027-04-18")
    assert (intake.pain, intake.pain_where) == (2, "left calf")
    told = {(o.compensation, o.test): (o.side, o.is_seen) for o in found.observations}
    assert told == {
        ("knees_move_in", "overhead_squat"): ("left", True),
        ("knees_move_in", "single_leg_squat"): ("both", False),
        ("feet_flatten", "overhead_squat"): ("both", True),
    }
    assert found.assessed == ("shoulders", "head")
    assert found.note == "shoulders: left one lower"


def test_an_answer_that_makes_no_sense_is_asked_for_again() -> None:
    found, put = answered(
        {
            "Hours": ["many", "-3", "3"],
            "Pain": ["11", "3.5", "0"],
            "Race": ["soon", ""],
            CHECKS["knees_move_in"].questions["overhead_squat"]: ["?", "r"],
        }
    )
    assert (found.intake.hours_per_week, found.intake.pain) == (3.0, 0)
    assert found.intake.race_date == ""
    assert [o.side for o in found.observations] == ["right"]
    assert any(words.startswith("'11' is no pain level") for words in put)
    assert not any(words.startswith("Where does it hurt") for words in put)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("knees_move_in", ("overhead_squat", "both")),
        ("knees_move_in:left", ("overhead_squat", "left")),
        ("knees_move_in:single_leg_squat:right", ("single_leg_squat", "right")),
        ("single_leg_hip_drop:left", ("single_leg_squat", "left")),
    ],
)
def test_what_was_seen_is_told_in_a_word(words: str, expected: tuple[str, str]) -> None:
    found = parse_observation(words, CHECKS, is_seen=True)
    assert (found.test, found.side) == expected
    assert found.checkpoint == CHECKS[found.compensation].checkpoint
    assert found.is_seen


@pytest.mark.parametrize(
    "words",
    ["", "knees", "knees_move_in:up", "knees_move_in:left:right", "knees_move_in:"],
)
def test_what_cannot_be_seen_is_refused_with_what_can(words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_observation(words, CHECKS, is_seen=True)
    assert "knees_move_in" in f"{caught.value.why} {caught.value.next_step}"


def test_a_test_in_which_it_does_not_show_is_refused() -> None:
    with pytest.raises(UsageError, match="single_leg_hip_drop is not seen"):
        parse_observation("single_leg_hip_drop:overhead_squat", CHECKS, is_seen=True)


@pytest.mark.parametrize("words", ["", "left", "2024", "left right calf"])
def test_a_past_injury_without_one_region_is_refused(words: str) -> None:
    with pytest.raises(UsageError):
        parse_past_injury(words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("knee", PastInjury("knee")),
        ("2019 right Achilles tendon", PastInjury("Achilles tendon", "right", 2019)),
        ("disc L5 5", PastInjury("disc L5 5")),
    ],
)
def test_a_past_injury_has_a_region_and_maybe_side_and_year(
    words: str, expected: PastInjury
) -> None:
    assert parse_past_injury(words) == expected


@pytest.mark.parametrize("words", ["2027-02-30", "18.4.2027", "soon", "20270418x"])
def test_what_is_no_date_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="no date"):
        parse_date(words)


def test_checkpoints_are_the_five() -> None:
    assert parse_checkpoint("lphc") == "lphc"
    with pytest.raises(UsageError, match="no checkpoint"):
        parse_checkpoint("elbow")


def written(path: Path, told: object) -> Path:
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


def test_an_assessment_that_was_shown_can_be_read_again(tmp_path: Path) -> None:
    assessment = Assessment(time_ns=7, observations=(KNEE,), assessed=("head",))
    told = msgspec.to_builtins(assessment)
    assert read_assessment(written(tmp_path / "a.json", told), 9) == assessment
    del told["time_ns"]
    assert read_assessment(written(tmp_path / "a.json", told), 9).time_ns == 9


@pytest.mark.parametrize(
    "told",
    [
        [],
        {"intake": {"pain": 11}},
        {"intake": {"km_per_week": -1}},
        {"observations": [{"test": "squat"}]},
        {"assessed": ["elbow"]},
        {"time_ns": 2**70},
        {"observation": []},
        {"intake": {"km_a_week": 4}},
        {"intake": {"past_injuries": [{"region": "calf", "when": 2024}]}},
    ],
    ids=str,
)
def test_a_file_that_is_no_assessment_is_refused_by_what_is_wrong(
    tmp_path: Path, told: object
) -> None:
    with pytest.raises(UsageError, match="is no assessment") as caught:
        read_assessment(written(tmp_path / "a.json", told), 9)
    assert caught.value.why
    assert "--show --json" in caught.value.next_step


def test_a_file_that_is_not_there_or_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_assessment(tmp_path / "missing.json", 9)
    path = tmp_path / "bad.json"
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(UsageError, match="is no assessment"):
        read_assessment(path, 9)


@pytest.mark.parametrize(
    "changed",
    [
        {"compensation": "knees"},
        {"checkpoint": "head"},
        {"compensation": "single_leg_hip_drop", "checkpoint": "lphc"},
    ],
    ids=str,
)
def test_an_observation_must_fit_the_corrective_table(changed: dict[str, Any]) -> None:
    observation = msgspec.structs.replace(KNEE, **changed)
    with pytest.raises(UsageError):
        check_assessment(Assessment(time_ns=5, observations=(observation,)), CHECKS)


def test_the_same_cannot_be_seen_and_not_seen() -> None:
    other = msgspec.structs.replace(KNEE, is_seen=False)
    right = msgspec.structs.replace(other, side="right")
    with pytest.raises(UsageError, match="seen and not seen"):
        check_assessment(Assessment(time_ns=5, observations=(KNEE, other)), CHECKS)
    fine = Assessment(time_ns=5, observations=(KNEE, right), assessed=("head", "knee"))
    assert check_assessment(fine, CHECKS).assessed == ("knee", "head")
