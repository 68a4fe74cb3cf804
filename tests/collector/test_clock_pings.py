import math

import numpy as np
import pytest

from benchmarks.clock_links import LEAST_LATENCY_S, Radio, errors_and_bounds, measure
from collector.clock import (
    LONGEST_INTERVAL_S,
    USUAL_LATENCY_S,
    ClockAligner,
    Strip,
    is_swept,
)
from contract.units import NS_PER_S

HOST_0_NS = 1_763_700_000 * NS_PER_S
LOCKED = Radio(interval_s=0.020, packet_s=0.020)
LOCKED_PINGS = Radio(interval_s=0.020, packet_s=0.020, has_pings=True)


def ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)


def pinged(
    there_s: float, back_s: float, *, seconds: int = 60, ppm: float = 30.0
) -> ClockAligner:
    """Pings of always the same ways, and packets that take as long as the way back."""
    aligner = ClockAligner()
    for at_s in np.arange(0.0, seconds, 0.25).tolist():
        dev_ns = ns(9.0 + at_s * (1 + ppm * 1e-6))
        arrival_ns = HOST_0_NS + ns(at_s + back_s)
        aligner.add(dev_ns, arrival_ns)
        aligner.add_ping(HOST_0_NS + ns(at_s - there_s), dev_ns, arrival_ns)
    return aligner


def error_s(aligner: ClockAligner, at_s: float, ppm: float = 30.0) -> float:
    dev_ns = ns(9.0 + at_s * (1 + ppm * 1e-6))
    return (aligner.host_ns(dev_ns) - HOST_0_NS) / NS_PER_S - at_s


@pytest.mark.parametrize(
    ("there_s", "back_s"), [(0.002, 0.004), (0.010, 0.002), (0.0, 0.030), (0.03, 0.0)]
)
def test_whatever_the_ways_take_the_truth_is_within_the_bound(
    there_s: float, back_s: float
) -> None:
    aligner = pinged(there_s, back_s)
    assert abs(error_s(aligner, 59.75)) <= aligner.error_bound_s
    assert aligner.error_bound_s >= (there_s + back_s) / 2


def test_short_ways_give_a_bound_of_hardly_more_than_half_of_them() -> None:
    aligner = pinged(0.002, 0.003)
    aligner.stamp_ns(ns(9.0 + 59.75))
    assert 0.0025 <= aligner.error_bound_s < 0.0045
    assert aligner.is_synced


def test_the_bound_of_pings_tells_what_one_way_cannot_know() -> None:
    """A least latency of 30 ms is invisible without pings."""
    aligner = pinged(0.001, 0.030)
    assert abs(error_s(aligner, 59.75)) < 0.005
    assert aligner.error_bound_s > 0.025


def test_a_single_ping_already_bounds_the_offset() -> None:
    aligner = ClockAligner()
    aligner.add_ping(HOST_0_NS, ns(5.0), HOST_0_NS + ns(0.020))
    host_s = (aligner.host_ns(ns(5.0)) - HOST_0_NS) / NS_PER_S
    assert host_s == pytest.approx(USUAL_LATENCY_S, abs=1e-6)
    assert 0.0166 <= aligner.error_bound_s < 0.018


def test_a_bound_older_than_the_window_is_forgotten() -> None:
    aligner = pinged(0.002, 0.003, seconds=10)
    for at_s in np.arange(10.0, 200.0, 0.25).tolist():
        aligner.add(ns(9.0 + at_s), HOST_0_NS + ns(at_s + 0.003))
    assert aligner.error_bound_s > LONGEST_INTERVAL_S


def test_pings_that_contradict_one_another_make_the_clock_unknown() -> None:
    aligner = pinged(0.002, 0.003, seconds=30)
    for at_s in np.arange(30.0, 60.0, 1.0).tolist():
        dev_ns = ns(12.0 + at_s)  # the sensor's clock was set 3 s ahead
        host_ns = HOST_0_NS + ns(at_s)
        aligner.add_ping(host_ns - ns(0.002), dev_ns, host_ns + ns(0.003))
    assert math.isinf(aligner.error_bound_s)
    assert not aligner.is_synced


def test_the_least_latency_is_not_taken_off_twice() -> None:
    plain, told = ClockAligner(), ClockAligner(least_latency_s=0.012)
    for aligner in (plain, told):
        aligner.add_ping(HOST_0_NS, ns(5.0), HOST_0_NS + ns(0.005))
    assert plain.host_ns(ns(5.0)) == told.host_ns(ns(5.0))


