"""Sessions take turns: analysed many at once, their rows written with one commit.

A session's turn comes twice a second while there are news of it. Half of those that
are due are taken at a time, so that messages wait less for them.
"""

import time
from collections.abc import Iterable
from time import monotonic_ns
from typing import Protocol

import msgspec
import numpy as np

from contract import topics
from contract.messages import Event, LiveTile, dumps
from contract.rows import BalanceRow, Row
from contract.service_rows import LiveRow
from processing.health import Counters, Lags
from processing.history import keep_mounts
from processing.intake import Intake
from processing.light_watch import messages_of
from processing.session import LiveSession
from processing.tile import live_tile

TURN_EVERY_S = 0.5
"""A step is known a second after toe-off at best, when its stride is whole; this comes
on top of it, and 2 s for both are the target."""
_SHARES = 2
SUMMARY_EVERY_S = 30.0
"""Quality, wear, balances so far; what a live board shows of now is in live rows."""
TILE_EVERY_S = 1.0
LIVE_ROW_EVERY_S = 5.0
LIVE_ROW_UNTIL_S = 120.0
"""After the last data: so long it is shown that a sensor is silent."""


class Send(Protocol):
    """Publishes, and lives on when the bus is away."""

    def __call__(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        """Send a message."""


class Turns:
    """Whose turn it is, and what is done in it."""

    def __init__(
        self, intake: Intake, send: Send, counters: Counters, lags: Lags
    ) -> None:
        self._intake = intake
        self._send = send
        self._counters = counters
        self._lags = lags
        self._taken_at = 0.0
        self._share = 0
        self._live_rows: list[LiveRow] = []

    @property
    def rest_s(self) -> float:
        """How long it is until the next turn; 0 when it is late."""
        next_at = self._taken_at + TURN_EVERY_S / _SHARES
        return max(0.0, next_at - time.monotonic())

    def take(self) -> None:
        """Take the next turn if it is time."""
        now, between_s = time.monotonic(), TURN_EVERY_S / _SHARES
        if now - self._taken_at < between_s:
            return
        # On time again after one that was a bit late, unless it was more than that.
        self._taken_at = max(self._taken_at + between_s, now - between_s)
        self._share = (self._share + 1) % _SHARES
        self._run(self._due(), is_last=False)
        self._announce(now)

    def take_last(self) -> None:
        """Analyse and write all there is, before the service ends."""
        self._run(list(self._intake.sessions), is_last=True)

    def _due(self) -> list[str]:
        """Sessions of this share that anything has come of."""
        return [
            name
            for place, (name, session) in enumerate(self._intake.sessions.items())
            if place % _SHARES == self._share and session.needs_turn
        ]

    def _run(self, names: list[str], *, is_last: bool) -> None:
        intake = self._intake
        intake.analyse(names)
        now = time.monotonic()
        rows: list[Row] = []
        alerts: list[tuple[str, Event]] = []
        ends_ns: list[float] = []
        summed = set(names) if is_last else self._summed(names, now)
        for name in names:
            session = intake.sessions[name]
            new = intake.rows_of(name, session.new_rows)
            count, ended_ns = session.watch.look(new)
            self._counters.steps += count
            ends_ns += ended_ns
            rows += new
            alerts += messages_of(new) if session.may_be_shown else []
            if name in summed and not session.is_over:
                session.summary_at = now
                rows += intake.rows_of(name, session.summary)
        if rows:
            intake.store.write(rows)
        for topic, event in alerts:
            self._send(topic, dumps(event), qos=1, retain=False)
        self._lags.note(np.array(ends_ns), time.time_ns())
        self._finish(names)
        self._show_fresh(now)

    def _summed(self, names: list[str], now: float) -> set[str]:
        """Those whose summary is due: not all at once, the others would wait for it."""
        sessions = self._intake.sessions
        due = [n for n in names if now - sessions[n].summary_at >= SUMMARY_EVERY_S]
        due.sort(key=lambda name: sessions[name].summary_at)
        turns = SUMMARY_EVERY_S * _SHARES / TURN_EVERY_S
        return set(due[: 1 + round(2 * len(sessions) / turns)])

    def _finish(self, names: Iterable[str]) -> None:
        """Close the sessions that are whole."""
        for name in names:
            session = self._intake.sessions[name]
            if session.is_over and not session.is_written:
                self._close(name, session)

    def _show_fresh(self, now: float) -> None:
        """Show what is new of the runs that go on, also when nothing more has come."""
        for session in self._intake.sessions.values():
            if session.is_over or session.needs_turn or not session.is_fresh:
                continue
            if now - session.tile_at >= TILE_EVERY_S:
                session.tile_at, session.is_fresh = now, False
                self._show(session)

    def _close(self, name: str, session: LiveSession) -> None:
        """Write the last word on a session."""
        store = self._intake.store
        last = self._intake.rows_of(name, session.last_word)
        store.replace(name, (BalanceRow,), last or session.last_word())
        session.is_written = True
        if session.analysis is not None:
            meta = session.analysis.meta
            keep_mounts(store, meta, session.analysis.mounts())
        store.close_session(name)
        self._show(session)
        self._say_live(session, time.time_ns())

    def _show(self, session: LiveSession) -> None:
        if session.analysis is None:
            return
        tile = live_tile(
            session.analysis,
            is_over=session.is_over,
            light=session.light.info(session.analysis.meta.origin_ns),
            outside=session.light.outside,
        )
        if tile is not None:
            tile = session.tile = _dated(session, tile)
            topic = topics.live(tile.runner, tile.session)
            self._send(topic, dumps(tile), qos=0, retain=False)

    def _announce(self, now: float) -> None:
        """Queue what the tiles show, also while a sensor is silent."""
        now_ns = time.time_ns()
        for session in self._intake.sessions.values():
            if not session.is_over and now - session.live_at >= LIVE_ROW_EVERY_S:
                session.live_at = now
                self._say_live(session, now_ns)
        if self._live_rows:
            rows, self._live_rows = self._live_rows, []
            self._intake.store.announce(rows)

    def _say_live(self, session: LiveSession, now_ns: int) -> None:
        row = session.live_row(now_ns)
        if row is not None and abs(row.age_s) < LIVE_ROW_UNTIL_S:
            self._live_rows.append(row)


def _dated(session: LiveSession, tile: LiveTile) -> LiveTile:
    """Tile as it is sent now, by the session's clock: its data may be of before."""
    age_ns = session.lateness.age_ns(tile.data_t_ns, monotonic_ns())
    return msgspec.structs.replace(tile, t_ns=tile.data_t_ns + age_ns)
