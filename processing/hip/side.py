"""Which foot a step of the hip belongs to, and where the pelvis' "forward" is.

In running the pelvis turns and rolls once per stride, at a phase that differs little
between people; steps alternate, so all strides of a run vote together. Turning about
the vertical needs gravity only (angles.md section 5). Rolling needs "forward", which is
where the body is slowed in the first half of each contact and driven in the second;
with it there are two independent votes.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.signal import lfilter

from contract.model import FloatArray
from contract.units import RAD_PER_DEG
from processing.arrays import BoolArray
from processing.hip.pelvis import POINTS, ComplexArray
from processing.hip.strides import HipStrides


@dataclass(frozen=True, slots=True)
class SideSettings:
    """Phases are of the stride's or the step's period, 0 at mid-stance, + = later."""

    yaw_phase_deg: float = -105.0
    """Where in the stride the pelvis turns left fastest, from the middle of a left
    stance: -106 over 33 trials of 13 runners (RBDS, virtual), SD 22; one trial is 89
    off, all others within 50."""
    roll_phase_deg: float = -135.0
    """The same for the left hip rising: -136, SD 18, all within 40 (same trials)."""
    forward_phase_deg: float = 45.0
    """Where in the step the body is driven forward most: 44, SD 12, all within 25 (same
    trials); 90 if contact were symmetrical, -90 would be backward."""
    least_confidence: float = 0.8
    """Below, the side is unknown (algorithms.md section 2: 60 % more votes for than
    against)."""
    memory: float = 100.0
    """Strides that are remembered: about a minute, so a sensor that slipped is learnt
    anew."""
    opening: int = 20
    """The first strides are judged together: 41 steps decide (algorithms.md 2)."""
    meeting: int = 3
    """Strides that decide how a new run continues the one before."""
    least_likeness: float = 0.5
    """Cosine between a new run and those before, of how the pelvis turns and of where
    up is, both in the sensor's axes; within one mount they are above .9. Less, and the
    sensor was clipped on anew: what was learnt is forgotten."""
    least_bundling: float = 0.95
    """How well the strides' forward directions agree, 1 = all the same; .95 is a
    circular SD of 18 deg, 1 deg of error over ten strides and more."""


@dataclass(frozen=True, slots=True, eq=False)
class Heading:
    """What is known at each stride [S].

    Attributes
    ----------
    side : [S]
        +1 left, -1 right, 0 unknown: the foot of the stride's first stance.
    confidence : [S]
    forward : [S, 3]
        Unit vector in the sensor's axes, level in running.
    has_forward : bool [S]
        Whether the strides agree on it.
    """

    side: FloatArray
    confidence: FloatArray
    forward: FloatArray
    has_forward: BoolArray


class SideVote:
    """Remembers how the pelvis moves, stride by stride."""

    def __init__(self, settings: SideSettings) -> None:
        self._settings = settings
        self._memory = np.zeros((1, _CHANNELS))
        self._seen = 0
        self._run = -1
        self._sign = 1.0
        self._side = 0.0

    def judge(self, strides: HipStrides, opening: int) -> Heading:
        """Judge strides in order; the first ``opening`` of them all at once."""
        cast = _channels(strides, self._settings)
        sign, known = np.empty(strides.count), np.empty_like(cast)
        for part in _runs(strides):
            sign[part], known[part] = self._follow(
                int(strides.run[part][0]), cast[part]
            )
        known[: max(opening - 1, 0)] = known[opening - 1] if opening else 0.0
        return self._heading(sign * np.where(strides.is_odd, -1.0, 1.0), known, opening)

    def _follow(self, run: int, cast: FloatArray) -> tuple[float, FloatArray]:
        """Sign of a run against what is remembered; the memory after each stride."""
        if run != self._run:
            self._run, self._sign = run, self._meet(cast[: self._settings.meeting])
        signed = cast.copy()
        signed[:, _SIGNED] *= self._sign
        keep = 1.0 - 1.0 / self._settings.memory
        known, state = lfilter([1.0], [1.0, -keep], signed, axis=0, zi=self._memory)
        self._memory = state
        return self._sign, known

    def _meet(self, first: FloatArray) -> float:
        """Sign that makes a run's first strides like those remembered."""
        meeting = np.cumsum(first, axis=0)[-1]
        spin, up = (
            _cosine_between(meeting[part], self._memory[0, part])
            for part in (_SPIN, _UP)
        )
        if min(abs(spin), up) < self._settings.least_likeness:
            self._memory = np.zeros_like(self._memory)
        return -1.0 if spin < 0 else 1.0

    def _heading(self, sign: FloatArray, known: FloatArray, opening: int) -> Heading:
        forward, has_forward = _forward(known, self._settings)
        count = self._seen + np.maximum(np.arange(len(known)) + 1, opening)
        self._seen += len(known)
        has_forward = has_forward & (count >= self._settings.opening)
        evidence = _evidence(known, forward, has_forward, self._settings)
        # A logistic of the two cosines: each cue is taken to scatter by a whole radian,
        # more than twice what was seen, so that no runner is ever certain.
        confidence = np.array([1 / (1 + math.exp(-2 * abs(e))) for e in evidence])
        is_sure = confidence >= self._settings.least_confidence
        side = self._hold(np.where(is_sure, np.sign(evidence), 0.0))
        return Heading(side * sign, confidence, forward, has_forward)

    def _hold(self, side: FloatArray) -> FloatArray:
        """Keep the last sure side until another is sure."""
        last = np.maximum.accumulate(np.where(side != 0, np.arange(len(side)), -1))
        held = np.where(last >= 0, side[np.maximum(last, 0)], self._side)
        if len(held):
            self._side = float(held[-1])
        return held


