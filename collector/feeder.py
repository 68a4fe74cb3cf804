"""One session's batches into the spool, in order of time, at the pace of the run."""

import heapq
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from collector.source import Source
from collector.spool import Spool, StreamKey
from collector.spool_writer import Pair, SpoolWriter
from contract.messages import SessionMeta
from contract.model import ImuBatch
from contract.units import NS_PER_S

_PRESSURE_POLL_S = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class SessionPlan:
    """A session to be collected: what it is, and the sensors it comes from."""

    meta: SessionMeta
    sources: Sequence[Source]

    @property
    def streams(self) -> list[StreamKey]:
        """Streams of its sensors."""
        runner, session = self.meta.runner, self.meta.session
        return [StreamKey(runner, session, source.slot) for source in self.sources]


class Feeder:
    """Feeds one session, on the thread that calls `run`.

    Parameters
    ----------
    plan : SessionPlan
        What to feed.
    spool : Spool
        Where to.
    speed : float or None
        1 at the pace of the run, 10 ten times as fast, None as fast as possible (then
        it waits while the spool is more than half full; a real sensor cannot wait).
    stop : threading.Event
        Set to end the session at what was fed.
    on_append : callable
        Called after each commit.
    """

    def __init__(
        self,
        plan: SessionPlan,
        spool: Spool,
        *,
        speed: float | None,
        stop: threading.Event,
        on_append: Callable[[], None],
    ) -> None:
        self.plan = plan
        self.fed_s = 0.0
        self._spool, self._speed = spool, speed
        self._stop, self._on_append = stop, on_append
        self._writer = SpoolWriter(spool, on_append, self._wait_for_room)

    @property
    def meta(self) -> SessionMeta:
        """The session."""
        return self.plan.meta

    @property
    def streams(self) -> list[StreamKey]:
        """Streams of its sensors."""
        return self.plan.streams

    @property
    def fed_frames(self) -> int:
        """Frames that are safe on disk."""
        return self._writer.written_frames

    def run(self) -> None:
        """Feed until the sources end or it is told to stop, then end the session."""
        try:
            for pair in self._paced(self._merged()):
                self._writer.add(pair)
        finally:
            self._finish()

    def _merged(self) -> Iterator[Pair]:
        parts = [
            self._of_epoch(stream, source)
            for stream, source in zip(self.plan.streams, self.plan.sources, strict=True)
        ]
        return heapq.merge(*parts, key=lambda pair: end_ns(pair[1]))

    def _of_epoch(self, stream: StreamKey, source: Source) -> Iterator[Pair]:
        epoch = self._spool.next_epoch(stream)
        for batch in source.batches():
            yield stream, replace(batch, epoch=epoch)

    def _paced(self, pairs: Iterator[Pair]) -> Iterator[Pair]:
        """Hold each batch until a sensor would have sent it."""
        first_ns: int | None = None
        began_s = time.monotonic()
        for pair in pairs:
            if first_ns is None:
                first_ns = pair[1].t0_ns
            run_s = (end_ns(pair[1]) - first_ns) / NS_PER_S
            if self._speed:
                self._hold(began_s + run_s / self._speed)
            if self._stop.is_set():
                return
            self.fed_s = max(self.fed_s, run_s)
            yield pair

    def _hold(self, until_s: float) -> None:
        self._writer.write_if_due(until_s)
        wait_s = until_s - time.monotonic()
        if wait_s > 0:
            self._stop.wait(wait_s)

    def _wait_for_room(self) -> None:
        if self._speed:
            return
        while self._spool.held_bytes > self._spool.max_bytes // 2:
            if self._stop.wait(_PRESSURE_POLL_S):
                return

    def _finish(self) -> None:
        """End the session at what was fed."""
        self._writer.commit()
        end_session(self._spool, self.plan.meta)
        self._on_append()


def end_session(spool: Spool, meta: SessionMeta) -> None:
    """Put on record that the session is over, and where its streams end."""
    ends = spool.ends(meta.runner, meta.session)
    spool.put_meta(msgspec.structs.replace(meta, state="ended", ends=ends))


def end_ns(batch: ImuBatch) -> int:
    """Time just after the last sample: when a sensor can send the batch."""
    return batch.t0_ns + round(batch.n * NS_PER_S / batch.rate_hz)
