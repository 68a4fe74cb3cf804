"""The pages at the door: where a token is exchanged, and where a new one is made.

A token stands behind the # of its address, which browsers send to nobody: no log and
no preview of a messenger gets it. A script of the entrance hands it over and is told
where to go, which no address can say: nobody can be led elsewhere.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
import segno
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dashboards.live.access import (
    COACH_S,
    ENTER_PATH,
    INVITATION_S,
    Access,
    DoorError,
    Entered,
    Role,
)
from dashboards.live.asked import COOKIE, secret_of

ENTRANCE = Path(__file__).parent / "entrance"
_KINDS = {
    "enter.js": "text/javascript",
    "door.js": "text/javascript",
    "door.css": "text/css",
}


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the entrance hands over."""

    token: Annotated[str, msgspec.Meta(max_length=200)]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a new code is for."""

    role: Literal["owner", "coach"]


class Welcome(msgspec.Struct, frozen=True):
    """Where to go now."""

    go: str


class Told(msgspec.Struct, frozen=True):
    """Why not, and what to do."""

    what: str
    next_step: str


class Code(msgspec.Struct, frozen=True):
    """A link and its picture: squares of a QR code as the path of an SVG."""

    link: str
    path: str
    size: int
    minutes: int


_Wish = TypeVar("_Wish", Token, Wanted)


def door_pages(access: Access, base_url: str, owner_home: str) -> tuple[Route, ...]:
    """Routes of the door; ``base_url`` is how the network finds this server."""
    door = _Door(access, base_url, owner_home)
    files = [
        Route(f"{ENTER_PATH}/{name}", partial(_file, name, kind))
        for name, kind in _KINDS.items()
    ]
    return (
        Route(ENTER_PATH, partial(_file, "enter.html", "text/html"), methods=["GET"]),
        Route(ENTER_PATH, door.enter, methods=["POST"]),
        Route("/door", partial(_file, "door.html", "text/html"), methods=["GET"]),
        Route("/door", door.invite, methods=["POST"]),
        *files,
    )


def link_of(base_url: str, token: str) -> str:
    """The address that a token is handed over by."""
    return f"{base_url.rstrip('/')}{ENTER_PATH}#{token}"


def picture_of(link: str) -> segno.QRCode:
    """The QR code of a link, small enough for a terminal."""
    return segno.make_qr(link, error="l", boost_error=False)


class _Door:
    """What is answered at the door."""

    def __init__(self, access: Access, base_url: str, owner_home: str) -> None:
        self._access = access
        self._base_url = base_url
        self._homes = {Role.OWNER: owner_home, Role.COACH: "/"}

    async def enter(self, request: Request) -> Response:
        """Exchange a token for the cookie."""
        given = await _read(request, Token)
        address = request.client.host if request.client else ""
        try:
            secret = secret_of(request.scope)
            entered = self._access.enter(given.token, address, secret)
        except DoorError as fault:
            told = Told(fault.what, fault.next_step)
            if not fault.wait_s:
                return _json(told, 403)
            return _json(told, 429, {"retry-after": f"{fault.wait_s + 0.5:.0f}"})
        answer = _json(Welcome(self._homes[entered.stay.role]))
        is_owner = request.scope.get("treadwear.role") is Role.OWNER
        if not (is_owner and entered.stay.role is Role.COACH):
            _set_cookie(answer, entered)  # else a coach's link would shut her out
        return answer

    async def invite(self, request: Request) -> Response:
        """Make a code for another phone, or a coach's link; for an owner only."""
        if request.scope.get("treadwear.role") is not Role.OWNER:
            raise HTTPException(403)
        role = Role((await _read(request, Wanted)).role)
        give: dict[Role, Callable[[], str]] = {
            Role.OWNER: self._access.invite,
            Role.COACH: self._access.coach_link,
        }
        link = link_of(self._base_url, give[role]())
        squares = [list(row) for row in picture_of(link).matrix_iter(border=4)]
        valid_s = INVITATION_S if role is Role.OWNER else COACH_S
        return _json(Code(link, path_of(squares), len(squares), int(valid_s // 60)))


def path_of(squares: Sequence[Sequence[int]]) -> str:
    """Dark squares as an SVG path: one piece for each run of them in a row."""
    pieces = []
    for y, row in enumerate(squares):
        x = 0
        while x < len(row):
            end = next((e for e in range(x, len(row)) if not row[e]), len(row))
            if end > x:
                pieces.append(f"M{x} {y}h{end - x}v1h-{end - x}z")
            x = end + 1
    return "".join(pieces)


def _set_cookie(answer: Response, entered: Entered) -> None:
    # No "secure": in a local network there is no certificate that a phone believes.
    answer.set_cookie(
        COOKIE,
        entered.secret,
        max_age=int(entered.stay.left_s),
        path="/",
        httponly=True,
        samesite="strict",
    )


async def _file(name: str, kind: str, request: Request) -> Response:
    del request
    return FileResponse(ENTRANCE / name, media_type=kind)


async def _read(request: Request, kind: type[_Wish]) -> _Wish:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise HTTPException(400, "this is not what belongs here") from fault


def _json(
    value: msgspec.Struct, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    body = msgspec.json.encode(value)
    return Response(body, status, headers, media_type="application/json")
