"""The wall's memory: who is on it, who is not, and for how long."""

import time

import msgspec
import pytest

from contract import topics
from contract.bus import MemoryBus
from contract.messages import LightInfo, LiveTile, dumps
from dashboards.live.board import BoardLimits, TileBoard

NOW_NS = 1_795_244_661_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def a_tile(runner: str = "mira", session: str = "s-1", **changes: object) -> LiveTile:
    tile = LiveTile(
        runner=runner,
        session=session,
        name=runner.title(),
        state="live",
        t_ns=NOW_NS,
        data_t_ns=NOW_NS - 1_000_000_000,
        elapsed_s=600.0,
        window_s=30.0,
        n_pairs=40,
        pairs_needed=20,
        asi_pct=-4.1,
        ci_low=-5.0,
        ci_high=-3.2,
    )
    return msgspec.structs.replace(tile, **changes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def board(bus: MemoryBus, clock: Clock) -> TileBoard:
    board = TileBoard(clock=clock)
    board.attach(bus)
    return board


def send(bus: MemoryBus, tile: LiveTile) -> None:
    bus.publish(topics.live(tile.runner, tile.session), dumps(tile), qos=0)


def names(board: TileBoard) -> list[str]:
    return [shown.tile.name for shown in board.state().tiles]


def test_a_tile_on_the_bus_is_on_the_board(bus: MemoryBus, board: TileBoard) -> None:
    send(bus, a_tile())
    assert [s.tile for s in board.state().tiles] == [a_tile()]


def test_the_age_counts_from_the_data_and_not_from_the_message(
    bus: MemoryBus, board: TileBoard, clock: Clock
) -> None:
    send(bus, a_tile(data_t_ns=NOW_NS - 1_500_000_000))
    clock.now_s += 2.0
    assert board.state().tiles[0].age_s == pytest.approx(3.5)


def test_data_from_the_future_are_not_younger_than_their_message(
    bus: MemoryBus, board: TileBoard, clock: Clock
) -> None:
    send(bus, a_tile(data_t_ns=NOW_NS + 60_000_000_000))
    clock.now_s += 2.0
    assert board.state().tiles[0].age_s == pytest.approx(2.0)


def test_runners_keep_the_place_of_their_first_appearance(
    bus: MemoryBus, board: TileBoard
) -> None:
    for runner in ("mira", "ana", "zoe"):
        send(bus, a_tile(runner))
    send(bus, a_tile("ana", state="one_foot"))
    send(bus, a_tile("mira", "s-2"))
    assert names(board) == ["Mira", "Ana", "Zoe"]


def test_a_new_session_takes_the_place_of_the_runners_old_one(
    bus: MemoryBus, board: TileBoard
) -> None:
    send(bus, a_tile(session="s-1"))
    send(bus, a_tile(session="s-2", state="warming"))
    send(bus, a_tile(session="s-1", state="live"))  # late, from the session before
    assert [s.tile.session for s in board.state().tiles] == ["s-2"]


def test_the_farewell_of_an_unknown_session_does_not_end_the_running_one(
    bus: MemoryBus, board: TileBoard
) -> None:
    send(bus, a_tile(session="s-2"))
    send(bus, a_tile(session="s-1", state="ended"))
    assert [s.tile.session for s in board.state().tiles] == ["s-2"]


def test_a_runner_without_consent_never_appears(
    bus: MemoryBus, board: TileBoard
) -> None:
    send(bus, a_tile(consent_live=False))
    assert board.state().tiles == []
    assert board.dropped == 0


def test_a_runner_who_withdraws_consent_is_gone_at_once(
    bus: MemoryBus, board: TileBoard
) -> None:
    woken = []
    board.watch(lambda: woken.append(1))
    send(bus, a_tile(session="s-1"))
    send(bus, a_tile(session="s-2", consent_live=False))
    assert board.state().tiles == []
    assert len(woken) == 2


def test_the_farewell_of_a_consenting_session_does_not_undo_a_refusal(
    bus: MemoryBus, board: TileBoard
) -> None:
    send(bus, a_tile(session="s-1"))
    send(bus, a_tile(session="s-2", consent_live=False))
    send(bus, a_tile(session="s-1", state="ended"))
    assert board.state().tiles == []


def test_consent_can_be_given_again(bus: MemoryBus, board: TileBoard) -> None:
    send(bus, a_tile(consent_live=False))
    send(bus, a_tile(consent_live=True))
    assert names(board) == ["Mira"]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"not json",
        b'{"runner": "mira"}',
        dumps(a_tile("ana")),  # another runner than the topic says
        dumps(a_tile(session="s-9")),
        dumps(a_tile(asi_pct=500.0)),
        dumps(a_tile(ci_low=2.0, ci_high=1.0)),
        dumps(a_tile(light=LightInfo(band_low_pct=2.0, band_high_pct=1.0))),
        dumps(a_tile(t_ns=2**63 - 1)),  # what is added to it fits no column
        dumps(a_tile(data_t_ns=-(2**63))),
        dumps(a_tile(note="x" * 5000)),
        dumps(a_tile()).replace(b'"live"', b'"flying"'),
    ],
)
def test_what_is_no_tile_is_counted_and_dropped(
    bus: MemoryBus, board: TileBoard, payload: bytes
) -> None:
    bus.publish(topics.live("mira", "s-1"), payload)
    assert board.state().tiles == []
    assert board.dropped == 1


def test_a_bad_message_leaves_the_good_tile_in_place(
    bus: MemoryBus, board: TileBoard
) -> None:
    send(bus, a_tile())
    bus.publish(topics.live("mira", "s-1"), b"{}")
    assert names(board) == ["Mira"]


def test_an_ended_run_leaves_after_a_while_and_a_silent_runner_later(
    bus: MemoryBus, board: TileBoard, clock: Clock
) -> None:
    send(bus, a_tile("ana", state="ended"))
    send(bus, a_tile("mira"))
    clock.now_s += BoardLimits().keep_ended_s + 1
    assert names(board) == ["Mira"]
    clock.now_s += BoardLimits().keep_silent_s
    assert names(board) == []


def test_the_board_never_holds_more_runners_than_allowed(
    bus: MemoryBus, clock: Clock
) -> None:
    board = TileBoard(BoardLimits(max_runners=3), clock)
    board.attach(bus)
    for number in range(10):
        clock.now_s += 1
        send(bus, a_tile(f"r-{number}"))
        send(bus, a_tile(f"hidden-{number}", consent_live=False))
    assert names(board) == ["R-7", "R-8", "R-9"]


def test_watchers_hear_of_each_change_until_they_leave(
    bus: MemoryBus, board: TileBoard
) -> None:
    heard = []
    unwatch = board.watch(lambda: heard.append(time.monotonic()))
    send(bus, a_tile())
    assert board.n_watchers == 1
    unwatch()
    send(bus, a_tile())
    assert len(heard) == 1
    assert board.n_watchers == 0
