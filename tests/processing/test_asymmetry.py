from dataclasses import asdict, fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from contract.model import FloatArray
from contract.rows import StepRow
from contract.units import NS_PER_S
from processing.asymmetry import (
    Comparison,
    change,
    compare,
    effective_size,
    kilometres,
    symmetry_angle_pct,
    thirds,
)
from processing.rules import METRICS, MetricRule
from processing.settings import BalanceSettings

SETTINGS = BalanceSettings()
CONTACT = METRICS["contact_time_s"]
STRIKE = METRICS["strike_angle_deg"]
FREE_OF_MOUNT = replace(CONTACT, systematic_sd=0.0)
CONTACT_S, STEP_SD_S = 0.250, 0.0057  # algorithms.md section 4


def ar1(rng: np.random.Generator, n: int, rho: float, runs: int = 1) -> FloatArray:
    """Stationary AR(1) values of unit variance [runs, n]."""
    burn_in = 200
    noise = rng.standard_normal((runs, n + burn_in)) * np.sqrt(1 - rho**2)
    series: FloatArray = lfilter([1.0], [1.0, -rho], noise, axis=1)
    return series[:, burn_in:]


def compared(
    left: FloatArray, right: FloatArray, rule: MetricRule = FREE_OF_MOUNT
) -> Comparison:
    found = compare(left, right, rule, SETTINGS)
    assert found is not None
    return found


def direct_effective_size(d: FloatArray) -> float:
    """Lag by lag, as the formula is written."""
    n, x = len(d), d - d.mean()
    inflation = 1.0
    for lag in range(1, n - 1):
        r = float(x[:-lag] @ x[lag:]) / float(x @ x)
        if r <= 0:
            break
        inflation += 2 * (1 - lag / n) * r
    return max(2.0, n / inflation)


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


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.97])
@pytest.mark.parametrize("n", [5, 6, 61, 900])
def test_the_quick_effective_size_is_that_of_the_formula(n: int, rho: float) -> None:
    for x in ar1(np.random.default_rng([n, round(100 * rho)]), n, rho, 20):
        assert effective_size(x) == pytest.approx(direct_effective_size(x), rel=1e-9)


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
    assert tired.random_half == pytest.approx(still.random_half, rel=0.1)


def test_plus_means_that_the_right_is_larger() -> None:
    rng = np.random.default_rng(4)
    left = 0.240 + 0.001 * rng.standard_normal(50)
    right = 0.260 + 0.001 * rng.standard_normal(50)
    found = compared(left, right)
    assert found.asi_pct == pytest.approx(8.0, abs=0.3)
    assert found.ci_low > 0
    assert (found.left, found.right) == pytest.approx((0.24, 0.26), abs=0.001)
    assert found.difference == pytest.approx(found.right - found.left)


@given(
    st.lists(
        st.tuples(st.floats(0.1, 0.5), st.floats(0.1, 0.5)), min_size=5, max_size=80
    ),
    st.sampled_from([CONTACT, STRIKE]),
)
def test_swapping_the_feet_turns_every_sign_and_nothing_else(
    pairs: list[tuple[float, float]], rule: MetricRule
) -> None:
    left, right = np.array(pairs).T
    one, other = (
        compare(left, right, rule, SETTINGS),
        compare(right, left, rule, SETTINGS),
    )
    assert (one is None) == (other is None)
    if one is None or other is None:
        return
    turned = replace(
        other,
        left=other.right,
        right=other.left,
        left_sd=other.right_sd,
        right_sd=other.left_sd,
        difference=-other.difference,
        asi_pct=None if other.asi_pct is None else -other.asi_pct,
        ci_low=-other.ci_high,
        ci_high=-other.ci_low,
        left_cv_pct=other.right_cv_pct,
        right_cv_pct=other.left_cv_pct,
        symmetry_angle_pct=other.symmetry_angle_pct and -other.symmetry_angle_pct,
    )
    assert asdict(one) == asdict(turned)  # to the last bit


