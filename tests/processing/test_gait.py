"""From strides to contacts: turned sensors, slips, stops, gaps, heels, other rates."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from collector.simulated.course import Course, Segment
from collector.simulated.traits import draw_runner
from collector.simulated.worn import Slip, Worn
from contract.model import FloatArray, FrameFlag, ImuBatch, Slot, samples_of
from contract.rows import EventRow, QualityRow, StepRow
from contract.units import NS_PER_S
from processing.offline import all_rows, analyse_frames
from processing.pipeline import FEET, SessionAnalysis
from tests.processing.simulated_run import SimulatedRun, clean, make_run, meta_of

Simulate = Callable[..., SimulatedRun]
NEAR_S = 0.060


def rows_of(run: SimulatedRun) -> list[Any]:
    return all_rows(analyse_frames(run.meta, run.frames()))


def analysed(run: SimulatedRun) -> SessionAnalysis:
    analysis = analyse_frames(run.meta, run.frames()).analysis
    assert analysis is not None
    return analysis


def quality_of(rows: list[Any]) -> dict[str, QualityRow]:
    return {row.side: row for row in rows if isinstance(row, QualityRow)}


def steps_of(rows: list[Any]) -> list[StepRow]:
    return sorted(
        (row for row in rows if isinstance(row, StepRow)),
        key=lambda row: (row.side, row.time_ns),
    )


def share_found(run: SimulatedRun, slot: Slot) -> float:
    """Share of true contacts of a foot that the analysis found."""
    found_s = analysed(run).steps()[slot].ic_ns / NS_PER_S
    true_s = np.array([s.t_ic_s for s in run.truth.steps if s.side is slot])
    away = np.abs(true_s[:, None] - found_s[None]).min(axis=1)
    return float((away < NEAR_S).mean())


@pytest.fixture(scope="module")
def straight(simulate: Simulate) -> SimulatedRun:
    return simulate(5, 40.0)


@pytest.fixture(scope="module")
def straight_steps(straight: SimulatedRun) -> dict[Slot, Any]:
    return exact(straight, np.eye(3))


def exact(run: SimulatedRun, turn: FloatArray) -> dict[Slot, Any]:
    """Steps of the run as a sensor without noise of its own saw it, turned so.

    The samples go in as floating point numbers: counts would be rounded anew in the
    turned axes, which is the sensor's noise and not the analysis'.
    """
    analysis = SessionAnalysis(run.meta)
    for slot, own in run.batches.items():
        analysis.push(slot, [_Turned.of(batch, turn) for batch in own])
    analysis.flush()
    return dict(analysis.steps())


class _Turned(ImuBatch):
    """A batch whose samples are those of another one in turned axes."""

    @classmethod
    def of(cls, batch: ImuBatch, turn: FloatArray) -> "_Turned":
        values = {f.name: getattr(batch, f.name) for f in fields(batch)}
        samples = batch.si()
        both = np.hstack([samples[:, :3] @ turn.T, samples[:, 3:] @ turn.T])
        # Unit counts: the numbers themselves, not rounded to whole ones.
        ones = {"acc_lsb_mps2": 1.0, "gyro_lsb_rps": 1.0, "counts": both}
        return cls(**(values | ones))


@given(st.integers(0, 2**32 - 1))  # as seeds of numpy go
@settings(max_examples=6)
def test_however_a_sensor_is_turned_the_steps_are_the_same(
    straight: SimulatedRun, straight_steps: dict[Slot, Any], seed: int
) -> None:
    turn = Rotation.random(random_state=seed).as_matrix()
    turned = exact(straight, turn)
    for slot in FEET:
        for field in fields(turned[slot]):
            one = getattr(straight_steps[slot], field.name)
            other = getattr(turned[slot], field.name)
            size = np.nanmax(np.abs(one[np.isfinite(one)]), initial=1.0)
            close = partial(np.allclose, rtol=0, atol=1e-6 * size, equal_nan=True)
            assert close(one, other), field.name


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_a_sensor_that_sits_upside_down_or_backwards_gives_the_same_figures(
    straight: SimulatedRun, straight_steps: dict[Slot, Any], axis: str
) -> None:
    turn = Rotation.from_euler(axis, 180, degrees=True).as_matrix()
    turned = exact(straight, turn)
    for slot in FEET:
        one, other = straight_steps[slot], turned[slot]
        assert np.abs(one.ic_ns - other.ic_ns).max() < 1000
        for name in ("contact_time_s", "strike_angle_deg", "pronation_excursion_deg"):
            a, b = getattr(one, name), getattr(other, name)
            assert np.allclose(a, b, rtol=0, atol=1e-5, equal_nan=True), name
        assert np.isfinite(other.pronation_excursion_deg).mean() > 0.9


def test_a_stop_in_the_middle_is_no_step_and_running_goes_on_after_it() -> None:
    course = Course((Segment("run", 25.0), Segment("stand", 8.0), Segment("run", 25.0)))
    run = make_run(draw_runner(5), 5, 60.0, clean(course=course), meta_of("s1"))
    steps = analysed(run).steps()
    stop_s = (4 + 25 + 3, 4 + 25 + 8 - 1)
    for slot in FEET:
        at_s = steps[slot].ic_ns / NS_PER_S
        assert not ((at_s > stop_s[0]) & (at_s < stop_s[1])).any()
        assert (at_s > stop_s[1]).sum() > 15
        assert share_found(run, slot) > 0.9
    assert quality_of(rows_of(run))["left"].near_gaps == 0


@pytest.fixture(scope="module")
def slipped() -> SimulatedRun:
    """The left sensor turns by 35 degrees on its shoe after 45 s."""
    slip = Slip(45.0, 35.0, axis=(1.0, 0.0, 0.0))
    worn = {Slot.LEFT: Worn(slip=slip)}
    return make_run(draw_runner(5), 5, 90.0, clean(worn=worn), meta_of("s1"))


def test_a_sensor_that_slips_is_said_with_its_time_and_angle(
    slipped: SimulatedRun,
) -> None:
    events = [r for r in rows_of(slipped) if isinstance(r, EventRow)]
    assert [(e.side, e.kind) for e in events] == [("left", "slip")]
    at_s = (events[0].time_ns - slipped.meta.origin_ns) / NS_PER_S
    assert at_s == pytest.approx(45.0, abs=3.0)
    angle_deg = float(events[0].text.partition("by ")[2].partition(" deg")[0])
    assert angle_deg == pytest.approx(35, abs=6)


def test_angles_go_on_after_a_slip_as_they_were_before(
    slipped: SimulatedRun,
) -> None:
    steps = analysed(slipped).steps()[Slot.LEFT]
    at_s = steps.ic_ns / NS_PER_S
    known = np.isfinite(steps.strike_angle_deg)
    before, after = known & (at_s < 44), known & (at_s > 60)
    assert before.sum() > 15
    assert after.sum() > 15
    assert not known.all(), "the angles around the slip are left out"
    for name in ("strike_angle_deg", "pronation_excursion_deg"):
        figure = getattr(steps, name)
        shift = np.nanmedian(figure[after]) - np.nanmedian(figure[before])
        assert abs(shift) < 3.0, name


def test_a_slip_costs_no_contact(slipped: SimulatedRun) -> None:
    assert share_found(slipped, Slot.LEFT) > 0.95


@pytest.mark.parametrize("seed", [2, 5, 9])
def test_a_heel_mount_is_refused_with_its_reason(seed: int) -> None:
    worn = {slot: Worn(place="heel") for slot in FEET}
    run = make_run(draw_runner(seed), seed, 40.0, clean(worn=worn), meta_of("s1"))
    rows = rows_of(run)
    for row in quality_of(rows).values():
        assert row.activity == "unknown"
        assert "perhaps it is at the heel" in row.calibration
    assert steps_of(rows) == []


def test_at_100_hz_the_figures_are_those_of_200_hz() -> None:
    traits = draw_runner(5)
    fast, slow = (
        analysed(make_run(traits, 5, 40.0, clean(rate_hz=rate), meta_of("s1"))).steps()
        for rate in (200.0, 100.0)
    )
    for slot in FEET:
        assert len(slow[slot].ic_ns) == pytest.approx(len(fast[slot].ic_ns), abs=1)
        for name, most in (
            ("contact_time_s", 0.010),
            # Half a sample, 5 ms, of a foot that comes down at 800 deg/s.
            ("strike_angle_deg", 4.0),
            ("pronation_excursion_deg", 2.0),
            ("stride_length_m", 0.08),
        ):
            one, two = (np.nanmedian(getattr(s[slot], name)) for s in (fast, slow))
            assert abs(one - two) < most, name


def test_clocks_nobody_knows_withhold_what_compares_the_feet(
    straight: SimulatedRun,
) -> None:
    known = straight.changed(
        lambda b: replace(b, flags=b.flags | FrameFlag.CLOCK_SYNCED)
    )
    unknown = straight.changed(
        lambda b: replace(b, flags=b.flags & ~FrameFlag.CLOCK_SYNCED)
    )
    for run, is_known in ((known, True), (unknown, False)):
        rows = rows_of(run)
        inner = sorted(steps_of(rows), key=lambda row: row.time_ns)[4:-4]
        assert len(inner) > 80
        for name in ("flight_time_s", "step_time_s", "impulse_bws", "peak_force_bw"):
            assert {getattr(r, name) is not None for r in inner} == {is_known}, name
        for quality in quality_of(rows).values():
            assert ("flight time, step time" in quality.withheld) is not is_known


def test_strides_that_fell_into_a_gap_are_counted_for_their_foot(
    straight: SimulatedRun,
) -> None:
    gone = range(200, 216)  # 1.6 s
    left = [b for b in straight.batches[Slot.LEFT] if b.seq not in gone]
    after = left[gone.start]
    left[gone.start] = replace(after, flags=after.flags | FrameFlag.GAP_BEFORE)
    left = [replace(b, seq=seq) for seq, b in enumerate(left)]
    run = replace(straight, batches=straight.batches | {Slot.LEFT: left})
    quality = quality_of(rows_of(run))
    assert (quality["left"].gaps, quality["right"].gaps) == (1, 0)
    assert quality["left"].lost_s == pytest.approx(1.6, abs=0.05)
    stride_s = 120.0 / straight.truth.cadence_spm
    near_gaps = quality["left"].near_gaps
    assert 1.6 / stride_s - 1 <= near_gaps <= 1.6 / stride_s + 3
    assert quality["right"].near_gaps == 0
    assert quality["left"].steps + near_gaps == pytest.approx(
        quality["right"].steps, abs=2
    )


def test_samples_of_one_stretch_lie_in_one_piece(straight: SimulatedRun) -> None:
    joined = samples_of(straight.batches[Slot.LEFT])
    assert np.array_equal(joined, straight.samples(Slot.LEFT))
