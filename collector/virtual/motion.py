"""What a virtual sensor feels: counts by sample number.

A recording or a simulated runner as arrays, or simple scripts: still, shaken, and
stepping on the spot.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from contract.model import CountArray, FloatArray, ImuBatch
from contract.units import STANDARD_GRAVITY_MPS2

ACC_G_PER_COUNT = 16 / 32768
GYRO_DPS_PER_COUNT = 2000 / 32768
# Of common 6-axis chips at 200 Hz, as in collector/simulated/sensor.py.
NOISE_G = 0.0015
NOISE_DPS = 0.05


class Motion(Protocol):
    """A sensor's feelings, at its own rate and in its own counts."""

    @property
    def rate_hz(self) -> float:
        """Samples in a true second."""

    @property
    def acc_g_per_count(self) -> float:
        """Size of a count of acceleration."""

    @property
    def gyro_dps_per_count(self) -> float:
        """Size of a count of angular rate."""

    def counts(self, first: int, n: int) -> CountArray:
        """Samples ``first`` to ``first + n - 1``, int16 [n, 6]; any number may come."""


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Counts that are there; before and after them the sensor rests as at first.

    As at first also at the end: a recording may be cut in the middle of a blow.
    ``is_repeated`` begins again instead, for a demo without an end.
    """

    samples: CountArray
    rate_hz: float
    acc_g_per_count: float = ACC_G_PER_COUNT
    gyro_dps_per_count: float = GYRO_DPS_PER_COUNT
    is_repeated: bool = False

    def counts(self, first: int, n: int) -> CountArray:
        """Samples by number."""
        numbers = np.arange(first, first + n)
        if self.is_repeated:
            return self.samples[numbers % len(self.samples)]
        is_within = (numbers >= 0) & (numbers < len(self.samples))
        return self.samples[np.where(is_within, numbers, 0)]


def recorded(batches: Iterable[ImuBatch], rate_hz: float | None = None) -> Recorded:
    """Motion from batches of one sensor without gaps (a replay, a simulated runner).

    ``rate_hz`` is the true rate where it is known better than the batches say.
    """
    kept = list(batches)
    first = kept[0]
    return Recorded(
        np.vstack([batch.counts for batch in kept]),
        rate_hz or first.rate_hz,
        first.acc_lsb_mps2 / STANDARD_GRAVITY_MPS2,
        float(np.degrees(first.gyro_lsb_rps)),
    )


@dataclass(frozen=True, slots=True)
class Still:
    """Lying or standing: gravity along one axis, and the chip's noise.

    Attributes
    ----------
    down : tuple of float
        Where the sensor's own axes feel 1 g.
    noise_g, noise_dps : float
        Standard deviation of a sample.
    """

    rate_hz: float = 416.0
    down: tuple[float, float, float] = (0.0, 0.0, 1.0)
    noise_g: float = NOISE_G
    noise_dps: float = NOISE_DPS
    seed: int = 0
    acc_g_per_count: float = ACC_G_PER_COUNT
    gyro_dps_per_count: float = GYRO_DPS_PER_COUNT

    def counts(self, first: int, n: int) -> CountArray:
        """Samples by number."""
        feel = _at_rest(self.seed, first, n, self.noise_g, self.noise_dps)
        feel[:, :3] += self.down
        return _counts(feel, self)


@dataclass(frozen=True, slots=True)
class Shaken:
    """Shaken to and fro in the hand, or with the foot."""

    rate_hz: float = 416.0
    swing_hz: float = 4.0
    peak_g: float = 2.0
    peak_dps: float = 300.0
    seed: int = 0
    acc_g_per_count: float = ACC_G_PER_COUNT
    gyro_dps_per_count: float = GYRO_DPS_PER_COUNT

    def counts(self, first: int, n: int) -> CountArray:
        """Samples by number."""
        phase = 2 * np.pi * self.swing_hz * np.arange(first, first + n) / self.rate_hz
        feel = _at_rest(self.seed, first, n)
        feel[:, 2] += 1.0
        feel[:, 0] += self.peak_g * np.sin(phase)
        feel[:, 4] += self.peak_dps * np.cos(phase)
        return _counts(feel, self)


@dataclass(frozen=True, slots=True)
class SteppingOnTheSpot:
    """Steps on the spot: the foot tips, swings and comes down with a short blow.

    Attributes
    ----------
    stride_hz : float
        Strides of this foot in a second.
    phase : float
        Share of a stride by which this foot is later; 0.5 for the other foot.
    """

    rate_hz: float = 416.0
    stride_hz: float = 0.8
    phase: float = 0.0
    blow_g: float = 4.0
    lift_dps: float = 250.0
    seed: int = 0
    acc_g_per_count: float = ACC_G_PER_COUNT
    gyro_dps_per_count: float = GYRO_DPS_PER_COUNT

    def counts(self, first: int, n: int) -> CountArray:
        """Samples by number."""
        t_s = np.arange(first, first + n) / self.rate_hz
        stride = (t_s * self.stride_hz - self.phase) % 1.0
        swing = np.clip((stride - 0.5) / 0.4, 0.0, 1.0)
        feel = _at_rest(self.seed, first, n)
        feel[:, 2] += 1.0
        # Up and down again: the pitch rate goes one way, then the other, net zero.
        feel[:, 4] += self.lift_dps * np.sin(2 * np.pi * swing)
        feel[:, 2] += 0.5 * np.sin(np.pi * swing) * np.sin(2 * np.pi * swing)
        # The blow: 20 ms after the foot is down, at nine tenths of the stride.
        since_s = (stride - 0.9) / self.stride_hz
        feel[:, 2] += self.blow_g * np.exp(-(((since_s - 0.02) / 0.01) ** 2))
        return _counts(feel, self)


@dataclass(frozen=True, slots=True)
class OneAfterAnother:
    """Motions in a row, each for so many seconds; the last one goes on."""

    parts: Sequence[tuple[Motion, float]]

    @property
    def rate_hz(self) -> float:
        """Rate of the first part; all must have the same."""
        return self.parts[0][0].rate_hz

    @property
    def acc_g_per_count(self) -> float:
        """Size of a count in the first part."""
        return self.parts[0][0].acc_g_per_count

    @property
    def gyro_dps_per_count(self) -> float:
        """Size of a count in the first part."""
        return self.parts[0][0].gyro_dps_per_count

    def counts(self, first: int, n: int) -> CountArray:
        """Samples by number; of each part from its own beginning."""
        pieces = []
        begin, at, end = 0, first, first + n
        for number, (motion, seconds) in enumerate(self.parts):
            is_last = number == len(self.parts) - 1
            stop = end if is_last else begin + round(seconds * motion.rate_hz)
            here = min(stop, end)
            if at < here:
                pieces.append(motion.counts(at - begin, here - at))
                at = here
            begin = stop
        return np.vstack(pieces)


def rescale(
    counts: CountArray, motion: Motion, acc_g: float, gyro: float
) -> CountArray:
    """The motion's counts in counts of other sizes, cut off at the rails."""
    ratio = np.array(
        3 * [motion.acc_g_per_count / acc_g] + 3 * [motion.gyro_dps_per_count / gyro]
    )
    return _limited(counts * ratio)