def test_single_glitches_are_left_out_in_pairs() -> None:
    rng = np.random.default_rng(6)
    left, right = 0.25 + 0.006 * rng.standard_normal((2, 80))
    clean = compared(left, right)
    left[[10, 50]] += 0.15
    found = compared(left, right)
    assert found.n_pairs <= clean.n_pairs
    assert found.asi_pct == pytest.approx(clean.asi_pct, abs=0.5)
    assert found.ci_high - found.ci_low < 1.3 * (clean.ci_high - clean.ci_low)


@pytest.mark.parametrize(
    ("left", "right", "pct"), [(1.0, 1.0, 0.0), (0.0, 2.0, 50.0), (3.0, 4.0, 9.033)]
)
def test_the_symmetry_angle_is_that_of_its_definition(
    left: float, right: float, pct: float
) -> None:
    by_hand = 100 * (45 - np.degrees(np.arctan(left / right))) / 90
    assert symmetry_angle_pct(left, right) == pytest.approx(by_hand)
    assert symmetry_angle_pct(left, right) == pytest.approx(pct, abs=0.001)
    assert symmetry_angle_pct(right, left) == -symmetry_angle_pct(left, right)


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
    assert compare(values, values, CONTACT, SETTINGS) is None


def test_one_foot_alone_gives_no_comparison() -> None:
    left = np.linspace(0.24, 0.26, 40)
    assert compare(left, np.full(40, np.nan), CONTACT, SETTINGS) is None


def test_figures_that_are_not_positive_have_no_percentage() -> None:
    """Flight time of a walker is negative: an index of it would be nonsense."""
    values = np.linspace(-0.05, -0.04, 40)
    assert compare(values, values + 0.001, CONTACT, SETTINGS) is None


def test_no_number_of_steps_averages_the_systematic_part_away() -> None:
    rng = np.random.default_rng(8)
    left, right = 0.25 + STEP_SD_S * rng.standard_normal((2, 20_000))
    found = compared(left, right, CONTACT)
    mounts_pct = 100 * 1.96 * CONTACT.systematic_sd / 0.25
    assert found.systematic_half == pytest.approx(mounts_pct, rel=0.01)
    assert found.random_half < 0.1
    half = (found.ci_high - found.ci_low) / 2
    assert half == pytest.approx(np.hypot(found.random_half, found.systematic_half))


def test_more_steps_make_the_random_part_smaller() -> None:
    rng = np.random.default_rng(9)
    left, right = 0.25 + STEP_SD_S * rng.standard_normal((2, 900))
    few, many = compared(left[:100], right[:100]), compared(left, right)
    assert many.random_half == pytest.approx(few.random_half / 3, rel=0.3)


def test_angles_around_zero_are_compared_in_degrees() -> None:
    """An index of signed angles explodes; their difference does not."""
    rng = np.random.default_rng(10)
    left, right = rng.standard_normal((2, 300)) + np.array([[-1.0], [1.0]])
    found = compared(left, right, STRIKE)
    assert found.asi_pct is None
    assert found.ci_unit == "deg"
    assert found.size == found.difference == pytest.approx(2.0, abs=0.3)
    assert found.systematic_half == pytest.approx(1.96 * STRIKE.systematic_sd)
    assert found.ci_low < 0 < found.ci_high  # mounts alone make 4 deg


