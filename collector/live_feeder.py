"""One session's batches into the spool as sensors push them: they cannot wait."""

import contextlib
import queue
import threading
from collections.abc import Callable, Sequence

from collector.feeder import end_ns, end_session
from collector.spool import Spool, StreamKey
from collector.spool_writer import GROUP_S, SpoolWriter
from contract.errors import SpoolError
from contract.messages import SessionMeta
from contract.model import ImuBatch, Slot
from contract.units import NS_PER_S


class LiveFeeder:
    """Feeds one live session, on the thread that calls `run`.

    Parameters
    ----------
    meta : SessionMeta
        The session; `describe` may say more of it later.
    slots : sequence of Slot
        Where its sensors are worn.
    spool : Spool
        Where to.
    stop : threading.Event
        Set to end the session at what was pushed.
    on_append : callable
        Called after each commit.
    """

    def __init__(
        self,
        meta: SessionMeta,
        slots: Sequence[Slot],
        spool: Spool,
        *,
        stop: threading.Event,
        on_append: Callable[[], None],
    ) -> None:
        self.meta = meta
        self.fed_s = 0.0
        self.fault: SpoolError | None = None
        self._streams = {s: StreamKey(meta.runner, meta.session, s) for s in slots}
        self._spool, self._stop, self._on_append = spool, stop, on_append
        self._queue: queue.SimpleQueue[ImuBatch] = queue.SimpleQueue()
        self._writer = SpoolWriter(spool, on_append)
        self._first_ns: int | None = None

    @property
    def streams(self) -> list[StreamKey]:
        """Streams of its sensors."""
        return list(self._streams.values())

    @property
    def fed_frames(self) -> int:
        """Frames that are safe on disk."""
        return self._writer.written_frames

    @property
    def is_refused(self) -> bool:
        """Whether the disk takes nothing now, so that all waits in memory."""
        return self._writer.is_refused

    def next_epoch(self, slot: Slot) -> int:
        """Number of a new epoch of one sensor."""
        return self._spool.next_epoch(self._streams[slot])

    def push(self, batch: ImuBatch) -> None:
        """Hand a batch over; may be called from any thread and returns at once."""
        self._queue.put(batch)

    def describe(self, meta: SessionMeta) -> None:
        """Say more of the session, such as how its sensors do."""
        self.meta = meta
        # A disk that is full for a moment must not end a run: the next words, or the
        # session's end, hold the same and more.
        with contextlib.suppress(SpoolError):
            self._spool.put_meta(meta)
        self._on_append()

    def run(self) -> None:
        """Feed until told to stop, then all that was pushed, then end the session."""
        try:
            while not self._stop.is_set():
                self._take(GROUP_S)
                self._writer.write_if_due()
            while not self._queue.empty():
                self._take(0.0)
        except SpoolError as fault:
            self.fault = fault
            raise
        finally:
            self._writer.commit_at_last()
            end_session(self._spool, self.meta)
            self._on_append()

    def _take(self, timeout_s: float) -> None:
        try:
            batch = self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return
        if self._first_ns is None:
            self._first_ns = batch.t0_ns
        self.fed_s = max(self.fed_s, (end_ns(batch) - self._first_ns) / NS_PER_S)
        self._writer.add((self._streams[batch.slot], batch))
