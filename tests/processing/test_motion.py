from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.model import FloatArray, Slot
from contract.units import STANDARD_GRAVITY_MPS2
from processing.contacts import StepMotion
from processing.pressure import medial_shares, zone_shares
from processing.settings import MotionSettings, PronationSettings
from processing.shoe.motion import (
    ContactTimes,
    measure_motion,
    strike_type,
)
from processing.shoe.pronation import CELLS, measure_pronation
from processing.shoe.shock import measure_shock
from processing.shoe.stances import find_stances
from processing.shoe.windows import StrideWindows
from tests.processing.simulated_strides import FEET, RATE_HZ, TrueStrides, true_strides

SEEDS = (1, 2, 4)
HARD_LANDER = 2
"""Lands with more than 30 g on middle or forefoot: beyond the usual range of 16 g."""
NAMES = [f.name for f in fields(StepMotion)]
ANGLES = [n for n in NAMES if n.endswith(("_deg", "_dps"))]


def error(run: TrueStrides, name: str) -> FloatArray:
    return np.asarray(getattr(run.measured(), name) - run.truth(name))


@pytest.mark.parametrize("slot", FEET)
@pytest.mark.parametrize("seed", SEEDS)
class TestASimulatedRunnersMotionIsMeasured:
    """Within what a sensor that is 1 % wrong in scale leaves."""

    def test_strike_angle(self, seed: int, slot: Slot) -> None:
        assert np.abs(error(true_strides(seed, slot), "strike_angle_deg")).max() < 2.0

    def test_pitch_at_toe_off(self, seed: int, slot: Slot) -> None:
        off = error(true_strides(seed, slot), "pitch_at_toe_off_deg")
        assert np.abs(off).max() < 3.0

    def test_pronation_excursion(self, seed: int, slot: Slot) -> None:
        off = error(true_strides(seed, slot), "pronation_excursion_deg")
        assert np.abs(off).max() < 0.5

    def test_toe_out(self, seed: int, slot: Slot) -> None:
        assert np.abs(error(true_strides(seed, slot), "toe_out_deg")).max() < 2.0

    def test_stride_length(self, seed: int, slot: Slot) -> None:
        run = true_strides(seed, slot)
        share = error(run, "stride_length_m") / run.truth("stride_length_m")
        assert abs(np.median(share)) < 0.02
        assert np.abs(share).max() < 0.05

    def test_speed(self, seed: int, slot: Slot) -> None:
        run = true_strides(seed, slot)
        share = error(run, "speed_mps") / run.truth("speed_mps")
        assert abs(np.median(share)) < 0.03

    def test_the_foot_everts_first(self, seed: int, slot: Slot) -> None:
        motion = true_strides(seed, slot).measured()
        assert (motion.landing_eversion_deg > 1).all()
        assert (motion.pronation_velocity_dps > 0).all()
        assert (motion.pronation_time_pct > 5).all()
        assert (motion.pronation_time_pct <= 60).all()


def mirrored(strides: StrideWindows) -> StrideWindows:
    """The same run seen in a mirror: left and right are exchanged."""
    return replace(strides, samples=strides.samples * [1, -1, 1, -1, 1, -1])


def test_a_runner_and_their_mirror_image_move_alike() -> None:
    run = true_strides(1, Slot.LEFT)
    other = mirrored(run.strides)
    seen = measure_motion(other, find_stances(other), run.times, -1.0, MotionSettings())
    own = run.measured()
    for name in NAMES:
        found, true = getattr(seen, name), getattr(own, name)
        np.testing.assert_allclose(found, true, rtol=1e-9, atol=1e-9, err_msg=name)


def test_a_sensor_on_the_other_foot_sees_the_foot_invert_first() -> None:
    run = true_strides(1, Slot.LEFT)
    stances = find_stances(run.strides)
    seen = measure_motion(run.strides, stances, run.times, -1.0, MotionSettings())
    assert (seen.landing_eversion_deg < 0).all()


