"""The pages at the door in a real browser: coming in by a code, and making one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from dashboards.live.door import link_of
from tests.dashboards.door import House, network_address

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


class Visitor:
    """A browser of its own, and everything that it complained of or asked for."""

    def __init__(self, chromium: "Browser", scheme: str = "light") -> None:
        size = {"width": 390, "height": 844}
        self.context = chromium.new_context(viewport=size, color_scheme=scheme)
        self.complaints: list[str] = []
        self.hosts: set[str] = set()

    def open(self, url: str) -> "Page":
        page = self.context.new_page()
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.on("request", lambda asked: self.hosts.add(urlsplit(asked.url).netloc))
        page.goto(url)
        return page


@pytest.fixture
def house() -> Iterator[House]:
    house = House(network_address())
    yield house
    house.close()


@pytest.fixture
def visitor(chromium: "Browser", house: House) -> Iterator[Visitor]:
    visitor = Visitor(chromium)
    yield visitor
    visitor.context.close()
    assert visitor.hosts <= {urlsplit(house.server.network_url).netloc}


def end_streams(house: House) -> None:
    """Cut the line as the server does at the visitor's last second.

    The turned clock is the door's alone; the stream counts its seconds by the loop.
    """
    house.server.stop()
    house.server.start()


def link(house: House, token: str) -> str:
    return link_of(house.server.network_url, token)


def test_a_coach_comes_to_the_wall_and_the_token_stays_nowhere(
    house: House, visitor: Visitor
) -> None:
    token = house.access.coach_link()
    page = visitor.open(link(house, token))
    page.wait_for_url(house.server.network_url)
    page.get_by_text("Mira").first.wait_for()
    assert token not in page.url
    assert page.evaluate("document.cookie") == ""
    (cookie,) = visitor.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    page.go_back()
    assert token not in page.url
    assert visitor.complaints == []


def test_a_coach_who_goes_elsewhere_is_told_in_a_page_that_can_be_read(
    house: House, visitor: Visitor
) -> None:
    visitor.open(link(house, house.access.coach_link())).wait_for_url("**/")
    page = visitor.open(f"{house.server.network_url}run")
    heading = page.get_by_role("heading", name="This link shows the wall")
    assert heading.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 22
    page.get_by_role("link", name="To the wall").click()
    page.get_by_text("Mira").first.wait_for()


def test_a_coach_whose_link_has_ended_reads_so_and_the_page_gives_up(
    house: House, visitor: Visitor
) -> None:
    visitor.context.clock.install()
    page = visitor.open(link(house, house.access.coach_link(valid_s=60.0)))
    page.wait_for_url(house.server.network_url)
    page.get_by_text("connected", exact=True).wait_for()
    house.clock.now_s += 61.0
    end_streams(house)
    words = "This link has ended. Ask whoever runs treadwear for a new one."
    page.get_by_text(words).wait_for()
    assert page.locator("#link-word").inner_text() == "link ended"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(60_000)  # it tries each 2 s, and is deaf after 12
    assert asked == []


def test_a_server_that_is_only_away_for_a_while_is_tried_again(
    house: House, visitor: Visitor
) -> None:
    page = visitor.open(link(house, house.access.coach_link()))
    page.get_by_text("connected", exact=True).wait_for()
    house.server.stop()
    page.get_by_text("reconnecting").wait_for()
    house.server.start()
    page.get_by_text("connected", exact=True).wait_for()


def test_a_code_that_was_used_says_what_to_do(house: House, visitor: Visitor) -> None:
    token = house.access.invite()
    house.enter(token)
    page = visitor.open(link(house, token))
    page.get_by_role("heading", name="This code was used already").wait_for()
    assert page.get_by_text("Ask for a new code").is_visible()
    assert "#" not in page.url
    assert visitor.context.cookies() == []


def test_who_scans_a_second_code_on_the_same_page_comes_in(
    house: House, visitor: Visitor
) -> None:
    page = visitor.open(house.server.network_url)
    page.get_by_role("heading", name="This page is private").wait_for()
    page.goto(link(house, house.access.coach_link()))
    page.wait_for_url(house.server.network_url)


def test_a_token_that_is_a_script_is_no_script(house: House, visitor: Visitor) -> None:
    page = visitor.open(link(house, "<img src=x onerror=alert(1)>"))
    page.get_by_text("Ask for a new code").wait_for()
    assert page.locator("img").count() == 0


def test_an_owner_lets_another_phone_in(
    house: House, visitor: Visitor, chromium: "Browser"
) -> None:
    visitor.open(link(house, house.access.invite())).wait_for_url("**/run")
    page = visitor.open(f"{house.server.network_url}door")
    page.get_by_role("button", name="A phone of mine").click()
    page.get_by_role("img", name="QR code").wait_for()
    shown = page.locator("#link").inner_text()
    other = Visitor(chromium)
    other.open(shown).wait_for_url("**/run")
    other.context.close()
    page.get_by_role("button", name="A coach").click()
    page.get_by_text("for 3 hours").wait_for()
    assert page.locator("#link").inner_text() != shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_door_can_be_read_and_touched(
    house: House, chromium: "Browser", scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - only here

    visitor = Visitor(chromium, scheme)
    page = visitor.open(f"{house.server.url}door")
    page.get_by_role("button", name="A phone of mine").click()
    page.locator("#code").wait_for()
    assert Axe().run(page).response["violations"] == []
    for part in page.locator("button, a").all():
        box = part.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.goto(f"{house.server.url}enter")
    assert Axe().run(page).response["violations"] == []
    assert visitor.complaints == []
    visitor.context.close()


def test_when_the_server_is_gone_the_page_says_so(
    house: House, visitor: Visitor
) -> None:
    page = visitor.open(f"{house.server.network_url}enter")
    house.close()
    page.evaluate("location.hash = 'abc'")
    page.get_by_role("heading", name="treadwear does not answer").wait_for()
