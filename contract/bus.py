"""The message bus as the rest of the project sees it, and one that lives in memory."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from contract.errors import BusError

log = logging.getLogger(__name__)

Handler = Callable[[str, bytes], None]
"""Called with (topic, payload), on a thread of the bus; must return quickly."""


class Bus(Protocol):
    """Publish and subscribe by the rules of MQTT 3.1.1 (wildcards + and #)."""

    @property
    def is_connected(self) -> bool:
        """Whether a message published now leaves at once."""

    @property
    def trouble(self) -> str:
        """Why there is no connection; empty while there is one."""

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
    if topic.startswith("$") and want[0] != have[0]:
        return False  # MQTT 3.1.1, 4.7.2: no wildcard reaches a broker's own topics
    for index, word in enumerate(want):
        if word == "#":
            return True
        if index >= len(have) or word not in ("+", have[index]):
            return False
    return len(want) == len(have)


def check_topic(topic: str) -> str:
    """Return a topic to publish on; `BusError` if it is empty or has a wildcard."""
    if not topic or set(topic) & set("+#\0"):
        raise BusError(f"cannot publish on {topic!r}", "it is no topic of MQTT")
    return topic


def check_pattern(pattern: str) -> str:
    """Return a pattern to subscribe to; `BusError` if a wildcard stands wrongly."""
    words = pattern.split("/")
    is_wrong = any("+" in w and w != "+" for w in words) or "#" in "".join(words[:-1])
    if not pattern or is_wrong or ("#" in words[-1] and words[-1] != "#"):
        raise BusError(f"cannot subscribe to {pattern!r}", "it is no pattern of MQTT")
    return pattern


def deliver(wanted: Iterable[tuple[str, Handler]], topic: str, payload: bytes) -> None:
    """Call the handlers whose pattern fits; one that fails is logged, not passed on."""
    for pattern, handler in wanted:
        if not fits(pattern, topic):
            continue
        try:
            handler(topic, payload)
        except Exception:
            log.exception("A handler of %s failed on %s", pattern, topic)


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

    @property
    def trouble(self) -> str:
        """Nothing: it is always there."""
        return ""

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False
    ) -> None:
        """Deliver to fitting handlers; an empty retained payload clears the topic."""
        del qos
        check_topic(topic)
        with self._lock:
            if self._is_closed:
                raise BusError("the bus is closed")
            if retain and payload:
                self._retained[topic] = payload
            elif retain:
                self._retained.pop(topic, None)
            handlers = list(self._handlers)
        deliver(handlers, topic, payload)

    def subscribe(self, pattern: str, handler: Handler, *, qos: int = 1) -> None:
        """Remember the handler and hand it what is retained."""
        del qos
        check_pattern(pattern)
        with self._lock:
            self._handlers.append((pattern, handler))
            kept = list(self._retained.items())
        for topic, payload in kept:
            deliver([(pattern, handler)], topic, payload)

    def on_connect(self, callback: Callable[[], None]) -> None:
        """Call back at once: this bus is always connected."""
        callback()

    def close(self) -> None:
        """Forget all handlers."""
        with self._lock:
            self._is_closed = True
            self._handlers.clear()
