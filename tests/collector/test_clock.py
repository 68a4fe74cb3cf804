import math

import numpy as np
import pytest

from collector.clock import MAX_SLOPE, ClockAligner, fit_lower_edge
from contract.units import NS_PER_S

ORIGIN_NS = 1_763_700_000 * NS_PER_S
PACKET_S = 0.1


def a_run(seed: int, ppm: float, seconds: float) -> tuple[np.ndarray, ...]:
    """Device time, true time and arrival of packets over a radio with stalls."""
    rng = np.random.default_rng(seed)
    true_s = np.arange(0, seconds, PACKET_S)
    late_s = rng.uniform(0, 0.015, len(true_s)) + rng.exponential(0.008, len(true_s))
    late_s += (rng.uniform(size=len(true_s)) < 0.02) * rng.exponential(0.15)
    dev_ns = 5 * NS_PER_S + np.rint(true_s * (1 + ppm * 1e-6) * NS_PER_S)
    arrival_ns = np.rint((true_s + late_s) * NS_PER_S)
    return dev_ns.astype(np.int64), true_s, arrival_ns.astype(np.int64)


def stamped(seed: int, ppm: float, seconds: float = 180.0) -> np.ndarray:
    """Rows of error_s, bound_s, stamp_ns, dev_ns, synced."""
    aligner = ClockAligner()
    rows = []
    for dev, true_s, arrival in zip(*a_run(seed, ppm, seconds), strict=True):
        aligner.add(int(dev), ORIGIN_NS + int(arrival))
        stamp = aligner.stamp_ns(int(dev)) - ORIGIN_NS
        error_s = stamp / NS_PER_S - true_s
        bound_s = aligner.error_bound_s
        rows.append((error_s, bound_s, stamp, int(dev), aligner.is_synced))
    return np.array(rows, dtype=np.float64)


@pytest.mark.parametrize("ppm", [-60.0, 0.0, 60.0])
def test_the_error_bound_holds_in_nearly_all_moments(ppm: float) -> None:
    rows = np.vstack([stamped(seed, ppm) for seed in range(6)])
    known = np.isfinite(rows[:, 1])
    held = np.abs(rows[known, 0]) <= rows[known, 1]
    assert held.mean() > 0.95


def test_a_synced_clock_is_right_within_five_milliseconds() -> None:
    rows = stamped(7, 45.0)
    synced = rows[rows[:, 4] == 1]
    assert len(synced) > 0.5 * len(rows)
    assert np.abs(synced[:, 0]).max() < 0.005


def test_nothing_is_called_synced_from_the_first_packets() -> None:
    assert not stamped(3, 20.0, seconds=2.0)[:, 4].any()


def test_stamped_time_never_runs_backwards_nor_jumps() -> None:
    rows = stamped(11, -60.0)
    pace = np.diff(rows[:, 2]) / np.diff(rows[:, 3])
    assert pace.min() > 0.99
    assert pace.max() < 1.01


def test_the_slope_is_clamped_to_what_crystals_can_do() -> None:
    points = [(float(s), 0.001 * s) for s in range(200)]
    assert 0 < fit_lower_edge(points).slope <= MAX_SLOPE


def test_late_packets_do_not_move_the_lower_edge() -> None:
    quick = [(float(s), 0.02) for s in range(60)]
    mixed = [(s, y + (0.3 if s % 3 else 0.0)) for s, y in quick]
    assert fit_lower_edge(mixed).offset_s == pytest.approx(0.02, abs=1e-9)


def test_without_pairs_the_bound_is_infinite() -> None:
    assert math.isinf(ClockAligner().error_bound_s)


def test_the_rate_is_told_in_host_time() -> None:
    aligner = ClockAligner()
    for dev, _, arrival in zip(*a_run(1, 50.0, 200.0), strict=True):
        aligner.add(int(dev), ORIGIN_NS + int(arrival))
    assert aligner.rate_hz(200.0) == pytest.approx(200.0 * (1 + 50e-6), rel=40e-6)
