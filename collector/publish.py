"""Frames from the spool to the bus, again and again until processing has stored them.

They stay in the spool until the application's own acknowledgement (`Ack`), because no
broker's memory is trusted; so does a session's description until its end is stored.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from collector.flow import Flow, FlowSettings
from collector.spool import Spool, StreamKey
from contract import topics
from contract.bus import Bus
from contract.errors import BusError, PayloadError, TopicError, TreadwearError
from contract.messages import Ack, Event, SessionMeta, dumps, loads

_LOG = logging.getLogger(__name__)
# Longest sleep between two looks at the spool; a frame comes every 0.1 s.
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class PublisherCounts:
    """What became of frames and messages.

    ``sent``, ``resent`` (each time more), ``refused`` (by the bus) and ``bad_acks``
    count since the publisher was made; ``acked`` and ``dropped`` since the sessions
    began of which it sent anything.
    """

    sent: int = 0
    resent: int = 0
    refused: int = 0
    bad_acks: int = 0
    acked: int = 0
    dropped: int = 0


class Publisher:
    """Sends what the spool holds: on a thread of its own, or one `step` at a time.

    Parameters
    ----------
    bus : Bus
        Where to send.
    spool : Spool
        What to send; stays open.
    settings : FlowSettings, optional
        Window and patience.
    clock : callable
        Seconds that never run back.
    """

    def __init__(
        self,
        bus: Bus,
        spool: Spool,
        settings: FlowSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bus, self._spool, self._clock = bus, spool, clock
        self._settings = settings or FlowSettings()
        self._acks: deque[tuple[StreamKey, Ack]] = deque()
        self._flows: dict[StreamKey, Flow] = {}
        self._told_metas: dict[tuple[str, str], tuple[SessionMeta, float]] = {}
        self._over: set[tuple[str, str]] = set()
        self._sent = self._resent = self._refused = self._bad_acks = 0
        self._is_reconnected = threading.Event()
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._recall()
        bus.subscribe(topics.ALL_ACKS, self._on_ack)
        bus.on_connect(self._on_connect)

    @property
    def counts(self) -> PublisherCounts:
        """What became of frames so far."""
        frames = [self._spool.counts(stream) for stream in list(self._flows)]
        return PublisherCounts(
            sent=self._sent,
            resent=self._resent,
            refused=self._refused,
            bad_acks=self._bad_acks,
            acked=sum(count.acked for count in frames),
            dropped=sum(count.dropped for count in frames),
        )

    def start(self) -> None:
        """Begin sending on a thread."""
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look at the spool now: something was added."""
        self._wake.set()

    def close(self) -> None:
        """End the thread; what is not acknowledged stays in the spool."""
        self._stop.set()
        self._wake.set()
        if self._thread:
            self._thread.join()

    def step(self) -> None:
        """Take in what came back, then send what may be sent."""
        self._take_acks()
        if self._is_reconnected.is_set():
            self._is_reconnected.clear()
            self._begin_again()
        if not self._bus.is_connected:
            return
        try:
            self._tell_metas()
            for stream in self._spool.streams():
                self._serve(stream)
            self._close_sessions()
        except BusError:
            self._refused += 1  # the same is tried again with the next step

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self.step()
            except TreadwearError as fault:
                # A full disk refuses even to forget frames; it may have room again.
                _LOG.warning("nothing can be sent now: %s", fault)
                self._stop.wait(_POLL_S)
            self._wake.wait(_POLL_S)

    def _recall(self) -> None:
        """Expect acknowledgements of what an earlier process may have sent."""
        for stream in self._spool.streams():
            end = self._spool.end(stream)
            place = (end.epoch, end.next_seq) if end else (0, 0)
            self._flows[stream] = Flow(self._settings, most_place=place)

    def _on_ack(self, topic: str, payload: bytes) -> None:
        if self._stop.is_set():
            return
        try:
            address, ack = topics.parse(topic), loads(payload, Ack)
        except (TopicError, PayloadError):
            self._bad_acks += 1
            return
        if address.slot is not None:
            stream = StreamKey(address.runner, address.session, address.slot)
            self._acks.append((stream, ack))
            self._wake.set()

    def _on_connect(self) -> None:
        self._is_reconnected.set()
        self._wake.set()

    def _take_acks(self) -> None:
        # Not for-in: the bus may add while this thread takes.
        came = [self._acks.popleft() for _ in range(len(self._acks))]
        believed = []
        for stream, ack in came:
            if ack.is_over:
                self._over.add((stream.runner, stream.session))
            flow = self._flows.get(stream)
            if flow is not None and flow.believes(ack):
                believed.append((stream, ack))
        if not believed:
            return
        for stream in self._spool.acknowledge(believed):
            acked = self._spool.acked(stream)
            self._flows[stream].note_progress(acked, self._clock())

    def _begin_again(self) -> None:
        """Send all again that is not acknowledged: the broker may have lost it."""
        self._told_metas.clear()
        for stream, flow in self._flows.items():
            acked = self._spool.acked(stream)
            flow.go_back(acked, self._clock(), is_probe=False)

    def _serve(self, stream: StreamKey) -> None:
        """Send what may be sent of one stream."""
        flow = self._flows.setdefault(stream, Flow(self._settings))
        now_s = self._clock()
        if flow.is_overdue(now_s):
            flow.go_back(self._spool.acked(stream), now_s, is_probe=True)
        gaps = self._spool.gaps(stream)
        frames = []
        if flow.room:
            epoch, seq = flow.next_place
            next_frames = self._spool.pending(stream, (epoch, seq - 1), flow.room)
            frames = flow.sendable(next_frames, gaps)
        # A loss that grows is told again only when frames after it go.
        if frames or not flow.told_gaps:
            self._tell_gaps(stream, flow, gaps)
        topic = topics.imu(stream.runner, stream.session, stream.slot)
        for frame in frames:
            self._bus.publish(topic, frame.payload)
            is_again = flow.note_sent(frame, now_s)
            self._resent += is_again
            self._sent += not is_again

    def _tell_gaps(self, stream: StreamKey, flow: Flow, gaps: list[Event]) -> None:
        flow.told_gaps.intersection_update(gaps)
        for gap in flow.tellable(gaps):
            if gap not in flow.told_gaps:
                topic = topics.event(stream.runner, stream.session)
                self._bus.publish(topic, dumps(gap))
                flow.note_told(gap, self._clock())

    def _tell_metas(self) -> None:
        now_s = self._clock()
        for meta in self._spool.metas():
            key = (meta.runner, meta.session)
            if meta.state == "running":
                self._over.discard(key)
            told, told_s = self._told_metas.get(key, (None, 0.0))
            is_overdue = now_s - told_s >= self._settings.resend_after_s
            if told != meta or (is_overdue and self._is_whole(meta)):
                topic = topics.meta(meta.runner, meta.session)
                self._bus.publish(topic, dumps(self._with_waiting(meta)), retain=True)
                self._told_metas[key] = meta, now_s

    def _with_waiting(self, meta: SessionMeta) -> SessionMeta:
        """Add what waits on disk; what is said of an end is not of that moment."""
        if meta.state == "ended":
            return meta
        waiting = self._spool.held_frames
        return msgspec.structs.replace(meta, waiting_frames=waiting)

    def _close_sessions(self) -> None:
        """Let go of sessions whose frames and end are both known to be stored."""
        for meta in self._spool.metas():
            is_over = (meta.runner, meta.session) in self._over
            if (is_over or self._is_told(meta)) and self._is_whole(meta):
                self._spool.drop_meta(meta)

    def _is_told(self, meta: SessionMeta) -> bool:
        """Whether an end without any frame was said: no stream is there to answer."""
        told, _ = self._told_metas.get((meta.runner, meta.session), (None, 0.0))
        return not meta.ends and told == meta

    def _is_whole(self, meta: SessionMeta) -> bool:
        """Whether a session has ended and all of its frames are stored."""
        is_stored = self._spool.is_stored(meta.runner, meta.session)
        return meta.state == "ended" and is_stored
