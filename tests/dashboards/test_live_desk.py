"""Marks and snoozes come one at a time: each is stored and told to every page."""

import json
from collections.abc import Iterator

import pytest

from contract import topics
from contract.bus import MemoryBus
from contract.errors import BusError
from contract.messages import Event, dumps
from dashboards.live.app import Extras
from dashboards.live.board import TileBoard
from dashboards.live.server import LiveServer
from tests.dashboards.door import JSON, Clock, Told, ask, tile


class Desk:
    """Takes what is said, unless the broker is away."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, Event]] = []
        self.is_away = False

    def __call__(self, runner: str, session: str, event: Event) -> None:
        if self.is_away:
            raise BusError("the broker is away")
        self.said.append((runner, session, event))


class Page:
    """A server with mira and ana on its wall, and what its page sends."""

    def __init__(self) -> None:
        self.clock, self.desk, bus = Clock(), Desk(), MemoryBus()
        board = TileBoard(clock=self.clock)
        board.attach(bus)
        for runner in ("mira", "ana"):
            shown = {**json.loads(dumps(tile())), "runner": runner}
            bus.publish(topics.live(runner, "s-1"), json.dumps(shown).encode())
        self.server = LiveServer(board, extras=Extras(desk=self.desk))
        self.server.start()

    def say(self, kind: str = "mark", runner: str = "mira", seconds: int = 0) -> Told:
        wish = {"runner": runner, "session": "s-1", "kind": kind, "seconds": seconds}
        body = json.dumps(wish).encode()
        return ask(self.server.url, "POST", "/desk", body=body, headers=JSON)


@pytest.fixture
def page() -> Iterator[Page]:
    page = Page()
    yield page
    page.server.stop()


def test_of_many_marks_in_a_second_one_is_taken(page: Page) -> None:
    told = [page.say() for _ in range(20)]
    assert [t.status for t in told] == [204] + [429] * 19
    assert told[-1].body == b"That was said a moment ago: once a second is enough."
    assert told[-1].headers["retry-after"] == "1"
    page.clock.now_s += 0.9
    assert page.say().status == 429
    page.clock.now_s += 0.1
    assert page.say().status == 204
    assert len(page.desk.said) == 2


def test_a_mark_of_one_run_keeps_none_of_another_away(page: Page) -> None:
    assert [page.say(runner=r).status for r in ("mira", "ana")] == [204, 204]


def test_a_snooze_can_be_taken_back_at_once_but_not_go_to_and_fro(page: Page) -> None:
    seconds = (600, 0, 600, 0)
    told = [page.say("snooze", seconds=s).status for s in seconds]
    assert told == [204, 204, 429, 429]


def test_a_mark_that_the_broker_did_not_take_can_be_said_again(page: Page) -> None:
    page.desk.is_away = True
    assert page.say().status == 503
    page.desk.is_away = False
    assert page.say().status == 204
