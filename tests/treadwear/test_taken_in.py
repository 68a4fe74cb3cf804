"""A recording that is taken in keeps its day, shoe and ground, and comes only once."""

import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from collector.recording import read_recording
from contract.messages import SessionMeta
from contract.model import Slot
from contract.units import NS_PER_S
from processing.store.sqlite import SqliteStore
from tests.collector.logger_writers import phyphox
from tests.treadwear.spoken import Capture, refused, said
from treadwear.recordings import recording_of
from treadwear.settings import load_settings

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")

THEN_NS = 1_763_000_000_000_000_000
"""2025-11-13T02:13:20Z."""


def taken(capsys: Capture, data: str, *flags: str) -> SessionMeta:
    """Import, and give what the store says the run is."""
    code, out, err = said(capsys, "import", *flags, "--json", "--data", data)
    assert code == 0, err
    return meta_of(data, json.loads(out)["session"])


def meta_of(data: str, session: str) -> SessionMeta:
    path = load_settings(data_dir=Path(data)).store_path
    with SqliteStore.open(path, read_only=True) as store:
        meta = store.meta(session)
    assert meta is not None
    return meta


@pytest.fixture
def of_then(recording: Path, tmp_path: Path) -> Path:
    """A recording that treadwear wrote of a run on the track, a year ago."""
    directory = tmp_path / "of_then"
    shutil.copytree(recording, directory)
    fields = json.loads((directory / "meta.json").read_text())
    fields["treadwear"] = {
        "origin_ns": THEN_NS,
        "runner": "ana",
        "session": "20251113t0213-abcd",
        "shoe": "blue",
        "surface": "track",
        "bends": "left",
        "speed_mps": 3.2,
    }
    (directory / "meta.json").write_text(json.dumps(fields))
    return directory


def test_an_exported_run_is_the_same_run_of_the_same_day_elsewhere(
    capsys: Capture, of_then: Path, data: str, tmp_path: Path
) -> None:
    here = taken(capsys, data, str(of_then), "--runner", "ana")
    out = str(tmp_path / "exported")
    assert said(capsys, "export", here.session, out, "--data", data)[0] == 0
    there = taken(capsys, str(tmp_path / "there"), out, "--runner", "ana")
    for meta in (here, there):
        assert meta.origin_ns == THEN_NS
        assert (meta.shoe, meta.surface, meta.bends) == ("blue", "track", "left")
        assert meta.speed_mps == 3.2


def test_a_recording_for_research_tells_no_day(
    capsys: Capture, of_then: Path, data: str
) -> None:
    """Who makes one has to ask for the day; nobody tells it by forgetting."""
    meta = taken(capsys, data, str(of_then), "--runner", "ana")
    path = load_settings(data_dir=Path(data)).store_path
    with SqliteStore.open(path, read_only=True) as store:
        made = recording_of(meta, store.frames(meta.session))
    assert made.meta.treadwear is None
    assert str(THEN_NS) not in str(msgspec.to_builtins(made.meta))


def test_what_is_typed_counts_before_what_the_file_says(
    capsys: Capture, of_then: Path, data: str
) -> None:
    flags = ["--shoe", "red", "--belt-speed", "2.5", "--date", "2025-12-01T06:40"]
    meta = taken(capsys, data, str(of_then), "--runner", "ana", *flags)
    assert (meta.shoe, meta.speed_mps) == ("red", 2.5)
    begun_ns = meta.origin_ns + round(read_recording(of_then).start_s * NS_PER_S)
    typed = datetime.fromisoformat("2025-12-01T06:40").timestamp()
    assert begun_ns == pytest.approx(typed * NS_PER_S, abs=10)


def test_a_run_of_somebody_else_is_said_to_be_one(
    capsys: Capture, of_then: Path, data: str
) -> None:
    words = ["import", str(of_then), "--data", data, "--runner"]
    out = " ".join(said(capsys, *words, "bo")[1].split())
    assert "the file is a run of ana; it is kept as one of bo" in out
    out = " ".join(said(capsys, *words, "ana")[1].split())
    assert "the file is a run of" not in out
    assert "dated 2025-11-1" in out


def test_what_nobody_dated_is_of_today_and_that_is_said(
    capsys: Capture, recording: Path, data: str
) -> None:
    words = ["import", str(recording), "--runner", "ana", "--data", data]
    assert "no time in the file: dated today" in said(capsys, *words)[1]
    words += ["--again", "--date", "2026-01-02T03:04"]
    assert "dated today" not in said(capsys, *words)[1]


