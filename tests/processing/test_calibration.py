from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from collector.simulated.source import simulated_run
from collector.simulated.traits import draw_runner
from contract.model import FloatArray, Slot
from processing.calibration import Calibration, calibrate
from processing.frames import FootFrame, foot_axes, unit
from processing.settings import CalibrationSettings

Simulate = Callable[..., Any]
SETTINGS = CalibrationSettings()
RATE_HZ = 200.0
SHOES = [(seed, slot) for seed in (1, 2, 7, 11, 14) for slot in (Slot.LEFT, Slot.RIGHT)]


def turned(samples: FloatArray, mount: Rotation) -> FloatArray:
    """Give the samples as the sensor would have read them when turned by that much."""
    turn = mount.as_matrix()
    return np.hstack([samples[:, :3] @ turn.T, samples[:, 3:] @ turn.T])


def between_deg(one: FloatArray, other: FloatArray) -> float:
    """Angle between two frames."""
    return float(np.degrees(Rotation.from_matrix(one @ other.T).magnitude()))


def found(samples: FloatArray) -> Calibration:
    calibration = calibrate(samples, RATE_HZ, SETTINGS)
    assert calibration is not None
    return calibration


@pytest.mark.parametrize(("seed", "slot"), SHOES)
def test_the_foot_frame_is_found_under_the_sensor(
    simulate: Simulate, seed: int, slot: Slot
) -> None:
    sensor = simulated_run(draw_runner(seed), 0, 30.0, seed)[slot].sensor
    calibration = found(simulate(seed, 30.0).samples(slot))
    assert between_deg(calibration.frame.axes, sensor.mount.as_matrix()) < 12
    bias_error = calibration.frame.gyro_bias_rps - sensor.gyro_bias_rps
    assert np.abs(bias_error).max() < np.deg2rad(0.1)
    assert calibration.doubts() == []


ROTATIONS = st.integers(0, 10**6).map(lambda n: Rotation.random(random_state=n))


@given(mount=ROTATIONS)
@example(mount=Rotation.from_euler("x", 180, degrees=True))
@example(mount=Rotation.from_euler("y", 180, degrees=True))
@example(mount=Rotation.from_euler("z", 180, degrees=True))
@example(mount=Rotation.from_euler("x", 90, degrees=True))
@settings(max_examples=25)
def test_any_mount_gives_the_same_foot(simulate: Simulate, mount: Rotation) -> None:
    """Upside down, back to front, on the side of the shoe: it is the same foot."""
    samples = simulate(3, 25.0).samples(Slot.RIGHT)
    straight = found(samples)
    calibration = found(turned(samples, mount))
    expected = straight.frame.axes @ mount.as_matrix().T
    assert between_deg(calibration.frame.axes, expected) < 0.1
    assert calibration.signs_agree
    assert not calibration.was_moved


@pytest.mark.parametrize(("seed", "slot"), SHOES)
def test_the_speed_of_the_strides_is_about_the_runners(
    simulate: Simulate, seed: int, slot: Slot
) -> None:
    speed_mps = found(simulate(seed, 30.0).samples(slot)).speed_mps
    assert speed_mps == pytest.approx(draw_runner(seed).speed_mps, rel=0.2)


@pytest.mark.parametrize(("seed", "slot"), SHOES)
def test_without_standing_the_frame_is_rougher_and_says_so(
    simulate: Simulate, seed: int, slot: Slot
) -> None:
    sensor = simulated_run(draw_runner(seed), 0, 30.0, seed)[slot].sensor
    running = simulate(seed, 30.0).samples(slot)[round(5 * RATE_HZ) :]
    calibration = found(running)
    assert not calibration.has_standing
    assert "no standing found" in calibration.doubts()
    assert not calibration.was_moved
    # Mid-stance tilt takes the place of standing: up to 35 deg (detector.md 2.1).
    axes, mount = calibration.frame.axes, sensor.mount.as_matrix()
    assert between_deg(axes, mount) < 50
    assert axes[0] @ mount[0] > 0.6, "the foot points backwards"


def test_a_sensor_that_was_turned_after_standing_is_noticed(
    simulate: Simulate,
) -> None:
    samples = simulate(3, 25.0).samples(Slot.LEFT)
    mount = Rotation.from_euler("x", 180, degrees=True)
    moved = samples.copy()
    moved[round(3.9 * RATE_HZ) :] = turned(samples, mount)[round(3.9 * RATE_HZ) :]
    calibration = found(moved)
    assert calibration.was_moved
    assert "sensor moved after standing" in calibration.doubts()
    expected = found(samples).frame.axes @ mount.as_matrix().T
    assert between_deg(calibration.frame.axes, expected) < 45


def test_a_shoe_that_stands_gives_no_frame(simulate: Simulate) -> None:
    standing = simulate(3, 25.0).samples(Slot.LEFT)[: round(3.5 * RATE_HZ)]
    assert calibrate(standing, RATE_HZ, SETTINGS) is None


def test_a_moment_of_movement_is_not_enough(simulate: Simulate) -> None:
    short = simulate(3, 25.0).samples(Slot.LEFT)[: round(6 * RATE_HZ)]
    assert calibrate(short, RATE_HZ, SETTINGS) is None


def test_a_foot_that_swings_about_no_clear_axis_is_doubted() -> None:
    rng = np.random.default_rng(1)
    samples = np.zeros((4000, 6))
    samples[:, 2] = 9.81
    samples[1000:, 3:] = 4 * rng.standard_normal((3000, 3))
    assert "swing axis unclear" in found(samples).doubts()


def test_each_doubt_is_named() -> None:
    good = Calibration(FootFrame(np.eye(3), np.zeros(3)), True, False, 9.0, True, 3.0)
    assert good.doubts() == []
    bad = replace(
        good, has_standing=False, was_moved=True, axis_ratio=1.0, signs_agree=False
    )
    assert len(bad.doubts()) == 4


def test_a_foot_frame_is_right_handed() -> None:
    axes = foot_axes(np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    assert np.array_equal(axes, np.eye(3))


def test_turning_samples_takes_the_bias_off_and_keeps_lengths() -> None:
    rng = np.random.default_rng(2)
    axes = Rotation.random(random_state=3).as_matrix()
    bias = np.array([0.01, -0.02, 0.03])
    samples = rng.standard_normal((50, 6))
    out = FootFrame(axes, bias).apply(samples)
    assert np.allclose(out[:, :3], samples[:, :3] @ axes.T)
    assert np.allclose(out[:, 3:], (samples[:, 3:] - bias) @ axes.T)


def test_no_direction_stays_no_direction() -> None:
    assert np.array_equal(unit(np.zeros(3)), np.zeros(3))
