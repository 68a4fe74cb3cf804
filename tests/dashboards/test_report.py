"""The report says what the rows say, in plain words, in one file that needs nothing."""

import re
from collections.abc import Callable
from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest

from contract.errors import StoreError
from contract.rows import EventRow
from dashboards.report.background import Advice
from dashboards.report.build import build_report, write_report
from dashboards.report.data import collect
from dashboards.report.forest import ON_PAPER
from dashboards.report.metrics import METRICS, MINUS
from processing.store.sqlite import SqliteStore
from tests.dashboards.runs import (
    KEYS,
    Shelf,
    balance,
    course,
    full_run,
    judged_run,
    page_of,
    quality,
    rejected,
    session,
    steps,
    wear,
    words_of,
)

CHROMIUM_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
FORBIDDEN = ["injury risk", "diagnos", "treat", "prevent injury", "abnormal", "score"]


@pytest.fixture(scope="module")
def page() -> str:
    return build_report(collect(full_run(), KEYS["session"], UTC))


def test_a_run_with_a_difference_leads_with_it_and_its_likely_range(page: str) -> None:
    text = words_of(page)
    assert "Your left foot stayed down 3.1 % longer than your right." in text
    assert "Likely between 0.9 and 5.3 %." in text
    assert (
        "We need 5 earlier runs in this shoe at this pace to know your usual." in text
    )
    assert "as usual" not in text


def test_the_headline_stands_in_one_piece_for_previews(page: str) -> None:
    assert 'content="Your left foot stayed down 3.1 % longer than your right.' in page


def test_the_header_names_runner_time_shoe_length_cadence_and_quality(
    page: str,
) -> None:
    text = words_of(page)
    for fact in ("Ana", "21 Nov 2026, 06:40 UTC", "Pegasus blue", "46:04", "174",
                 "98.7 %", "20261121t0640-7k2f", "method 0.1.0"):  # fmt: skip
        assert fact in text


def test_the_start_is_shown_in_the_zone_that_is_asked_for() -> None:
    zone = timezone(timedelta(hours=9), "JST")
    text = words_of(build_report(collect(full_run(), KEYS["session"], zone)))
    assert "21 Nov 2026, 15:40 JST" in text


def test_every_compared_metric_has_its_row_in_peoples_units(page: str) -> None:
    for metric in METRICS:
        assert f'<th scope="row">{metric.label}, {metric.unit}</th>' in page
    text = words_of(page)
    assert "246.8 ± 9.7 239.2 ± 10.1" in text
    assert f"{MINUS}3.1 [{MINUS}5.3, {MINUS}0.9]" in text
    assert f"4.0 | 4.2 {MINUS}7.5 {MINUS}3.1 {MINUS}1.0" in text  # CV, R - L, index, SA
    assert "left longer" in text
    assert "no clear difference" in text


def test_left_is_drawn_left_of_zero_in_its_own_colour(page: str) -> None:
    table = page[page.index('<table class="compared"') :]
    contact, flight = re.findall(r"<svg class=\"ci (\w)\".*?cx=\"([-.\d]+)\"", table)[
        :2
    ]
    assert contact == ("L", "-15.5")
    assert flight == ("R", "12")
    assert "--left: #0072B2" in page
    assert "--right: #D55E00" in page


def test_missing_minutes_are_a_gap_in_the_line_and_not_bridged(page: str) -> None:
    whole = page_of(session(), balance(), *course(gap=range(0)))
    assert whole.count('clip-path="url(#course-left)"') == 1
    assert page.count('clip-path="url(#course-left)"') == 2
    assert ">no data<" in page
    assert ">no data<" not in whole


def test_every_chart_has_a_sentence_and_a_table_beside(page: str) -> None:
    for svg in re.findall(r"<svg[^>]*>", page):
        assert "aria-hidden" in svg or re.search(
            r'role="img" aria-label="[^"]{30,}"', svg
        )
    assert page.count("<details>") == 7  # bar, soles, contact, course, speed, bins, km
    assert page.count("<tr><td>") >= 80 + 8 + 7


