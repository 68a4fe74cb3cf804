"""The live page in a real browser: what a coach reads at the side of the track."""

from typing import get_args

import pytest
from playwright.sync_api import expect

from contract.messages import TileState
from tests.dashboards.wall import NOTHING, Wall, colour, middle

pytestmark = pytest.mark.browser
FORBIDDEN = ("injury", "risk", "diagnos", "treat ", "abnormal", "score", "nan", "null")


def test_a_longer_left_contact_is_shown_left_in_blue_and_in_words(wall: Wall) -> None:
    wall.send()
    page = wall.open()
    assert page.locator(".number").inner_text().split() == ["L", "+", "4.1", "%"]
    assert page.locator("article .state-word").inner_text() == "running"
    assert page.locator(".likely").inner_text() == "likely 3.2–5.0 %"  # noqa: RUF001
    contact = page.locator(".contact").inner_text().split()
    assert " ".join(contact) == "contact left 252 ms right 242 ms"
    assert page.locator(".foot").inner_text().split() == [
        *("24:06", "min", "168", "steps/min", "live")
    ]
    assert colour(page, ".side") == "rgb(86, 180, 233)"  # #56B4E9, the blue on dark
    assert middle(page, ".mark") < middle(page, ".zero") - 10
    assert page.locator("article").get_attribute("aria-label") == (
        "Mira, running, left contact 4.1 percent longer, likely 3.2 to 5.0 percent"
    )


def test_a_longer_right_contact_is_shown_right_in_orange(wall: Wall) -> None:
    wall.send(asi_pct=1.14, ci_low=0.3, ci_high=1.9)
    page = wall.open()
    assert page.locator(".number").inner_text().split() == ["R", "+", "1.1", "%"]
    assert page.locator("article .state-word").inner_text() == "running"
    assert colour(page, ".side") == "rgb(255, 154, 77)"
    assert middle(page, ".mark") > middle(page, ".zero") + 5


def test_the_marker_stands_where_the_number_says(wall: Wall) -> None:
    wall.send(asi_pct=-4.0, ci_low=-5.0, ci_high=-3.0)
    page = wall.open(reduced_motion="reduce")
    track = page.locator(".track").bounding_box()
    expected = track["x"] + track["width"] * (8 - 4) / 16
    assert middle(page, ".mark") == pytest.approx(expected, abs=1.0)


def test_a_difference_beyond_the_scale_is_pinned_and_pointed_out(wall: Wall) -> None:
    wall.send(asi_pct=-12.4, ci_low=-15.2, ci_high=-9.6)
    page = wall.open(reduced_motion="reduce")
    assert page.locator(".digits").inner_text() == "12"
    assert page.locator(".beyond").get_attribute("d")
    track = page.locator(".track").bounding_box()
    assert track["x"] <= middle(page, ".mark") < track["x"] + 14


def test_the_interval_is_drawn_from_end_to_end_and_open_beyond_the_scale(
    wall: Wall,
) -> None:
    wall.send("near", asi_pct=-4.0, ci_low=-6.0, ci_high=-2.0)
    wall.send("far", asi_pct=7.0, ci_low=4.0, ci_high=10.0)
    page = wall.open(reduced_motion="reduce")
    for number, (low, high) in enumerate([(-6, -2), (4, 8)]):
        tile = page.locator("article").nth(number)
        track = tile.locator(".track").bounding_box()
        span = tile.locator(".span").bounding_box()
        percent = track["width"] / 16
        start = track["x"] + (8 + low) * percent
        assert span["x"] == pytest.approx(start, abs=1.0)
        assert span["width"] == pytest.approx((high - low) * percent, abs=1.5)
    expect(tile.locator(".cap.low")).to_be_visible()
    expect(tile.locator(".cap.high")).to_be_hidden()


def test_an_interval_around_zero_claims_no_side_but_shows_itself(wall: Wall) -> None:
    wall.send(asi_pct=0.4, ci_low=-0.4, ci_high=1.2)
    page = wall.open()
    assert page.locator(".number").inner_text().split() == ["≈", "0.4", "%"]
    assert page.locator(".small").inner_text() == "no clear difference"
    assert page.locator(".likely").inner_text() == "likely L 0.4 to R 1.2 %"
    expect(page.locator(".mark")).to_be_visible()
    neutral = colour(page, ".digits")
    assert colour(page, ".reading") == neutral  # neither blue nor orange
    assert page.locator(".words .on, .value .L, .value .R").count() == 0
    assert "no clear difference, about 0.4 percent" in page.locator(
        "article"
    ).get_attribute("aria-label")


