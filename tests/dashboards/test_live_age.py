"""How old what is shown is: backlogs, clocks that are set, and words in a flood."""

import msgspec
import pytest

from contract import topics
from contract.bus import MemoryBus
from contract.messages import TOLD_KINDS, Event, EventKind, LiveTile, dumps
from dashboards.live.board import TileBoard
from dashboards.live.history import SPAN_S, SessionHistory
from tests.dashboards import door
from tests.dashboards.door import Clock

NOW_NS = door.tile().t_ns
S = 10**9
HOUR_S = 3600.0


def a_tile(t_s: float, **changes: object) -> LiveTile:
    t_ns = NOW_NS + round(t_s * S)
    fields = {"t_ns": t_ns, "data_t_ns": t_ns, **changes}
    return msgspec.structs.replace(door.tile(), **fields)


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


def a_late_tile(t_s: float, late_s: float, **changes: object) -> LiveTile:
    """Tile of data of that time, sent so much later."""
    data_ns = NOW_NS + round(t_s * S)
    return a_tile(t_s + late_s, data_t_ns=data_ns, **changes)


def test_a_backlog_is_never_shown_as_live(
    bus: MemoryBus, board: TileBoard, clock: Clock
) -> None:
    send(bus, a_late_tile(0.0, 600.0))
    assert board.state().tiles[0].age_s == 600.0
    clock.now_s += 1.0
    send(bus, a_late_tile(31.0, 570.0))
    clock.now_s += 2.0
    assert board.state().tiles[0].age_s == 572.0


def test_what_a_backlog_brings_is_drawn_where_it_was_run(
    bus: MemoryBus, board: TileBoard
) -> None:
    send(bus, a_late_tile(0.0, 500.0))
    send(bus, a_late_tile(30.0, 471.0))
    found = board.history("mira")
    assert found is not None
    assert found.ago_s == [501.0, 471.0]


def test_a_mark_on_a_late_tile_is_of_now(
    bus: MemoryBus, board: TileBoard, clock: Clock
) -> None:
    send(bus, a_late_tile(0.0, 600.0))
    clock.now_s += 2.0
    assert board.moment_ns("mira", "s-1") == NOW_NS + 602 * S


def test_a_clock_that_is_set_back_begins_the_ten_minutes_anew(
    bus: MemoryBus, board: TileBoard, clock: Clock
) -> None:
    for second in range(20):
        send(bus, a_tile(float(second)))
    raised = Event(kind="alert_raised", code="TW-021", t_ns=NOW_NS + 19 * S)
    bus.publish(topics.event("mira", "s-1"), dumps(raised))
    assert len(board.told(60.0)) == 1
    for second in range(3):
        clock.now_s += 1.0
        send(bus, a_tile(second - HOUR_S, asi_pct=1.0, ci_low=0.5, ci_high=1.5))
    found = board.history("mira")
    assert found is not None
    assert found.ago_s == [2.0, 1.0, 0.0]
    assert found.asi_pct == [1.0, 1.0, 1.0]
    assert found.moments == []  # of an hour ahead
    assert board.told(60.0) == []


def test_nothing_is_drawn_of_times_that_are_still_to_come() -> None:
    history = SessionHistory()
    for second in range(10):
        history.add(a_tile(float(second)))
    assert history.read(a_tile(0.0), NOW_NS + 4 * S).ago_s == [4.0, 3.0, 2.0, 1.0, 0.0]


def test_an_event_that_overtakes_its_tile_is_of_now() -> None:
    history = SessionHistory()
    history.note(Event(kind="alert_raised", t_ns=NOW_NS + S, code="TW-021"))
    assert [m.ago_s for m in history.moments(NOW_NS)] == [0.0]


@pytest.mark.parametrize("kind", TOLD_KINDS)
def test_what_people_say_pushes_no_light_out(kind: EventKind) -> None:
    history = SessionHistory()
    history.note(Event(kind="alert_raised", t_ns=NOW_NS, code="TW-021"))
    for number in range(1000):
        history.note(Event(kind=kind, t_ns=NOW_NS + number))
    kinds = [m.kind for m in history.moments(NOW_NS + S, SPAN_S)]
    assert kinds.count("alert_raised") == 1
    assert kinds.count(kind) == 64
