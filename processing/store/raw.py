"""The raw half of the store: frames as they came, descriptions, losses, dead letters.

Raw frames are kept for good: every result can be computed again from them.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from contract.messages import SessionMeta, dumps, loads
from contract.model import Slot
from processing.store.base import DeadLetter, LostFrames, RawFrame
from processing.store.database import Connection, explained
from processing.store.sql import MOST_LETTERS, OLD_LETTERS, OPEN_SESSIONS


class RawStore:
    """Reads and writes raw data; one connection, to be used by one thread."""

    def __init__(self, connection: Connection, path: Path) -> None:
        self._db = connection
        self._path = path

    def commit_raw(
        self,
        frames: Sequence[RawFrame],
        metas: Sequence[SessionMeta] = (),
        lost: Sequence[LostFrames] = (),
        letters: Sequence[DeadLetter] = (),
    ) -> None:
        """Keep all of it, durably, before returning."""
        with explained(self._path, "written"), self._db:
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
                " ON CONFLICT (session) DO UPDATE SET payload = excluded.payload"
                " WHERE runner = excluded.runner",  # nobody describes another's run
                [(m.session, m.runner, dumps(m)) for m in metas],
            )
            self._db.executemany(
                "INSERT INTO dead_letter (topic, reason, payload, received_ns)"
                " VALUES (?, ?, ?, ?)",
                [(d.topic, d.reason, d.payload, d.received_ns) for d in letters],
            )
            if letters:
                self._db.execute(OLD_LETTERS, (MOST_LETTERS,))

    def frames(self, session: str) -> Iterator[RawFrame]:
        """Raw frames of a session, each sensor's in order."""
        with explained(self._path, "read"):
            cursor = self._db.execute(
                "SELECT runner, session, slot, epoch, seq, payload FROM frame"
                " WHERE session = ? ORDER BY slot, epoch, seq",
                (session,),
            )
            for runner, name, slot, *rest in cursor:
                yield RawFrame(runner, name, Slot(slot), *rest)

    def payloads(self, session: str) -> Iterator[tuple[int, int, int, bytes]]:
        """Slot, epoch, number and bytes of each frame, in that order: the bare data."""
        with explained(self._path, "read"):
            yield from self._db.execute(
                "SELECT slot, epoch, seq, payload FROM frame"
                " WHERE session = ? ORDER BY slot, epoch, seq",
                (session,),
            )

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

    def owner(self, session: str) -> str | None:
        """Runner whose session it is: who described it, or sent its first frames."""
        for table in ("meta", "frame"):
            sql = f"SELECT runner FROM {table} WHERE session = ? LIMIT 1"  # noqa: S608 - our names
            if found := self._all(sql, (session,)):
                return str(found[0][0])
        return None

    def open_sessions(self) -> list[str]:
        """Sessions with raw data or a description that were not closed yet."""
        return sorted(row[0] for row in self._all(OPEN_SESSIONS))

    def is_closed(self, session: str) -> bool:
        """Whether all of a session has come and was analysed."""
        found = self._all("SELECT is_closed FROM meta WHERE session = ?", (session,))
        return bool(found and found[0][0])

    def close_session(self, session: str) -> None:
        """Note that all of a session has come and was analysed."""
        with explained(self._path, "written"), self._db:
            self._db.execute(
                "UPDATE meta SET is_closed = 1 WHERE session = ?", (session,)
            )

    def reopen_session(self, session: str) -> None:
        """Note that more of a session has come after all."""
        with explained(self._path, "written"), self._db:
            self._db.execute(
                "UPDATE meta SET is_closed = 0 WHERE session = ?", (session,)
            )

    def dead_letters(self) -> list[DeadLetter]:
        """Messages that could not be understood, oldest first."""
        found = self._all(
            "SELECT topic, reason, payload, received_ns FROM dead_letter ORDER BY id"
        )
        return [DeadLetter(*row) for row in found]

    def _all(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with explained(self._path, "read"):
            return self._db.execute(sql, values).fetchall()


def raw_sha256(store: RawStore, session: str) -> str:
    """Hash of all raw frames of a session, in hex; "" when it has none.

    Whoever holds an export can repeat it. Take the frames in order of sensor (left,
    right, hip), epoch and number (seq). For each, hash a line of ASCII text "SLOT EPOCH
    SEQ" and a line feed, such as ``left 0 17``, then the frame's payload as it came
    over the wire (`contract.wire`), nothing between. The result is the SHA-256 of it
    all.
    """
    words = {int(slot): slot.word for slot in Slot}
    digest, count = hashlib.sha256(), 0
    for slot, epoch, seq, payload in store.payloads(session):
        digest.update(b"%b %d %d\n%b" % (words[slot].encode(), epoch, seq, payload))
        count += 1
    return digest.hexdigest() if count else ""