def test_reasons_are_counted_per_foot_in_plain_words(page: str) -> None:
    text = words_of(page)
    assert "no clear contact 61 0 gap in the data 0 42" in text
    assert "16:40 Mark Top of the hill." in text


def test_load_is_labelled_as_modelled(page: str) -> None:
    text = words_of(page)
    assert "Load of each shoe modelled dose" in text
    assert "Estimated from motion, not measured pressure" in text
    assert "Left 3 895 0.347 1 352 8.41" in text


def test_the_page_never_says_the_words_it_must_not(page: str) -> None:
    for text in (words_of(page).lower(), page.lower()):
        assert not [word for word in FORBIDDEN if word in text]


def test_the_file_fetches_nothing_and_runs_nothing(page: str) -> None:
    assert "http:" not in page
    assert "https:" not in page
    assert "<script" not in page
    assert "@import" not in page
    assert set(re.findall(r'(?:src|href)="([^"]*)"', page)) <= {"data:,"}
    assert all(u.startswith("#") for u in re.findall(r"url\(([^)]*)\)", page))


def test_a_nasty_name_stays_text() -> None:
    nasty = '<script>alert("x")</script><img src=x onerror=alert(1)>'
    shelf = full_run(name=nasty, shoe=nasty, verdict=nasty, method=nasty)
    event = EventRow(**KEYS, side="both", kind=nasty, text=nasty)
    reason = rejected("left", nasty, 0)
    page = page_of(*shelf.kept, event, reason, quality(nasty, calibration=nasty))
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_unknown_numbers_read_not_known_and_never_nan_or_none() -> None:
    nan = float("nan")
    text = words_of(
        page_of(
            session(cadence_spm=None, steps=0, rejected=0),
            balance(n_eff=nan, systematic_half=nan),
            balance("flight_time_s", asi_pct=nan),
            quality("left", rate_hz=nan, activity="", calibration=""),
            quality("right", rate_hz=None),
            wear("left", nan),
        )
    )
    assert "not known" in text
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b", text)


def test_below_the_gate_it_says_what_is_missing_instead_of_guessing() -> None:
    shelf = full_run(verdict="not enough good data", steps=80, rejected=120)
    page = page_of(*shelf.kept)
    text = words_of(page)
    assert "Not enough good data." in text
    assert "40.0 % of 200 strides could be used; 70 % are needed." in text
    assert "3.2 s of the left shoe sensor (2 places)" in text
    assert "longer than your" not in text
    assert '<table class="compared"' not in page
    assert "Over the run" not in text


def test_one_foot_gives_no_left_right_claim() -> None:
    page = page_of(
        session(verdict="not enough good data"),
        quality("right"),
        *steps("right", 0.24),
        wear("right", 0.34),
    )
    text = words_of(page)
    assert "One foot only: your right shoe." in text
    assert "No data came from the left shoe" in text
    assert '<table class="compared"' not in page
    assert "Right, %" in text


def test_a_run_with_nothing_but_its_session_row_still_has_a_report() -> None:
    text = words_of(page_of(session(steps=0, rejected=0, verdict="", cadence_spm=None)))
    assert "Not enough good data." in text
    assert "No strides were found." in text


def test_exactly_one_of_the_four_levels_is_marked() -> None:
    page = build_report(collect(full_run(verdict="clearly different"), KEYS["session"]))
    assert re.findall(r'<li class="on"[^>]*>([^<]*)', page) == ["clearly different"]
    levels = re.findall(r'<ul class="levels".*?</ul>', page, re.DOTALL)
    assert levels[0].count("<li>") == 3


def test_a_simulated_runner_is_marked_on_both_pages() -> None:
    text = words_of(page_of(*full_run(simulated=True).kept)).lower()
    assert text.count("simulated runner") >= 3


def test_swapped_sensors_are_said_on_the_first_page() -> None:
    said = "The right shoe moves like a left one."
    event = EventRow(**KEYS, side="both", kind="swap_suspected", text=said)
    page = page_of(*full_run().kept, event)
    assert page.index(said) < page.index('class="verdict')


