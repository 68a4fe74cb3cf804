"""The check-engine light on the live page: seen, heard, and never lit by old data."""

import time

import msgspec
import pytest
from playwright.sync_api import Page, expect

from contract.messages import LightInfo, OutsideBand
from tests.dashboards.wall import (
    CHECK,
    NOTHING,
    STEADY,
    Wall,
    colour,
    light_of,
    middle,
)

pytestmark = pytest.mark.browser

NO_USUAL = light_of("none", "2 of 5 earlier runs in this shoe at this pace")
DRIFTING = light_of(
    "drifting",
    "Right foot 2.8 points longer on the ground than your usual (likely 2.2 to 3.4):"
    " the light needs 5.0.",
    usual_pct=1.2,
    band_low_pct=-0.8,
    band_high_pct=3.2,
)
POOR = light_of("none", "poor data: too few good steps in 2 min")
DOUBT = light_of("none", "sides in doubt: perhaps on the wrong feet")
LIGHTS = [
    (STEADY, "steady", "i-steady"),
    (DRIFTING, "drifting", "i-drifting"),
    (CHECK, "check", "i-check"),
    (NO_USUAL, "running", "i-unlit"),
    (POOR, "running", "i-unlit"),
    (DOUBT, "running", "i-unlit"),
]
SAID_ON_THE_TILE = (DRIFTING, CHECK, NO_USUAL, POOR, DOUBT)


def under(page: Page) -> str:
    return " ".join(page.locator("article .under").first.inner_text().split())


def test_every_light_is_the_tiles_one_state_with_icon_word_and_reason(
    wall: Wall,
) -> None:
    for number, (light, _, _) in enumerate(LIGHTS):
        wall.send(f"r-{number}", light=light)
    page = wall.open()
    for number, (light, word, icon) in enumerate(LIGHTS):
        tile = page.locator("article").nth(number)
        assert tile.locator(".state-word").inner_text() == word
        assert tile.locator(".state use").get_attribute("href") == f"#{icon}"
        said = light.text if light in SAID_ON_THE_TILE else ""
        assert tile.locator(".note").text_content() == said
        assert light.text in tile.get_attribute("aria-label")
    assert page.locator("article.check").count() == 1
    assert page.locator("#count").inner_text() == "6 runners · 1 to check"


def test_a_check_has_a_thick_border_a_filled_head_its_code_and_how_long(
    wall: Wall,
) -> None:
    now_ns = time.time_ns()
    since = {"since_ns": now_ns - 160 * 10**9}
    wall.send(t_ns=now_ns, light=msgspec.structs.replace(CHECK, **since))
    page = wall.open()
    assert under(page) == "Ghost 15 · TW-021 for 2:40 min"
    head = page.locator("article .head")
    expect(head).to_have_css("background-color", "rgb(245, 213, 71)")
    expect(head).to_have_css("color", "rgb(20, 17, 10)")
    expect(page.locator("article")).to_have_css(
        "box-shadow", "rgb(245, 213, 71) 0px 0px 0px 3px inset"
    )
    page.clock.run_for(2_000)
    assert under(page) == "Ghost 15 · TW-021 for 2:42 min"


def test_a_runner_without_five_runs_has_the_word_running_and_no_band(
    wall: Wall,
) -> None:
    wall.send(light=NO_USUAL)
    wall.send("ana", state="walking", light=NO_USUAL, **NOTHING)
    page = wall.open()
    assert page.locator("article .state-word").all_inner_texts() == [
        "running",
        "walking",
    ]
    for number in range(2):
        expect(page.locator(".own").nth(number)).to_be_hidden()


def test_her_own_band_and_her_usual_stand_where_their_numbers_say(wall: Wall) -> None:
    wall.send(light=CHECK)
    page = wall.open(reduced_motion="reduce")
    track = page.locator(".track").bounding_box()
    band = page.locator(".band").bounding_box()
    percent = track["width"] / 16
    assert band["x"] == pytest.approx(track["x"] + (8 - 0.8) * percent, abs=1.0)
    assert band["width"] == pytest.approx(4.0 * percent, abs=1.0)
    usual = track["x"] + (8 + 1.2) * percent
    assert middle(page, ".usual") == pytest.approx(usual, abs=1.0)
    assert "own usual" in page.locator("#what").inner_text()


def test_a_band_beyond_the_scale_is_cut_off_and_its_usual_not_shown(wall: Wall) -> None:
    wide = {"usual_pct": 9.0, "band_low_pct": 6.0, "band_high_pct": 12.0}
    wall.send(light=light_of("steady", "Within your usual.", **wide))
    page = wall.open()
    track, band = (page.locator(s).bounding_box() for s in (".track", ".band"))
    assert band["x"] + band["width"] <= track["x"] + track["width"] + 1
    expect(page.locator(".usual")).to_be_hidden()


