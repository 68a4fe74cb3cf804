"""The routes of the live page."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from dashboards.live.access import Access
from dashboards.live.board import TileBoard
from dashboards.live.desk import Desk
from dashboards.live.guard import Guard
from dashboards.live.stream import EventStreams

STATIC = Path(__file__).parent / "static"

# A table, not a directory: nothing else can be asked for, and the types do not depend
# on the machine (some call .js plain text, which browsers then refuse to run).
STATIC_TYPES = {
    "page.css": "text/css",
    "tile.css": "text/css",
    "page.js": "text/javascript",
    "tile.js": "text/javascript",
    "lamp.js": "text/javascript",
    "words.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Extras:
    """What a server has besides the wall.

    Attributes
    ----------
    access : Access or None
        Who else may come in, and as what; without it only this computer.
    desk : Desk or None
        Takes marks and snoozes; without it the page only shows.
    pages : tuple of BaseRoute
        Further pages of the same server, such as the runner's.
    """

    access: Access | None = None
    desk: Desk | None = None
    pages: tuple[BaseRoute, ...] = ()


NO_EXTRAS = Extras()


class Health(msgspec.Struct, frozen=True):
    """Whether the page is served and fed."""

    runners: int
    dropped: int
    status: str = "ok"


def create_app(
    board: TileBoard,
    streams: EventStreams | None = None,
    allowed_hosts: Iterable[str] = (),
    extras: Extras = NO_EXTRAS,
) -> Starlette:
    """Application that shows a board; hosts other than loopback must be named."""
    pages = _Pages(board, streams or EventStreams(board))
    return Starlette(
        routes=[
            Route("/", _page),
            Route("/static/{name}", _static),
            Route("/events", pages.events),
            Route("/tiles.json", pages.tiles),
            Route("/healthz", pages.health),
            *extras.pages,
        ],
        middleware=[Middleware(Guard, allowed_hosts=tuple(allowed_hosts))],
    )


async def _page(request: Request) -> Response:
    del request
    return FileResponse(STATIC / "page.html", media_type="text/html")


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC_TYPES:
        raise HTTPException(404)
    return FileResponse(STATIC / name, media_type=STATIC_TYPES[name])


class _Pages:
    """The answers that come from the board."""

    def __init__(self, board: TileBoard, streams: EventStreams) -> None:
        self._board = board
        self._streams = streams

    async def events(self, request: Request) -> Response:
        """Answer with the stream that an open page listens to."""
        del request
        if self._streams.is_full:
            raise HTTPException(503, "too many pages are open, close one")
        return StreamingResponse(self._streams.events(), media_type="text/event-stream")

    async def tiles(self, request: Request) -> Response:
        """Answer with the same state once, for scripts."""
        del request
        return _json(self._board.state())

    async def health(self, request: Request) -> Response:
        """Answer whether the page is served, and what it had to throw away."""
        del request
        runners, dropped = len(self._board.state().tiles), self._board.dropped
        if self._board.trouble:
            words = f"the broker is away: {self._board.trouble}"
            return _json(Health(runners, dropped, words), status=503)
        return _json(Health(runners, dropped))


def _json(value: msgspec.Struct, status: int = 200) -> Response:
    body = msgspec.json.encode(value)
    return Response(body, status, media_type="application/json")