def test_a_huge_difference_is_pinned_at_the_end_with_an_arrow() -> None:
    page = page_of(session(), balance(asi_pct=62.0))
    assert page.count('class="pin"') == 2
    for place in re.findall(r'cx="([-.\d]+)"', page):
        assert -50 <= float(place) <= 50


def test_an_unknown_session_is_refused_by_name() -> None:
    with pytest.raises(StoreError, match="no session 'nowhere'"):
        collect(Shelf(), "nowhere")


def test_the_embedded_store_feeds_the_report(tmp_path: Path) -> None:
    with SqliteStore.open(tmp_path / "runs.sqlite") as store:
        store.write(full_run().kept)
        path = write_report(store, KEYS["session"], tmp_path / "run.html", UTC)
        with pytest.raises(StoreError):
            write_report(store, "nowhere", tmp_path / "none.html")
    shelf = build_report(collect(full_run(), KEYS["session"], UTC))
    assert path.read_text(encoding="utf-8") == shelf


def test_writing_replaces_the_file_at_once_and_leaves_no_scraps(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run.html"
    assert write_report(full_run(), KEYS["session"], path) == path
    first = path.read_text("utf-8")
    write_report(full_run(name="Bo"), KEYS["session"], path)
    assert "Bo" in path.read_text(encoding="utf-8") != first
    assert [p.name for p in path.parent.iterdir()] == ["run.html"]


def test_a_place_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="could not be written"):
        write_report(full_run(), KEYS["session"], tmp_path / "taken" / "run.html")


def test_a_run_against_own_earlier_ones_says_so_and_draws_the_usual_band() -> None:
    page = page_of(*judged_run().kept)
    text = words_of(page)
    assert "longer than your right. That is new for you." in text
    assert "Compared with your own 7 earlier runs in this shoe at this pace." in text
    assert f"{MINUS}2.3 \N{HORIZONTAL ELLIPSIS} +0.3" in text
    assert "grey: own usual, 7 runs" in text
    assert page.count('class="band"') == 1 + len(ON_PAPER)  # and the bar
    assert 'class="band"' not in page_of(*full_run().kept)


def test_pain_noted_after_the_run_hides_the_plan_that_the_run_led_to() -> None:
    why = "You noted pain of 6 out of 10: please see a physio."
    told = collect(judged_run(), KEYS["session"], UTC, Advice(plan_hidden=why))
    text = words_of(build_report(told))
    assert why in text
    assert "Heel raise" not in text
    assert "Heel raise" in words_of(page_of(*judged_run().kept))


@pytest.mark.browser
def test_a_run_with_all_there_can_be_prints_on_two_pages(
    tmp_path: Path, require: Callable[..., str]
) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where used

    path = write_report(judged_run(), KEYS["session"], tmp_path / "run.html")
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=require("chromium"), args=list(CHROMIUM_FLAGS)
        )
        tab = browser.new_context(offline=True).new_page()
        tab.goto(path.as_uri())
        printed = tab.pdf(prefer_css_page_size=True)
        tab.set_viewport_size({"width": 794, "height": 1123})  # A4 at 96 dpi
        tab.emulate_media(media="print")
        widest = tab.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
    assert widest <= 794


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_opens_it_from_disk_without_network_errors_or_sideways_scroll(
    tmp_path: Path, width: int, require: Callable[..., str]
) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where used

    shelf = judged_run(name="A" * 60, shoe="x" * 60)
    path = write_report(shelf, KEYS["session"], tmp_path / "run.html")
    said: list[str] = []
    asked: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=require("chromium"), args=list(CHROMIUM_FLAGS)
        )
        context = browser.new_context(
            viewport={"width": width, "height": 844}, offline=True
        )
        tab = context.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda fault: said.append(str(fault)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(path.as_uri())
        for summary in tab.locator("summary").all():
            summary.click()
        overflow = tab.evaluate(
            "document.documentElement.scrollWidth - window.innerWidth"
        )
        headline = tab.locator(".big").inner_text()
        browser.close()
    assert said == []
    assert [u for u in asked if not u.startswith(("file:", "data:"))] == []
    assert overflow <= 0
    assert headline.startswith("Your left foot stayed down 3.1 % longer than your rig")
