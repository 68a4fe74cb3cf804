"""What leaves for research: figures of somebody, and not who she is."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collector.recording import read_recording
from contract.errors import UsageError
from contract.people import Consent
from contract.schema import MEASUREMENTS
from processing.store.people import keep_consent
from processing.store.sqlite import SqliteStore
from tests.treadwear.archived import told_of_everything, unpacked
from tests.treadwear.runners_known import store_run, words
from tests.treadwear.spoken import Capture
from treadwear.archive import write_archive
from treadwear.settings import Settings, load_settings

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")


@pytest.fixture
def settings(data: str) -> Settings:
    return load_settings(data_dir=data)


def test_without_a_yes_to_research_nothing_leaves(
    imported: str, settings: Settings, capsys: Capture
) -> None:
    told_of_everything(settings, imported, capsys)
    with pytest.raises(UsageError, match="cannot leave for research"):
        write_archive(settings, "ana", is_research=True)
    assert not (settings.data_dir / "archives").exists()
    assert not (settings.data_dir / "research.key").exists()


@pytest.fixture
def made(imported: str, settings: Settings, capsys: Capture) -> Path:
    """The archive of somebody of whom everything was told, and who agreed."""
    told_of_everything(settings, imported, capsys)
    data = str(settings.data_dir)
    words(capsys, "consent", "ana", "--research", "yes", "--data", data)
    return write_archive(settings, "ana", is_research=True).path


def test_research_gets_no_name_no_place_no_date_and_no_words(
    made: Path, imported: str
) -> None:
    files = unpacked(made)
    assert set(files) == {
        "README.txt",
        "SHA256SUMS",
        "columns.json",
        "person.json",
        *(f"runs/run-0001/{n}" for n in ("session.json", "rows.json", "steps.csv")),
        *(f"runs/run-0001/raw/{n}" for n in ("meta.json", "left.csv", "right.csv")),
    }
    own = ("Almeida", "Maria", "tired", "calf", "Porto", "latitude", "blue", '"ana"')
    for name, body in files.items():
        for word in (*own, imported, imported[:8]):
            assert word.encode() not in body, (name, word)
        assert not re.search(rb"\b20\d\d-\d\d-\d\d", body), name


def test_the_run_that_was_as_fast_has_its_new_name_too(
    imported: str, settings: Settings, capsys: Capture
) -> None:
    """Its id tells day and minute."""
    told_of_everything(settings, imported, capsys)
    data = str(settings.data_dir)
    words(capsys, "consent", "ana", "--research", "yes", "--data", data)
    with SqliteStore.open(settings.store_path) as store:
        own = store.session(imported)
        store.write([replace(own, pace_matched_session=imported)])
    files = unpacked(write_archive(settings, "ana", is_research=True).path)
    about = json.loads(files["runs/run-0001/session.json"])["session"]
    assert about["pace_matched_session"] == "run-0001"
    for name, body in files.items():
        assert imported.encode() not in body, name


def test_research_gets_the_figures_as_they_are(
    made: Path, imported: str, settings: Settings, tmp_path: Path
) -> None:
    files = unpacked(made)
    person = json.loads(files["person.json"])
    assert person["runner"].startswith("r-")
    assert made.name == f"{person['runner']}.zip"
    assert person["pain"] == [{"day": 0, "pain": 2}]
    raw = tmp_path / "raw"
    raw.mkdir()
    for name in ("meta.json", "left.csv", "right.csv"):
        (raw / name).write_bytes(files[f"runs/run-0001/raw/{name}"])
    assert read_recording(raw).meta.extra["runner"] == person["runner"]
    assert read_recording(raw).meta.treadwear is None
    assert_same_times(json.loads(files["runs/run-0001/rows.json"]), settings, imported)


def assert_same_times(
    rows: dict[str, list[Any]], settings: Settings, session: str
) -> None:
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        meta = store.meta(session)
        assert meta is not None
        found: list[Any] = store.rows(MEASUREMENTS["step"].row, session)
    expected = [row.time_ns - meta.origin_ns for row in found]
    assert [row["time_ns"] for row in rows["step"]] == expected


def test_two_computers_give_one_runner_two_names_for_research(
    data: str, tmp_path: Path
) -> None:
    """Nobody can try ids until one gives the name that a data set holds."""
    names = []
    for place in (data, str(tmp_path / "other")):
        store_run(place, "s1", 1)
        settings = load_settings(data_dir=place)
        with SqliteStore.open(settings.store_path) as store:
            keep_consent(store, "ana", Consent(time_ns=1, research=True))
        made = write_archive(settings, "ana", is_research=True)
        names.append(json.loads(unpacked(made.path)["person.json"])["runner"])
        assert (settings.data_dir / "research.key").stat().st_mode & 0o077 == 0
    assert names[0] != names[1]