def halves(left: FloatArray, right: FloatArray) -> Comparison:
    """How the second half differs from the first."""
    n = len(left) // 2
    return change(
        compared(left[:n], right[:n], CONTACT), compared(left[n:], right[n:], CONTACT)
    )


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_the_interval_of_a_change_covers_it_as_often_as_it_promises(
    rho: float,
) -> None:
    rng, true_s, n, runs = np.random.default_rng([11, round(10 * rho)]), 0.005, 240, 800
    grows = np.repeat([0.0, true_s], n // 2)
    hits, finds = [], []
    for one, other in zip(
        *(STEP_SD_S * ar1(rng, n, rho, runs) for _ in range(2)), strict=True
    ):
        found = halves(CONTACT_S + one, CONTACT_S + other + grows)
        hits.append(found.ci_low <= 100 * true_s / CONTACT_S <= found.ci_high)
        finds.append(found.ci_low > 0)
    assert 0.90 <= np.mean(hits) <= 0.98
    assert np.mean(finds) > (0.99 if rho == 0 else 0.7)  # theory: .79


def test_a_constant_error_of_one_mount_is_no_change() -> None:
    rng = np.random.default_rng(12)
    left, right = CONTACT_S + STEP_SD_S * rng.standard_normal((2, 200))
    true, seen = halves(left, right), halves(left, right + 0.007)
    assert seen.size == pytest.approx(true.size, abs=0.1)
    assert seen.systematic_half < 0.05
    assert seen.difference == pytest.approx(true.difference)


def test_a_change_says_by_how_much_each_foot_changed() -> None:
    left = np.repeat([0.240, 0.250], 100) + np.tile([-0.001, 0.001], 100)
    found = halves(left, left + np.repeat([0.0, 0.010], 100))
    assert found.left == pytest.approx(0.010)
    assert found.right == pytest.approx(0.020)
    assert found.asi_pct == pytest.approx(100 * 0.010 / 0.255)
    assert found.n_pairs == 200


def seconds(windows: list[tuple[int, int]]) -> list[tuple[float, float]]:
    return [(start / NS_PER_S, end / NS_PER_S) for start, end in windows]


def test_thirds_are_of_the_running_and_not_of_the_standing() -> None:
    """Ten minutes at a level crossing are in no third."""
    first, second = np.arange(0.0, 150.0, 0.7), np.arange(750.0, 900.0, 0.7)
    t_ns = np.round(np.concatenate([first, second]) * NS_PER_S).astype(np.int64)
    (begin, early), (late, end) = seconds(thirds(t_ns))
    assert begin == 0
    assert early == pytest.approx(100, abs=1.5)
    assert late == pytest.approx(800, abs=1.5)
    assert end * NS_PER_S == pytest.approx(t_ns[-1] + 1, abs=1)


@given(st.lists(st.integers(1, 20 * NS_PER_S), min_size=3, max_size=200))
def test_thirds_are_in_order_and_hold_the_first_and_the_last_step(
    gaps: list[int],
) -> None:
    t_ns = np.cumsum(np.array(gaps, np.int64))
    (begin, early), (late, end) = thirds(t_ns)
    assert begin == t_ns[0]
    assert begin < early <= late < end
    assert end == t_ns[-1] + 1


def test_two_steps_have_no_thirds() -> None:
    assert thirds(np.array([1, 2], np.int64)) == []


def test_each_kilometre_begins_where_the_last_one_ended() -> None:
    distance_m = 2.5 * np.arange(1000)  # 2497.5 m
    t_ns = (np.arange(1000) * NS_PER_S).astype(np.int64)
    assert seconds(kilometres(t_ns, distance_m)) == [
        (0.0, 400.0),
        (400.0, 800.0),
        (800.0, pytest.approx(999.0)),
    ]


@given(st.lists(st.floats(0.5, 900), min_size=1, max_size=60))
def test_every_step_is_in_exactly_one_kilometre(strides_m: list[float]) -> None:
    distance_m = np.cumsum(np.array(strides_m))
    t_ns = np.arange(len(distance_m), dtype=np.int64) * 7
    windows = kilometres(t_ns, distance_m)
    assert len(windows) == (0 if distance_m[-1] < 1000 else len(windows))
    for t in t_ns if windows else ():
        assert sum(start <= t < end for start, end in windows) == 1


def test_a_run_below_a_kilometre_has_no_kilometre() -> None:
    assert kilometres(np.arange(3), np.array([1.0, 500.0, 999.0])) == []
    assert kilometres(np.empty(0, np.int64), np.empty(0)) == []


def test_every_rule_says_what_sensors_and_healthy_runners_leave_open() -> None:
    for name, rule in METRICS.items():
        assert rule.name == name
        assert rule.systematic_sd > 0
        assert rule.least_difference > 0
        assert rule.ci_unit == ("%" if rule.is_ratio else rule.unit)


def test_a_rule_is_about_a_column_of_the_step_row_in_its_unit() -> None:
    columns = {f.name: f.metadata.get("unit") for f in fields(StepRow)}
    for name, rule in METRICS.items():
        assert columns[name] == rule.unit
