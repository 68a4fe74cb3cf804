from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.baseline import (
    Baseline,
    BaselineSettings,
    EarlierRun,
    is_similar,
    own_baseline,
    pace_matched,
    similar_runs,
    why_none,
)
from processing.rules import METRICS

SETTINGS = BaselineSettings()
CONTACT = METRICS["contact_time_s"]
DAY_NS = 86_400 * 10**9
RUN_SD_PCT = 0.8  # a runner's contact-time asymmetry from run to run
RANDOM_HALF_PCT = 0.9  # of one run with some 300 pairs (algorithms.md section 4)


def a_run(
    day: int,
    size: float = 0.0,
    *,
    shoe: str = "blue",
    speed: float | None = 3.0,
    cadence: float | None = 170.0,
    half: float = RANDOM_HALF_PCT,
) -> EarlierRun:
    name = CONTACT.name
    return EarlierRun(
        f"day{day}", day * DAY_NS, shoe, speed, cadence, {name: size}, {name: half}
    )


def history(sizes: np.ndarray | list[float]) -> list[EarlierRun]:
    return [a_run(day, float(size)) for day, size in enumerate(sizes, 1)]


def judged(run: EarlierRun, runs: list[EarlierRun]) -> Baseline:
    found = own_baseline(run, runs, CONTACT, SETTINGS)
    assert found is not None
    return found


@pytest.mark.parametrize("n", [5, 6, 8, 12, 20])
@pytest.mark.parametrize("half", [0.01, RANDOM_HALF_PCT])
def test_chance_is_called_new_in_at_most_one_run_of_twenty(n: int, half: float) -> None:
    rng, runs = np.random.default_rng([1, n]), 1200
    news = 0
    for sizes in 1.0 + RUN_SD_PCT * rng.standard_normal((runs, n + 1)):
        earlier = [replace(r, random_half={CONTACT.name: half}) for r in history(sizes)]
        news += judged(replace(earlier[-1], session="now"), earlier[:-1]).is_new
    # Binomial scatter of 1200 runs at 5 %: SD .6 %.
    assert news / runs <= 0.05 + 2 * 0.0063


@pytest.mark.parametrize("n", [5, 8, 20])
def test_a_change_of_five_points_is_found(n: int) -> None:
    """Five points of contact time are what coaches act on (IMU Step)."""
    rng, runs = np.random.default_rng([2, n]), 400
    found = 0
    for sizes in RUN_SD_PCT * rng.standard_normal((runs, n + 1)):
        now = a_run(100, 5.0 + float(sizes[-1]))
        found += judged(now, history(sizes[:-1])).is_new
    assert found / runs > (0.85 if n == 5 else 0.97)


def test_the_baseline_is_around_the_own_usual_and_not_around_zero() -> None:
    sizes = [8.8, 9.3, 9.0, 8.9, 9.2, 8.8]
    same, even = judged(a_run(9, 9.1), history(sizes)), judged(a_run(9), history(sizes))
    assert same.usual == pytest.approx(9.0)
    assert same.shift == pytest.approx(0.1)
    assert same.band_low < 9.1 < same.band_high
    assert not same.is_new
    assert even.is_new  # a runner who has always been uneven, and is not today
    assert even.is_outside
    assert even.shift == pytest.approx(-9.0)


def test_z_is_the_shift_in_spreads_of_the_earlier_runs() -> None:
    sizes = [0.0, 2.0, -2.0, 3.0, -3.0, 1.0, -1.0]
    found = judged(a_run(9, 5.0), history(sizes))
    assert found.z == pytest.approx(5.0 / np.std(sizes, ddof=1))
    assert judged(a_run(9, -5.0), history(sizes)).z == pytest.approx(-found.z)
    exact = [replace(r, random_half={}) for r in history([1.0] * 6)]
    assert judged(a_run(9, 5.0), exact).z is None  # no spread to count in


