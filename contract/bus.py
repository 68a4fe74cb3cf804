"""The message bus as the rest of the project sees it, and one that lives in memory."""

import threading
from collections.abc import Callable
from typing import Protocol

from contract.errors import BusError

Handler = Callable[[str, bytes], None]
"""Called with (topic, payload), on a thread of the bus; must return quickly."""


class Bus(Protocol):
    """Publish and subscribe by the rules of MQTT 3.1.1 (wildcards + and #)."""

    @property
    def is_connected(self) -> bool:
        """Whether a message published now leaves at once."""

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False
    ) -> None:
        """Hand a message over; raises `BusError` when the bus does not take it."""

    def subscribe(self, pattern: str, handler: Handler, *, qos: int = 1) -> None:
        """Call the handler for each message that fits, also after a reconnect."""

    def on_connect(self, callback: Callable[[], None]) -> None:
        """Call back after each (re)connect, once subscriptions are renewed."""

    def close(self) -> None:
        """Leave; nothing is delivered afterwards."""


def fits(pattern: str, topic: str) -> bool:
    """Whether a topic fits an MQTT subscription pattern."""
    want, have = pattern.split("/"), topic.split("/")
    for index, word in enumerate(want):
        if word == "#":
            return True
        if index >= len(have) or word not in ("+", have[index]):
            return False
    return len(want) == len(have)


class MemoryBus:
    """A bus inside one process: delivers at once, on the thread that publishes."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._handlers: list[tuple[str, Handler]] = []
        self._retained: dict[str, bytes] = {}
        self._is_closed = False

    @property
    def is_connected(self) -> bool:
        """True until closed."""
        return not self._is_closed

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False
    ) -> None:
        """Deliver to fitting handlers; an empty retained payload clears the topic."""
        del qos
        with self._lock:
            if self._is_closed:
                raise BusError("the bus is closed")
            if retain and payload:
                self._retained[topic] = payload
            elif retain:
                self._retained.pop(topic, None)
            handlers = [h for pattern, h in self._handlers if fits(pattern, topic)]
        for handler in handlers:
            handler(topic, payload)

    def subscribe(self, pattern: str, handler: Handler, *, qos: int = 1) -> None:
        """Remember the handler and hand it what is retained."""
        del qos
        with self._lock:
            self._handlers.append((pattern, handler))
            kept = [(t, p) for t, p in self._retained.items() if fits(pattern, t)]
        for topic, payload in kept:
            handler(topic, payload)

    def on_connect(self, callback: Callable[[], None]) -> None:
        """Call back at once: this bus is always connected."""
        callback()

    def close(self) -> None:
        """Forget all handlers."""
        with self._lock:
            self._is_closed = True
            self._handlers.clear()
