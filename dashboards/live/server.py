"""The live page served from a thread of this process."""

import os
import socket
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette

from contract.errors import TreadwearError, UsageError
from dashboards.live.app import NO_EXTRAS, Extras, create_app
from dashboards.live.board import TileBoard
from dashboards.live.stream import EventStreams, StreamPace

START_TIMEOUT_S = 10.0
# Streams end at once when asked; this is only for a client that reads too slowly.
GRACE_S = 2


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
        What it has besides the wall.
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
        """Address of the page; the port is known once started."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}/"

    def start(self) -> None:
        """Listen; raises `UsageError` when the address cannot be had."""
        if self._running is not None:
            return
        listener = _listen(self._host, self._port)
        self._port = listener.getsockname()[1]
        streams = EventStreams(self._board, self._pace)
        app = create_app(self._board, streams, self._allowed_hosts, self._extras)
        self._running = _Running(app, streams, listener)
        self._running.wait_until_started()

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
        self, app: Starlette, streams: EventStreams, listener: socket.socket
    ) -> None:
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._streams = streams
        self._listener = listener
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
        self._listener.close()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._listener])
        finally:
            self._is_over.set()


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
