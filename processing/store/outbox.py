"""What InfluxDB has not got yet: a queue in the store's own file.

Entries are made in the transaction that changes the rows, so neither can be there
without the other, and are taken out when InfluxDB has answered. They are sent in the
order of their ids: blocks of lines, deletions, and whole sessions, which are read from
their rows when their turn comes.

The queue is bounded by bytes. When it is full, what was shown live goes first, oldest
first, and is counted; then all that waits of the oldest session becomes one entry
"this whole session again". Nothing of a run is lost by that: its rows are kept. On a
disk that is nearly full it has less room: raw frames take what it gives back.
"""

import json
import shutil
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from enum import IntEnum

from contract.rows import Row
from contract.schema import MEASUREMENTS
from contract.service_rows import LiveRow, PipelineRow
from processing.store.base import Backlog
from processing.store.lines import to_lines
from processing.store.sql import quoted
from processing.store.stale import Deletion

MOST_BYTES = 1024 * 2**20
"""Room as long as nobody said otherwise; the default of the setting outbox_mb."""
RESERVE_BYTES = 512 * 2**20
"""Free disk space below which the queue gives way to raw frames, which cannot be made
again: two hours of ten runners (300 bytes a frame, ten frames a second and sensor)."""
TIGHT_BYTES = 16 * 2**20
"""Room that the queue has then: enough for whoever is sent to all the time."""
MOST_REFUSED = 1000
"""Refused lines that are kept to look at; all are counted."""
_BLOCK_LINES = 2000
_ENTRY_BYTES = 64
"""What an entry takes besides its payload, about."""


class Kind(IntEnum):
    """What an entry asks for; kept in the file, so a number never changes."""

    LINES = 0
    SERVICE = 1
    DELETION = 2
    WHOLE = 3
    SENDING = 4
    """A whole session whose sending has begun: what changes now waits behind it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, as it stands in the queue."""

    id: int
    kind: Kind
    session: str
    rows: int
    payload: str = field(repr=False)

    @property
    def lines(self) -> list[str]:
        """Lines of the line protocol; of an entry that has some."""
        return self.payload.split("\n")

    @property
    def deletion(self) -> Deletion:
        """What to delete; of an entry that says so."""
        return Deletion(**json.loads(self.payload))


