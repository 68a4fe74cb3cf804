"""The /api/v2 door that influxd 1.6.7 lacks, with switches for faults.

It translates the one call of the v2 API that we use, the write, and passes questions
on. What it answers is influxd's own word, unless a fault is switched on. 1.6.7 takes
gzip, and answers a partly refused batch with 400 "partial write: ... dropped=1", where
2.x says 400 or 422.
"""

import gzip
import http.client
import random
import socket
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"
PATIENCE_S = 60.0
_chance = random.SystemRandom()


def free_port() -> int:
    """Port of this machine that nobody listens on.

    Below the range that systems take for outgoing connections (Linux 32768 and up), so
    that none of those has it by the time it is listened on.
    """
    while True:
        port = _chance.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, the headers that are passed on, body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


_PASSED_ON = ("content-type", "x-influxdb-version", "x-influxdb-build")


def ask(
    port: int,
    method: str,
    target: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> Answer:
    """Ask a server on this machine over HTTP, once."""
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE_S)
    try:
        connection.request(method, target, body or None, headers or {})
        answer = connection.getresponse()
        kept = {k: v for k, v in answer.getheaders() if k.lower() in _PASSED_ON}
        return Answer(answer.status, kept, answer.read())
    finally:
        connection.close()


@dataclass(slots=True)
class Faults:
    """What goes wrong on purpose; nothing by default.

    Attributes
    ----------
    token : str
        The only token that is let in; empty lets all in.
    status, retry_after_s, words : int or None, int or None, str
        Answer all writes and queries with this status, this Retry-After, these words.
    most_bytes : int or None
        Answer 413 to a write with more bytes of lines than this (after gunzip).
    delay_s : float
        Wait so long before each answer.
    gate : threading.Event or None
        Let no write through before it is set.
    hangs_up : bool
        Close the connection without a word, before influxd is asked.
    loses_answers : bool
        Close the connection without a word, after influxd has done it.
    times : int or None
        Only the next so many requests meet status, hanging up or lost answers.
    """

    token: str = ""
    status: int | None = None
    retry_after_s: int | None = None
    words: str = "a fault made on purpose"
    most_bytes: int | None = None
    delay_s: float = 0.0
    gate: threading.Event | None = None
    hangs_up: bool = False
    loses_answers: bool = False
    times: int | None = None


