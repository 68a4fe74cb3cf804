from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.model import FloatArray, Slot
from contract.units import RAD_PER_DEG
from processing.contacts import ISOLATED, TOO_QUICK, WALKING
from processing.settings import CalibrationSettings, StrideSettings
from processing.shoe.bout import RunningFilter
from processing.shoe.calibration import calibrate
from processing.shoe.segment import StrideCutter
from processing.shoe.windows import StrideWindows

Simulate = Callable[..., Any]
RATE_HZ = 200.0
SETTINGS = StrideSettings()


def swings(times_s: list[float], end_s: float, height_dps: float = 400.0) -> FloatArray:
    """Foot-frame samples with one toe-up hump of .1 s at each of those times."""
    t_s = np.arange(round(end_s * RATE_HZ)) / RATE_HZ
    pitch_dps = np.full(len(t_s), -40.0)
    for middle_s in times_s:
        pitch_dps += (height_dps + 40) * np.exp(-(((t_s - middle_s) / 0.06) ** 2))
    samples = np.zeros((len(t_s), 6))
    samples[:, 2] = 9.81
    samples[:, 4] = -pitch_dps * RAD_PER_DEG
    return samples


def cut(samples: FloatArray, *ends: int) -> list[StrideWindows]:
    """Strides of samples that came in portions, and what the end let go."""
    cutter = StrideCutter(RATE_HZ, SETTINGS)
    parts = np.split(samples, sorted(ends))
    return [cutter.push(part) for part in parts] + [cutter.flush()]


def joined(parts: list[StrideWindows]) -> StrideWindows:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.followed_by(part)
    return whole


def inner(strides: StrideWindows) -> StrideWindows:
    return strides.select(~strides.is_edge)


def midswing_s(strides: StrideWindows) -> FloatArray:
    return (strides.start + strides.midswing) / RATE_HZ


TIMES_S = [2.0, 2.7, 3.41, 4.1, 4.8]


def test_strides_go_from_mid_swing_to_mid_swing() -> None:
    strides = inner(joined(cut(swings(TIMES_S, 8.0))))
    assert midswing_s(strides) == pytest.approx(TIMES_S[:-1], abs=0.011)
    assert strides.length / RATE_HZ == pytest.approx(np.diff(TIMES_S), abs=0.011)
    assert list(strides.number) == [0, 1, 2, 3]


def test_the_stances_before_the_first_and_after_the_last_swing_are_cut_too() -> None:
    strides = joined(cut(swings(TIMES_S, 8.0)))
    assert list(strides.is_edge) == [True, False, False, False, False, True]
    assert list(strides.number) == [-1, 0, 1, 2, 3, 4]


def test_a_window_holds_the_samples_around_its_stride() -> None:
    samples = swings(TIMES_S, 8.0)
    strides = inner(joined(cut(samples)))
    assert strides.samples.shape[1:] == (round(1.6 * RATE_HZ), 6)
    for k in range(strides.count):
        start = strides.start[k]
        expected = samples[start : start + strides.samples.shape[1]]
        assert np.array_equal(strides.samples[k], expected)


def test_humps_that_are_too_low_are_no_strides() -> None:
    assert joined(cut(swings(TIMES_S, 8.0, SETTINGS.floor_dps * 0.8))).count == 0


def test_a_hump_much_lower_than_the_others_is_no_stride() -> None:
    low = swings([3.05], 8.0, 150.0) - swings([], 8.0)
    strides = inner(joined(cut(swings(TIMES_S, 8.0) + low)))
    assert midswing_s(strides) == pytest.approx(TIMES_S[:-1], abs=0.011)


def test_of_two_humps_too_close_the_higher_counts() -> None:
    twin = swings([2.9], 8.0, 250.0) - swings([], 8.0)
    strides = inner(joined(cut(swings(TIMES_S, 8.0) + twin)))
    assert midswing_s(strides) == pytest.approx(TIMES_S[:-1], abs=0.015)


def test_standing_gives_no_strides() -> None:
    assert joined(cut(swings([], 5.0))).count == 0


def test_no_samples_give_no_strides() -> None:
    assert joined(cut(np.empty((0, 6)))).count == 0


def test_a_single_swing_gives_no_stride() -> None:
    assert joined(cut(swings([2.0], 5.0))).count == 0


def test_strides_come_out_while_the_run_goes_on() -> None:
    """The second stride is there 1.3 s after its mid-swing, not at the end."""
    first, *_ = cut(swings(TIMES_S, 8.0), round(4.3 * RATE_HZ))
    assert inner(first).count == 2


def test_memory_does_not_grow_with_the_run() -> None:
    cutter = StrideCutter(RATE_HZ, SETTINGS)
    times = list(np.arange(2.0, 120.0, 0.7))
    held = []
    for part in np.array_split(swings(times, 121.0), 240):
        cutter.push(part)
        held.append(len(cutter._kept))
    assert max(held) < 4 * RATE_HZ
    cutter = StrideCutter(RATE_HZ, SETTINGS)
    for part in np.array_split(swings([], 60.0), 60):
        cutter.push(part)
    assert len(cutter._kept) < 4 * RATE_HZ


@given(data=st.data())
@settings(max_examples=25)
def test_strides_do_not_depend_on_the_portions(
    simulate: Simulate, data: st.DataObject
) -> None:
    samples = simulate(3, 25.0).samples(Slot.LEFT)
    calibration = calibrate(samples, RATE_HZ, CalibrationSettings())
    assert calibration is not None
    foot = calibration.frame.apply(samples)
    whole = joined(cut(foot))
    assert whole.count > 20
    ends = data.draw(st.lists(st.integers(0, len(foot)), max_size=60))
    parts = joined(cut(foot, *ends))
    for field in fields(StrideWindows):
        assert np.array_equal(getattr(parts, field.name), getattr(whole, field.name))


