"""The embedded store: one SQLite file (WAL) with raw frames and finished rows.

Row tables are made from `contract.schema`; their primary keys are natural, so writing
the same step again overwrites it. Raw frames are in `processing.store.raw`.
"""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from contract.errors import StoreError
from contract.messages import TOLD_KINDS, dumps, loads
from contract.private import private_dir
from contract.rows import EventRow, Row, SessionRow
from contract.schema import BY_ROW, MEASUREMENTS, Measurement
from contract.service_rows import LiveRow, PipelineRow
from processing.store import erase
from processing.store.base import (
    RECORD_KINDS,
    Backlog,
    KeptRecord,
    P,
    R,
)
from processing.store.database import (
    BUSY_S,
    SCHEMA_VERSION,
    connect,
    explained,
    prepare,
    transaction,
)
from processing.store.outbox import Outbox
from processing.store.raw import RawStore
from processing.store.rename import rename_shoe
from processing.store.sql import earlier, in_order, revive, select, upsert
from processing.store.stale import left_behind

EVER_NS = 2**63 - 1
"""Later than all: the largest time that a column holds."""

_BUSY_S = BUSY_S


class SqliteStore(RawStore):
    """Reads and writes the store; one connection, to be used by one thread."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(connection, path)
        self.outbox = Outbox(connection)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> "SqliteStore":
        """Open the store, making it when missing (unless only reading)."""
        if read_only and not path.exists():
            raise StoreError(
                f"there is no run database at {path}",
                "nothing has been recorded or imported here yet",
                "Try: treadwear demo, or treadwear import DIR --runner ID.",
            )
        with explained(path, "opened"):
            if not read_only:
                private_dir(path.parent)
            connection = connect(path, read_only=read_only, busy_s=_BUSY_S)
            try:
                prepare(connection, path, read_only=read_only, busy_s=_BUSY_S)
            except BaseException:
                connection.close()
                raise
        return cls(connection, path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> "SqliteStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def writing(self) -> AbstractContextManager[None]:
        """One transaction: all of it or nothing."""
        return transaction(self._db, self._path)

    def probe(self) -> None:
        """Write next to nothing: raises `StoreError` while the store takes no data."""
        with explained(self._path, "written"), self._db:
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    # rows

    def write(self, rows: Iterable[Row]) -> None:
        """Insert or overwrite rows by their keys, all or none."""
        self._change(list(rows))

    def replace(
        self, session: str, kinds: Sequence[type[Row]], rows: Iterable[Row]
    ) -> None:
        """Write rows in place of all of these kinds that a session has, all or none.

        What people told of it stays.
        """
        self._change(list(rows), session, [BY_ROW[kind] for kind in kinds])

    def clear_rows(self, session: str) -> None:
        """Forget the computed rows of a session, not its raw frames."""
        self._change([], session, list(MEASUREMENTS.values()))

    def _change(
        self,
        rows: Sequence[Row],
        session: str = "",
        instead_of: Sequence[Measurement] = (),
    ) -> None:
        """Write rows in place of what a session has of some kinds, here and there."""
        with self.writing():
            if BY_ROW[EventRow] in instead_of:
                rows = [*self._told(session), *rows]
            is_fed = self.outbox.is_fed
            stale = left_behind(self._read, rows, session, instead_of) if is_fed else []
            self._delete(session, [kind.name for kind in instead_of])
            self._insert(rows)
            if is_fed:
                self.outbox.change(stale, rows)

    def _told(self, session: str) -> list[EventRow]:
        """What people told of a session."""
        return [r for r in self.rows(EventRow, session) if r.kind in TOLD_KINDS]

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

    # what goes to InfluxDB

    def feed(self, is_on: bool) -> None:
        """Queue all changes from now on for InfluxDB, or no more of them.

        It is remembered in the file, for whoever opens it; what waits stays.
        """
        with self.writing():
            self.outbox.remember("feed", int(is_on))

    def announce(self, rows: Iterable[LiveRow | PipelineRow]) -> None:
        """Queue rows about the running service; they are kept nowhere else."""
        with self.writing():
            if self.outbox.is_fed:
                self.outbox.add_service(rows)

    def send_again(self, sessions: Iterable[str]) -> None:
        """Queue whole sessions: what InfluxDB has of them is replaced."""
        with self.writing():
            for session in sessions:
                self.outbox.add_whole(session)

    def backlog(self) -> Backlog:
        """What waits for InfluxDB."""
        with explained(self._path, "read"):
            return self.outbox.backlog(time.time_ns())

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
        with explained(self._path, "written"), self._db:
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

    def rename_shoe(self, runner: str, old: str, new: str) -> list[str]:
        """Give a shoe of a runner another name everywhere; gives the runs in it.

        What InfluxDB has of these runs is replaced.
        """
        with self.writing():
            sessions = rename_shoe(self._db, runner, old, new)
            if self.outbox.is_fed:
                for session in sessions:
                    self.outbox.add_whole(session)
        return sessions

    # a runner

    def runners(self) -> list[str]:
        """Everybody of whom a run or a record is kept."""
        sql = (
            "SELECT runner FROM record UNION SELECT runner FROM meta"
            ' UNION SELECT runner FROM "session" ORDER BY runner'
        )
        return [runner for (runner,) in self._all(sql)]

    def sessions_of(self, runner: str) -> list[str]:
        """Ids of all sessions of a runner, whatever is there of them."""
        with explained(self._path, "read"):
            found = self._db.execute(erase.SESSIONS, {"runner": runner})
            return sorted(row[0] for row in found)

    def erase(self, runner: str) -> erase.Erased:
        """Forget all that is known of a runner, and what waits to be sent of hers."""
        sessions, counts = self.sessions_of(runner), Counter[str]()
        with self.writing():
            for what, sql in erase.statements():
                counts[what] += self._db.execute(sql, {"runner": runner}).rowcount
            self.outbox.forget(runner, sessions)
        with explained(self._path, "written"):
            # Else her bytes would stay in pages that are only marked as free.
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return erase.Erased(
            sessions=tuple(sessions),
            rows=counts[erase.ROWS],
            frames=counts[erase.FRAMES],
            records=counts[erase.RECORDS],
            letters=counts[erase.LETTERS],
        )

    def _read(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, values).fetchall()
