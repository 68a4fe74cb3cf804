"""All of a runner's data in one file: whole, readable elsewhere, and nobody else's."""

import csv
import hashlib
import io
import json
import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from contract import wire
from contract.errors import StoreError, UsageError
from contract.messages import SessionMeta
from contract.model import CountArray, Slot
from contract.people import Consent
from contract.schema import BY_ROW, MEASUREMENTS
from processing.store.people import keep_consent
from processing.store.sqlite import SqliteStore
from tests.treadwear.archived import told_of_everything, unpacked
from tests.treadwear.runners_known import store_run, words
from tests.treadwear.spoken import Capture, analysed, said
from treadwear.archive import Archived, write_archive
from treadwear.archive_parts import RECORDS, Run, safe_name
from treadwear.runtime import Running, announce
from treadwear.settings import Settings, load_settings

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def settings(data: str) -> Settings:
    return load_settings(data_dir=data)


def test_everything_that_is_known_of_her_is_in_it(
    imported: str, settings: Settings, capsys: Capture
) -> None:
    told_of_everything(settings, imported, capsys)
    made = write_archive(settings, "ana")
    assert (made.runs, made.unfinished) == (1, ())
    assert made.path == settings.data_dir / "archives" / "ana.zip"
    files = unpacked(made.path)
    run = f"runs/{imported}"
    assert set(files) == {
        "README.txt",
        "SHA256SUMS",
        "columns.json",
        *RECORDS,
        *(f"{run}/{name}" for name in ("session.json", "rows.json", "steps.csv")),
        *(f"{run}/raw/{name}" for name in ("meta.json", "left.csv", "right.csv")),
        f"{run}/report.html",
        f"{run}/track.json",
    }
    (consent,) = json.loads(files["consent.json"])
    assert (consent["record"]["live"], consent["record"]["by"]) == (True, "Maria")
    assert json.loads(files["profile.json"])[-1]["record"]["name"] == "Ana Almeida"
    assert json.loads(files[f"{run}/track.json"])["points"][0][1] == 41.15
    about = json.loads(files[f"{run}/session.json"])
    assert about["description"]["session"] == about["session"]["session"] == imported
    rows = json.loads(files[f"{run}/rows.json"])
    assert set(rows) == set(MEASUREMENTS)
    told = json.loads(files["columns.json"])
    assert told["step"]["contact_time_s"]["unit"] == "s"
    for kind, found in rows.items():
        assert all(set(row) == set(told[kind]) for row in found), kind
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        for kind, found in BY_ROW.items():
            if found.name in rows:
                stored = msgspec.to_builtins(store.rows(kind, imported))
                assert rows[found.name] == stored, found.name


def test_the_readme_explains_every_file_and_the_checksums_hold(
    imported: str, settings: Settings, capsys: Capture
) -> None:
    told_of_everything(settings, imported, capsys)
    files = unpacked(write_archive(settings, "ana").path)
    text = files.pop("README.txt").decode()
    sums = dict(
        reversed(line.split("  ", 1))
        for line in files.pop("SHA256SUMS").decode().splitlines()
    )
    del sums["README.txt"]
    assert sums == {n: hashlib.sha256(b).hexdigest() for n, b in files.items()}
    for name in files:
        last = name.split("/")[-1]
        assert last in text, name
    assert "It was not agreed that others get these data" in text
    with SqliteStore.open(settings.store_path) as store:
        keep_consent(store, "ana", Consent(time_ns=2, share=True))
    with SqliteStore.open(settings.store_path) as store:
        later = Consent(time_ns=2**62, share=True)
        keep_consent(store, "ana", later)
    made = write_archive(settings, "ana")
    assert made.is_shared
    assert "was not agreed" not in unpacked(made.path)["README.txt"].decode()


def test_steps_have_units_in_their_heading_and_times_in_iso(
    imported: str, settings: Settings, capsys: Capture
) -> None:
    files = unpacked(write_archive(settings, "ana").path)
    text = files[f"runs/{imported}/steps.csv"].decode()
    steps = list(csv.DictReader(io.StringIO(text, newline="")))
    rows = json.loads(files[f"runs/{imported}/rows.json"])["step"]
    assert len(steps) == len(rows) > 50
    place = ["--data", str(settings.data_dir)]
    file = settings.data_dir / "steps.csv"
    assert said(capsys, "export", imported, "--csv", str(file), *place)[0] == 0
    assert file.read_bytes() == files[f"runs/{imported}/steps.csv"]
    first = steps[0]
    assert float(first["contact_time_s [s]"]) == rows[0]["contact_time_s"]
    assert first["strike_type"] in {"heel", "middle", "forefoot"}
    assert first["time_utc"].endswith("Z")
    assert float(first["t_ic_s [s]"]) > 0
    assert all("[" in name for name in first if name.endswith(("_s", "_deg", "_g")))


