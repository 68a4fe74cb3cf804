"""The page of a comparison: what it says, prints and refuses to run."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dashboards.compare.build import build_comparison, write_comparison
from dashboards.compare.plots import limit_of, two_points
from processing.compare import ComparedRun, RunComparison, compare_runs
from processing.run_changes import Change, Estimate
from tests.dashboards.paged import BANNED, opened
from tests.dashboards.runs import exercises, findings, words_of
from tests.processing.compared import Truth, balance_row, made_run, slow_noise

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EVIL = "<script>alert(1)</script>"
OTHERS = (
    "flight_time_s", "step_time_s", "impulse_bws", "impact_g", "braking_g",
    "strike_angle_deg", "toe_out_deg", "pronation_velocity_dps",
)  # fmt: skip


def full(run: ComparedRun, seed: int) -> ComparedRun:
    """The run with every metric of a real one."""
    rng = np.random.default_rng(seed)
    more, steps = {}, list(run.steps)
    for metric in OTHERS:
        left, right = (slow_noise(rng, len(steps) // 2, 0.3) + 8.0 for _ in range(2))
        more[metric] = balance_row(run.about, metric, left, right)
        both = np.concatenate([left, right])
        steps = [
            replace(s, **{metric: float(v)}) for s, v in zip(steps, both, strict=True)
        ]
    return replace(run, balances={**run.balances, **more}, steps=steps)


def retest(name: str = "Ana", shoe: str = "Pegasus blue") -> RunComparison:
    rng = np.random.default_rng(1)
    extra: dict[str, object] = {"name": name}
    before = Truth((0.262, 0.25), shoe=shoe, extra=extra)
    after = Truth(shoe=shoe, day=28, extra=extra)
    then = replace(
        full(made_run("a1", rng, before), 1),
        exercises=exercises(),
        findings=findings(),
    )
    return compare_runs([then], [full(made_run("b1", rng, after), 2)])


def shoes() -> RunComparison:
    rng = np.random.default_rng(2)
    truths = (
        Truth(strides=260, shoe="Pegasus blue"),
        Truth(strides=260, shoe="Endorphin red", roll_deg=(6.5, 9.0)),
    )
    runs = [
        full(made_run(f"s{k}", rng, replace(truths[k % 2], day=k)), k) for k in range(6)
    ]
    return compare_runs(runs[::2], runs[1::2])


def long_names() -> RunComparison:
    """Shoes and a runner with as many letters as there may be."""
    rng = np.random.default_rng(4)
    truths = [
        Truth(shoe=letter * 60, extra={"name": "A" * 60}, day=k)
        for k, letter in enumerate("xW")
    ]
    runs = [full(made_run(f"s{k}", rng, t), k) for k, t in enumerate(truths)]
    return compare_runs(runs[:1], runs[1:])


def nothing() -> RunComparison:
    rng = np.random.default_rng(3)
    bad = Truth(extra={"verdict": "not enough good data"})
    return compare_runs([made_run("a1", rng, Truth())], [made_run("b1", rng, bad)])


def test_a_re_test_says_what_changed_how_sure_and_of_which_plan() -> None:
    text = words_of(build_comparison(retest()))
    assert "left against right differs, perhaps by the day" in text
    assert "one run against one run cannot tell the day from the change" in text
    assert "Re-test of the plan of 2026-11-21, 4.0 weeks later" in text
    assert "What stood out then" in text
    assert "28 days apart" in text


def test_where_nothing_is_told_there_are_no_dots() -> None:
    assert "●" not in words_of(build_comparison(retest()))
    assert "●●●" in words_of(build_comparison(shoes()))


def test_the_page_says_what_its_ranges_are_and_that_sentences_clear_more() -> None:
    text = words_of(build_comparison(shoes()))
    assert "Ranges in the tables are 95 % each" in text
    assert "a higher bar, raised for the 18 figures that could have been told" in text
    assert "part of it goes back by itself" in words_of(build_comparison(retest()))


def test_a_reading_at_another_pace_says_why_it_cannot_be_said() -> None:
    rng = np.random.default_rng(1)
    truths = Truth(), Truth(speed_mps=3.5, day=9)
    one, other = (made_run(f"s{k}", rng, t) for k, t in enumerate(truths))
    text = words_of(build_comparison(compare_runs([one], [other])))
    assert text.count("cannot be said: other pace") == 3
    assert "same shoe, other pace" in text


def test_shoes_are_called_by_their_names_and_the_foot_by_its_own() -> None:
    text = words_of(build_comparison(shoes()))
    assert "Endorphin red changes your left foot's inward roll of the shoe by" in text
    assert "Very sure: several runs on each side, in turns." in text
    assert "Changes: Endorphin red less Pegasus blue" in text


def test_a_run_left_out_is_named_with_the_reason_and_nothing_is_guessed() -> None:
    page = build_comparison(nothing())
    text = words_of(page)
    assert "Left out: b1. Not enough good data." in text
    assert "Left and right cannot be compared between these runs." in text
    assert 'class="plotted"' not in page


def test_before_is_hollow_and_after_filled_and_a_side_has_its_colour() -> None:
    other = Estimate(4.0, 3.0, 5.0, 0.5)

    def change(low: float) -> Change:
        ends = Estimate(low + 1, low, low + 2, 0.5)
        return replace(retest().asymmetry[0], before=ends, after=other)

    before, after = re.findall(r"<circle[^>]*>", two_points(change(-3.0), 10.0))
    assert 'fill="#FFFFFF" stroke="#0072B2"' in before
    assert 'fill="#D55E00"' in after
    grey = two_points(change(-1.0), 10.0)
    assert "#0072B2" not in grey


def test_a_figure_off_the_scale_is_pinned_with_an_arrow() -> None:
    far = Estimate(95.0, 90.0, 100.0, 1.0)
    change = retest().asymmetry[0]
    assert limit_of("%", [far]) == 80.0
    drawn = two_points(replace(change, after=far), 80.0)
    assert drawn.count('class="off"') == 1


def test_a_runner_named_like_a_script_is_only_text() -> None:
    page = build_comparison(retest(name=EVIL, shoe=f'"><img src=x {EVIL}'))
    assert "<script" not in page.lower()
    assert "<img" not in page.lower()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("made", [retest, shoes, nothing])
def test_no_word_says_more_than_motion_can_tell(
    made: Callable[[], RunComparison],
) -> None:
    assert not BANNED.search(words_of(build_comparison(made())))


def test_every_drawing_stands_in_a_table_row_with_its_numbers() -> None:
    page = build_comparison(shoes())
    drawn = page.count('class="plot"') - page.count('<th scope="col" class="plot"')
    assert page.count('<td class="plot"><svg') == page.count('<svg class="plot')
    assert drawn > 20


@pytest.mark.browser
@pytest.mark.parametrize(
    ("made", "pages", "width"),
    [
        (retest, 2, 390),
        (retest, 2, 1280),
        (shoes, 1, 1280),
        (nothing, 1, 390),
        (long_names, 2, 390),
        (long_names, 2, 1280),
    ],
)
def test_it_opens_from_disk_without_network_complaint_or_sideways_scroll(
    chromium: "Browser",
    tmp_path: Path,
    made: Callable[[], RunComparison],
    pages: int,
    width: int,
) -> None:
    path = write_comparison(made(), tmp_path / "deep" / "page.html")
    with opened(chromium, path, width) as page:
        assert page.violations() == []
        assert page.overflow <= 0
        assert page.pages_on_paper() <= pages
        assert (page.said, page.asked_elsewhere) == ([], [])
