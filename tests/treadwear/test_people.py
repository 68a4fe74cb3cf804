"""The commands about people: assess, plan, load, pain."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.treadwear.runners_known import (
    days_ago,
    from_json,
    store_finding,
    store_run,
    told,
    words,
)
from tests.treadwear.spoken import Capture

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")

LEFT_KNEE = ("--saw", "knees_move_in:left")


def test_an_assessment_told_by_flags_is_kept_and_shown(
    capsys: Capture, data: str
) -> None:
    flags = ["--km-per-week", "40", "--past-injury", "left calf 2024", "--by", "Bo"]
    flags += ["--race-date", "2037-04-18", "--pain", "2", "--pain-where", "left calf"]
    flags += [*LEFT_KNEE, "--not-seen", "low_back_arches", "--looked-at", "head"]
    kept = from_json(capsys, "assess", "ana", *flags, "--data", data)
    assert kept == from_json(capsys, "assess", "ana", "--show", "--data", data)
    assert [o["compensation"] for o in kept["observations"]] == [
        "knees_move_in",
        "low_back_arches",
    ]
    out = words(capsys, "assess", "ana", "--show", "--data", data)
    assert "Hurt before: left calf 2024" in out
    assert "Pain: 2 of 10, left calf" in out
    assert "by Bo" in out
    assert "seen by a person" in out
    assert "not assessed" in out


def test_an_assessment_in_a_file_is_kept(
    capsys: Capture, data: str, tmp_path: Path
) -> None:
    path = tmp_path / "ana.json"
    path.write_text(json.dumps({"time_ns": 5, "intake": {"goals": "10 km"}}))
    kept = from_json(capsys, "assess", "ana", "--from", str(path), "--data", data)
    assert (kept["time_ns"], kept["intake"]["goals"]) == (5, "10 km")
    code, _, err = told(
        capsys, "assess", "ana", "--from", str(path), "--pain", "1", "--data", data
    )
    assert (code, "from a file and from flags" in err) == (2, True)


def test_questions_are_asked_in_a_terminal_and_skipped_with_enter(data: str) -> None:
    """A real terminal: the answers are typed into it before they are asked for."""
    code = (
        "import typer; from treadwear.commands import people; app = typer.Typer();"
        f"people.register(app); app(['assess', 'ana', '--json', '--data', {data!r}])"
    )
    keyboard, terminal = os.openpty()
    try:
        typed = "Bo\n\n40\nleft calf 2024\n\n\n2\ncalf\nl\n" + "\n" * 30
        os.write(keyboard, typed.encode())
        done = subprocess.run(
            [sys.executable, "-c", code],
            stdin=terminal,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=Path(__file__).parents[2],
        )
    finally:
        os.close(keyboard)
        os.close(terminal)
    assert done.returncode == 0, done.stderr
    assert "Enter skips a question." in done.stderr
    kept = json.loads(done.stdout)
    assert (kept["by"], kept["intake"]["km_per_week"]) == ("Bo", 40.0)
    assert (kept["intake"]["pain"], kept["intake"]["pain_where"]) == (2, "calf")
    assert [o["side"] for o in kept["observations"]] == ["left"]


def test_without_a_terminal_nobody_is_asked(capsys: Capture, data: str) -> None:
    code, _, err = told(capsys, "assess", "ana", "--data", data)
    assert code == 2
    assert "without a terminal nobody can be asked" in err
    assert "--saw knees_move_in:left" in err
    assert not Path(data).exists()


@pytest.mark.parametrize(
    "flags",
    [
        ("--saw", "knees"),
        ("--looked-at", "elbow"),
        ("--race-date", "soon"),
        ("--past-injury", "2024"),
        ("--pain", "11"),
        ("--km-per-week", "-1"),
        ("--from", "missing.json"),
        (*LEFT_KNEE, "--not-seen", "knees_move_in:left"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_and_nothing_is_kept(
    capsys: Capture, data: str, flags: tuple[str, ...]
) -> None:
    code, _, err = told(capsys, "assess", "ana", *flags, "--data", data)
    assert code == 2
    assert err
    assert not Path(data).exists()


@pytest.mark.parametrize("command", ["plan", "load"])
def test_a_runner_nobody_knows_is_said_to_be_unknown(
    capsys: Capture, data: str, command: str
) -> None:
    store_run(data, "s1", 1)
    code, _, err = told(capsys, command, "bob", "--data", data)
    assert code == 2
    assert "nothing is known of bob" in err
    assert "treadwear sessions" in err


def test_a_hint_stands_beside_what_was_seen_with_its_certainty(
    capsys: Capture, data: str
) -> None:
    finding = store_finding(data, store_run(data, "s1", 1))
    out = words(capsys, "assess", "ana", "--show", "--data", data)
    assert "Nobody has looked at ana yet" in out
    made = from_json(capsys, "plan", "ana", "--data", data)["plan"]
    (hint,) = made["hints"]
    assert hint["compensation"] == "feet_flatten"
    assert finding.code in out
    assert "●●○ medium" in out


def test_what_a_person_did_not_see_outranks_the_hint(
    capsys: Capture, data: str
) -> None:
    store_finding(data, store_run(data, "s1", 1))
    denied = ["--not-seen", "feet_flatten:left"]
    words(capsys, "assess", "ana", *denied, "--data", data)
    assert "●" not in words(capsys, "assess", "ana", "--show", "--data", data)
    found = from_json(capsys, "plan", "ana", "--data", data)
    assert found["plan"]["hints"] == []
    assert found["plan"]["exercises"] == []


def test_the_plan_follows_from_what_was_seen_and_names_its_re_test(
    capsys: Capture, data: str
) -> None:
    finding = store_finding(data, store_run(data, "s7", 1))
    words(capsys, "assess", "ana", *LEFT_KNEE, "--data", data)
    made = from_json(capsys, "plan", "ana", "--data", data)
    assert [f["code"] for f in made["findings"]] == [finding.code]
    exercises = made["plan"]["exercises"]
    assert 0 < len(exercises) <= 4
    out = words(capsys, "plan", "ana", "--data", data)
    told_of = f"{finding.code} ●●○ fairly sure, in your last 3 runs: {finding.text}"
    assert f"{told_of} {finding.action}" in out
    assert f"re-test on {made['plan']['retest']['on']}" in out
    assert made["plan"]["disclaimer"] in out
    assert ", s7: " in out


@pytest.mark.parametrize("levels", [[4], [1, 3]], ids=["above 3", "rising"])
def test_pain_hides_the_plan_and_says_to_see_a_professional(
    capsys: Capture, data: str, levels: list[int]
) -> None:
    words(capsys, "assess", "ana", *LEFT_KNEE, "--data", data)
    for level in levels:
        place = ["--where", "left knee", "--data", data]
        out = words(capsys, "pain", "ana", str(level), *place)
    assert f"pain {levels[-1]} of 10, left knee" in out
    assert "health professional" in out
    assert from_json(capsys, "plan", "ana", "--data", data)["plan"]["exercises"] == []
    out = words(capsys, "plan", "ana", "--data", data)
    assert "health professional" in out
    assert "treadwear pain ana LEVEL" in out


def test_pain_that_rises_within_assessments_hides_the_plan_too(
    capsys: Capture, data: str
) -> None:
    words(capsys, "pain", "ana", "1", "--data", data)
    out = words(capsys, "assess", "ana", *LEFT_KNEE, "--pain", "2", "--data", data)
    assert "rising" in out
    assert "no exercises" in words(capsys, "plan", "ana", "--data", data)


def test_little_pain_that_goes_down_hides_nothing(capsys: Capture, data: str) -> None:
    words(capsys, "assess", "ana", *LEFT_KNEE, "--pain", "3", "--data", data)
    out = words(capsys, "pain", "ana", "1", "--data", data)
    assert out == "Kept for ana: pain 1 of 10."
    assert from_json(capsys, "plan", "ana", "--data", data)["plan"]["exercises"]


def test_before_and_after_stand_side_by_side_at_the_re_test(
    capsys: Capture, data: str, tmp_path: Path
) -> None:
    store_run(data, "s1", 30, asi_pct=6.0)
    first = {
        "time_ns": days_ago(29),
        "observations": [
            {
                "test": "overhead_squat",
                "checkpoint": "knee",
                "compensation": "knees_move_in",
                "side": "left",
            }
        ],
    }
    (tmp_path / "first.json").write_text(json.dumps(first))
    place = ["--data", data]
    words(capsys, "assess", "ana", "--from", str(tmp_path / "first.json"), *place)
    assert "Before and after" not in words(capsys, "plan", "ana", *place)
    store_run(data, "s2", 1, asi_pct=2.0)
    words(capsys, "assess", "ana", "--not-seen", "knees_move_in", *place)
    (change,) = from_json(capsys, "plan", "ana", *place)["changes"]
    assert (change["before"], change["after"]) == (6.0, 2.0)
    assert change["is_beyond_mdc"]
    out = words(capsys, "plan", "ana", *place)
    assert f"Before and after: {change['text']}" in out
    assert "The knee moves inward: seen (left) on" in out
    assert "not seen on" in out


def test_the_plan_says_how_left_and_right_compared_and_does_not_contradict_it(
    capsys: Capture, data: str
) -> None:
    store_run(data, "s1", 1, asi_pct=2.0)
    out = words(capsys, "plan", "ana", "--data", data)
    told_of = "time on the ground 2.0 % longer right"
    reach = "likely 1.0 % longer right to 3.0 % longer right"
    assert f"Slightly different: {told_of} ({reach}). Nothing else stands out." in out
    store_run(data, "s2", 0.5, asi_pct=-0.4)
    out = words(capsys, "plan", "ana", "--data", data)
    assert "0.4 % longer left (likely 1.4 % longer left to 0.6 % longer right)" in out


@pytest.mark.parametrize(
    ("distance_m", "shown"), [(4321.0, "4.3"), (43_210.0, "43"), (0.0, "0")]
)
def test_short_distances_keep_their_first_decimal(
    capsys: Capture, data: str, distance_m: float, shown: str
) -> None:
    store_run(data, "s1", 1, distance_m=distance_m)
    out = words(capsys, "shoes", "ana", "--data", data)
    assert f" 1 {shown} 1800 " in " ".join(out.replace("\u2502", " ").split())


def test_a_run_in_other_shoes_is_no_before(capsys: Capture, data: str) -> None:
    store_run(data, "s1", 30, shoe="red")
    words(capsys, "assess", "ana", *LEFT_KNEE, "--data", data)
    store_run(data, "s2", -0.0001)
    assert from_json(capsys, "plan", "ana", "--data", data)["changes"] == []


def test_load_is_told_by_week_with_the_longest_run_and_the_check_that_is_due(
    capsys: Capture, data: str
) -> None:
    for week in range(9):
        store_run(data, f"s{week}", 7 * week + 0.01)
    found = from_json(capsys, "load", "ana", "--data", data)
    assert len(found["weeks"]) == 9
    assert sum(week["distance_m"] for week in found["weeks"]) == 108_000.0
    assert found["weeks"][-1]["dose_change_pct"] == pytest.approx(0.0)
    assert found["check"]["is_due"]
    out = words(capsys, "load", "ana", "--data", data)
    assert "Longest run of the last 30 days: 12.0 km, 60 min" in out
    assert found["check"]["text"] in out


def test_a_movement_check_starts_the_count_anew_and_words_alone_do_not(
    capsys: Capture, data: str
) -> None:
    for week in range(9):
        store_run(data, f"s{week}", 7 * week + 0.01)
    words(capsys, "assess", "ana", "--goals", "10 km", "--data", data)
    assert from_json(capsys, "load", "ana", "--data", data)["check"]["is_due"]
    words(capsys, "assess", "ana", *LEFT_KNEE, "--data", data)
    check = from_json(capsys, "load", "ana", "--data", data)["check"]
    assert (check["is_due"], check["distance_m"]) == (False, 0.0)
    kept = from_json(capsys, "assess", "ana", "--show", "--data", data)
    assert kept["intake"]["goals"] == "10 km"
