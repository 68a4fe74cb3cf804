"""A server that a network may come in to, and raw requests from here and from there."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contract import topics
from contract.bus import MemoryBus
from contract.errors import UsageError
from contract.messages import Event, LiveTile, dumps
from dashboards.live.access import Access
from dashboards.live.app import Extras
from dashboards.live.board import TileBoard
from dashboards.live.server import LiveServer
from dashboards.live.stream import StreamPace
from treadwear.lan import lan_address

QUICK = StreamPace(least_s=0.01, most_s=60.0)
JSON = {"content-type": "application/json"}


def network_address() -> str:
    """Address at which this computer comes to itself as a stranger; else skip."""
    try:
        return lan_address()
    except UsageError as fault:
        pytest.skip(f"nobody can come from outside: {fault.what}")


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Told:
    """One answer."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> dict[str, str]:
        return dict(json.loads(self.body))


class House:
    """The server with a door, a runner on its wall, and a page that changes things."""

    def __init__(self, address: str) -> None:
        self.clock = Clock()
        self.access = Access(address, ["track", "track.local"], clock=self.clock)
        self.done: list[bytes] = []
        self.said: list[tuple[str, str, Event]] = []
        self.board, bus = TileBoard(), MemoryBus()
        self.board.attach(bus)
        bus.publish(topics.live("mira", "s-1"), dumps(tile()))
        pages = (
            Route("/run", _name),
            Route("/run/do", self._do, methods=["POST"]),
            Route("/reports/{session}", _name),
        )
        extras = Extras(self.access, lambda *said: self.said.append(said), pages)
        self.server = LiveServer(self.board, pace=QUICK, extras=extras)
        self.server.start()

    async def _do(self, request: Request) -> Response:
        self.done.append(await request.body())
        return JSONResponse({"role": request.scope["treadwear.role"]})

    def near(self, method: str, path: str, **how: object) -> Told:
        """Ask on this computer."""
        return ask(self.server.url, method, path, **how)

    def far(self, method: str, path: str, **how: object) -> Told:
        """Ask from the network."""
        return ask(self.server.network_url, method, path, **how)

    def enter(self, token: str) -> Told:
        """Hand a token over, as the entrance does."""
        return self.send("/enter", {"token": token})

    def send(self, path: str, value: object, **headers: str) -> Told:
        """Post JSON from a page of the server."""
        own = {"origin": self.server.network_url.rstrip("/"), **JSON, **headers}
        return self.far("POST", path, body=json.dumps(value).encode(), headers=own)

    def cookie(self, token: str) -> dict[str, str]:
        """Come in with a token; gives the header that shows it from then on."""
        told = self.enter(token)
        assert told.status == 200, told.body
        return {"cookie": told.headers["set-cookie"].partition(";")[0]}

    def close(self) -> None:
        self.server.stop()


async def _name(request: Request) -> Response:
    return JSONResponse({"path": request.url.path})


def tile() -> LiveTile:
    """Mira's tile, as the processing sends it."""
    return LiveTile(
        runner="mira",
        session="s-1",
        name="Mira",
        state="live",
        elapsed_s=600.0,
        t_ns=10**18,
        data_t_ns=10**18,
        window_s=30.0,
        n_pairs=40,
        pairs_needed=20,
    )


def ask(
    url: str,
    method: str,
    path: str,
    *,
    body: object = None,
    headers: dict[str, str] | None = None,
    is_chunked: bool = False,
) -> Told:
    """One request, with headers as they are given."""
    with closing(line_to(url)) as line:
        line.request(method, path, body, headers or {}, encode_chunked=is_chunked)
        answer = line.getresponse()
        return Told(answer.status, answer.headers, answer.read())


def line_to(url: str) -> http.client.HTTPConnection:
    address = urlsplit(url)
    return http.client.HTTPConnection(address.hostname, address.port, timeout=20)


def raw(url: str, data: bytes) -> bytes:
    """Send bytes as they are; gives all that comes back."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), 20) as line:
        line.sendall(data)
        parts = []
        while part := line.recv(65536):
            parts.append(part)
        return b"".join(parts)


@contextmanager
def stream(url: str, headers: dict[str, str]) -> Iterator[http.client.HTTPResponse]:
    """An open page's stream."""
    with closing(line_to(url)) as line:
        line.request("GET", "/events", headers=headers)
        with line.getresponse() as answer:
            yield answer
