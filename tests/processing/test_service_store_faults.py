"""A store that is full, read-only or locked for a while costs time and no data."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.flow import FlowSettings
from collector.service import CollectorService, SessionPlan
from collector.spool import Spool
from contract import topics
from contract.model import ImuBatch, Slot
from processing.pipeline import FEET
from tests.patience import PATIENCE_S, wait_until
from tests.processing.live_loop import Acks, LiveLoop, offline

AGAIN = FlowSettings(resend_after_s=0.2)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool.db")
    yield spool
    spool.close()


class Connections:
    """The service's own connections, to let them meet a full or read-only disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[sqlite3.Connection] = []
        self._plain = sqlite3.connect
        monkeypatch.setattr("processing.store.sqlite.sqlite3.connect", self._open)

    def _open(self, *given: Any, **named: Any) -> sqlite3.Connection:  # noqa: ANN401
        if "mode=rwc" not in str(given[0]):
            return self._plain(*given, **named)
        connection = self._plain(*given, **named, check_same_thread=False)
        self.opened.append(connection)
        return connection

    def tell(self, pragma: str) -> None:
        """Set a pragma on the connection of the service that runs."""
        for connection in self.opened:
            try:
                connection.execute(f"PRAGMA {pragma}").close()
            except sqlite3.ProgrammingError:
                continue  # closed long ago


class Fault:
    """Something that keeps SQLite from writing, really, until it is healed."""

    def __init__(self, kind: str, connections: Connections, path: Path) -> None:
        self._kind, self._connections, self._path = kind, connections, path
        self._other: sqlite3.Connection | None = None

    def strike(self) -> None:
        if self._kind == "full":
            self._connections.tell("max_page_count = 1")  # not below what is used
        elif self._kind == "read-only":
            self._connections.tell("query_only = ON")
        else:
            self._other = sqlite3.connect(self._path, check_same_thread=False)
            wait_until(self._locks)

    def _locks(self) -> bool:
        assert self._other is not None
        try:
            self._other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True

    def heal(self) -> None:
        self._connections.tell("max_page_count = 1000000000")
        self._connections.tell("query_only = OFF")
        if self._other is not None:
            self._other.close()


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Connections:
    monkeypatch.setattr("processing.store.sqlite._BUSY_S", 0.02)
    return Connections(monkeypatch)


@dataclass(frozen=True)
class Shoe:
    """Frames of a run as a source."""

    slot: Slot
    frames: list[ImuBatch]

    def batches(self) -> Iterator[ImuBatch]:
        yield from self.frames


@pytest.mark.parametrize("kind", ["full", "read-only", "locked"])
def test_a_store_that_fails_and_recovers_loses_nothing(
    loop: LiveLoop, acks: Acks, spool: Spool, connections: Connections, kind: str
) -> None:
    shoes = [Shoe(slot, loop.run.batches[slot]) for slot in FEET]
    fault = Fault(kind, connections, loop.path)
    plan = SessionPlan(loop.run.meta, shoes)
    with loop.processing() as service:
        collecting = CollectorService(loop.bus, spool, [plan], speed=30, settings=AGAIN)
        with collecting:
            wait_until(lambda: service.counters.stored >= 100)
            fault.strike()
            wait_until(lambda: service.fault is not None)
            assert service.is_alive
            fault.heal()
            assert collecting.wait(PATIENCE_S)
        loop.wait_until_closed()
        assert service.fault is None
        assert service.counters.store_failures > 0
    assert acks.unfounded == []
    frames, meta = loop.raw()
    assert len(frames) == len(loop.run.frames())
    assert loop.stored() == offline(meta, frames)


@pytest.mark.parametrize("kind", ["full", "read-only", "locked"])
def test_the_end_of_a_session_outlives_a_failing_store(
    loop: LiveLoop, acks: Acks, connections: Connections, kind: str
) -> None:
    """Word of the end is sent once, and nothing else comes that wakes a session."""
    frames, end = loop.frames, loop.end()
    fault = Fault(kind, connections, loop.path)
    with loop.processing() as service:
        loop.tell(loop.run.meta)
        loop.send(frames)
        wait_until(lambda: acks.reach(frames))
        fault.strike()
        # Large, so that it needs a page more than there are.
        loop.tell(msgspec.structs.replace(end, note="x" * 40_000))
        wait_until(lambda: service.counters.store_failures > 1)
        fault.heal()
        loop.wait_until_closed()
    assert loop.stored() == offline(end, frames)


def test_rows_that_could_not_be_written_are_written_when_the_store_recovers(
    loop: LiveLoop, acks: Acks, connections: Connections
) -> None:
    """All is acknowledged, so nothing comes any more that would bring them back."""
    frames, end = loop.frames, loop.end()
    fault = Fault("read-only", connections, loop.path)

    def strike_after_the_last_ack(topic: str, payload: bytes) -> None:
        del topic, payload
        if acks.reach(frames):
            fault.strike()

    loop.bus.subscribe(topics.ALL_ACKS, strike_after_the_last_ack)
    with loop.processing() as service:
        loop.tell(end)
        loop.send(frames)
        wait_until(lambda: service.counters.store_failures > 1)
        assert not loop.is_closed()
        fault.heal()
        loop.wait_until_closed()
    assert loop.stored() == offline(end, frames)
