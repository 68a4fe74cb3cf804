"""More runners than fit: pages that turn, and a strip that says who is elsewhere."""

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboards.wall import CHECK, NOTHING, STEADY, Wall

pytestmark = pytest.mark.browser


def fill(wall: Wall, n: int, **changes: object) -> None:
    for number in range(n):
        wall.send(f"r-{number + 1}", light=STEADY, **changes)


def seen(page: Page) -> list[str]:
    names = page.locator("article:visible .name").all_inner_texts()
    return [name.removeprefix("R-") for name in names]


FIRST = ["1", "2", "3", "4", "5", "6"]
SECOND = ["7", "8", "9", "10", "11", "12"]


def test_sixty_runners_come_in_pages_of_six_that_turn_by_themselves(
    wall: Wall,
) -> None:
    fill(wall, 60)
    page = wall.open()
    assert page.locator("#at").inner_text() == "1 of 10"
    assert seen(page) == FIRST
    for _ in range(3):
        page.clock.run_for(5_000)
        fill(wall, 60)
    assert page.locator("#at").inner_text() == "2 of 10"
    assert seen(page) == SECOND
    assert page.evaluate("document.documentElement.scrollHeight") <= 800


def test_a_laptop_takes_twelve_on_a_page(wall: Wall) -> None:
    fill(wall, 60)
    page = wall.open(1920, 1080)
    assert page.locator("#at").inner_text() == "1 of 5"
    assert seen(page) == FIRST + SECOND


def test_pages_turn_by_key_and_button_and_then_stay(wall: Wall) -> None:
    fill(wall, 14)
    page = wall.open()
    page.keyboard.press("ArrowRight")
    assert seen(page) == SECOND
    page.keyboard.press("PageDown")
    assert seen(page) == ["13", "14"]
    page.keyboard.press("ArrowRight")
    assert seen(page) == FIRST
    page.keyboard.press("ArrowLeft")
    assert seen(page) == ["13", "14"]
    page.locator("#before").click()
    assert seen(page) == SECOND
    page.clock.run_for(25_000)
    assert seen(page) == SECOND
    page.keyboard.press("p")
    page.clock.run_for(11_000)
    assert seen(page) == ["13", "14"]


def test_a_wipe_turns_the_page(wall: Wall) -> None:
    fill(wall, 12)
    page = wall.open()
    wipe = """([from, to]) => {
      const wall = document.getElementById("wall");
      const at = (type, x) => wall.dispatchEvent(new PointerEvent(type,
        {pointerType: "touch", clientX: x, clientY: 300, bubbles: true}));
      at("pointerdown", from);
      at("pointerup", to);
    }"""
    page.evaluate(wipe, [700, 500])
    assert seen(page) == SECOND
    page.evaluate(wipe, [500, 700])
    assert seen(page) == FIRST
    page.evaluate(wipe, [500, 520])
    assert seen(page) == FIRST


def test_nothing_turns_by_itself_for_those_who_want_no_motion(wall: Wall) -> None:
    fill(wall, 12)
    page = wall.open(reduced_motion="reduce")
    page.clock.run_for(30_000)
    assert seen(page) == FIRST
    assert page.locator("#turning").get_attribute("aria-pressed") == "false"
    page.locator("#turning").click()  # unless they ask
    page.clock.run_for(11_000)
    assert seen(page) == SECOND


def test_a_page_stays_while_a_tile_of_it_is_in_use(wall: Wall) -> None:
    fill(wall, 12)
    page = wall.open()
    page.keyboard.press("Tab")
    page.locator(".open").nth(1).focus()
    page.keyboard.press("Enter")
    page.clock.run_for(30_000)
    assert seen(page) == FIRST
    page.keyboard.press("Escape")
    page.clock.run_for(30_000)  # the keyboard is still on that tile
    assert seen(page) == FIRST


def test_the_strip_names_who_needs_attention_elsewhere_and_leads_there(
    wall: Wall,
) -> None:
    fill(wall, 14)
    now_ns = time.time_ns()
    wall.send("r-2", light=CHECK)
    wall.send("r-8", light=CHECK)
    wall.send("r-13", t_ns=now_ns, data_t_ns=now_ns - 14 * 10**9)
    wall.send("r-14", state="one_foot", **NOTHING)
    page = wall.open()
    chips = page.locator(".chip")
    said = [" ".join(text.split()) for text in chips.all_inner_texts()]
    assert said == [
        "R-8 check page 2",
        "R-14 one foot page 3",
        "R-13 no data page 3",
    ]
    assert seen(page) == FIRST  # nobody was moved
    chips.nth(2).click()
    assert seen(page) == ["13", "14"]
    expect(page.locator(".chip-name").first).to_have_text("R-2")
    focused = page.evaluate("document.activeElement.closest('article').ariaLabel")
    assert focused.startswith("R-13, no data")


