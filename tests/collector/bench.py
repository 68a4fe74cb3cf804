"""A publisher on a bench: a weak bus, a processing that answers, a clock by hand."""

from collections.abc import Callable

import numpy as np

from collector.flow import FlowSettings
from collector.publish import Publisher
from collector.spool import Spool, StreamKey
from collector.spool_database import ROW_BYTES
from contract import topics
from contract.bus import MemoryBus
from contract.errors import BusError
from contract.messages import Ack, Event, SessionMeta, dumps, loads
from contract.model import ImuBatch, Slot
from contract.wire import decode, encode

LEFT = StreamKey("ana", "s1", Slot.LEFT)
HIP = StreamKey("ana", "s1", Slot.HIP)
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
        self.ended: set[str] = set()
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
        if not self.is_there:
            return
        meta = loads(payload, SessionMeta)
        self.metas.append(meta)
        if meta.state == "ended":
            self.ended.add(meta.session)
            for word in meta.ends:
                stream = StreamKey(meta.runner, meta.session, Slot.from_word(word))
                self.acknowledge(stream, self.next.get(stream, (0, 0)))

    def acknowledge(self, stream: StreamKey, place: Place) -> None:
        self.next[stream] = place
        topic = topics.ack(stream.runner, stream.session, stream.slot)
        is_over = stream.session in self.ended
        self.bus.publish(topic, dumps(Ack(*place, is_over)), retain=True)


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


def in_order(n: int, epoch: int = 0, first: int = 0) -> list[Place]:
    return [(epoch, seq) for seq in range(first, n)]