@pytest.mark.parametrize("date", ["yesterday", "2999-01-01", "1826-05-05T10:00"])
def test_a_time_at_which_nobody_recorded_is_refused(
    capsys: Capture, recording: Path, data: str, date: str
) -> None:
    words = ["import", str(recording), "--runner", "ana", "--date", date]
    assert "--date" in refused(capsys, 2, *words, "--data", data)


@pytest.mark.parametrize("origin_ns", [2**62, -5])
def test_a_clock_that_was_never_set_dates_nothing(
    capsys: Capture, of_then: Path, data: str, origin_ns: int
) -> None:
    path = of_then / "meta.json"
    fields = json.loads(path.read_text())
    fields["treadwear"]["origin_ns"] = origin_ns
    path.write_text(json.dumps(fields))
    words = ["import", str(of_then), "--runner", "ana", "--data", data]
    assert "dated today" in said(capsys, *words)[1]


def test_the_same_recording_is_one_run_only(
    capsys: Capture, recording: Path, imported: str, data: str, tmp_path: Path
) -> None:
    """Whatever it is called, and whenever it is said to be of."""
    copied = tmp_path / "copied"
    shutil.copytree(recording, copied)
    words = ["import", str(copied), "--runner", "ana", "--data", data]
    words += ["--date", "2026-05-05"]
    err = refused(capsys, 1, *words)
    assert f"this is run {imported} already" in err
    assert f"treadwear reprocess {imported}" in " ".join(err.split())
    assert len(sessions(capsys, data)) == 1
    assert said(capsys, *words, "--again")[0] == 0
    assert len(sessions(capsys, data)) == 2


def sessions(capsys: Capture, data: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(
        said(capsys, "sessions", "--json", "--data", data)[1]
    )
    return found


@pytest.mark.usefixtures("imported")
def test_two_who_share_a_recording_each_have_their_run(
    capsys: Capture, recording: Path, data: str
) -> None:
    assert taken(capsys, data, str(recording), "--runner", "bo").runner == "bo"


@pytest.mark.usefixtures("imported")
def test_a_run_that_differs_in_its_last_sample_is_another_run(
    capsys: Capture,
    left_lines: list[str],
    write_left: Callable[..., Path],
    data: str,
) -> None:
    first = write_left(left_lines)
    taken(capsys, data, str(first), "--runner", "bo")
    *lines, last = left_lines
    t, _, rest = last.partition(",")
    _, _, rest = rest.partition(",")
    (first / "left.csv").write_text("\n".join([*lines, f"{t},1.23456,{rest}"]) + "\n")
    taken(capsys, data, str(first), "--runner", "bo")


def test_her_own_export_is_the_run_that_she_has(
    capsys: Capture, imported: str, data: str, tmp_path: Path
) -> None:
    out = str(tmp_path / "exported")
    assert said(capsys, "export", imported, out, "--data", data)[0] == 0
    words = ["import", out, "--runner", "ana", "--data", data]
    assert f"this is run {imported} already" in refused(capsys, 1, *words)


def test_exporting_the_last_run_says_whose_it_is(
    capsys: Capture, of_then: Path, data: str, tmp_path: Path
) -> None:
    taken(capsys, data, str(of_then), "--runner", "ana", "--shoe", "Pegasus\x1b[2J")
    words = ["export", "last", "--csv", str(tmp_path / "a.csv"), "--data", data]
    code, out, err = said(capsys, *words)
    assert code == 0, err
    when = datetime.fromtimestamp(THEN_NS // NS_PER_S).astimezone()
    assert "ana did not agree that it is shown to others" in out
    assert out.startswith(f"ana, {when.day} Nov 2025 {when:%H:%M}, Pegasus")
    assert "\x1b" not in out


def test_an_archive_of_a_phone_is_dated_by_what_lies_in_it(
    capsys: Capture, recording: Path, data: str, tmp_path: Path
) -> None:

    track = read_recording(recording).tracks[Slot.LEFT]
    folder = tmp_path / "l"
    phyphox(folder, track.t_s, track.samples[:, :3], track.samples[:, 3:])
    (folder / "meta" / "time.csv").write_text(
        '"event","experiment time","system time","system time text"\n'
        f'"START",0.0E0,{THEN_NS / 1e9:.3f},"2025-11-13 02:13:20.000 UTC+00:00"\n'
        f'"PAUSE",4.6E1,{THEN_NS / 1e9 + 46:.3f},"2025-11-13 02:14:06.000 UTC+00:00"\n'
    )
    packed = tmp_path / "l.zip"
    with zipfile.ZipFile(packed, "w") as file:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            file.write(path, f"run/{path.relative_to(folder)}")
    flags = ["--left", str(packed), "--runner", "ana"]
    assert taken(capsys, data, *flags).origin_ns == THEN_NS
