"""A stored run leaves as CSV, FIT and Parquet, and comes in from other loggers."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import fitdecode
import pytest
from pyarrow import parquet

from collector.recording import Recording, read_recording
from contract import wire
from contract.model import Slot
from processing.store.sqlite import SqliteStore
from tests.collector.logger_writers import (
    BEGIN_NS,
    movesense,
    phyphox,
    sensor_logger,
    unknown,
    xsens_dot,
)
from tests.treadwear.spoken import Capture, analysed, refused, said
from treadwear.settings import load_settings

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")


def frames_of(data: str, session: str, slot: Slot) -> list[bytes]:
    path = load_settings(data_dir=Path(data)).store_path
    with SqliteStore.open(path, read_only=True) as store:
        return [f.payload for f in store.frames(session) if f.slot is slot]


def records_of(path: Path) -> list[Any]:
    """Record messages of a FIT file; its checksum must fit."""
    with fitdecode.FitReader(str(path), check_crc=fitdecode.CrcCheck.RAISE) as frames:
        found = [f for f in frames if f.frame_type == fitdecode.FIT_FRAME_DATA]
    return [message for message in found if message.name == "record"]


def test_one_command_writes_every_format(
    capsys: Capture,
    recording: Path,
    imported: str,
    data: str,
    tmp_path: Path,
    read_rows: Callable[[Path], list[dict[str, str]]],
) -> None:
    words = [
        "export",
        imported,
        str(tmp_path / "rec"),
        "--csv",
        str(tmp_path / "a.csv"),
    ]
    words += ["--fit", str(tmp_path / "a.fit"), "--parquet", str(tmp_path / "raw")]
    code, out, err = said(capsys, *words, "--data", data)
    assert code == 0, err
    assert "A gait can be recognised" in out
    steps = analysed(capsys, recording)["steps"]
    rows = read_rows(tmp_path / "a.csv")
    assert len(rows) == len(steps)
    assert rows == read_rows(tmp_path / "rec" / "steps.csv")
    assert all(row["time_utc"].endswith("Z") for row in rows)
    records = records_of(tmp_path / "a.fit")
    seconds = (int(rows[-1]["time_ns"]) // 10**9) - (int(rows[0]["time_ns"]) // 10**9)
    assert len(records) == seconds + 1
    table = parquet.read_table(tmp_path / "raw" / "left.parquet")
    sent = [wire.decode(payload).n for payload in frames_of(data, imported, Slot.LEFT)]
    assert table.num_rows == sum(sent)


def test_the_asymmetry_of_a_fit_file_is_that_of_the_run(
    capsys: Capture, recording: Path, imported: str, data: str, tmp_path: Path
) -> None:
    """The invented runner limps by 8 %, right longer, and both fields say so."""
    words = ["export", imported, "--fit", str(tmp_path / "a.fit"), "--data", data]
    assert said(capsys, *words)[0] == 0
    records = records_of(tmp_path / "a.fit")
    told = [r.get_value("TW GCT Asymmetry", fallback=None) for r in records]
    whole = analysed(capsys, recording)["balance"]["contact_time"]["asi_pct"]
    mean = fmean(value for value in told if value is not None)
    assert mean == pytest.approx(whole, abs=0.7)
    middle = records[len(records) // 2]
    assert middle.get_value("stance_time_balance") < 50  # the left foot's share


def test_a_run_of_the_hip_alone_claims_no_left_and_right(
    capsys: Capture, hip_recording: Path, data: str, tmp_path: Path
) -> None:
    words = ["import", str(hip_recording), "--runner", "ana", "--data", data]
    assert said(capsys, *words)[0] == 0
    out = str(tmp_path / "a.fit")
    words = ["export", "last", "--fit", out, "--csv", str(tmp_path / "a.csv")]
    code, _, err = said(capsys, *words, "--data", data)
    assert code == 0, err
    names = {field.name for field in records_of(tmp_path / "a.fit")[20].fields}
    assert names >= {"cadence", "vertical_oscillation", "TW Quality"}
    assert not names & {"stance_time", "stance_time_balance", "TW GCT Asymmetry"}
    header = (tmp_path / "a.csv").read_text(encoding="utf-8").partition(",")[0]
    assert header == "t_mid_s [s]"


def test_everything_of_a_runner_is_one_zip(
    capsys: Capture, imported: str, data: str, tmp_path: Path
) -> None:
    words = ["export", "--all", "ana", "-o", str(tmp_path / "ana.zip"), "--data", data]
    code, out, err = said(capsys, *words)
    assert code == 0, err
    assert "1 run of ana" in out
    with zipfile.ZipFile(tmp_path / "ana.zip") as packed:
        assert any(imported in name for name in packed.namelist())


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["last"],
        ["last", "--all", "ana"],
        ["--all", "ana", "--fit", "a.fit"],
        ["last", "out", "--output", "a.zip"],
        ["last", "out", "--research"],
    ],
)
def test_what_is_to_be_written_must_be_clear(
    capsys: Capture, data: str, words: list[str]
) -> None:
    assert refused(capsys, 2, "export", *words, "--data", data)


def rows_of(recording: Recording, slot: Slot) -> tuple[Any, Any, Any]:
    track = recording.tracks[slot]
    return track.t_s, track.samples[:, :3], track.samples[:, 3:]


def write_as(logger: str, folder: Path, recording: Recording) -> None:
    """Write both feet as a logger would."""
    for slot in (Slot.LEFT, Slot.RIGHT):
        rows, side = rows_of(recording, slot), slot.word
        if logger == "phyphox":
            phyphox(folder / side, *rows)
        elif logger == "movesense":
            movesense(folder / f"{side}.csv", *rows)
        elif logger == "xsens-dot":
            xsens_dot(folder / f"dot_{side}.csv", *rows, begin_us=2**32 - 9_000_000)
        else:
            unknown(folder / f"run-{side}.csv", *rows)


@pytest.mark.parametrize("logger", ["phyphox", "movesense", "xsens-dot", "generic"])
@pytest.mark.parametrize("is_named", [True, False])
def test_a_run_of_another_logger_gives_the_same_steps(
    capsys: Capture,
    recording: Path,
    tmp_path: Path,
    data: str,
    logger: str,
    is_named: bool,
) -> None:
    write_as(logger, tmp_path / "run", read_recording(recording))
    words = ["import", str(tmp_path / "run"), "--runner", "ana", "--data", data]
    words += ["--preset", logger] if is_named else []
    code, out, err = said(capsys, *words)
    assert code == 0, err
    assert "note: left: " in out
    assert ("no common clock" in out) == (logger in ("phyphox", "movesense"))
    _, out, _ = said(capsys, "sessions", "--json", "--data", data)
    (row,) = json.loads(out)
    wanted = analysed(capsys, recording)
    assert row["steps"] == pytest.approx(len(wanted["steps"]), abs=4)
    assert row["cadence_spm"] == pytest.approx(wanted["cadence_spm"], rel=0.01)
    assert row["verdict"] == wanted["verdict"]


def test_single_files_are_recognised_too(
    capsys: Capture, recording: Path, tmp_path: Path, data: str
) -> None:
    write_as("xsens-dot", tmp_path, read_recording(recording))
    words = ["import", "--left", str(tmp_path / "dot_left.csv"), "--right"]
    words += [str(tmp_path / "dot_right.csv"), "--runner", "ana", "--data", data]
    code, out, err = said(capsys, *words)
    assert code == 0, err
    assert "recognised as Xsens DOT" in out


def test_a_logger_that_knows_the_date_dates_the_run(
    capsys: Capture, recording: Path, tmp_path: Path, data: str
) -> None:
    rows = rows_of(read_recording(recording), Slot.LEFT)
    sensor_logger(tmp_path / "phone", *rows, "android")
    words = ["import", "--left", str(tmp_path / "phone"), "--runner", "ana", "--json"]
    code, out, err = said(capsys, *words, "--data", data)
    assert code == 0, err
    assert json.loads(out)["time_ns"] == BEGIN_NS


def zipped(folder: Path, path: Path) -> str:
    """Pack a folder as a phone does."""
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            packed.write(file, f"2026-11-21 run/{file.relative_to(folder)}")
    return str(path)


def test_the_zip_of_a_phone_is_taken_as_it_is(
    capsys: Capture, recording: Path, tmp_path: Path, data: str
) -> None:
    read = read_recording(recording)
    phyphox(tmp_path / "l", *rows_of(read, Slot.LEFT))
    sensor_logger(tmp_path / "r", *rows_of(read, Slot.RIGHT), "ios")
    words = ["import", "--left", zipped(tmp_path / "l", tmp_path / "l.zip")]
    code, out, err = said(capsys, *words, "--runner", "ana", "--data", data)
    assert code == 0, err
    assert "recognised as phyphox" in out
    words = ["import", "--right", zipped(tmp_path / "r", tmp_path / "r.zip")]
    code, out, err = said(capsys, *words, "--runner", "ana", "--data", data)
    assert code == 0, err
    assert "recognised as Sensor Logger" in out


def test_a_missing_column_is_named_with_what_there_is(
    capsys: Capture, recording: Path, tmp_path: Path, data: str
) -> None:
    write_as("phyphox", tmp_path / "run", read_recording(recording))
    (tmp_path / "run" / "left" / "Gyroscope.csv").unlink()
    words = ["import", str(tmp_path / "run"), "--preset", "phyphox", "--runner", "ana"]
    err = " ".join(refused(capsys, 1, *words, "--data", data).split())
    assert "left: phyphox files have no angular rate" in err
    assert "Gyroscope x (rad/s)" in err
    assert "Acceleration x (m/s^2)" in err


def test_an_unknown_preset_is_a_slip_of_the_fingers(
    capsys: Capture, recording: Path, data: str
) -> None:
    words = ["import", str(recording), "--preset", "fone", "--runner", "ana"]
    assert "phyphox" in refused(capsys, 2, *words, "--data", data)
