"""Durable buffer on disk: a frame is kept until processing says that it is stored.

One SQLite file (WAL, synchronous=FULL): what `append` returned from survives a crash.
It is bounded; when it is full, or the disk is, the oldest frames give way. That is
never silent: each lost range stays on record until processing acknowledged past it.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collector.spool_database import (
    ROW_BYTES,
    erase,
    forget,
    give_way,
    is_full,
    is_news,
    open_database,
    spool_error,
)
from contract import messages
from contract.errors import SpoolError
from contract.messages import Ack, Event, SessionMeta, StreamEnd
from contract.model import ImuBatch, Slot
from contract.wire import encode

# 2 GiB hold three sensors at 200 Hz for more than two days.
DEFAULT_MAX_BYTES = 2 * 1024**3
# What gives way at once when the disk is full: some seconds of a squad's sensors.
_RELIEF_BYTES = 150_000


@dataclass(frozen=True, slots=True, order=True)
class StreamKey:
    """One sensor of one session."""

    runner: str
    session: str
    slot: Slot


@dataclass(frozen=True, slots=True)
class KeptFrame:
    """A frame in the spool, as the bytes that go on the wire."""

    epoch: int
    seq: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class StreamCounts:
    """Frames of one stream since its session began, also in earlier processes."""

    appended: int = 0
    held: int = 0
    dropped: int = 0

    @property
    def acked(self) -> int:
        """Frames that processing has stored."""
        return self.appended - self.held - self.dropped


class Spool:
    """The buffer; all methods may be called from any thread.

    Parameters
    ----------
    path : Path
        The database file; made if it is not there. One process at a time uses it.
    max_bytes : int
        Most bytes of frames that are kept.
    """

    def __init__(self, path: Path, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._lock = threading.RLock()
        self._max_bytes = max_bytes
        self._connection = open_database(path)
        self._ids: dict[StreamKey, int] = {}
        self._held_bytes = 0
        self._load()

    def close(self) -> None:
        """Give unused pages back to the disk and let go of the file."""
        with self._lock:
            try:
                with _translated("closed"):
                    self._connection.executescript("PRAGMA incremental_vacuum")
            finally:
                self._connection.close()

    @property
    def max_bytes(self) -> int:
        """Most bytes of frames that are kept."""
        return self._max_bytes

    @property
    def held_bytes(self) -> int:
        """Bytes of the frames held now, each with what its row takes."""
        return self._held_bytes

    @property
    def held_frames(self) -> int:
        """Frames held now."""
        return int(self._query("SELECT coalesce(sum(held), 0) FROM stream")[0][0])

    def append(self, batches: Iterable[tuple[StreamKey, ImuBatch]]) -> None:
        """Keep batches, in one commit; returns once they are safe on disk."""
        rows = [(stream, batch, encode(batch)) for stream, batch in batches]
        with self._lock, _translated("written"):
            while True:
                try:
                    return self._insert(rows)
                except sqlite3.OperationalError as fault:
                    if not is_full(fault):
                        raise
                self._relieve()

    def next_epoch(self, stream: StreamKey) -> int:
        """Begin a new epoch: 0 at first, then one more each time, also after years."""
        with self._writing() as write:
            stream_id = self._id(write, stream)
            (epoch,) = write.execute(
                "SELECT coalesce(max(epoch), -1) + 1 FROM epoch WHERE stream = ?",
                (stream_id,),
            ).fetchone()
            write.execute("INSERT INTO epoch VALUES (?, ?, 0)", (stream_id, epoch))
        return int(epoch)

    def streams(self) -> list[StreamKey]:
        """Streams that hold frames or have a loss on record, in order."""
        rows = self._query(
            "SELECT runner, session, slot FROM stream WHERE held > 0"
            " UNION SELECT runner, session, slot FROM stream"
            " WHERE id IN (SELECT stream FROM dropped)"
        )
        return sorted(StreamKey(r, s, Slot(n)) for r, s, n in rows)

    def pending(
        self, stream: StreamKey, after: tuple[int, int] = (0, -1), limit: int = 200
    ) -> list[KeptFrame]:
        """Frames later than that (epoch, seq), in order."""
        rows = self._query(
            "SELECT epoch, seq, payload FROM frame WHERE stream = ?"
            " AND (epoch, seq) > (?, ?) ORDER BY epoch, seq LIMIT ?",
            (self._ids.get(stream, 0), *after, limit),
        )
        return [KeptFrame(*row) for row in rows]

    def acknowledge(self, acks: Iterable[tuple[StreamKey, Ack]]) -> set[StreamKey]:
        """Forget what is stored elsewhere; gives the streams that moved on.

        An acknowledgement of what was never appended is ignored, as is an old one.
        """
        known = [(s, self._ids[s], ack) for s, ack in acks if s in self._ids]
        moved = set()
        with self._writing() as write:
            for stream, stream_id, ack in known:
                if is_news(write, stream_id, ack):
                    self._held_bytes -= forget(write, stream_id, ack)
                    moved.add(stream)
        return moved

    def gaps(self, stream: StreamKey) -> list[Event]:
        """Ranges that gave way and that processing has not acknowledged past."""
        rows = self._query(
            "SELECT epoch, first_seq, last_seq, t_ns, frames FROM dropped"
            " WHERE stream = ? ORDER BY epoch, first_seq",
            (self._ids.get(stream, 0),),
        )
        return [
            Event(
                kind="gap",
                t_ns=t_ns,
                text=f"{frames} frames are lost: the collector's disk buffer was full.",
                slot=stream.slot.word,
                epoch=epoch,
                first_seq=first_seq,
                last_seq=last_seq,
            )
            for epoch, first_seq, last_seq, t_ns, frames in rows
        ]

    def acked(self, stream: StreamKey) -> Ack:
        """How far processing has stored this stream."""
        rows = self._query(
            "SELECT acked_epoch, acked_seq FROM stream WHERE id = ?",
            (self._ids.get(stream, 0),),
        )
        return Ack(*rows[0]) if rows else Ack(0, 0)

    def counts(self, stream: StreamKey) -> StreamCounts:
        """How many frames came, are held and gave way."""
        rows = self._query(
            "SELECT appended, held, dropped FROM stream WHERE id = ?",
            (self._ids.get(stream, 0),),
        )
        return StreamCounts(*rows[0]) if rows else StreamCounts()

    def end(self, stream: StreamKey) -> StreamEnd | None:
        """Where the stream ends so far; None if it never had a frame."""
        rows = self._query(
            "SELECT epoch, next_seq FROM epoch WHERE stream = ? AND next_seq > 0"
            " ORDER BY epoch DESC LIMIT 1",
            (self._ids.get(stream, 0),),
        )
        return StreamEnd(*rows[0]) if rows else None

    def ends(self, runner: str, session: str) -> dict[str, StreamEnd]:
        """Where each sensor of a session ends so far, by the slot's word."""
        keys = {slot.word: StreamKey(runner, session, slot) for slot in Slot}
        found = {word: self.end(key) for word, key in keys.items()}
        return {word: end for word, end in found.items() if end}

    def is_stored(self, runner: str, session: str) -> bool:
        """Whether processing has acknowledged all that a session appended."""
        for word, end in self.ends(runner, session).items():
            acked = self.acked(StreamKey(runner, session, Slot.from_word(word)))
            if (acked.epoch, acked.next_seq) < (end.epoch, end.next_seq):
                return False
        return True

    def put_meta(self, meta: SessionMeta) -> None:
        """Keep a session's description, in place of an earlier one."""
        with self._writing() as write:
            write.execute(
                "INSERT OR REPLACE INTO meta VALUES (?, ?, ?)",
                (meta.runner, meta.session, messages.dumps(meta)),
            )

    def metas(self) -> list[SessionMeta]:
        """Descriptions of the sessions that processing does not have whole."""
        rows = self._query("SELECT payload FROM meta ORDER BY runner, session")
        return [messages.loads(payload, SessionMeta) for (payload,) in rows]

    def drop_meta(self, meta: SessionMeta) -> None:
        """Forget the description of a session that is stored whole."""
        with self._writing() as write:
            write.execute(
                "DELETE FROM meta WHERE runner = ? AND session = ?",
                (meta.runner, meta.session),
            )

    def erase(self, runner: str) -> int:
        """Forget a runner for good; gives how many frames and descriptions went."""
        with self._writing() as write:
            gone = erase(write, runner)
        with self._lock, _translated("written"):
            # Else her bytes would stay in pages that are only marked as free.
            self._connection.execute("VACUUM")
            self._load()
        return gone

    def _insert(self, rows: list[tuple[StreamKey, ImuBatch, bytes]]) -> None:
        with self._transaction() as write:
            for stream, batch, payload in rows:
                stream_id = self._id(write, stream)
                _insert_frame(write, stream_id, batch, payload)
                self._held_bytes += len(payload) + ROW_BYTES
            excess_bytes = self._held_bytes - self._max_bytes
            if excess_bytes > 0:
                self._held_bytes -= give_way(write, excess_bytes)

    def _relieve(self) -> None:
        """Make room on a full disk: the oldest frames give way."""
        with self._transaction() as write:
            freed = give_way(write, _RELIEF_BYTES)
            self._held_bytes -= freed
        if not freed:
            what = "the collector cannot keep any more frames"
            why = "the disk of its spool is full, and no older frames can give way"
            raise SpoolError(what, why, "Free space on that disk.")

    def _id(self, write: sqlite3.Connection, stream: StreamKey) -> int:
        if stream not in self._ids:
            cursor = write.execute(
                "INSERT INTO stream (runner, session, slot) VALUES (?, ?, ?)",
                (stream.runner, stream.session, int(stream.slot)),
            )
            self._ids[stream] = int(cursor.lastrowid or 0)
        return self._ids[stream]

    def _load(self) -> None:
        """Read what is kept in memory as well: ids, and the sum of bytes."""
        rows = self._query("SELECT runner, session, slot, id FROM stream")
        self._ids = {StreamKey(r, s, Slot(n)): i for r, s, n, i in rows}
        ((total,),) = self._query(
            "SELECT coalesce(sum(length(payload) + ?), 0) FROM frame", (ROW_BYTES,)
        )
        self._held_bytes = int(total)

    def _query(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, _translated("read"):
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with _translated("written"), self._transaction() as write:
            yield write

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit at the end; on any fault undo all, also what is kept in memory."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                self._load()
                raise


def _insert_frame(
    write: sqlite3.Connection, stream_id: int, batch: ImuBatch, payload: bytes
) -> None:
    write.execute(
        "INSERT INTO frame (stream, epoch, seq, t_ns, payload) VALUES (?, ?, ?, ?, ?)",
        (stream_id, batch.epoch, batch.seq, batch.t0_ns, payload),
    )
    write.execute(
        "INSERT INTO epoch VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
        " SET next_seq = max(next_seq, excluded.next_seq)",
        (stream_id, batch.epoch, batch.seq + 1),
    )
    write.execute(
        "UPDATE stream SET appended = appended + 1, held = held + 1 WHERE id = ?",
        (stream_id,),
    )


@contextmanager
def _translated(verb: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as fault:
        raise spool_error(verb, fault) from fault
