"""The command as its users meet it: exit codes, words, JSON, files."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from contract.rows import (
    BalanceRow,
    QualityRow,
    RejectionRow,
    Row,
    SessionRow,
    StepRow,
    WearRow,
)
from processing.store.sqlite import SqliteStore
from treadwear.cli import run

Capture = pytest.CaptureFixture[str]
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7])[0-9;]*m")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let neither a settings file nor the environment reach the commands."""
    for name in list(os.environ):
        if name.startswith("TREADWEAR_") and name != "TREADWEAR_DATA":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def data(tmp_path: Path) -> str:
    return str(tmp_path / "data")


@pytest.fixture
def imported(recording: Path, data: str, capsys: Capture) -> str:
    """Id of a session that was imported."""
    words = ["import", str(recording), "--runner", "ana", "--name", "Ana", "--json"]
    assert run([*words, "--shoe", "blue", "--data", data]) == 0
    return str(json.loads(capsys.readouterr().out)["session"])


def said(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command."""
    capsys.readouterr()
    code = run(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def refused(capsys: Capture, code: int, *arguments: str) -> str:
    """What a command that leaves with that code says, with why and what next."""
    found, _, err = said(capsys, *arguments)
    assert found == code, err
    assert err.startswith("treadwear: ")
    assert "Traceback" not in err
    return err


def analysed(capsys: Capture, directory: Path) -> dict[str, Any]:
    code, out, err = said(capsys, "analyse", str(directory), "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


# the command itself


def test_the_version_is_the_packages(capsys: Capture) -> None:
    assert said(capsys, "--version")[:2] == (0, f"treadwear {version('treadwear')}\n")


def test_every_command_has_help(capsys: Capture) -> None:
    _, out, _ = said(capsys, "--help")
    for name in (
        "demo",
        "up",
        "analyse",
        "import",
        "replay",
        "sessions",
        "report",
        "export",
        "doctor",
    ):
        assert name in out
        code, text, _ = said(capsys, name, "--help")
        assert code == 0
        assert "Usage" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["analyse"],
        ["analyse", "somewhere", "--speed", "3"],
        ["demo", "--seconds", "soon"],
    ],
)
def test_a_command_line_that_makes_no_sense_is_a_usage_error(
    capsys: Capture, arguments: list[str]
) -> None:
    code, out, err = said(capsys, *arguments)
    assert code == 2
    assert not out
    assert "Usage" in err


def test_it_runs_as_a_module_and_passes_its_exit_code_on(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "treadwear", "sessions", "--data", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "there is no run database" in done.stderr


# analyse


def test_analyse_gives_one_object_with_all_that_was_found(
    capsys: Capture, recording: Path
) -> None:
    found = analysed(capsys, recording)
    assert found["method"]
    assert found["quality"]["activity"] == "running"
    assert set(found["balance"]) >= {"contact_time", "flight_time", "step_time"}
    contact = found["balance"]["contact_time"]
    assert contact["ci_low"] < contact["asi_pct"] < contact["ci_high"]
    assert contact["asi_pct"] > 0
    assert contact["n_pairs"] > 30
    steps = found["steps"]
    assert len(steps) > 100
    for step in steps:
        assert step["side"] in ("left", "right")
        assert step["t_to_s"] == pytest.approx(step["t_ic_s"] + step["contact_time_s"])
    times = [step["t_ic_s"] for step in steps]
    assert times == sorted(times)
    assert 4 < times[0] < times[-1] < 45


def test_analyse_tells_people_the_verdict_and_how_sure_it_is(
    capsys: Capture, recording: Path
) -> None:
    code, out, _ = said(capsys, "analyse", str(recording))
    assert code == 0
    assert "Left against right (+ = right larger)" in out
    assert "Contact time, left against right: " in out
    assert "steps/min" in out


def test_analysing_twice_gives_the_same_to_the_bit(
    capsys: Capture, recording: Path
) -> None:
    assert analysed(capsys, recording) == analysed(capsys, recording)


# import, sessions, report, export


def test_an_imported_run_is_listed_reported_and_exported(
    capsys: Capture, recording: Path, imported: str, data: str, tmp_path: Path
) -> None:
    code, out, _ = said(capsys, "sessions", "--json", "--data", data)
    (listed,) = json.loads(out)
    assert code == 0
    assert (listed["session"], listed["runner"], listed["shoe"]) == (
        imported,
        "ana",
        "blue",
    )
    assert (listed["name"], listed["state"], listed["simulated"]) == (
        "Ana",
        "ended",
        True,
    )

    code, out, _ = said(capsys, "report", imported, "--json", "--data", data)
    told = json.loads(out)
    assert code == 0
    assert told["verdict"] == listed["verdict"]
    assert "<html" in Path(told["report"]).read_text(encoding="utf-8")

    assert (
        said(capsys, "export", imported, str(tmp_path / "out"), "--data", data)[0] == 0
    )
    metas = [
        json.loads((directory / "meta.json").read_text(encoding="utf-8"))
        for directory in (recording, tmp_path / "out")
    ]
    for name in ("acc_range_g", "gyro_range_dps", "simulated"):
        assert metas[0][name] == metas[1][name]
    assert metas[1]["rate_hz"] == pytest.approx(metas[0]["rate_hz"], rel=1e-3)
    before, after = (analysed(capsys, d) for d in (recording, tmp_path / "out"))
    assert len(after["steps"]) == len(before["steps"])
    for one, other in zip(before["steps"], after["steps"], strict=True):
        assert one["side"] == other["side"]
        # CSV keeps microseconds and five digits; events move by far less than a sample.
        assert other["t_ic_s"] == pytest.approx(one["t_ic_s"], abs=2e-4)
        assert other["contact_time_s"] == pytest.approx(one["contact_time_s"], abs=2e-4)


def test_exported_steps_are_those_of_the_analysis(
    capsys: Capture,
    recording: Path,
    imported: str,
    data: str,
    tmp_path: Path,
    read_rows: Callable[[Path], list[dict[str, str]]],
) -> None:
    assert said(capsys, "export", "last", str(tmp_path / "out"), "--data", data)[0] == 0
    rows = read_rows(tmp_path / "out" / "steps.csv")
    steps = analysed(capsys, recording)["steps"]
    assert {row["session"] for row in rows} == {imported}
    exported = {(row["side"], float(row["contact_time_s"])) for row in rows}
    assert exported == {(step["side"], step["contact_time_s"]) for step in steps}
    first = min(float(row["t_ic_s"]) for row in rows)
    assert first == pytest.approx(steps[0]["t_ic_s"], abs=1e-6)


@pytest.mark.usefixtures("imported")
def test_last_is_the_newest_run(capsys: Capture, data: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    words = ["report", "last", "--output", str(page), "--data", data]
    assert said(capsys, *words)[0] == 0
    assert page.exists()


def test_the_list_for_people_names_runner_and_verdict(
    capsys: Capture, imported: str, data: str
) -> None:
    code, out, _ = said(capsys, "sessions", "--data", data)
    assert code == 0
    assert imported in out
    assert "Ana" in out


def test_names_with_brackets_are_shown_and_not_obeyed(
    capsys: Capture, recording: Path, data: str
) -> None:
    """What people type is text, never markup of the terminal."""
    odd = "[/b][red]Ana"
    words = ["import", str(recording), "--runner", "ana", "--name", odd]
    assert said(capsys, *words, "--shoe", "[/i]", "--data", data)[0] == 0
    code, out, err = said(capsys, "sessions", "--data", data)
    assert code == 0, err
    assert "[/i]" in out
    assert "[/b]" in out


def test_a_recording_with_brackets_in_its_name_is_analysed(
    capsys: Capture, recording: Path, tmp_path: Path
) -> None:
    link = tmp_path / "[red] park"
    link.symlink_to(recording)
    code, out, _ = said(capsys, "analyse", str(link))
    assert code == 0
    assert "[red] park: running" in out


def test_reprocessing_a_run_leaves_the_same_rows(
    capsys: Capture, imported: str, data: str
) -> None:
    before = every_row(data, imported)
    code, out, _ = said(capsys, "reprocess", imported, "--data", data)
    assert code == 0
    assert imported in out
    assert every_row(data, imported) == before


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
    for words in (["sessions"], ["report", "last"]):
        err = refused(capsys, 1, *words, "--data", data)
        assert "why: nothing has been recorded" in err
        assert "next: Try: treadwear demo" in err


def test_a_runner_id_that_cannot_be_in_a_topic_is_refused_before_anything_is_stored(
    capsys: Capture, recording: Path, data: str
) -> None:
    words = ["import", str(recording), "--runner", "Ana Lopez", "--data", data]
    err = refused(capsys, 1, *words)
    assert "'Ana Lopez' cannot be a runner id" in err
    assert "ana-1" in err
    code, out, _ = said(capsys, "sessions", "--json", "--data", data)
    assert (code, out) in ((1, ""), (0, "[]\n"))


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


# bad recordings, end to end


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
    "a missing column": (without_gx, ["gx_rps"]),
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
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path]
) -> None:
    directory = write_left(in_g(left_lines))
    words = ["analyse", str(directory), "--acc-unit", "g", "--json"]
    code, out, _ = said(capsys, *words)
    assert code == 0
    assert len(json.loads(out)["steps"]) > 50


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


def test_50_hz_is_below_the_quality_gate_and_says_why(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path]
) -> None:
    slow = [left_lines[0], *left_lines[1::4]]
    directory = write_left(slow, '{"rate_hz": 50}')
    err = refused(capsys, 4, "analyse", str(directory))
    assert "sampling rate too low for contact times (50" in err
    assert "100 Hz or more" in err


def test_a_recording_of_standing_is_below_the_quality_gate(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path]
) -> None:
    directory = write_left(left_lines[:700])
    err = refused(capsys, 4, "analyse", str(directory))
    assert "too little movement" in err


def test_a_report_without_a_verdict_leaves_with_the_code_for_quality(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path], data: str
) -> None:
    directory = write_left(left_lines[:700])
    words = ["import", str(directory), "--runner", "ana", "--data", data]
    assert said(capsys, *words)[0] == 0
    code, out, _ = said(capsys, "report", "last", "--data", data)
    assert code == 4
    assert Path(out.splitlines()[0]).exists()


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


def test_a_foreign_file_is_imported_by_its_column_names(
    capsys: Capture, left_lines: list[str], tmp_path: Path, data: str
) -> None:
    """Milliseconds, g and deg/s under other names give the steps of the SI file."""
    lines = ["when,X,Y,Z,P,Q,R"]
    for line in left_lines[1:]:
        t, *values = (float(cell) for cell in line.split(","))
        acc = [value / 9.81 for value in values[:3]]
        gyro = [value * 57.29577951308232 for value in values[3:]]
        lines.append(",".join(f"{v:.6f}" for v in (1000 * t, *acc, *gyro)))
    file = tmp_path / "foreign.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    columns = "t=when,ax=X,ay=Y,az=Z,gx=P,gy=Q,gz=R"
    words = ["import", "--left", str(file), "--columns", columns, "--acc-unit", "g"]
    words += ["--gyro-unit", "dps", "--time-unit", "ms", "--rate", "200"]
    code, out, err = said(capsys, *words, "--runner", "ana", "--json", "--data", data)
    assert code == 0, err
    assert json.loads(out)["steps"] > 50


# a database that is no good


def test_a_database_of_a_newer_version_is_refused(capsys: Capture, data: str) -> None:
    Path(data).mkdir()
    path = Path(data) / "treadwear.db"
    with SqliteStore.open(path) as store:
        store._db.execute("PRAGMA user_version = 99")
    err = refused(capsys, 1, "sessions", "--data", data)
    assert "newer treadwear" in err
    assert "next: Update treadwear" in err


def test_doctor_names_what_there_is_and_passes(capsys: Capture, data: str) -> None:
    code, out, err = said(capsys, "doctor", "--json", "--data", data)
    findings = {finding["name"]: finding for finding in json.loads(out)}
    assert code == 0, err
    assert set(findings) >= {"python", "data directory", "run database", "broker"}
    needed = [f for f in findings.values() if f["is_needed"]]
    assert all(finding["is_ok"] for finding in needed)
    code, out, _ = said(capsys, "doctor", "--data", data)
    assert code == 0
    assert "takes connections" in out


def test_doctor_fails_when_something_needed_is_broken(
    capsys: Capture, data: str
) -> None:
    Path(data).mkdir()
    (Path(data) / "treadwear.db").write_bytes(b"no database" * 500)
    code, out, _ = said(capsys, "doctor", "--json", "--data", data)
    assert code == 1
    broken = [f["name"] for f in json.loads(out) if not f["is_ok"] and f["is_needed"]]
    assert broken == ["run database"]


# colour


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What a terminal shows of a command."""
    ours, theirs = pty.openpty()
    known = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "treadwear", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**known, "TERM": "xterm-256color", "COLUMNS": "100", **environment},
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:
        pass  # Linux says so when the other end is closed
    finally:
        process.wait()
        os.close(ours)
    return shown.decode()


