"""What lies behind a tile: its last ten minutes, and what a watcher may say of it."""

from collections import OrderedDict
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
from contract.units import NS_PER_S
from dashboards.live.access import Role
from dashboards.live.board import TileBoard, Told
from dashboards.live.desk import Desk
from dashboards.live.history import SPAN_S
from dashboards.live.place import MAX_SNOOZE_S

_MOST_SAID = 600
"""Mark, snooze and wake of each of the 200 runners that a board may hold."""

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
        self._pace = _Pace()

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
        if not self._pace.may_pass(wish, t_ns):
            words = "That was said a moment ago: once a second is enough."
            raise HTTPException(429, words, {"retry-after": "1"})
        event = Event(kind=wish.kind, t_ns=t_ns, text=wish.text, seconds=wish.seconds)
        try:
            await run_in_threadpool(self._desk, wish.runner, wish.session, event)
        except TreadwearError as fault:
            self._pace.undo(wish)
            return PlainTextResponse(str(fault), 503)
        return Response(status_code=204)


class _Pace:
    """One of each deed a second for each run: each is stored and told to all.

    Asked on the loop of the server only. No more runs are remembered than a wall has.
    """

    def __init__(self) -> None:
        self._said: OrderedDict[tuple[str, str, str], int] = OrderedDict()

    def may_pass(self, wish: Wish, t_ns: int) -> bool:
        """Whether the last one is a second ago by the run's clock, whichever way."""
        key = _deed(wish)
        last_ns = self._said.get(key)
        if last_ns is not None and abs(t_ns - last_ns) < NS_PER_S:
            return False
        self._said[key] = t_ns
        self._said.move_to_end(key)
        while len(self._said) > _MOST_SAID:
            self._said.popitem(last=False)
        return True

    def undo(self, wish: Wish) -> None:
        """Forget one that went nowhere, so that it can be said again."""
        self._said.pop(_deed(wish), None)


def _deed(wish: Wish) -> tuple[str, str, str]:
    """What is done to which run; a snooze may be taken back at once."""
    is_wake = wish.kind == "snooze" and not wish.seconds
    return wish.runner, wish.session, "wake" if is_wake else wish.kind


def json_answer(value: msgspec.Struct, status: int = 200) -> Response:
    """Answer with a value as JSON."""
    body = msgspec.json.encode(value)
    return Response(body, status, media_type="application/json")


def _read(body: bytes) -> Wish:
    try:
        return msgspec.json.decode(body, type=Wish)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise HTTPException(400, "neither a mark nor a snooze") from fault
