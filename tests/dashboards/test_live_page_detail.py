"""Behind a tile: the last ten minutes, marks and snoozes, keys, and what was missed."""

import time
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.dashboards.wall import CHECK, NOTHING, STEADY, Wall
from tests.patience import wait_until

pytestmark = pytest.mark.browser


def run_for_a_while(wall: Wall, runner: str = "mira", minutes: int = 4) -> None:
    """Send a tile every two seconds of the last minutes, and one now."""
    now_ns = time.time_ns()
    for ago_s in range(minutes * 60, -1, -2):
        t_ns = now_ns - ago_s * 10**9
        wall.send(runner, t_ns=t_ns, data_t_ns=t_ns, light=STEADY)


def open_first(page: Page) -> None:
    page.locator(".open").first.click()
    expect(page.locator("#detail")).to_be_visible()
    expect(page.locator("#chart-contact .line.L")).not_to_have_count(0)


def test_a_tap_opens_the_last_ten_minutes_left_against_right(wall: Wall) -> None:
    run_for_a_while(wall)
    wall.tell(kind="alert_raised", code="TW-021", t_ns=time.time_ns() - 60 * 10**9)
    wall.tell(kind="mark", t_ns=time.time_ns() - 120 * 10**9)
    page = wall.open()
    open_first(page)
    expect(page.locator("dialog[open]")).to_have_count(1)
    assert page.locator("#detail-name").inner_text() == "Mira"
    assert page.locator("#figures").inner_text() == (
        "left 4.1 % longer, likely 3.2–5.0 %"  # noqa: RUF001
    )
    contact = page.locator("#chart-contact")
    assert contact.locator(".line").count() == 2
    ends = contact.locator(".end").all_text_contents()
    assert sorted(ends) == ["left 252 ms", "right 242 ms"]
    difference = page.locator("#chart-difference")
    assert difference.locator(".ribbon, .own-band, .own-usual").count() == 3
    words = difference.locator(".moment-word").all_text_contents()
    assert words == ["mark", "TW-021 on"]
    page.locator("summary").click()
    assert page.locator("#rows tr").count() == 5
    assert "L +4.1 %, likely 3.2" in page.locator("#rows tr").last.inner_text()
    assert "alert raised TW-021" in page.locator("#events").inner_text()


def test_lines_stand_where_their_figures_say_and_gaps_stay_open(wall: Wall) -> None:
    now_ns = time.time_ns()
    for ago_s in (400, 399, 398, 100, 99, 98):
        t_ns = now_ns - ago_s * 10**9
        wall.send(t_ns=t_ns, data_t_ns=t_ns, asi_pct=4.0, ci_low=3.0, ci_high=5.0)
    page = wall.open()
    page.keyboard.press("1")
    lines = page.locator("#chart-difference .line")
    expect(lines).to_have_count(2)  # one before the gap, one after it
    zero = page.locator("#chart-difference .zero-line").bounding_box()
    assert lines.first.bounding_box()["y"] < zero["y"] - 10  # right is up


def test_escape_button_and_way_back_close_it_and_give_the_focus_back(
    wall: Wall,
) -> None:
    run_for_a_while(wall, minutes=1)
    page = wall.open()
    detail = page.locator("#detail")
    for close in (
        lambda: page.keyboard.press("Escape"),
        lambda: page.locator("#detail-close").click(),
        page.go_back,
    ):
        page.locator(".open").first.focus()
        page.keyboard.press("Enter")
        expect(detail).to_be_visible()
        close()
        expect(detail).to_be_hidden()
        page.clock.run_for(300)
        assert page.evaluate("document.activeElement.className") == "open"


def test_a_mark_reaches_the_bus_and_the_chart(wall: Wall) -> None:
    run_for_a_while(wall, minutes=1)
    page = wall.open()
    open_first(page)
    page.locator("#do-mark").click()
    expect(page.locator("#notice-text")).to_have_text("Mira marked at 07:04:21")
    runner, session, event = wall.said[0]
    assert (runner, session, event.kind) == ("mira", "s-1", "mark")
    assert abs(event.t_ns - time.time_ns()) < 60 * 10**9
    page.clock.run_for(6_000)
    expect(page.locator("#chart-contact .moment.mark")).to_have_count(1)
    later_ns = event.t_ns + 10**9  # one mark a second
    wall.send(t_ns=later_ns, data_t_ns=later_ns)
    later_ns = time.time_ns() + 2 * 10**9  # one a second is taken
    wall.send(t_ns=later_ns, data_t_ns=later_ns)
    page.keyboard.press("m")
    wait_until(lambda: len(wall.said) == 2)


def test_a_snooze_keeps_the_figures_and_takes_the_noise_on_all_walls(
    wall: Wall,
) -> None:
    wall.send(light=CHECK)
    page, other = wall.open(), wall.open()
    page.keyboard.press("1")
    page.locator("#do-snooze").click()
    expect(page.locator("#snooze-word")).to_have_text("wake")
    for each in (page, other):
        tile = each.locator("article")
        expect(tile.locator(".beside")).to_have_text(
            "TW-021 · snoozed until 07:14", use_inner_text=False
        )
        expect(tile.locator(".head")).to_have_css(
            "background-color", "rgba(0, 0, 0, 0)"
        )
        assert tile.locator(".digits").inner_text() == "4.1"
        assert tile.locator(".state-word").inner_text() == "check"
        assert each.locator("#count").inner_text() == "1 runner"
    event = wall.said[0][2]
    assert (event.kind, event.seconds) == ("snooze", 600)
    page.locator("#do-snooze").click()
    expect(other.locator("article .beside")).to_have_text(" · TW-021")
    assert wall.said[1][2].seconds == 0


