"""The live page's server: what it says, to whom, and how it leaves."""

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import Message as Headers
from math import inf
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.types import Message

from contract import topics
from contract.bus import MemoryBus
from contract.errors import UsageError
from contract.messages import LiveTile, dumps
from dashboards.live.app import STATIC, STATIC_TYPES, create_app
from dashboards.live.board import TileBoard
from dashboards.live.server import LiveServer
from dashboards.live.stream import EventStreams, Signals, StreamPace

QUICK = StreamPace(least_s=0.01, most_s=60.0)


def publish(bus: MemoryBus, runner: str = "mira", **changes: object) -> None:
    values = {"state": "live", "elapsed_s": 600.0, **changes}
    tile = LiveTile(
        runner=runner,
        session="s-1",
        name=runner.title(),
        t_ns=10**18,
        data_t_ns=10**18,
        window_s=30.0,
        n_pairs=40,
        pairs_needed=20,
        **values,
    )
    bus.publish(topics.live(runner, "s-1"), dumps(tile))


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def board(bus: MemoryBus) -> TileBoard:
    board = TileBoard()
    board.attach(bus)
    return board


@pytest.fixture
def server(board: TileBoard) -> Iterator[LiveServer]:
    with LiveServer(board, pace=QUICK) as server:
        yield server


def connection(server: LiveServer) -> http.client.HTTPConnection:
    address = urlsplit(server.url)
    return http.client.HTTPConnection(address.hostname, address.port, timeout=20)


def get(server: LiveServer, path: str, **headers: str) -> tuple[int, Headers, bytes]:
    with closing(connection(server)) as line:
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()


@contextmanager
def listening(server: LiveServer) -> Iterator[http.client.HTTPResponse]:
    with closing(connection(server)) as line:
        line.request("GET", "/events")
        with line.getresponse() as answer:
            assert answer.status == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield answer


def next_wall(answer: http.client.HTTPResponse) -> list[str]:
    for line in answer:
        if line.startswith(b"data: "):
            return [t["tile"]["name"] for t in json.loads(line[6:])["tiles"]]
    raise AssertionError("the stream ended")


def wait_for_watchers(board: TileBoard, n: int) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if board.n_watchers == n:
            return
        pause.wait(0.01)
    raise AssertionError(f"{board.n_watchers} pages are told, not {n}")


def test_the_page_and_all_its_files_are_served(server: LiveServer) -> None:
    status, headers, body = get(server, "/")
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    assert b"No runner yet" in body
    for name, kind in STATIC_TYPES.items():
        status, headers, body = get(server, f"/static/{name}")
        assert (status, headers["content-type"].split(";")[0]) == (200, kind)
        assert body == (STATIC / name).read_bytes()


def test_nothing_else_is_served(server: LiveServer) -> None:
    for path in ("/static/page.html", "/static/..%2fapp.py", "/static/../app.py", "/x"):
        assert get(server, path)[0] == 404


def test_the_tiles_can_be_read_by_a_script(server: LiveServer, bus: MemoryBus) -> None:
    publish(bus, asi_pct=-4.1)
    status, headers, body = get(server, "/tiles.json")
    assert (status, headers["cache-control"]) == (200, "no-store")
    assert json.loads(body)["tiles"][0]["tile"]["asi_pct"] == -4.1


def test_a_runner_without_consent_does_not_leave_the_server(
    server: LiveServer, bus: MemoryBus
) -> None:
    publish(bus, "ana")
    publish(bus, "sofia", consent_live=False)
    assert b"sofia" not in get(server, "/tiles.json")[2].lower()
    with listening(server) as answer:
        assert next_wall(answer) == ["Ana"]


def test_health_says_how_many_runners_and_how_much_was_dropped(
    server: LiveServer, bus: MemoryBus
) -> None:
    publish(bus)
    bus.publish(topics.live("mira", "s-1"), b"{}")
    assert json.loads(get(server, "/healthz")[2]) == {
        "status": "ok",
        "runners": 1,
        "dropped": 1,
    }


def test_a_page_hears_everything_at_once_and_then_each_change(
    server: LiveServer, bus: MemoryBus
) -> None:
    publish(bus, "ana")
    with listening(server) as answer:
        assert next_wall(answer) == ["Ana"]
        publish(bus, "mira")
        assert next_wall(answer) == ["Ana", "Mira"]


def test_many_changes_make_one_message() -> None:
    board, bus = TileBoard(), MemoryBus()
    board.attach(bus)

    async def listen() -> list[bytes]:
        streams = EventStreams(board, StreamPace(least_s=0.3, most_s=60.0))
        events = streams.events(Signals())
        heard = [await anext(events), await anext(events)]
        for number in range(50):
            publish(bus, f"r-{number}")
        heard.append(await anext(events))
        await events.aclose()
        return heard

    retry, first, second = asyncio.run(listen())
    assert retry.startswith(b"retry: ")
    assert first.count(b'"name"') == 0
    assert second.count(b'"name"') == 50


def test_a_page_hears_no_more_often_than_agreed(
    bus: MemoryBus, board: TileBoard
) -> None:
    async def listen() -> None:
        streams = EventStreams(board, StreamPace(least_s=600.0, most_s=900.0))
        events = streams.events(Signals())
        assert (await anext(events)).startswith(b"retry: ")
        assert b"event: wall" in await anext(events)
        publish(bus)
        async with asyncio.timeout(0.2):
            await anext(events)

    with pytest.raises(TimeoutError):
        asyncio.run(listen())
    assert board.n_watchers == 0


