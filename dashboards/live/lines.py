"""Connections of the live page: no more than there is room for, and none that is mute.

uvicorn answers 503 where there are too many, but only once somebody asks; who asks
nothing, or half a question, keeps the connection and its file for ever. Files and
connections share one limit of the system, and the run that is being stored needs its
own: so the rest is hung up on at once.
"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from dashboards.live.asked import is_near_address
from dashboards.live.attempts import neighbourhood

MOST_CONNECTIONS = 256
"""A hundred open pages with two each, and some more. Connections and files share one
limit of the system (often 1024), and the store needs its own."""
MOST_FROM_ONE = 128
"""From one address elsewhere: half, because in a container all come from one."""
KEPT_NEAR = 32
"""Of all, for this computer: whoever stands before it can always look and stop it."""
HEAD_PATIENCE_S = 10.0
"""From the first moment to the last line of a head, which is 16 kB at most."""


class Line(H11Protocol):
    """One connection: it is there only if there is room, and while it asks in time."""

    _late: asyncio.TimerHandle | None = None
    place = ""
    """Where it comes from, as far as one machine counts as one."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a question, or hang up."""
        super().connection_made(transport)
        if self._has_room():
            self._look()
        else:
            self.connections.discard(self)  # at once: its end is told only later
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._hush()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a part of a question."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for the next question."""
        super().on_response_complete()
        self._look()

    def _has_room(self) -> bool:
        """Whether this one, which is counted already, may stay."""
        address = self.client[0] if self.client else ""
        self.place = neighbourhood(address)
        if is_near_address(address):
            return len(self.connections) <= MOST_CONNECTIONS
        if len(self.connections) > MOST_CONNECTIONS - KEPT_NEAR:
            return False
        lines = [line for line in self.connections if isinstance(line, Line)]
        return sum(line.place == self.place for line in lines) <= MOST_FROM_ONE

    def _look(self) -> None:
        """See to it that a head comes in time, where one is waited for."""
        answer: RequestResponseCycle | None = self.cycle  # None before the first
        is_answering = answer is not None and not answer.response_complete
        if is_answering or self.transport.is_closing():
            self._hush()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_PATIENCE_S, self.transport.abort)

    def _hush(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            late.cancel()
