"""The wall's memory: the latest tile of every runner who agreed to be watched."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from contract import topics
from contract.bus import Bus
from contract.errors import PayloadError, TopicError
from contract.messages import Event, LiveTile
from dashboards.live.history import Moment, RunnerHistory
from dashboards.live.place import Place, ShownTile
from dashboards.live.reading import read_event, read_tile


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


class WallState(msgspec.Struct, frozen=True):
    """All that a page needs to draw itself from nothing, in order of appearance."""

    tiles: list[ShownTile]
    is_fed: bool = True
    """Whether tiles can come at all: the broker is there."""
    offers: tuple[str, ...] = ()
    """What this visitor may do here besides looking."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a runner who is on the wall."""

    runner: str
    name: str
    moment: Moment


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
        self._places: dict[str, Place] = {}
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
        """Listen to the live tiles and events of every session on this bus."""
        self._bus = bus
        bus.subscribe(topics.ALL_LIVE, self.take, qos=0)
        for pattern in (topics.ALL_EVENTS, topics.ALL_MARKS):
            bus.subscribe(pattern, self.take_event)

    def take(self, topic: str, payload: bytes) -> None:
        """Take one tile of the bus; what is none is counted and dropped."""
        try:
            tile = read_tile(topic, payload, self._limits.max_payload_bytes)
        except (TopicError, PayloadError):
            self._drop()
            return
        with self._lock:
            is_changed = self._place(tile)
        if is_changed:
            self._tell()

    def take_event(self, topic: str, payload: bytes) -> None:
        """Take one event of the bus; only those of runs that are shown are kept."""
        try:
            most = self._limits.max_payload_bytes
            runner, session, event = read_event(topic, payload, most)
        except (TopicError, PayloadError):
            self._drop()
            return
        with self._lock:
            is_changed = self._note(runner, session, event)
        if is_changed:
            self._tell()

    def state(self, offers: tuple[str, ...] = ()) -> WallState:
        """Everything to show now, to a visitor who may do this."""
        with self._lock:
            self._forget_old()
            now_s = self._clock()
            tiles = [place.shown(now_s) for place in self._places.values()]
        return WallState(tiles, is_fed=not self.trouble, offers=offers)

    def history(self, runner: str) -> RunnerHistory | None:
        """Last ten minutes of a runner; None when she is not on the wall."""
        with self._lock:
            self._forget_old()
            place = self._places.get(runner)
            if place is None:
                return None
            return place.history.read(place.tile, place.now_ns(self._clock()))

    def moment_ns(self, runner: str, session: str) -> int | None:
        """Time of now on a session's clock; None when it is not on the wall."""
        with self._lock:
            self._forget_old()
            place = self._places.get(runner)
            if place is None or place.tile.session != session:
                return None
            return place.now_ns(self._clock())

    def told(self, within_s: float) -> list[Told]:
        """Events of the last seconds of all who are on the wall."""
        with self._lock:
            self._forget_old()
            now_s = self._clock()
            return [
                Told(runner=runner, name=place.tile.name, moment=moment)
                for runner, place in self._places.items()
                for moment in place.history.moments(place.now_ns(now_s), within_s)
            ]

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` after each change, on the bus's thread; returns the undoing."""
        with self._lock:
            self._watchers.add(wake)

        def unwatch() -> None:
            with self._lock:
                self._watchers.discard(wake)

        return unwatch

    def _place(self, tile: LiveTile) -> bool:
        """Put the tile in its runner's place; False when nothing changed."""
        if not tile.consent_live:
            return self._refuse(tile.runner)
        place = self._places.get(tile.runner)
        if place is None:
            return self._first(tile)
        if place.has_outlived(tile):
            return False
        place.put(tile, self._clock())
        return True

    def _note(self, runner: str, session: str, event: Event) -> bool:
        """Keep an event; True when what is shown changes."""
        place = self._places.get(runner)
        if place is None or place.tile.session != session:
            return False
        if not place.history.note(event) or event.kind != "snooze":
            return False
        place.snooze(event, self._clock())
        return True

    def _drop(self) -> None:
        with self._lock:
            self._dropped += 1

    def _tell(self) -> None:
        with self._lock:
            watchers = list(self._watchers)
        for wake in watchers:
            wake()

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
        place = self._places[tile.runner] = Place(tile, self._clock())
        place.history.add(tile)
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
