"""The live loop: messages in, raw data kept and acknowledged, rows and tiles out.

One thread does everything in this order, so that nothing is acknowledged before it is
on disk and a kill at any moment loses nothing: take messages, sort them, commit them
raw, put them in order, acknowledge, analyse, write rows. After a restart the sessions
still open are rebuilt from their raw frames.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from contract import topics
from contract.bus import Bus
from contract.errors import BusError, StoreError
from contract.messages import Ack, SessionMeta, dumps
from contract.model import Slot
from contract.rows import BalanceRow
from processing.history import keep_mounts
from processing.intake import Counters, Intake
from processing.mailroom import sort_mail
from processing.session import LiveSession
from processing.settings import Settings
from processing.store.sqlite import SqliteStore
from processing.tile import live_tile

_log = logging.getLogger(__name__)

_MOST_MESSAGES = 500
_WAIT_S = 0.05
_ROWS_EVERY_S = 0.5
_SUMMARY_EVERY_S = 10.0
_TILE_EVERY_S = 1.0
_RETRY_S = 1.0


class ProcessingService:
    """Runs the live loop on a thread of its own."""

    def __init__(
        self, bus: Bus, store_path: Path, settings: Settings | None = None
    ) -> None:
        self.counters = Counters()
        self._bus = bus
        self._path = store_path
        self._settings = settings or Settings()
        self._inbox: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="processing")
        self._fault: StoreError | None = None
        self._held: list[tuple[str, bytes]] = []
        self._is_resumed = False

    def start(self) -> None:
        """Open the store (raises `StoreError` if it cannot be used), then begin."""
        SqliteStore.open(self._path).close()
        self._thread.start()
        for pattern in (topics.ALL_META, topics.ALL_EVENTS, topics.ALL_IMU):
            self._bus.subscribe(pattern, self._take)

    def stop(self) -> None:
        """Finish what has arrived, write it, and end."""
        self._stop.set()
        self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether the loop runs."""
        return self._thread.is_alive()

    @property
    def fault(self) -> StoreError | None:
        """What keeps the store from taking data at the moment, if anything does."""
        return self._fault

    def _take(self, topic: str, payload: bytes) -> None:
        self._inbox.put((topic, payload))

    def _run(self) -> None:
        with SqliteStore.open(self._path) as store:
            intake = Intake(store, self._settings, self.counters)
            while not (self._stop.is_set() and self._inbox.empty()):
                messages = self._collect()
                self._guarded(intake, partial(self._work, intake, messages))
            self._guarded(intake, partial(self._write, intake, is_last=True))

    def _collect(self) -> list[tuple[str, bytes]]:
        messages = []
        try:
            messages.append(self._inbox.get(timeout=_WAIT_S))
            while len(messages) < _MOST_MESSAGES:
                messages.append(self._inbox.get_nowait())
        except queue.Empty:
            pass
        return messages

    def _guarded(self, intake: Intake, work: Callable[[], None]) -> None:
        """Live on when the store fails: what was not acknowledged is sent again.

        Frames are; words about a session are not, so these are kept until stored.
        """
        try:
            work()
            self._fault = None
        except StoreError as fault:
            if self._fault is None:
                _log.error("%s", fault)
            self._fault = fault
            self.counters.store_failures += 1
            intake.forget_all()
            self._is_resumed = False
            words = (m for m in self._held if not m[0].endswith("/imu"))
            self._held = list(dict.fromkeys(words))
            self._stop.wait(_RETRY_S)

    def _work(self, intake: Intake, messages: list[tuple[str, bytes]]) -> None:
        self._held += messages
        if not self._is_resumed:
            intake.resume()
            self._is_resumed = True
        if self._held:
            mail = sort_mail(self._held, time.time_ns())
            self._acknowledge(intake, intake.take_in(mail))
            self._acknowledge_ends(intake, mail.metas)
            self._held.clear()
        intake.analyse()
        self._write(intake, is_last=False)
        self._show(intake)

    def _acknowledge(self, intake: Intake, touched: set[tuple[str, Slot]]) -> None:
        for name, slot in sorted(touched):
            session = intake.sessions[name]
            ack = session.ack(slot)
            if ack is not None:
                topic = topics.ack(session.runner, name, slot)
                self._send(topic, dumps(ack), qos=1, retain=True)

    def _acknowledge_ends(self, intake: Intake, metas: list[SessionMeta]) -> None:
        """Say of each end that was told that it is stored, however long ago."""
        for meta in metas:
            session = intake.sessions.get(meta.session)
            for word, end in meta.ends.items() if meta.state == "ended" else ():
                slot = Slot.from_word(word)
                # A closed session that is not in memory has all that it ends with.
                whole = Ack(end.epoch, end.next_seq, is_over=True)
                ack = session.ack(slot) or Ack(0, 0, is_over=True) if session else whole
                topic = topics.ack(meta.runner, meta.session, slot)
                self._send(topic, dumps(ack), qos=1, retain=True)

    def _write(self, intake: Intake, *, is_last: bool) -> None:
        now = time.monotonic()
        for name, session in list(intake.sessions.items()):
            is_done = session.is_over and not session.is_written
            if is_last or is_done or now - session.rows_at >= _ROWS_EVERY_S:
                session.rows_at = now
                intake.store.write(session.new_rows())
            if is_done:
                intake.store.replace(name, (BalanceRow,), session.last_word())
            elif is_last or now - session.summary_at >= _SUMMARY_EVERY_S:
                session.summary_at = now
                intake.store.write(session.summary())
            if is_done:
                session.is_written = True
                if session.analysis is not None:
                    meta = session.analysis.meta
                    keep_mounts(intake.store, meta, session.analysis.mounts())
                intake.store.close_session(name)
                self._show_tile(session)

    def _show(self, intake: Intake) -> None:
        now = time.monotonic()
        for session in intake.sessions.values():
            if session.is_fresh and now - session.tile_at >= _TILE_EVERY_S:
                session.tile_at, session.is_fresh = now, False
                self._show_tile(session)

    def _show_tile(self, session: LiveSession) -> None:
        if session.analysis is None:
            return
        tile = live_tile(session.analysis, is_over=session.is_over)
        if tile is not None:
            topic = topics.live(tile.runner, tile.session)
            self._send(topic, dumps(tile), qos=0, retain=False)

    def _send(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        try:
            self._bus.publish(topic, payload, qos=qos, retain=retain)
        except BusError as fault:
            # Acks and tiles are sent again with the next data.
            _log.debug("not sent on %s: %s", topic, fault)