@pytest.mark.parametrize("width", [390, 1000, 1280, 1920])
def test_a_strip_that_is_full_counts_the_rest_and_names_checks_first(
    wall: Wall, width: int
) -> None:
    fill(wall, 60)
    for number in range(25, 45):
        name = f"Maximiliane-Charlotte {number}"
        wall.send(f"r-{number}", name=name, state="one_foot", **NOTHING)
    wall.send("r-50", light=CHECK)
    page = wall.open(width, 900)
    chips = page.locator(".chip")
    assert chips.first.locator(".chip-name").inner_text() == "R-50"
    rest = re.fullmatch(r"\+(\d+) more", page.locator("#rest").inner_text())
    assert rest is not None
    assert chips.count() + int(rest[1]) == 21
    ends = [box["x"] + box["width"] for box in map(_box, chips.all())]
    assert max(ends) < _box(page.locator("#rest"))["x"]
    assert _box(page.locator("#rest"))["x"] + _box(page.locator("#rest"))["width"] <= (
        width
    )


def _box(part: Locator) -> dict[str, float]:
    return part.bounding_box()


def test_a_quiet_squad_has_a_quiet_strip(wall: Wall) -> None:
    fill(wall, 12)
    page = wall.open()
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("#quiet-rest")).to_be_visible()


def test_a_phone_scrolls_one_column_and_names_who_is_further_down(wall: Wall) -> None:
    fill(wall, 12)
    wall.send("r-9", light=CHECK)
    page = wall.open(390, 844)
    assert page.locator("article:visible").count() == 12
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("#turner")).to_be_hidden()
    page.locator(".chip").click()
    page.clock.run_for(1_000)
    expect(page.locator("article").nth(8)).to_be_in_viewport()


def test_a_place_stays_empty_when_its_runner_leaves(wall: Wall) -> None:
    fill(wall, 6)
    page = wall.open()
    before = page.locator("article").nth(4).bounding_box()
    wall.send("r-2", consent_live=False)
    expect(page.locator("article")).to_have_count(5)
    page.clock.run_for(300)
    assert page.locator("article").nth(3).bounding_box() == before
    page.clock.fast_forward(61_000)  # she does not come back
    wall.send("r-7", light=STEADY)
    expect(page.locator("article")).to_have_count(6)
    page.clock.run_for(300)
    assert page.locator("article").nth(4).bounding_box() == before
    assert seen(page) == ["1", "7", "3", "4", "5", "6"]


def test_every_button_can_be_hit_with_a_thumb(wall: Wall) -> None:
    fill(wall, 12)
    wall.send("r-12", light=CHECK)
    page = wall.open()
    small = """() => [...document.querySelectorAll("button, a, summary")]
        .filter(e => e.offsetParent)
        .map(e => [e.id || e.className, e.getBoundingClientRect()])
        .filter(([, box]) => box.width < 44 || box.height < 44).map(([id]) => id)"""
    for width, height in ((1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.clock.run_for(300)
        assert page.evaluate(small) == []


LAYOUTS = [
    ((6, 1260, 736), ("fits", 3, 2)),
    ((7, 1260, 736), ("turns", 3, 2)),
    ((12, 1900, 1016), ("fits", 4, 3)),
    ((13, 1900, 1016), ("turns", 4, 3)),
    ((4, 1004, 704), ("fits", 2, 2)),
    ((60, 3820, 2080), ("turns", 4, 3)),
    ((1, 370, 760), ("fits", 1, 1)),
    ((3, 370, 760), ("scrolls", 1, 1)),
    ((6, 824, 326), ("scrolls", 2, 1)),
]


def test_screens_take_as_many_tiles_as_can_be_read(wall: Wall) -> None:
    page = wall.open()
    script = """async ([n, width, height]) => {
      const {layout} = await import("/static/places.js");
      const {mode, cols, rows} = layout(n, width, height, 66);
      return [mode, cols, rows];
    }"""
    for asked, wanted in LAYOUTS:
        assert page.evaluate(script, list(asked)) == list(wanted), asked


def test_a_page_says_who_is_on_it_whatever_the_names_are(wall: Wall) -> None:
    fill(wall, 7)
    wall.send("r-7", name="<script>alert(1)</script>", light=CHECK)
    page = wall.open()
    assert page.locator(".chip-name").inner_text() == "<script>alert(1)</script>"
    assert page.locator("script").count() == 1  # the page's own
    assert re.fullmatch("1 of 2", page.locator("#at").inner_text())
