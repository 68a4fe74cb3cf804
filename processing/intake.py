"""From sorted mail to sessions: commit first, then put in order and analyse."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence

import msgspec

from contract.messages import SessionMeta
from contract.model import ImuBatch, Slot
from contract.rows import Row
from processing.health import Counters
from processing.history import past_of
from processing.ingest import StreamOrder
from processing.letterbox import Letterbox
from processing.mailroom import Mail
from processing.session import LiveSession
from processing.settings import Settings
from processing.share import Share
from processing.store.base import LostFrames, RawFrame
from processing.store.people import consents_of
from processing.store.sqlite import SqliteStore
from processing.together import settle_together

_log = logging.getLogger(__name__)

FORGET_AFTER_S = 60.0
"""A session that is over, or of which nobody has told what it is, stays in memory so
long after its last frame; what comes later is read back from disk."""
FORGET_OPEN_AFTER_S = 3600.0
"""One that was never ended: its collector has died."""
_ALL = Share()
MOST_UNKNOWN = 100
"""Sessions without a description that are kept in memory."""


class Intake:
    """The sessions in memory, each a function of what is on disk."""

    def __init__(
        self,
        store: SqliteStore,
        settings: Settings,
        counters: Counters,
        share: Share = _ALL,
    ) -> None:
        self.store = store
        self.sessions: dict[str, LiveSession] = {}
        self._settings = settings
        self._counters = counters
        self._share = share
        self._letterbox = Letterbox()

    def resume(self) -> None:
        """Rebuild the sessions that were open when the service or the store failed.

        Those without a description are read when it comes: there may be very many.
        """
        self.store.probe()
        for name in self.store.open_sessions():
            meta = self.store.meta(name)
            if meta is not None and self._share.has(meta.runner):
                self._load(name)
                self.analyse([name])  # one by one: their frames are not held at once

    def forget_all(self) -> None:
        """Drop what is in memory; it is rebuilt from disk when needed."""
        self.sessions.clear()

    def forget_idle(self) -> None:
        """Drop the sessions that nothing has come of for long, unknown ones sooner."""
        now = time.monotonic()
        for name, session in list(self.sessions.items()):
            is_short = session.is_written or session.meta is None
            most_s = FORGET_AFTER_S if is_short else FORGET_OPEN_AFTER_S
            if now - session.used_at > most_s:
                del self.sessions[name]
        unknown = [n for n, s in self.sessions.items() if s.meta is None]
        unknown.sort(key=lambda name: self.sessions[name].used_at)
        for name in unknown[: max(0, len(unknown) - MOST_UNKNOWN)]:
            del self.sessions[name]

    def count_letters(self, more: int) -> None:
        """Count dead letters of which nothing is left to keep."""
        self._letterbox.count += more

    def owner(self, name: str) -> str | None:
        """Runner whose session it is, if anything is known of it."""
        session = self.sessions.get(name)
        return (session.runner if session else "") or self.store.owner(name)

    def take_in(self, mail: Mail) -> set[tuple[str, Slot]]:
        """Commit everything, then put frames in order; gives the streams touched."""
        for name, runner in self._named(mail).items():
            self._session(name, runner)
        lost = [gap for gap in mail.lost if gap.session in self.sessions]
        near = [(f, batch) for f, batch in mail.frames if self._order(f).is_near(batch)]
        self._counters.refused += len(mail.frames) - len(near)
        fresh = [f for f, batch in near if self._order(f).is_new(batch)]
        self._reopen({frame.session for frame in fresh})
        letters = self._letterbox.thin(mail.letters)
        if fresh or mail.metas or lost or letters:
            self.store.commit_raw(fresh, mail.metas, lost, letters)
        if mail.told:
            self.store.write(mail.told)
        self._counters.dead_letters = self._letterbox.count
        self._describe(mail)
        touched = self._accept(near) | self._lose(lost)
        self._read_back(mail)
        return touched

    def _accept(
        self, frames: Iterable[tuple[RawFrame, ImuBatch]]
    ) -> set[tuple[str, Slot]]:
        touched: set[tuple[str, Slot]] = set()
        counters = self._counters
        for frame, batch in frames:
            session = self.sessions[frame.session]
            is_new = session.stream(frame.slot).accept(batch)
            counters.stored += is_new
            counters.duplicates += not is_new
            session.touch(is_new=is_new)
            if session.meta is None:
                session.leave_on_disk(frame.slot)
            touched.add((frame.session, frame.slot))
        return touched

    def _lose(self, lost: Iterable[LostFrames]) -> set[tuple[str, Slot]]:
        touched: set[tuple[str, Slot]] = set()
        for gap in lost:
            session = self.sessions[gap.session]
            session.has_news = True
            order = session.stream(gap.slot)
            order.lose(gap.epoch, gap.first_seq, gap.last_seq)
            self._counters.lost += gap.last_seq - gap.first_seq + 1
            touched.add((gap.session, gap.slot))
        return touched

    def analyse(self, names: Iterable[str]) -> None:
        """Analyse what is in order; one session's failure does not stop the others."""
        chosen = [(name, self.sessions[name]) for name in list(names)]
        for name, session in chosen:
            self._guarded(name, session, session.cut)
        self._settle(chosen)
        for name, _ in chosen:
            session = self.sessions[name]
            self._guarded(name, session, session.conclude)

    def rows_of(self, name: str, rows: Callable[[], Sequence[Row]]) -> Sequence[Row]:
        """Rows of a session; none if they cannot be made, and it is given up."""
        found: list[Row] = []
        self._guarded(name, self.sessions[name], lambda: found.extend(rows()))
        return found

    def _settle(self, chosen: list[tuple[str, LiveSession]]) -> None:
        """Judge the strides of all, side by side."""
        try:
            settle_together(s.analysis for _, s in chosen if s.analysis is not None)
        except Exception:  # noqa: BLE001 - a bug must not stop other runners
            _log.exception("strides of many sessions could not be judged together")
            # Nobody knows how far it came: begin each anew, from what is on disk.
            for name, session in chosen:
                if not session.is_over:
                    self._load(name)
                    again = self.sessions[name]
                    self._guarded(name, again, again.analyse)

    def _guarded(
        self, name: str, session: LiveSession, work: Callable[[], None]
    ) -> None:
        try:
            work()
        except Exception:  # noqa: BLE001 - a bug must not stop other runners
            _log.exception("the analysis of session %s failed; raw data is safe", name)
            self._counters.failed_sessions += 1
            session.give_up()

    def _named(self, mail: Mail) -> dict[str, str]:
        """Sessions that must be in memory for this mail, with their runners.

        A loss alone is no reason: only a good frame or a description makes a session.
        """
        names = {f.session for f, _ in mail.frames}
        names |= {
            gap.session
            for gap in mail.lost
            if gap.session in self.sessions or self.store.meta(gap.session)
        }
        names |= {
            meta.session
            for meta in mail.metas
            if meta.session in self.sessions or not self.store.is_closed(meta.session)
        }
        return {name: mail.runners[name] for name in names}

    def _describe(self, mail: Mail) -> None:
        for meta in mail.metas:
            session = self.sessions.get(meta.session)
            if session is None or session.is_over or session.is_on_disk:
                continue
            self._tell(session, meta)

    def _read_back(self, mail: Mail) -> None:
        """Load sessions that wait on disk for the description that has come now."""
        for name in {meta.session for meta in mail.metas}:
            session = self.sessions.get(name)
            if session is not None and session.is_on_disk:
                self._load(name)

    def _tell(self, session: LiveSession, meta: SessionMeta) -> None:
        """Describe a session, with what was known of its runner before."""
        if session.analysis is None:
            session.past = past_of(self.store, meta)
        session.describe(self._as_agreed(meta))

    def _as_agreed(self, meta: SessionMeta) -> SessionMeta:
        """Give a description in which a no counts that came after the run began.

        Whoever collects says again and again what counted at its beginning.
        """
        answers = consents_of(self.store, meta.runner)
        if not answers or answers[-1].allows("live"):
            return meta
        return msgspec.structs.replace(meta, consent_live=False)

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
        session.is_fresh = not session.is_written
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
