"""Sends what waits in the outbox to InfluxDB, on a thread of its own, for ever.

Nothing is taken out of the outbox before InfluxDB has answered for it, and everything
may be sent twice: the same point is the same point. Each class of fault has its own
answer (`processing.store.influx_faults`): away, the same again after a wait that grows;
refused, said aloud, then looked at again; too large, sent in halves; a bad line, set
aside with InfluxDB's words while the rest goes in.
"""

import logging
import random
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from contract.errors import InfluxError, StoreError
from contract.schema import MEASUREMENTS
from processing.store.base import Backlog
from processing.store.database import Turn
from processing.store.influx import InfluxServer, InfluxSettings
from processing.store.influx_faults import (
    InfluxAwayError,
    InfluxBadLinesError,
    InfluxTooLargeError,
)
from processing.store.lines import tag_value, to_lines
from processing.store.outbox import Entry, Kind
from processing.store.sqlite import SqliteStore
from processing.store.stale import Deletion

_log = logging.getLogger(__name__)

MOST_LINES = 5000
"""Lines of one message: what InfluxDB's own advice calls a good batch."""
_LONGEST_RETRY_AFTER_S = 3600.0
_chance = random.SystemRandom()

Refused = list[tuple[str, str]]
"""Lines that were refused, each with what was said of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long the forwarder waits for what, in seconds."""

    gather_s: float = 1.0
    least_wait_s: float = 1.0
    most_wait_s: float = 60.0
    look_again_s: float = 60.0
    goodbye_s: float = 3.0