def test_a_light_that_goes_on_and_out_is_announced_once(wall: Wall) -> None:
    wall.send(light=STEADY)
    page = wall.open()
    news = page.locator("#news")
    assert news.get_attribute("aria-live") == "polite"
    assert news.inner_text() == ""
    wall.send(light=CHECK)
    expect(news).to_have_text(
        "Mira: check TW-021: Left foot 5.8 points longer on the ground than your usual"
        " (likely 5.1 to 6.5): worth watching."
    )
    page.evaluate("document.getElementById('news').textContent = ''")
    wall.send(light=CHECK, asi_pct=-4.4)
    expect(page.locator(".digits")).to_have_text("4.4")
    assert news.inner_text() == ""
    wall.send(light=STEADY)
    expect(news).to_have_text("Mira: the light is out.")


def test_a_light_that_is_on_when_the_page_is_opened_is_announced(wall: Wall) -> None:
    wall.send(light=CHECK)
    assert wall.open().locator("#news").inner_text().startswith("Mira: check TW-021")


def test_a_light_stays_on_while_she_walks(wall: Wall) -> None:
    wall.send(light=CHECK)
    page = wall.open()
    walking = LightInfo(state="check", code="TW-021", text="walking: not compared now")
    wall.send(state="walking", light=walking, **NOTHING)
    expect(page.locator(".big")).to_have_text("walking")
    assert page.locator("article .state-word").inner_text() == "check"
    assert under(page) == "Ghost 15 · TW-021"


def test_old_data_show_no_light_as_live(wall: Wall) -> None:
    wall.send("mira", light=CHECK)
    wall.send("ana", light=STEADY)
    page = wall.open()
    words = page.locator("article .state-word")
    page.clock.fast_forward(4_000)
    assert words.all_inner_texts() == ["late", "late"]
    first = "article:first-child"
    grey = colour(page, f"{first} .digits")
    assert colour(page, f"{first} .note") == colour(page, f"{first} .state") == grey
    assert under(page) == "Ghost 15 · was check TW-021"
    assert page.locator("article.check").count() == 0
    page.clock.fast_forward(7_000)
    assert words.all_inner_texts() == ["no data", "no data"]
    assert under(page) == "Ghost 15 · was check TW-021"
    assert page.locator("article.check").count() == 0
    assert "the light is out" not in page.locator("#news").inner_text()
    assert "steady" not in page.locator("article").nth(1).inner_text()


def test_an_ended_run_tells_that_its_light_was_on(wall: Wall) -> None:
    wall.send(state="ended", light=CHECK)
    page = wall.open()
    assert page.locator("article .state-word").inner_text() == "ended"
    assert under(page) == "Ghost 15 · was check TW-021"
    expect(page.locator(".own")).to_be_hidden()


GLYPHS = (
    OutsideBand(kind="heel_first", side="right", shift_deg=4.1, half_deg=1.0),
    OutsideBand(kind="rolls_in", side="left", shift_deg=3.0, half_deg=0.9),
    OutsideBand(kind="rolls_in", side="right", shift_deg=2.0, half_deg=0.9),
)


def test_what_else_is_outside_her_band_is_a_shoe_with_words_at_most_two(
    wall: Wall,
) -> None:
    wall.send(light=DRIFTING, outside=GLYPHS)
    page = wall.open()
    glyphs = page.locator(".glyphs li")
    assert glyphs.all_inner_texts() == ["R heel first", "L rolls in more"]
    assert glyphs.nth(0).get_attribute("title") == (
        "by 4.1° (likely 3.1° to 5.1°) more than is usual for her against the other"
        " foot, estimated from motion"
    )
    assert "left foot rolls in more than usual" in page.locator(
        "article"
    ).get_attribute("aria-label")
    glyphs.first.click()  # a tap on a shoe opens the tile like any other
    expect(page.locator("#outside-text")).to_have_text(
        "R heel first, by 4.1° (likely 3.1° to 5.1°); L rolls in more, by 3.0° (likely"
        " 2.1° to 3.9°): more than is usual for her against the other foot, estimated"
        " from motion."
    )
    page.keyboard.press("Escape")
    wall.send(light=DRIFTING)
    expect(glyphs).to_have_count(0)
    wall.send(light=DRIFTING, outside=GLYPHS)
    expect(glyphs).to_have_count(2)
    page.clock.fast_forward(11_000)
    expect(glyphs).to_have_count(0)  # a stale glyph is none


def test_no_light_is_cut_off_on_any_screen(wall: Wall) -> None:
    for number in range(12):
        light, _, _ = LIGHTS[number % len(LIGHTS)]
        light = msgspec.structs.replace(light, since_ns=time.time_ns() - 9 * 10**11)
        wall.send(f"r-{number}", name="Wanda Wanderlust-Oberhauser", light=light)
    wall.tell("r-2", kind="snooze", seconds=600)  # one that is on
    page = wall.open()
    cut = """() => [...document.querySelectorAll("article :is(.state, .note, .beside)")]
        .filter(e => e.offsetParent && e.textContent)
        .filter(e => (e.scrollWidth > e.clientWidth + 1 && e.clientWidth)
                  || (e.scrollHeight > e.clientHeight + 2 && e.clientHeight))
        .map(e => `${innerWidth} ${e.className}: ${e.textContent}`)"""
    for width, height in ((1280, 800), (390, 844), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.clock.run_for(300)
        assert page.evaluate(cut) == []