class Shim:
    """The door: what came through, and the switches for faults."""

    def __init__(self, upstream_port: int, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.faults = Faults()
        self.writes: list[int] = []
        """Status of every write, in order."""
        self.queries: list[str] = []
        """Every statement that was asked for, in order."""
        self.came = 0
        """Writes that came, answered or not."""
        self._upstream_port = upstream_port
        self._port = free_port()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server: _Door | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Address to give to a client of InfluxDB 2."""
        return f"{'https' if self._tls else 'http'}://{HOST}:{self._port}"

    def start(self) -> None:
        """Listen (again), on the same port."""
        self._closing.clear()
        self._server = _Door((HOST, self._port), self, self._tls)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="shim"
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the door: connections end, new ones are refused."""
        if self._server is None or self._thread is None:
            return
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        self._server = self._thread = None

    def answer(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> Answer | None:
        """Give what to say to a request; None: hang up."""
        path = urllib.parse.urlsplit(target).path
        self._closing.wait(self.faults.delay_s)
        if path == "/api/v2/write":
            self.came += 1
            if self.faults.gate is not None:
                self.faults.gate.wait(PATIENCE_S)
        if path == "/ping":
            return None if self.faults.hangs_up else self._pass(method, target)
        told = self._refusal(path, headers, body)
        if told is None and self._strikes(is_set=self.faults.hangs_up):
            return None
        told = told or self._done(method, target, headers, body)
        self._note(path, target, body, told)
        if self._strikes(is_set=self.faults.loses_answers):
            return None
        return told

    def _refusal(
        self, path: str, headers: dict[str, str], body: bytes
    ) -> Answer | None:
        """Words of 2.x for what it would not even look at."""
        faults = self.faults
        if faults.token and headers.get("authorization") != f"Token {faults.token}":
            return _said(401, "unauthorized", "unauthorized access")
        if faults.status is not None and self._strikes(is_set=True):
            wait = faults.retry_after_s
            more = {} if wait is None else {"Retry-After": str(wait)}
            return _said(faults.status, "fault", faults.words, more)
        most = faults.most_bytes if path == "/api/v2/write" else None
        if most is not None and len(_plain(headers, body)) > most:
            return _said(413, "request too large", "request body too large")
        return None

    def _strikes(self, *, is_set: bool) -> bool:
        """Whether a switched fault meets this request; counts it down."""
        if not is_set or self.faults.times is None:
            return is_set
        with self._lock:
            self.faults.times -= 1
            return self.faults.times >= 0

    def _done(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> Answer | None:
        url = urllib.parse.urlsplit(target)
        if url.path == "/query":
            return self._pass(method, target, headers, body)
        if url.path != "/api/v2/write":
            return _said(404, "not found", "path not found")
        asked = dict(urllib.parse.parse_qsl(url.query))
        precision = {"ns": "n", "us": "u"}.get(asked.get("precision", "ns"))
        words = urllib.parse.urlencode(
            {"db": asked["bucket"], "precision": precision or asked["precision"]}
        )
        return self._pass(method, f"/write?{words}", headers, body)

    def _pass(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer | None:
        """Ask influxd itself; nobody home is the same as hanging up."""
        kept = ("content-type", "content-encoding")
        passed = {k: v for k, v in (headers or {}).items() if k in kept}
        try:
            return ask(self._upstream_port, method, target, body, passed)
        except (OSError, http.client.HTTPException):
            return None

    def _note(self, path: str, target: str, body: bytes, told: Answer | None) -> None:
        with self._lock:
            if path == "/query":
                words = urllib.parse.urlsplit(target).query + "&" + body.decode()
                asked = dict(urllib.parse.parse_qsl(words))
                self.queries.append(asked.get("q", ""))
            elif told is not None:
                self.writes.append(told.status)


def _said(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> Answer:
    body = f'{{"code":"{code}","message":"{message}"}}'.encode()
    return Answer(status, {"Content-Type": "application/json", **(headers or {})}, body)


def _plain(headers: dict[str, str], body: bytes) -> bytes:
    is_packed = headers.get("content-encoding") == "gzip"
    return gzip.decompress(body) if is_packed else body


class _Door(ThreadingHTTPServer):
    """Listens; knows its connections, to be able to hang up on all of them."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self, address: tuple[str, int], shim: Shim, tls: ssl.SSLContext | None
    ) -> None:
        self.shim = shim
        self.open: set[socket.socket] = set()
        self._tls = tls
        super().__init__(address, _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as socketserver has it
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        with (
            suppress(OSError),  # who does not trust us hangs up
            self._tls.wrap_socket(request, server_side=True) as wrapped,
        ):
            super().finish_request(wrapped, client_address)

    def hang_up(self) -> None:
        for connection in list(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """One connection; several requests may come on it, one after another."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Door

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing: tests read `Shim.writes`."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        told = self.server.shim.answer(self.command, self.path, headers, body)
        if told is None:
            self.close_connection = True
            return
        with suppress(ConnectionError):  # who asked has given up waiting
            self._say(told)

    def _say(self, told: Answer) -> None:
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        has_body = told.status != http.client.NO_CONTENT
        if has_body:
            self.send_header("Content-Length", str(len(told.body)))
        self.end_headers()
        if has_body:
            self.wfile.write(told.body)


@contextmanager
def shimmed(influxd_url: str, tls: ssl.SSLContext | None = None) -> Iterator[Shim]:
    """Give the door to an influxd, which speaks enough of the v2 API for us."""
    port = urllib.parse.urlsplit(influxd_url).port
    assert port is not None, influxd_url  # noqa: S101 - a wrong address is a bug
    shim = Shim(port, tls)
    shim.start()
    try:
        yield shim
    finally:
        shim.stop()