@pytest.mark.parametrize("seed", [1, 5, 11])
def test_every_stride_of_a_run_is_cut_once(simulate: Simulate, seed: int) -> None:
    run = simulate(seed, 30.0)
    samples = run.samples(Slot.RIGHT)
    calibration = calibrate(samples, RATE_HZ, CalibrationSettings())
    assert calibration is not None
    strides = joined(cut(calibration.frame.apply(samples)))
    begins = midswing_s(strides)
    contacts = [s.t_ic_s for s in run.truth.steps if s.side is Slot.RIGHT]
    per_stride, _ = np.histogram(contacts, np.append(begins, np.inf))
    assert (per_stride[~strides.is_edge] == 1).all()
    assert sum(per_stride) >= len(contacts) - 1


def strides_of(*seconds: float, edge: bool = False, first: int = 0) -> StrideWindows:
    """Strides of those lengths, without any signal, numbered from ``first``."""
    n = len(seconds)
    length = np.array(seconds) * RATE_HZ
    return StrideWindows(
        samples=np.zeros((n, 4, 6)),
        start=np.arange(n, dtype=np.intp),
        midswing=np.zeros(n),
        length=length,
        number=np.arange(first, first + n, dtype=np.intp),
        is_edge=np.full(n, edge),
        rate_hz=RATE_HZ,
    )


def sorted_out(
    filter_: RunningFilter, *seconds: float, first: int = 0
) -> tuple[list[float], list[tuple[int, str]]]:
    passed, dropped = filter_.push(strides_of(*seconds, first=first))
    lengths = [round(float(x) / RATE_HZ, 3) for x in passed.length]
    return lengths, [(d.count, why) for d, why in dropped]


@pytest.mark.parametrize(
    ("seconds", "why"), [(0.40, TOO_QUICK), (0.96, WALKING), (1.5, WALKING)]
)
def test_each_stride_that_is_not_running_says_why(seconds: float, why: str) -> None:
    assert sorted_out(RunningFilter(SETTINGS), seconds) == ([], [(1, why)])


def test_running_strides_wait_for_company_and_then_pass_together() -> None:
    running = RunningFilter(SETTINGS)
    assert sorted_out(running, 0.7, 0.71) == ([], [])
    assert sorted_out(running, 0.72, first=2) == ([0.7, 0.71, 0.72], [])
    assert sorted_out(running, 0.73, first=3) == ([0.73], [])


def test_two_quick_strides_within_a_walk_are_no_run() -> None:
    running = RunningFilter(SETTINGS)
    passed, dropped = sorted_out(running, 1.1, 0.7, 0.7, 1.1)
    assert passed == []
    assert dropped == [(1, WALKING), (2, ISOLATED), (1, WALKING)]


def test_strides_that_never_found_company_are_given_up_at_the_end() -> None:
    running = RunningFilter(SETTINGS)
    running.push(strides_of(0.7, 0.7))
    ((held, why),) = running.flush()
    assert (held.count, why) == (2, ISOLATED)
    assert running.flush() == []


def test_guessed_strides_at_the_edge_are_no_company() -> None:
    running = RunningFilter(SETTINGS)
    running.push(strides_of(0.7, edge=True))
    assert sorted_out(running, 0.7, 0.7, first=1) == ([], [])
    assert sorted_out(running, 0.7, first=3)[0] == [0.7] * 4


def test_strides_on_both_sides_of_a_pause_are_no_company_for_each_other() -> None:
    running = RunningFilter(SETTINGS)
    assert sorted_out(running, 0.7, 0.7) == ([], [])
    assert sorted_out(running, 0.7, 0.7, first=5) == ([], [(2, ISOLATED)])


def test_a_guessed_stride_that_leads_nowhere_is_no_loss() -> None:
    running = RunningFilter(SETTINGS)
    running.push(strides_of(1.3, edge=True))
    running.push(strides_of(0.7, edge=True, first=1))
    assert running.flush() == []


def with_pause(samples: np.ndarray, at_s: float, pause_s: float) -> np.ndarray:
    """The same samples, standing as at the start for a while from a time on."""
    at = round(at_s * RATE_HZ)
    still = np.tile(samples[50], (round(pause_s * RATE_HZ), 1))
    return np.concatenate([samples[:at], still, samples[at:]])


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_pause_cuts_the_same_strides_in_any_portions(
    simulate: Simulate, data: st.DataObject
) -> None:
    samples = with_pause(simulate(3, 30.0).samples(Slot.LEFT), 17.0, 6.0)
    calibration = calibrate(samples, RATE_HZ, CalibrationSettings())
    assert calibration is not None
    foot = calibration.frame.apply(samples)
    whole = joined(cut(foot))
    ends = data.draw(st.lists(st.integers(0, len(foot)), max_size=60))
    parts = joined(cut(foot, *ends))
    for field in fields(StrideWindows):
        assert np.array_equal(getattr(parts, field.name), getattr(whole, field.name))
    apart = np.diff(whole.number)[np.diff(whole.start) > 3 * RATE_HZ]
    assert (apart > 1).all()
    assert len(apart) == 1


def test_an_hour_of_standing_is_not_kept(simulate: Simulate) -> None:
    samples = simulate(3, 20.0).samples(Slot.LEFT)
    cutter = StrideCutter(RATE_HZ, SETTINGS)
    cutter.push(samples)
    for _ in range(60):
        cutter.push(np.tile(samples[50], (round(60 * RATE_HZ), 1)))
    assert len(cutter._kept) < 10 * RATE_HZ
