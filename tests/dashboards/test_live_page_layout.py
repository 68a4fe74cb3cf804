"""The live page on every screen: places, sizes, colours for the sun, no motion."""

import pytest
from playwright.sync_api import expect

from tests.dashboards.wall import NOTHING, STEADY, Wall

pytestmark = pytest.mark.browser


def test_places_stay_when_states_change(wall: Wall) -> None:
    for runner in ("mira", "ana", "zoe"):
        wall.send(runner)
    page = wall.open()
    wall.send("zoe", state="one_foot", **NOTHING)
    expect(page.locator(".attention")).to_have_count(1)
    assert page.locator("article .name").all_inner_texts() == ["Mira", "Ana", "Zoe"]


def test_sunlight_colours_come_by_key_button_and_address(wall: Wall) -> None:
    page = wall.open(query="?sun")
    root = page.locator("html")
    assert root.get_attribute("class") == "sun"
    page.keyboard.press("s")
    assert root.get_attribute("class") == ""
    page.locator("#sun").click()
    assert root.get_attribute("class") == "sun"
    assert page.locator("#sun").get_attribute("aria-pressed") == "true"


CUT_OFF = """() => [...document.querySelectorAll(
      ".number, .big, .small, .words, .contact, .foot, .head, header")]
    .filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1)
    .map(e => `${innerWidth} ${e.className}: ${e.textContent}`)"""
CUT_BELOW = """() => [...document.querySelectorAll(".big, .small, .contact, .note")]
    .filter(e => e.offsetParent && e.textContent)
    .map(e => [e, e.getBoundingClientRect(), e.parentElement.getBoundingClientRect()])
    .filter(([, own, frame]) =>
      own.bottom > frame.bottom + 1 || own.top < frame.top - 1)
    .map(([e]) => `${innerWidth} ${e.className}: ${e.textContent}`)"""


@pytest.mark.parametrize(
    ("n", "sizes"),
    [
        (1, [(390, 844), (1280, 800), (1920, 1080)]),
        (6, [(390, 844), (844, 390), (820, 1180), (1280, 800)]),
        (12, [(390, 844), (1366, 768), (1920, 1080)]),
        (30, [(1280, 800)]),
    ],
)
def test_nothing_is_cut_off_on_any_screen(
    wall: Wall, n: int, sizes: list[tuple[int, int]]
) -> None:
    for number in range(n):
        wall.send(
            f"r-{number}",
            name=("Wanda Wanderlust-Oberhauser the Third", "Jo")[number % 2],
            asi_pct=(8.8, 0.4, -12.4)[number % 3],
            ci_low=(7.7, -2.4, -18.8)[number % 3],
            ci_high=(9.9, 2.2, -8.8)[number % 3],
            simulated=number % 2 == 0,
        )
    page = wall.open()
    assert page.locator("article").count() == n
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        page.clock.run_for(300)
        assert page.evaluate(CUT_OFF) == []
        assert page.evaluate(CUT_BELOW) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("size", "n"), [((1280, 800), 6), ((1920, 1080), 12), ((1440, 900), 12)]
)
def test_six_runners_fit_on_a_tablet_and_twelve_on_a_laptop(
    wall: Wall, size: tuple[int, int], n: int
) -> None:
    for number in range(n):
        wall.send(f"r-{number}")
    page = wall.open(*size)
    assert page.locator("article:visible").count() == n
    expect(page.locator("#strip")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollHeight") <= size[1]
    sizes = page.evaluate(
        """() => [...document.querySelectorAll("article p, article h2")]
           .filter(e => e.offsetParent && e.textContent)
           .map(e => parseFloat(getComputedStyle(e).fontSize))"""
    )
    assert min(sizes) >= 12


def test_a_phone_says_what_the_figure_and_the_grey_band_are(wall: Wall) -> None:
    """In one line that stays, also over a wall that is scrolled."""
    for number in range(6):
        wall.send(f"r-{number}", light=STEADY)
    page = wall.open(390, 844)
    caption = page.locator("#what")
    said = " ".join(caption.inner_text().split())
    assert said == "Ground contact time, last 30 s own usual"
    for scrolled_px in (0, 900):
        page.evaluate(f"scrollTo(0, {scrolled_px})")
        box = caption.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert 0 <= box["y"] <= box["y"] + box["height"] <= 76
        assert box["height"] < 24  # one line
    page.evaluate("scrollTo(0, 0)")
    first = page.locator("article").first.bounding_box()
    assert first["y"] >= box["y"] + box["height"]


def test_the_caption_goes_with_the_last_runner(wall: Wall) -> None:
    page = wall.open(390, 844)
    expect(page.locator("#what")).to_be_hidden()
    wall.send()
    expect(page.locator("#what")).to_be_visible()
    assert page.locator("#what").inner_text() == "Ground contact time, last 30 s"


CAPITALS = """() => {
  const digits = document.querySelector(".digits");
  const style = getComputedStyle(digits);
  const paper = document.createElement("canvas").getContext("2d");
  paper.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  return paper.measureText("L").actualBoundingBoxAscent;
}"""


def test_figures_are_16_mm_high_on_a_tablet_with_six_runners(wall: Wall) -> None:
    """On a 10-inch tablet 97 pixels are 16 mm (151 per inch)."""
    for number in range(6):
        wall.send(f"r-{number}", light=STEADY)
    page = wall.open(1280, 800)
    assert page.evaluate(CAPITALS) >= 97
    cut = page.locator(".number").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth).length"
    )
    assert cut == 0


def test_the_header_is_whole_on_a_small_screen(wall: Wall) -> None:
    """The clock was once cut off at 1000 x 700."""
    for number in range(6):
        wall.send(f"r-{number}", light=STEADY)
    page = wall.open(1000, 700)
    for width in (1000, 1200, 1201, 1280, 1366, 1481):
        page.set_viewport_size({"width": width, "height": 700})
        for part in ("h1", "#count", "#what", "#link", "#help", "#clock"):
            box = page.locator(part).first.bounding_box()
            assert 0 <= box["x"] <= box["x"] + box["width"] <= width, part
        assert page.evaluate(CUT_OFF) == []


MOVING = """() => [".mark", ".span", ".cap.low", ".cap.high"].map(
    s => getComputedStyle(document.querySelector(s)).transition)"""


def test_nothing_moves_for_those_who_want_no_motion(wall: Wall) -> None:
    wall.send()
    page = wall.open(reduced_motion="reduce")
    assert set(page.evaluate(MOVING)) <= {"none", "none 0s ease 0s", "all"}


def test_the_mark_never_slides_without_its_interval(wall: Wall) -> None:
    wall.send()
    page = wall.open()
    moves = page.evaluate(MOVING)
    assert "transform 0.3s" in moves[0]
    assert set(moves) == {moves[0]}
