"""What a request says of itself, and whether that may be answered at all.

Pure: a request's scope in, nothing or a `Refusal` out.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping

from starlette.datastructures import Headers
from starlette.types import Scope

from dashboards.live.access import ENTER_PATH, Role

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
COOKIE = "treadwear"
"""One for all ports of this host: browsers do not tell ports apart in cookies."""
MOST_BODY_BYTES = 64 * 1024
"""Far more than any page sends; a route may allow less."""

MOST_HEAD_BYTES = 16 * 1024
"""Of an address and its headers; a browser sends 1 kB."""

_CLOSE = {"connection": "close"}
_READING = frozenset({"GET", "HEAD"})
_ENTRANCE = frozenset(
    {ENTER_PATH, "/enter/enter.js", "/enter/door.css", "/static/icon.svg"}
)
_WALL = frozenset({"/", "/events", "/tiles.json", "/since.json", "/healthz"})
_HOST = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?"
)
"""Name and port, and nothing before or behind them (RFC 9110, 7.2)."""
_MOST_PORT = 65_535
_WALL_PARTS = re.compile(r"/(static|history)/\w[\w.-]*", re.ASCII)


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault
    """An answer given at the door: status, words, and headers if it needs any."""

    def __init__(
        self, status: int, words: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.headers = dict(headers or {})


class Stranger(Refusal):
    """The answer to somebody whom nobody has let in."""


def check_host(scope: Scope, allowed: Iterable[str], *, is_by_address: bool) -> None:
    """Refuse what is asked under a foreign name.

    ``is_by_address``: the address that the connection came to will do as well. It
    cannot be turned by somebody else's DNS, because it is no name.
    """
    name = _host_name(Headers(scope=scope).get("host", ""))
    own = scope["server"][0] if is_by_address and scope.get("server") else ""
    if name not in allowed and (not own or name != own):
        raise Refusal(403, "This page answers only under its own address.\n")


def check_source(scope: Scope) -> None:
    """Refuse what a page of another site asks for."""
    headers = Headers(scope=scope)
    origin, host = headers.get("origin"), headers.get("host", "")
    is_foreign = origin is not None and origin not in _origins(host)
    # Browsers say it themselves, also where they send no Origin: a picture or a script
    # of this server in a foreign page. Following a link from there is no harm.
    site = headers.get("sec-fetch-site", "none")
    is_link = headers.get("sec-fetch-mode") == "navigate" and is_reading(scope)
    if is_foreign or (site not in {"same-origin", "none"} and not is_link):
        raise Refusal(403, "Pages of other sites cannot read this one.\n")


def check_purpose(scope: Scope, *, is_near: bool) -> None:
    """Refuse what would change something, unless a page of ours must have sent it.

    A form of another site can post text, but neither JSON nor without its Origin;
    a program on this computer need not name one.
    """
    if is_reading(scope):
        return
    headers = Headers(scope=scope)
    if "origin" not in headers and not is_near:
        raise Refusal(403, "Only a page of this server may send that.\n")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, "It has to be application/json.\n")


def check_length(scope: Scope) -> None:
    """Refuse a head that is too large, and a body that says so of itself."""
    lines = [len(name) + len(value) + 4 for name, value in scope["headers"]]
    size = sum(lines) + len(scope["raw_path"]) + len(scope["query_string"])
    if size > MOST_HEAD_BYTES:
        raise Refusal(431, "The address or the headers are too long.\n", _CLOSE)
    length = Headers(scope=scope).get("content-length", "0")
    if not length.isdecimal() or int(length[:12]) > MOST_BODY_BYTES:
        raise too_large()


def too_large() -> Refusal:
    """The answer to a body that does not fit."""
    words = f"That is more than {MOST_BODY_BYTES // 1024} kB.\n"
    return Refusal(413, words, _CLOSE)


def is_reading(scope: Scope) -> bool:
    """Whether nothing can change by it."""
    return scope["method"] in _READING


def is_near(scope: Scope) -> bool:
    """Whether the connection comes from this computer itself."""
    client = scope.get("client")
    return client is not None and is_near_address(client[0])


def is_near_address(text: str) -> bool:
    """Whether an address is this computer's own loopback."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback


def is_entrance(scope: Scope) -> bool:
    """Whether it is the page at which tokens are exchanged: open to everybody."""
    return scope["path"] in _ENTRANCE


def may_ask(role: Role, scope: Scope) -> bool:
    """Whether somebody in that role may ask for that: a coach for the wall alone."""
    if role is Role.OWNER:
        return True
    path = scope["path"]
    is_wall = path in _WALL or _WALL_PARTS.fullmatch(path) is not None
    return is_wall and is_reading(scope)


def wants_a_page(scope: Scope) -> bool:
    """Whether a person asks with a browser, who can be shown the entrance."""
    accepted = Headers(scope=scope).get("accept", "")
    return scope["method"] == "GET" and "text/html" in accepted


def secret_of(scope: Scope) -> str:
    """The cookie that we gave; empty without one.

    Read by hand: cookies know no ports, so those of every other program at this
    address come too, and `http.cookies` gives up at the first it does not like.
    """
    found = ""
    for header in Headers(scope=scope).getlist("cookie"):
        for pair in header.split(";"):
            name, _, value = pair.partition("=")
            if name.strip() == COOKIE:
                found = value.strip()
    return found


def _origins(host: str) -> tuple[str, str]:
    return (f"http://{host}", f"https://{host}")


def _host_name(host: str) -> str:
    """The name in a Host header; empty for one that is none."""
    found = _HOST.fullmatch(host)
    if found is None or int(found["port"] or 0) > _MOST_PORT:
        return ""
    return found["name"].strip("[]").lower()
