"""A month's page: runs on their days, what was left out, and nothing that runs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.people import Pain, Shoe
from contract.rows import BaselineRow
from dashboards.month.build import build_month, write_month
from dashboards.month.charts import limit_of, trend
from dashboards.month.marks import WORDS, shapes_of
from dashboards.report.metrics import MINUS
from processing.month import Known, Month, month_of
from tests.dashboards.paged import BANNED, opened
from tests.dashboards.runs import words_of
from tests.processing.test_month import NOW_NS, at, run_on

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EVIL = "<script>alert(1)</script>"


def full(name: str = "Ana", shoe: str = "Pegasus blue") -> Month:
    runs = [run_on(day, name=name, shoe=shoe) for day in (1, 3, 5)]
    runs += [run_on(8, name=name, shoe="Endorphin red", found=["contact_time_s"])]
    runs += [run_on(9, name=name, shoe=shoe, verdict="not enough good data")]
    own = BaselineRow(
        runner="ana", session="m11d05", side="both", time_ns=at(5),
        metric="contact_time_s", runs=7, usual=0.0, band_low=-1.7, band_high=1.4,
        mdc=1.2, shift=0.2, ci_unit="%", is_new=False,
    )  # fmt: skip
    runs[2] = replace(runs[2], own=own)
    pains = [
        Pain(time_ns=at(8), pain=3, where="left calf"),
        Pain(time_ns=at(9), pain=0),
    ]
    shoes = {shoe: Shoe(name=shoe, start_km=590.0)}
    return month_of(Known("ana", NOW_NS, runs, pains, shoes), 2026, 11)


def empty() -> Month:
    return month_of(Known("ana", NOW_NS, [run_on(3, month=9)]), 2026, 11)


def busy() -> Month:
    """A run on every day, in six pairs of shoes."""
    runs = [run_on(day, shoe=f"Pair {day % 6}") for day in range(1, 31)]
    return month_of(Known("ana", NOW_NS, runs), 2026, 11)


def test_all_runs_stand_in_the_calendar_and_in_the_table_beside_the_chart() -> None:
    page = build_month(full())
    text = words_of(page)
    assert "runs 5 km 45.0" in text
    assert "compared 4 of 5" in text
    assert "9.0 km not enough good data" in text
    assert "not enough good data \N{EN DASH} left out" in text
    assert f"{MINUS}1.7 to +1.4" in text
    assert page.count('<span class="run">') == 5


def test_loads_shoes_pain_and_the_next_check_are_told() -> None:
    text = words_of(build_month(full()))
    assert "36.0 km in 4 runs this month" in text
    assert "Look at the soles and the foam" in text  # past its service distance
    assert "3 of 10 left calf" in text
    assert "alignment check is due" in text
    assert "Ground contact time, left new this month, still there 1 of 4 runs" in text


def test_what_came_and_went_is_told_in_plain_words() -> None:
    runs = [run_on(3, found=["contact_time_s"]), run_on(5)]
    text = words_of(build_month(month_of(Known("ana", NOW_NS, runs), 2026, 11)))
    assert "left new this month, gone again at the end 1 of 2 runs" in text
    assert "came and went" not in text


def test_an_empty_month_is_said_in_clear_words() -> None:
    text = words_of(build_month(empty()))
    assert "Nothing in November 2026." in text
    assert "There are runs from 2026-09-03 to 2026-09-03." in text
    assert "Load by week" not in text


def test_pain_without_any_run_still_has_its_chart_and_its_table() -> None:
    pains = [Pain(time_ns=at(8), pain=3, where="left calf")]
    page = build_month(month_of(Known("ana", NOW_NS, pains=pains), 2026, 11))
    text = words_of(page)
    assert "Pain noted once, at most 3." in text
    assert "3 of 10 left calf" in text
    assert "compared 0 of 0" in text
    assert "No week of this month has a run." in text


def test_each_pair_of_shoes_has_a_shape_and_a_name() -> None:
    shapes = shapes_of([f"pair {k}" for k in range(8)])
    assert list(shapes.values())[: len(WORDS)] == list(WORDS)
    page = build_month(full())
    assert 'aria-label="circle"' in page
    assert 'aria-label="square"' in page
    assert "Endorphin red" in page


def test_the_chart_holds_its_intervals_and_draws_the_own_band() -> None:
    month = full()
    drawn = trend(
        month.trend, month.pains, shapes_of([s.shoe for s in month.shoes]), 30
    )
    assert limit_of(month.trend) == 8.0
    assert drawn.count('class="band"') == 1
    assert drawn.count('class="tail"') == len(month.trend) == 4
    assert trend([], [], {}, 30) == ""


def test_a_runner_named_like_a_script_is_only_text() -> None:
    page = build_month(full(name=EVIL, shoe=f'"><img src=x {EVIL}'))
    assert "<script" not in page.lower()
    assert "<img" not in page.lower()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("made", [full, empty, busy])
def test_no_word_says_more_than_motion_can_tell(made: Callable[[], Month]) -> None:
    assert not BANNED.search(words_of(build_month(made())))


@pytest.mark.browser
@pytest.mark.parametrize(
    ("made", "pages", "width"),
    [(full, 2, 390), (empty, 1, 390), (busy, 3, 1280)],
)
def test_it_opens_from_disk_without_network_complaint_or_sideways_scroll(
    chromium: "Browser",
    tmp_path: Path,
    made: Callable[[], Month],
    pages: int,
    width: int,
) -> None:
    path = write_month(made(), tmp_path / "month.html")
    with opened(chromium, path, width) as page:
        assert page.violations() == []
        for other in (width, 390, 1280):
            page.tab.set_viewport_size({"width": other, "height": 844})
            assert page.overflow <= 0, other
        assert page.pages_on_paper() <= pages
        assert (page.said, page.asked_elsewhere) == ([], [])
