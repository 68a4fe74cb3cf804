"""How a sensor at the back of the hip moves, and what truly happened there."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.signal import bilinear, lfilter

from collector.simulated.course import Course
from collector.simulated.motion import MOTION_RATE_HZ, Motion
from collector.simulated.pelvis import Support, pelvis, supports
from collector.simulated.pose import body_rates, rotations
from collector.simulated.schedule import strides
from collector.simulated.stride import Stride
from collector.simulated.traits import HipTraits, RunnerTraits
from contract.model import FloatArray, Slot
from contract.units import STANDARD_GRAVITY_MPS2

# Supports that a block needs around itself: interpolation sees two each way, a walking
# contact reaches over two.
BEHIND, AHEAD = 3, 4


def move_hip(
    both_feet: Iterator[Stride],
    hip: HipTraits,
    seed: int,
    supports_per_block: int = 16,
) -> Iterator[Motion]:
    """Yield the motion of the hip's sensor from time zero, block after block."""
    tissue = _Tissue(hip)
    source = supports(both_feet, seed)
    window = list(itertools.islice(source, supports_per_block + AHEAD))
    start = 0
    while True:
        stop = math.ceil(window[len(window) - AHEAD].t_ic_s * MOTION_RATE_HZ)
        yield _block(window, tissue, start, stop)
        window = window[len(window) - AHEAD - BEHIND :]
        start = stop
        window += itertools.islice(source, supports_per_block)


def _block(window: list[Support], tissue: "_Tissue", start: int, stop: int) -> Motion:
    t_s = np.arange(start - 1, stop + 1) / MOTION_RATE_HZ
    now, acceleration = pelvis(window, tissue.hip, t_s)
    turned = rotations(now)
    sensor = turned @ np.array(tissue.hip.sensor_m)
    keep = slice(1, -1)
    swung = np.diff(sensor, 2, axis=0) * MOTION_RATE_HZ**2
    felt = tissue(acceleration[keep] + swung)
    felt[:, 2] += STANDARD_GRAVITY_MPS2
    force = np.einsum("nji,nj->ni", turned[keep], felt)
    return Motion(start, force, body_rates(now)[keep])


class _Tissue:
    """Skin and belt as a low-pass filter that goes on from block to block."""

    def __init__(self, hip: HipTraits) -> None:
        self.hip = hip
        omega = 2 * math.pi * hip.tissue_hz
        damped = 2 * hip.tissue_damping * omega
        self._b, self._a = bilinear([omega**2], [1, damped, omega**2], MOTION_RATE_HZ)
        self._state = np.zeros((2, 3))

    def __call__(self, acceleration: FloatArray) -> FloatArray:
        felt, self._state = lfilter(
            self._b, self._a, acceleration, axis=0, zi=self._state
        )
        return np.asarray(felt)


@dataclass(frozen=True, slots=True)
class TrueHipStep:
    """One running step as the pelvis truly made it; seconds from the origin.

    ``vertical_oscillation_m`` is the rise and fall of the pelvis from this contact to
    the next; ``pelvic_drop_deg`` how far the swing side hung below standing level;
    ``pelvic_rotation_deg`` the range of turning in the stride that begins here.
    """

    side: Slot
    t_ic_s: float
    contact_time_s: float
    step_time_s: float
    vertical_oscillation_m: float
    pelvic_drop_deg: float
    pelvic_rotation_deg: float


def true_hip_steps(
    traits: RunnerTraits,
    seed: int,
    until_s: float,
    standing_s: float = 4.0,
    course: Course | None = None,
) -> tuple[TrueHipStep, ...]:
    """Give the running steps whose stride ended by ``until_s``, in order."""
    source = supports(strides(traits, seed, standing_s, course), seed)
    window = list(itertools.islice(source, BEHIND + AHEAD + 1))
    steps = []
    while window[BEHIND].t_ic_s < until_s:
        now, following, second = window[BEHIND : BEHIND + 3]
        if now.is_run and following.is_run and second.t_ic_s <= until_s:
            steps.append(_true_step(window, traits.hip))
        window = [*window[1:], next(source)]
    return tuple(steps)


def _true_step(window: list[Support], hip: HipTraits) -> TrueHipStep:
    now, following, second = window[BEHIND : BEHIND + 3]
    t_s = np.arange(now.t_ic_s, second.t_ic_s, 1 / MOTION_RATE_HZ)
    angles, acceleration = pelvis(window, hip, t_s)
    rise = acceleration[:, 2] - acceleration[:, 2].mean()
    speed = np.cumsum(rise) / MOTION_RATE_HZ
    height = np.cumsum(speed - speed.mean()) / MOTION_RATE_HZ
    in_step = t_s < following.t_ic_s
    yaw = angles.yaw - np.linspace(angles.yaw[0], angles.yaw[-1], len(t_s))
    in_stance = t_s < now.t_to_s
    return TrueHipStep(
        side=now.slot,
        t_ic_s=now.t_ic_s,
        contact_time_s=now.t_to_s - now.t_ic_s,
        step_time_s=following.t_ic_s - now.t_ic_s,
        vertical_oscillation_m=float(np.ptp(height[in_step])),
        pelvic_drop_deg=float((now.mirror * angles.roll[in_stance]).max()),
        pelvic_rotation_deg=float(np.ptp(yaw)),
    )
