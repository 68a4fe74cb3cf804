"""The part of InfluxDB 2's interface that `treadwear tokens` uses, as documented.

It stands in for an InfluxDB 2, which no test here has: it checks the administrator's
token, hands out tokens once, and keeps what was granted to them.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ADMIN = "token of the administrator"


@dataclass
class InfluxTwo:
    """What it knows; ``shows_tokens`` False as from 2.9 on."""

    org: str = "treadwear"
    buckets: dict[str, str] = field(default_factory=lambda: {"treadwear": "b-1"})
    granted: dict[str, dict[str, Any]] = field(default_factory=dict)
    shows_tokens: bool = True
    broken: int = 0
    asked: list[str] = field(default_factory=list)
    made: int = 0
    url: str = ""

    def answer(
        self, method: str, path: str, body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        where = urlsplit(path)
        asked = {k: v[0] for k, v in parse_qs(where.query).items()}
        self.asked.append(f"{method} {where.path}")
        words = where.path.removeprefix("/api/v2/").split("/")
        if words[0] == "orgs":
            return self._orgs(asked)
        if words[0] == "buckets":
            return self._buckets(method, asked, body)
        if words[0] == "authorizations":
            return self._authorizations(method, words[1:], body)
        return 404, {"code": "not found", "message": "path not found"}

    def _orgs(self, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if asked.get("org") != self.org:
            return 404, {"code": "not found", "message": "organization not found"}
        return 200, {"orgs": [{"id": "o-1", "name": self.org}]}

    def _buckets(
        self, method: str, asked: dict[str, str], body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        if method == "POST":
            assert body["orgID"] == "o-1"
            self.buckets[body["name"]] = f"b-{len(self.buckets) + 1}"
            return 201, {"id": self.buckets[body["name"]], "name": body["name"]}
        assert asked["orgID"] == "o-1"
        found = self.buckets.get(asked["name"])
        if found is None:
            return 404, {"code": "not found", "message": "bucket not found"}
        return 200, {"buckets": [{"id": found, "name": asked["name"]}]}

    def _authorizations(
        self, method: str, words: list[str], body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        if method == "POST":
            self.made += 1
            name = f"a-{self.made}"
            entry = {**body, "id": name, "status": "active", "token": f"token {name}"}
            self.granted[name] = entry
            return 201, entry
        if method == "DELETE":
            found = self.granted.pop(words[0], None)
            return (204, {}) if found else (404, {"message": "not found"})
        listed = [dict(entry) for entry in self.granted.values()]
        for entry in listed if not self.shows_tokens else []:
            del entry["token"]
        return 200, {"authorizations": listed}


def _handler(influx: InfluxTwo) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            if influx.broken:
                self._send(influx.broken, {"message": "out of order"})
            elif self.headers.get("Authorization") != f"Token {ADMIN}":
                self._send(401, {"code": "unauthorized", "message": "unauthorized"})
            else:
                self._send(*influx.answer(self.command, self.path, body))

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the names that it calls

        def _send(self, status: int, told: dict[str, Any]) -> None:
            text = b"" if status == 204 else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def running_influx_two() -> Iterator[InfluxTwo]:
    influx = InfluxTwo()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(influx))
    influx.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield influx
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
