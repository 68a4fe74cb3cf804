import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from collector.flow import FlowSettings
from collector.service import CollectorService, SessionPlan
from collector.source import Source
from collector.spool import Spool, StreamKey
from collector.spool_database import ROW_BYTES
from contract import topics
from contract.bus import MemoryBus
from contract.errors import RecordingError, UsageError
from contract.messages import Ack, Event, SessionMeta, StreamEnd, dumps, loads
from contract.model import ImuBatch, Slot
from contract.wire import OVERHEAD_BYTES, SAMPLE_BYTES, decode

PATIENCE_S = 20.0
FRAME_BYTES = OVERHEAD_BYTES + 20 * SAMPLE_BYTES + ROW_BYTES


class Steps:
    """A source of n frames of 0.1 s each, that may fail or call back on the way."""

    def __init__(self, slot: Slot, n: int, *, late_s: float = 0.0) -> None:
        self._slot, self._n, self._late_s = slot, n, late_s
        self.fails_at: int | None = None
        self.asked = threading.Event()

    @property
    def slot(self) -> Slot:
        return self._slot

    def batches(self) -> Iterator[ImuBatch]:
        for seq in range(self._n):
            if seq == self.fails_at:
                raise RecordingError("the cable fell out")
            if seq == 3:
                self.asked.set()
            counts = np.full((20, 6), seq, np.int16)
            t0_ns = 10**18 + round((seq * 0.1 + self._late_s) * 1e9)
            yield ImuBatch(self._slot, 0, seq, t0_ns, 0, 200.0, 0.005, 0.001, counts)


class Processing:
    """Stores frames in order, skips what is announced as lost, acknowledges."""

    def __init__(self, bus: MemoryBus) -> None:
        self.bus = bus
        self.is_there = True
        self.frames: dict[tuple[str, Slot, int], list[int]] = {}
        self.next: dict[tuple[str, Slot, int], int] = {}
        self.order: list[tuple[int, Slot]] = []
        self.metas: list[SessionMeta] = []
        self.ended: set[str] = set()
        bus.subscribe(topics.ALL_IMU, self.on_frame)
        bus.subscribe(topics.ALL_EVENTS, self.on_event)
        bus.subscribe(topics.ALL_META, self.on_meta)

    def on_frame(self, topic: str, payload: bytes) -> None:
        if not self.is_there:
            return
        address, frame = topics.parse(topic), decode(payload)
        key = (address.session, frame.slot, frame.epoch)
        if frame.seq == self.next.get(key, 0):
            self.frames.setdefault(key, []).append(frame.seq)
            self.order.append((frame.t0_ns, frame.slot))
            self.next[key] = frame.seq + 1
        self.acknowledge(address, frame.slot, frame.epoch, self.next.get(key, 0))

    def on_event(self, topic: str, payload: bytes) -> None:
        if not self.is_there:
            return
        address, gap = topics.parse(topic), loads(payload, Event)
        slot = Slot.from_word(gap.slot)
        key = (address.session, slot, gap.epoch)
        if gap.first_seq <= self.next.get(key, 0) <= gap.last_seq:
            self.next[key] = gap.last_seq + 1
        self.acknowledge(address, slot, gap.epoch, self.next.get(key, 0))

    def on_meta(self, topic: str, payload: bytes) -> None:
        address, meta = topics.parse(topic), loads(payload, SessionMeta)
        self.metas.append(meta)
        if meta.state == "ended":
            self.ended.add(meta.session)
            for word in meta.ends if self.is_there else ():
                slot = Slot.from_word(word)
                known = [k for k in self.next if k[:2] == (meta.session, slot)]
                last = max(known, key=lambda k: k[2], default=(meta.session, slot, 0))
                self.acknowledge(address, slot, last[2], self.next.get(last, 0))

    def acknowledge(
        self, address: topics.Address, slot: Slot, epoch: int, next_seq: int
    ) -> None:
        topic = topics.ack(address.runner, address.session, slot)
        is_over = address.session in self.ended
        self.bus.publish(topic, dumps(Ack(epoch, next_seq, is_over)), retain=True)