def test_the_run_to_set_it_beside_is_the_latest_as_fast_in_the_same_shoe() -> None:
    now = a_run(50, speed=3.0)
    near = [a_run(4, speed=3.14), a_run(6, speed=2.87), a_run(5)]
    others = [
        a_run(7, speed=3.16),
        a_run(8, speed=2.85),
        a_run(9, shoe="red"),
        a_run(10, speed=None),
        a_run(51),
        now,
    ]
    for runs in ([*near, *others], [*others, *near[::-1]]):
        assert pace_matched(now, runs, SETTINGS) == near[1]
    assert pace_matched(now, others, SETTINGS) is None
    assert pace_matched(replace(now, speed_mps=None), near, SETTINGS) is None


def test_one_odd_earlier_run_does_not_move_what_is_usual() -> None:
    found = judged(a_run(99, 1.0), history([1.0, 1.2, 0.9, 1.1, 0.8, 1.0, 9.0]))
    assert found.usual == pytest.approx(1.0)
    assert not found.is_new


def test_runs_that_agree_by_luck_do_not_make_the_band_a_line() -> None:
    """Each of them is uncertain by .9 points itself."""
    found = judged(a_run(99, 1.4), history([1.0] * 5))
    assert found.mdc == pytest.approx(2.776 * np.sqrt(2) * RANDOM_HALF_PCT / 1.96, 1e-3)
    assert found.band_high - found.usual > RANDOM_HALF_PCT
    assert not found.is_new


def test_a_run_that_is_known_less_well_must_lie_further_out() -> None:
    """Short, or drifting: it is judged with more doubt, what is usual is the same."""
    earlier = history([0.0, 0.5, -0.5, 0.8, -0.8, 0.2])
    sure, unsure = (
        judged(a_run(9, 4.0), earlier),
        judged(a_run(9, 4.0, half=4.5), earlier),
    )
    assert (sure.is_new, sure.is_outside) == (True, True)
    assert (unsure.is_new, unsure.is_outside) == (False, False)
    assert (unsure.band_low, unsure.band_high) == (sure.band_low, sure.band_high)
    assert unsure.mdc == sure.mdc


def test_the_usual_band_reaches_as_far_as_the_earlier_runs_say() -> None:
    sizes = [0.0, 0.5, -0.5, 0.8, -0.8, 2.0]
    spread = float(np.std(sizes, ddof=1))
    found = judged(a_run(9, 4.0, half=6.0), history(sizes))
    reach = 2.571 * spread * np.sqrt(1 + 1 / 6)  # t quantile of 5 degrees of freedom
    assert found.band_high - found.usual == pytest.approx(reach, 1e-3)
    assert found.half == pytest.approx(np.hypot(reach, 6.0), 1e-3)


@pytest.mark.parametrize("half", [0.0, 0.9, 6.0])
def test_the_band_to_leave_is_the_usual_one_and_the_doubt_of_this_run(
    half: float,
) -> None:
    found = judged(a_run(9, 5.0, half=half), history([0.0, 0.5, -0.5, 0.8, -0.8]))
    leave = found.to_leave()
    assert leave.band_high - leave.usual == pytest.approx(found.half)
    assert leave.half == pytest.approx(found.half)
    assert leave.is_outside == found.is_outside == (half < 1)


@pytest.mark.parametrize("n", [5, 6, 12])
def test_two_unchanged_runs_exceed_what_is_detectable_in_one_of_twenty(n: int) -> None:
    """With 1.96 in place of the t quantile it was 12 of 100 with five runs."""
    rng, runs = np.random.default_rng([3, n]), 1500
    drawn = RUN_SD_PCT * rng.standard_normal((runs, n + 2))
    far = 0
    for *sizes, one, other in drawn:
        earlier = [replace(r, random_half={}) for r in history(sizes)]
        far += abs(one - other) > judged(a_run(99), earlier).mdc
    # Binomial scatter of 1500 at 5 %: SD .56 %. The robust mean takes some off n - 1.
    assert far / runs <= 0.05 + 3 * 0.0056


@pytest.mark.parametrize("n", range(5))
def test_fewer_than_five_earlier_runs_are_no_baseline(n: int) -> None:
    now, earlier = a_run(99, 3.0), history([1.0] * n)
    assert own_baseline(now, earlier, CONTACT, SETTINGS) is None
    expected = f"{n} of 5 earlier runs in this shoe at this pace"
    assert why_none(now, earlier, CONTACT, SETTINGS) == expected


