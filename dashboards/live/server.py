"""The live page served from a thread of this process."""

import os
import socket
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette

from contract.errors import TreadwearError, UsageError
from dashboards.live.app import NO_EXTRAS, Extras, create_app
from dashboards.live.asked import MOST_HEAD_BYTES
from dashboards.live.board import TileBoard
from dashboards.live.door import door_pages
from dashboards.live.lines import Line
from dashboards.live.stream import EventStreams, StreamPace

START_TIMEOUT_S = 10.0
# Streams end at once when asked; this is only for a client that reads too slowly.
GRACE_S = 2
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only if asked for
"""All addresses of this computer, and the one of them that it finds itself by."""


class LiveServer:
    """Serves a board on an address; port 0 takes a free one.

    Parameters
    ----------
    board : TileBoard
        What to show; it outlives the server and may be served again.
    host, port
        Where to listen; anything but loopback also needs ``allowed_hosts``.
    allowed_hosts
        Further host names under which browsers may ask.
    pace
        How often open pages hear from the server.
    extras
        What it has besides the wall; its ``access`` may name an address of the network
        at which it listens as well.
    """

    def __init__(
        self,
        board: TileBoard,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        allowed_hosts: Iterable[str] = (),
        pace: StreamPace | None = None,
        extras: Extras = NO_EXTRAS,
    ) -> None:
        self._board = board
        self._host = host
        self._port = port
        self._allowed_hosts = tuple(allowed_hosts)
        self._pace = pace
        self._extras = extras
        self._running: _Running | None = None

    @property
    def url(self) -> str:
        """Address of the page on this computer; the port is known once started."""
        return _url(EVERYWHERE.get(self._host, self._host), self._port)

    @property
    def network_url(self) -> str:
        """Address of the page for others; empty where only this computer gets in."""
        access = self._extras.access
        return _url(access.address, self._port) if access and access.address else ""

    def start(self) -> None:
        """Listen; raises `UsageError` when the address cannot be had."""
        if self._running is not None:
            return
        listeners = _listen_at(self._addresses(), self._port)
        self._port = listeners[0].getsockname()[1]
        streams = EventStreams(self._board, self._pace)
        app = create_app(self._board, streams, self._allowed_hosts, self._whole())
        self._running = _Running(app, streams, listeners)
        self._running.wait_until_started()

    def _addresses(self) -> list[str]:
        access = self._extras.access
        more = access.address if access else ""
        is_there = more in {"", self._host} or self._host in EVERYWHERE
        return [self._host] if is_there else [self._host, more]

    def _whole(self) -> Extras:
        """The extras with the pages at the door, where there is one."""
        access = self._extras.access
        if access is None or not access.address:
            return self._extras
        paths = {getattr(page, "path", "") for page in self._extras.pages}
        home = "/run" if "/run" in paths else "/"
        door = door_pages(access, self.network_url, home)
        return replace(self._extras, pages=(*door, *self._extras.pages))

    def stop(self) -> None:
        """Say goodbye to every open page and free the port; twice does no harm."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Running:
    """One run of uvicorn on its own thread."""

    def __init__(
        self,
        app: Starlette,
        streams: EventStreams,
        listeners: Sequence[socket.socket],
    ) -> None:
        config = uvicorn.Config(
            app,
            http=Line,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            # Not warnings: a stranger who sends nonsense would fill the terminal.
            log_level="error",
            access_log=False,
            server_header=False,
            # Anybody could write the header, and then be whoever she likes.
            proxy_headers=False,
            # A head without an end; the size of a whole one is the guard's business.
            h11_max_incomplete_event_size=MOST_HEAD_BYTES,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._streams = streams
        self._listeners = listeners
        self._server = uvicorn.Server(config)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-page", daemon=True)
        self._thread.start()

    def wait_until_started(self) -> None:
        """Return once requests are answered."""
        waited_s, step_s = 0.0, 0.02
        while not self._server.started:
            if self._is_over.wait(step_s) or waited_s > START_TIMEOUT_S:
                self.stop()
                raise TreadwearError("the live page did not start")
            waited_s += step_s

    def stop(self) -> None:
        """End the streams, then the server, then the thread."""
        self._streams.stop()
        self._server.should_exit = True
        self._thread.join()
        _close(self._listeners)

    def _run(self) -> None:
        try:
            self._server.run(sockets=list(self._listeners))
        finally:
            self._is_over.set()


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _close(listeners: Sequence[socket.socket]) -> None:
    for listener in listeners:
        listener.close()


def _listen_at(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """Listen at all of them, on the same port; at none if one cannot be had."""
    listeners: list[socket.socket] = []
    try:
        for host in hosts:
            listeners.append(_listen(host, port))
            port = listeners[0].getsockname()[1]
    except UsageError:
        _close(listeners)
        raise
    return listeners


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # An open page holds its old connection; the port must be free at once.
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as fault:
        listener.close()
        raise UsageError(
            f"the live page cannot listen on {host}:{port}",
            fault.strerror or str(fault),
            "Choose another port, or 0 for a free one.",
        ) from fault
    return listener
