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
from contract.schema import BY_ROW, MEASUREMENTS
from processing.store.advice import advice
from processing.store.base import (
    RECORD_KINDS,
    DeadLetter,
    KeptRecord,
    LostFrames,
    P,
    R,
    RawFrame,
)
from processing.store.migrate import migration
from processing.store.sql import (
    OTHER_TABLES,
    create,
    earlier,
    in_order,
    quoted,
    revive,
    select,
    upsert,
)

SCHEMA_VERSION = 2
EVER_NS = 2**63 - 1
"""Later than all: the largest time that a column holds."""

_BUSY_S = 10.0


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
            store = cls(_connect(path, read_only=read_only), path)
            try:
                store._prepare(read_only=read_only)
            except BaseException:
                store.close()
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
        version = self._version()
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{self._path} was written by a newer treadwear",
                f"its layout is {version}, this program knows {SCHEMA_VERSION}",
                "Update treadwear, or name another data directory with --data.",
            )
        if not read_only:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._bring_up_to_date()
        elif version < SCHEMA_VERSION:
            # Who only reads meets old files too: they are changed once, for good.
            _update_file(self._path)

    def _bring_up_to_date(self) -> None:
        """Make what is missing, all or nothing, whoever else opens the file now."""
        if self._version() == SCHEMA_VERSION:
            return
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            found = {name: self._columns(name) for name in MEASUREMENTS}
            made = [OTHER_TABLES, *map(create, MEASUREMENTS.values())]
            statements = [
                *migration(found),
                *(part for sql in made for part in sql.split(";") if part.strip()),
                f"PRAGMA user_version = {SCHEMA_VERSION}",
            ]
            for statement in statements:
                self._db.execute(statement)

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _columns(self, table: str) -> list[str]:
        found = self._db.execute(f"PRAGMA table_info({quoted(table)})")
        return [row[1] for row in found]

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
        with _explained(self._path, "written"), self._db:
            self._insert(rows)

    def replace(
        self, session: str, kinds: Sequence[type[Row]], rows: Iterable[Row]
    ) -> None:
        """Write rows in place of all of these kinds that a session has, all or none."""
        with _explained(self._path, "written"), self._db:
            self._delete(session, [BY_ROW[kind].name for kind in kinds])
            self._insert(rows)

    def clear_rows(self, session: str) -> None:
        """Forget the computed rows of a session, not its raw frames."""
        with _explained(self._path, "written"), self._db:
            self._delete(session, MEASUREMENTS)

    def _insert(self, rows: Iterable[Row]) -> None:
        by_kind: dict[type, list[tuple[Any, ...]]] = {}
        for row in rows:
            names = [c.name for c in BY_ROW[type(row)].columns]
            values = tuple(getattr(row, name) for name in names)
            by_kind.setdefault(type(row), []).append(values)
        for kind, lines in by_kind.items():
            self._db.executemany(upsert(BY_ROW[kind]), lines)

    def _delete(self, session: str, names: Iterable[str]) -> None:
        for name in names:
            sql = f'DELETE FROM "{name}" WHERE session = ?'  # noqa: S608 - our names
            self._db.execute(sql, (session,))

    def rows(self, kind: type[R], session: str) -> list[R]:
        """Rows of one kind of one session, in order of time."""
        found = BY_ROW[kind]
        sql = select(found) + " WHERE session = ?" + in_order(found)
        return [revive(found, values) for values in self._all(sql, (session,))]

    def earlier_rows(
        self, kind: type[R], runner: str, before_ns: int, **equal: str
    ) -> list[R]:
        """Rows of a runner's finished sessions that began before, in order of time.

        Parameters
        ----------
        **equal
            Columns and the words they must hold, such as ``window="run"``.
        """
        found = BY_ROW[kind]
        values = (runner, before_ns, *equal.values())
        lines = self._all(earlier(found, list(equal)), values)
        return [revive(found, line) for line in lines]

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
        return [revive(found, values) for values in self._all(select(found) + order)]

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

    # records of people

    def keep(
        self,
        records: Iterable[KeptRecord[P]],
        *,
        instead: Iterable[KeptRecord[P]] = (),
    ) -> None:
        """Keep records, in place of some that no longer hold; all or none."""
        keys = [(r.runner, r.kind, r.name, r.time_ns) for r in instead]
        lines = [
            (r.runner, r.kind, r.name, r.time_ns, dumps(r.record)) for r in records
        ]
        with _explained(self._path, "written"), self._db:
            self._db.executemany(
                "DELETE FROM record WHERE runner = ? AND kind = ? AND name = ?"
                " AND time_ns = ?",
                keys,
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO record (runner, kind, name, time_ns, payload)"
                " VALUES (?, ?, ?, ?, ?)",
                lines,
            )

    def records(
        self, kind: type[P], runner: str, before_ns: int = EVER_NS
    ) -> list[KeptRecord[P]]:
        """Records of one kind of a runner, in order of time."""
        found = self._all(
            "SELECT time_ns, name, payload FROM record WHERE runner = ? AND kind = ?"
            " AND time_ns < ? ORDER BY time_ns, name",
            (runner, RECORD_KINDS[kind], before_ns),
        )
        return [
            KeptRecord(runner, loads(payload, kind), time_ns, name)
            for time_ns, name, payload in found
        ]

    def _all(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with _explained(self._path, "read"):
            return self._db.execute(sql, values).fetchall()


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    mode = "ro" if read_only else "rwc"
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_S)


def _update_file(path: Path) -> None:
    """Bring a file of an earlier version up to date."""
    try:
        SqliteStore.open(path).close()
    except StoreError as fault:
        raise StoreError(
            f"{path} is of an older treadwear and cannot be brought up to date",
            fault.why,
            f"Nothing in it was changed. {fault.next_step}",
        ) from fault


@contextmanager
def _explained(path: Path, verb: str) -> Iterator[None]:
    """Turn what SQLite says into what the reader can do about it."""
    try:
        yield
    except sqlite3.Error as fault:
        raise StoreError(
            f"the run database {path} cannot be {verb}",
            str(fault),
            advice(path, str(fault)),
        ) from fault
    except OSError as fault:
        raise StoreError(
            f"the run database {path} cannot be {verb}",
            fault.strerror or str(fault),
            "Name a directory you may write to with --data.",
        ) from fault