class Outbox:
    """The queue in the file of a connection; transactions are the caller's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._file: str = connection.execute("PRAGMA database_list").fetchone()[2]

    # how things stand

    def state(self, name: str) -> int:
        """One of the figures that are remembered in the file."""
        found = self._db.execute("SELECT value FROM state WHERE name = ?", (name,))
        return int((found.fetchone() or (0,))[0])

    def remember(self, name: str, value: int | str) -> None:
        """Keep a figure or a word in the file."""
        sql = "INSERT OR REPLACE INTO state VALUES (?, ?)"
        self._db.execute(sql, (name, value))

    def _count(self, name: str, more: int) -> None:
        self.remember(name, self.state(name) + more)

    @property
    def is_fed(self) -> bool:
        """Whether rows are to go to InfluxDB at all."""
        return bool(self.state("feed"))

    def backlog(self, now_ns: int) -> Backlog:
        """What waits, and how the last attempt went; costs next to nothing."""
        known = dict(self._db.execute("SELECT name, value FROM state"))
        oldest = self._db.execute(
            "SELECT min(time_ns) FROM (SELECT time_ns FROM ("
            "SELECT time_ns FROM outbox ORDER BY id LIMIT 1) UNION ALL"
            " SELECT time_ns FROM outbox WHERE kind >= 3)"
        ).fetchone()[0]
        age_s = 0.0 if oldest is None else max(0.0, (now_ns - oldest) / 1e9)
        return Backlog(
            rows=known["rows"],
            size_bytes=known["bytes"],
            age_s=age_s,
            refused_rows=known["refused"],
            influx=known["influx"],
        )

    def refused(self) -> list[tuple[str, str]]:
        """Lines that InfluxDB refused, and what it said, oldest first."""
        sql = "SELECT line, error FROM outbox_refused ORDER BY id"
        return self._db.execute(sql).fetchall()

    def is_to_be_sent(self, session: str) -> bool:
        """Whether a whole session waits, or is on its way."""
        sql = "SELECT 1 FROM outbox WHERE kind >= 3 AND session = ?"
        return self._db.execute(sql, (session,)).fetchone() is not None

    # what changes put in

    def change(self, gone: Iterable[Deletion], rows: Iterable[Row]) -> None:
        """Queue deletions, then rows, unless their session is sent whole anyway."""
        for deletion in gone:
            session = deletion.where["session"]
            if not self._is_whole(session):
                words = json.dumps(asdict(deletion))
                self._put(Kind.DELETION, session, 0, words)
        by_session: dict[str, list[Row]] = {}
        for row in rows:
            by_session.setdefault(row.session, []).append(row)
        for session, found in by_session.items():
            if not self._is_whole(session):
                self._put_lines(Kind.LINES, session, to_lines(found))
        self._make_room()

    def add_service(self, rows: Iterable[LiveRow | PipelineRow]) -> None:
        """Queue rows about the running service."""
        self._put_lines(Kind.SERVICE, "", to_lines(rows))
        self._make_room()

    def add_whole(self, session: str) -> None:
        """Queue a session from its rows, in place of all that waits of it."""
        if self._is_whole(session):
            return
        waits = "session = ? AND kind IN (?, ?)"
        values = (session, Kind.LINES, Kind.DELETION)
        (since,) = self._db.execute(
            f"SELECT min(time_ns) FROM outbox WHERE {waits}",  # noqa: S608 - our words
            values,
        ).fetchone()
        self._db.execute(f"DELETE FROM outbox WHERE {waits}", values)  # noqa: S608
        self._put(Kind.WHOLE, session, self._rows_of(session), "", since)

    def _rows_of(self, session: str) -> int:
        counts = (
            f"SELECT count(*) AS n FROM {quoted(name)} WHERE session = :s"  # noqa: S608 - our names
            for name in MEASUREMENTS
        )
        sql = f"SELECT sum(n) FROM ({' UNION ALL '.join(counts)})"  # noqa: S608
        return int(self._db.execute(sql, {"s": session}).fetchone()[0])

    def _is_whole(self, session: str) -> bool:
        sql = "SELECT 1 FROM outbox WHERE kind >= 3 AND kind = ? AND session = ?"
        found = self._db.execute(sql, (Kind.WHOLE, session))
        return found.fetchone() is not None

    def _put_lines(self, kind: Kind, session: str, lines: Sequence[str]) -> None:
        for start in range(0, len(lines), _BLOCK_LINES):
            block = lines[start : start + _BLOCK_LINES]
            self._put(kind, session, len(block), "\n".join(block))

    def _put(
        self,
        kind: Kind,
        session: str,
        rows: int,
        payload: str,
        since_ns: int | None = None,
    ) -> None:
        size = len(payload.encode()) + _ENTRY_BYTES
        since = since_ns or time.time_ns()
        self._db.execute(
            "INSERT INTO outbox (kind, session, rows, bytes, time_ns, payload)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (kind, session, rows, size, since, payload),
        )

    def _make_room(self) -> None:
        most = self._most_bytes()
        if self.state("bytes") > most:
            self._give_up_service(self.state("bytes") - most)
        while self.state("bytes") > most:
            oldest = self._db.execute(
                "SELECT session FROM outbox WHERE kind IN (?, ?) ORDER BY id LIMIT 1",
                (Kind.LINES, Kind.DELETION),
            ).fetchone()
            if oldest is None:
                return
            self.add_whole(oldest[0])

    def _most_bytes(self) -> int:
        most = self.state("most_bytes") or MOST_BYTES
        has_disk = shutil.disk_usage(self._file).free >= RESERVE_BYTES
        return most if has_disk else min(most, TIGHT_BYTES)

    def _give_up_service(self, excess: int) -> None:
        """Take out the oldest of what was shown live, as much as is too much."""
        found = self._db.execute(
            "SELECT id, rows FROM (SELECT id, rows, sum(bytes) OVER (ORDER BY id)"
            " - bytes AS before FROM outbox WHERE kind = ?) WHERE before < ?",
            (Kind.SERVICE, excess),
        ).fetchall()
        self._take_out(number for number, _ in found)
        self._count("given_up", sum(rows for _, rows in found))

    def _take_out(self, ids: Iterable[int]) -> None:
        sql = "DELETE FROM outbox WHERE id = ?"
        self._db.executemany(sql, ((number,) for number in ids))

    def forget(self, runner: str, sessions: Iterable[str]) -> None:
        """Take out all that waits of a runner, and what was refused of hers."""
        for session in sessions:
            self._db.execute("DELETE FROM outbox WHERE session = ?", (session,))
        tag = f",runner={runner},"
        held = self._db.execute(
            "SELECT id, payload FROM outbox WHERE kind = ? AND instr(payload, ?)",
            (Kind.SERVICE, tag),
        ).fetchall()
        self._take_out(number for number, _ in held)
        for _, payload in held:
            others = [line for line in payload.split("\n") if tag not in line]
            self._put_lines(Kind.SERVICE, "", others)
        self._db.execute("DELETE FROM outbox_refused WHERE instr(line, ?)", (tag,))

    # what the forwarder takes out

    def oldest(self, most_lines: int) -> list[Entry]:
        """Oldest entries that can be sent at once: many with lines, or another one."""
        taken: list[Entry] = []
        sql = "SELECT id, kind, session, rows, payload FROM outbox ORDER BY id"
        with closing(self._db.execute(sql)) as cursor:
            for number, kind, *rest in cursor:
                entry = Entry(number, Kind(kind), *rest)
                has_lines = entry.kind in (Kind.LINES, Kind.SERVICE)
                most_lines -= entry.rows
                if taken and (not has_lines or most_lines < 0):
                    break
                taken.append(entry)
                if not has_lines:
                    break
        return taken

    def begin(self, entry: Entry) -> None:
        """Note that a whole session is being sent from now on."""
        sql = "UPDATE outbox SET kind = ? WHERE id = ?"
        self._db.execute(sql, (Kind.SENDING, entry.id))

    def done(self, entries: Iterable[Entry]) -> None:
        """Take out entries that InfluxDB has answered for."""
        self._take_out(entry.id for entry in entries)

    def set_aside(self, refused: Iterable[tuple[str, str]]) -> None:
        """Keep lines that InfluxDB refused, each with what it said, and count them."""
        found = [(line, error, time.time_ns()) for line, error in refused]
        self._db.executemany(
            "INSERT INTO outbox_refused (line, error, time_ns) VALUES (?, ?, ?)", found
        )
        self._count("refused", len(found))
        self._db.execute(
            "DELETE FROM outbox_refused WHERE id <="
            " (SELECT max(id) FROM outbox_refused) - ?",
            (MOST_REFUSED,),
        )
