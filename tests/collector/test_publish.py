import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.flow import FlowSettings
from collector.publish import Publisher
from collector.spool import Spool, StreamKey
from collector.spool_database import ROW_BYTES
from contract import topics
from contract.bus import MemoryBus
from contract.errors import BusError
from contract.messages import Ack, Event, SessionMeta, StreamEnd, dumps, loads
from contract.model import ImuBatch, Slot
from contract.wire import decode, encode

LEFT = StreamKey("ana", "s1", Slot.LEFT)
HIP = StreamKey("ana", "s1", Slot.HIP)
META = SessionMeta(runner="ana", session="s1", origin_ns=5)
Place = tuple[int, int]


def batch(stream: StreamKey, seq: int, epoch: int = 0) -> ImuBatch:
    counts = np.full((20, 6), seq % 1000, np.int16)
    return ImuBatch(stream.slot, epoch, seq, seq, 0, 200.0, 0.005, 0.001, counts)


FRAME_BYTES = len(encode(batch(LEFT, 0))) + ROW_BYTES


class WeakBus(MemoryBus):
    """A bus that can be away, refuse, and lose what it took; and says it is back."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False
        self.refusals = 0
        self.loses: Callable[[str], bool] = lambda _: False
        self._callbacks: list[Callable[[], None]] = []

    @property
    def is_connected(self) -> bool:
        return not self.is_away and super().is_connected

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False
    ) -> None:
        if self.refusals or self.is_away:
            self.refusals = max(0, self.refusals - 1)
            raise BusError("the bus is away")
        if not self.loses(topic):
            super().publish(topic, payload, qos=qos, retain=retain)

    def on_connect(self, callback: Callable[[], None]) -> None:
        self._callbacks.append(callback)
        callback()

    def come_back(self) -> None:
        self.is_away = False
        for callback in self._callbacks:
            callback()


class Processing:
    """The other end of the protocol: stores in order, acknowledges, knows of gaps."""

    def __init__(self, bus: MemoryBus) -> None:
        self.bus = bus
        self.is_there = True
        self.arrivals: list[tuple[StreamKey, Place]] = []
        self.stored: dict[StreamKey, list[Place]] = {}
        self.next: dict[StreamKey, Place] = {}
        self.lost: dict[tuple[StreamKey, int], set[int]] = {}
        self.gaps: list[Event] = []
        self.metas: list[SessionMeta] = []
        bus.subscribe(topics.ALL_IMU, self.on_frame)
        bus.subscribe(topics.ALL_EVENTS, self.on_event)
        bus.subscribe(topics.ALL_META, self.on_meta)

    def on_frame(self, topic: str, payload: bytes) -> None:
        address, frame = topics.parse(topic), decode(payload)
        assert address.slot is frame.slot
        stream = StreamKey(address.runner, address.session, frame.slot)
        self.arrivals.append((stream, (frame.epoch, frame.seq)))
        if not self.is_there:
            return
        epoch, expected = self.next.get(stream, (0, 0))
        if frame.epoch > epoch:
            epoch, expected = frame.epoch, self.past_losses(stream, frame.epoch, 0)
        if (frame.epoch, frame.seq) == (epoch, expected):
            self.stored.setdefault(stream, []).append((epoch, expected))
            expected = self.past_losses(stream, epoch, expected + 1)
        self.acknowledge(stream, (epoch, expected))

    def past_losses(self, stream: StreamKey, epoch: int, seq: int) -> int:
        while seq in self.lost.get((stream, epoch), ()):
            seq += 1
        return seq

    def on_event(self, topic: str, payload: bytes) -> None:
        if not self.is_there:
            return
        address, gap = topics.parse(topic), loads(payload, Event)
        self.gaps.append(gap)
        stream = StreamKey(address.runner, address.session, Slot.from_word(gap.slot))
        seqs = self.lost.setdefault((stream, gap.epoch), set())
        seqs.update(range(gap.first_seq, gap.last_seq + 1))
        epoch, expected = self.next.get(stream, (0, 0))
        if gap.epoch >= epoch:
            expected = expected if gap.epoch == epoch else 0
            seq = self.past_losses(stream, gap.epoch, expected)
            self.acknowledge(stream, (gap.epoch, seq))

    def on_meta(self, topic: str, payload: bytes) -> None:
        del topic
        if self.is_there:
            self.metas.append(loads(payload, SessionMeta))

    def acknowledge(self, stream: StreamKey, place: Place) -> None:
        self.next[stream] = place
        topic = topics.ack(stream.runner, stream.session, stream.slot)
        self.bus.publish(topic, dumps(Ack(*place)), retain=True)


class Bench:
    """A spool, a bus, processing and a publisher whose clock is turned by hand."""

    def __init__(self, spool: Spool) -> None:
        self.now_s = 1000.0
        self.spool = spool
        self.bus = WeakBus()
        self.processing = Processing(self.bus)
        self.publisher = self.new_publisher()

    def new_publisher(self) -> Publisher:
        return Publisher(self.bus, self.spool, FlowSettings(), lambda: self.now_s)

    def fill(self, stream: StreamKey, seqs: range, epoch: int = 0) -> None:
        self.spool.append((stream, batch(stream, seq, epoch)) for seq in seqs)

    def steps(self, times: int = 20, each_s: float = 0.0) -> None:
        for _ in range(times):
            self.publisher.step()
            self.now_s += each_s

    def arrived(self, stream: StreamKey = LEFT) -> list[Place]:
        return [place for key, place in self.processing.arrivals if key == stream]


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


def in_order(n: int, epoch: int = 0, first: int = 0) -> list[Place]:
    return [(epoch, seq) for seq in range(first, n)]


def test_frames_arrive_once_and_in_order_when_all_is_well(bench: Bench) -> None:
    bench.fill(LEFT, range(1000))
    bench.fill(HIP, range(10))
    bench.steps()
    assert bench.arrived() == in_order(1000)
    assert bench.arrived(HIP) == in_order(10)
    assert bench.spool.held_frames == 0
    counts = bench.publisher.counts
    assert (counts.sent, counts.resent, counts.acked) == (1010, 0, 1010)


def test_no_more_than_the_window_is_under_way(bench: Bench) -> None:
    bench.processing.is_there = False
    bench.fill(LEFT, range(500))
    bench.steps(times=20, each_s=0.1)
    assert bench.arrived() == in_order(200)


def test_without_progress_frames_go_again_from_the_acknowledged_one(
    bench: Bench,
) -> None:
    bench.fill(LEFT, range(40))
    bench.steps()
    bench.processing.is_there = False
    bench.fill(LEFT, range(40, 100))
    bench.steps()
    bench.processing.arrivals.clear()
    bench.now_s += 2.9
    bench.steps()
    assert bench.arrived() == []
    bench.now_s += 0.2
    bench.steps()
    assert bench.arrived() == in_order(50, first=40)
    assert bench.publisher.counts.resent == 10


def test_processing_that_was_away_for_an_hour_gets_everything(bench: Bench) -> None:
    bench.processing.is_there = False
    for seq in range(600):
        bench.fill(LEFT, range(seq, seq + 1))
        bench.publisher.step()
        bench.now_s += 6.0
    # Ten a probe, not the whole window: the broker's queue must not fill.
    assert len(bench.arrived()) < 200 + 600 * 12
    bench.processing.is_there = True
    bench.steps(times=20, each_s=1.0)
    assert bench.processing.stored[LEFT] == in_order(600)
    assert bench.spool.held_frames == 0


def test_after_a_reconnect_frames_go_again_at_once(bench: Bench) -> None:
    bench.processing.is_there = False
    bench.fill(LEFT, range(50))
    bench.steps()
    bench.bus.is_away = True
    bench.steps()
    bench.processing.arrivals.clear()
    bench.processing.is_there = True
    bench.bus.come_back()
    bench.steps()
    assert bench.processing.stored[LEFT] == in_order(50)
    assert bench.arrived() == in_order(50)


def test_lost_acknowledgements_only_cost_a_resend(bench: Bench) -> None:
    bench.bus.loses = lambda topic: topic.endswith("/ack")
    bench.fill(LEFT, range(30))
    bench.steps()
    assert bench.spool.held_frames == 30
    bench.bus.loses = lambda _: False
    bench.steps(times=5, each_s=1.0)
    assert bench.spool.held_frames == 0
    assert bench.processing.stored[LEFT] == in_order(30)


def test_duplicate_and_old_acknowledgements_change_nothing(bench: Bench) -> None:
    bench.fill(LEFT, range(10))
    bench.steps()
    topic = topics.ack("ana", "s1", Slot.LEFT)
    bench.processing.is_there = False
    bench.fill(LEFT, range(10, 20))
    bench.steps()
    for next_seq in (10, 10, 3, 0):
        bench.bus.publish(topic, dumps(Ack(0, next_seq)))
    bench.steps()
    assert bench.spool.held_frames == 10
    assert bench.publisher.counts.resent == 0


@pytest.mark.parametrize(
    "payload",
    [dumps(Ack(0, 201)), dumps(Ack(0, 400)), dumps(Ack(7, 0)), b"", b"{}", b"\xff"],
)
def test_an_acknowledgement_beyond_what_was_sent_is_ignored(
    bench: Bench, payload: bytes
) -> None:
    bench.processing.is_there = False
    bench.fill(LEFT, range(500))
    bench.steps()
    bench.bus.publish(topics.ack("ana", "s1", Slot.LEFT), payload)
    bench.bus.publish(topics.ack("bob", "s9", Slot.LEFT), dumps(Ack(0, 3)))
    bench.steps()
    assert bench.spool.held_frames == 500


def test_a_later_epoch_waits_until_the_earlier_is_stored(bench: Bench) -> None:
    bench.processing.is_there = False
    bench.fill(LEFT, range(5), epoch=0)
    bench.fill(LEFT, range(5), epoch=1)
    bench.steps(times=10, each_s=1.0)
    assert {epoch for epoch, _ in bench.arrived()} == {0}
    bench.processing.is_there = True
    bench.steps(times=10, each_s=1.0)
    assert bench.processing.stored[LEFT] == in_order(5) + in_order(5, epoch=1)


def test_a_refusing_bus_is_tried_again(bench: Bench) -> None:
    bench.fill(LEFT, range(30))
    bench.bus.refusals = 3
    bench.steps()
    assert bench.arrived() == in_order(30)
    assert bench.publisher.counts.refused == 3


def test_a_full_spool_reports_the_loss_and_goes_on(small: Bench) -> None:
    small.bus.is_away = True
    small.fill(LEFT, range(50))
    small.steps()
    small.bus.come_back()
    small.steps()
    assert small.processing.stored[LEFT] == in_order(50, first=30)
    (gap,) = small.processing.gaps
    assert (gap.kind, gap.slot) == ("gap", "left")
    assert (gap.epoch, gap.first_seq, gap.last_seq) == (0, 0, 29)
    assert small.spool.gaps(LEFT) == []
    assert small.publisher.counts.dropped == 30


def test_a_loss_among_frames_under_way_is_reported(small: Bench) -> None:
    small.fill(LEFT, range(10))
    small.steps()
    small.processing.is_there = False
    small.fill(LEFT, range(10, 25))
    small.steps()
    small.fill(LEFT, range(25, 60))
    small.steps(times=5)
    small.processing.is_there = True
    small.steps(times=10, each_s=1.0)
    assert small.processing.stored[LEFT] == in_order(10) + in_order(60, first=40)
    assert small.processing.gaps[-1].last_seq == 39
    assert small.spool.held_frames == 0
    assert small.spool.gaps(LEFT) == []


def test_a_loss_is_told_again_until_acknowledged_past(small: Bench) -> None:
    small.bus.loses = lambda topic: topic.endswith("/event")
    small.fill(LEFT, range(30))
    small.steps(times=8, each_s=1.0)
    assert small.spool.gaps(LEFT) != []
    small.bus.loses = lambda _: False
    small.steps(times=8, each_s=1.0)
    assert small.spool.gaps(LEFT) == []
    assert small.processing.stored[LEFT] == in_order(30, first=10)


def test_an_epoch_lost_as_a_whole_does_not_stop_the_next(small: Bench) -> None:
    small.bus.is_away = True
    small.fill(LEFT, range(8), epoch=0)
    small.fill(LEFT, range(20), epoch=1)
    small.bus.come_back()
    small.steps(times=10, each_s=1.0)
    assert small.processing.stored[LEFT] == in_order(20, epoch=1)
    assert small.spool.gaps(LEFT) == []


def test_a_loss_in_a_later_epoch_is_told_after_the_earlier_one(small: Bench) -> None:
    small.processing.is_there = False
    small.fill(LEFT, range(8), epoch=0)
    small.fill(LEFT, range(30), epoch=1)
    told: list[int] = []
    small.bus.subscribe(
        topics.ALL_EVENTS, lambda _, p: told.append(loads(p, Event).epoch)
    )
    small.steps(times=2)
    assert told == [0]
    small.processing.is_there = True
    small.steps(times=8, each_s=1.0)
    assert 1 in told
    assert small.processing.stored[LEFT] == in_order(30, epoch=1, first=10)


def test_the_next_epoch_goes_on_even_if_nobody_acknowledges_a_loss(
    small: Bench,
) -> None:
    small.bus.loses = lambda topic: topic.endswith("/event")
    small.fill(LEFT, range(8), epoch=0)
    small.fill(LEFT, range(20), epoch=1)
    small.publisher.step()
    assert small.arrived() == []
    small.steps(times=10, each_s=1.0)
    assert small.processing.stored[LEFT] == in_order(20, epoch=1)


def test_a_restarted_collector_goes_on_with_the_same_spool(tmp_path: Path) -> None:
    first = Bench(Spool(tmp_path / "spool.db"))
    first.bus.loses = lambda topic: topic.endswith("/ack")
    first.fill(LEFT, range(100))
    first.steps()
    first.spool._connection.close()  # as the end of its process does
    second = Bench(Spool(tmp_path / "spool.db"))
    second.processing = first.processing
    second.processing.bus = second.bus = first.bus
    second.bus.loses = lambda _: False
    second.publisher = second.new_publisher()
    second.steps()
    assert second.spool.held_frames == 0
    assert second.processing.stored[LEFT] == in_order(100)
    second.spool.close()


def test_a_retained_acknowledgement_saves_a_restarted_collector_the_resend(
    bench: Bench,
) -> None:
    bench.fill(LEFT, range(100))
    topic = topics.ack("ana", "s1", Slot.LEFT)
    bench.bus.publish(topic, dumps(Ack(0, 60)), retain=True)
    bench.processing.next[LEFT] = (0, 60)
    bench.publisher = bench.new_publisher()
    bench.steps()
    assert bench.arrived() == in_order(100, first=60)


def test_a_session_is_described_at_once_and_again_after_a_reconnect(
    bench: Bench,
) -> None:
    bench.spool.put_meta(META)
    bench.steps()
    assert bench.processing.metas == [META]
    bench.bus.come_back()
    bench.steps()
    assert bench.processing.metas == [META, META]
    late = Processing(bench.bus)
    assert late.metas == [META]  # retained


def test_an_ended_session_is_described_until_processing_has_all(bench: Bench) -> None:
    bench.bus.loses = lambda topic: topic.endswith("/ack")
    bench.spool.put_meta(META)
    bench.fill(LEFT, range(30))
    ended = SessionMeta(
        runner="ana",
        session="s1",
        origin_ns=5,
        state="ended",
        ends={"left": StreamEnd(0, 30)},
    )
    bench.spool.put_meta(ended)
    bench.steps()
    assert bench.spool.metas() == [ended]
    bench.publisher = bench.new_publisher()  # restarted
    bench.bus.loses = lambda _: False
    bench.steps(times=5, each_s=1.0)
    assert bench.spool.metas() == []
    assert bench.processing.metas[-1] == ended


def test_an_end_that_was_lost_is_told_again_once_all_is_stored(bench: Bench) -> None:
    bench.processing.is_there = False
    bench.bus.loses = lambda topic: topic.endswith("/meta")
    bench.fill(LEFT, range(5))
    ends = {"left": StreamEnd(0, 5)}
    ended = SessionMeta(
        runner="ana", session="s1", origin_ns=5, state="ended", ends=ends
    )
    bench.spool.put_meta(ended)
    bench.steps()
    bench.bus.loses = lambda _: False
    bench.processing.is_there = True
    bench.steps(times=5, each_s=1.0)
    assert bench.processing.metas == [ended]
    assert bench.spool.metas() == []


def test_the_thread_sends_without_being_stepped(bench: Bench) -> None:
    bench.publisher.start()
    bench.fill(LEFT, range(500))
    bench.publisher.wake()
    for _ in range(1000):
        if not bench.spool.held_frames:
            break
        time.sleep(0.01)
    bench.publisher.close()
    assert bench.processing.stored[LEFT] == in_order(500)


def test_another_thread_fault_than_the_bus_does_not_end_sending(bench: Bench) -> None:
    # The disk refuses to forget frames for a while: an acknowledgement cannot be kept.
    bench.fill(LEFT, range(5))
    bench.spool._connection.execute("PRAGMA query_only = ON")
    bench.publisher.start()
    time.sleep(0.3)
    bench.spool._connection.execute("PRAGMA query_only = OFF")
    bench.now_s += 10
    for _ in range(1000):
        bench.now_s += 0.1
        if not bench.spool.held_frames:
            break
        time.sleep(0.01)
    bench.publisher.close()
    assert bench.processing.stored[LEFT] == in_order(5)


Action = tuple[str, int]
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["frames", "frames", "epoch", "step", "refuse", "lose", "away", "back"]
        ),
        st.integers(1, 60),
    ),
    max_size=40,
)


@given(actions=ACTIONS, lossy=st.integers(0, 2**32 - 1), share=st.floats(0, 0.7))
@settings(max_examples=40)
def test_every_frame_arrives_in_order_per_epoch_under_any_loss(
    actions: list[Action], lossy: int, share: float
) -> None:
    chance = np.random.default_rng(lossy)
    with TemporaryDirectory() as directory:
        spool = Spool(Path(directory) / "spool.db")
        try:
            check_all_arrives(Bench(spool), actions, lambda: chance.random() < share)
        finally:
            spool.close()


def check_all_arrives(
    bench: Bench, actions: list[Action], is_lost: Callable[[], bool]
) -> None:
    epoch, seq, appended = 0, 0, []
    for action, amount in actions:
        if action == "frames":
            bench.fill(LEFT, range(seq, seq + amount), epoch)
            appended += in_order(seq + amount, epoch, seq)
            seq += amount
        elif action == "epoch":
            epoch, seq = epoch + 1, 0
        elif action == "refuse":
            bench.bus.refusals = amount
        elif action == "lose":
            bench.bus.loses = lambda _: is_lost()
        elif action == "away":
            bench.processing.is_there = False
        elif action == "back":
            bench.processing.is_there = True
            bench.bus.come_back()
        bench.steps(times=2, each_s=amount / 10)
        first = list(dict.fromkeys(bench.arrived()))
        assert no_epoch_begins_early(bench, appended), first
    bench.bus.loses, bench.bus.refusals = lambda _: False, 0
    bench.processing.is_there = True
    bench.steps(times=60, each_s=1.0)
    assert bench.processing.stored.get(LEFT, []) == appended
    assert set(bench.arrived()) == set(appended)
    assert bench.spool.held_frames == 0


def no_epoch_begins_early(bench: Bench, appended: list[Place]) -> bool:
    """Whether processing had all of each epoch before the next one came."""
    begun = max((epoch for epoch, _ in bench.arrived()), default=0)
    stored = set(bench.processing.stored.get(LEFT, []))
    return all(place in stored for place in appended if place[0] < begun)
