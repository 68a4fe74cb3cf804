"""What of a stance is known before its events: the still foot, the risen heel, gravity.

A stride's attitude hangs on two mid-stances, its own and the next one's; how far the
heel has risen after that tells, within some 10 ms, where toe-off must lie.
"""

from dataclasses import dataclass, replace

import numpy as np

from contract.model import FloatArray
from contract.units import RAD_PER_DEG, STANDARD_GRAVITY_MPS2
from processing.arrays import BoolArray, IntArray
from processing.attitude import Level, Turning, follow, level, rotate, up_at
from processing.dsp import argmax_between, moving_sum
from processing.shoe.windows import StrideWindows

FORCE_SLACK_MPS2 = 0.5
"""The mean force between two mid-stances is one g when the foot is equally still at
both. Sensors are off by up to .3 (angles.md 2), a foot that moves at one end only by
.25 and more (angles.md 3 compares with the median, which is not causal)."""
_QUIET_SPIN_RPS = 2.618
"""150 deg/s count as much unrest as one g of force (detector.md 2.3)."""
_MOST_UNREST = 4.0
"""A single impact sample does not decide where the stance is quiet (angles.md 3.2)."""
_SPAN_S = 0.035
_STANCE_PHASE = (0.26, 0.46)
"""Phases after mid-swing in which the foot can be flat: contact lies at .17 to .27 and
toe-off at .49 to .60 (dev set, every speed and strike)."""
_HEEL_UP_DEG = 30.0
"""Turned so far from mid-stance, toes down: in the middle of the quick rise, where
toe-off follows within 20 ms and scatters least between feet (8 ms; 13 at 45 deg; dev
set). Counted from mid-stance it needs no axes, so a sensor that slips does not harm."""
_HEEL_UP_WITHIN = 0.45
"""Share of the stride after mid-stance within which the heel must have risen so far."""
_LONGEST_S = 0.95
"""Longest running stride: bounds how far it is looked."""
_FOLLOWED_FROM_S = 0.2
"""Of each window, 100 ms before mid-swing: the same for all strides, whatever others
are with them, so that their figures are the same to the last bit."""
_USUAL_PUSH_OFF = 0.18
"""Share of the stride from mid-stance to toe-off, where no heel rise is seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Stances:
    """The stance of each stride window, in samples of the window [S].

    ``midstance`` is its quietest sample and ``next_midstance`` that of the stance that
    follows; ``heel_up`` is where the foot has turned by 30 deg since mid-stance. Where
    not ``is_level``, "up" was taken from the flat foot and says nothing of the mount.
    """

    midstance: IntArray
    next_midstance: IntArray
    heel_up: FloatArray
    turning: Turning
    found: Level
    is_level: BoolArray


def find_stances(strides: StrideWindows) -> Stances:
    """Follow each stride and find its still and its turning points."""
    own, later = midstances(strides)
    turning = follow(strides.samples, strides.rates_hz, _followed(strides, later))
    measured = level(turning, own, later)
    off_mps2 = np.abs(measured.force_mps2 - STANDARD_GRAVITY_MPS2)
    is_level = (off_mps2 <= FORCE_SLACK_MPS2) & ~strides.is_edge
    found = _or_flat(measured, turning, own, is_level)
    heel_up = _heel_up(strides, turning, found, own)
    return Stances(own, later, heel_up, turning, found, is_level)


def _or_flat(
    found: Level, turning: Turning, own: IntArray, is_level: BoolArray
) -> Level:
    """Take the sole's normal for "up" where the next stance cannot be relied upon.

    So at the first and last stance of a stretch, and where an end was not still: good
    enough to know when the heel is up, not for the angles of a report.
    """
    row = np.arange(len(own))
    normal = np.tile(np.array([0.0, 0.0, 1.0])[:, None], (1, len(own)))
    flat = rotate(turning.quaternion[:, own, row], normal)
    return replace(found, up=np.where(is_level, found.up, flat))


def sensor_rise_m(stances: Stances) -> FloatArray:
    """How far the sensor rises from mid-stance until the heel is up by 30 deg [S].

    The foot turns about its toe break: laces rise by 2 to 6 cm (dev set), the heel, 19
    cm behind the toe break, by 10.
    """
    turning, up = stances.turning, stances.found.up
    row = np.arange(len(stances.midstance))
    begin = stances.midstance
    end = np.minimum(np.round(stances.heel_up), turning.path.shape[1] - 1).astype(int)
    seconds = (end - begin) / turning.rate_hz
    moved = turning.path[:, end, row] - turning.path[:, begin, row]
    moved = moved - turning.velocity[:, begin, row] * seconds
    fallen_m = 0.5 * STANDARD_GRAVITY_MPS2 * seconds**2
    rise: FloatArray = (moved * up).sum(axis=0) - fallen_m
    return rise


def _followed(strides: StrideWindows, later: IntArray) -> slice:
    """Samples that any of these strides asks for, to the stance that follows."""
    last = int(later.max()) + 1 if strides.count else 1
    return slice(sample_counts(strides.rate_hz)[0], last)


def sample_counts(rate_hz: float) -> tuple[int, int, int, int]:
    """Whole samples that are counted in: followed from, heel looks, half quiet, width.

    Strides of sensors with the same counts may be looked at side by side.
    """
    share = _STANCE_PHASE[1] - _STANCE_PHASE[0]
    half = max(3, round(_SPAN_S * rate_hz)) // 2
    return (
        round(_FOLLOWED_FROM_S * rate_hz),
        int(_HEEL_UP_WITHIN * float(_LONGEST_S) * rate_hz),
        half,
        int(share * _LONGEST_S * rate_hz) + 2 * half + 2,
    )


def midstances(strides: StrideWindows) -> tuple[IntArray, IntArray]:
    """Quietest sample [S] of each stride's own stance, and of the stance that follows.

    Angular rate and the force's departure from one g count together: with the rate
    alone the pause before landing is taken for standing (algorithms.md section 1.3).
    """
    low, high = (strides.midswing + p * strides.length for p in _STANCE_PHASE)
    own = _quietest(strides, low, high)
    later = _quietest(strides, low + strides.length, high + strides.length)
    return own, np.maximum(later, own + 1)


def _heel_up(
    strides: StrideWindows, turning: Turning, found: Level, own: IntArray
) -> FloatArray:
    """First sample after mid-stance with the toes far enough down [S]."""
    width = strides.samples.shape[1]
    steps = sample_counts(strides.rate_hz)[1]
    sample = np.minimum(own + np.arange(steps)[:, None], width - 1)
    still, now = up_at(turning, found, own), up_at(turning, found, sample)
    along = now[0] * still[0] + now[1] * still[1] + now[2] * still[2]
    is_up = (along < np.cos(_HEEL_UP_DEG * RAD_PER_DEG)) & (now[0] < still[0])
    is_up &= np.arange(steps)[:, None] < _HEEL_UP_WITHIN * strides.length
    usual = _USUAL_PUSH_OFF * strides.length
    rise: FloatArray = np.where(is_up.any(axis=0), is_up.argmax(axis=0), usual)
    return np.add(own, rise)


def _quietest(strides: StrideWindows, low: FloatArray, high: FloatArray) -> IntArray:
    """Sample [S] with the least unrest from ``low`` to ``high`` [S]."""
    _, _, half, width = sample_counts(strides.rate_hz)
    first = np.ceil(low).astype(np.intp) - half
    place = first[:, None] + np.arange(width)
    held = np.clip(place, 0, strides.samples.shape[1] - 1)
    row = np.arange(strides.count)[:, None]
    unrest = _unrest(strides.samples.transpose(2, 0, 1)[:, row, held])
    mean = moving_sum(unrest, 2 * half + 1)
    reach = np.minimum(high, strides.samples.shape[1] - 1) - first - half
    found = argmax_between(-mean, np.zeros(strides.count), reach)
    quietest: IntArray = held[row[:, 0], found + half]
    return quietest


def _unrest(channels: FloatArray) -> FloatArray:
    """Cost [S, M] of samples [6, S, M]."""
    x, y, z, a, b, c = channels
    force = np.sqrt(x * x + y * y + z * z)
    spin2 = a * a + b * b + c * c
    g = STANDARD_GRAVITY_MPS2
    cost = spin2 / _QUIET_SPIN_RPS**2 + ((force - g) / g) ** 2
    limited: FloatArray = np.minimum(cost, _MOST_UNREST)
    return limited
