import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from contract.model import FloatArray
from processing.asymmetry import (
    SYSTEMATIC_SD,
    Comparison,
    compare,
    effective_size,
)
from processing.metrics import METRICS
from processing.settings import BalanceSettings

SETTINGS = BalanceSettings()
CONTACT_S, STEP_SD_S = 0.250, 0.0057  # algorithms.md section 4


def ar1(rng: np.random.Generator, n: int, rho: float, runs: int = 1) -> FloatArray:
    """Stationary AR(1) values of unit variance [runs, n]."""
    burn_in = 200
    noise = rng.standard_normal((runs, n + burn_in)) * np.sqrt(1 - rho**2)
    series: FloatArray = lfilter([1.0], [1.0, -rho], noise, axis=1)
    return series[:, burn_in:]


def compared(
    left: FloatArray, right: FloatArray, systematic: float = 0.0
) -> Comparison:
    found = compare(left, right, systematic, SETTINGS)
    assert found is not None
    return found


def test_independent_values_count_about_fully() -> None:
    sizes = [effective_size(x) for x in ar1(np.random.default_rng(1), 400, 0.0, 100)]
    assert 330 < np.median(sizes) <= 400


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.8])
def test_correlated_values_count_less_as_theory_says(rho: float) -> None:
    """The mean of an AR(1) series has n (1 - rho) / (1 + rho) degrees of freedom."""
    n = 2000
    sizes = [effective_size(x) for x in ar1(np.random.default_rng(2), n, rho, 60)]
    assert np.median(sizes) == pytest.approx(n * (1 - rho) / (1 + rho), rel=0.15)


def test_values_that_alternate_count_no_more_than_they_are() -> None:
    assert effective_size(np.tile([1.0, -1.0], 50)) == 100


def test_equal_values_have_no_correlation() -> None:
    assert effective_size(np.full(20, 0.25)) == 20


def test_a_plain_drift_is_worth_very_little() -> None:
    assert 2 <= effective_size(np.linspace(0, 1, 500)) < 10


@given(st.lists(st.floats(-1, 1, width=32), min_size=5, max_size=60))
def test_the_effective_size_lies_between_2_and_n(values: list[float]) -> None:
    assert 2 <= effective_size(np.array(values)) <= len(values)


@pytest.mark.parametrize(("rho", "n"), [(0.0, 60), (0.4, 60), (0.4, 200), (0.6, 300)])
def test_the_interval_covers_the_truth_as_often_as_it_promises(
    rho: float, n: int
) -> None:
    """90 to 98 % of 95 % intervals over correlated steps (algorithms.md 4 and 9)."""
    rng, true_s = np.random.default_rng([7, n, round(10 * rho)]), 0.004
    runs = 1500
    left, right = (STEP_SD_S * ar1(rng, n, rho, runs) for _ in range(2))
    hits = []
    for one, other in zip(left, right, strict=True):
        c = compared(CONTACT_S + one, CONTACT_S + true_s + other)
        true_pct = 100 * true_s / ((c.left + c.right) / 2)
        hits.append(c.ci_low <= true_pct <= c.ci_high)
    assert 0.90 <= np.mean(hits) <= 0.98


def test_drift_that_both_feet_share_does_not_widen_the_interval() -> None:
    rng = np.random.default_rng(3)
    drift = np.linspace(0.0, 0.030, 100)
    left, right = (CONTACT_S + STEP_SD_S * rng.standard_normal(100) for _ in range(2))
    still, tired = compared(left, right), compared(left + drift, right + drift)
    assert tired.difference == pytest.approx(still.difference)
    assert tired.random_pct == pytest.approx(still.random_pct, rel=0.1)


def test_plus_means_that_the_right_is_larger() -> None:
    rng = np.random.default_rng(4)
    left = 0.240 + 0.001 * rng.standard_normal(50)
    right = 0.260 + 0.001 * rng.standard_normal(50)
    found = compared(left, right)
    assert found.asi_pct == pytest.approx(8.0, abs=0.3)
    assert found.ci_low > 0
    assert (found.left, found.right) == pytest.approx((0.24, 0.26), abs=0.001)
    assert found.difference == pytest.approx(found.right - found.left)


def test_swapping_the_feet_turns_every_sign() -> None:
    rng = np.random.default_rng(5)
    left, right = 0.25 + 0.006 * rng.standard_normal((2, 80))
    one, other = compared(left, right, 0.0035), compared(right, left, 0.0035)
    assert one.asi_pct == pytest.approx(-other.asi_pct)
    assert one.ci_low == pytest.approx(-other.ci_high)
    assert one.ci_high == pytest.approx(-other.ci_low)


def test_single_glitches_are_left_out_in_pairs() -> None:
    rng = np.random.default_rng(6)
    left, right = 0.25 + 0.006 * rng.standard_normal((2, 80))
    clean = compared(left, right)
    left[[10, 50]] += 0.15
    found = compared(left, right)
    assert found.n_pairs <= clean.n_pairs
    assert found.asi_pct == pytest.approx(clean.asi_pct, abs=0.5)
    assert found.ci_high - found.ci_low < 1.3 * (clean.ci_high - clean.ci_low)


def test_unknown_values_take_their_pair_with_them() -> None:
    left, right = np.full((2, 20), 0.25) + np.linspace(0, 0.01, 20)
    right = right + 0.005
    right[3], left[4] = np.nan, np.inf
    found = compared(left, right)
    assert found.n_pairs == 18
    assert found.difference == pytest.approx(0.005)


@pytest.mark.parametrize("n", [0, 1, SETTINGS.least_pairs - 1])
def test_too_few_pairs_give_no_comparison(n: int) -> None:
    values = np.linspace(0.24, 0.26, n)
    assert compare(values, values, 0.0035, SETTINGS) is None


def test_one_foot_alone_gives_no_comparison() -> None:
    left = np.linspace(0.24, 0.26, 40)
    assert compare(left, np.full(40, np.nan), 0.0035, SETTINGS) is None


def test_figures_that_are_not_positive_have_no_percentage() -> None:
    """Flight time of a walker is negative: an index of it would be nonsense."""
    values = np.linspace(-0.05, -0.04, 40)
    assert compare(values, values + 0.001, 0.0035, SETTINGS) is None


def test_no_number_of_steps_averages_the_systematic_part_away() -> None:
    rng = np.random.default_rng(8)
    left, right = 0.25 + STEP_SD_S * rng.standard_normal((2, 20_000))
    found = compared(left, right, 0.0035)
    assert found.systematic_pct == pytest.approx(100 * 1.96 * 0.0035 / 0.25, rel=0.01)
    assert found.random_pct < 0.1
    half = (found.ci_high - found.ci_low) / 2
    assert half == pytest.approx(np.hypot(found.random_pct, found.systematic_pct))


def test_more_steps_make_the_random_part_smaller() -> None:
    rng = np.random.default_rng(9)
    left, right = 0.25 + STEP_SD_S * rng.standard_normal((2, 900))
    few, many = compared(left[:100], right[:100]), compared(left, right)
    assert many.random_pct == pytest.approx(few.random_pct / 3, rel=0.3)


def test_every_metric_has_a_systematic_part_of_its_own() -> None:
    assert set(SYSTEMATIC_SD) == set(METRICS)
    assert all(sd > 0 for sd in SYSTEMATIC_SD.values())
