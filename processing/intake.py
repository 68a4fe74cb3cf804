"""From sorted mail to sessions: commit first, then put in order and analyse."""

import logging
import time
from dataclasses import dataclass

from contract.messages import SessionMeta
from contract.model import Slot
from processing.history import past_of
from processing.ingest import StreamOrder
from processing.mailroom import Mail
from processing.session import LiveSession
from processing.settings import Settings
from processing.store.base import RawFrame
from processing.store.sqlite import SqliteStore

_log = logging.getLogger(__name__)

_FORGET_AFTER_S = 60.0
"""A finished session stays in memory so long, to answer frames that come again."""


@dataclass(slots=True)
class Counters:
    """What the service has done since it started."""

    stored: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    lost: int = 0
    store_failures: int = 0
    failed_sessions: int = 0


class Intake:
    """The sessions in memory, each a function of what is on disk."""

    def __init__(
        self, store: SqliteStore, settings: Settings, counters: Counters
    ) -> None:
        self.store = store
        self.sessions: dict[str, LiveSession] = {}
        self._settings = settings
        self._counters = counters

    def resume(self) -> None:
        """Rebuild the sessions that were open when the service or the store failed."""
        self.store.probe()
        for name in self.store.open_sessions():
            self._load(name)
        self.analyse()

    def forget_all(self) -> None:
        """Drop what is in memory; it is rebuilt from disk when needed."""
        self.sessions.clear()

    def take_in(self, mail: Mail) -> set[tuple[str, Slot]]:
        """Commit everything, then put frames in order; gives the streams touched."""
        for name, runner in self._named(mail).items():
            self._session(name, runner)
        fresh = [f for f, batch in mail.frames if self._order(f).is_new(batch)]
        self._reopen({frame.session for frame in fresh})
        self.store.commit_raw(fresh, mail.metas, mail.lost, mail.letters)
        touched: set[tuple[str, Slot]] = set()
        for frame, batch in mail.frames:
            is_new = self._order(frame).accept(batch)
            self._counters.stored += is_new
            self._counters.duplicates += not is_new
            self.sessions[frame.session].touch(is_new=is_new)
            touched.add((frame.session, frame.slot))
        for gap in mail.lost:
            order = self.sessions[gap.session].stream(gap.slot)
            order.lose(gap.epoch, gap.first_seq, gap.last_seq)
            self._counters.lost += gap.last_seq - gap.first_seq + 1
            touched.add((gap.session, gap.slot))
        self._describe(mail)
        self._counters.dead_letters += len(mail.letters)
        for letter in mail.letters:
            _log.warning("set aside a message on %s: %s", letter.topic, letter.reason)
        return touched

    def analyse(self) -> None:
        """Analyse what is in order; one session's failure does not stop the others."""
        for name, session in list(self.sessions.items()):
            try:
                session.analyse()
            except Exception:  # noqa: BLE001 - a bug must not stop other runners
                _log.exception(
                    "the analysis of session %s failed; raw data is safe", name
                )
                self._counters.failed_sessions += 1
                session.give_up()
            idle_s = time.monotonic() - session.used_at
            if session.is_written and idle_s > _FORGET_AFTER_S:
                del self.sessions[name]

    def _named(self, mail: Mail) -> dict[str, str]:
        """Sessions that must be in memory for this mail, with their runners."""
        names = {f.session for f, _ in mail.frames} | {g.session for g in mail.lost}
        names |= {
            meta.session
            for meta in mail.metas
            if meta.session in self.sessions or not self.store.is_closed(meta.session)
        }
        return {name: mail.runners[name] for name in names}

    def _describe(self, mail: Mail) -> None:
        for meta in mail.metas:
            session = self.sessions.get(meta.session)
            if session is not None and not session.is_over:
                self._tell(session, meta)

    def _tell(self, session: LiveSession, meta: SessionMeta) -> None:
        """Describe a session, with what was known of its runner before."""
        if session.analysis is None:
            session.past = past_of(self.store, meta)
        session.describe(meta)

    def _order(self, frame: RawFrame) -> StreamOrder:
        return self.sessions[frame.session].stream(frame.slot)

    def _session(self, name: str, runner: str) -> LiveSession:
        if name not in self.sessions:
            self._load(name)
        session = self.sessions[name]
        session.runner = session.runner or runner
        return session

    def _load(self, name: str) -> None:
        session = LiveSession(self._settings)
        meta = self.store.meta(name)
        if meta is not None:
            session.runner = meta.runner
            self._tell(session, meta)
        session.restore(self.store.frames(name), self.store.lost(name))
        if self.store.is_closed(name):
            session.is_over = session.is_written = True
        self.sessions[name] = session

    def _reopen(self, names: set[str]) -> None:
        """Start again with sessions that were thought finished but go on."""
        for name in names:
            if self.sessions[name].is_over:
                self.store.reopen_session(name)
                self.store.clear_rows(name)  # its end was none: steps there may change
                self._load(name)
