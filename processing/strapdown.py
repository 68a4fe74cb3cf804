"""How far a foot travels in a stride: integrate between two moments of standstill.

At mid-stance the shoe is still (or moves with the belt), so velocity is zero at both
ends; what it has drifted in between is taken off linearly. Strides are integrated side
by side; the loop runs over the samples of one stride only.
"""

import numpy as np

from contract.model import FloatArray
from contract.units import STANDARD_GRAVITY_MPS2
from processing.dsp import IntArray


def _turn(rotation: FloatArray, angle_rad: FloatArray) -> FloatArray:
    """Rotations [S, 3, 3] turned further by small angles [S, 3] (Rodrigues)."""
    size = np.linalg.norm(angle_rad, axis=1) + 1e-12
    x, y, z = (angle_rad / size[:, None]).T
    cross = np.zeros_like(rotation)
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -z, y, -x
    cross[:, 1, 0], cross[:, 2, 0], cross[:, 2, 1] = z, -y, x
    sine, cosine = np.sin(size)[:, None, None], np.cos(size)[:, None, None]
    turned: FloatArray = rotation @ (
        np.eye(3) + sine * cross + (1 - cosine) * (cross @ cross)
    )
    return turned


def displacements(
    samples: FloatArray, start: IntArray, length: IntArray, rate_hz: float
) -> FloatArray:
    """Displacement over each stride.

    Parameters
    ----------
    samples : [N, 6]
        Specific force (m/s2) and angular rate (rad/s) in the foot frame.
    start, length : [S]
        First sample and number of samples of each stride, mid-stance to mid-stance.

    Returns
    -------
    [S, 3] metres in the foot frame of the stride's start.
    """
    count = len(start)
    rotation = np.tile(np.eye(3), (count, 1, 1))
    velocity = np.zeros((count, 3))
    path = np.zeros((count, int(length.max()), 3))
    for step in range(path.shape[1]):
        now = samples[np.minimum(start + step, len(samples) - 1)]
        force = np.einsum("sij,sj->si", rotation, now[:, :3])
        force[:, 2] -= STANDARD_GRAVITY_MPS2
        velocity = velocity + force / rate_hz * (step < length)[:, None]
        path[:, step] = velocity
        rotation = _turn(rotation, now[:, 3:] / rate_hz)
    done = (np.arange(path.shape[1]) + 1) / length[:, None]
    drift = done[:, :, None] * velocity[:, None, :]
    inside = (done <= 1)[:, :, None]
    total: FloatArray = ((path - drift) * inside).sum(axis=1) / rate_hz
    return total
