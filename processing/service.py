"""The live loop: messages in, raw data kept and acknowledged, rows and tiles out.

One thread does everything in this order, so that nothing is acknowledged before it is
on disk and a kill at any moment loses nothing: take messages, sort them, commit them
raw, put them in order, acknowledge. Sessions are analysed in turns, twice a second
each and many at once, and the rows of a turn are one commit. After a restart the
sessions still open are rebuilt from their raw frames.
"""

import gc
import logging
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
from contract.service_rows import PipelineRow
from processing.health import Counters, Lags, Load, pipeline_row
from processing.inbox import Inbox, Message
from processing.intake import Intake
from processing.letterbox import too_large
from processing.mailroom import sort_mail
from processing.session import LiveSession
from processing.settings import Settings
from processing.share import Share
from processing.store.base import Backlog
from processing.store.sqlite import SqliteStore
from processing.turns import Turns

_log = logging.getLogger(__name__)

_MOST_MESSAGES = 20_000
_WAIT_S = 0.05
_GATHER_S = 0.05
_ACK_EVERY_S = 0.2
_HEALTH_EVERY_S = 10.0
_RETRY_S = 1.0
_GARBAGE = (50_000, 20, 50)
"""Python looks for circles of dead values among all it holds after every 700 new ones;
rows by the thousand make no circle, and the looking took 6 % of the time (measured)."""
_ALL = Share()


class ProcessingService:
    """Runs the live loop on a thread of its own.

    Parameters
    ----------
    backlog : callable, optional
        What InfluxDB has not got yet, for the row about this service.
    share : Share, optional
        Which runners to take, where several processes share them.
    """

    def __init__(
        self,
        bus: Bus,
        store_path: Path,
        settings: Settings | None = None,
        backlog: Callable[[], Backlog] = Backlog,
        share: Share = _ALL,
    ) -> None:
        self.counters = Counters()
        self._bus = bus
        self._path = store_path
        self._settings = settings or Settings()
        self._backlog = backlog
        self._share = share
        self._inbox = Inbox()
        self._lags = Lags()
        self._sessions = 0
        self._started_ms = time.time_ns() // 1_000_000
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="processing")
        self._fault: StoreError | None = None
        self._held: list[Message] = []
        self._is_resumed = False
        self._health_at = time.monotonic()
        self._unsaid: set[tuple[str, Slot]] = set()

    def start(self) -> None:
        """Open the store (raises `StoreError` if it cannot be used), then begin."""
        SqliteStore.open(self._path).close()
        self._thread.start()
        for pattern in (topics.ALL_META, topics.ALL_EVENTS, topics.ALL_MARKS):
            self._bus.subscribe(pattern, self._take)
        # Frames have an acknowledgement of ours; a second one for each, from broker to
        # here, would only cost time.
        self._bus.subscribe(topics.ALL_IMU, self._take, qos=0)

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

    @property
    def broker_trouble(self) -> str:
        """Why no messages can come at the moment; empty while they can."""
        return self._bus.trouble

    def health(self) -> PipelineRow:
        """How the processing does, now."""
        load = Load(self._share.number, self._sessions, len(self._inbox))
        return pipeline_row(
            self.counters, self._lags, load, self._backlog(), self._started_ms
        )

    def _take(self, topic: str, payload: bytes) -> None:
        if self._share.wants(topic):
            self._inbox.put(topic, payload)

    def _run(self) -> None:
        gc.set_threshold(*_GARBAGE)
        with SqliteStore.open(self._path) as store:
            intake = Intake(store, self._settings, self.counters, self._share)
            turns = Turns(intake, self._send, self.counters, self._lags)
            while not (self._stop.is_set() and not len(self._inbox)):
                is_last = self._stop.is_set()
                gather_s = 0.0 if is_last else min(_GATHER_S, turns.rest_s)
                messages = self._inbox.take(_MOST_MESSAGES, _WAIT_S, gather_s)
                self._guarded(intake, partial(self._work, intake, turns, messages))
            self._guarded(intake, partial(self._end, intake, turns))

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
            self._unsaid.clear()
            words = (m for m in self._held if not m[0].endswith("/imu"))
            self._held = list(dict.fromkeys(words))
            self._stop.wait(_RETRY_S)

    def _work(self, intake: Intake, turns: Turns, messages: list[Message]) -> None:
        self._held += messages
        self.counters.received = self._inbox.received
        self.counters.refused += self._inbox.newly_refused()
        if not self._is_resumed:
            intake.resume()
            self._is_resumed = True
        self._take_in(intake)
        turns.take()
        intake.forget_idle()
        self._sessions = len(intake.sessions)
        if time.monotonic() - self._health_at >= _HEALTH_EVERY_S:
            self._health_at = time.monotonic()
            intake.store.announce([self.health()])

    def _end(self, intake: Intake, turns: Turns) -> None:
        turns.take_last()
        for name, session in intake.sessions.items():
            for slot in session.streams:
                self._say_stored(session, name, slot)

    def _take_in(self, intake: Intake) -> None:
        now_ns = time.time_ns()
        mail = sort_mail(self._held, now_ns, intake.owner)
        large, untold = self._inbox.too_large()
        mail.letters += too_large(large, now_ns)
        intake.count_letters(untold)
        if self._held or mail.letters:
            self._unsaid |= intake.take_in(mail)
            self._acknowledge_ends(intake, mail.metas)
            self._held.clear()
        self._acknowledge(intake)

    def _acknowledge(self, intake: Intake) -> None:
        """Say of each stream where anything came what is stored, not too often."""
        for name, slot in sorted(self._unsaid):
            session = intake.sessions.get(name)
            if session is None or session.is_ack_due(slot):
                self._unsaid.discard((name, slot))
                if session is not None:
                    self._say_stored(session, name, slot)

    def _say_stored(self, session: LiveSession, name: str, slot: Slot) -> None:
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

    def _send(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        try:
            self._bus.publish(topic, payload, qos=qos, retain=retain)
        except BusError as fault:
            # Acks and tiles are sent again with the next data.
            _log.debug("not sent on %s: %s", topic, fault)
