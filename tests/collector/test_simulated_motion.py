import itertools

import numpy as np
import pytest

from collector.simulated.motion import MOTION_RATE_HZ, Motion, move
from collector.simulated.pulses import Pulse, turn
from collector.simulated.schedule import strides
from collector.simulated.traits import RunnerTraits, draw_runner
from collector.simulated.truth import true_steps
from contract.model import Slot

SECONDS = 14.0


def left_motion(runner: RunnerTraits, seed: int, per_block: int = 8) -> list[Motion]:
    own = (s for s in strides(runner, seed) if s.slot is Slot.LEFT)
    blocks = move(own, runner.left.sensor_m, per_block)
    stop = SECONDS * MOTION_RATE_HZ
    return list(itertools.takewhile(lambda block: block.start < stop, blocks))


def joined(blocks: list[Motion]) -> np.ndarray:
    signal = [np.hstack([b.force_mps2, b.rate_rps]) for b in blocks]
    return np.vstack(signal)[: int(SECONDS * MOTION_RATE_HZ)]


def test_blocks_of_any_size_give_the_same_motion() -> None:
    runner = draw_runner(1)
    few, many = (joined(left_motion(runner, 1, size)) for size in (3, 20))
    n = min(len(few), len(many))
    assert n > 10 * MOTION_RATE_HZ
    assert np.abs(few[:n] - many[:n]).max() < 1e-6


def test_blocks_follow_each_other_without_a_hole() -> None:
    blocks = left_motion(draw_runner(2), 2, 2)
    ends = [block.start + len(block.force_mps2) for block in blocks]
    assert [block.start for block in blocks[1:]] == ends[:-1]


def test_a_standing_foot_reads_one_g_and_no_rotation() -> None:
    standing = joined(left_motion(draw_runner(3), 3))[: 4 * MOTION_RATE_HZ]
    assert np.abs(standing[:, :3] - [0, 0, 9.81]).max() < 1e-3
    assert np.abs(standing[:, 3:]).max() < 1e-3


@pytest.mark.parametrize("strike", ["rear", "mid", "fore"])
def test_a_contact_is_felt_as_a_blow_of_several_g(strike: str) -> None:
    runner = draw_runner(4, strike=strike)
    force = np.linalg.norm(joined(left_motion(runner, 4))[:, :3], axis=1)
    steps = [s for s in true_steps(runner, 4, 13).steps if s.side is Slot.LEFT]
    for step in steps:
        start = int((step.t_ic_s - 0.01) * MOTION_RATE_HZ)
        assert 3 * 9.81 < force[start : start + 120].max() < 40 * 9.81


def test_the_angular_rate_turns_the_foot_as_the_force_says() -> None:
    """Strapdown over the run: what the gyro and the accelerometer say must agree."""
    runner = draw_runner(5)
    signal = joined(left_motion(runner, 5))
    steps = [s for s in true_steps(runner, 5, 13).steps if s.side is Slot.LEFT]
    first, last = (s.t_ic_s + 0.4 * s.contact_time_s for s in (steps[1], steps[-2]))
    travelled = strapdown(signal, last)[-1] - strapdown(signal, first)[-1]
    metres = sum(s.stride_length_m for s in steps[1:-2])
    assert travelled[0] == pytest.approx(metres, rel=0.01)
    assert np.abs(travelled[1:]).max() < 0.15


def strapdown(signal: np.ndarray, until_s: float) -> np.ndarray:
    """Position of the sensor in world; it stands flat at first, toes out."""
    dt = 1 / MOTION_RATE_HZ
    toe_out = np.deg2rad(draw_runner(5).left.toe_out_deg)
    cos, sin = np.cos(toe_out), np.sin(toe_out)
    turned = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    speed, place = np.zeros(3), [np.zeros(3)]
    signal = signal[: int(until_s * MOTION_RATE_HZ) + 1]
    for row, after in itertools.pairwise(signal):
        angle = (row[3:] + after[3:]) / 2 * dt
        size = np.linalg.norm(angle) + 1e-15
        x, y, z = angle / size
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        half = np.eye(3) + np.sin(size) * cross + (1 - np.cos(size)) * cross @ cross
        speed = speed + (turned @ row[:3] - [0, 0, 9.81]) * dt
        place.append(place[-1] + speed * dt)
        turned = turned @ half
    return np.array(place)


def test_a_pulse_turns_by_its_area_and_its_rate_is_its_slope() -> None:
    t_s = np.linspace(-1, 1, 20_001)
    angle, rate = turn(3.0, [Pulse(0.0, 0.05, 0.02, -40.0)], t_s)
    assert angle[0] == 3.0
    assert angle[-1] == pytest.approx(-37.0)
    assert np.abs(np.gradient(angle, t_s) - rate).max() < 0.1
