"""Strides before any axis of the sensor is known, followed by the gyroscope.

They are cut where the foot is stillest between two swings, in walking and running
alike, and run from mid-stance to mid-stance: the mean force in between is gravity.
Everything is built of lengths and angles between vectors, so that turning the whole
recording turns the result and changes nothing else.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from contract.model import FloatArray
from contract.units import STANDARD_GRAVITY_MPS2
from processing.arrays import BoolArray, IntArray
from processing.attitude import follow, level, rotate_back
from processing.dsp import lowpass, moving_sum
from processing.shoe.heel_rise import heading_deg, length


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """How strides are cut and followed before any axis is known."""

    swing_hz: float = 4.0
    """Low-pass that leaves the angular rate one or two humps per stride (angles.md)."""
    swing_rps: float = 2.618
    """Least height of a hump, 150 deg/s (angles.md 3.2)."""
    apart_s: float = 0.25
    """Two humps closer than this are one: less than half of a quick running stride."""
    swing_share: float = 0.15
    """Of the time between two humps that is left out at either end (prototype)."""
    quiet_spin_rps: float = 2.618
    """150 deg/s are as much unrest as one g of force (detector.md 2.3)."""
    unrest_hz: float = 30.0
    unrest_s: float = 0.035
    """Smoothing of the unrest (angles.md 3.2)."""
    stances_apart_s: float = 0.40
    """Two stances are a stride apart, .42 s at least (detector.md 2.4): of two moments
    closer than this the quieter one is it, and the other the middle of a swing, which
    has two or three humps."""
    restless: float = 4.0
    """The same in a longer stride: far less quiet than two others nearby. Stances of
    real running differ by less than 3 from one to the next, swings of walking are 30 to
    3000 times less quiet. One left out does no harm: gravity is then the mean over two
    strides."""
    restless_s: float = 1.2
    """Nearby: within a walking stride to either side."""
    quiet: float = 0.04
    """Below it is still (30 deg/s or .2 g), and how much below is noise."""
    stride_s: tuple[float, float] = (0.45, 2.0)
    """Running and walking strides, and two running strides together."""
    odd_force_mps2: float = 0.25
    """Strides whose mean force is further than this from the usual did not begin or end
    still, or were clipped (angles.md section 4)."""
    least_strides: int = 5
    """With fewer nothing is said: medians of less are chance."""
    most_strides: int = 100
    """More do not make the axis better (angles.md 1)."""
    flat_bias_share: float = 0.1
    """Directions in which strides show the gyro bias this much less than in the best
    are left at zero: heading is not known."""


SCAN = ScanSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Strides:
    """Strides from mid-stance to mid-stance, in the sensor's axes.

    ``up`` [3, L, S] is against gravity at every sample, ``is_inside`` [L, S] where the
    stride is; ``travel_m`` [3, S] is level, in the frame of the first sample; the net
    turn of a stride is ``turn_rad`` [3, S] in that frame, ``heading_deg`` [S] about up;
    ``mean_turn`` [S, 3, 3] is the mean attitude.
    """

    up: FloatArray
    is_inside: BoolArray
    travel_m: FloatArray
    seconds: FloatArray
    turn_rad: FloatArray
    heading_deg: FloatArray
    mean_turn: FloatArray


def find_strides(
    samples: FloatArray, bias_rps: FloatArray | None, rate_hz: float
) -> tuple[Strides | None, FloatArray]:
    """Strides of samples [N, 6], and the gyro bias [3] they were followed with.

    Without a bias from standing it is found from the strides. None are given when there
    are too few.
    """
    bias = np.zeros(3) if bias_rps is None else bias_rps
    still = _midstances(samples - _spin_only(bias), rate_hz)
    begin, end = still[:-1], still[1:]
    seconds = (end - begin) / rate_hz
    keep = (seconds > SCAN.stride_s[0]) & (seconds < SCAN.stride_s[1])
    begin, end = begin[keep][: SCAN.most_strides], end[keep][: SCAN.most_strides]
    if len(begin) < SCAN.least_strides:
        return None, bias
    strides = _follow(samples - _spin_only(bias), begin, end, rate_hz)
    if bias_rps is None:
        bias = _bias_of(strides)
        strides = _follow(samples - _spin_only(bias), begin, end, rate_hz)
    return strides, bias


def _spin_only(bias_rps: FloatArray) -> FloatArray:
    return np.concatenate([np.zeros(3), bias_rps])


def _midstances(samples: FloatArray, rate_hz: float) -> IntArray:
    """Quietest moments between swings, without knowing any axis."""
    unrest = _unrest(samples, rate_hz)
    spin = lowpass(np.linalg.norm(samples[:, 3:], axis=1), SCAN.swing_hz, rate_hz)
    apart = max(1.0, SCAN.apart_s * rate_hz)
    swing = find_peaks(spin, height=SCAN.swing_rps, distance=apart)[0]
    found = []
    for one, next_one in itertools.pairwise(swing):
        edge = int(SCAN.swing_share * (next_one - one))
        if next_one - one < SCAN.stride_s[1] * rate_hz:
            low = one + edge
            found.append(low + int(np.argmin(unrest[low : next_one - edge])))
    still = np.array(found, dtype=np.intp)
    return still[~_is_restless(still / rate_hz, unrest[still])]


def _unrest(samples: FloatArray, rate_hz: float) -> FloatArray:
    """Angular rate and the force's departure from one g together [N]."""
    smooth = lowpass(np.ascontiguousarray(samples.T), SCAN.unrest_hz, rate_hz)
    g = STANDARD_GRAVITY_MPS2
    spin = length(smooth[3:]) / SCAN.quiet_spin_rps
    force = (length(smooth[:3]) - g) / g
    width = max(3, round(SCAN.unrest_s * rate_hz)) | 1
    padded = np.pad(spin**2 + force**2, width // 2, mode="edge")
    return moving_sum(padded, width) / width


def _is_restless(time_s: FloatArray, unrest: FloatArray) -> BoolArray:
    """Which moments are no stance: one close by, or two nearby, are quieter [S]."""
    apart_s = np.abs(time_s[:, None] - time_s)
    is_beaten = (apart_s < SCAN.stances_apart_s) & (unrest < unrest[:, None])
    is_near = (apart_s > 0) & (apart_s < SCAN.restless_s)
    others = np.sort(np.where(is_near, unrest, np.inf), axis=1)
    usual = np.maximum(others[:, min(1, len(others) - 1)], SCAN.quiet)
    return np.asarray(is_beaten.any(axis=1) | (unrest > SCAN.restless * usual))


def _follow(
    samples: FloatArray, begin: IntArray, end: IntArray, rate_hz: float
) -> Strides:
    """Follow the strides side by side, those of odd mean force left out."""
    length = end - begin
    index = begin[:, None] + np.arange(int(length.max()) + 1)
    turning = follow(samples[np.minimum(index, len(samples) - 1)], rate_hz)
    found = level(turning, np.zeros_like(length), length)
    last = turning.quaternion[:, length, np.arange(len(length))]
    inside = np.arange(index.shape[1])[:, None] <= length
    odd = np.abs(found.force_mps2 - np.median(found.force_mps2)) > SCAN.odd_force_mps2
    keep = (
        ~odd if (~odd).sum() >= max(SCAN.least_strides, len(odd) // 2) else odd | True
    )
    matrix = _matrices(turning.quaternion) * inside
    return Strides(
        up=rotate_back(turning.quaternion, found.up[:, None])[:, :, keep],
        is_inside=inside[:, keep],
        travel_m=found.travel_m[:, keep],
        seconds=length[keep] / rate_hz,
        turn_rad=(2 * np.sign(last[0]) * last[1:])[:, keep],
        heading_deg=heading_deg(last, found.up)[keep],
        mean_turn=(matrix.sum(axis=2) / inside.sum(axis=0)).transpose(2, 0, 1)[keep],
    )


def _matrices(quaternion: FloatArray) -> FloatArray:
    """Rotation matrices [3, 3, ...] of unit quaternions [4, ...]."""
    w, x, y, z = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def _bias_of(strides: Strides) -> FloatArray:
    """Gyro bias [3] without standing: the foot lies as flat after a stride as before.

    Whatever tilt a stride ends with against its beginning is bias, summed up through
    the stride's attitudes. Heading says nothing: runners turn.
    """
    up = strides.up[:, 0].T
    level_only = np.eye(3) - up[:, :, None] * up[:, None, :]
    effect = level_only @ strides.mean_turn * strides.seconds[:, None, None]
    tilted = (level_only @ strides.turn_rad.T[:, :, None])[:, :, 0]
    normal = np.einsum("sij,sik->jk", effect, effect)
    inverse = np.linalg.pinv(normal, rcond=SCAN.flat_bias_share, hermitian=True)
    return np.asarray(inverse @ np.einsum("sij,si->j", effect, tilted))
