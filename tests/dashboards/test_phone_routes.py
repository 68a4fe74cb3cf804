"""The runner's page over HTTP: who gets in, what a wish may be, when answers come."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from contract.errors import PayloadError, UsageError
from dashboards.live.access import Role
from dashboards.phone.routes import MOST_WAITING, STATIC, STATIC_TYPES, phone_pages
from dashboards.phone.state import PhoneState
from dashboards.phone.wishes import MOST_BYTES, Ready, Start, Wish, name_of, read_wish


class Desk:
    """A desk that notes wishes, and refuses those to stop."""

    def __init__(self) -> None:
        self.now = PhoneState(server="s", number=7)
        self.wishes: list[Wish] = []
        self.watchers: set[Callable[[], None]] = set()
        self.app = Starlette(routes=phone_pages(self))

    def state(self) -> PhoneState:
        return self.now

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        self.watchers.add(wake)
        return lambda: self.watchers.discard(wake)

    def do(self, wish: Wish) -> None:
        if name_of(wish) == "stop":
            raise UsageError("that cannot be done now", "nobody runs", "Run first.")
        self.wishes.append(wish)

    def report(self, session: str) -> str | None:
        return "<p>report</p>" if session == "s-1" else None


async def ask(
    desk: Desk,
    path: str,
    body: bytes | None = None,
    role: Role | None = Role.OWNER,
    query: str = "",
) -> tuple[int, dict[str, str], bytes]:
    """One request as the guard hands it on."""
    said: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET" if body is None else "POST",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [],
        "treadwear.role": role,
    }

    parts = [{"type": "http.request", "body": body or b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not parts:
            await asyncio.Event().wait()  # she stays, and says no more
        return parts.pop()

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await desk.app(scope, receive, send)
    headers = {k.decode(): v.decode() for k, v in said[0]["headers"]}
    whole = b"".join(m.get("body", b"") for m in said[1:])
    return said[0]["status"], headers, whole


def asked(*about: Any, **more: Any) -> tuple[int, dict[str, str], bytes]:  # noqa: ANN401
    return asyncio.run(ask(*about, **more))


EVERY = [
    "/run",
    "/run/static/phone.js",
    "/run/state",
    "/reports/s-1",
    "/reports/style.css",
]


@pytest.mark.parametrize("role", [Role.COACH, None])
@pytest.mark.parametrize("path", EVERY)
def test_a_coach_or_a_stranger_sees_nothing_of_it(path: str, role: Role | None) -> None:
    assert asked(Desk(), path, role=role)[0] == 403


@pytest.mark.parametrize("role", [Role.COACH, None])
def test_a_coach_or_a_stranger_can_wish_for_nothing(role: Role | None) -> None:
    desk = Desk()
    assert asked(desk, "/run/do", b'{"wish": "ready"}', role=role)[0] == 403
    assert desk.wishes == []


def test_the_runner_gets_page_style_and_scripts_of_the_right_kind() -> None:
    for path in EVERY:
        status, headers, _ = asked(Desk(), path)
        assert status == 200, path
        assert headers["content-type"]
    assert set(STATIC_TYPES) == {p.name for p in STATIC.iterdir()} - {"page.html"}
    kind = asked(Desk(), "/run/static/phone.js")[1]["content-type"]
    assert kind.startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    [
        "/run/static/page.html",
        "/run/static/../state.py",
        "/run/static/..%2fstate.py",
        "/reports/nobody",
        "/reports/../run",
    ],
)
def test_nothing_else_can_be_asked_for(path: str) -> None:
    assert asked(Desk(), path)[0] == 404


def test_a_wish_is_fulfilled_and_answered_with_the_state() -> None:
    desk = Desk()
    status, _, body = asked(desk, "/run/do", b'{"wish": "ready", "again": true}')
    assert status == 200
    assert desk.wishes == [Ready(again=True)]
    assert msgspec.json.decode(body, type=PhoneState) == desk.now


def test_a_wish_that_cannot_be_had_says_what_why_and_what_next() -> None:
    status, _, body = asked(Desk(), "/run/do", b'{"wish": "stop"}')
    assert status == 409
    assert json.loads(body) == {
        "what": "that cannot be done now",
        "why": "nobody runs",
        "next": "Run first.",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"ready"',
        b"{}",
        b'{"wish": "fly"}',
        b'{"wish": "ready", "speed": 3}',
        b'{"wish": "start", "pain": 11}',
        b'{"wish": "start", "pain": true}',
        b'{"wish": "start", "speed_kmh": 1e999}',
        b'{"wish": "start", "speed_kmh": 99}',
        b'{"wish": "start", "surface": "moon"}',
        b'{"wish": "runner", "runner": "../etc"}',
        b'{"wish": "runner", "runner": "Ana"}',
        b'{"wish": "add_runner", "runner": "ana\\n"}',
        b'{"wish": "add_runner", "runner": "--help"}',
        b'{"wish": "shoe", "shoe": "' + b"x" * 61 + b'"}',
        b'{"wish": "start", "note": "' + b"x" * 301 + b'"}',
        b'{"wish": "agree", "store": "yes"}',
        b"\xff\xfe",
        b"[" * 3000,
    ],
)
def test_what_is_no_wish_is_refused_without_harm(body: bytes) -> None:
    desk = Desk()
    status, _, answer = asked(desk, "/run/do", body)
    assert status == 400
    assert json.loads(answer)["what"] == "this is no wish that the page may have"
    assert desk.wishes == []


def test_what_is_too_long_is_refused_before_it_is_read() -> None:
    desk = Desk()
    body = b'{"wish": "ready"' + b" " * MOST_BYTES + b"}"
    assert asked(desk, "/run/do", body)[0] == 413
    assert desk.wishes == []


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(body: bytes) -> None:
    try:
        wish = read_wish(body)
    except PayloadError:
        return
    assert name_of(wish)


def test_a_wish_that_is_read_is_the_one_that_was_written() -> None:
    start = Start(shoe="Pegasus", surface="track", bends="left", pain=0, note="é<b>")
    assert read_wish(msgspec.json.encode(start)) == start


def test_a_page_that_knows_the_state_waits_for_the_next() -> None:
    """204 when nothing changed within a second; at once when something does."""

    async def both() -> None:
        desk = Desk()
        status, _, _ = await ask(desk, "/run/state", query="after=s-7")
        assert status == 204
        waiting = asyncio.create_task(ask(desk, "/run/state", query="after=s-7"))
        await asyncio.sleep(0.1)
        assert len(desk.watchers) == 1
        desk.now = PhoneState(server="s", number=8)
        for wake in list(desk.watchers):
            wake()
        status, _, body = await waiting
        assert status == 200
        assert json.loads(body)["number"] == 8
        assert desk.watchers == set()

    asyncio.run(both())


def test_a_page_of_an_earlier_server_gets_the_state_at_once() -> None:
    assert asked(Desk(), "/run/state", query="after=other-7")[0] == 200


def test_a_hundred_pages_do_not_all_wait() -> None:
    async def crowd() -> list[int]:
        desk = Desk()
        asks = [ask(desk, "/run/state", query="after=s-7") for _ in range(100)]
        crowd = asyncio.gather(*asks)
        await asyncio.sleep(0.2)
        assert len(desk.watchers) <= MOST_WAITING
        return [status for status, _, _ in await crowd]

    assert set(asyncio.run(crowd())) == {204}
