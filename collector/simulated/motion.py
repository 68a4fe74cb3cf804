"""How a shoe sensor moves: strides in, specific force and angular rate at 2 kHz out.

A foot rolls on the ground without slipping while it is in contact (so its velocity is
near zero at mid-stance), flies on a smooth path between toe-off and the next contact,
and meets the ground with a velocity that heel pad and midsole swallow as a damped
spring. Each block is computed from its own strides and some neighbours; where blocks
meet there is no seam, since nothing is summed up from block to block.

World: x forward, y left, z up. Foot: x to the toes, y left, z sole normal. Rotation is
Rz(yaw) Ry(-pitch) Rx(roll); pitch + toes up, eversion + inner edge down on either foot.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from collector.simulated.path import foot_path
from collector.simulated.pose import body_rates, pose, rotations
from collector.simulated.stride import Stride
from contract.model import FloatArray
from contract.units import STANDARD_GRAVITY_MPS2

MOTION_RATE_HZ = 2000
# Foot and shoe are not rigid: contact edges spread over about a millisecond.
SOFTNESS_SAMPLES = 2.4
MARGIN = 14
# Pulses reach at most 7 widths (0.6 s): two strides back and three ahead see them all.
BEHIND, AHEAD = 2, 3


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Consecutive 2 kHz samples in the foot's own axes, the first at ``start``."""

    start: int
    force_mps2: FloatArray
    rate_rps: FloatArray


def move(
    strides: Iterator[Stride],
    sensor_m: tuple[float, float, float],
    strides_per_block: int = 8,
) -> Iterator[Motion]:
    """Yield the motion of one foot's sensor from time zero, block after block.

    ``sensor_m`` is its place in the foot frame.
    """
    window = list(itertools.islice(strides, strides_per_block + AHEAD))
    inner, start = 0, 0
    while len(window) - inner > AHEAD:
        last = window[len(window) - AHEAD]
        stop = math.ceil(last.t_ic_s * MOTION_RATE_HZ)
        yield _block(window, sensor_m, start, stop)
        window = window[len(window) - AHEAD - BEHIND :]
        inner, start = BEHIND, stop
        window += itertools.islice(strides, strides_per_block)


def _block(
    window: list[Stride], sensor_m: tuple[float, float, float], start: int, stop: int
) -> Motion:
    t_s = np.arange(start - MARGIN, stop + MARGIN) / MOTION_RATE_HZ
    now = pose(window, t_s)
    turned = rotations(now)
    place = foot_path(window, t_s, now.pitch) + turned @ np.array(sensor_m)
    acceleration = np.zeros_like(place)
    acceleration[1:-1] = np.diff(place, 2, axis=0) * MOTION_RATE_HZ**2
    acceleration = gaussian_filter1d(acceleration, SOFTNESS_SAMPLES, axis=0)
    acceleration[:, 2] += STANDARD_GRAVITY_MPS2
    keep = slice(MARGIN, -MARGIN)
    force = np.einsum("nji,nj->ni", turned[keep], acceleration[keep])
    return Motion(start, force, body_rates(now)[keep])
