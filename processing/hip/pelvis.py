"""How the pelvis moves in each stride: force along gravity, bounce, turning.

Gravity is the mean of the specific force over one whole stride, followed by the
gyroscope: the body's velocity is nearly the same one stride later, so its own
acceleration cancels (angles.md sections 3 and 5). Everything is in the sensor's own
axes turned by gravity only; where "forward" is, is no business of this module.

Waves are sums over halves of a cycle, plus less minus (a square wave): those of the
stride's period see only what differs between left and right steps, those of the step's
period only what is alike in both.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from contract.model import FloatArray
from contract.units import DEG_PER_RAD
from processing.arrays import IntArray
from processing.attitude import Level, Turning, follow, level, rotate_back, up_at
from processing.dsp import lowpass, peak_between
from processing.hip.contact import HipContactSettings, contact_edges
from processing.hip.windows import HipWindows

ComplexArray = NDArray[np.complex128]

POINTS = 9
"""Places in each contact at which the pelvis' inclination is kept."""
_BLOCK = 512
"""Strides measured together; bounds the memory, changes no result."""
_SEARCH_S = 0.06
"""How far the force's hump may lie from where the causal filter saw it."""
_LEAST_MPS2 = 1.0
"""Keeps a sensor in free fall from dividing by nothing; gravity is far above."""


@dataclass(frozen=True, slots=True, eq=False)
class PelvisMotion:
    """What strides of three stances each show, [S] one entry per stride.

    Attributes
    ----------
    middle : [S, 3]
        Middle of each stance in samples of the window, from the force's hump.
    loading : [S, 3]
        When the smooth force rises through body weight before it; NaN where it does
        not. Compares steps best of all features tried: the one Reenalda uses
        (algorithms.md section 2).
    start, end : [S, 3]
        Contact in samples of the window; NaN without flight on that side.
    rise_m : [S, 3]
        Rise and fall from each stance to the next; NaN for the last.
    rotation_deg : [S]
        Range of turning about the vertical.
    up : [S, 3, POINTS, 3]
        Direction against gravity in the sensor's axes, from start to end of contact.
    yaw_wave : complex [S]
        Turning rate about the vertical at the stride's period, rad/s.
    spin_wave : complex [S, 3]
        Turning rate in the sensor's axes at the stride's period, rad/s.
    force_wave : complex [S, 3]
        Level acceleration in the sensor's axes at the step's period, m/s2.
    """

    middle: FloatArray
    loading: FloatArray
    start: FloatArray
    end: FloatArray
    rise_m: FloatArray
    rotation_deg: FloatArray
    up: FloatArray
    yaw_wave: ComplexArray
    spin_wave: ComplexArray
    force_wave: ComplexArray


def pelvis_motion(
    windows: HipWindows,
    rate_hz: float,
    gyro_bias_rps: FloatArray,
    settings: HipContactSettings,
) -> PelvisMotion:
    """Measure strides; ``gyro_bias_rps`` [3] is what the sensor reports at rest."""
    parts = [
        _measure(
            windows.select(slice(begin, begin + _BLOCK)),
            rate_hz,
            gyro_bias_rps,
            settings,
        )
        for begin in range(0, max(windows.count, 1), _BLOCK)
    ]
    arrays = ([getattr(p, f.name) for p in parts] for f in fields(PelvisMotion))
    return PelvisMotion(*(np.concatenate(each) for each in arrays))


