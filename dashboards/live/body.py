"""A request's body, taken in before any page sees it: whole, small and soon, or not."""

import asyncio

from starlette.types import Message, Receive

from dashboards.live.asked import MOST_BODY_BYTES, Refusal, too_large

BODY_PATIENCE_S = 20.0
"""64 kB take that long at 26 kbit/s; slower is somebody who only holds the line."""


async def whole_body(receive: Receive) -> Receive:
    """The body, whole and not too large, to be received once more by a page.

    One in chunks does not say how long it is, so it has to be counted here.
    """
    try:
        async with asyncio.timeout(BODY_PATIENCE_S):
            parts = await _parts(receive)
    except TimeoutError as fault:
        raise _cut() from fault
    parts.reverse()

    async def again() -> Message:
        return parts.pop() if parts else await receive()

    return again


async def _parts(receive: Receive) -> list[Message]:
    parts: list[Message] = []
    size, is_more = 0, True
    while is_more:
        message = await receive()
        if message["type"] != "http.request":
            raise _cut()
        size += len(message.get("body", b""))
        if size > MOST_BODY_BYTES:
            raise too_large()
        parts.append(message)
        is_more = message.get("more_body", False)
    return parts


def _cut() -> Refusal:
    return Refusal(408, "The rest did not come.\n", {"connection": "close"})
