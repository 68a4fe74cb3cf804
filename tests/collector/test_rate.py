import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from collector.rate import RateMeter
from contract.units import NS_PER_S


def fed(
    nominal_hz: float,
    real_hz: float,
    seconds: float,
    *,
    per_packet: int = 10,
    stamp_ns: int = 1,
    jitter_s: float = 0.0,
) -> RateMeter:
    """A meter that has heard packets whose stamps are rounded down, as sensors do."""
    rng = np.random.default_rng(5)
    meter = RateMeter(nominal_hz)
    for k in range(round(seconds * real_hz / per_packet)):
        s = 7.0 + k * per_packet / real_hz + rng.uniform(-1, 1) * jitter_s
        meter.add(round(s * NS_PER_S) // stamp_ns * stamp_ns, per_packet)
    return meter


def test_a_sensor_sold_as_200_hz_that_samples_208_times_is_found_out() -> None:
    assert fed(200.0, 208.0, 5.0).rate_hz == pytest.approx(208.0, rel=1e-6)


def test_before_two_seconds_the_label_stands() -> None:
    meter = fed(200.0, 208.0, 1.9)
    assert not meter.is_measured
    assert meter.rate_hz == 200.0
    assert fed(200.0, 208.0, 2.3).is_measured


@pytest.mark.parametrize(("nominal_hz", "per_packet"), [(200.0, 4), (208.0, 8)])
def test_stamps_in_whole_milliseconds_give_the_rate_to_a_thousandth(
    nominal_hz: float, per_packet: int
) -> None:
    """ORPHE and Movesense stamp in ms."""
    meter = fed(nominal_hz, 207.3, 2.5, per_packet=per_packet, stamp_ns=1_000_000)
    assert meter.rate_hz == pytest.approx(207.3, rel=1e-3)
    longer = fed(nominal_hz, 207.3, 60.0, per_packet=per_packet, stamp_ns=1_000_000)
    assert longer.rate_hz == pytest.approx(207.3, rel=1e-5)


def test_jitter_of_the_stamps_averages_out() -> None:
    assert fed(416.0, 410.0, 30.0, jitter_s=0.004).rate_hz == pytest.approx(
        410.0, rel=1e-3
    )


@pytest.mark.parametrize("is_told", [True, False])
def test_what_a_gap_swallowed_does_not_slow_the_rate(is_told: bool) -> None:
    meter = RateMeter(200.0)
    rng = np.random.default_rng(2)
    is_after_gap = False
    for k in range(600):
        if rng.uniform() < 0.2:
            is_after_gap = True
            continue
        stamp_ns = round(k * 10 / 208.0 * NS_PER_S)
        meter.add(stamp_ns, 10, is_after_gap=is_after_gap and is_told)
        is_after_gap = False
    assert meter.rate_hz == pytest.approx(208.0, rel=1e-6)


def test_a_clock_that_is_set_in_the_middle_changes_nothing() -> None:
    meter = RateMeter(208.0)
    for k in range(200):
        ahead_s = 3600.0 if k >= 90 else 0.0
        meter.add(round((ahead_s + k * 10 / 205.0) * NS_PER_S), 10)
    assert meter.rate_hz == pytest.approx(205.0, rel=1e-6)


def test_a_rate_far_off_the_label_is_clamped() -> None:
    assert fed(200.0, 255.0, 10.0).rate_hz == pytest.approx(240.0)


def test_packets_of_any_size_count() -> None:
    meter, sample = RateMeter(100.0), 0
    for n in np.random.default_rng(1).integers(1, 20, 200).tolist():
        meter.add(round(sample / 104.0 * NS_PER_S), n)
        sample += n
    assert meter.rate_hz == pytest.approx(104.0, rel=1e-6)


@given(
    st.lists(
        st.tuples(st.integers(-(2**62), 2**62), st.integers(0, 300), st.booleans())
    )
)
def test_whatever_stamps_come_the_rate_stays_near_the_label(
    packets: list[tuple[int, int, bool]],
) -> None:
    meter = RateMeter(200.0)
    for dev_ns, n, is_after_gap in packets:
        meter.add(dev_ns, n, is_after_gap=is_after_gap)
        assert 160.0 <= meter.rate_hz <= 240.0