def test_who_only_looks_has_no_buttons_and_no_key(wall: Wall) -> None:
    wall.serve_only_looks()
    run_for_a_while(wall, minutes=1)
    page = wall.open()
    open_first(page)
    page.keyboard.press("m")
    page.clock.run_for(1_000)
    for button in ("#do-mark", "#do-snooze", "#to-report", ".deeds"):
        expect(page.locator(button)).to_be_hidden()
    expect(page.locator("#notice")).to_be_hidden()
    assert wall.said == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert "mark" not in page.locator("#keys").inner_text()


def test_what_could_not_be_done_is_said(wall: Wall) -> None:
    wall.send()
    page = wall.open()
    wall.send(session="s-2")  # a new run began; this page has not heard of it yet
    page.evaluate("fetch = async () => new Response('gone', {status: 409})")
    page.keyboard.press("1")
    page.keyboard.press("m")
    expect(page.locator("#notice-text")).to_have_text("Not done: gone")
    page.locator("#notice-close").click(force=True)


def test_the_detail_closes_with_the_runners_consent(wall: Wall) -> None:
    run_for_a_while(wall, minutes=1)
    page = wall.open()
    open_first(page)
    wall.send(consent_live=False)
    expect(page.locator("#detail")).to_be_hidden()
    assert page.evaluate(
        "fetch('/history/mira.json').then(answer => answer.status)"
    ) == (404)
    wall.complaints.clear()  # the browser notes the 404


def test_keys_open_tiles_and_tell_what_they_do(wall: Wall) -> None:
    for runner in ("mira", "ana", "zoe"):
        wall.send(runner)
    page = wall.open()
    page.keyboard.press("2")
    assert page.locator("#detail-name").inner_text() == "Ana"
    page.keyboard.press("3")  # the sheet is over the wall: no other opens
    assert page.locator("#detail-name").inner_text() == "Ana"
    page.keyboard.press("s")
    assert page.locator("html").get_attribute("class") == "sun"
    page.keyboard.press("Escape")
    page.keyboard.press("9")
    expect(page.locator("#detail")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert page.locator("#keys kbd").count() >= 8
    page.locator("#keys-close").click()
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("f")
    expect(page.locator("#full")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("f")
    expect(page.locator("#full")).to_have_attribute("aria-pressed", "false")


def test_m_marks_the_runner_whose_tile_has_the_focus(wall: Wall) -> None:
    for runner in ("mira", "ana"):
        wall.send(runner)
    page = wall.open()
    page.keyboard.press("m")  # nobody is chosen
    page.locator(".open").nth(1).focus()
    page.keyboard.press("m")
    wait_until(lambda: len(wall.said) == 1)
    assert wall.said[0][0] == "ana"


NOTES = """(() => { window.notes = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    window.notes += 1; return start.apply(this, when); };
})()"""


def test_a_chime_is_off_until_asked_for_and_comes_once_per_runner(wall: Wall) -> None:
    wall.send(light=STEADY)
    page = wall.open()
    page.evaluate(NOTES)
    wall.send(light=CHECK)
    expect(page.locator("article.check")).to_have_count(1)
    assert page.evaluate("notes") == 0
    wall.send(light=STEADY)
    expect(page.locator("article.check")).to_have_count(0)
    page.locator("#bell").click()
    rings = page.evaluate("notes")  # it lets itself be heard once
    assert rings > 0
    for _ in range(2):
        wall.send(light=CHECK)
        expect(page.locator("article.check")).to_have_count(1)
        wall.send(light=STEADY)
        expect(page.locator("article.check")).to_have_count(0)
    assert page.evaluate("notes") == 2 * rings
    page.locator("#bell").click()
    assert page.locator("#bell").get_attribute("aria-pressed") == "false"


def test_a_page_that_was_away_says_what_it_missed(wall: Wall) -> None:
    for runner in ("mira", "ana", "zoe"):
        wall.send(runner, light=STEADY)
    page = wall.open()
    port = urlsplit(wall.server.url).port
    wall.server.stop()
    expect(page.locator("#link-word")).to_have_text("reconnecting")
    page.clock.fast_forward(14_000)
    wall.send("mira", light=CHECK)
    wall.tell("mira", kind="alert_raised", code="TW-021")
    wall.send("ana", state="one_foot", **NOTHING)
    wall.send("zoe", consent_live=False)
    wall.send("ben")
    wall.serve(wall.board, port)
    page.clock.run_for(3_000)
    expect(page.locator("#link-word")).to_have_text("connected", timeout=20_000)
    page.clock.run_for(3_000)
    notice = page.locator("#notice-text")
    expect(notice).to_contain_text("Mira check at 07:04", timeout=20_000)
    said = notice.inner_text()
    assert said.startswith("away 1")
    for part in ("Ana one foot", "Ben is new", "Zoe left the wall"):
        assert part in said
    wall.forgive_the_cut_line()


def test_a_restarted_server_has_no_memory_but_the_page_has(wall: Wall) -> None:
    wall.send(light=STEADY)
    page = wall.open()
    port = urlsplit(wall.server.url).port
    wall.server.stop()
    expect(page.locator("#link-word")).to_have_text("reconnecting")
    page.clock.fast_forward(30_000)
    board = wall.new_board()
    wall.send(light=CHECK)
    wall.serve(board, port)
    page.clock.run_for(3_000)
    expect(page.locator("#link-word")).to_have_text("connected", timeout=20_000)
    page.clock.run_for(3_000)
    expect(page.locator("#notice-text")).to_contain_text("Mira check TW-021")
    wall.forgive_the_cut_line()