def test_no_color_takes_every_colour_from_the_terminal(recording: Path) -> None:
    words = ["analyse", str(recording)]
    plain = on_a_terminal(*words, NO_COLOR="1")
    assert "Left against right" in plain
    assert not COLOUR.search(plain)
    colourful = on_a_terminal(*words)
    assert ESCAPE.search(colourful), "the terminal of this test shows no colour at all"
    assert COLOUR.search(colourful)


def test_what_goes_into_a_file_or_pipe_has_no_escape_codes(
    capsys: Capture, recording: Path, imported: str, data: str
) -> None:
    del imported
    for words in (
        ["analyse", str(recording)],
        ["sessions", "--data", data],
        ["report", "s9", "--data", data],
        ["doctor", "--data", data],
    ):
        _, out, err = said(capsys, *words)
        assert "\x1b" not in out + err


# the same rows on every way


def every_row(data: str, session: str) -> set[str]:
    """All rows of a session, times from its own zero, less ids and packet counts."""
    with SqliteStore.open(Path(data) / "treadwear.db", read_only=True) as store:
        meta = store.meta(session)
        assert meta is not None
        kinds: list[type[Row]] = [
            StepRow,
            RejectionRow,
            BalanceRow,
            WearRow,
            QualityRow,
            SessionRow,
        ]
        rows = [(kind, row) for kind in kinds for row in store.rows(kind, session)]
    told = set()
    for kind, row in rows:
        fields = asdict(row)
        fields["time_ns"] -= meta.origin_ns
        hidden = ("session", "duplicates", "reordered")
        shown = {k: v for k, v in fields.items() if k not in hidden}
        told.add(f"{kind.__name__} {json.dumps(shown, sort_keys=True)}")
    return told


