"""The tables of the spool, and the statements that take frames out of them."""

import sqlite3
from pathlib import Path

from contract.errors import SpoolError
from contract.messages import Ack
from contract.private import private_dir, private_file

# What SQLite adds to a frame: row and index entry, measured 46 bytes, rounded up.
ROW_BYTES = 56
# Frames looked at in one go when some have to give way.
_CHUNK_FRAMES = 500
_VERSION = 1
_WIRE_LIMIT = 2**32  # epoch and seq are u32 on the wire

# Rows of stream and epoch stay for ever (about 60 bytes per connection of a sensor):
# an epoch that was used once must never be used again.
_SCHEMA = """
CREATE TABLE stream (
  id INTEGER PRIMARY KEY, runner TEXT NOT NULL, session TEXT NOT NULL,
  slot INTEGER NOT NULL, acked_epoch INTEGER NOT NULL DEFAULT 0,
  acked_seq INTEGER NOT NULL DEFAULT 0, appended INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0,
  UNIQUE (runner, session, slot));
CREATE INDEX stream_held ON stream (id) WHERE held > 0;
CREATE TABLE epoch (
  stream INTEGER NOT NULL, epoch INTEGER NOT NULL, next_seq INTEGER NOT NULL,
  PRIMARY KEY (stream, epoch)) WITHOUT ROWID;
CREATE TABLE frame (
  id INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL,
  epoch INTEGER NOT NULL, seq INTEGER NOT NULL, t_ns INTEGER NOT NULL,
  payload BLOB NOT NULL);
CREATE UNIQUE INDEX frame_place ON frame (stream, epoch, seq);
CREATE TABLE dropped (
  stream INTEGER NOT NULL, epoch INTEGER NOT NULL, first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL, t_ns INTEGER NOT NULL, frames INTEGER NOT NULL,
  bytes INTEGER NOT NULL, PRIMARY KEY (stream, epoch, first_seq)) WITHOUT ROWID;
CREATE TABLE meta (
  runner TEXT NOT NULL, session TEXT NOT NULL, payload BLOB NOT NULL,
  PRIMARY KEY (runner, session)) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


def open_database(path: Path) -> sqlite3.Connection:
    """Open or make the database for this process alone."""
    try:
        private_dir(path.parent)
        private_file(path)
        connection = sqlite3.connect(
            path, timeout=1.0, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as fault:
        raise spool_error("opened", fault) from fault
    try:
        _prepare(connection)
    except sqlite3.Error as fault:
        connection.close()
        raise spool_error("opened", fault) from fault
    except SpoolError:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    for pragma in (
        "locking_mode = EXCLUSIVE",  # two collectors would send each frame twice
        "auto_vacuum = INCREMENTAL",
        "journal_mode = WAL",
        "synchronous = FULL",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
    elif version != _VERSION:
        what = f"the spool was written by another treadwear (format {version})"
        raise SpoolError(what, "", "Use that version, or move the spool file away.")


def spool_error(verb: str, fault: Exception) -> SpoolError:
    """Name what went wrong with the spool and what to do about it."""
    code = getattr(fault, "sqlite_errorcode", None)
    why = getattr(fault, "strerror", None) or str(fault)
    next_step = "Look at the disk that holds the spool."
    if code == sqlite3.SQLITE_BUSY:
        why = "another collector is using it"
        next_step = "Stop the other treadwear, or name another spool file."
    elif code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        next_step = "Move the spool file away; a new one is made."
    return SpoolError(f"the collector's spool cannot be {verb}", why, next_step)


def is_full(fault: sqlite3.Error) -> bool:
    """Whether the disk, or the room given to the database, is full."""
    return getattr(fault, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def is_news(write: sqlite3.Connection, stream_id: int, ack: Ack) -> bool:
    """Whether an acknowledgement is newer than the last and of frames that exist."""
    if not (0 <= ack.epoch < _WIRE_LIMIT and 0 <= ack.next_seq <= _WIRE_LIMIT):
        return False
    row = write.execute(
        "SELECT e.next_seq, s.acked_epoch, s.acked_seq FROM epoch e"
        " JOIN stream s ON s.id = e.stream WHERE e.stream = ? AND e.epoch = ?",
        (stream_id, ack.epoch),
    ).fetchone()
    if row is None or ack.next_seq > row[0]:
        return False
    return (ack.epoch, ack.next_seq) > (row[1], row[2])


def forget(write: sqlite3.Connection, stream_id: int, ack: Ack) -> int:
    """Delete what an acknowledgement covers; gives the bytes that this frees."""
    place = (stream_id, ack.epoch, ack.next_seq)
    frames, n_bytes = write.execute(
        "SELECT count(*), coalesce(sum(length(payload)), 0) FROM frame"
        " WHERE stream = ? AND (epoch, seq) < (?, ?)",
        place,
    ).fetchone()
    write.execute("DELETE FROM frame WHERE stream = ? AND (epoch, seq) < (?, ?)", place)
    write.execute(
        "DELETE FROM dropped WHERE stream = ? AND (epoch, last_seq) < (?, ?)", place
    )
    write.execute(
        "UPDATE stream SET held = held - ?, acked_epoch = ?, acked_seq = ?"
        " WHERE id = ?",
        (frames, ack.epoch, ack.next_seq, stream_id),
    )
    return int(n_bytes) + int(frames) * ROW_BYTES


def erase(write: sqlite3.Connection, runner: str) -> int:
    """Delete everything about a runner; gives how many frames and descriptions."""
    of_runner = "stream IN (SELECT id FROM stream WHERE runner = ?)"
    gone = 0
    for table in ("frame", "dropped", "epoch"):
        sql = f"DELETE FROM {table} WHERE {of_runner}"  # noqa: S608 - our own words
        done = write.execute(sql, (runner,))
        gone += done.rowcount if table == "frame" else 0
    write.execute("DELETE FROM stream WHERE runner = ?", (runner,))
    return gone + write.execute("DELETE FROM meta WHERE runner = ?", (runner,)).rowcount


def give_way(write: sqlite3.Connection, excess_bytes: int) -> int:
    """Drop the oldest frames of all, on record, until that much is freed."""
    freed = 0
    while freed < excess_bytes:
        oldest = write.execute(
            "SELECT id, stream, epoch, seq, t_ns, length(payload) FROM frame"
            " ORDER BY id LIMIT ?",
            (_CHUNK_FRAMES,),
        ).fetchall()
        if not oldest:
            break
        going = []
        for row in oldest:
            if freed >= excess_bytes:
                break
            going.append(row)
            freed += row[-1] + ROW_BYTES
        write.execute("DELETE FROM frame WHERE id <= ?", (going[-1][0],))
        for _, *loss in going:
            _record_loss(write, *loss)
    return freed


def _record_loss(
    write: sqlite3.Connection,
    stream_id: int,
    epoch: int,
    seq: int,
    t_ns: int,
    n_bytes: int,
) -> None:
    write.execute(
        "UPDATE stream SET held = held - 1, dropped = dropped + 1 WHERE id = ?",
        (stream_id,),
    )
    longer = write.execute(
        "UPDATE dropped SET last_seq = ?, frames = frames + 1, bytes = bytes + ?"
        " WHERE stream = ? AND epoch = ? AND last_seq = ?",
        (seq, n_bytes, stream_id, epoch, seq - 1),
    )
    if not longer.rowcount:
        write.execute(
            "INSERT INTO dropped VALUES (?, ?, ?, ?, ?, 1, ?)",
            (stream_id, epoch, seq, seq, t_ns, n_bytes),
        )