def test_her_raw_data_give_the_same_run_when_they_are_imported_elsewhere(
    imported: str, settings: Settings, tmp_path: Path, capsys: Capture
) -> None:
    with zipfile.ZipFile(write_archive(settings, "ana").path) as packed:
        packed.extractall(tmp_path / "unpacked")
    raw = tmp_path / "unpacked" / "runs" / imported / "raw"
    elsewhere = load_settings(data_dir=tmp_path / "elsewhere")
    flags = ["--runner", "ana", "--shoe", "blue", "--name", "Ana", "--json"]
    place = ["--data", str(elsewhere.data_dir)]
    code, out, err = said(capsys, "import", str(raw), *flags, *place)
    assert code == 0, err
    again = json.loads(out)["session"]
    assert json.loads(out)["time_ns"] == origin_ns(settings, imported)
    assert_same_samples(elsewhere, again, settings, imported)
    found = figures(elsewhere, again)
    for kind, rows in figures(settings, imported).items():
        assert len(found[kind]) == len(rows), kind
        for told, row in zip(found[kind], rows, strict=True):
            assert told == near(row), kind
    assert analysed(capsys, raw)["verdict"] == verdict(settings, imported)


def origin_ns(settings: Settings, session: str) -> int:
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        meta = store.meta(session)
    assert meta is not None
    return meta.origin_ns


def assert_same_samples(
    elsewhere: Settings, again: str, settings: Settings, session: str
) -> None:
    """Every count of every sensor, at the same time to a microsecond."""
    told = [batches(elsewhere, again), batches(settings, session)]
    assert len(told[0]) == len(told[1]) > 100
    for there, here in zip(*told, strict=True):
        assert there[0] == here[0]
        assert abs(there[1] - here[1]) < 1000
        assert np.array_equal(there[2], here[2])


def batches(settings: Settings, session: str) -> list[tuple[Slot, int, CountArray]]:
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        meta = store.meta(session)
        assert meta is not None
        decoded = [(f.slot, wire.decode(f.payload)) for f in store.frames(session)]
    return [(slot, b.t0_ns - meta.origin_ns, b.counts) for slot, b in decoded]


def figures(settings: Settings, session: str) -> dict[str, list[dict[str, Any]]]:
    """All rows but what names the session, times from its own zero."""
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        meta = store.meta(session)
        assert meta is not None
        found: dict[str, list[dict[str, Any]]] = {}
        for name, kind in MEASUREMENTS.items():
            rows: list[Any] = store.rows(kind.row, session)
            shown = [replace(r, session="", time_ns=0) for r in rows]
            found[name] = [
                {
                    **msgspec.to_builtins(there),
                    "t_s": (r.time_ns - meta.origin_ns) / 1e9,
                }
                for there, r in zip(shown, rows, strict=True)
            ]
    for rows in found.values():
        for row in rows:
            for hidden in ("begin_ms", "end_ms", "packets_lost"):
                row.pop(hidden, None)
    return found


def near(row: dict[str, Any]) -> dict[str, Any]:
    """Figures to what even steps of time between frames, and five digits, are worth."""
    return {
        name: pytest.approx(value, rel=2e-3, abs=2e-2)
        if isinstance(value, float)
        else value
        for name, value in row.items()
    }


def verdict(settings: Settings, session: str) -> str:
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        return store.session(session).verdict


@pytest.mark.parametrize("is_research", [False, True])
def test_the_same_data_give_the_same_bytes(
    imported: str, settings: Settings, is_research: bool
) -> None:
    with SqliteStore.open(settings.store_path) as store:
        keep_consent(store, "ana", Consent(time_ns=1, research=True))
    made = [
        write_archive(settings, "ana", settings.data_dir / n, is_research=is_research)
        for n in ("first.zip", "second.zip")
    ]
    assert imported
    assert made[0].path.read_bytes() == made[1].path.read_bytes()


def test_it_is_written_while_treadwear_runs_and_somebody_writes(
    imported: str, settings: Settings
) -> None:
    writer = sqlite3.connect(settings.store_path, isolation_level=None)
    try:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM record")
        with announce(settings.data_dir, Running(1, 0, "http://127.0.0.1:1/")):
            files = unpacked(write_archive(settings, "ana").path)
        assert f"runs/{imported}/report.html" in files
        assert json.loads(files["mounts.json"])  # as it was before that write
    finally:
        writer.rollback()
        writer.close()


