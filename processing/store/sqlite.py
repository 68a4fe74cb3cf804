"""The embedded store: one SQLite file (WAL) with raw frames and finished rows.

Row tables are made from `contract.schema`; their primary keys are natural, so writing
the same step again overwrites it. Raw frames are kept for good: every result can be
computed again from them.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contract.errors import StoreError
from contract.messages import SessionMeta, dumps, loads
from contract.model import Slot
from contract.rows import Row, SessionRow
from contract.schema import BY_ROW, MEASUREMENTS, Measurement
from processing.store.base import DeadLetter, LostFrames, R, RawFrame

SCHEMA_VERSION = 1
_SQL_KINDS = {"float": "REAL", "int": "INTEGER", "text": "TEXT", "bool": "INTEGER"}
_BUSY_S = 10.0

_RAW_TABLES = """
CREATE TABLE IF NOT EXISTS frame (
    session TEXT, slot INTEGER, epoch INTEGER, seq INTEGER, runner TEXT, payload BLOB,
    PRIMARY KEY (session, slot, epoch, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lost (
    session TEXT, slot INTEGER, epoch INTEGER, first_seq INTEGER, last_seq INTEGER,
    PRIMARY KEY (session, slot, epoch, first_seq, last_seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (
    session TEXT PRIMARY KEY, runner TEXT, payload BLOB, is_closed INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS dead_letter (
    id INTEGER PRIMARY KEY, topic TEXT, reason TEXT, payload BLOB, received_ns INTEGER);
"""


class SqliteStore:
    """Reads and writes the store; one connection, to be used by one thread."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self._path = path

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> "SqliteStore":
        """Open the store, making it when missing (unless only reading)."""
        if read_only and not path.exists():
            raise StoreError(
                f"there is no run database at {path}",
                "nothing has been recorded or imported here yet",
                "Try: treadwear demo, or treadwear import DIR --runner ID.",
            )
        with _explained(path, "opened"):
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
            mode = "ro" if read_only else "rwc"
            uri = f"{path.resolve().as_uri()}?mode={mode}"
            connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_S)
            store = cls(connection, path)
            try:
                store._prepare(read_only=read_only)
            except BaseException:
                connection.close()
                raise
        return store

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> "SqliteStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self, *, read_only: bool) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{self._path} was written by a newer treadwear",
                f"its layout is {version}, this program knows {SCHEMA_VERSION}",
                "Update treadwear, or name another data directory with --data.",
            )
        if read_only:
            return
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(
            _RAW_TABLES + "".join(map(_create, MEASUREMENTS.values()))
        )
        self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self._db.commit()

    def probe(self) -> None:
        """Write next to nothing: raises `StoreError` while the store takes no data."""
        with _explained(self._path, "written"), self._db:
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    # raw frames

    def commit_raw(
        self,
        frames: Sequence[RawFrame],
        metas: Sequence[SessionMeta] = (),
        lost: Sequence[LostFrames] = (),
        letters: Sequence[DeadLetter] = (),
    ) -> None:
        """Keep all of it, durably, before returning."""
        with _explained(self._path, "written"), self._db:
            self._db.executemany(
                "INSERT OR IGNORE INTO frame VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (f.session, f.slot, f.epoch, f.seq, f.runner, f.payload)
                    for f in frames
                ],
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO lost VALUES (?, ?, ?, ?, ?)",
                [(g.session, g.slot, g.epoch, g.first_seq, g.last_seq) for g in lost],
            )
            self._db.executemany(
                "INSERT INTO meta (session, runner, payload) VALUES (?, ?, ?)"
                " ON CONFLICT (session) DO UPDATE SET payload = excluded.payload",
                [(m.session, m.runner, dumps(m)) for m in metas],
            )
            self._db.executemany(
                "INSERT INTO dead_letter (topic, reason, payload, received_ns)"
                " VALUES (?, ?, ?, ?)",
                [(d.topic, d.reason, d.payload, d.received_ns) for d in letters],
            )

    def frames(self, session: str) -> Iterator[RawFrame]:
        """Raw frames of a session, each sensor's in order."""
        with _explained(self._path, "read"):
            cursor = self._db.execute(
                "SELECT runner, session, slot, epoch, seq, payload FROM frame"
                " WHERE session = ? ORDER BY slot, epoch, seq",
                (session,),
            )
            for runner, name, slot, *rest in cursor:
                yield RawFrame(runner, name, Slot(slot), *rest)

    def lost(self, session: str) -> list[LostFrames]:
        """Ranges of frames that are gone for ever."""
        found = self._all(
            "SELECT session, slot, epoch, first_seq, last_seq FROM lost"
            " WHERE session = ? ORDER BY slot, epoch, first_seq",
            (session,),
        )
        return [LostFrames(s, Slot(slot), *rest) for s, slot, *rest in found]

    def meta(self, session: str) -> SessionMeta | None:
        """Description of a session, if it has come."""
        found = self._all("SELECT payload FROM meta WHERE session = ?", (session,))
        return loads(found[0][0], SessionMeta) if found else None

    def open_sessions(self) -> list[str]:
        """Sessions with raw data or a description that were not closed yet."""
        found = self._all(
            "SELECT DISTINCT session FROM frame WHERE session NOT IN"
            " (SELECT session FROM meta WHERE is_closed)"
            " UNION SELECT session FROM meta WHERE NOT is_closed",
        )
        return sorted(row[0] for row in found)

    def is_closed(self, session: str) -> bool:
        """Whether all of a session has come and was analysed."""
        found = self._all("SELECT is_closed FROM meta WHERE session = ?", (session,))
        return bool(found and found[0][0])

    def close_session(self, session: str) -> None:
        """Note that all of a session has come and was analysed."""
        with _explained(self._path, "written"), self._db:
            self._db.execute(
                "UPDATE meta SET is_closed = 1 WHERE session = ?", (session,)
            )

    def reopen_session(self, session: str) -> None:
        """Note that more of a session has come after all."""
        with _explained(self._path, "written"), self._db:
            self._db.execute(
                "UPDATE meta SET is_closed = 0 WHERE session = ?", (session,)
            )

    def dead_letters(self) -> list[DeadLetter]:
        """Messages that could not be understood, oldest first."""
        found = self._all(
            "SELECT topic, reason, payload, received_ns FROM dead_letter ORDER BY id"
        )
        return [DeadLetter(*row) for row in found]

    # rows

    def write(self, rows: Iterable[Row]) -> None:
        """Insert or overwrite rows by their keys, all or none."""
        by_kind: dict[type, list[tuple[Any, ...]]] = {}
        for row in rows:
            names = [c.name for c in BY_ROW[type(row)].columns]
            values = tuple(getattr(row, name) for name in names)
            by_kind.setdefault(type(row), []).append(values)
        with _explained(self._path, "written"), self._db:
            for kind, lines in by_kind.items():
                self._db.executemany(_upsert(BY_ROW[kind]), lines)

    def clear_rows(self, session: str) -> None:
        """Forget the computed rows of a session, not its raw frames."""
        with _explained(self._path, "written"), self._db:
            for name in MEASUREMENTS:
                sql = f'DELETE FROM "{name}" WHERE session = ?'  # noqa: S608 - our names
                self._db.execute(sql, (session,))

    def rows(self, kind: type[R], session: str) -> list[R]:
        """Rows of one kind of one session, in order of time."""
        found = BY_ROW[kind]
        order = ", ".join(("time_ns", *(k for k in found.keys if k != "time_ns")))
        sql = _select(found) + f" WHERE session = ? ORDER BY {order}"
        return [_revive(found, values) for values in self._all(sql, (session,))]

    def sessions(self) -> list[SessionRow]:
        """All sessions, the one stored last first.

        That is the order in which their descriptions came: a recording's own times
        may be of any year, and rows are written again whenever it is analysed anew.
        """
        found = MEASUREMENTS["session"]
        order = (
            " ORDER BY (SELECT meta.rowid FROM meta"
            ' WHERE meta.session = "session"."session") DESC,'
            " time_ns DESC, session DESC"
        )
        return [_revive(found, values) for values in self._all(_select(found) + order)]

    def session(self, session: str) -> SessionRow:
        """One session; raises `StoreError` when it does not exist."""
        found = self.rows(SessionRow, session)
        if not found:
            raise StoreError(
                f"there is no session {session!r}",
                f"{self._path} does not know it",
                "See what there is with: treadwear sessions.",
            )
        return found[0]

    def _all(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with _explained(self._path, "read"):
            return self._db.execute(sql, values).fetchall()


def _create(kind: Measurement) -> str:
    columns = ", ".join(f'"{c.name}" {_SQL_KINDS[c.kind]}' for c in kind.columns)
    keys = ", ".join(kind.keys)
    return (
        f'CREATE TABLE IF NOT EXISTS "{kind.name}"'
        f" ({columns}, PRIMARY KEY ({keys})) WITHOUT ROWID;\n"
    )


def _upsert(kind: Measurement) -> str:
    marks = ", ".join("?" for _ in kind.columns)
    return f'INSERT OR REPLACE INTO "{kind.name}" VALUES ({marks})'  # noqa: S608 - our names


def _select(kind: Measurement) -> str:
    names = ", ".join(f'"{c.name}"' for c in kind.columns)
    return f'SELECT {names} FROM "{kind.name}"'  # noqa: S608 - our names


def _revive(kind: Measurement, values: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a row
    named = {
        c.name: bool(v) if c.kind == "bool" else v
        for c, v in zip(kind.columns, values, strict=True)
    }
    return kind.row(**named)


@contextmanager
def _explained(path: Path, verb: str) -> Iterator[None]:
    """Turn what SQLite says into what the reader can do about it."""
    try:
        yield
    except sqlite3.Error as fault:
        raise StoreError(
            f"the run database {path} cannot be {verb}",
            str(fault),
            _advice(path, str(fault)),
        ) from fault
    except OSError as fault:
        raise StoreError(
            f"the run database {path} cannot be {verb}",
            fault.strerror or str(fault),
            "Name a directory you may write to with --data.",
        ) from fault


def _advice(path: Path, fault: str) -> str:
    if "readonly" in fault or "unable to open" in fault:
        return "Make the file writable, or name another directory with --data."
    if "full" in fault:
        return "Free some disk space; nothing acknowledged is lost."
    if "locked" in fault:
        return "Another treadwear is writing to it; stop that one first."
    if "not a database" in fault or "malformed" in fault:
        return (
            f"The file is damaged: move it away with all that begins with its name"
            f" ({path}*); a new one is made, and recordings can be imported again."
        )
    return "Look at the disk that holds it, or name another directory with --data."
