"""The wall's memory: the latest tile of every runner who agreed to be watched."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from contract import topics
from contract.bus import Bus
from contract.errors import PayloadError, TopicError
from contract.messages import LiveTile, loads
from contract.units import NS_PER_S

MAX_ASI_PCT = 200.0
"""The index 100 (R - L) / mean(R, L) of two positive times cannot leave +-200 %."""


@dataclass(frozen=True, slots=True)
class BoardLimits:
    """What the board may keep, so that a long day on the track needs no memory.

    A finished run stays readable for a cool-down (15 min); a runner who only went
    silent keeps the place for an hour, because coaches learn places. A squad is at
    most a few dozen runners; a real tile is below 1 kB.
    """

    keep_ended_s: float = 900.0
    keep_silent_s: float = 3600.0
    max_runners: int = 200
    max_payload_bytes: int = 4096


class ShownTile(msgspec.Struct, frozen=True):
    """A tile and how old its data are now, in seconds, by the server's clocks."""

    age_s: float
    tile: LiveTile


class WallState(msgspec.Struct, frozen=True):
    """All that a page needs to draw itself from nothing, in order of appearance."""

    tiles: list[ShownTile]
    is_fed: bool = True
    """Whether tiles can come at all: the broker is there."""


@dataclass(slots=True)
class _Place:
    """One runner's place: the tile, when it came, and sessions it has replaced."""

    tile: LiveTile
    heard_s: float
    replaced: deque[str] = field(default_factory=lambda: deque(maxlen=8))


class TileBoard:
    """Latest tile per runner; fed on any thread, read on any other.

    A runner keeps the place of the first appearance. A runner without consent is
    forgotten the moment such a tile arrives, and leaves nothing behind.
    """

    def __init__(
        self,
        limits: BoardLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits or BoardLimits()
        self._clock = clock
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}
        self._refusals: dict[str, None] = {}  # runners, oldest refusal first
        self._watchers: set[Callable[[], None]] = set()
        self._dropped = 0
        self._bus: Bus | None = None

    @property
    def trouble(self) -> str:
        """Why no tile can come now; empty while they can."""
        return self._bus.trouble if self._bus else ""

    @property
    def dropped(self) -> int:
        """How many messages were not tiles and were thrown away."""
        return self._dropped

    @property
    def n_watchers(self) -> int:
        """How many pages are being told about changes."""
        with self._lock:
            return len(self._watchers)

    def attach(self, bus: Bus) -> None:
        """Listen to the live tiles of every session on this bus."""
        self._bus = bus
        bus.subscribe(topics.ALL_LIVE, self.take, qos=0)

    def take(self, topic: str, payload: bytes) -> None:
        """Take one message of the bus; what is no tile is counted and dropped."""
        try:
            tile = self._read(topic, payload)
        except (TopicError, PayloadError):
            with self._lock:
                self._dropped += 1
            return
        with self._lock:
            is_changed = self._place(tile)
            watchers = list(self._watchers) if is_changed else []
        for wake in watchers:
            wake()

    def state(self) -> WallState:
        """Everything to show now."""
        with self._lock:
            self._forget_old()
            now_s = self._clock()
            return WallState(
                [
                    ShownTile(round(_data_age_s(p.tile) + now_s - p.heard_s, 2), p.tile)
                    for p in self._places.values()
                ],
                is_fed=not self.trouble,
            )

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` after each change, on the bus's thread; returns the undoing."""
        with self._lock:
            self._watchers.add(wake)

        def unwatch() -> None:
            with self._lock:
                self._watchers.discard(wake)

        return unwatch

    def _read(self, topic: str, payload: bytes) -> LiveTile:
        if len(payload) > self._limits.max_payload_bytes:
            raise PayloadError("a live tile of this size is no live tile")
        address = topics.parse(topic)
        tile = loads(payload, LiveTile)
        if (tile.runner, tile.session) != (address.runner, address.session):
            raise PayloadError("the tile is about another run than its topic")
        _check_interval(tile)
        return tile

    def _place(self, tile: LiveTile) -> bool:
        """Put the tile in its runner's place; False when nothing changed."""
        if not tile.consent_live:
            return self._refuse(tile.runner)
        place = self._places.get(tile.runner)
        if place is None:
            return self._first(tile)
        if _is_outdated(tile, place):
            return False
        if place.tile.session != tile.session:
            place.replaced.append(place.tile.session)
        place.tile, place.heard_s = tile, self._clock()
        return True

    def _refuse(self, runner: str) -> bool:
        self._refusals[runner] = None
        if len(self._refusals) > self._limits.max_runners:
            del self._refusals[next(iter(self._refusals))]
        return self._places.pop(runner, None) is not None

    def _first(self, tile: LiveTile) -> bool:
        if tile.state == "ended" and tile.runner in self._refusals:
            return False  # the farewell of an earlier session would show the name again
        self._refusals.pop(tile.runner, None)
        self._forget_old()
        if len(self._places) >= self._limits.max_runners:
            quietest = min(self._places, key=lambda r: self._places[r].heard_s)
            del self._places[quietest]
        self._places[tile.runner] = _Place(tile, self._clock())
        return True

    def _forget_old(self) -> None:
        now_s = self._clock()
        for runner, place in list(self._places.items()):
            is_ended = place.tile.state == "ended"
            keep_s = (
                self._limits.keep_ended_s if is_ended else self._limits.keep_silent_s
            )
            if now_s - place.heard_s > keep_s:
                del self._places[runner]


def _is_outdated(tile: LiveTile, place: _Place) -> bool:
    """Whether a tile belongs to a session that a newer one has already replaced.

    A session is closed minutes after its last stride: its farewell must not push the
    runner's next session off the wall.
    """
    if tile.session == place.tile.session:
        return False
    return tile.session in place.replaced or tile.state == "ended"


def _data_age_s(tile: LiveTile) -> float:
    """How old the data already were when the tile was sent."""
    return max(0.0, (tile.t_ns - tile.data_t_ns) / NS_PER_S)


def _check_interval(tile: LiveTile) -> None:
    if tile.asi_pct is not None and abs(tile.asi_pct) > MAX_ASI_PCT:
        raise PayloadError("the difference is larger than two times can differ")
    own = tile.light.band_low_pct, tile.light.band_high_pct
    for low, high in ((tile.ci_low, tile.ci_high), own):
        if low is not None and high is not None and low > high:
            raise PayloadError("the interval ends before it begins")