def _measure(
    windows: HipWindows,
    rate_hz: float,
    gyro_bias_rps: FloatArray,
    settings: HipContactSettings,
) -> PelvisMotion:
    samples = windows.samples.copy()
    samples[:, :, 3:] -= gyro_bias_rps
    turning = follow(samples, rate_hz)
    levelled = level(turning, windows.stance[:, 0], windows.stance[:, 2])
    channels = np.ascontiguousarray(samples.transpose(2, 1, 0))
    up = rotate_back(turning.quaternion, levelled.up[:, None, :])
    along = _dot(channels[:3], up)
    force_g = along / np.maximum(levelled.force_mps2, _LEAST_MPS2)
    middle, loading, edges = _stances(
        np.ascontiguousarray(force_g.T), windows, rate_hz, settings
    )
    yaw = _dot(channels[3:], up)
    sums = _sums(np.concatenate([channels[3:], yaw[None], channels[:3] - up * along]))
    stride = _wave(sums[:4], middle[:, 0], middle[:, 2])
    return PelvisMotion(
        middle=middle,
        loading=loading,
        start=edges[0],
        end=edges[1],
        rise_m=_rises(turning, levelled, windows.stance),
        rotation_deg=_rotation_deg(yaw, windows.stance, rate_hz),
        up=_inclination(turning, levelled, *edges),
        yaw_wave=stride[:, 3],
        spin_wave=stride[:, :3],
        force_wave=_step_wave(sums[4:], middle),
    )


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Scalar products of vectors [3, ...]."""
    product: FloatArray = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return product


def _stances(
    force_g: FloatArray,
    windows: HipWindows,
    rate_hz: float,
    settings: HipContactSettings,
) -> tuple[FloatArray, FloatArray, tuple[FloatArray, FloatArray]]:
    """Middle, loading and edges of contact, [S, 3] each, from the force [S, L]."""
    coarse = lowpass(force_g, settings.middle_hz, rate_hz)
    fine = lowpass(force_g, settings.fine_hz, rate_hz)
    reach = _SEARCH_S * rate_hz
    middle, loading, start, end = (
        np.full(windows.stance.shape, np.nan) for _ in range(4)
    )
    for j in range(windows.stance.shape[1]):
        near, own = windows.stance[:, j].astype(np.float64), windows.is_own[:, j]
        middle[:, j] = peak_between(coarse, near - reach, near + reach)
        around = np.round(middle[:, j]).astype(np.intp)
        loading[:, j] = contact_edges(coarse, around, 1.0).start
        edges = contact_edges(fine[own], around[own], settings.threshold_g)
        start[own, j], end[own, j] = edges.start, edges.end
    return middle, loading, (start, end)


def _rises(turning: Turning, levelled: Level, stance: IntArray) -> FloatArray:
    """Range of height from each stance to the next [S, 3].

    Twice the sum of the vertical force, less its mean over the stride: height and
    vertical velocity are taken to be the same one stride later.
    """
    row = np.arange(len(stance))
    begin, end = stance[:, 0], stance[:, 2]
    height = _dot(turning.path, levelled.up[:, None, :])
    at = (np.arange(height.shape[0])[:, None] - begin) / turning.rate_hz
    bent = height - levelled.force_mps2 * at * at / 2
    slope = (bent[end, row] - bent[begin, row]) / at[end, row]
    bent -= slope * at
    out = np.full(stance.shape, np.nan)
    for j in range(stance.shape[1] - 1):
        out[:, j] = _range(bent, stance[:, j], stance[:, j + 1])
    return out


def _rotation_deg(yaw: FloatArray, stance: IntArray, rate_hz: float) -> FloatArray:
    """Range of heading within the stride [S], less the turn of the whole."""
    row = np.arange(len(stance))
    begin, end = stance[:, 0], stance[:, 2]
    heading = np.cumsum(yaw, axis=0) * (DEG_PER_RAD / rate_hz)
    slope = (heading[end, row] - heading[begin, row]) / (end - begin)
    heading -= slope * (np.arange(len(heading))[:, None] - begin)
    return _range(heading, begin, end)


def _range(y: FloatArray, begin: IntArray, end: IntArray) -> FloatArray:
    """Largest less smallest value of each column of y [L, S], ends included."""
    index = np.arange(len(y))[:, None]
    inside = (index >= begin) & (index <= end)
    high = np.where(inside, y, -np.inf).max(axis=0)
    low = np.where(inside, y, np.inf).min(axis=0)
    spread: FloatArray = high - low
    return spread


def _inclination(
    turning: Turning, levelled: Level, start: FloatArray, end: FloatArray
) -> FloatArray:
    """Up in the sensor's axes [S, 3, POINTS, 3] at places from start to end."""
    share = np.linspace(0.0, 1.0, POINTS)[:, None]
    most = turning.quaternion.shape[1] - 1
    out = np.empty((*start.shape, POINTS, 3))
    for j in range(start.shape[1]):
        place = np.nan_to_num(start[:, j] + share * (end[:, j] - start[:, j]))
        sample = np.clip(np.round(place).astype(np.intp), 0, most)
        out[:, j] = up_at(turning, levelled, sample).transpose(2, 1, 0)
    return out


def _sums(channels: FloatArray) -> FloatArray:
    """Sum of the channels [C, L, S] up to each sample, in place."""
    for k in range(1, channels.shape[1]):
        channels[:, k] += channels[:, k - 1]
    return channels


def _wave(sums: FloatArray, begin: FloatArray, end: FloatArray) -> ComplexArray:
    """Wave [S, C] with the period from ``begin`` to ``end`` in each channel.

    The angle says where in the period the signal is largest; the size is that of the
    signal's mean over half a period.
    """
    period = end - begin
    # A sum up to a sample ends half a sample after it.
    place = begin + np.arange(5)[:, None] * (period / 4) - 0.5
    index = np.clip(place.astype(np.intp), 0, sums.shape[1] - 2)
    rest, row = place - index, np.arange(len(begin))
    q = sums[:, index, row] * (1 - rest) + sums[:, index + 1, row] * rest
    out = np.empty((len(begin), len(sums)), np.complex128)
    cosine = (q[:, 1] - q[:, 0]) + (q[:, 4] - q[:, 3]) - (q[:, 3] - q[:, 1])
    sine = (q[:, 2] - q[:, 0]) - (q[:, 4] - q[:, 2])
    out.real, out.imag = (cosine / period).T, (sine / period).T
    return out


def _step_wave(sums: FloatArray, middle: FloatArray) -> ComplexArray:
    """Wave of the step's period [S, C], the mean over both steps of a stride."""
    first = _wave(sums, middle[:, 0], middle[:, 1])
    second = _wave(sums, middle[:, 1], middle[:, 2])
    mean: ComplexArray = (first + second) / 2
    return mean