def test_a_stride_alone_has_the_same_bits_as_among_others() -> None:
    run = true_strides(4, Slot.RIGHT)
    together = run.measured()
    for k in range(run.strides.count):
        one = slice(k, k + 1)
        strides = run.strides.select(one)
        cut = run.times.next_clipped
        times = ContactTimes(
            run.times.initial_contact[one],
            run.times.toe_off[one],
            run.times.clipped[one],
            None if cut is None else cut[one],
        )
        alone = run.motion_of(strides, find_stances(strides), times)
        for name in NAMES:
            single, among = getattr(alone, name)[0], getattr(together, name)[k]
            assert np.array_equal(single, among), name


def test_a_stance_without_a_next_one_has_a_shock_but_no_angles() -> None:
    run = true_strides(1, Slot.LEFT)
    edges = replace(run.strides, is_edge=np.ones(run.strides.count, bool))
    motion = run.motion_of(edges, find_stances(edges), run.times)
    for name in (*ANGLES, "stride_length_m", "speed_mps", "medial_share"):
        assert np.isnan(getattr(motion, name)).all(), name
    assert np.isfinite(motion.impact_g).all()


def disturbed(run: TrueStrides, change: Callable[[FloatArray], None]) -> StepMotion:
    """Motion where something was done to the samples [S, L, 6]."""
    samples = run.strides.samples.copy()
    change(samples)
    strides = replace(run.strides, samples=samples)
    return run.motion_of(strides, find_stances(strides), run.times)


def more_force(samples: FloatArray) -> None:
    samples[:, :, :3] *= 1.15


def far_more_force(samples: FloatArray) -> None:
    samples[:, :, :3] *= 1.6


def knock_in_swing(samples: FloatArray) -> None:
    """Turn the sensor 30 deg within 50 ms, and not back."""
    samples[:, 195:205, 3] += np.radians(30) / 0.050


def test_angles_come_from_the_flat_foot_where_the_force_is_not_one_g() -> None:
    run = true_strides(1, Slot.LEFT)
    motion = disturbed(run, more_force)
    off = motion.strike_angle_deg - run.truth("strike_angle_deg")
    assert np.isfinite(off).all()
    assert np.abs(off).max() < 4.0


@pytest.mark.parametrize("change", [far_more_force, knock_in_swing])
def test_nothing_is_said_where_an_end_of_the_stride_was_no_midstance(
    change: Callable[[FloatArray], None],
) -> None:
    """Force far from one g, or a sole that does not come back to its tilt."""
    motion = disturbed(true_strides(1, Slot.LEFT), change)
    for name in (*ANGLES, "stride_length_m", "speed_mps", "medial_share"):
        assert np.isnan(getattr(motion, name)).all(), name
    assert np.isfinite(motion.impact_g).all()


@pytest.mark.parametrize("slot", FEET)
class TestWhereTheSensorsRangeCutsTheImpactOff:
    def test_the_strike_angle_is_taken_from_the_flat_foot(self, slot: Slot) -> None:
        run = true_strides(HARD_LANDER, slot, acc_range_g=16.0)
        assert run.times.is_force_cut.mean() > 0.8
        off = error(run, "strike_angle_deg")
        assert np.isfinite(off).all()
        assert abs(np.median(off)) < 3.0

    def test_pronation_is_hardly_touched(self, slot: Slot) -> None:
        run = true_strides(HARD_LANDER, slot, acc_range_g=16.0)
        assert np.abs(error(run, "pronation_excursion_deg")).max() < 0.5

    def test_the_stride_length_is_that_of_a_foot_flat_at_midstance(
        self, slot: Slot
    ) -> None:
        run = true_strides(HARD_LANDER, slot, acc_range_g=16.0)
        share = error(run, "stride_length_m") / run.truth("stride_length_m")
        assert np.isfinite(share).all()
        assert abs(np.median(share)) < 0.03

    def test_it_is_marked(self, slot: Slot) -> None:
        run = true_strides(HARD_LANDER, slot, acc_range_g=16.0)
        assert np.array_equal(run.measured().is_clipped, run.times.clipped)


