"""True 2 kHz signals of one simulated sensor, for the tests of the simulation."""

import numpy as np

from collector.simulated.course import Course
from collector.simulated.hip import move_hip
from collector.simulated.motion import MOTION_RATE_HZ, move
from collector.simulated.schedule import strides
from collector.simulated.traits import RunnerTraits
from contract.model import FloatArray, Slot


def true_motion(
    runner: RunnerTraits, slot: Slot, seconds: float, course: Course | None = None
) -> FloatArray:
    """Give force and rate [n, 6] in the axes of the foot or pelvis, seed 1."""
    both = strides(runner, 1, 4.0, course)
    if slot.is_foot:
        own = (stride for stride in both if stride.slot is slot)
        motion = move(own, runner.foot(slot).sensor_m)
    else:
        motion = move_hip(both, runner.hip, 1)
    wanted, parts, known = round(seconds * MOTION_RATE_HZ), [], 0
    while known < wanted:
        block = next(motion)
        parts.append(np.hstack([block.force_mps2, block.rate_rps]))
        known += len(parts[-1])
    return np.vstack(parts)[:wanted]


def between(signal: FloatArray, start_s: float, end_s: float) -> FloatArray:
    """Give the samples of a span of time."""
    return signal[round(start_s * MOTION_RATE_HZ) : round(end_s * MOTION_RATE_HZ)]