def steps_told(rows: set[str]) -> set[tuple[object, ...]]:
    """Steps among those rows: side, time (ns) and all figures."""
    found = set()
    for row in rows:
        kind, _, text = row.partition(" ")
        if kind == "StepRow":
            fields = json.loads(text)
            del fields["runner"]
            found.add(tuple(sorted(fields.items(), key=lambda item: item[0])))
    return found


def steps_analysed(found: dict[str, Any]) -> set[tuple[object, ...]]:
    told = set()
    for step in found["steps"]:
        fields = {k: v for k, v in step.items() if k not in ("t_ic_s", "t_to_s")}
        fields["time_ns"] = round(step["t_ic_s"] * 1e9)
        told.add(tuple(sorted(fields.items(), key=lambda item: item[0])))
    return told


def check_all_ways_agree(capsys: Capture, directory: Path, tmp_path: Path) -> int:
    """Analyse, import and replay a recording; gives how many steps all three found."""
    data = str(tmp_path / "data")
    common = [str(directory), "--runner", "ana", "--data", data]
    code, out, err = said(capsys, "import", *common, "--json")
    assert code == 0, err
    imported = str(json.loads(out)["session"])
    code, out, err = said(capsys, "replay", *common, "--speed", "20")
    assert code == 0, err
    replayed = out.partition(":")[0].strip()
    assert replayed != imported
    rows = every_row(data, imported)
    assert every_row(data, replayed) == rows
    steps = steps_told(rows)
    assert steps == steps_analysed(analysed(capsys, directory))
    return len(steps)


@pytest.mark.services
def test_replaying_a_run_through_a_broker_gives_the_rows_of_the_analysis(
    capsys: Capture, require: Callable[..., str], recording: Path, tmp_path: Path
) -> None:
    require("mosquitto")
    assert check_all_ways_agree(capsys, recording, tmp_path) > 100


@pytest.mark.services
@pytest.mark.data
def test_replaying_a_real_runner_through_a_broker_gives_the_rows_of_the_analysis(
    capsys: Capture, require: Callable[..., str], recordings: Path, tmp_path: Path
) -> None:
    require("mosquitto")
    directory = recordings / "rbds_virtual" / "09_run35"
    assert check_all_ways_agree(capsys, directory, tmp_path) > 80


def test_an_impossible_speed_is_refused(
    capsys: Capture, recording: Path, data: str
) -> None:
    words = ["replay", str(recording), "--runner", "ana", "--data", data]
    assert "--speed 1" in refused(capsys, 2, *words, "--speed", "-1")
