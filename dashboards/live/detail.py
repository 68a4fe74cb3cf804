"""What lies behind a tile: its last ten minutes, and what a watcher may say of it."""

from typing import Annotated, Literal

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from contract.errors import TreadwearError
from contract.messages import Event
from contract.topics import ID_PATTERN
from dashboards.live.access import Role
from dashboards.live.board import TileBoard, Told
from dashboards.live.desk import Desk
from dashboards.live.history import SPAN_S
from dashboards.live.place import MAX_SNOOZE_S

Id = Annotated[str, msgspec.Meta(pattern=rf"\A{ID_PATTERN.pattern}\Z")]


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody who watches asks for."""

    runner: Id
    session: Id
    kind: Literal["mark", "snooze"]
    text: Annotated[str, msgspec.Meta(max_length=200)] = ""
    seconds: Annotated[int, msgspec.Meta(ge=0, le=MAX_SNOOZE_S)] = 0


class Since(msgspec.Struct, frozen=True):
    """What happened on the wall in the last seconds."""

    told: list[Told]


def is_owner(request: Request) -> bool:
    """Whether the visitor may change things; who was not let in may not."""
    return request.scope.get("treadwear.role") == Role.OWNER


class DetailPages:
    """The answers about one runner; ``desk`` takes what is said about her."""

    def __init__(self, board: TileBoard, desk: Desk | None) -> None:
        self._board = board
        self._desk = desk

    def routes(self) -> list[Route]:
        """Where they are asked for."""
        return [
            Route("/history/{runner}.json", self.history),
            Route("/since.json", self.since),
            Route("/desk", self.say, methods=["POST"]),
        ]

    async def history(self, request: Request) -> Response:
        """Answer with a runner's last ten minutes."""
        found = self._board.history(request.path_params["runner"])
        if found is None:
            raise HTTPException(404, "this runner is not on the wall")
        return json_answer(found)

    async def since(self, request: Request) -> Response:
        """Answer with what happened in the last ``seconds``."""
        asked = request.query_params.get("seconds", "")
        if not (asked.isascii() and asked.isdecimal() and len(asked) < 6):
            raise HTTPException(400, "seconds must be a whole number")
        return json_answer(Since(self._board.told(min(int(asked), SPAN_S))))

    async def say(self, request: Request) -> Response:
        """Pass on a mark or a snooze."""
        if not is_owner(request):
            raise HTTPException(403, "this link only looks")
        if self._desk is None:
            raise HTTPException(404, "this page only shows")
        wish = _read(await request.body())
        t_ns = self._board.moment_ns(wish.runner, wish.session)
        if t_ns is None:
            raise HTTPException(409, "this run is no longer on the wall")
        event = Event(kind=wish.kind, t_ns=t_ns, text=wish.text, seconds=wish.seconds)
        try:
            await run_in_threadpool(self._desk, wish.runner, wish.session, event)
        except TreadwearError as fault:
            return PlainTextResponse(str(fault), 503)
        return Response(status_code=204)


def json_answer(value: msgspec.Struct, status: int = 200) -> Response:
    """Answer with a value as JSON."""
    body = msgspec.json.encode(value)
    return Response(body, status, media_type="application/json")


def _read(body: bytes) -> Wish:
    try:
        return msgspec.json.decode(body, type=Wish)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise HTTPException(400, "neither a mark nor a snooze") from fault