def test_no_possible_line_lies_outside_the_strip() -> None:
    rng = np.random.default_rng(4)
    for _ in range(30):
        slope, offset_s = rng.uniform(-150e-6, 150e-6), rng.uniform(-1, 1)
        x = np.sort(rng.uniform(0, 120, 60))
        line = offset_s + slope * x
        uppers = list(zip(x, line + rng.exponential(0.01, 60), strict=True))
        lowers = list(zip(x, line - rng.exponential(0.01, 60), strict=True))
        strip = Strip(lowers, uppers, 120.0)
        least_s, most_s = strip.limits_s()
        assert least_s <= offset_s + slope * 120.0 <= most_s


def test_pings_while_stamping_never_make_time_jump() -> None:
    aligner, stamps = ClockAligner(), []
    for k in range(1200):
        at_s = k * 0.05
        aligner.add(ns(at_s), HOST_0_NS + ns(at_s + 0.018))
        if k % 20 == 10 and k > 400:
            host_ns = HOST_0_NS + ns(at_s)
            aligner.add_ping(host_ns - ns(0.003), ns(at_s), host_ns + ns(0.004))
        stamps.append(aligner.stamp_ns(ns(at_s)))
    pace = np.diff(stamps) / ns(0.05)
    assert pace.min() > 0.99
    assert pace.max() < 1.01


def test_latencies_in_step_with_the_connection_are_told_from_those_that_sweep() -> None:
    rng = np.random.default_rng(1)
    at_s = np.arange(0, 120, 0.1)
    jitter_s = rng.exponential(0.001, len(at_s))
    sweeping = jitter_s + rng.uniform(0, 0.0075, len(at_s))
    slipping = jitter_s + np.where(at_s < 70, 0.004, 0.020) - 50e-6 * at_s
    assert is_swept(list(zip(at_s, sweeping, strict=True)), 0.0)
    assert not is_swept(list(zip(at_s, jitter_s, strict=True)), 0.0)
    assert not is_swept(list(zip(at_s, slipping, strict=True)), 0.0)


def test_packets_that_wait_one_of_three_times_do_not_pass_for_sweeping() -> None:
    """19 samples at exactly 200 Hz and 15 ms: the least wait may be 4.9 ms."""
    rng = np.random.default_rng(1)
    at_s = np.arange(0, 120, 0.095)
    waits_s = 0.0049 + 0.005 * (np.arange(len(at_s)) % 3)
    came = waits_s + rng.exponential(0.001, len(at_s))
    assert not is_swept(list(zip(at_s, came, strict=True)), 0.0)


def test_a_link_known_to_have_short_intervals_stays_known() -> None:
    plain, short = ClockAligner(), ClockAligner(longest_interval_s=0.002)
    for at_s in np.arange(0.0, 30.0, 0.1).tolist():
        for aligner in (plain, short):
            aligner.add(ns(9.0 + at_s), HOST_0_NS + ns(at_s + 0.001))
    assert not plain.is_synced
    assert short.is_synced
    assert short.error_bound_s > 0.002


def test_two_shoes_agree_within_a_millisecond_and_a_half_after_two_minutes() -> None:
    for has_pings in (False, True):
        found = measure(Radio(has_pings=has_pings), links=12)
        assert found.pair_median_s < 0.0005
        assert found.pair_p95_s < 0.0015
        assert found.held_at_end == 1.0
        assert found.moments_held > 0.98
        assert found.synced == 1.0


def test_with_pings_the_bound_holds_at_every_moment() -> None:
    for radio in (Radio(has_pings=True), LOCKED_PINGS):
        assert measure(radio, links=12).held_always == 1.0


def test_in_step_with_the_connection_one_way_says_that_it_does_not_know() -> None:
    found = measure(LOCKED, links=12)
    assert found.held_at_end == 1.0
    assert found.synced == 0.0
    assert found.bound_median_s > LONGEST_INTERVAL_S


def test_in_step_with_the_connection_pings_bring_the_shoes_together() -> None:
    found = measure(LOCKED_PINGS, links=12)
    assert found.pair_p95_s < 0.0015
    # Some bounds are wider than 5 ms: the way there alone shows the clock.
    assert found.synced > 0.5


def test_errors_without_pings_are_beyond_the_least_latency() -> None:
    one_way = errors_and_bounds(Radio(), 3, 60.0)[-1, 0]
    two_way = errors_and_bounds(Radio(has_pings=True), 3, 60.0)[-1, 0]
    expected = LEAST_LATENCY_S - USUAL_LATENCY_S
    assert two_way - one_way == pytest.approx(expected, abs=0.0005)