def test_five_earlier_runs_are_enough_and_need_no_words() -> None:
    now, earlier = a_run(99, 3.0), history([1.0] * 5)
    assert judged(now, earlier).runs == 5
    assert why_none(now, earlier, CONTACT, SETTINGS) == ""


def test_other_shoes_other_paces_and_later_runs_do_not_count() -> None:
    now = a_run(50)
    others = [
        a_run(1, shoe="red"),
        a_run(2, speed=3.4),
        a_run(3, speed=2.6),
        a_run(51),
        now,
    ]
    near = [a_run(4, speed=3.2), a_run(5, speed=2.8), a_run(6, speed=None)]
    assert similar_runs(now, [*others, *near], CONTACT, SETTINGS) == near


def test_without_speed_the_cadence_says_how_fast_it_was() -> None:
    now = a_run(9, speed=None, cadence=170.0)
    assert is_similar(now, a_run(1, speed=4.0, cadence=174.0), SETTINGS)
    assert not is_similar(now, a_run(1, speed=3.0, cadence=178.0), SETTINGS)


def test_a_run_of_unknown_pace_has_no_baseline_and_says_so() -> None:
    now, earlier = a_run(99, speed=None, cadence=None), history([1.0] * 9)
    assert own_baseline(now, earlier, CONTACT, SETTINGS) is None
    assert "neither speed nor cadence" in why_none(now, earlier, CONTACT, SETTINGS)


def test_only_the_latest_runs_say_what_is_usual() -> None:
    found = judged(a_run(99, 3.0), history([9.0] * 30 + [3.0] * SETTINGS.most_runs))
    assert found.runs == SETTINGS.most_runs
    assert found.usual == pytest.approx(3.0)


def test_a_metric_that_a_run_withheld_is_judged_by_the_others() -> None:
    earlier = history([1.0] * 6)
    earlier[2] = replace(earlier[2], sizes={}, random_half={})
    assert judged(a_run(99, 1.0), earlier).runs == 5
    assert why_none(a_run(99), earlier[1:], CONTACT, SETTINGS).startswith("4 of 5")
    nothing = replace(a_run(99), sizes={}, random_half={})
    assert own_baseline(nothing, earlier, CONTACT, SETTINGS) is None
    assert "could not be compared" in why_none(nothing, earlier, CONTACT, SETTINGS)


def test_angles_have_their_baseline_in_degrees() -> None:
    rule = METRICS["pronation_excursion_deg"]
    runs = [
        replace(r, sizes={rule.name: 2.0}, random_half={}) for r in history([0] * 6)
    ]
    now = replace(a_run(99), sizes={rule.name: 5.5}, random_half={rule.name: 0.2})
    found = own_baseline(now, runs, rule, SETTINGS)
    assert found is not None
    assert found.ci_unit == "deg"
    assert found.shift == pytest.approx(3.5)


sizes = st.floats(-20, 20)


@given(st.lists(sizes, min_size=5, max_size=25), sizes)
def test_swapping_the_feet_of_every_run_turns_every_sign(
    earlier: list[float], now: float
) -> None:
    one = judged(a_run(99, now), history(earlier))
    other = judged(a_run(99, -now), history([-x for x in earlier]))
    assert other.usual == -one.usual
    assert (other.band_low, other.band_high) == (-one.band_high, -one.band_low)
    assert (other.shift, other.mdc, other.is_new) == (-one.shift, one.mdc, one.is_new)


@given(st.lists(sizes, min_size=5, max_size=20), sizes, st.randoms())
def test_the_order_in_which_runs_are_told_does_not_matter(
    earlier: list[float], now: float, random: Random
) -> None:
    runs = history(earlier)
    shuffled = [*runs]
    random.shuffle(shuffled)
    assert judged(a_run(99, now), shuffled) == judged(a_run(99, now), runs)


@given(st.floats(1, 7), st.floats(1, 7))
def test_similar_is_similar_both_ways(one: float, other: float) -> None:
    a, b = a_run(1, speed=one), a_run(2, speed=other)
    assert is_similar(a, b, SETTINGS) == is_similar(b, a, SETTINGS)
