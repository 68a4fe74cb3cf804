"""Data below the quality gate: the same words and the same code on every way."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.treadwear.spoken import Capture, refused, said

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")


def codes(capsys: Capture, directory: Path, data: str) -> dict[str, tuple[int, str]]:
    """Code and words on stderr of every command that ends with a verdict."""
    stored = [str(directory), "--runner", "ana", "--data", data]
    told = {
        "analyse": said(capsys, "analyse", str(directory)),
        "import": said(capsys, "import", *stored),
        "report": said(capsys, "report", "last", "--data", data),
        "reprocess": said(capsys, "reprocess", "last", "--data", data),
        "replay": said(capsys, "replay", *stored, "--speed", "0"),
    }
    return {command: (code, err) for command, (code, _, err) in told.items()}


def as_hip(directory: Path) -> Path:
    (directory / "left.csv").rename(directory / "hip.csv")
    return directory


def test_50_hz_is_refused_with_the_rate_on_every_way(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path], data: str
) -> None:
    slow = [left_lines[0], *left_lines[1::4]]
    directory = write_left(slow, '{"rate_hz": 50}')
    for command, (code, err) in codes(capsys, directory, data).items():
        assert code == 4, command
        assert "sampling rate too low for contact times (50" in err
        assert "need 80 Hz" in err
    _, out, _ = said(capsys, "analyse", str(directory))
    assert "not analysed: sampling rate too low" in out
    assert "Result: not enough good data" in out


def test_standing_is_refused_on_every_way_and_not_blamed_on_the_rate(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path], data: str
) -> None:
    directory = write_left(left_lines[:700])
    for command, (code, err) in codes(capsys, directory, data).items():
        assert code == 4, command
        assert "too little movement" in err
        assert "80 Hz" not in err


def test_a_hip_alone_is_an_answer_on_every_way(
    capsys: Capture, hip_recording: Path, data: str
) -> None:
    for command, (code, err) in codes(capsys, hip_recording, data).items():
        assert code == 0, f"{command}: {err}"
    _, out, _ = said(capsys, "sessions", "--json", "--data", data)
    assert {row["verdict"] for row in json.loads(out)} == {"hip only"}


def test_a_hip_alone_that_is_too_slow_is_refused_with_the_rate(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path]
) -> None:
    slow = [left_lines[0], *left_lines[1::4]]
    directory = as_hip(write_left(slow, '{"rate_hz": 50}'))
    err = refused(capsys, 4, "analyse", str(directory))
    assert "hip: sampling rate too low" in err
    assert "need 80 Hz" in err


def test_both_sensors_on_one_foot_are_refused_with_that_reason_on_every_way(
    capsys: Capture, misplaced_recording: Path, data: str
) -> None:
    for command, (code, err) in codes(capsys, misplaced_recording, data).items():
        assert code == 4, command
        assert "both may be on one foot" in err, command
        assert "Put one sensor on each shoe" in err
    _, out, _ = said(capsys, "analyse", str(misplaced_recording))
    assert "No left/right comparison" in out
    assert "Result: not enough good data" in out


def short(recording: Path, directory: Path, *, later_s: float = 0.0) -> Path:
    """The first 20 s of both feet; the right one so much later."""
    directory.mkdir()
    (directory / "meta.json").write_text('{"rate_hz": 200}', encoding="utf-8")
    for side, shift_s in (("left", 0.0), ("right", later_s)):
        with gzip.open(recording / f"{side}.csv.gz", "rt", encoding="utf-8") as file:
            head, *lines = file.read().splitlines()[:4000]
        moved = [shifted(line, shift_s) for line in lines]
        text = "\n".join([head, *moved]) + "\n"
        (directory / f"{side}.csv").write_text(text, encoding="utf-8")
    return directory


def shifted(line: str, by_s: float) -> str:
    time_s, _, rest = line.partition(",")
    return f"{float(time_s) + by_s:.6f},{rest}"


def test_a_short_run_is_refused_on_every_way(
    capsys: Capture, recording: Path, tmp_path: Path, data: str
) -> None:
    directory = short(recording, tmp_path / "short")
    for command, (code, err) in codes(capsys, directory, data).items():
        assert code == 4, command
        assert "of the 30 pairs of steps needed" in err


def test_below_the_gate_people_see_no_difference_and_programs_do(
    capsys: Capture, recording: Path, tmp_path: Path
) -> None:
    directory = short(recording, tmp_path / "short")
    _, out, _ = said(capsys, "analyse", str(directory))
    assert "that needs 30 pairs of steps, there are" in out
    assert "contact time" not in out
    assert "Result: not enough good data" in out
    _, out, _ = said(capsys, "analyse", str(directory), "--json")
    assert json.loads(out)["balance"]["contact_time"]["n_pairs"] < 30


def test_feet_that_do_not_overlap_are_not_called_one_foot(
    capsys: Capture, recording: Path, tmp_path: Path
) -> None:
    directory = short(recording, tmp_path / "apart", later_s=100.0)
    code, out, err = said(capsys, "analyse", str(directory))
    assert code == 4
    assert "both feet" not in out
    assert "could be paired with a right step" in out
    assert "same time" in err


def test_lines_that_are_no_numbers_are_counted(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path]
) -> None:
    line = "0.1" + 6 * ",nan"
    directory = write_left([left_lines[0], *3 * [line], *left_lines[1:]])
    err = refused(capsys, 1, "analyse", str(directory))
    assert "line 2 cannot be used, and 2 more like it" in err


def test_columns_in_capitals_are_the_same_columns(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path]
) -> None:
    directory = write_left([left_lines[0].upper(), *left_lines[1:]])
    assert said(capsys, "analyse", str(directory))[0] == 0


def test_the_same_foot_twice_is_refused(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path]
) -> None:
    directory = write_left(left_lines)
    packed = gzip.compress((directory / "left.csv").read_bytes())
    (directory / "left.csv.gz").write_bytes(packed)
    err = refused(capsys, 1, "analyse", str(directory))
    assert "both left.csv and left.csv.gz" in err