def plan(session: str = "s1", *sources: Source) -> SessionPlan:
    meta = SessionMeta(runner="ana", session=session, origin_ns=10**18)
    return SessionPlan(meta, sources or (Steps(Slot.LEFT, 50), Steps(Slot.RIGHT, 40)))


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool.db")
    yield spool
    spool.close()


def test_a_session_is_fed_stored_and_ended(bus: MemoryBus, spool: Spool) -> None:
    processing = Processing(bus)
    with CollectorService(bus, spool, [plan()], speed=None) as service:
        assert service.wait(PATIENCE_S)
        (progress,) = service.progress()
    assert processing.frames == {
        ("s1", Slot.LEFT, 0): list(range(50)),
        ("s1", Slot.RIGHT, 0): list(range(40)),
    }
    assert processing.metas[-1].state == "ended"
    ends = {"left": StreamEnd(0, 50), "right": StreamEnd(0, 40)}
    assert processing.metas[-1].ends == ends
    assert progress.is_stored
    assert (progress.fed_frames, progress.acked_frames) == (90, 90)
    assert progress.fed_s == pytest.approx(5.0)


def test_the_end_of_a_session_comes_after_its_start_for_a_late_listener(
    bus: MemoryBus, spool: Spool
) -> None:
    Processing(bus)
    with CollectorService(bus, spool, [plan()], speed=0) as service:
        assert service.wait(PATIENCE_S)
    (kept,) = Processing(bus).metas
    assert kept.state == "ended"


def test_the_sensors_of_a_session_are_merged_in_order_of_time(
    bus: MemoryBus, spool: Spool
) -> None:
    sources = (Steps(Slot.LEFT, 30), Steps(Slot.HIP, 30, late_s=0.05))
    feeding = CollectorService(bus, spool, [plan("s1", *sources)], speed=None)
    feeding.start()
    feeding.stop()
    feeding.close()
    rows = spool._query("SELECT t_ns FROM frame ORDER BY id")
    assert rows == sorted(rows)


def test_several_sessions_run_side_by_side(bus: MemoryBus, spool: Spool) -> None:
    processing = Processing(bus)
    plans = [plan(f"s{k}") for k in range(5)]
    with CollectorService(bus, spool, plans, speed=None) as service:
        service.add(plan("late"))
        assert service.wait(PATIENCE_S)
        assert [p.is_stored for p in service.progress()] == [True] * 6
    assert len(processing.frames) == 12


def test_at_a_given_speed_frames_come_no_earlier_than_a_sensor_sends_them(
    bus: MemoryBus, spool: Spool
) -> None:
    processing = Processing(bus)
    began_s = time.monotonic()
    with CollectorService(bus, spool, [plan()], speed=10.0) as service:
        assert service.wait(PATIENCE_S)
        assert service.progress()[0].fed_s == pytest.approx(5.0)
    # A lower bound, which no slow machine can break: 5 s of run, ten times as fast.
    assert time.monotonic() - began_s > 0.49
    assert processing.frames["s1", Slot.LEFT, 0] == list(range(50))


def test_stop_ends_the_session_at_what_was_fed(bus: MemoryBus, spool: Spool) -> None:
    processing = Processing(bus)
    source = Steps(Slot.LEFT, 10_000)
    service = CollectorService(bus, spool, [plan("s1", source)], speed=20.0)
    service.start()
    assert source.asked.wait(PATIENCE_S)
    service.stop()
    assert service.wait(PATIENCE_S)
    service.close()
    fed = processing.frames["s1", Slot.LEFT, 0]
    assert 1 <= len(fed) < 10_000
    assert processing.metas[-1].ends == {"left": StreamEnd(0, len(fed))}


def test_wait_says_when_processing_does_not_answer(
    bus: MemoryBus, spool: Spool
) -> None:
    processing = Processing(bus)
    processing.is_there = False
    with CollectorService(
        bus, spool, [plan()], speed=None, settings=FlowSettings(resend_after_s=0.1)
    ) as service:
        assert not service.wait(0.3)
        assert not service.progress()[0].is_stored
        processing.is_there = True
        assert service.wait(PATIENCE_S)
    assert processing.frames["s1", Slot.RIGHT, 0] == list(range(40))


