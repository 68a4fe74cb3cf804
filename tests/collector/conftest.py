"""Benches on which a publisher is tried."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.spool import Spool
from tests.collector.bench import FRAME_BYTES, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    spool = Spool(tmp_path / "spool.db")
    yield Bench(spool)
    spool.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Bench]:
    """A bench whose spool holds 20 frames."""
    spool = Spool(tmp_path / "spool.db", max_bytes=20 * FRAME_BYTES)
    yield Bench(spool)
    spool.close()
