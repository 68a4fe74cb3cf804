"""One runner's place on the wall: what is shown there, and what led to it."""

from collections import deque
from dataclasses import dataclass, field

import msgspec

from contract.messages import Event, LiveTile
from contract.units import NS_PER_S
from dashboards.live.history import SessionHistory

MAX_SNOOZE_S = 3600
"""Nobody is kept quiet for longer than an hour by one word."""


class ShownTile(msgspec.Struct, frozen=True):
    """A tile and how old its data are now, in seconds, by the server's clocks.

    ``snoozed_s``: for so long yet it shall draw nobody's attention; 0 when it may.
    """

    age_s: float
    tile: LiveTile
    snoozed_s: float = 0.0


@dataclass(slots=True)
class Place:
    """One runner's place: the tile, when it came, what led to it.

    ``replaced`` are sessions that this one came after. The place keeps no lock: the
    board does.
    """

    tile: LiveTile
    heard_s: float
    history: SessionHistory = field(default_factory=SessionHistory)
    snoozed_until_s: float = 0.0
    replaced: deque[str] = field(default_factory=lambda: deque(maxlen=8))

    def now_ns(self, now_s: float) -> int:
        """Time on the session's clock: its last tile's, and what went by since."""
        return self.tile.t_ns + round((now_s - self.heard_s) * NS_PER_S)

    def has_outlived(self, tile: LiveTile) -> bool:
        """Whether a tile belongs to a session that a newer one has already replaced.

        A session is closed minutes after its last stride: its farewell must not push
        the runner's next session off the wall.
        """
        if tile.session == self.tile.session:
            return False
        return tile.session in self.replaced or tile.state == "ended"

    def put(self, tile: LiveTile, now_s: float) -> None:
        """Show this tile; a new session begins with a clean sheet."""
        if tile.session != self.tile.session:
            self.replaced.append(self.tile.session)
            self.history, self.snoozed_until_s = SessionHistory(), 0.0
        self.tile, self.heard_s = tile, now_s
        self.history.add(tile)

    def snooze(self, event: Event, now_s: float) -> None:
        """Be quiet from the event on; 0 seconds end it."""
        ago_s = max(0.0, (self.now_ns(now_s) - event.t_ns) / NS_PER_S)
        self.snoozed_until_s = now_s + min(event.seconds, MAX_SNOOZE_S) - ago_s

    def shown(self, now_s: float) -> ShownTile:
        """Give the tile as it is now."""
        return ShownTile(
            age_s=_data_age_s(self.tile) + now_s - self.heard_s,
            tile=self.tile,
            snoozed_s=max(0.0, round(self.snoozed_until_s - now_s, 1)),
        )


def _data_age_s(tile: LiveTile) -> float:
    """How old the data already were when the tile was sent."""
    return max(0.0, (tile.t_ns - tile.data_t_ns) / NS_PER_S)
