"""What the page shows now: changed on the kit's thread, read by the server's."""

import secrets
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from dashboards.phone.state import PhoneState
from treadwear.phone.rules import may


class Screen:
    """One state for all phones that look at it."""

    def __init__(self, *, is_virtual: bool) -> None:
        self._lock = threading.Lock()
        self._watchers: set[Callable[[], None]] = set()
        server = secrets.token_hex(4)
        self._state = PhoneState(server=server, is_virtual=is_virtual)

    @property
    def now(self) -> PhoneState:
        """What is shown."""
        return self._state

    def show(self, **changes: Any) -> None:  # noqa: ANN401 - fields of the state
        """Show something else; what may be asked follows from it."""
        with self._lock:
            state = msgspec.structs.replace(self._state, **changes)
            self._state = msgspec.structs.replace(
                state, number=state.number + 1, may=may(state)
            )
            watchers = list(self._watchers)
        for wake in watchers:
            wake()

    def take_nothing(self) -> None:
        """A wish is being fulfilled: no second one until the next change."""
        with self._lock:
            self._state = msgspec.structs.replace(self._state, may=())

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` after each change, until what this gives is called."""

        def unwatch() -> None:
            with self._lock:
                self._watchers.discard(wake)

        with self._lock:
            self._watchers.add(wake)
        return unwatch
