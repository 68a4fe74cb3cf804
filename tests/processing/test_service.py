"""The live loop on a bus in memory, with a real store and a real collector."""

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.flow import FlowSettings
from collector.service import CollectorService, SessionPlan
from collector.spool import Spool
from contract import topics
from contract.bus import MemoryBus
from contract.errors import StoreError
from contract.messages import Ack, Event, LiveTile, SessionMeta, StreamEnd, dumps, loads
from contract.model import ImuBatch, Slot
from contract.rows import QualityRow, Row, SessionRow
from contract.schema import MEASUREMENTS
from processing.offline import all_rows, analyse_frames, ends_of, reprocess
from processing.pipeline import FEET, SessionAnalysis
from processing.service import ProcessingService
from processing.store.base import LostFrames, RawFrame
from processing.store.sqlite import SqliteStore

Simulate = Callable[..., Any]
PATIENCE_S = 20.0
AGAIN = FlowSettings(resend_after_s=0.2)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the service not sleep long over a fault."""
    monkeypatch.setattr("processing.service._RETRY_S", 0.02)


@pytest.fixture
def bus() -> Iterator[MemoryBus]:
    bus = MemoryBus()
    yield bus
    bus.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "treadwear.db"


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool.db")
    yield spool
    spool.close()


@pytest.fixture
def run(simulate: Simulate) -> Any:  # noqa: ANN401 - conftest's SimulatedRun
    return simulate(5, 40.0)


@contextmanager
def processing(bus: MemoryBus, path: Path) -> Iterator[ProcessingService]:
    service = ProcessingService(bus, path)
    service.start()
    try:
        yield service
    finally:
        service.stop()


def wait_until(is_true: Callable[[], bool]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not is_true():
        if time.monotonic() > until_s:
            pytest.fail("it never happened")
        time.sleep(0.005)


def ended(meta: SessionMeta, frames: Iterable[RawFrame]) -> SessionMeta:
    return msgspec.structs.replace(meta, state="ended", ends=ends_of(frames))


def send(bus: MemoryBus, frames: Iterable[RawFrame]) -> None:
    for frame in frames:
        topic = topics.imu(frame.runner, frame.session, frame.slot)
        bus.publish(topic, frame.payload)


def tell(bus: MemoryBus, meta: SessionMeta) -> None:
    bus.publish(topics.meta(meta.runner, meta.session), dumps(meta), retain=True)


def in_time(frames: Iterable[RawFrame]) -> list[RawFrame]:
    return sorted(frames, key=lambda frame: (frame.epoch, frame.seq, frame.slot))


def comparable(rows: Iterable[Row]) -> set[Row]:
    """Rows without what only the wire can tell: how often frames came."""
    return {
        replace(row, duplicates=0, reordered=0) if isinstance(row, QualityRow) else row
        for row in rows
    }


def stored(path: Path, session: str = "s1") -> set[Row]:
    with SqliteStore.open(path, read_only=True) as store:
        kinds = [kind.row for kind in MEASUREMENTS.values()]
        return comparable(row for kind in kinds for row in store.rows(kind, session))


def offline(
    meta: SessionMeta, frames: list[RawFrame], lost: Iterable[LostFrames] = ()
) -> set[Row]:
    return comparable(all_rows(analyse_frames(meta, frames, lost)))


def is_closed(path: Path, session: str = "s1") -> bool:
    with SqliteStore.open(path, read_only=True) as store:
        return store.is_closed(session)


class Acks:
    """Acknowledgements as they come, each checked against what is on disk by then."""

    def __init__(self, bus: MemoryBus, path: Path) -> None:
        self.last: dict[tuple[str, Slot], Ack] = {}
        self.unfounded: list[str] = []
        self._path = path
        bus.subscribe(topics.ALL_ACKS, self._on_ack)

    def _on_ack(self, topic: str, payload: bytes) -> None:
        address, ack = topics.parse(topic), loads(payload, Ack)
        assert address.slot is not None
        self.last[address.session, address.slot] = ack
        with SqliteStore.open(self._path, read_only=True) as store:
            kept = {
                (frame.epoch, frame.seq)
                for frame in store.frames(address.session)
                if frame.slot is address.slot
            }
            for gap in store.lost(address.session):
                if gap.slot is address.slot:
                    span = range(gap.first_seq, gap.last_seq + 1)
                    kept |= {(gap.epoch, seq) for seq in span}
        promised = {(ack.epoch, seq) for seq in range(ack.next_seq)}
        if not promised <= kept:
            self.unfounded.append(f"{topic}: {sorted(promised - kept)[:3]}")

    def reach(self, frames: list[RawFrame]) -> bool:
        """Whether all these frames are acknowledged."""
        return all(
            (f.session, f.slot) in self.last
            and (f.epoch, f.seq + 1)
            <= (
                self.last[f.session, f.slot].epoch,
                self.last[f.session, f.slot].next_seq,
            )
            for f in frames
        )


def test_a_run_over_the_bus_leaves_the_rows_of_the_analysis_at_once(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
) -> None:
    frames = in_time(run.frames())
    end = ended(run.meta, frames)
    with processing(bus, path) as service:
        tell(bus, run.meta)
        send(bus, frames)
        tell(bus, end)
        wait_until(partial(is_closed, path))
        assert service.is_alive
        assert service.fault is None
        assert service.counters.stored == len(frames)
        assert service.counters.dead_letters == service.counters.duplicates == 0
    assert stored(path) == offline(end, frames)
    with SqliteStore.open(path, read_only=True) as store:
        assert len(list(store.frames("s1"))) == len(frames)
        assert store.session("s1").state == "ended"


def test_nothing_is_acknowledged_before_it_is_on_disk(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
) -> None:
    frames = in_time(run.frames())[:300]
    acks = Acks(bus, path)
    with processing(bus, path):
        tell(bus, run.meta)
        for part in (frames[::2], frames):
            send(bus, part)
        wait_until(lambda: acks.reach(frames))
    assert acks.unfounded == []


def test_a_missing_frame_holds_the_acknowledgement_back(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
) -> None:
    left = [frame for frame in run.frames() if frame.slot is Slot.LEFT][:10]
    acks = Acks(bus, path)
    with processing(bus, path) as service:
        send(bus, left[:4] + left[5:])
        wait_until(lambda: service.counters.stored == 9)
    assert acks.last["s1", Slot.LEFT] == Ack(0, 4)
    with processing(bus, path):
        send(bus, [left[4]])
    assert acks.last["s1", Slot.LEFT] == Ack(0, 10)
    assert acks.unfounded == []


def test_a_frame_that_comes_again_is_acknowledged_again_and_stored_once(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
) -> None:
    """The first acknowledgement may have been lost with the broker."""
    left = [frame for frame in run.frames() if frame.slot is Slot.LEFT][:3]
    acks = Acks(bus, path)
    with processing(bus, path) as service:
        send(bus, left)
        wait_until(lambda: acks.reach(left))
        acks.last.clear()
        send(bus, left[:1])
        wait_until(lambda: bool(acks.last))
        assert (service.counters.stored, service.counters.duplicates) == (3, 1)
    assert acks.last["s1", Slot.LEFT] == Ack(0, 3)


def test_frames_that_come_before_their_description_are_kept_and_analysed_later(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
) -> None:
    frames = in_time(run.frames())
    end = ended(run.meta, frames)
    acks = Acks(bus, path)
    with processing(bus, path):
        send(bus, frames)
        wait_until(lambda: acks.reach(frames))
        tell(bus, end)
        wait_until(partial(is_closed, path))
    assert stored(path) == offline(end, frames)


def test_a_session_is_not_closed_before_all_of_it_has_come(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
) -> None:
    frames = in_time(run.frames())
    end = ended(run.meta, frames)
    with processing(bus, path) as service:
        tell(bus, end)
        send(bus, frames[:-1])
        wait_until(lambda: service.counters.stored == len(frames) - 1)
    assert not is_closed(path)
    with processing(bus, path):
        send(bus, frames[-1:])
        wait_until(partial(is_closed, path))
    assert stored(path) == offline(end, frames)


@pytest.mark.parametrize("share", [0.05, 0.4, 0.9])
def test_a_restart_in_the_middle_ends_with_the_same_rows(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
    share: float,
) -> None:
    frames = in_time(run.frames())
    end, half = ended(run.meta, frames), round(share * len(frames))
    with processing(bus, path):
        tell(bus, run.meta)
        send(bus, frames[:half])
    with processing(bus, path):
        send(bus, frames[half - 5 :])
        tell(bus, end)
        wait_until(partial(is_closed, path))
    assert stored(path) == offline(end, frames)


def test_what_was_only_committed_when_it_was_killed_is_analysed_after_the_restart(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
) -> None:
    """Killed right after a commit: raw frames are there, and no row of them."""
    frames = in_time(run.frames())
    end = ended(run.meta, frames)
    with SqliteStore.open(path) as store:
        store.commit_raw(frames, [end])
    with processing(bus, path):
        wait_until(partial(is_closed, path))
    assert stored(path) == offline(end, frames)


def test_a_session_that_goes_on_after_its_end_is_analysed_anew(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
) -> None:
    """A collector that was killed ends the session, then it connects again after all.

    The first part ends before the calibration is done, so its steps change with more.
    """
    first, second = [], []
    for slot in FEET:
        batches: list[ImuBatch] = run.batches[slot]
        first += [run.frame(b) for b in batches[:180]]
        second += [
            run.frame(replace(b, epoch=1, seq=b.seq - 180)) for b in batches[180:]
        ]
    end = ended(run.meta, in_time(first + second))
    with processing(bus, path) as service:
        tell(bus, ended(run.meta, in_time(first)))
        send(bus, in_time(first))
        wait_until(partial(is_closed, path))
        send(bus, in_time(second))
        tell(bus, end)
        wait_until(lambda: service.counters.stored == len(first + second))
        wait_until(partial(is_closed, path))
        assert service.counters.duplicates == 0
    assert stored(path) == offline(end, in_time(first + second))


def test_losses_that_the_collector_tells_do_not_stop_the_flow(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
) -> None:
    lost = LostFrames("s1", Slot.LEFT, 0, 100, 104)
    frames = [
        f
        for f in in_time(run.frames())
        if f.slot is Slot.RIGHT or not 100 <= f.seq < 105
    ]
    end = ended(run.meta, frames)
    gap = Event(kind="gap", t_ns=0, slot="left", first_seq=100, last_seq=104)
    acks = Acks(bus, path)
    with processing(bus, path) as service:
        tell(bus, end)
        send(bus, frames)
        bus.publish(topics.event("ana", "s1"), dumps(gap))
        wait_until(partial(is_closed, path))
        assert service.counters.lost == 5
    assert acks.unfounded == []
    assert stored(path) == offline(end, frames, [lost])


def test_a_damaged_frame_is_set_aside_and_its_good_copy_used(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
) -> None:
    frames = in_time(run.frames())
    end, acks = ended(run.meta, frames), Acks(bus, path)
    payload = bytearray(frames[50].payload)
    payload[70] ^= 4
    with processing(bus, path):
        tell(bus, end)
        damaged = replace(frames[50], payload=bytes(payload))
        send(bus, [*frames[:50], damaged, *frames[51:]])
        wait_until(lambda: acks.reach(frames[:50]))
        assert not acks.reach(frames)
        send(bus, [frames[50]])
        wait_until(partial(is_closed, path))
    with SqliteStore.open(path, read_only=True) as store:
        (letter,) = store.dead_letters()
    assert "checksum" in letter.reason
    assert stored(path) == offline(end, frames)


def test_a_poison_frame_is_set_aside_given_up_and_stops_nobody(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
) -> None:
    """It arrives as it was sent, each time: waiting for a better one never ends."""
    frames = in_time(run.frames())
    bad = frames[50]
    frames = [frame for frame in frames if frame is not bad]
    batch = next(b for b in run.batches[bad.slot] if b.seq == bad.seq)
    poison = run.frame(replace(batch, t0_ns=2**62))
    end, acks = ended(run.meta, frames), Acks(bus, path)
    with processing(bus, path) as service:
        tell(bus, end)
        send(bus, [*frames[:50], poison, *frames[50:]])
        wait_until(partial(is_closed, path))
        assert service.counters.dead_letters == 1
    assert acks.unfounded == []
    gone = LostFrames("s1", bad.slot, bad.epoch, bad.seq, bad.seq)
    assert stored(path) == offline(end, frames, [gone])


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (topics.meta("ana", "s1"), b"{"),
        (topics.meta("ana", "s1"), b'{"runner": "ben"}'),
        (topics.event("ana", "s1"), b"[]"),
        (topics.imu("ana", "s9", Slot.LEFT), b"TW"),
    ],
)
def test_bad_messages_are_kept_with_their_reason_and_the_service_lives(
    bus: MemoryBus, path: Path, topic: str, payload: bytes
) -> None:
    with processing(bus, path) as service:
        bus.publish(topic, payload)
        wait_until(lambda: service.counters.dead_letters == 1)
        assert service.is_alive
    with SqliteStore.open(path, read_only=True) as store:
        (letter,) = store.dead_letters()
    assert (letter.topic, letter.payload) == (topic, payload)
    assert letter.reason


def test_two_sessions_at_once_do_not_touch_each_other(
    bus: MemoryBus, path: Path, simulate: Simulate
) -> None:
    runs = [simulate(5, 40.0), simulate(6, 40.0, session="s2")]
    ends = {run.meta.session: ended(run.meta, run.frames()) for run in runs}
    with processing(bus, path):
        for meta in ends.values():
            tell(bus, meta)
        send(bus, in_time(runs[0].frames() + runs[1].frames()))
        for name in ends:
            wait_until(partial(is_closed, path, name))
    for run in runs:
        name = run.meta.session
        assert stored(path, name) == offline(ends[name], in_time(run.frames()))


def test_a_bug_in_one_session_does_not_stop_the_others(
    bus: MemoryBus,
    path: Path,
    simulate: Simulate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = [simulate(5, 40.0), simulate(6, 40.0, session="s2")]
    push = SessionAnalysis.push

    def fails_for_s1(
        analysis: SessionAnalysis, slot: Slot, batches: list[ImuBatch]
    ) -> None:
        if analysis.meta.session == "s1":
            raise ZeroDivisionError
        push(analysis, slot, batches)

    monkeypatch.setattr(SessionAnalysis, "push", fails_for_s1)
    acks = Acks(bus, path)
    with processing(bus, path) as service:
        for run in runs:
            tell(bus, ended(run.meta, run.frames()))
            send(bus, run.frames())
        wait_until(partial(is_closed, path, "s2"))
        wait_until(lambda: acks.reach(runs[0].frames()))
        assert service.counters.failed_sessions == 1
    assert not is_closed(path, "s1")
    monkeypatch.undo()
    with SqliteStore.open(path) as store:
        reprocess(store, "s1")
    meta = ended(runs[0].meta, runs[0].frames())
    assert stored(path, "s1") == offline(meta, in_time(runs[0].frames()))


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
    bus: MemoryBus,
    path: Path,
    spool: Spool,
    run: Any,  # noqa: ANN401
    connections: Connections,
    kind: str,
) -> None:
    shoes = [Shoe(slot, run.batches[slot]) for slot in FEET]
    acks = Acks(bus, path)
    fault = Fault(kind, connections, path)
    plan = SessionPlan(run.meta, shoes)
    with processing(bus, path) as service:
        collecting = CollectorService(bus, spool, [plan], speed=30, settings=AGAIN)
        with collecting:
            wait_until(lambda: service.counters.stored >= 100)
            fault.strike()
            wait_until(lambda: service.fault is not None)
            assert service.is_alive
            fault.heal()
            assert collecting.wait(PATIENCE_S)
        wait_until(partial(is_closed, path))
        assert service.fault is None
        assert service.counters.store_failures > 0
    assert acks.unfounded == []
    with SqliteStore.open(path, read_only=True) as store:
        frames, meta = list(store.frames("s1")), store.meta("s1")
    assert meta is not None
    assert len(frames) == len(run.frames())
    assert stored(path) == offline(meta, frames)


@pytest.mark.parametrize("kind", ["full", "read-only", "locked"])
def test_the_end_of_a_session_outlives_a_failing_store(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
    connections: Connections,
    kind: str,
) -> None:
    """Word of the end is sent once, and nothing else comes that wakes a session."""
    frames = in_time(run.frames())
    end, acks = ended(run.meta, frames), Acks(bus, path)
    fault = Fault(kind, connections, path)
    with processing(bus, path) as service:
        tell(bus, run.meta)
        send(bus, frames)
        wait_until(lambda: acks.reach(frames))
        fault.strike()
        # Large, so that it needs a page more than there are.
        tell(bus, msgspec.structs.replace(end, surface="x" * 40_000))
        wait_until(lambda: service.counters.store_failures > 1)
        fault.heal()
        wait_until(partial(is_closed, path))
    assert stored(path) == offline(end, frames)


def test_rows_that_could_not_be_written_are_written_when_the_store_recovers(
    bus: MemoryBus,
    path: Path,
    run: Any,  # noqa: ANN401
    connections: Connections,
) -> None:
    """All is acknowledged, so nothing comes any more that would bring them back."""
    frames = in_time(run.frames())
    end, acks = ended(run.meta, frames), Acks(bus, path)
    fault = Fault("read-only", connections, path)

    def strike_after_the_last_ack(topic: str, payload: bytes) -> None:
        del topic, payload
        if acks.reach(frames):
            fault.strike()

    bus.subscribe(topics.ALL_ACKS, strike_after_the_last_ack)
    with processing(bus, path) as service:
        tell(bus, end)
        send(bus, frames)
        wait_until(lambda: service.counters.store_failures > 1)
        assert not is_closed(path)
        fault.heal()
        wait_until(partial(is_closed, path))
    assert stored(path) == offline(end, frames)


def test_a_store_that_cannot_be_opened_is_said_before_anything_starts(
    bus: MemoryBus, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    service = ProcessingService(bus, tmp_path / "taken" / "treadwear.db")
    with pytest.raises(StoreError):
        service.start()
    assert not service.is_alive


def test_the_live_tile_goes_from_calibrating_to_live_to_ended(
    bus: MemoryBus,
    path: Path,
    simulate: Simulate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("processing.service._TILE_EVERY_S", 0.0)
    run = simulate(5, 60.0)
    tiles: list[LiveTile] = []
    bus.subscribe(
        topics.ALL_LIVE, lambda _, payload: tiles.append(loads(payload, LiveTile))
    )
    frames = in_time(run.frames())
    with processing(bus, path) as service:
        tell(bus, run.meta)
        for begin in range(0, len(frames), 40):
            send(bus, frames[begin : begin + 40])
            sent = min(begin + 40, len(frames))
            wait_until(lambda n=sent: service.counters.stored == n)  # type: ignore[misc]
            wait_until(lambda n=begin // 40: len(tiles) > n)  # type: ignore[misc]
        tell(bus, ended(run.meta, frames))
        wait_until(partial(is_closed, path))
    states = [state for state, _ in itertools.groupby(tile.state for tile in tiles)]
    assert states == ["calibrating", "warming", "live", "ended"]
    times = [tile.data_t_ns for tile in tiles]
    assert times == sorted(times)
    shown = [tile for tile in tiles if tile.asi_pct is not None]
    assert {tile.state for tile in shown} == {"live"}


def test_a_session_without_any_data_can_end(bus: MemoryBus, path: Path) -> None:
    meta = SessionMeta(runner="ana", session="s1", origin_ns=5, state="ended")
    with processing(bus, path):
        tell(bus, meta)
        wait_until(partial(is_closed, path))
    with SqliteStore.open(path, read_only=True) as store:
        (row,) = store.rows(SessionRow, "s1")
    assert (row.steps, row.state, row.duration_s) == (0, "ended", 0.0)


def test_ends_name_one_past_the_last_frame(run: Any) -> None:  # noqa: ANN401
    ends = ends_of(run.frames())
    assert ends["left"] == StreamEnd(0, len(run.batches[Slot.LEFT]))
