"""A run on every way through the command: analysed, imported, replayed, exported."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.treadwear.spoken import Capture, analysed, said
from tests.treadwear.stored_rows import every_row, steps_analysed, steps_told

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")


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
    exported = {(row["side"], float(row["contact_time_s [s]"])) for row in rows}
    assert exported == {(step["side"], step["contact_time_s"]) for step in steps}
    first = min(float(row["t_ic_s [s]"]) for row in rows)
    assert first == pytest.approx(steps[0]["t_ic_s"], abs=1e-6)


@pytest.mark.usefixtures("imported")
def test_last_is_the_newest_run(capsys: Capture, data: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    words = ["report", "last", "--output", str(page), "--data", data]
    assert said(capsys, *words)[0] == 0
    assert page.exists()


@pytest.mark.usefixtures("imported")
def test_last_is_what_was_stored_last_however_long_and_of_whatever_time(
    capsys: Capture, left_lines: list[str], write_left: Callable[..., Path], data: str
) -> None:
    stored = []
    for start_s in (-1e6, 0.0):
        lines = [at_time(line, start_s) for line in left_lines[1:]]
        directory = write_left([left_lines[0], *lines])
        words = ["import", str(directory), "--runner", "bo", "--json", "--again"]
        code, out, err = said(capsys, *words, "--data", data)
        assert code == 0, err
        row = json.loads(out)
        assert row["time_ns"] <= time.time_ns()
        stored.append(row["session"])
        directory.rename(directory.with_name(f"bad{start_s}"))
    _, out, _ = said(capsys, "sessions", "--json", "--data", data)
    assert [row["session"] for row in json.loads(out)][:2] == stored[::-1]
    _, out, _ = said(capsys, "report", "last", "--json", "--data", data)
    assert json.loads(out)["session"] == stored[-1]


def at_time(line: str, start_s: float) -> str:
    time_s, _, rest = line.partition(",")
    return f"{float(time_s) + start_s:.6f},{rest}"


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


def test_reprocessing_a_run_leaves_the_same_rows(
    capsys: Capture, imported: str, data: str
) -> None:
    before = every_row(data, imported)
    code, out, _ = said(capsys, "reprocess", imported, "--data", data)
    assert code == 0
    assert imported in out
    assert every_row(data, imported) == before


def check_all_ways_agree(capsys: Capture, directory: Path, tmp_path: Path) -> int:
    """Analyse, import and replay a recording; gives how many steps all three found."""
    # Two data directories: neither run is to be the other's earlier one.
    places = [str(tmp_path / name) for name in ("imported", "replayed")]
    common = [str(directory), "--runner", "ana", "--data"]
    code, out, err = said(capsys, "import", *common, places[0], "--json")
    assert code == 0, err
    imported = str(json.loads(out)["session"])
    code, out, err = said(capsys, "replay", *common, places[1], "--speed", "20")
    assert code == 0, err
    replayed = out.partition(":")[0].strip()
    rows = every_row(places[0], imported)
    assert every_row(places[1], replayed) == rows
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
