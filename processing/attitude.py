"""How a foot turns and travels within a stride: strapdown of many strides side by side.

The gyroscope alone is followed from the window's first sample; gravity is the mean of
the specific force between two mid-stances. The foot has the same velocity at both
(zero, or minus the belt's), so its mean acceleration vanishes whatever it does between,
on a treadmill and on the road alike: no filter, no time constant (angles.md section 3).

Arrays are handled one component at a time, strides innermost: the loop runs over the
samples of one stride only, and no stride's result depends on the strides beside it.
"""

from dataclasses import dataclass

import numpy as np

from contract.model import FloatArray
from processing.arrays import IntArray, Rate

_BLOCK = 1024
"""Strides followed together: their state stays in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Turning:
    """Attitudes along each window, against its own first sample.

    Attributes
    ----------
    quaternion : [4, L, S]
        (w, x, y, z) that turns a vector from the sensor's frame at a sample into the
        frame of the window's first sample.
    velocity, path : [3, L, S]
        Sums of the turned specific force, once and twice, in m/s and m; gravity is
        still in them.
    rate_hz : float or [S]
    """

    quaternion: FloatArray
    velocity: FloatArray
    path: FloatArray
    rate_hz: Rate


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """What lies between two mid-stances of each window [S].

    Attributes
    ----------
    up : [3, S]
        Unit vector against gravity in the frame of the window's first sample.
    force_mps2 : [S]
        Size of the mean specific force; far from one g where an end was not still.
    travel_m : [3, S]
        Level displacement in the same frame, linear velocity drift removed.
    """

    up: FloatArray
    force_mps2: FloatArray
    travel_m: FloatArray


def follow(samples: FloatArray, rate_hz: Rate, span: slice | None = None) -> Turning:
    """Follow the attitude through windows [S, L, 6] (m/s2, rad/s; one frame).

    Outside of ``span`` nothing is followed and all values are zero; attitudes are then
    against its first sample.
    """
    count, length = samples.shape[:2]
    span = span or slice(0, length)
    quaternion = np.zeros((4, length, count))
    velocity = np.zeros((3, length, count))
    path = np.zeros((3, length, count))
    for begin in range(0, count, _BLOCK):
        part = slice(begin, begin + _BLOCK)
        block = np.ascontiguousarray(samples[part, span].transpose(2, 1, 0))
        own_hz = rate_hz[part] if isinstance(rate_hz, np.ndarray) else rate_hz
        turned = _integrate(block[3:], own_hz)
        force = rotate(turned, block[:3])
        quaternion[:, span, part] = turned
        force /= own_hz
        velocity[:, span, part] = _running_sum(force)
        force /= own_hz
        path[:, span, part] = _running_sum(force)
    return Turning(quaternion, velocity, path, rate_hz)


def _integrate(spin_rps: FloatArray, rate_hz: Rate) -> FloatArray:
    """Quaternions [4, L, S] of angular rates [3, L, S], by the midpoint rule.

    A quaternion is held as two complex numbers, w + ix and y + iz: six operations on
    whole rows per sample instead of 28.
    """
    turn = _small_turns((spin_rps[:, :-1] + spin_rps[:, 1:]) / (2 * rate_hz))
    p, q = turn[0] + 1j * turn[1], turn[2] + 1j * turn[3]
    p_conj, q_conj = p.conj(), q.conj()
    a = np.empty(spin_rps.shape[1:], complex)
    b = np.empty_like(a)
    a[0], b[0] = 1.0, 0.0
    for k in range(len(p)):
        a[k + 1] = a[k] * p[k] - b[k] * q_conj[k]
        b[k + 1] = a[k] * q[k] + b[k] * p_conj[k]
    return np.stack([a.real, a.imag, b.real, b.imag])


def _running_sum(values: FloatArray) -> FloatArray:
    """Sum [3, L, S] along the samples, in place: far quicker than a strided cumsum."""
    for k in range(1, values.shape[1]):
        values[:, k] += values[:, k - 1]
    return values


def _small_turns(angle_rad: FloatArray) -> FloatArray:
    """Unit quaternions [4, ...] of turns [3, ...] of at most a few degrees.

    The series is exact to 1e-9 rad up to 12 deg, more than a shoe turns in 5 ms.
    """
    square = (angle_rad * angle_rad).sum(axis=0)
    out = np.empty((4, *angle_rad.shape[1:]))
    out[0] = 1.0 - square / 8 * (1.0 - square / 48)
    out[1:] = angle_rad * (0.5 - square / 48 * (1.0 - square / 80))
    return out


def rotate(quaternion: FloatArray, vector: FloatArray) -> FloatArray:
    """Vectors [3, ...] turned by unit quaternions [4, ...]."""
    w, x, y, z = quaternion
    a, b, c = vector
    p, q, r = 2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)
    out = np.empty((3, *np.broadcast_shapes(quaternion.shape[1:], vector.shape[1:])))
    out[0] = a + w * p + y * r - z * q
    out[1] = b + w * q + z * p - x * r
    out[2] = c + w * r + x * q - y * p
    return out


def rotate_back(quaternion: FloatArray, vector: FloatArray) -> FloatArray:
    """Vectors [3, ...] turned by the inverse of unit quaternions [4, ...]."""
    return rotate(
        quaternion * _INVERSE.reshape(4, *[1] * (quaternion.ndim - 1)), vector
    )


_INVERSE = np.array([1.0, -1.0, -1.0, -1.0])


def level(turning: Turning, begin: IntArray, end: IntArray) -> Level:
    """Find gravity and travel between two samples [S] of each window."""
    stride = np.arange(len(begin))
    samples = np.maximum(end - begin, 1)
    seconds = samples / turning.rate_hz
    start_mps = turning.velocity[:, begin, stride]
    gained_mps = turning.velocity[:, end, stride] - start_mps
    force = gained_mps / seconds
    size = np.sqrt((force * force).sum(axis=0))
    up = force / np.where(size > 0, size, 1.0)
    moved = turning.path[:, end, stride] - turning.path[:, begin, stride]
    # v(t) less its straight line from end to end, summed as the path is.
    moved = (
        moved - start_mps * seconds - gained_mps * (samples + 1) / 2 / turning.rate_hz
    )
    travel = moved - up * (moved * up).sum(axis=0)
    return Level(up, size, travel)


def up_at(turning: Turning, found: Level, sample: IntArray) -> FloatArray:
    """Up in the frame of the samples [3, ...] at ``sample``, [S] or [M, S]."""
    stride = np.arange(sample.shape[-1])
    return rotate_back(turning.quaternion[:, sample, stride], found.up)
