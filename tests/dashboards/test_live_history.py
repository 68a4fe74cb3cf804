"""What the server remembers of each run, what watchers may say, and to whom."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote, urlsplit

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from contract import topics
from contract.bus import MemoryBus
from contract.errors import BusError
from contract.messages import TOLD_KINDS, Event, LiveTile, dumps
from dashboards.live.access import Role
from dashboards.live.app import Extras
from dashboards.live.board import TileBoard
from dashboards.live.detail import is_owner
from dashboards.live.history import SPAN_S, SessionHistory
from dashboards.live.place import MAX_SNOOZE_S
from dashboards.live.server import LiveServer

NOW_NS = 1_795_244_661_000_000_000
S = 10**9


def a_tile(t_s: float = 0.0, **changes: object) -> LiveTile:
    t_ns = NOW_NS + round(t_s * S)
    tile = LiveTile(
        runner="mira",
        session="s-1",
        name="Mira",
        state="live",
        t_ns=t_ns,
        data_t_ns=t_ns,
        elapsed_s=600.0,
        window_s=30.0,
        n_pairs=40,
        pairs_needed=20,
        asi_pct=-4.1,
        ci_low=-5.0,
        ci_high=-3.2,
        contact_left_ms=252.25,
        contact_right_ms=242.0,
    )
    return msgspec.structs.replace(tile, **changes)


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(bus: MemoryBus, clock: Clock) -> TileBoard:
    board = TileBoard(clock=clock)
    board.attach(bus)
    return board


def send(bus: MemoryBus, tile: LiveTile) -> None:
    bus.publish(topics.live(tile.runner, tile.session), dumps(tile))


def tell(bus: MemoryBus, session: str = "s-1", **fields: object) -> None:
    event = Event(**{"t_ns": NOW_NS, **fields})
    topic = topics.mark if event.kind in TOLD_KINDS else topics.event
    bus.publish(topic("mira", session), dumps(event))


# ---- ten minutes ----


def test_a_history_gives_back_what_the_tiles_said() -> None:
    history = SessionHistory()
    history.add(a_tile(0.0))
    history.add(a_tile(1.0, asi_pct=None, ci_low=None, ci_high=None))
    found = history.read(a_tile(1.0), NOW_NS + 3 * S)
    assert found.ago_s == [3.0, 2.0]
    assert json.loads(msgspec.json.encode(found))["asi_pct"] == [-4.1, None]
    assert found.contact_left_ms == [252.25, 252.25]


def test_a_long_run_is_remembered_for_ten_minutes_and_no_longer() -> None:
    history = SessionHistory()
    for second in range(3 * SPAN_S):
        history.add(a_tile(float(second)))
    found = history.read(a_tile(), NOW_NS + 3 * SPAN_S * S)
    assert len(found.ago_s) == SPAN_S
    assert found.ago_s[0] == SPAN_S
    assert found.ago_s == sorted(found.ago_s, reverse=True)


def test_a_sender_that_is_too_fast_pushes_nothing_out() -> None:
    history = SessionHistory()
    history.add(a_tile(0.0))
    for number in range(10_000):
        history.add(a_tile(300.0 + number * 1e-6))
    assert history.read(a_tile(), NOW_NS + 301 * S).ago_s == [301.0, 1.0]


def test_tiles_that_come_a_little_too_often_leave_a_history_all_the_same() -> None:
    history = SessionHistory()
    for number in range(1000):
        history.add(a_tile(number * 0.4))
    ago_s = history.read(a_tile(), NOW_NS + 400 * S).ago_s
    assert len(ago_s) == 500
    assert ago_s[0] == 400.0


def test_an_old_tile_that_comes_late_changes_nothing() -> None:
    history = SessionHistory()
    history.add(a_tile(10.0))
    history.add(a_tile(6.0, asi_pct=9.0, ci_low=8.0, ci_high=10.0))
    assert history.read(a_tile(), NOW_NS + 10 * S).asi_pct == [-4.1]


@given(st.lists(st.floats(-50.0, 2000.0), max_size=60))
def test_points_are_always_in_order_and_within_ten_minutes(times: list[float]) -> None:
    history = SessionHistory()
    for t_s in times:
        history.add(a_tile(t_s))
    latest = times[-1] + 5.0 if times else 0.0  # what came late may be of before
    ago_s = history.read(a_tile(), NOW_NS + round(latest * S)).ago_s
    assert ago_s == sorted(ago_s, reverse=True)
    assert all(0.0 <= ago <= SPAN_S for ago in ago_s)
    assert len(ago_s) >= bool(times)


def test_two_hundred_runners_fit_in_four_megabytes() -> None:
    history = SessionHistory()
    arrays = [v for v in vars(history).values() if isinstance(v, np.ndarray)]
    assert 200 * sum(a.nbytes for a in arrays) < 4_000_000


# ---- events ----


def test_marks_and_alerts_of_the_run_that_is_shown_are_remembered_once(
    bus: MemoryBus, board: TileBoard, clock: Clock
) -> None:
    send(bus, a_tile())
    for _ in range(2):
        tell(bus, kind="mark", text="hill")
    tell(bus, kind="alert_raised", code="TW-021", t_ns=NOW_NS - 5 * S)
    tell(bus, "s-9", kind="mark")  # another run
    clock.now_s += 2.0
    found = board.history("mira")
    assert found is not None
    assert [(m.kind, m.ago_s) for m in found.moments] == [
        ("alert_raised", 7.0),
        ("mark", 2.0),
    ]
    assert [t.moment.kind for t in board.told(5.0)] == ["mark"]


def test_a_new_run_begins_with_a_clean_sheet(bus: MemoryBus, board: TileBoard) -> None:
    send(bus, a_tile())
    tell(bus, kind="snooze", seconds=600)
    send(bus, a_tile(1.0, session="s-2"))
    found = board.history("mira")
    assert found is not None
    assert (found.session, len(found.ago_s), found.moments) == ("s-2", 1, [])
    assert board.state().tiles[0].snoozed_s == 0.0


def test_without_consent_nothing_is_remembered(
    bus: MemoryBus, board: TileBoard
) -> None:
    tell(bus, kind="mark")
    send(bus, a_tile(consent_live=False))
    assert board.history("mira") is None
    send(bus, a_tile(1.0))
    send(bus, a_tile(2.0, consent_live=False))
    assert board.history("mira") is None
    assert board.told(600.0) == []
    send(bus, a_tile(3.0))
    found = board.history("mira")
    assert found is not None
    assert found.ago_s == [0.0]


def test_a_snooze_ends_by_itself_by_word_and_after_an_hour_at_most(
    bus: MemoryBus, board: TileBoard, clock: Clock
) -> None:
    def snoozed_s() -> float:
        return board.state().tiles[0].snoozed_s

    send(bus, a_tile())
    tell(bus, kind="snooze", seconds=600)
    assert snoozed_s() == 600.0
    clock.now_s += 400.0
    assert snoozed_s() == 200.0
    clock.now_s += 400.0
    assert snoozed_s() == 0.0
    tell(bus, kind="snooze", seconds=10**9, t_ns=NOW_NS + 800 * S)
    assert snoozed_s() == MAX_SNOOZE_S
    tell(bus, kind="snooze", seconds=0, t_ns=NOW_NS + 800 * S)
    assert snoozed_s() == 0.0


def test_what_is_no_event_is_counted_and_dropped(
    bus: MemoryBus, board: TileBoard
) -> None:
    send(bus, a_tile())
    for payload in (b"", b"{}", dumps(Event(kind="mark", t_ns=0, text="x" * 5000))):
        bus.publish(topics.mark("mira", "s-1"), payload)
    assert board.dropped == 3


def test_who_watches_puts_no_light_on(bus: MemoryBus, board: TileBoard) -> None:
    send(bus, a_tile())
    raised = Event(kind="alert_raised", t_ns=NOW_NS, code="TW-021")
    bus.publish(topics.mark("mira", "s-1"), dumps(raised))
    assert board.dropped == 1


# ---- the server ----


@pytest.fixture
def said() -> list[tuple[str, str, Event]]:
    return []


@pytest.fixture
def server(
    board: TileBoard, said: list[tuple[str, str, Event]]
) -> Iterator[LiveServer]:
    def desk(runner: str, session: str, event: Event) -> None:
        if event.text == "away":
            raise BusError("the broker is away")
        said.append((runner, session, event))

    with LiveServer(board, extras=Extras(desk=desk)) as server:
        yield server


def ask(
    server: LiveServer, path: str, wish: object = None, **headers: str
) -> tuple[int, bytes]:
    address = urlsplit(server.url)
    line = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    with closing(line):
        if wish is None:
            line.request("GET", path)
        else:
            body = wish if isinstance(wish, bytes) else json.dumps(wish)
            headers = {"Content-Type": "application/json", **headers}
            line.request("POST", path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.read()


MARK = {"runner": "mira", "session": "s-1", "kind": "mark"}


def test_a_mark_is_handed_over_with_the_time_of_the_runs_own_clock(
    server: LiveServer,
    bus: MemoryBus,
    clock: Clock,
    said: list[tuple[str, str, Event]],
) -> None:
    send(bus, a_tile())
    clock.now_s += 3.0
    assert ask(server, "/desk", MARK) == (204, b"")
    snooze = {**MARK, "kind": "snooze", "seconds": 600}
    assert ask(server, "/desk", snooze)[0] == 204
    assert said == [
        ("mira", "s-1", Event(kind="mark", t_ns=NOW_NS + 3 * S)),
        ("mira", "s-1", Event(kind="snooze", t_ns=NOW_NS + 3 * S, seconds=600)),
    ]


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"\xff", 400),
        ({**MARK, "kind": "alert_raised"}, 400),
        ({**MARK, "kind": "gap"}, 400),
        ({**MARK, "seconds": MAX_SNOOZE_S + 1}, 400),
        ({**MARK, "seconds": -1}, 400),
        ({**MARK, "text": "x" * 201}, 400),
        ({**MARK, "runner": "../../status"}, 400),
        ({**MARK, "runner": "+"}, 400),
        ({**MARK, "more": 1}, 400),
        ({**MARK, "runner": "ana"}, 409),
        ({**MARK, "session": "s-2"}, 409),
        ({**MARK, "text": "away"}, 503),
    ],
)
def test_only_marks_and_snoozes_of_a_run_on_the_wall_are_taken(
    server: LiveServer,
    bus: MemoryBus,
    said: list[tuple[str, str, Event]],
    wish: object,
    status: int,
) -> None:
    send(bus, a_tile())
    assert ask(server, "/desk", wish)[0] == status
    assert said == []


def test_another_site_cannot_mark(
    server: LiveServer, bus: MemoryBus, said: list[tuple[str, str, Event]]
) -> None:
    send(bus, a_tile())
    assert ask(server, "/desk", MARK, Origin="https://evil.example")[0] == 403
    assert ask(server, "/desk", MARK, **{"Content-Type": "text/plain"})[0] == 415
    assert said == []


def test_a_wall_without_a_desk_takes_nothing(bus: MemoryBus, board: TileBoard) -> None:
    send(bus, a_tile())
    with LiveServer(board) as server:
        assert ask(server, "/desk", MARK)[0] == 404
        assert json.loads(ask(server, "/tiles.json")[1])["offers"] == []


def test_what_a_visitor_may_do_is_told_to_the_page(
    server: LiveServer, board: TileBoard
) -> None:
    assert json.loads(ask(server, "/tiles.json")[1])["offers"] == ["mark"]
    assert board.state().offers == ()


@pytest.mark.parametrize("role", [Role.COACH, None])
def test_a_coach_and_a_stranger_own_nothing(role: Role | None) -> None:
    scope = {"type": "http", "treadwear.role": role}
    assert not is_owner(Request(scope))
    assert not is_owner(Request({"type": "http"}))
    assert is_owner(Request({"type": "http", "treadwear.role": Role.OWNER}))


def test_history_is_given_of_runners_on_the_wall_only(
    server: LiveServer, bus: MemoryBus
) -> None:
    send(bus, a_tile())
    status, body = ask(server, "/history/mira.json")
    assert (status, json.loads(body)["asi_pct"]) == (200, [-4.1])
    for path in ("/history/ana.json", "/history/..%2fapp.json", "/history/mira"):
        assert ask(server, path)[0] == 404


@pytest.mark.parametrize("asked", ["", "x", "-1", "1e3", "9" * 40, "²"])
def test_since_when_must_be_a_number_of_seconds(server: LiveServer, asked: str) -> None:
    assert ask(server, f"/since.json?seconds={quote(asked)}")[0] == 400


def test_what_happened_since_is_told(server: LiveServer, bus: MemoryBus) -> None:
    send(bus, a_tile())
    tell(bus, kind="mark")
    told = json.loads(ask(server, "/since.json?seconds=10")[1])["told"]
    assert [(t["name"], t["moment"]["kind"]) for t in told] == [("Mira", "mark")]
