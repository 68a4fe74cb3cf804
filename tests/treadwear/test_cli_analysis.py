"""What `analyse` tells people and programs: every figure, and what is not given."""

import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from contract.rows import StepRow
from processing.metrics import METRICS
from processing.store.sqlite import SqliteStore
from tests.treadwear.spoken import Capture, analysed, refused, said
from treadwear.results import figures_of, plain_name
from treadwear.shown import show_analysis

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")

UNITS = ("_s", "_spm", "_bws", "_bw", "_deg", "_dps", "_pct", "_g", "_m", "_mps")
FEET = {
    "contact_time_s",
    "cadence_spm",
    "strike_angle_deg",
    "pitch_at_toe_off_deg",
    "pronation_excursion_deg",
    "pronation_time_pct",
    "pronation_velocity_dps",
    "toe_out_deg",
    "impact_g",
    "braking_g",
    "stride_length_m",
    "speed_mps",
}
HIP = {
    "step_time_s",
    "cadence_spm",
    "contact_time_estimate_s",
    "vertical_oscillation_m",
    "pelvic_drop_deg",
    "pelvic_tilt_deg",
    "pelvic_rotation_deg",
}


@pytest.fixture
def found(capsys: Capture, recording_with_hip: Path) -> dict[str, Any]:
    return analysed(capsys, recording_with_hip)


def test_each_foot_has_mean_spread_and_number_of_every_figure_with_its_unit(
    found: dict[str, Any],
) -> None:
    assert set(found["feet"]) == {"left", "right"}
    for side, foot in found["feet"].items():
        assert set(foot) >= FEET
        steps = [s for s in found["steps"] if s["side"] == side]
        assert foot["steps"] == len(steps)
        for name in FEET:
            assert name.endswith(UNITS)
            known = [s[name] for s in steps if s[name] is not None]
            assert foot[name]["n"] == len(known)
            assert foot[name]["mean"] == pytest.approx(sum(known) / len(known))
            assert foot[name]["sd"] >= 0
        assert sum(foot["strike_type_pct"].values()) == pytest.approx(100)
        assert 0 <= foot["clipped_pct"] <= 100


def test_the_hip_has_its_figures_and_its_steps_their_foot(
    found: dict[str, Any],
) -> None:
    assert set(found["hip"]) == HIP
    assert 0.03 < found["hip"]["vertical_oscillation_m"]["mean"] < 0.20
    assert {step["side"] for step in found["hip_steps"]} <= {"left", "right", "unknown"}
    assert len(found["hip_steps"]) > 100


def test_every_metric_is_compared_in_its_own_unit(found: dict[str, Any]) -> None:
    rules = {plain_name(name): rule for name, rule in METRICS.items()}
    assert set(found["balance"]) <= set(rules)
    assert set(found["balance"]) >= {"contact_time", "strike_angle", "toe_out"}
    for name, balance in found["balance"].items():
        assert balance["ci_unit"] == rules[name].ci_unit
        assert (balance["asi_pct"] is None) is not rules[name].is_ratio


def test_calibration_findings_plan_and_wear_are_told(found: dict[str, Any]) -> None:
    for side in ("left", "right"):
        calibration = found["calibration"][side]
        assert (calibration["quality"], calibration["origin"]) == ("good", "standing")
        assert calibration["axis_spread_deg"] < 6
        assert found["wear"][side]["dose_per_step_bws"] is None or (
            found["wear"][side]["dose_per_step_bws"] > 0
        )
    assert found["wear"]["label"] == "modelled load dose"
    assert 1 <= len(found["findings"]) <= 3
    assert [f["rank"] for f in found["findings"]] == sorted(
        f["rank"] for f in found["findings"]
    )
    assert "exercises" in found["plan"]
    assert "not medical advice" in found["plan"]["disclaimer"]


def numbers(value: Any) -> list[float]:  # noqa: ANN401
    """Every number in a JSON value."""
    if isinstance(value, dict):
        return [n for v in value.values() for n in numbers(v)]
    if isinstance(value, list):
        return [n for v in value for n in numbers(v)]
    return [value] if isinstance(value, float) else []


@pytest.mark.parametrize("name", ["recording", "recording_with_hip", "hip_recording"])
def test_what_programs_read_is_json_without_nan(
    capsys: Capture, request: pytest.FixtureRequest, name: str
) -> None:
    directory = request.getfixturevalue(name)
    code, out, _ = said(capsys, "analyse", str(directory), "--json")
    assert code == 0
    assert all(math.isfinite(number) for number in numbers(json.loads(out)))
    assert "NaN" not in out


def test_people_see_angles_in_degrees_strike_wear_findings_and_origin(
    capsys: Capture, recording_with_hip: Path
) -> None:
    code, out, _ = said(capsys, "analyse", str(recording_with_hip))
    assert code == 0
    for words in (
        "sensor place: good (standing, forward axis scatters by",
        "strike angle",
        "Strike, left:",
        "Modelled load dose, left shoe",
        "What to do:",
        "m/s",
        "km",
    ):
        assert words in out, words
    assert any(dots in out for dots in ("\u25cf\u25cb\u25cb", "\u25cf\u25cf"))
    (line,) = (row for row in out.splitlines() if "strike angle" in row)
    assert line.count("deg") == 3
    assert "None" not in out
    assert "nan" not in out


def shown(result: dict[str, Any]) -> str:
    """What people see of a result."""
    console = Console(file=io.StringIO(), width=100)
    show_analysis(console, result)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_difference_that_no_finding_speaks_of_is_explained(
    found: dict[str, Any],
) -> None:
    silent = found | {"verdict": "slightly different", "findings": []}
    assert "one of them may differ as much as this by chance" in shown(silent)
    usual = found | {"verdict": "as usual", "findings": []}
    assert "by chance" not in shown(usual)