STATES = [
    ({"state": "calibrating"}, "getting ready", "finding out how the sensors sit"),
    (
        {"state": "warming", "n_pairs": 38},
        "warming up",
        "38 / 60 strides until the first reading",
    ),
    ({"state": "walking"}, "walking", "compared while running"),
    (
        {"state": "one_foot", "note": "the right sensor is silent"},
        "one foot",
        "the right sensor is silent",
    ),
    (
        {"state": "in_doubt", "note": "left and right may be swapped"},
        "sides in doubt",
        "left or right? left and right may be swapped",
    ),
    ({"state": "ended"}, "ended", "run ended after 24:06 min"),
    ({"state": "live", **NOTHING}, "running", "no reading"),
    ({"state": "live", "ci_low": None}, "running", "no reading"),
]


def test_every_state_says_in_words_why_there_is_no_comparison(wall: Wall) -> None:
    for number, (changes, _, _) in enumerate(STATES):
        wall.send(f"r-{number}", **changes)
    page = wall.open(1920, 1080)
    for number, (_, word, says) in enumerate(STATES):
        tile = page.locator("article").nth(number)
        assert tile.locator(".state-word").inner_text() == word
        assert says in " ".join(tile.locator(".value").inner_text().split())
        expect(tile.locator(".number")).to_be_hidden()
        expect(tile.locator(".mark")).to_be_hidden()
        assert tile.locator(".words .on").count() == 0


def test_a_runner_without_consent_does_not_appear(wall: Wall) -> None:
    wall.send("ana")
    wall.send("sofia", consent_live=False)
    page = wall.open()
    assert page.locator("article .name").all_inner_texts() == ["Ana"]
    wall.send("ana", consent_live=False)
    expect(page.locator("article")).to_have_count(0)
    expect(page.locator("#empty")).to_be_visible()


def test_an_empty_wall_says_what_to_do(wall: Wall) -> None:
    page = wall.open()
    expect(page.locator("#empty")).to_be_visible()
    assert "treadwear replay" in page.locator("#empty").inner_text()
    wall.send()
    expect(page.locator("article .name")).to_have_text("Mira")
    expect(page.locator("#empty")).to_be_hidden()


def test_a_simulated_runner_is_marked(wall: Wall) -> None:
    wall.send("ana")
    wall.send("robo", simulated=True)
    page = wall.open()
    marks = page.locator("article .sim")
    expect(marks.nth(0)).to_be_hidden()
    expect(marks.nth(1)).to_be_visible()
    assert (
        page.locator("article")
        .nth(1)
        .get_attribute("aria-label")
        .startswith("Robo, simulated")
    )


def test_a_name_is_text_whatever_it_holds(wall: Wall) -> None:
    wall.send(name='<img src="x" onerror="alert(1)">', shoe="</p><script>1</script>")
    page = wall.open()
    assert page.locator("article .name").inner_text().startswith("<img")
    assert page.locator("article img, article script").count() == 0


def test_no_state_uses_a_word_that_the_product_never_says(wall: Wall) -> None:
    for state in get_args(TileState):
        wall.send(state.replace("_", "-"), state=state)
    page = wall.open()
    text = page.locator("body").inner_text().lower()
    labels = page.locator("article").evaluate_all(
        "all => all.map(e => e.ariaLabel).join(' ')"
    )
    assert not [word for word in FORBIDDEN if word in f"{text} {labels.lower()}"]


WORDS = [
    ("percent(9.94)", "9.9"),
    ("percent(-9.96)", "10"),
    ("percent(12.4)", "12"),
    ("percent(0.04)", "0.0"),
    ("freshness(2.9)", "live"),
    ("freshness(3)", "late"),
    ("freshness(10)", "silent"),
    ("likely({low: -5, high: -3.2})", "likely 3.2–5.0 %"),  # noqa: RUF001
    ("likely({low: 9.6, high: 15.2})", "likely 9.6–15 %"),  # noqa: RUF001
    ("likely({low: -0.4, high: 0})", "likely L 0.4 to 0 %"),
    ("duration(14.9)", "14 s"),
    ("duration(185)", "3 min"),
    ("elapsed(4210).join(' ')", "1:10:10 h"),
    ("elapsed(59.9).join(' ')", "0:59 min"),
]


def test_numbers_become_the_agreed_words(wall: Wall) -> None:
    page = wall.open()
    for call, words in WORDS:
        script = f"async () => (await import('/static/words.js')).{call}"
        assert page.evaluate(script) == words, call
