"""The bar beside the verdict holds its range and says how far it reaches."""

import re

import pytest

from dashboards.report.bars import forest_row, verdict_bar
from dashboards.report.metrics import LONGEST_NAME, MINUS, shortened
from tests.dashboards.runs import balance, full_run, own, page_of, quality, words_of


def tail_of(bar: str) -> tuple[float, float]:
    found = re.search(r'class="tail" d="M([-.\d]+) 9H([-.\d]+)', bar)
    assert found
    return float(found[1]), float(found[2])


@pytest.mark.parametrize(
    ("asi", "half", "limit"),
    [(3.1, 2.2, 8), (5.0, 3.0, 8), (8.1, 2.7, 16), (-8.1, 2.7, 16), (20.0, 5.0, 32)],
)
def test_the_bar_widens_in_steps_until_the_range_fits(
    asi: float, half: float, limit: int
) -> None:
    bar = verdict_bar(balance(asi_pct=asi, ci_low=asi - half, ci_high=asi + half))
    low, high = tail_of(bar)
    assert low == pytest.approx(80 * (asi - half) / limit, abs=0.06)
    assert high == pytest.approx(80 * (asi + half) / limit, abs=0.06)
    assert f">{MINUS}{limit} %<" in bar
    assert f">+{limit} %<" in bar
    assert f"from {MINUS}{limit} to +{limit} %" in bar
    assert 'class="pin"' not in bar
    assert bar.count(" 6V12") == 2


def test_a_range_beyond_every_scale_ends_in_an_arrow_instead_of_a_cap() -> None:
    bar = verdict_bar(balance(asi_pct=30.0, ci_low=20.0, ci_high=40.0))
    assert tail_of(bar) == (50.0, 80.0)
    assert bar.count(" 6V12") == 1
    assert bar.count('class="pin"') == 1
    assert 'class="mark"' in bar


def test_a_figure_beyond_the_scale_is_an_arrow_and_no_dot() -> None:
    far = forest_row(balance(asi_pct=-90.0, ci_low=-120.0, ci_high=-60.0), 80.0)
    assert 'class="mark"' not in far
    assert re.findall(r'class="pin" d="M(-?\d+)', far) == ["-47"]
    wide = forest_row(balance(asi_pct=10.0, ci_low=-95.0, ci_high=115.0), 80.0)
    assert 'class="mark"' in wide
    assert re.findall(r'class="pin" d="M(-?\d+)', wide) == ["-47", "47"]
    assert 'class="mark"' not in verdict_bar(balance(asi_pct=40.0, ci_high=50.0))


def test_the_marker_stands_at_its_place_on_the_widened_bar() -> None:
    bar = verdict_bar(balance(asi_pct=8.0, ci_low=5.0, ci_high=11.0))
    assert 'class="mark" x="38.2"' in bar  # 80 * 8 / 16, less half its width


def test_the_own_usual_is_a_band_on_the_same_scale_and_in_the_sentence() -> None:
    bar = verdict_bar(balance(), own(band_low=-4.0, band_high=2.0))
    assert 'class="band" x="-40" y="3" width="60"' in bar
    assert f"Your own usual lies between {MINUS}4.0 and +2.0 %." in bar
    unknown = verdict_bar(balance(), own(band_low=float("nan")))
    assert 'class="band"' not in unknown
    assert "nan" not in verdict_bar(balance())


def test_a_usual_band_wider_than_the_scale_ends_with_the_scale() -> None:
    bar = verdict_bar(balance(), own(band_low=-90.0, band_high=90.0))
    assert 'class="band" x="-80" y="3" width="160"' in bar


def test_a_long_name_is_cut_and_says_so() -> None:
    assert shortened("Ana") == "Ana"
    assert shortened("x" * LONGEST_NAME) == "x" * LONGEST_NAME
    cut = shortened("Wanda " * 40)
    assert len(cut) <= LONGEST_NAME
    assert cut.endswith("Wanda\N{HORIZONTAL ELLIPSIS}")
    text = words_of(page_of(*full_run(name="n" * 200, shoe="s" * 200).kept))
    assert not re.search("n{61}|s{61}", text)


def test_the_page_says_whether_clipped_frames_matter() -> None:
    said = "Contact times use the band below 20 Hz"
    assert said in words_of(page_of(*full_run().kept))
    calm = [quality(side, clipped=0) for side in ("left", "right", "hip")]
    rows = [r for r in full_run().kept if type(r) is not type(calm[0])]
    assert said not in words_of(page_of(*rows, *calm))
