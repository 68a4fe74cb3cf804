import numpy as np
import pytest

from collector.devices.sample_clock import SampleClock

LABEL_HZ = 200.0


def run_of(
    rate_hz: float, seconds: float, *, jitter_ms: float = 8.0, seed: int = 1
) -> tuple[np.ndarray, np.ndarray, int]:
    """True and found times of the last samples, and the losses that were told."""
    clock, rng = SampleClock(LABEL_HZ), np.random.default_rng(seed)
    true_s = np.arange(3, seconds * rate_hz, 3) / rate_hz
    arrival_s = np.maximum.accumulate(
        true_s + 0.012 + rng.exponential(jitter_ms / 1000, len(true_s))
    )
    found, lost = [], 0
    for arrival in arrival_s:
        t_ns, told = clock.times(3, round(arrival * 1e9))
        assert len(t_ns) == 3
        assert np.all(np.diff(t_ns) > 0)
        assert not found or t_ns[0] > found[-1]
        found.append(int(t_ns[-1]))
        lost += told
    return true_s, np.array(found) / 1e9, lost


@pytest.mark.parametrize("rate_hz", [192.0, 197.0, 200.0, 203.0, 208.0])
def test_a_rate_that_is_not_the_label_is_learned_and_is_no_loss(rate_hz: float) -> None:
    true_s, found_s, lost = run_of(rate_hz, 60)
    assert lost == 0
    late = slice(len(true_s) // 2, None)
    slope = np.polyfit(true_s[late], found_s[late], 1)[0]
    assert slope == pytest.approx(1, abs=1e-3)
    assert np.abs(found_s[late] - true_s[late] - 0.012).max() < 0.03


def test_a_radio_that_holds_all_back_and_then_delivers_it_is_no_loss() -> None:
    clock = SampleClock(LABEL_HZ)
    told = 0
    for k in range(1, 2000):
        due_ns = k * 15_000_000
        arrival_ns = max(due_ns, 12_000_000_000) if due_ns > 9_000_000_000 else due_ns
        told += clock.times(3, arrival_ns)[1]
    assert told == 0


@pytest.mark.parametrize(("missing", "told"), [(2, 0), (5, 5), (100, 100)])
def test_what_stays_away_for_a_second_is_lost(missing: int, told: int) -> None:
    clock = SampleClock(LABEL_HZ)
    lost = 0
    for k in range(1, 2000):
        if not 1200 <= k < 1200 + missing:
            lost += clock.times(3, k * 15_000_000)[1]
    assert lost == pytest.approx(told, abs=1 + 0.02 * told)


def test_notifications_that_come_twice_do_not_run_away() -> None:
    clock = SampleClock(LABEL_HZ)
    for k in range(1, 1000):
        for _ in range(2):
            t_ns, lost = clock.times(3, k * 15_000_000)
            assert lost == 0
    assert t_ns[-1] == pytest.approx(1000 * 15e6, abs=50e6)
