"""Two sheets of paper, whatever the run was; and a page that anybody can read."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PageObject, PdfReader

from dashboards.report.build import build_report, style_text
from tests.dashboards.report_cases import CASES, everything

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SHEETS_PX = {"A4": (794, 1123), "Letter": (816, 1056)}
"""At 96 dpi."""
ROOM = """() => [...document.querySelectorAll('.page:not(.more)')].map(page => {
  const foot = page.querySelector('.foot').getBoundingClientRect();
  const above = [...page.children].filter(e => !e.matches('.foot') && e.offsetHeight);
  return {
    below: foot.top - above.at(-1).getBoundingClientRect().bottom,
    foot: page.getBoundingClientRect().bottom - foot.bottom,
    aside: page.scrollWidth - page.clientWidth,
    cut: [...page.querySelectorAll('.soap .long')].filter(
      e => e.scrollHeight > e.clientHeight + 1).length,
  };
})"""
"""Pixels between the last part of a page and its foot, and around them."""


LONGEST = ("crowded", "with a watch")
"""What fits on Letter, the shorter sheet, whatever else there is."""


def _text(page: PageObject) -> str:
    return " ".join(page.extract_text().split())


@pytest.fixture(scope="module")
def tab(chromium: "Browser") -> "Iterator[Page]":
    """Give one tab without network for all tests here."""
    context = chromium.new_context(offline=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def page_at(tab: "Page", tmp_path: Path) -> "Callable[[str, int], None]":
    """Show a case from disk, on a screen so wide."""

    def show(case: str, width: int) -> None:
        path = tmp_path / "run.html"
        path.write_text(build_report(CASES[case]()), encoding="utf-8")
        tab.set_viewport_size({"width": width, "height": 844})
        tab.emulate_media(media="null")  # as it is without us
        tab.goto(path.as_uri())

    return show


@pytest.mark.parametrize("case", CASES)
def test_every_run_prints_on_exactly_two_sheets_of_either_paper(
    tab: "Page", page_at: "Callable[[str, int], None]", case: str
) -> None:
    page_at(case, 1280)
    for paper, (width, height) in SHEETS_PX.items():
        if paper == "Letter" and case not in LONGEST:
            continue
        printed = PdfReader(io.BytesIO(tab.pdf(format=paper)))
        assert len(printed.pages) == 2
        assert "Malisoux" in printed.pages[0].extract_text()
        assert "treadwear reprocess" in _text(printed.pages[1])
        tab.set_viewport_size({"width": width, "height": height})
        tab.emulate_media(media="print")
        for page in tab.evaluate(ROOM):
            assert page["below"] >= 0, (paper, page)
            assert page["foot"] > 0
            assert page["aside"] <= 0
            assert page["cut"] == 0, "an idea to check is cut off"


@pytest.mark.parametrize("case", ["everything", "crowded", "hip only"])
def test_a_phone_and_a_laptop_show_it_without_sideways_scroll_or_network(
    tab: "Page", page_at: "Callable[[str, int], None]", case: str
) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: complaints.append(message.text))
    page_at(case, 390)
    for summary in tab.locator("summary").all():
        summary.click()
    for width in (390, 1280):
        tab.set_viewport_size({"width": width, "height": 844})
        over = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, width
    assert [u for u in asked if not u.startswith(("file:", "data:"))] == []
    assert complaints == []


def test_a_checker_finds_no_barrier_nor_too_pale_a_word(
    tab: "Page", page_at: "Callable[[str, int], None]"
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    page_at("everything", 390)
    for summary in tab.locator("summary").all():
        summary.click()
    found = Axe().run(tab).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == []


def test_a_served_page_has_its_style_beside_it_and_nothing_inline() -> None:
    page = build_report(everything(), style_href="/reports/style.css")
    assert '<link rel="stylesheet" href="/reports/style.css">' in page
    assert "<style" not in page
    assert "style=" not in page
    assert "<script" not in page
    assert not re.search(r"\son\w+=", page)
    assert "data:" not in page
    assert "http" not in style_text()


def test_the_style_names_a_sheet_only_when_it_is_asked_for() -> None:
    assert "size:" not in re.sub(r"font-size:", "", style_text())
    assert "@page { size: Letter; }" in style_text("Letter")
    assert ".page { height: 279mm" in style_text("Letter")
