from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.verdicts import (
    AS_USUAL,
    CLEARLY,
    NO_CLEAR_DIFFERENCE,
    NOT_ENOUGH,
    SLIGHTLY,
)
from processing.asymmetry import Comparison, compare
from processing.baseline import Baseline
from processing.rules import METRICS
from processing.settings import BalanceSettings
from processing.verdict import LEVELS, LEVELS_ALONE, basis, judge

SETTINGS = BalanceSettings()
GOOD = 0.99


def run(asi_pct: float, n: int = 300) -> Comparison:
    """Contact times of a run with so much asymmetry."""
    noise = 0.005 * np.random.default_rng(1).standard_normal((2, n))
    noise -= noise.mean(axis=1)[:, None]
    left, right = 0.25 + noise + 0.25 * asi_pct / 200 * np.array([[-1], [1]])
    found = compare(left, right, METRICS["contact_time_s"], SETTINGS)
    assert found is not None
    return found


def own(
    shift: float, half: float = 2.0, mdc: float = 2.5, usual: float = 1.0
) -> Baseline:
    """A runner whose usual is +1 % with a band of 2 points either way."""
    return Baseline(
        metric="contact_time_s",
        runs=7,
        usual=usual,
        band_low=usual - half,
        band_high=usual + half,
        mdc=mdc,
        shift=shift,
        ci_unit="%",
        is_new=abs(shift) > half and abs(shift) >= mdc,
    )


@pytest.mark.parametrize(
    ("asi_pct", "word"),
    [
        (0.5, NO_CLEAR_DIFFERENCE),
        (-2.5, NO_CLEAR_DIFFERENCE),  # the mounts alone make that much
        (4.0, SLIGHTLY),
        (-4.9, SLIGHTLY),
        (5.1, CLEARLY),
        (-8.0, CLEARLY),
    ],
)
def test_without_earlier_runs_the_word_is_about_this_run_alone(
    asi_pct: float, word: str
) -> None:
    assert judge(run(asi_pct), GOOD, SETTINGS) == word
    assert word in LEVELS_ALONE


@pytest.mark.parametrize(
    ("shift", "word"),
    [
        (0.0, AS_USUAL),
        (1.9, AS_USUAL),
        (-1.9, AS_USUAL),
        (3.0, SLIGHTLY),
        (-4.9, SLIGHTLY),
        (5.1, CLEARLY),
        (-5.1, CLEARLY),
    ],
)
def test_with_earlier_runs_the_word_is_about_what_is_usual(
    shift: float, word: str
) -> None:
    assert judge(run(1.0 + shift), GOOD, SETTINGS, own(shift)) == word
    assert word in LEVELS


def test_a_runner_who_is_always_uneven_runs_as_usual() -> None:
    """Nine percent every week is her own normal; this run alone would say "clearly"."""
    uneven = run(9.0)
    assert judge(uneven, GOOD, SETTINGS) == CLEARLY
    assert judge(uneven, GOOD, SETTINGS, own(0.0, usual=9.0)) == AS_USUAL


def test_a_shift_below_what_is_detectable_is_never_clear() -> None:
    wide = own(6.0, mdc=8.0)
    assert judge(run(7.0), GOOD, SETTINGS, wide) == SLIGHTLY


@pytest.mark.parametrize("baseline", [None, own(0.0), own(9.0)])
def test_a_run_with_too_little_data_is_not_judged(baseline: Baseline | None) -> None:
    few = run(9.0, SETTINGS.report_pairs - 5)
    assert judge(None, GOOD, SETTINGS, baseline) == NOT_ENOUGH
    assert judge(few, GOOD, SETTINGS, baseline) == NOT_ENOUGH
    assert judge(run(9.0), 0.5, SETTINGS, baseline) == NOT_ENOUGH


@given(st.floats(-30, 30), st.floats(0.1, 6), st.floats(0.1, 9))
def test_left_and_right_are_judged_alike(shift: float, half: float, mdc: float) -> None:
    there = own(shift, half, mdc, usual=2.0)
    mirrored = replace(
        there,
        usual=-2.0,
        band_low=-there.band_high,
        band_high=-there.band_low,
        shift=-shift,
    )
    assert judge(run(4.0), GOOD, SETTINGS, there) == judge(
        run(-4.0), GOOD, SETTINGS, mirrored
    )


def test_it_is_said_what_the_word_rests_on() -> None:
    assert "7 earlier runs" in basis(own(0.0))
    alone = basis(None, "3 of 5 earlier runs in this shoe at this pace")
    assert alone == (
        "About this run alone: 3 of 5 earlier runs in this shoe at this pace."
    )
    assert "too few" in basis(None)
