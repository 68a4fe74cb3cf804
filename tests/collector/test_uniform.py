"""Times on an even grid: gaps cut, small holes filled, a drifting clock followed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.uniform import regularise


def test_two_missing_samples_are_filled_in_linearly() -> None:
    t_s = np.delete(np.arange(100) / 200, [40, 41])
    samples = np.repeat(t_s[:, None], 6, axis=1)
    (segment,) = regularise(t_s, samples, 200.0)
    assert segment.n_filled == 2
    assert np.allclose(segment.samples[:, 0], np.arange(100) / 200, atol=1e-12)
    assert segment.rate_hz == 200.0


def test_a_slight_rate_error_does_not_accumulate() -> None:
    true_hz = 204.79
    t_s = np.round(np.arange(204_800) / true_hz, 5)
    (segment,) = regularise(t_s, np.zeros((len(t_s), 6)), 204.8)
    assert segment.rate_hz == 204.8  # within 100 ppm
    assert np.abs(segment.t_s - t_s).max() < 1e-4


def test_a_larger_rate_error_gives_the_measured_rate() -> None:
    t_s = np.arange(20_000) / 199.0
    (segment,) = regularise(t_s, np.zeros((len(t_s), 6)), 200.0)
    assert segment.rate_hz == pytest.approx(199.0, rel=1e-6)
    assert not segment.is_resampled


def test_a_clock_that_drifts_keeps_its_samples_and_times() -> None:
    spacing_s = 0.005 * (1 + 40e-6 * np.sin(np.arange(400_000) / 50_000))
    t_s = np.concatenate([[0.0], np.cumsum(spacing_s)])
    samples = np.random.default_rng(1).normal(size=(len(t_s), 6))
    (segment,) = regularise(t_s, samples, 200.0)
    assert np.array_equal(segment.samples, samples)
    assert np.abs(segment.t_s - t_s).max() < 1e-3


def test_stamps_in_milliseconds_leave_the_samples_alone() -> None:
    t_s = np.floor(1000 * np.arange(2000) / 204.8) / 1000
    samples = np.random.default_rng(2).normal(size=(2000, 6))
    (segment,) = regularise(t_s, samples, 204.8)
    assert np.array_equal(segment.samples, samples)
    assert np.ptp(np.diff(segment.t_s)) < 1e-9


def test_times_on_no_grid_are_interpolated_where_they_stand() -> None:
    chance = np.random.default_rng(3)
    t_s = np.cumsum(chance.uniform(0.004, 0.016, size=500))
    samples = np.repeat(3 * t_s[:, None], 6, axis=1)
    (segment,) = regularise(t_s, samples, 100.0)
    assert segment.is_resampled
    assert np.allclose(segment.samples[:, 0], 3 * segment.t_s)
    assert np.allclose(np.diff(segment.t_s), 0.01)


@given(
    steps=st.lists(st.integers(1, 8), min_size=1, max_size=60),
    rate_hz=st.sampled_from([100.0, 128.0, 200.0, 204.8]),
    jitter_seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_segments_cover_all_samples_in_order_and_evenly(
    steps: list[int], rate_hz: float, jitter_seed: int
) -> None:
    chance = np.random.default_rng(jitter_seed)
    places = np.concatenate([[0], np.cumsum(steps)])
    t_s = (places + chance.uniform(-0.04, 0.04, len(places))) / rate_hz
    samples = chance.normal(size=(len(places), 6))
    segments = regularise(t_s, samples, rate_hz)
    assert len(segments) == 1 + sum(step > 3 for step in steps)
    kept = np.concatenate([segment.samples for segment in segments])
    assert {tuple(row) for row in samples} <= {tuple(row) for row in kept}
    assert all(
        np.ptp(np.diff(segment.t_s)) < 0.3 / rate_hz
        for segment in segments
        if len(segment.t_s) > 1
    )
    starts = np.concatenate([segment.t_s for segment in segments])
    assert (np.diff(starts) > 0).all()
