"""What the command cannot use is refused with what is wrong and what to do."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.treadwear.spoken import Capture, analysed, refused, said

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")


def test_an_export_does_not_write_over_files(
    capsys: Capture, imported: str, data: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    words = ["export", imported, str(tmp_path), "--data", data]
    err = refused(capsys, 1, *words)
    assert "already holds files" in err
    assert "Name a new directory" in err


def test_an_unknown_session_is_refused_with_the_way_to_the_list(
    capsys: Capture, imported: str, data: str
) -> None:
    del imported
    for words in (["report", "s9"], ["export", "s9", "out"], ["reprocess", "s9"]):
        err = refused(capsys, 1, *words, "--data", data)
        assert "there is no session 's9'" in err
        assert "treadwear sessions" in err


def test_without_any_run_the_next_step_is_named(capsys: Capture, data: str) -> None:
    for words in (["report", "last"], ["export", "last", "out"]):
        err = refused(capsys, 1, *words, "--data", data)
        assert "why: nothing has been recorded" in err
        assert "next: Try: treadwear demo" in err


def test_a_runner_id_that_cannot_be_in_a_topic_is_refused_before_anything_is_stored(
    capsys: Capture, recording: Path, data: str
) -> None:
    words = ["import", str(recording), "--runner", "Ana Lopez", "--data", data]
    err = refused(capsys, 2, *words)
    assert "'Ana Lopez' cannot be a runner id" in err
    assert "ana-1" in err
    code, out, _ = said(capsys, "sessions", "--json", "--data", data)
    assert (code, out) == (0, "[]\n")


def test_importing_nothing_or_too_much_is_a_usage_error(
    capsys: Capture, recording: Path, data: str
) -> None:
    common = ["--runner", "ana", "--data", data]
    file = str(recording / "left.csv.gz")
    assert "nothing to import" in refused(capsys, 2, "import", *common)
    both = ["import", str(recording), "--left", file, *common]
    assert "together" in refused(capsys, 2, *both)
    assert "--left" in refused(capsys, 2, "import", file, *common)
    columns = ["import", "--left", file, "--columns", "t=time,up=aZ", *common]
    assert "'up=aZ'" in refused(capsys, 2, *columns)
    unit = ["import", "--left", file, "--acc-unit", "furlong", *common]
    assert "'furlong'" in refused(capsys, 2, *unit)


def test_an_impossible_speed_is_refused(
    capsys: Capture, recording: Path, data: str
) -> None:
    words = ["replay", str(recording), "--runner", "ana", "--data", data]
    assert "--speed 1" in refused(capsys, 2, *words, "--speed", "-1")
    demo = ["demo", "--headless", "--data", data]
    assert "--speed 1" in refused(capsys, 2, *demo, "--speed", "-1")


def test_no_time_to_run_is_refused(capsys: Capture, data: str) -> None:
    for command in (["up"], ["demo", "--headless"]):
        for seconds in ("-1", "0", "nan"):
            words = [*command, "--seconds", seconds, "--data", data]
            assert "no time to run" in refused(capsys, 2, *words)


def test_a_name_that_no_table_can_hold_is_refused(
    capsys: Capture, recording: Path, data: str
) -> None:
    common = [str(recording), "--runner", "ana", "--data", data]
    for command in ("import", "replay"):
        for flag in ("--name", "--shoe"):
            err = refused(capsys, 2, command, *common, flag, "x" * 61)
            assert f"{flag} is too long" in err
            assert "61 letters, 60 fit" in err


def test_a_long_name_is_cut_in_the_list(
    capsys: Capture, recording: Path, data: str
) -> None:
    words = ["import", str(recording), "--runner", "ana", "--name", "Q" * 60]
    assert said(capsys, *words, "--data", data)[0] == 0
    _, out, _ = said(capsys, "sessions", "--data", data)
    assert "\N{HORIZONTAL ELLIPSIS}" in out
    assert out.count("Q") == 23


def test_an_unknown_unit_is_a_usage_error_everywhere(
    capsys: Capture, recording: Path, data: str
) -> None:
    common = [str(recording), "--gyro-unit", "rpm"]
    stored = ["--runner", "ana", "--data", data]
    for words in (
        ["analyse", *common],
        ["import", *common, *stored],
        ["replay", *common, *stored],
    ):
        assert "'rpm'" in refused(capsys, 2, *words)


def test_a_directory_is_no_csv_file(capsys: Capture, tmp_path: Path, data: str) -> None:
    words = ["import", "--left", str(tmp_path), "--runner", "ana", "--data", data]
    assert "it is a directory" in refused(capsys, 1, *words)


def test_a_port_in_use_is_refused_with_the_name_of_the_setting(
    capsys: Capture, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("TREADWEAR_LIVE_PORT", str(taken.getsockname()[1]))
        err = refused(capsys, 2, "up", "--seconds", "0.1", "--data", data)
    assert "TREADWEAR_LIVE_PORT" in err
    assert "live_port" in err


def test_a_directory_without_a_sensor_has_a_code_of_its_own(
    capsys: Capture, tmp_path: Path
) -> None:
    (tmp_path / "meta.json").write_text('{"rate_hz": 200}', encoding="utf-8")
    assert "no sensor" in refused(capsys, 3, "analyse", str(tmp_path))


def replaced(line: str, column: int, value: str) -> str:
    cells = line.split(",")
    cells[column] = value
    return ",".join(cells)


def scaled(line: str, factor: float) -> str:
    cells = line.split(",")
    cells[1:4] = [f"{float(cell) * factor:.6f}" for cell in cells[1:4]]
    return ",".join(cells)


def without_gx(lines: list[str]) -> list[str]:
    return [",".join(c for k, c in enumerate(x.split(",")) if k != 4) for x in lines]


def with_text(lines: list[str]) -> list[str]:
    return [*lines[:500], replaced(lines[500], 2, "n/a"), *lines[501:]]


def clock_set_back(lines: list[str]) -> list[str]:
    return [*lines, *lines[1:2000]]


def in_g(lines: list[str]) -> list[str]:
    return [lines[0], *(scaled(line, 1 / 9.81) for line in lines[1:])]


BAD = {
    "a missing column": (without_gx, ["gx_rps", "treadwear import --left FILE"]),
    "text in a number": (with_text, ["n/a", "501"]),
    "time running backwards": (clock_set_back, ["time runs backwards", "Split"]),
    "another unit": (in_g, ["at rest", "9.81", "--acc-unit g"]),
    "a header alone": (lambda lines: lines[:1], ["left"]),
    "an empty file": (lambda _: [], ["left"]),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_what_is_wrong_and_what_to_do(
    capsys: Capture,
    left_lines: list[str],
    write_left: Callable[..., Path],
    data: str,
    name: str,
) -> None:
    spoil, words = BAD[name]
    directory = write_left(spoil(left_lines))
    for command in (["analyse"], ["import", "--runner", "ana", "--data", data]):
        err = refused(capsys, 1, *command, str(directory))
        for word in words:
            assert word in err
        assert "why:" in err
        assert "next:" in err


def test_the_unit_that_was_advised_makes_the_file_good(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path], data: str
) -> None:
    directory = write_left(in_g(left_lines))
    words = ["analyse", str(directory), "--acc-unit", "g", "--json"]
    code, out, _ = said(capsys, *words)
    assert code == 0
    n_steps = len(json.loads(out)["steps"])
    assert n_steps > 50
    words = ["replay", str(directory), "--runner", "ana", "--speed", "0"]
    code, out, err = said(capsys, *words, "--acc-unit", "g", "--data", data)
    assert code == 0, err
    assert f": {n_steps} steps, one foot only" in out


def test_one_foot_works_and_claims_nothing_about_left_and_right(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path]
) -> None:
    directory = write_left(left_lines)
    found = analysed(capsys, directory)
    assert {step["side"] for step in found["steps"]} == {"left"}
    assert found["balance"] == {}
    assert found["verdict"] == "one foot only"
    code, out, _ = said(capsys, "analyse", str(directory))
    assert code == 0
    assert "that needs both feet" in out
    assert "Result: one foot only" in out


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_directory_that_is_no_recording_says_what_one_is(
    capsys: Capture, tmp_path: Path, name: str
) -> None:
    err = refused(capsys, 1, "analyse", str(tmp_path / name))
    assert "is no recording" in err
    assert "rate_hz" in err


def test_a_meta_json_of_another_shape_is_refused(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path]
) -> None:
    directory = write_left(left_lines, '{"rate_hz": "fast"}')
    assert "meta.json" in refused(capsys, 1, "analyse", str(directory))
