import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from contract.model import FloatArray, Slot
from contract.units import STANDARD_GRAVITY_MPS2
from processing.attitude import follow, level, rotate, rotate_back, up_at
from processing.shoe.stances import midstances
from tests.processing.simulated_strides import true_strides

RATE_HZ = 200.0
UP = np.array([0.0, 0.0, 1.0])
degrees = st.floats(-180, 180)


def windows(
    attitudes: Rotation, acceleration_mps2: FloatArray, spin_rps: FloatArray
) -> FloatArray:
    """One window [1, L, 6] of a sensor with these attitudes (world from sensor)."""
    force = attitudes.inv().apply(acceleration_mps2 + STANDARD_GRAVITY_MPS2 * UP)
    return np.concatenate([force, spin_rps], axis=1)[None]


def turning_at(axis: FloatArray, rate_rps: FloatArray, first: Rotation) -> Rotation:
    """Attitudes of a sensor that turns about a fixed axis of its own."""
    between = (rate_rps[1:] + rate_rps[:-1]) / 2 / RATE_HZ
    angle = np.concatenate([[0.0], np.cumsum(between)])
    return first * Rotation.from_rotvec(angle[:, None] * axis)


@given(degrees, degrees, degrees, st.floats(-20, 20))
def test_a_steady_turn_is_followed_to_a_millionth_of_a_degree(
    yaw: float, pitch: float, roll: float, rate_rps: float
) -> None:
    axis = Rotation.from_euler("ZYX", [yaw, pitch, roll], degrees=True).apply(UP)
    spin = np.full(300, rate_rps)
    true = turning_at(axis, spin, Rotation.identity())
    samples = windows(true, np.zeros((300, 3)), spin[:, None] * axis)
    w, x, y, z = follow(samples, RATE_HZ).quaternion[:, :, 0]
    found = Rotation.from_quat(np.stack([x, y, z, w], axis=1))
    assert np.degrees((found.inv() * true).magnitude().max()) < 1e-6


@given(degrees, degrees, degrees)
def test_what_is_turned_and_turned_back_is_the_same(
    a: float, b: float, c: float
) -> None:
    x, y, z, w = Rotation.from_euler("ZYX", [a, b, c], degrees=True).as_quat()
    quaternion, vector = np.array([w, x, y, z]), np.array([0.3, -2.0, 9.0])
    there = rotate(quaternion, vector)
    assert there == pytest.approx(
        Rotation.from_quat([x, y, z, w]).apply(vector), abs=1e-12
    )
    assert rotate_back(quaternion, there) == pytest.approx(vector, abs=1e-12)


@given(degrees, st.floats(-80, 80), degrees)
def test_a_still_sensor_knows_up_and_does_not_travel(
    yaw: float, pitch: float, roll: float
) -> None:
    held = Rotation.from_euler("ZYX", [yaw, pitch, roll], degrees=True)
    still = np.zeros((200, 3))
    samples = windows(Rotation.concatenate([held] * 200), still, still)
    turning = follow(samples, RATE_HZ)
    begin, end = np.array([20]), np.array([180])
    found = level(turning, begin, end)
    assert found.force_mps2 == pytest.approx([STANDARD_GRAVITY_MPS2])
    assert found.travel_m == pytest.approx(np.zeros((3, 1)), abs=1e-9)
    assert up_at(turning, found, begin)[:, 0] == pytest.approx(held.inv().apply(UP))


def test_a_stride_from_rest_to_rest_has_its_length_however_the_foot_turns() -> None:
    """1.4 m forward and 8 cm up and down again in 0.7 s, with a swing of 70 deg."""
    count = 161
    phase = np.clip((np.arange(count) - 10) / 140, 0.0, 1.0)
    span_s = 140 / RATE_HZ
    forward = 1.4 * 2 * np.pi * np.sin(2 * np.pi * phase) / span_s**2
    # z = .04 (1 - cos) of two pi times the phase, so its second derivative is a cosine.
    upward = 0.04 * (2 * np.pi) ** 2 * np.cos(2 * np.pi * phase) / span_s**2
    upward[(phase <= 0) | (phase >= 1)] = 0.0
    acceleration = np.column_stack([forward, np.zeros(count), upward])
    swing = np.radians(70) * np.pi / span_s * np.sin(2 * np.pi * phase)
    left = np.array([0.0, 1.0, 0.0])
    first = Rotation.from_euler("ZYX", [30, 4, -3], degrees=True)
    attitudes = turning_at(left, swing, first)
    turning = follow(windows(attitudes, acceleration, swing[:, None] * left), RATE_HZ)
    found = level(turning, np.array([10]), np.array([150]))
    assert np.linalg.norm(found.travel_m[:, 0]) == pytest.approx(1.4, abs=0.02)
    # In the frame of the first sample, which was turned 30 deg from the way.
    way = first.apply(found.travel_m[:, 0])
    assert way / np.linalg.norm(way) == pytest.approx([1, 0, 0], abs=0.02)
    assert found.force_mps2 == pytest.approx([STANDARD_GRAVITY_MPS2], abs=0.1)


def test_a_belt_that_carries_the_foot_back_adds_what_it_moves() -> None:
    """Equal velocities at both ends are taken for standstill: the way over the belt."""
    count, belt_mps = 161, 3.0
    phase = np.clip((np.arange(count) - 10) / 140, 0.0, 1.0)
    span_s = 140 / RATE_HZ
    forward = belt_mps * 2 * np.pi * np.sin(2 * np.pi * phase) / span_s
    still = np.zeros((count, 3))
    acceleration = np.column_stack([forward, still[:, :2]])
    held = Rotation.concatenate([Rotation.identity()] * count)
    turning = follow(windows(held, acceleration, still), RATE_HZ)
    found = level(turning, np.array([10]), np.array([150]))
    assert found.travel_m[0] == pytest.approx([belt_mps * span_s], abs=0.03)


def test_a_stride_followed_alone_has_the_same_bits_as_among_others() -> None:
    strides = true_strides(1, Slot.LEFT).strides
    together = follow(strides.samples, RATE_HZ)
    own, later = midstances(strides)
    found = level(together, own, later)
    for k in range(strides.count):
        one = slice(k, k + 1)
        alone = follow(strides.samples[one], RATE_HZ)
        assert np.array_equal(alone.quaternion[:, :, 0], together.quaternion[:, :, k])
        assert np.array_equal(alone.path[:, :, 0], together.path[:, :, k])
        single = level(alone, own[one], later[one])
        assert np.array_equal(single.up[:, 0], found.up[:, k])
        assert np.array_equal(single.travel_m[:, 0], found.travel_m[:, k])


def test_only_the_span_asked_for_is_followed() -> None:
    samples = true_strides(1, Slot.LEFT).strides.samples[:3]
    part = follow(samples, RATE_HZ, slice(40, 200))
    assert not part.quaternion[:, :40].any()
    assert not part.quaternion[:, 200:].any()
    size = np.sqrt((part.quaternion[:, 40:200] ** 2).sum(axis=0))
    assert size == pytest.approx(np.ones_like(size), abs=1e-6)