_SPIN = slice(0, 6)
_SIGNED = slice(0, 8)
_YAW_SIZE = 8
_DRIVE = slice(9, 12)
_DRIVE_SIZE = 12
_UP = slice(13, 16)
_CHANNELS = 16


def _channels(strides: HipStrides, settings: SideSettings) -> FloatArray:
    """What is summed over strides [S, 16]; the first 8 change sign with the side."""
    motion = strides.motion
    out = np.empty((strides.count, _CHANNELS))
    odd = np.where(strides.is_odd, -1.0, 1.0)[:, None]
    out[:, 0:3] = motion.spin_wave.real * odd
    out[:, 3:6] = motion.spin_wave.imag * odd
    out[:, 6] = motion.yaw_wave.real * odd[:, 0]
    out[:, 7] = motion.yaw_wave.imag * odd[:, 0]
    out[:, 8] = _size(motion.yaw_wave.real, motion.yaw_wave.imag)
    drive = _towards(motion.force_wave, settings.forward_phase_deg)
    out[:, _DRIVE] = drive
    out[:, _DRIVE_SIZE] = np.sqrt(_dot(drive, drive))
    out[:, _UP] = motion.up[:, 0, POINTS // 2] + motion.up[:, 1, POINTS // 2]
    # A window that could not be measured says nothing, for ever after included.
    out[~np.isfinite(out).all(axis=1)] = 0.0
    return out


def _runs(strides: HipStrides) -> list[slice]:
    """Where the strides of each run lie."""
    cut = np.flatnonzero(np.diff(strides.run)) + 1
    ends = [0, *cut.tolist(), strides.count]
    return [slice(a, b) for a, b in pairwise(ends) if b > a]


def _forward(known: FloatArray, settings: SideSettings) -> tuple[FloatArray, BoolArray]:
    up = _unit(known[:, _UP])
    drive = known[:, _DRIVE]
    level = drive - up * _dot(drive, up)[:, None]
    size, sum_of_sizes = np.sqrt(_dot(level, level)), known[:, _DRIVE_SIZE]
    is_bundled = (size > settings.least_bundling * sum_of_sizes) & (size > 0)
    return _unit(level), is_bundled


def _evidence(
    known: FloatArray,
    forward: FloatArray,
    has_forward: BoolArray,
    settings: SideSettings,
) -> FloatArray:
    """Sum of the cosines of both cues [S], + = left."""
    yaw = known[:, 6], known[:, 7]
    coherence = _size(*yaw) / np.maximum(known[:, _YAW_SIZE], 1e-12)
    by_yaw = _cosine(*yaw, settings.yaw_phase_deg) * coherence
    spin = known[:, 0:3], known[:, 3:6]
    roll = _dot(spin[0], forward), _dot(spin[1], forward)
    by_roll = _cosine(*roll, settings.roll_phase_deg) * coherence
    total: FloatArray = by_yaw + np.where(has_forward, by_roll, 0.0)
    return total


def _cosine(real: FloatArray, imag: FloatArray, phase_deg: float) -> FloatArray:
    """Cosine of the angle between waves [S] and a phase."""
    phase = phase_deg * RAD_PER_DEG
    along = real * math.cos(phase) + imag * math.sin(phase)
    cosine: FloatArray = along / np.maximum(_size(real, imag), 1e-12)
    return cosine


def _cosine_between(a: FloatArray, b: FloatArray) -> float:
    """Cosine of the angle between two vectors; 1 where one is nothing."""
    sizes = math.sqrt(float(np.cumsum(a * a)[-1]) * float(np.cumsum(b * b)[-1]))
    return float(np.cumsum(a * b)[-1]) / sizes if sizes else 1.0


def _towards(wave: ComplexArray, phase_deg: float) -> FloatArray:
    """Part of waves that has this phase."""
    phase = phase_deg * RAD_PER_DEG
    part: FloatArray = wave.real * math.cos(phase) + wave.imag * math.sin(phase)
    return part


def _size(real: FloatArray, imag: FloatArray) -> FloatArray:
    size: FloatArray = np.sqrt(real * real + imag * imag)
    return size


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Scalar products of rows [S, 3]."""
    product: FloatArray = a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2]
    return product


def _unit(a: FloatArray) -> FloatArray:
    size = np.sqrt(_dot(a, a))[:, None]
    return a / np.where(size > 0, size, 1.0)
