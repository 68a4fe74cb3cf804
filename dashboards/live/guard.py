"""The guard before all pages: who may come in, and what may be asked.

A web page elsewhere could point its name at 127.0.0.1 (DNS rebinding) and read the
squad's data through the coach's browser; its Host and Origin headers give it away.
Whoever is not on this computer needs the cookie that a token was exchanged for
(`dashboards.live.access`). Where somebody is, the connection says: never a header,
which anybody can write.
"""

import asyncio
import html
from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.responses import (
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.live import asked
from dashboards.live.access import ENTER_PATH, Access, Role, Stay
from dashboards.live.asked import LOOPBACK_HOSTS, Refusal, Stranger
from dashboards.live.attempts import neighbourhood
from dashboards.live.body import whole_body

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; object-src 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
OPENER_POLICY = {"cross-origin-opener-policy": "same-origin"}
"""Only where browsers heed it: by plain http from another machine they complain."""
MOST_FOR_COACHES = 40
"""Answers on their way to coaches at once, each open page being one: a link that goes
round must not take all the streams there are from the runners' own phones."""
MOST_FOR_ONE_COACH = 10
"""Of them to one address, which opens six at once if it is a browser: nobody with the
link shuts the others out."""
_OWNER = Stay(Role.OWNER, float("inf"))


class Guard:
    """Refuses strangers and foreign pages; adds the security headers to every answer.

    Pages find the visitor's `Role` in ``request.scope["treadwear.role"]``, None at the
    entrance. Without ``access`` only this computer itself gets in.
    """

    def __init__(
        self,
        app: ASGIApp,
        allowed_hosts: Iterable[str] = (),
        access: Access | None = None,
    ) -> None:
        self._app = app
        self._access = access
        self._coaches: Counter[str] = Counter()
        self._allowed = LOOPBACK_HOSTS | {host.lower() for host in allowed_hosts}
        # Not on this computer itself: its name in the network is for the network to
        # say, so a page under that name could be turned to 127.0.0.1, where nobody is
        # asked for a cookie.
        self._allowed_far = self._allowed | (access.hosts if access else frozenset())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, OPENER_POLICY if asked.is_near(scope) else {})
        try:
            stay = self._admit(scope)
            heard = receive if asked.is_reading(scope) else await whole_body(receive)
        except Refusal as refusal:
            await _response(scope, refusal)(scope, receive, answer.send)
            return
        scope["treadwear.role"] = stay.role if stay else None
        left_s = stay.left_s if stay else float("inf")
        is_coach = stay is not None and stay.role is Role.COACH
        place = _place(scope)
        self._coaches[place] += is_coach
        try:
            await answer.within(left_s, self._app(scope, heard, answer.send))
        finally:
            self._coaches[place] -= is_coach
            self._coaches = +self._coaches

    def _admit(self, scope: Scope) -> Stay | None:
        """Who asks; None for a stranger at the entrance; `Refusal` for all others."""
        is_near = asked.is_near(scope)
        has_network = self._access is not None
        allowed = self._allowed if is_near else self._allowed_far
        asked.check_host(scope, allowed, is_by_address=has_network)
        asked.check_source(scope)
        asked.check_purpose(scope, is_near=is_near)
        asked.check_length(scope)
        stay = _OWNER if is_near else self._known(scope)
        if stay is None and has_network and asked.is_entrance(scope):
            return None
        if stay is None:
            if has_network:
                raise Stranger(403, _PRIVATE)
            raise Refusal(403, _NO_NETWORK)
        if not asked.is_entrance(scope) and not asked.may_ask(stay.role, scope):
            raise Refusal(
                403, "This link shows the wall, which is at /, and nothing else.\n"
            )
        if stay.role is Role.COACH and self._is_full_for(_place(scope)):
            raise Refusal(503, "Too many look already.\n", {"retry-after": "10"})
        return stay

    def _is_full_for(self, place: str) -> bool:
        is_full = self._coaches.total() >= MOST_FOR_COACHES
        return is_full or self._coaches[place] >= MOST_FOR_ONE_COACH

    def _known(self, scope: Scope) -> Stay | None:
        if self._access is None:
            return None
        return (
            _OWNER if self._access.is_open else self._access.who(asked.secret_of(scope))
        )


class _Answer:
    """One answer on its way: with our headers, and no longer than she may stay."""

    def __init__(self, send: Send, more_headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = {**SECURITY_HEADERS, **more_headers}
        self._is_begun = False

    async def send(self, message: Message) -> None:
        """Pass on a part of it."""
        if message["type"] == "http.response.start":
            self._is_begun = True
            MutableHeaders(scope=message).update(self._headers)
        await self._send(message)

    async def within(self, left_s: float, answering: Awaitable[None]) -> None:
        """Let it be answered; a stream ends when the visitor's time does."""
        try:
            async with asyncio.timeout(
                left_s if left_s < float("inf") else None
            ) as end:
                await answering
        except TimeoutError:
            if not end.expired():
                raise
            await self._finish()

    async def _finish(self) -> None:
        if not self._is_begun:
            start: Message = {"type": "http.response.start", "status": 403}
            await self.send({**start, "headers": [(b"content-length", b"0")]})
        await self._send({"type": "http.response.body", "body": b""})


def _place(scope: Scope) -> str:
    client = scope.get("client")
    return neighbourhood(client[0]) if client else ""


def _response(scope: Scope, refusal: Refusal) -> Response:
    if isinstance(refusal, Stranger) and asked.wants_a_page(scope):
        return RedirectResponse(ENTER_PATH, 303)
    if asked.wants_a_page(scope):
        page = _PAGE.format(words=html.escape(refusal.words))
        return HTMLResponse(page, refusal.status, refusal.headers)
    return PlainTextResponse(refusal.words, refusal.status, refusal.headers)


# For a person: plain text is tiny on a phone.
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>treadwear</title>
<link rel="icon" href="/static/icon.svg">
<link rel="stylesheet" href="/enter/door.css">
<main><h1>{words}</h1><p><a href="/">To the wall</a></p></main>
"""
_NO_NETWORK = "This page is for the computer that it runs on.\n"
_PRIVATE = (
    "This page is private. Scan the code that treadwear shows on its computer, or open"
    " your link again.\n"
)
