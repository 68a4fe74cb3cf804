"""Server-sent events: the whole wall, at most once a second, to every open page."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec

from dashboards.live.board import TileBoard


@dataclass(frozen=True, slots=True)
class StreamPace:
    """How often a page hears from us.

    A tile changes once a second (contract.topics), so faster is of no use. The page
    takes 12 s without a word for a broken line, so it hears us twice in that time.
    """

    least_s: float = 1.0
    most_s: float = 5.0
    retry_ms: int = 1000
    max_streams: int = 100


class Signals:
    """The place of one stream: what wakes it, from any thread."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.changed = asyncio.Event()
        self.stopping = asyncio.Event()

    def wake(self) -> None:
        """Tell that the board changed."""
        self._set(self.changed)

    def stop(self) -> None:
        """Tell that the server leaves."""
        self._set(self.stopping)
        self._set(self.changed)

    def _set(self, event: asyncio.Event) -> None:
        # A board outlives its servers: the loop of a stopped one may be gone.
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(event.set)


class EventStreams:
    """All open streams of one server; `stop` ends them, also from another thread."""

    def __init__(self, board: TileBoard, pace: StreamPace | None = None) -> None:
        self._board = board
        self._pace = pace or StreamPace()
        self._lock = threading.Lock()
        self._open: set[Signals] = set()
        self._is_stopped = False

    def enter(self) -> Signals | None:
        """Take a place; None when one more is too many, or the server leaves.

        Asked and taken at once: of many pages that open together no more come in than
        there is room for. Whoever took it has to `leave` it.
        """
        with self._lock:
            if self._is_stopped or len(self._open) >= self._pace.max_streams:
                return None
            signals = Signals()
            self._open.add(signals)
            return signals

    def leave(self, signals: Signals) -> None:
        """Give a place back."""
        with self._lock:
            self._open.discard(signals)

    def stop(self) -> None:
        """End every stream, so that no open page holds up the server."""
        with self._lock:
            self._is_stopped = True
            for signals in self._open:
                signals.stop()

    async def events(
        self, signals: Signals, offers: tuple[str, ...] = ()
    ) -> AsyncIterator[bytes]:
        """Yield the wall now, after each change and, as a sign of life, in between."""
        unwatch = self._board.watch(signals.wake)
        try:
            yield f"retry: {self._pace.retry_ms}\n\n".encode()
            while not signals.stopping.is_set():
                signals.changed.clear()
                yield self._event(offers)
                await _until(signals.stopping, self._pace.least_s)
                await _until(signals.changed, self._pace.most_s - self._pace.least_s)
        finally:
            unwatch()

    def _event(self, offers: tuple[str, ...]) -> bytes:
        state = msgspec.json.encode(self._board.state(offers))
        return b"event: wall\ndata: " + state + b"\n\n"


async def _until(event: asyncio.Event, timeout_s: float) -> None:
    """Wait for the event, but no longer than that."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return
