"""A short simulated run as a recording directory, for the tests of the command."""

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.recording import write_recording
from collector.simulated.source import simulated_run
from collector.simulated.traits import draw_runner
from contract import wire
from contract.messages import SessionMeta
from processing.store.base import RawFrame
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