class Courier:
    """Takes entries of an outbox to a server, oldest first; knows no patience."""

    def __init__(self, store: SqliteStore, server: InfluxServer) -> None:
        self._store = store
        self._server = server
        self._most_lines = MOST_LINES

    def send_oldest(self) -> int:
        """Send the oldest entries, take them out, and tell how many these were."""
        outbox = self._store.outbox
        entries = outbox.oldest(MOST_LINES)
        if not entries:
            return 0
        refused = self._send(entries)
        with self._store.writing():
            outbox.set_aside(refused)
            outbox.done(entries)
        for line, why in refused[:1]:
            more = f" ({len(refused)} such lines)" if len(refused) > 1 else ""
            _log.error("InfluxDB refuses a line: %s%s: %s", why, more, line)
        return len(entries)

    def _send(self, entries: Sequence[Entry]) -> Refused:
        first = entries[0]
        if first.kind is Kind.DELETION:
            return self._delete(first.deletion)
        if first.kind in (Kind.WHOLE, Kind.SENDING):
            return self._send_whole(first)
        return self._write([line for entry in entries for line in entry.lines])

    def _send_whole(self, entry: Entry) -> Refused:
        """Replace what InfluxDB has of a session by the rows of the store.

        What changes from now on waits behind this entry, so it comes later anyhow.
        """
        if entry.kind is Kind.WHOLE:
            with self._store.writing():
                self._store.outbox.begin(entry)
        refused: Refused = []
        for name in MEASUREMENTS:
            refused += self._delete(
                Deletion(name, {"session": tag_value(entry.session)})
            )
        for kind in MEASUREMENTS.values():
            refused += self._write(to_lines(self._store.rows(kind.row, entry.session)))
        return refused

    def _delete(self, wanted: Deletion) -> Refused:
        try:
            self._server.delete(wanted.measurement, wanted.where, wanted.time_ns)
        except InfluxBadLinesError as fault:
            # InfluxDB 3 Core deletes nothing: what is there stays, and is told of.
            return [(f"delete {wanted.measurement} of {wanted.where}", fault.why)]
        return []

    def _write(self, lines: Sequence[str]) -> Refused:
        refused: Refused = []
        start = 0
        while start < len(lines):
            part = lines[start : start + self._most_lines]
            refused += self._write_part(part)
            start += len(part)
        return refused

    def _write_part(self, lines: Sequence[str]) -> Refused:
        try:
            self._server.write(lines)
        except InfluxTooLargeError as fault:
            self._most_lines = max(1, len(lines) // 2)
            return self._halves(lines, fault)
        except InfluxBadLinesError as fault:
            return self._halves(lines, fault)
        return []

    def _halves(self, lines: Sequence[str], fault: InfluxError) -> Refused:
        """Send again in two parts, until what is refused stands alone."""
        if len(lines) == 1:
            return [(lines[0], fault.why)]
        middle = len(lines) // 2
        return self._write_part(lines[:middle]) + self._write_part(lines[middle:])


class Forwarder:
    """Runs the sending on a thread, and says how it goes."""

    def __init__(
        self,
        store_path: Path,
        settings: InfluxSettings,
        most_bytes: int,
        pace: Pace | None = None,
    ) -> None:
        self._path = store_path
        self._settings = settings
        self._most_bytes = most_bytes
        self._pace = pace or Pace()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forwarder", daemon=True)
        self._last = Backlog()
        self._state = ""
        self._faults = 0
        self._answered_at = 0.0

    def start(self) -> None:
        """Have all changes of rows queued from now on, and begin to send them."""
        with SqliteStore.open(self._path) as store:
            store.feed(is_on=True)
            with store.writing():
                store.outbox.remember("most_bytes", self._most_bytes)
        self._thread.start()

    def stop(self) -> None:
        """Send what can be sent within a few seconds; the rest waits on disk."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(self._pace.goodbye_s + self._settings.timeout_s)

    def backlog(self) -> Backlog:
        """What waits, and how the last attempt went."""
        # Should the file fail, whoever writes to it says so.
        with (
            suppress(StoreError),
            SqliteStore.open(self._path, read_only=True) as store,
        ):
            self._last = store.backlog()
        return self._last

    def _run(self) -> None:
        while not self._stop.is_set():
            turn = Turn(self._path)
            try:
                with SqliteStore.open(self._path) as store:
                    while not self._stop.is_set():
                        self._serve(store, turn)
            except StoreError as fault:
                _log.error("%s", fault)
                self._stop.wait(self._backoff_s(None))
            finally:
                turn.end()

    def _serve(self, store: SqliteStore, turn: Turn) -> None:
        """Send with one connection, until there is a reason to make a new one."""
        if not turn.take():
            self._stop.wait(self._pace.gather_s)
            return
        token = self._settings.current_token()
        try:
            server = InfluxServer(self._settings)
        except InfluxError as fault:
            self._note(store, f"refused: {fault}")
            self._wait_for(token)
            return
        courier = Courier(store, server)
        self._answered_at = 0.0
        try:
            while not self._stop.is_set():
                if not self._round(store, courier, server):
                    self._wait_for(token)
                    return
            self._say_goodbye(courier)
        finally:
            server.close()

    def _round(
        self, store: SqliteStore, courier: Courier, server: InfluxServer
    ) -> bool:
        """Send once, and wait as long as is due; False: we are refused."""
        try:
            wait_s = self._send(store, courier, server)
            self._note(store, "ok")
            self._faults = 0
        except InfluxAwayError as fault:
            self._note(store, f"retrying: {fault}")
            wait_s = self._backoff_s(fault.retry_after_s)
        except InfluxError as fault:
            self._note(store, f"refused: {fault}")
            return False
        self._stop.wait(wait_s)
        return True

    def _send(
        self, store: SqliteStore, courier: Courier, server: InfluxServer
    ) -> float:
        """Send the oldest, or see whether InfluxDB is there; gives what to wait."""
        now = time.monotonic()
        if courier.send_oldest():
            self._answered_at = now
        elif not self._answered_at or now - self._answered_at > self._pace.look_again_s:
            server.version()
            self._answered_at = now
        # What is young may wait for company: a message a second is enough.
        is_behind = store.backlog().age_s >= self._pace.gather_s
        return 0.0 if is_behind else self._pace.gather_s

    def _wait_for(self, token: str) -> None:
        """Wait until it is time to look again, or the token is another one."""
        give_up = time.monotonic() + self._pace.look_again_s
        while not self._stop.wait(self._pace.gather_s):
            is_new = self._settings.current_token() != token
            if is_new or time.monotonic() >= give_up:
                return

    def _backoff_s(self, retry_after_s: float | None) -> float:
        """Twice as long each time, within bounds, and not in step with others."""
        self._faults += 1
        doubled = self._pace.least_wait_s * 2.0 ** min(self._faults - 1, 30)
        wait_s = min(doubled, self._pace.most_wait_s) * _chance.uniform(0.5, 1.0)
        return max(wait_s, min(retry_after_s or 0.0, _LONGEST_RETRY_AFTER_S))

    def _note(self, store: SqliteStore, state: str) -> None:
        """Remember how it goes, and say so once."""
        if state == self._state:
            return
        before, self._state = self._state, state
        if state == "ok":
            if before:
                _log.warning("InfluxDB takes rows again")
        elif state.partition(":")[0] != before.partition(":")[0]:
            _log.error("%s", state.partition(": ")[2])
        with suppress(StoreError), store.writing():
            store.outbox.remember("influx", state)

    def _say_goodbye(self, courier: Courier) -> None:
        give_up = time.monotonic() + self._pace.goodbye_s
        with suppress(InfluxError, StoreError):
            while time.monotonic() < give_up and courier.send_oldest():
                pass