def test_the_plan_is_shown_in_short_with_its_date_or_why_there_is_none(
    found: dict[str, Any],
) -> None:
    exercise = {
        "place": 1,
        "phase": "inhibit",
        "side": "both",
        "exercise": "roll the calves",
        "dose": "60 s",
        "when": "before the run",
        "why": "seen",
        "retest": "2026-12-24",
    }
    planned = found | {"plan": found["plan"] | {"exercises": [exercise]}}
    out = shown(planned)
    assert "Plan 1. inhibit, both sides: roll the calves, 60 s" in out
    assert "Look again on 2026-12-24" in out
    reason = "it hurts more than 3 of 10: see a physio first"
    hidden = {"exercises": [], "hidden_reason": reason}
    out = shown(found | {"plan": found["plan"] | hidden})
    assert f"Plan: {reason}" in out


def test_a_hip_alone_reads_well_and_says_what_it_cannot_tell(
    capsys: Capture, hip_recording: Path
) -> None:
    code, out, _ = said(capsys, "analyse", str(hip_recording))
    assert code == 0
    assert "steps by the hip" in out
    assert "vertical oscillation" in out
    assert "cannot tell how long each foot stays on the ground" in out
    assert "Result: hip only" in out
    assert "contact time  " not in out
    found = analysed(capsys, hip_recording)
    assert (found["verdict"], found["source"], found["feet"]) == (
        "hip only",
        "hip",
        {},
    )
    assert set(found["balance"]) <= {"step_time"}
    assert len(found["limits"]) == 3


def test_one_foot_gets_its_own_figures_and_no_comparison(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path]
) -> None:
    directory = write_left(left_lines)
    code, out, _ = said(capsys, "analyse", str(directory))
    assert code == 0
    assert "No left/right comparison: that needs both feet" in out
    assert "pronation excursion:" in out
    assert "contact time:" in out
    assert "right" not in out.replace("left/right", "")
    assert "Result: one foot only" in out


def test_a_slip_is_told_with_its_time(capsys: Capture, slipped_recording: Path) -> None:
    code, out, _ = said(capsys, "analyse", str(slipped_recording))
    assert code == 0
    assert "the left sensor turned by" in out
    (event,) = (
        e for e in analysed(capsys, slipped_recording)["events"] if e["kind"] == "slip"
    )
    assert event["side"] == "left"
    assert event["t_s"] == pytest.approx(40, abs=3)
    assert f"slip at {event['t_s']:.0f} s" in out


def test_withheld_figures_come_with_their_reason(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path]
) -> None:
    """Eight seconds of running are too few strides to know the sensor's axes by."""
    directory = write_left(left_lines[: 12 * 200])
    code, out, _ = said(capsys, "analyse", str(directory))
    assert code == 0
    assert "not given: pronation and toe-out: forward axis" in out
    found = analysed(capsys, directory)
    assert "strides" in found["calibration"]["left"]["withheld"]
    assert "strike_angle_deg" in found["feet"]["left"]
    assert "pronation_excursion_deg" not in found["feet"]["left"]
    assert all(step["toe_out_deg"] is None for step in found["steps"])


def test_the_belts_speed_gives_speed_and_stride_length_on_every_way(
    capsys: Capture, recording: Path, data: str
) -> None:
    belt = ["--belt-speed", "3.5"]
    _, out, _ = said(capsys, "analyse", str(recording), *belt, "--json")
    found = json.loads(out)
    assert (found["belt_speed_mps"], found["speed_mps"]) == (3.5, 3.5)
    left = found["feet"]["left"]
    assert left["speed_mps"]["mean"] == pytest.approx(3.5)
    assert left["stride_length_m"]["mean"] == pytest.approx(
        3.5 * left["stride_time_s"]["mean"], rel=1e-6
    )
    _, out, _ = said(capsys, "analyse", str(recording), *belt)
    assert "3.50 m/s (belt)" in out
    stored = [str(recording), "--runner", "ana", *belt, "--data", data]
    assert said(capsys, "import", *stored)[0] == 0
    assert said(capsys, "replay", *stored, "--speed", "0")[0] == 0
    with SqliteStore.open(Path(data) / "treadwear.db", read_only=True) as store:
        for row in store.sessions():
            assert row.speed_mps == 3.5
            meta = store.meta(row.session)
            assert meta is not None
            assert meta.speed_mps == 3.5
            speeds = {s.speed_mps for s in store.rows(StepRow, row.session)}
            assert speeds == {3.5}


@pytest.mark.parametrize("speed", ["0.4", "12", "-3", "nan"])
@pytest.mark.parametrize("command", ["analyse", "import", "replay"])
def test_a_belt_speed_nobody_runs_is_a_usage_error(
    capsys: Capture, recording: Path, data: str, command: str, speed: str
) -> None:
    stored = [] if command == "analyse" else ["--runner", "ana", "--data", data]
    words = [command, str(recording), *stored, f"--belt-speed={speed}"]
    err = refused(capsys, 2, *words)
    assert "no speed of a run" in err
    assert "metres per second, 0.5 to 8" in err
    assert "--belt-speed 3.33" in err


def test_figures_nobody_knows_are_left_out_and_one_alone_has_no_spread() -> None:
    def step(**figures: float) -> StepRow:
        return StepRow(
            runner="a",
            session="s",
            side="left",
            time_ns=0,
            contact_time_s=0.2,
            quality=1.0,
            **figures,
        )

    names = ("contact_time_s", "impact_g", "toe_out_deg")
    found = figures_of([step(impact_g=4.0), step()], names)
    assert found == {
        "contact_time_s": {"mean": 0.2, "sd": 0.0, "n": 2},
        "impact_g": {"mean": 4.0, "sd": None, "n": 1},
    }