def test_a_run_that_goes_on_is_named_and_left_out(
    imported: str, settings: Settings
) -> None:
    with SqliteStore.open(settings.store_path) as store:
        for runner in ("ana", "ben"):
            meta = SessionMeta(runner=runner, session=f"now-{runner}", origin_ns=1)
            store.commit_raw([], [meta])
    made = write_archive(settings, "ana")
    assert made.unfinished == ("now-ana",)
    files = unpacked(made.path)
    assert "not finished yet: now-ana" in files["README.txt"].decode()
    assert not any(name.startswith("runs/now-") for name in files)
    assert f"runs/{imported}/rows.json" in files


def test_nothing_of_anybody_else_is_in_it(
    imported: str, settings: Settings, recording: Path, capsys: Capture
) -> None:
    who = ["--runner", "benjamin-7", "--data", str(settings.data_dir)]
    assert said(capsys, "import", str(recording), *who)[0] == 0
    assert imported
    for body in unpacked(write_archive(settings, "ana").path).values():
        assert b"benjamin-7" not in body


def test_a_name_is_neither_markup_nor_a_path(
    recording: Path, settings: Settings, capsys: Capture, data: str
) -> None:
    words(capsys, "runners", "--add", "ana", "--name", SCRIPT, "--data", data)
    flags = ["--runner", "ana", "--shoe", "../../blue", "--data", data]
    assert said(capsys, "import", str(recording), *flags)[0] == 0
    store_run(data, "../../../etc/passwd", 1, shoe="red")
    files = unpacked(write_archive(settings, "ana").path)
    assert all(".." not in name and not name.startswith("/") for name in files)
    pages = [body for name, body in files.items() if name.endswith(".html")]
    assert len(pages) == 2
    for page in pages:
        assert SCRIPT.encode() not in page
    assert safe_name("20261121t0640-7k2f") == "20261121t0640-7k2f"
    assert safe_name("CON") != "CON"


def test_what_cannot_be_written_leaves_nothing_behind(
    imported: str, settings: Settings, tmp_path: Path
) -> None:
    assert imported
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        write_archive(settings, "ana", blocked / "ana.zip")
    taken = tmp_path / "taken.zip"
    taken.mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        write_archive(settings, "ana", taken)
    assert list(tmp_path.glob("*.part")) == []


def test_an_archive_that_fails_leaves_the_one_before(
    imported: str, settings: Settings
) -> None:
    made: Archived = write_archive(settings, "ana")
    before = made.path.read_bytes()
    with sqlite3.connect(settings.store_path) as connection:
        connection.execute("UPDATE frame SET payload = x'00' WHERE slot = 1")
    connection.close()
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever a broken frame raises
        write_archive(settings, "ana")
    assert made.path.read_bytes() == before
    assert [path.name for path in made.path.parent.iterdir()] == ["ana.zip"]
    assert imported


def test_the_half_that_a_kill_left_is_beside_it_and_the_next_one_takes_its_place(
    imported: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, half = tmp_path / "mine.zip", tmp_path / "mine.zip.part"
    half.write_bytes(b"raw data of a run" * 100_000)
    found: list[Path] = []

    def seen(run: Run) -> str:
        found.extend(path for path in tmp_path.iterdir() if path.is_file())
        return folder(run)

    folder = Run.folder.fget
    assert folder is not None
    with monkeypatch.context() as patched:
        patched.setattr(Run, "folder", property(seen))
        write_archive(settings, "ana", target)
    assert set(found) == {half}
    assert not half.exists()
    assert target.stat().st_mode & 0o077 == 0
    assert f"runs/{imported}/rows.json" in unpacked(target)


def test_of_two_exports_to_one_file_the_later_one_writes_it(
    imported: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither mixes with the other."""
    folder = Run.folder.fget
    assert folder is not None
    later: list[Archived] = []

    def meanwhile(run: Run) -> str:
        patched.undo()
        later.append(write_archive(settings, "ana"))
        return str(folder(run))

    with monkeypatch.context() as patched:
        patched.setattr(Run, "folder", property(meanwhile))
        with pytest.raises(StoreError, match="another export"):
            write_archive(settings, "ana")
    assert f"runs/{imported}/rows.json" in unpacked(later[0].path)
    assert [path.name for path in later[0].path.parent.iterdir()] == ["ana.zip"]


def test_of_somebody_nobody_knows_there_is_nothing_to_write(
    imported: str, settings: Settings
) -> None:
    assert imported
    with pytest.raises(UsageError, match="nothing is known of bob"):
        write_archive(settings, "bob")
    assert not (settings.data_dir / "archives").exists()
