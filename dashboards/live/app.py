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
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from dashboards.live.access import Access
from dashboards.live.board import TileBoard
from dashboards.live.desk import Desk
from dashboards.live.detail import DetailPages, is_owner, json_answer
from dashboards.live.guard import Guard
from dashboards.live.stream import EventStreams, Signals

STATIC = Path(__file__).parent / "static"

# A table, not a directory: nothing else can be asked for, and the types do not depend
# on the machine (some call .js plain text, which browsers then refuse to run).
STATIC_TYPES = {
    **dict.fromkeys(("page.css", "tile.css", "detail.css"), "text/css"),
    **dict.fromkeys(
        (
            *("page.js", "link.js", "places.js", "pages.js", "strip.js", "missed.js"),
            *("tile.js", "words.js", "state.js", "glyphs.js", "screen.js", "keys.js"),
            *("detail.js", "chart.js", "desk.js", "chime.js", "notice.js"),
            "header.js",
        ),
        "text/javascript",
    ),
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
    pages = _Pages(board, streams or EventStreams(board), extras)
    return Starlette(
        routes=[
            Route("/", _page),
            Route("/static/{name}", _static),
            Route("/events", pages.events),
            Route("/tiles.json", pages.tiles),
            Route("/healthz", pages.health),
            *DetailPages(board, extras.desk).routes(),
            *extras.pages,
        ],
        middleware=[
            Middleware(Guard, allowed_hosts=tuple(allowed_hosts), access=extras.access)
        ],
    )


async def _page(request: Request) -> Response:
    del request
    return FileResponse(STATIC / "page.html", media_type="text/html")


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC_TYPES:
        raise HTTPException(404)
    return FileResponse(STATIC / name, media_type=STATIC_TYPES[name])


class _Listening(StreamingResponse):
    """One open page's stream; its place is given back however it ends."""

    def __init__(
        self, streams: EventStreams, signals: Signals, offers: tuple[str, ...]
    ) -> None:
        self._streams, self._signals = streams, signals
        events = streams.events(signals, offers)
        super().__init__(events, media_type="text/event-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; it may break off before its first word."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.leave(self._signals)


class _Pages:
    """The answers that come from the board."""

    def __init__(self, board: TileBoard, streams: EventStreams, extras: Extras) -> None:
        self._board = board
        self._streams = streams
        self._offers = _offers(extras)

    async def events(self, request: Request) -> Response:
        """Answer with the stream that an open page listens to."""
        if request.method == "HEAD":  # else a stream that says nothing, held for ever
            return Response(media_type="text/event-stream")
        signals = self._streams.enter()
        if signals is None:
            raise HTTPException(503, "too many pages are open, close one")
        return _Listening(self._streams, signals, self._offers_to(request))

    async def tiles(self, request: Request) -> Response:
        """Answer with the same state once, for scripts."""
        return json_answer(self._board.state(self._offers_to(request)))

    async def health(self, request: Request) -> Response:
        """Answer whether the page is served, and what it had to throw away."""
        del request
        runners, dropped = len(self._board.state().tiles), self._board.dropped
        if self._board.trouble:
            words = f"the broker is away: {self._board.trouble}"
            return json_answer(Health(runners, dropped, words), status=503)
        return json_answer(Health(runners, dropped))

    def _offers_to(self, request: Request) -> tuple[str, ...]:
        return self._offers if is_owner(request) else ()


def _offers(extras: Extras) -> tuple[str, ...]:
    """What an owner may do here: mark and snooze, see the run page or a report."""
    paths = {page.path for page in extras.pages if isinstance(page, Route | Mount)}
    has = {
        "mark": extras.desk is not None,
        "run": "/run" in paths,
        "report": any(path.startswith("/reports") for path in paths),
    }
    return tuple(offer for offer, is_there in has.items() if is_there)