def test_the_next_process_sends_and_ends_what_a_killed_one_left(
    bus: MemoryBus, tmp_path: Path
) -> None:
    killed = Spool(tmp_path / "spool.db")
    left_open = plan("old").meta
    killed.put_meta(left_open)
    key = StreamKey("ana", "old", Slot.LEFT)
    frames = list(Steps(Slot.LEFT, 25).batches())
    killed.next_epoch(key)
    killed.append((key, frame) for frame in frames)
    killed._connection.close()  # as the end of its process does

    processing = Processing(bus)
    spool = Spool(tmp_path / "spool.db")
    with CollectorService(bus, spool, [plan("new")], speed=None) as service:
        assert service.wait(PATIENCE_S)
    spool.close()
    assert processing.frames["old", Slot.LEFT, 0] == list(range(25))
    last_word = [meta for meta in processing.metas if meta.session == "old"][-1]
    ends = {"left": StreamEnd(0, 25)}
    assert last_word == msgspec.structs.replace(left_open, state="ended", ends=ends)


def test_a_session_that_goes_on_after_a_kill_begins_a_new_epoch(
    bus: MemoryBus, tmp_path: Path
) -> None:
    processing = Processing(bus)
    for _ in range(2):
        spool = Spool(tmp_path / "spool.db")
        with CollectorService(bus, spool, [plan()], speed=None) as service:
            assert service.wait(PATIENCE_S)
        spool.close()
    assert processing.frames["s1", Slot.LEFT, 1] == list(range(50))
    assert processing.metas[-1].ends["left"] == StreamEnd(1, 50)


def test_feeding_as_fast_as_possible_waits_instead_of_dropping(
    bus: MemoryBus, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool.db", max_bytes=60 * FRAME_BYTES)
    processing = Processing(bus)
    processing.is_there = False
    source = Steps(Slot.LEFT, 400)
    with CollectorService(
        bus,
        spool,
        [plan("s1", source)],
        speed=None,
        settings=FlowSettings(resend_after_s=0.1),
    ) as service:
        assert not service.wait(0.4)
        assert service.progress()[0].fed_frames < 60
        processing.is_there = True
        assert service.wait(PATIENCE_S)
        assert service.counts.dropped == 0
    spool.close()
    assert processing.frames["s1", Slot.LEFT, 0] == list(range(400))


def test_a_sensor_that_cannot_wait_loses_the_oldest_and_says_so(
    bus: MemoryBus, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool.db", max_bytes=60 * FRAME_BYTES)
    processing = Processing(bus)
    processing.is_there = False
    source = Steps(Slot.LEFT, 400)
    with CollectorService(
        bus,
        spool,
        [plan("s1", source)],
        speed=1e6,
        settings=FlowSettings(resend_after_s=0.1),
    ) as service:
        while not service.progress()[0].is_fed:
            time.sleep(0.01)
        processing.is_there = True
        assert service.wait(PATIENCE_S)
        (progress,) = service.progress()
    spool.close()
    stored = processing.frames["s1", Slot.LEFT, 0]
    assert stored[-1] == 399
    assert progress.dropped_frames == 400 - progress.acked_frames
    assert progress.dropped_frames >= 340 - 60
    assert processing.metas[-1].ends == {"left": StreamEnd(0, 400)}


def test_a_source_that_fails_ends_its_session_and_is_reported(
    bus: MemoryBus, spool: Spool
) -> None:
    processing = Processing(bus)
    source = Steps(Slot.LEFT, 50)
    source.fails_at = 30
    with (
        CollectorService(bus, spool, [plan("s1", source)], speed=None) as service,
        pytest.raises(RecordingError, match="cable"),
    ):
        service.wait(PATIENCE_S)
    assert processing.frames["s1", Slot.LEFT, 0] == list(range(30))
    assert processing.metas[-1].ends == {"left": StreamEnd(0, 30)}


def test_a_negative_speed_is_refused(bus: MemoryBus, spool: Spool) -> None:
    with pytest.raises(UsageError, match="speed of -1"):
        CollectorService(bus, spool, speed=-1)