@pytest.mark.parametrize(
    ("angle_deg", "word"),
    [(20, "heel"), (8.1, "heel"), (8, "middle"), (0, "middle"), (-1.6, "middle"),
     (-1.7, "forefoot"), (-15, "forefoot")],
)  # fmt: skip
def test_a_foot_strike_is_named_by_its_angle(angle_deg: float, word: str) -> None:
    assert strike_type(angle_deg) == word


def course(shape: FloatArray) -> FloatArray:
    """Eversion of one contact of 0.25 s."""
    return shape[None, :]


CONTACT_S = np.array([0.25])


def test_pronation_is_measured_from_contact_to_its_maximum() -> None:
    phase = np.linspace(0, 1, CELLS + 1)
    everts = 12 * np.sin(np.pi * phase / 0.9) - 3
    found = measure_pronation(course(everts), CONTACT_S, PronationSettings())
    assert found.excursion_deg == pytest.approx([12], abs=0.02)
    assert found.time_pct == pytest.approx([45], abs=0.1)
    assert found.velocity_dps == pytest.approx([12 * np.pi / 0.9 / 0.25], rel=0.01)
    assert found.landing_deg == pytest.approx([12 * np.sin(np.pi * 0.5 / 0.9)])


def test_a_shoe_that_only_inverts_has_no_excursion() -> None:
    inverts = -np.linspace(0, 10, CELLS + 1)
    found = measure_pronation(course(inverts), CONTACT_S, PronationSettings())
    assert found.excursion_deg == pytest.approx([0])
    assert found.time_pct == pytest.approx([0])
    assert found.landing_deg == pytest.approx([-5])


def landing(force_mps2: FloatArray) -> StrideWindows:
    samples = np.zeros((1, len(force_mps2), 6))
    samples[0, :, :3] = force_mps2
    one, no = np.array([0]), np.array([False])
    return StrideWindows(samples, one, one * 1.0, one + 140.0, one, no, RATE_HZ)


def test_shock_is_the_peak_within_50_ms_of_contact() -> None:
    g = STANDARD_GRAVITY_MPS2
    force = np.tile([0.0, 0.0, g], (100, 1))
    force[39] = [0, 0, 30 * g]  # before contact
    force[44] = [-3 * g, 0, 4 * g]
    force[60] = [-20 * g, 0, 20 * g]  # push-off
    shock = measure_shock(landing(force), np.array([39.4]), 0.050)
    assert shock.impact_g == pytest.approx([4.0])
    assert shock.braking_g == pytest.approx([3.0])


angles = st.floats(-30, 40)
ROUNDING = 1e-12


@given(angles)
def test_the_force_of_a_contact_is_shared_out_completely(strike_deg: float) -> None:
    shares = zone_shares(np.array([strike_deg]))
    assert shares.sum() == pytest.approx(1.0)
    assert (shares >= 0).all()


@given(angles, angles)
def test_the_more_heel_first_the_more_force_under_the_heel(a: float, b: float) -> None:
    low, high = zone_shares(np.array(sorted((a, b))))
    assert high[0] >= low[0]
    assert high[2] <= low[2]


@given(angles, st.lists(st.floats(-40, 40), min_size=51, max_size=51))
def test_the_medial_share_follows_eversion_and_stays_within_limits(
    strike_deg: float, eversion_deg: list[float]
) -> None:
    strike, course = np.array([strike_deg]), np.array([eversion_deg])
    share = medial_shares(strike, course)
    assert ((share > 0.1 - ROUNDING) & (share < 0.9 + ROUNDING)).all()
    assert (medial_shares(strike, course + 5) > share - ROUNDING).all()
    inward, outward = medial_shares(strike, course), medial_shares(strike, -course)
    assert inward + outward == pytest.approx(np.ones((1, 3)))


def test_a_foot_that_stays_as_it_stood_loads_both_edges_alike() -> None:
    share = medial_shares(np.array([-20.0, 0.0, 20.0]), np.zeros((3, 51)))
    assert share == pytest.approx(np.full((3, 3), 0.5))
