"""The live page when data or the server stay away: what is old never looks new."""

import time
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from contract.bus import MemoryBus
from tests.dashboards.wall import Wall, colour

pytestmark = pytest.mark.browser


def test_a_stale_number_greys_out_and_then_goes(wall: Wall) -> None:
    wall.send()
    page = wall.open()
    fresh = [colour(page, s) for s in (".side", ".digits", ".reading")]
    page.clock.fast_forward(2_750)
    assert page.locator(".fresh").inner_text() == "live"
    page.clock.fast_forward(250)
    stale = [colour(page, s) for s in (".side", ".digits", ".reading")]
    assert len(set(stale)) == 1
    assert not set(stale) & set(fresh)
    assert page.locator("article .state-word").inner_text() == "late"
    assert page.locator(".fresh").inner_text() == "3 s"
    page.clock.fast_forward(8_000)
    expect(page.locator(".number")).to_be_hidden()
    assert page.locator(".big").inner_text() == "silent 11 s"
    assert page.locator(".small").inner_text() == "last heard 07:04:21"
    assert page.locator(".fresh").inner_text() == "stale"
    assert page.locator(".cadence").inner_text() == "–"  # noqa: RUF001
    assert page.locator("#news").inner_text() == "Mira: no data."


def test_old_data_in_a_new_message_do_not_count_as_live(wall: Wall) -> None:
    now_ns = time.time_ns()
    wall.send(t_ns=now_ns, data_t_ns=now_ns - 14_000_000_000)
    page = wall.open()
    assert page.locator(".big").inner_text() == "silent 14 s"
    expect(page.locator(".number")).to_be_hidden()


def test_a_new_message_brings_the_number_back(wall: Wall) -> None:
    wall.send()
    page = wall.open()
    page.clock.fast_forward(11_000)
    expect(page.locator(".number")).to_be_hidden()
    wall.send(asi_pct=-3.0, ci_low=-4.0, ci_high=-2.0)
    expect(page.locator(".digits")).to_have_text("3.0")
    assert page.locator(".fresh").inner_text() == "live"


def test_a_restarted_server_is_found_again_and_places_stay(wall: Wall) -> None:
    for runner in ("mira", "ana"):
        wall.send(runner)
    page = wall.open()
    port = urlsplit(wall.server.url).port
    wall.server.stop()
    expect(page.locator("#link-word")).to_have_text("reconnecting")
    board = wall.new_board()
    wall.send("ana")
    wall.send("mira", asi_pct=2.0, ci_low=1.0, ci_high=3.0)
    wall.serve(board, port)
    page.clock.run_for(3_000)
    expect(page.locator("#link-word")).to_have_text("connected", timeout=20_000)
    expect(page.locator(".digits").first).to_have_text("2.0")
    assert page.locator("article .name").all_inner_texts() == ["Mira", "Ana"]
    wall.forgive_the_cut_line()


def test_losing_the_server_never_makes_old_data_young(wall: Wall) -> None:
    wall.send()
    page = wall.open()
    wall.server.stop()
    expect(page.locator("#link-word")).to_have_text("reconnecting")
    page.clock.fast_forward(40_000)
    assert page.locator("article .state-word").inner_text() == "no data"
    page.clock.fast_forward(5_000)
    assert page.locator(".big").inner_text() == "silent 45 s"
    wall.forgive_the_cut_line()


class CutBus(MemoryBus):
    """A bus whose broker can be away."""

    away = ""

    @property
    def trouble(self) -> str:
        """Why there is no connection; empty while there is one."""
        return self.away


def serve_on(wall: Wall, bus: CutBus) -> None:
    """Serve a new board that hears by this bus."""
    wall.server.stop()
    wall.bus = bus
    wall.serve(wall.new_board())


def test_a_server_without_its_broker_is_not_called_connected(wall: Wall) -> None:
    bus = CutBus()
    serve_on(wall, bus)
    wall.send()
    page = wall.open()
    bus.away = "the connection broke"
    wall.send("zoe")  # each change tells the page how the server is
    expect(page.locator("#link-word")).to_have_text("broker away")
    expect(page.locator("#link")).to_have_class("link lost")
    bus.away = ""
    wall.send("ben")
    expect(page.locator("#link-word")).to_have_text("connected")
    expect(page.locator("#link")).not_to_have_class("link lost")


def test_an_empty_wall_says_that_the_broker_is_away(wall: Wall) -> None:
    bus = CutBus()
    serve_on(wall, bus)
    wall.send()
    page = wall.open()
    bus.away = "the connection broke"
    wall.send(consent_live=False)
    expect(page.locator("#empty-title")).to_have_text("The broker is away")
    bus.away = ""
    wall.send()
    wall.send(consent_live=False)
    expect(page.locator("#empty-title")).to_have_text("No runner yet")
