"""The runner's page and what it talks to; a coach does not get in.

Whoever is at the computer or came in by its code does: she may choose any runner there
and read every runner's reports, as on the computer itself.

The page asks for the state again and again, and gets an answer when something changed
or a second has passed: a phone that slept, or a server that was started anew, needs no
word more than that, and a server that stops waits for nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from contract.errors import PayloadError, TreadwearError
from dashboards.live.access import Role
from dashboards.phone.state import PhoneState
from dashboards.phone.wishes import MOST_BYTES, Wish, read_wish
from dashboards.report.build import style_text

STATIC = Path(__file__).parent / "static"
STATIC_TYPES = {
    "phone.css": "text/css",
    "forms.css": "text/css",
    "phone.js": "text/javascript",
    "dom.js": "text/javascript",
    "soles.js": "text/javascript",
    "home.js": "text/javascript",
    "sheets.js": "text/javascript",
    "find.js": "text/javascript",
    "fit.js": "text/javascript",
    "context.js": "text/javascript",
    "run.js": "text/javascript",
}
"""A table, not a directory: nothing else can be asked for."""

STYLE_HREF = "/reports/style.css"
"""Pages of the server hold no style of their own (`dashboards.live.guard`)."""
QUIET_S = 1.0
"""Longest time that an answer waits for a change; the server can stop in it."""
MOST_WAITING = 50
"""Answers that may wait at once; more pages are answered at once."""

Answerer = Callable[[Request], Awaitable[Response]]


class PhoneDesk(Protocol):
    """What stands behind the page; may be called from any thread."""

    def state(self) -> PhoneState:
        """What the page shows now."""

    def watch(self, wake: Callable[[], None], /) -> Callable[[], None]:
        """Call ``wake`` after each change, until what this gives is called."""

    def do(self, wish: Wish, /) -> None:
        """Fulfil a wish; `TreadwearError` when it cannot be had now."""

    def report(self, session: str, /) -> str | None:
        """Report of a run, its style at `STYLE_HREF`; None if there is no such run."""


def phone_pages(desk: PhoneDesk) -> tuple[BaseRoute, ...]:
    """Routes of the runner's page, for the server of the wall."""
    phone = _Phone(desk)
    return (
        Route("/run", _own(_page)),
        Route("/run/static/{name}", _own(_static)),
        Route("/run/state", _own(phone.state)),
        Route("/run/do", _own(phone.do), methods=["POST"]),
        Route("/favicon.ico", _own(_icon)),
        Route(STYLE_HREF, _own(_style)),
        Route("/reports/{session}", _own(phone.report)),
    )


def _own(answer: Answerer) -> Answerer:
    """Let in whoever may use the computer: a coach only looks at the wall."""

    async def guarded(request: Request) -> Response:
        if request.scope.get("treadwear.role") is not Role.OWNER:
            raise HTTPException(403, "This page is the runner's own.")
        return await answer(request)

    return guarded


async def _page(request: Request) -> Response:
    del request
    return FileResponse(STATIC / "page.html", media_type="text/html")


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC_TYPES:
        raise HTTPException(404)
    return FileResponse(STATIC / name, media_type=STATIC_TYPES[name])


async def _icon(request: Request) -> Response:
    """Send browsers that ask by themselves, as for a report, to the wall's icon."""
    del request
    return RedirectResponse("/static/icon.svg")


async def _style(request: Request) -> Response:
    del request
    return Response(style_text(), media_type="text/css")


class _Phone:
    """The answers that come from the desk."""

    def __init__(self, desk: PhoneDesk) -> None:
        self._desk = desk
        self._waiting = 0

    async def state(self, request: Request) -> Response:
        """Answer with the state once it is another than the page has."""
        known = request.query_params.get("after", "")
        if _tag(self._desk.state()) == known and self._waiting < MOST_WAITING:
            await self._change(known)
        state = self._desk.state()
        if _tag(state) == known:
            return Response(status_code=204)
        return _json(state)

    async def _change(self, known: str) -> None:
        """Wait until there is another state, or long enough."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(changed.set)

        unwatch = self._desk.watch(wake)
        self._waiting += 1
        try:
            async with asyncio.timeout(QUIET_S):
                while _tag(self._desk.state()) == known:
                    await changed.wait()
                    changed.clear()
        except TimeoutError:
            return
        finally:
            self._waiting -= 1
            unwatch()

    async def do(self, request: Request) -> Response:
        """Fulfil one wish, or say what, why and what next."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return _refusal(PayloadError("that is too long"), 413)
        try:
            wish = read_wish(body)
        except PayloadError as fault:
            return _refusal(fault, 400)
        try:
            await asyncio.to_thread(self._desk.do, wish)
        except TreadwearError as fault:
            return _refusal(fault, 409)
        return _json(self._desk.state())

    async def report(self, request: Request) -> Response:
        """Answer with the report of a run."""
        session = request.path_params["session"]
        html = await asyncio.to_thread(self._desk.report, session)
        if html is None:
            words = "There is no such run here. The last runs are at /run."
            raise HTTPException(404, words)
        return Response(html, media_type="text/html")


class Refusal(msgspec.Struct, frozen=True):
    """Why a wish was not fulfilled."""

    what: str
    why: str = ""
    next: str = ""


def _refusal(fault: TreadwearError, status: int) -> Response:
    return _json(Refusal(fault.what, fault.why, fault.next_step), status)


def _tag(state: PhoneState) -> str:
    """Which state of which server it is: a restart counts from the beginning."""
    return f"{state.server}-{state.number}"


def _json(value: msgspec.Struct, status: int = 200) -> Response:
    body = msgspec.json.encode(value)
    return Response(body, status, media_type="application/json")