def _counts(feel: FloatArray, motion: Motion) -> CountArray:
    size = [motion.acc_g_per_count] * 3 + [motion.gyro_dps_per_count] * 3
    return _limited(feel / np.array(size))


def _limited(values: FloatArray) -> CountArray:
    limited = np.clip(np.rint(values), -32768, 32767)
    return np.asarray(limited, dtype=np.int16)


def _at_rest(
    seed: int,
    first: int,
    n: int,
    noise_g: float = NOISE_G,
    noise_dps: float = NOISE_DPS,
) -> FloatArray:
    spread: FloatArray = np.array(3 * [noise_g] + 3 * [noise_dps])
    return np.multiply(_noise(seed, first, n), spread)


# Noise comes in blocks, so that a sample is the same whenever it is asked for.
_BLOCK = 512


def _noise(seed: int, first: int, n: int) -> FloatArray:
    begin, end = first // _BLOCK, (first + n - 1) // _BLOCK
    blocks = [_noise_block(seed, number) for number in range(begin, end + 1)]
    at = first - begin * _BLOCK
    return np.vstack(blocks)[at : at + n].copy()


@lru_cache(maxsize=64)
def _noise_block(seed: int, number: int) -> FloatArray:
    # Numbers below zero too; it begins again after decades.
    draw = np.random.default_rng([seed, number % 2**32])
    return draw.standard_normal((_BLOCK, 6))
