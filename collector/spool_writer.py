"""Batches to disk in groups: one commit for what came within a tenth of a second."""

import time
from collections.abc import Callable

from collector.spool import Spool, StreamKey
from collector.spool_database import ROW_BYTES
from contract.errors import SpoolError
from contract.model import ImuBatch
from contract.wire import OVERHEAD_BYTES, SAMPLE_BYTES

# One commit for all that came within it: a crash costs that much at most, and any disk
# manages ten commits a second.
GROUP_S = 0.1
_GROUP_FRAMES = 500
# Batches kept in memory while a full disk takes nothing: half an hour of one sensor.
_MOST_UNWRITTEN = 20_000

# A disk that took nothing is not tried again at once: each time all that waits is put
# into bytes again, 0.2 s for half an hour of one sensor.
RETRY_S = 1.0
# At the end nobody comes by later: so often it is tried once more.
_LAST_TRIES = 10

Pair = tuple[StreamKey, ImuBatch]


class SpoolWriter:
    """Collects batches and commits them; used by one thread.

    Parameters
    ----------
    spool : Spool
        Where to.
    on_append : callable
        Called after each commit.
    before_write : callable, optional
        Called before each commit that a full group or its age asks for.
    """

    def __init__(
        self,
        spool: Spool,
        on_append: Callable[[], None],
        before_write: Callable[[], None] = lambda: None,
    ) -> None:
        self.written_frames = 0
        self._spool, self._on_append = spool, on_append
        self._before_write = before_write
        self._unwritten: list[Pair] = []
        self._unwritten_bytes = 0
        self._written_at_s = time.monotonic()
        self._refused_at_s: float | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the disk took nothing when it was last tried."""
        return self._refused_at_s is not None

    def add(self, pair: Pair) -> None:
        """Take a batch; commits when the group is full or old enough."""
        self._unwritten.append(pair)
        self._unwritten_bytes += OVERHEAD_BYTES + ROW_BYTES + SAMPLE_BYTES * pair[1].n
        is_big = (
            len(self._unwritten) >= _GROUP_FRAMES
            or self._unwritten_bytes > self._spool.max_bytes // 8
        )
        self.write_if_due(is_due=is_big)

    def write_if_due(
        self, until_s: float | None = None, *, is_due: bool = False
    ) -> None:
        """Commit what waits if it is old enough now, or would be at ``until_s``."""
        now_s = time.monotonic() if until_s is None else until_s
        is_old = bool(self._unwritten) and now_s - self._written_at_s > GROUP_S
        if (is_old or is_due) and not self._is_refused(now_s):
            self._write()

    def commit(self) -> None:
        """Commit what waits; raises `SpoolError` if the disk takes nothing."""
        self._written_at_s = time.monotonic()
        self._spool.append(self._unwritten)
        self.written_frames += len(self._unwritten)
        self._unwritten, self._unwritten_bytes = [], 0
        self._refused_at_s = None
        self._on_append()

    def commit_at_last(self, tries: int = _LAST_TRIES) -> None:
        """Commit what waits; a disk that is full may have room in a moment."""
        for _ in range(tries):
            try:
                return self.commit()
            except SpoolError:
                time.sleep(RETRY_S)
        return self.commit()

    def _is_refused(self, now_s: float) -> bool:
        """Whether the disk took nothing a moment ago."""
        refused_s = self._refused_at_s
        if refused_s is None or len(self._unwritten) > _MOST_UNWRITTEN:
            return False
        return now_s - refused_s < RETRY_S

    def _write(self) -> None:
        """Commit what has come; if the disk takes nothing, try again with the next."""
        self._before_write()
        try:
            self.commit()
        except SpoolError:
            self._refused_at_s = time.monotonic()
            if len(self._unwritten) > _MOST_UNWRITTEN:
                raise
