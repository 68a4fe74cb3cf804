"""A short simulated run, and a place apart in which commands meet it."""

import csv
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.recording import write_recording
from collector.simulated.source import RunSettings, simulated_run
from collector.simulated.traits import draw_runner
from collector.simulated.worn import Slip, Worn, both_on
from contract import wire
from contract.messages import SessionMeta
from contract.model import Slot
from processing.store.base import RawFrame
from tests.treadwear.spoken import Capture
from treadwear.cli import run
from treadwear.recordings import recording_of

SEED = 5
SECONDS = 45.0


def recorded(
    directory: Path,
    *slots: Slot,
    settings: RunSettings | None = None,
    seconds: float = SECONDS,
) -> Path:
    """Write what these sensors of a limping runner recorded; gives the directory."""
    meta = SessionMeta(runner="ana", session="s1", origin_ns=0, simulated=True)
    traits = draw_runner(SEED, contact_asymmetry_pct=8.0)
    sources = simulated_run(traits, 0, seconds, SEED, settings, slots=slots)
    frames = [
        RawFrame("ana", "s1", slot, 0, batch.seq, wire.encode(batch))
        for slot, source in sources.items()
        for batch in source.batches()
    ]
    write_recording(directory, recording_of(meta, frames))
    return directory


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of a run of both feet, with the losses of a usual radio."""
    place = tmp_path_factory.mktemp("recordings") / "park"
    return recorded(place, Slot.LEFT, Slot.RIGHT)


@pytest.fixture(scope="session")
def recording_with_hip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of a run of both feet and the hip."""
    return recorded(tmp_path_factory.mktemp("recordings") / "three", *Slot)


@pytest.fixture(scope="session")
def hip_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of a run that only the hip recorded."""
    return recorded(tmp_path_factory.mktemp("recordings") / "belt", Slot.HIP)


@pytest.fixture(scope="session")
def misplaced_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of a run with both sensors on the left shoe."""
    place = tmp_path_factory.mktemp("recordings") / "misplaced"
    settings = RunSettings(worn=both_on(Slot.LEFT))
    return recorded(place, Slot.LEFT, Slot.RIGHT, settings=settings, seconds=110.0)


@pytest.fixture(scope="session")
def slipped_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of a run in which the left sensor turns on its shoe."""
    place = tmp_path_factory.mktemp("recordings") / "slipped"
    worn = {Slot.LEFT: Worn(slip=Slip(40.0, 35.0, axis=(1.0, 0.0, 0.0)))}
    settings = RunSettings(worn=worn)
    return recorded(place, Slot.LEFT, Slot.RIGHT, settings=settings, seconds=80.0)


@pytest.fixture(scope="session")
def left_lines(recording: Path) -> list[str]:
    """Lines of the left shoe's CSV, header first."""
    with gzip.open(recording / "left.csv.gz", "rt", encoding="utf-8") as file:
        return file.read().splitlines()


@pytest.fixture
def write_left(tmp_path: Path) -> Callable[[list[str]], Path]:
    """Write a recording directory that holds these lines as its left shoe."""

    def write(lines: list[str], meta: str = '{"rate_hz": 200}') -> Path:
        directory = tmp_path / "bad"
        directory.mkdir()
        (directory / "meta.json").write_text(meta, encoding="utf-8")
        text = "".join(f"{line}\n" for line in lines)
        (directory / "left.csv").write_text(text, encoding="utf-8")
        return directory

    return write


def columns_of(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def read_rows() -> Callable[[Path], list[dict[str, str]]]:
    """Read a CSV file as dictionaries."""
    return columns_of


@pytest.fixture
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