def test_a_quiet_wall_still_gives_a_sign_of_life(board: TileBoard) -> None:
    async def listen() -> int:
        streams = EventStreams(board, StreamPace(least_s=0.01, most_s=0.02))
        events = streams.events(Signals())
        heard = [await anext(events) for _ in range(4)]
        await events.aclose()
        return sum(b"event: wall" in event for event in heard)

    assert asyncio.run(listen()) == 3
    assert board.n_watchers == 0


def test_a_page_that_is_closed_is_noticed(server: LiveServer, board: TileBoard) -> None:
    with listening(server) as answer:
        next_wall(answer)
        wait_for_watchers(board, 1)
    wait_for_watchers(board, 0)


def test_open_pages_do_not_hold_up_the_end(board: TileBoard, bus: MemoryBus) -> None:
    server = LiveServer(board)
    server.start()
    with listening(server) as answer:
        next_wall(answer)
        server.stop()
        assert answer.read() is not None  # the stream was ended, not cut
    assert board.n_watchers == 0
    publish(bus)  # the board outlives its server
    server.stop()


def test_the_server_comes_back_on_the_same_port(
    board: TileBoard, bus: MemoryBus
) -> None:
    publish(bus)
    server = LiveServer(board)
    server.start()
    url = server.url
    with listening(server) as answer:
        next_wall(answer)
        server.stop()
        server.start()
    assert server.url == url
    with listening(server) as answer:
        assert next_wall(answer) == ["Mira"]
    server.stop()


def test_one_page_too_many_is_told_so(board: TileBoard) -> None:
    with LiveServer(board, pace=StreamPace(max_streams=1)) as server:
        with listening(server) as answer:
            next_wall(answer)
            assert get(server, "/events")[0] == 503
        wait_for_watchers(board, 0)


async def ask_for_stream(
    app: Starlette, statuses: asyncio.Queue[int], sent: float = inf
) -> None:
    """Open a page's stream; the line breaks after so many messages of the answer."""

    async def receive() -> Message:
        await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal sent
        if message["type"] == "http.response.start":
            statuses.put_nowait(message["status"])
        sent -= 1
        if sent < 0:
            raise ConnectionResetError

    scope = {
        "type": "http", "method": "GET", "path": "/events", "raw_path": b"/events",
        "query_string": b"", "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"127.0.0.1")],
    }  # fmt: skip
    await app(scope, receive, send)


def test_of_many_pages_that_open_at_once_no_more_come_in_than_there_is_room(
    board: TileBoard,
) -> None:
    async def open_six() -> list[int]:
        statuses = asyncio.Queue[int]()
        streams = EventStreams(board, StreamPace(max_streams=2))
        app = create_app(board, streams)
        lines = [ask_for_stream(app, statuses) for _ in range(6)]
        async with asyncio.TaskGroup() as pages:
            for line in lines:
                pages.create_task(line)
            told = [await statuses.get() for _ in lines]
            streams.stop()
        return told

    assert sorted(asyncio.run(open_six())) == [200, 200, 503, 503, 503, 503]


def test_a_line_that_breaks_before_the_first_word_leaves_its_place_free(
    board: TileBoard,
) -> None:
    async def broken() -> bool:
        statuses = asyncio.Queue[int]()
        streams = EventStreams(board, StreamPace(max_streams=1))
        with pytest.raises((ConnectionResetError, ExceptionGroup)):
            await ask_for_stream(create_app(board, streams), statuses, 0)
        assert statuses.get_nowait() == 200
        return streams.enter() is not None

    assert asyncio.run(broken())


def test_a_taken_port_is_said_plainly(board: TileBoard) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}"):
            LiveServer(board, port=port).start()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Host": "[::1"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:1"},
        {"Origin": "null"},
    ],
)
def test_other_sites_cannot_read_the_squad(
    server: LiveServer, bus: MemoryBus, headers: dict[str, str]
) -> None:
    publish(bus)
    for path in ("/", "/events", "/tiles.json", "/static/page.js"):
        status, _, body = get(server, path, **headers)
        assert status == 403
        assert b"mira" not in body.lower()


def test_the_own_page_may_read(server: LiveServer) -> None:
    own = server.url.rstrip("/")
    assert get(server, "/tiles.json", Origin=own)[0] == 200
    port = urlsplit(own).port
    assert get(server, "/tiles.json", Host=f"localhost:{port}")[0] == 200


def test_a_further_host_name_must_be_named(board: TileBoard) -> None:
    with LiveServer(board, allowed_hosts=["track.local"]) as server:
        assert get(server, "/healthz", Host="track.local:80")[0] == 200
        assert get(server, "/healthz", Host="other.local:80")[0] == 403


def test_every_answer_carries_the_security_headers(server: LiveServer) -> None:
    for path in ("/", "/tiles.json", "/static/page.js", "/missing"):
        headers = get(server, path)[1]
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


def test_the_server_only_reads(server: LiveServer) -> None:
    with closing(connection(server)) as line:
        json_type = {"Content-Type": "application/json"}
        line.request("POST", "/tiles.json", body=b"{}", headers=json_type)
        assert line.getresponse().status == 405


def test_the_page_needs_no_other_host() -> None:
    for name in ("page.html", *STATIC_TYPES):
        text = (STATIC / name).read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text
        assert "https:" not in text
        assert "style=" not in text
