"""The last ten minutes of one session, as its own tiles told them.

Bounded: 600 points of 28 bytes and 64 moments of each sort, some 30 kB, so 6 MB for the
200 runners that a board may hold.
"""

from collections import deque

import msgspec
import numpy as np

from contract.messages import TOLD_KINDS, Event, LiveTile
from contract.units import NS_PER_S

SPAN_S = 600
"""What the detail of a tile looks back on: product.md 3.2."""

_MOST_MOMENTS = 64
_LEAST_GAP_NS = NS_PER_S // 2
"""A tile comes once a second (contract.topics); a faster sender must not push the
ten minutes out of the ring."""
_SET_BACK_NS = 5 * NS_PER_S
"""A tile from before that is no late one: the session's clock was set back."""

_FIGURES = ("asi_pct", "ci_low", "ci_high", "contact_left_ms", "contact_right_ms")

Figures = list[float | None]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a session, by how long ago it was."""

    kind: str
    ago_s: float
    text: str = ""
    code: str = ""
    seconds: int = 0


class RunnerHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Ten minutes of a runner, oldest first; None where nothing was known.

    ``ago_s`` says for each point how long ago it was by the session's own clock.
    """

    runner: str
    session: str
    name: str
    ago_s: list[float]
    asi_pct: Figures
    ci_low: Figures
    ci_high: Figures
    contact_left_ms: Figures
    contact_right_ms: Figures
    usual_pct: float | None
    band_low_pct: float | None
    band_high_pct: float | None
    moments: list[Moment]


class SessionHistory:
    """What a session's tiles and events said; add on one thread at a time."""

    def __init__(self) -> None:
        self._t_ns = np.zeros(SPAN_S, dtype=np.int64)
        self._figures = np.full((SPAN_S, len(_FIGURES)), np.nan, dtype=np.float32)
        self._n = 0
        self._told: deque[Event] = deque(maxlen=_MOST_MOMENTS)
        self._found: deque[Event] = deque(maxlen=_MOST_MOMENTS)

    def add(self, tile: LiveTile) -> None:
        """Keep the tile's figures; one that comes too soon replaces the last.

        They are of when their data are, which a backlog brings long after. When the
        clock was set back, what is kept says nothing of now: it begins anew.
        """
        since_ns = tile.data_t_ns - self._last_ns if self._n else _LEAST_GAP_NS
        if since_ns < -_SET_BACK_NS:
            self._n, since_ns = 0, _LEAST_GAP_NS
        if since_ns < 0:
            return
        if since_ns >= _LEAST_GAP_NS:
            self._n += 1
            self._t_ns[(self._n - 1) % SPAN_S] = tile.data_t_ns
        row = (self._n - 1) % SPAN_S
        figures = (getattr(tile, name) for name in _FIGURES)
        self._figures[row] = [np.nan if f is None else f for f in figures]

    def note(self, event: Event) -> bool:
        """Keep an event; False for one that was heard before.

        What people say and what was found are kept apart: many marks must not push a
        light out.
        """
        kept = self._told if event.kind in TOLD_KINDS else self._found
        if event in kept:
            return False  # quality of service 1: at least once
        kept.append(event)
        return True

    def moments(self, now_ns: int, within_s: float = SPAN_S) -> list[Moment]:
        """Events of the last seconds, oldest first."""
        least_ns = now_ns - round(within_s * NS_PER_S)
        most_ns = now_ns + _SET_BACK_NS  # an event may overtake its tile
        events = (*self._told, *self._found)
        kept = sorted(
            (e for e in events if least_ns <= e.t_ns <= most_ns), key=lambda e: e.t_ns
        )
        return [
            Moment(
                kind=e.kind,
                ago_s=max(0.0, round((now_ns - e.t_ns) / NS_PER_S, 1)),
                text=e.text,
                code=e.code,
                seconds=e.seconds,
            )
            for e in kept
        ]

    def read(self, tile: LiveTile, now_ns: int) -> RunnerHistory:
        """All that is kept, beside the newest tile's own usual."""
        rows = np.arange(max(0, self._n - SPAN_S), self._n) % SPAN_S
        ago_s = (now_ns - self._t_ns[rows]) / NS_PER_S
        is_seen = (ago_s >= 0) & (ago_s <= SPAN_S)
        rows, ago_s = rows[is_seen], ago_s[is_seen]
        figures = np.round(self._figures[rows].astype(np.float64), 2)
        columns = dict(zip(_FIGURES, figures.T.tolist(), strict=True))
        return RunnerHistory(
            runner=tile.runner,
            session=tile.session,
            name=tile.name,
            ago_s=np.round(ago_s, 1).tolist(),
            usual_pct=tile.light.usual_pct,
            band_low_pct=tile.light.band_low_pct,
            band_high_pct=tile.light.band_high_pct,
            moments=self.moments(now_ns),
            **columns,
        )

    @property
    def _last_ns(self) -> int:
        return int(self._t_ns[(self._n - 1) % SPAN_S])
