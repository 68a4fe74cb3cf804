"""The check-engine light on the live page: seen, heard, and never lit by old data."""

import pytest
from playwright.sync_api import Page, expect

from contract.messages import LightInfo
from tests.dashboards.wall import CHECK, NOTHING, STEADY, Wall, light_of, middle

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
LAMPS = [
    (STEADY, "steady", "i-steady"),
    (DRIFTING, "drifting", "i-drifting"),
    (CHECK, "check TW-021", "i-check"),
    (NO_USUAL, "no usual yet", "i-unlit"),
    (POOR, "poor data", "i-unlit"),
    (DOUBT, "sides in doubt", "i-unlit"),
]


def lamp_of(page: Page) -> str:
    return " ".join(page.locator(".lamp").inner_text().split())


def test_every_lamp_has_an_icon_a_word_and_a_sentence(wall: Wall) -> None:
    for number, (light, _, _) in enumerate(LAMPS):
        wall.send(f"r-{number}", light=light)
    page = wall.open()
    for number, (light, word, icon) in enumerate(LAMPS):
        tile = page.locator("article").nth(number)
        said = " ".join(tile.locator(".lamp").inner_text().split())
        assert said == word
        assert tile.locator(".lamp-icon use").get_attribute("href") == f"#{icon}"
        assert tile.locator(".note").inner_text() == light.text
        assert light.text in tile.get_attribute("aria-label")
    assert page.locator(".lit").count() == 1
    assert len({icon for _, _, icon in LAMPS}) == 4


def test_a_tile_without_a_light_has_no_lamp(wall: Wall) -> None:
    wall.send()
    wall.send("ana", state="walking", light=NO_USUAL, **NOTHING)
    page = wall.open()
    for number in range(2):
        expect(page.locator(".lamp").nth(number)).to_be_hidden()
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
    expect(page.locator(".state-word")).to_have_text("walking")
    assert lamp_of(page) == "check TW-021"
    assert page.locator(".lit").count() == 1


LAMP_COLOUR = "e => getComputedStyle(e).color"


def test_old_data_show_no_lamp_as_live(wall: Wall) -> None:
    wall.send("mira", light=CHECK)
    wall.send("ana", light=STEADY)
    page = wall.open()
    lamp = page.locator(".lamp").first
    lit = lamp.evaluate(LAMP_COLOUR)
    page.clock.fast_forward(4_000)
    grey = page.locator(".big").first.evaluate(LAMP_COLOUR)
    assert lamp.evaluate(LAMP_COLOUR) == grey != lit
    assert page.locator(".note").first.evaluate(LAMP_COLOUR) == grey
    assert page.locator(".lit").count() == 0
    page.clock.fast_forward(7_000)
    assert lamp_of(page.locator("article").first) == "was check TW-021"
    assert page.locator(".lit").count() == 0
    expect(page.locator(".own").first).to_be_hidden()
    expect(page.locator(".lamp").nth(1)).to_be_hidden()
    assert "the light is out" not in page.locator("#news").inner_text()


def test_an_ended_run_tells_that_its_light_was_on(wall: Wall) -> None:
    wall.send(state="ended", light=CHECK)
    page = wall.open()
    assert lamp_of(page) == "was check TW-021"
    assert page.locator(".lit").count() == 0


CONTRAST = """selector => {
  const lum = c => {
    const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
      .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const back = lum(getComputedStyle(document.querySelector("article")).backgroundColor);
  return Math.min(...[...document.querySelectorAll(selector)].map(e => {
    const [low, high] = [lum(getComputedStyle(e).color), back].sort((a, b) => a - b);
    return (high + .05) / (low + .05);
  }));
}"""


@pytest.mark.parametrize("query", ["", "?sun"])
def test_lamps_and_their_sentences_are_readable_in_both_themes(
    wall: Wall, query: str
) -> None:
    for number, (light, _, _) in enumerate(LAMPS):
        wall.send(f"r-{number}", light=light)
    page = wall.open(query=query)
    for selector in (".lamp", ".lamp-code", ".note"):
        assert page.evaluate(CONTRAST, selector) >= 4.5, selector
    if not query:
        page.clock.fast_forward(4_000)
        assert page.evaluate(CONTRAST, ".lamp") >= 4.5


def test_no_lamp_is_cut_off_on_any_screen(wall: Wall) -> None:
    for number in range(12):
        light, _, _ = LAMPS[number % len(LAMPS)]
        wall.send(f"r-{number}", name="Wanda Wanderlust-Oberhauser", light=light)
    page = wall.open()
    cut = """() => [...document.querySelectorAll(".lamp, .note, .states")]
        .filter(e => e.offsetParent && e.textContent)
        .filter(e => e.scrollWidth > e.clientWidth + 1
                  || e.scrollHeight > e.clientHeight + 2)
        .map(e => `${innerWidth} ${e.className}: ${e.textContent}`)"""
    for width, height in ((1280, 800), (390, 844), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(cut) == []
