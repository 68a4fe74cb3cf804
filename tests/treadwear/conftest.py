"""A short simulated run, and a place apart in which commands meet it."""

import csv
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.recording import write_recording
from collector.simulated.source import simulated_run
from collector.simulated.traits import draw_runner
from contract import wire
from contract.messages import SessionMeta
from processing.store.base import RawFrame
from tests.treadwear.spoken import Capture
from treadwear.cli import run
from treadwear.recordings import recording_of

SEED = 5
SECONDS = 45.0


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of a run of both feet, with the losses of a usual radio."""
    meta = SessionMeta(runner="ana", session="s1", origin_ns=0, simulated=True)
    traits = draw_runner(SEED, contact_asymmetry_pct=8.0)
    frames = [
        RawFrame("ana", "s1", slot, 0, batch.seq, wire.encode(batch))
        for slot, source in simulated_run(traits, 0, SECONDS, SEED).items()
        for batch in source.batches()
    ]
    directory = tmp_path_factory.mktemp("recordings") / "park"
    write_recording(directory, recording_of(meta, frames))
    return directory


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
