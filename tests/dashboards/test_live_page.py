"""The live page in a real browser: what a coach sees at the side of the track."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from contract import topics
from contract.bus import MemoryBus
from contract.messages import LiveTile, dumps
from dashboards.live.board import TileBoard
from dashboards.live.server import LiveServer
from dashboards.live.stream import StreamPace

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGE_TIME = dt.datetime(2026, 11, 21, 7, 4, 20, tzinfo=dt.UTC)
# The tests turn the page's clock; the server must not put it right meanwhile.
PACE = StreamPace(least_s=0.01, most_s=600.0)
NOTHING = {"asi_pct": None, "ci_low": None, "ci_high": None}
FORBIDDEN = ("injury", "risk", "diagnos", "treat ", "abnormal", "score", "nan", "null")


def standing_clock() -> float:
    """Time on the server stands still: a slow machine makes no tile older."""
    return 100.0


@pytest.fixture(scope="module")
def chromium(require: Callable[..., str]) -> Iterator[Browser]:
    path = require("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Wall:
    """A served board, the bus that feeds it, and everything a browser complained of."""

    def __init__(self, chromium: Browser) -> None:
        self.bus = MemoryBus()
        board = TileBoard(clock=standing_clock)
        board.attach(self.bus)
        self.server = LiveServer(board, pace=PACE)
        self.server.start()
        self._chromium = chromium
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.asked: list[str] = []

    def send(self, runner: str = "mira", **changes: object) -> None:
        now_ns = time.time_ns()
        tile = LiveTile(
            runner=runner,
            session="s-1",
            name=runner.title(),
            shoe="Ghost 15",
            state="live",
            t_ns=now_ns,
            data_t_ns=now_ns,
            elapsed_s=1446.0,
            window_s=30.0,
            n_pairs=44,
            pairs_needed=60,
            asi_pct=-4.1,
            ci_low=-5.0,
            ci_high=-3.2,
            cadence_spm=168.2,
            contact_left_ms=252.3,
            contact_right_ms=242.1,
        )
        tile = msgspec.structs.replace(tile, **changes)
        self.bus.publish(topics.live(runner, tile.session), dumps(tile))

    def open(
        self, width: int = 1280, height: int = 800, query: str = "", **how: str
    ) -> Page:
        context = self._chromium.new_context(
            viewport={"width": width, "height": height}, timezone_id="UTC", **how
        )
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.clock.install(time=PAGE_TIME)
        page.clock.pause_at(PAGE_TIME + dt.timedelta(seconds=1))
        page.goto(self.server.url + query)
        expect(page.locator("#link-word")).to_have_text("connected")
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        self.server.stop()


@pytest.fixture
def wall(chromium: Browser) -> Iterator[Wall]:
    wall = Wall(chromium)
    yield wall
    wall.close()
    assert wall.complaints == []
    host = urlsplit(wall.server.url).netloc
    assert {urlsplit(url).netloc for url in wall.asked} == {host}


def middle(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2


def colour(page: Page, selector: str) -> str:
    return page.locator(selector).evaluate("e => getComputedStyle(e).color")


def test_a_longer_left_contact_is_shown_left_in_blue_and_in_words(wall: Wall) -> None:
    wall.send()
    page = wall.open()
    assert page.locator(".number").inner_text().split() == ["L", "+", "4.1", "%"]
    assert page.locator(".state-word").inner_text() == "left longer"
    assert page.locator(".likely").inner_text() == "likely 3.2–5.0 %"  # noqa: RUF001
    contact = page.locator(".contact").inner_text().split()
    assert " ".join(contact) == "contact left 252 ms right 242 ms"
    assert page.locator(".foot").inner_text().split() == [
        *("24:06", "min", "168", "steps/min", "live")
    ]
    assert colour(page, ".side") == "rgb(86, 180, 233)"  # #56B4E9, the blue on dark
    assert middle(page, ".mark") < middle(page, ".zero") - 10
    assert page.locator("article").get_attribute("aria-label") == (
        "Mira, left contact 4.1 percent longer, likely 3.2 to 5.0 percent"
    )


def test_a_longer_right_contact_is_shown_right_in_orange(wall: Wall) -> None:
    wall.send(asi_pct=1.14, ci_low=0.3, ci_high=1.9)
    page = wall.open()
    assert page.locator(".number").inner_text().split() == ["R", "+", "1.1", "%"]
    assert page.locator(".state-word").inner_text() == "right longer"
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


def test_an_interval_around_zero_makes_no_claim_but_shows_itself(wall: Wall) -> None:
    wall.send(asi_pct=0.4, ci_low=-0.4, ci_high=1.2)
    page = wall.open()
    expect(page.locator(".number")).to_be_hidden()
    assert page.locator(".big").inner_text() == "no clear difference"
    assert page.locator(".likely").inner_text() == "likely L 0.4 to R 1.2 %"
    expect(page.locator(".mark")).to_be_visible()
    assert page.locator(".words .on").count() == 0


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
    ({"state": "ended"}, "ended", "run ended after 24:06 min"),
    ({"state": "live", **NOTHING}, "running", "no reading"),
    ({"state": "live", "ci_low": None}, "running", "no reading"),
]


def test_every_state_says_in_words_why_there_is_no_comparison(wall: Wall) -> None:
    for number, (changes, _, _) in enumerate(STATES):
        wall.send(f"r-{number}", **changes)
    page = wall.open()
    for number, (_, word, says) in enumerate(STATES):
        tile = page.locator("article").nth(number)
        assert tile.locator(".state-word").inner_text() == word
        assert says in " ".join(tile.locator(".value").inner_text().split())
        expect(tile.locator(".number")).to_be_hidden()
        expect(tile.locator(".mark")).to_be_hidden()
        assert tile.locator(".words .on").count() == 0


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
    assert page.locator(".state-word").inner_text() == "late"
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


def test_a_runner_without_consent_does_not_appear(wall: Wall) -> None:
    wall.send("ana")
    wall.send("sofia", consent_live=False)
    page = wall.open()
    assert page.locator(".name").all_inner_texts() == ["Ana"]
    wall.send("ana", consent_live=False)
    expect(page.locator("article")).to_have_count(0)
    expect(page.locator("#empty")).to_be_visible()


def test_an_empty_wall_says_what_to_do(wall: Wall) -> None:
    page = wall.open()
    expect(page.locator("#empty")).to_be_visible()
    assert "treadwear replay" in page.locator("#empty").inner_text()
    wall.send()
    expect(page.locator(".name")).to_have_text("Mira")
    expect(page.locator("#empty")).to_be_hidden()


def test_a_simulated_runner_is_marked(wall: Wall) -> None:
    wall.send("ana")
    wall.send("robo", simulated=True)
    page = wall.open()
    marks = page.locator(".sim")
    expect(marks.nth(0)).to_be_hidden()
    expect(marks.nth(1)).to_be_visible()
    assert (
        page.locator("article")
        .nth(1)
        .get_attribute("aria-label")
        .startswith("Robo, simulated")
    )


def test_places_stay_when_states_change(wall: Wall) -> None:
    for runner in ("mira", "ana", "zoe"):
        wall.send(runner)
    page = wall.open()
    wall.send("zoe", state="one_foot", **NOTHING)
    expect(page.locator(".attention")).to_have_count(1)
    assert page.locator(".name").all_inner_texts() == ["Mira", "Ana", "Zoe"]


def test_a_restarted_server_is_found_again_and_places_stay(wall: Wall) -> None:
    for runner in ("mira", "ana"):
        wall.send(runner)
    page = wall.open()
    port = urlsplit(wall.server.url).port
    wall.server.stop()
    expect(page.locator("#link-word")).to_have_text("reconnecting")
    board = TileBoard(clock=standing_clock)
    board.attach(wall.bus)
    wall.send("ana")
    wall.send("mira", asi_pct=2.0, ci_low=1.0, ci_high=3.0)
    wall.server = LiveServer(board, port=port, pace=PACE)
    wall.server.start()
    page.clock.run_for(3_000)
    expect(page.locator("#link-word")).to_have_text("connected", timeout=20_000)
    expect(page.locator(".digits").first).to_have_text("2.0")
    assert page.locator(".name").all_inner_texts() == ["Mira", "Ana"]
    # The browser itself notes the cut line; nothing else may have gone wrong.
    wall.complaints = [c for c in wall.complaints if "net::ERR_" not in c]


def test_losing_the_server_never_makes_old_data_young(wall: Wall) -> None:
    wall.send()
    page = wall.open()
    wall.server.stop()
    expect(page.locator("#link-word")).to_have_text("reconnecting")
    page.clock.fast_forward(40_000)
    assert page.locator(".state-word").inner_text() == "no data"
    page.clock.fast_forward(5_000)
    assert page.locator(".big").inner_text() == "silent 45 s"
    wall.complaints = [c for c in wall.complaints if "net::ERR_" not in c]


def test_a_name_is_text_whatever_it_holds(wall: Wall) -> None:
    wall.send(name='<img src="x" onerror="alert(1)">', shoe="</p><script>1</script>")
    page = wall.open()
    assert page.locator(".name").inner_text().startswith("<img")
    assert page.locator("article img, article script").count() == 0


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
        assert page.evaluate(CUT_OFF) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_twelve_runners_fit_on_a_laptop_without_scrolling(wall: Wall) -> None:
    for number in range(12):
        wall.send(f"r-{number}")
    page = wall.open(1280, 800)
    assert page.evaluate("document.documentElement.scrollHeight") <= 800
    sizes = page.evaluate(
        """() => [...document.querySelectorAll("article p, article h2")]
           .filter(e => e.offsetParent && e.textContent)
           .map(e => parseFloat(getComputedStyle(e).fontSize))"""
    )
    assert min(sizes) >= 12


def test_nothing_moves_for_those_who_want_no_motion(wall: Wall) -> None:
    wall.send()
    page = wall.open(reduced_motion="reduce")
    moves = page.locator(".mark").evaluate("e => getComputedStyle(e).transition")
    assert moves in ("none", "none 0s ease 0s", "all")


def test_no_state_uses_a_word_that_the_product_never_says(wall: Wall) -> None:
    states = ("calibrating", "warming", "live", "walking", "one_foot", "ended")
    for state in states:
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
