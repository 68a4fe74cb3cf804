"""What a cheap sensor on the laces makes of the motion: counts on its own clock."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import bilinear, butter, lfilter
from scipy.spatial.transform import Rotation

from collector.simulated.motion import MOTION_RATE_HZ, Motion
from collector.simulated.worn import Slip, Worn
from contract.model import CountArray, FloatArray
from contract.units import NS_PER_S, RAD_PER_DEG, STANDARD_GRAVITY_MPS2

ACC_RANGE_G = 16.0
GYRO_RANGE_DPS = 2000.0
# Noise of common 6-axis chips at 200 Hz, with the cable and the shoe on top.
ACC_NOISE_MPS2 = 0.0015 * STANDARD_GRAVITY_MPS2
GYRO_NOISE_RPS = 0.05 * RAD_PER_DEG
# A sensor in a clip on laces swings with little damping (design notes: 45 to 80 Hz).
CLIP_DAMPING = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class SensorTraits:
    """One device as it is worn: ``mount`` turns foot axes from sensor axes.

    ``clock_ppm`` > 0: the device's clock and sampling run fast. ``clock_ns`` is what it
    shows at the origin of the run.
    """

    rate_hz: float
    mount: Rotation
    clip_hz: float
    acc_scale: FloatArray
    gyro_scale: FloatArray
    gyro_bias_rps: FloatArray
    clock_ppm: float
    clock_ns: int
    first_sample_s: float
    acc_range_g: float = ACC_RANGE_G
    gyro_range_dps: float = GYRO_RANGE_DPS
    slip: Slip | None = None

    @property
    def acc_lsb_mps2(self) -> float:
        """Size of one count of acceleration."""
        return self.acc_range_g * STANDARD_GRAVITY_MPS2 / 32768

    @property
    def gyro_lsb_rps(self) -> float:
        """Size of one count of angular rate."""
        return self.gyro_range_dps * RAD_PER_DEG / 32768

    @property
    def true_rate_hz(self) -> float:
        """Samples per true second."""
        return self.rate_hz * (1 + self.clock_ppm * 1e-6)

    def dev_ns(self, sample: int) -> int:
        """Device clock at a sample, in its own nanoseconds."""
        return self.clock_ns + round(sample * NS_PER_S / self.rate_hz)

    def true_s(self, sample: int) -> float:
        """Give the true time of a sample since the origin of the run."""
        return self.first_sample_s + sample / self.true_rate_hz


def draw_sensor(
    rng: np.random.Generator, rate_hz: float, worn: Worn | None = None
) -> SensorTraits:
    """Draw a device and how it is clipped on, where that is not said."""
    worn = worn or Worn()
    drawn = SensorTraits(
        rate_hz=rate_hz,
        mount=Rotation.from_euler("ZYX", rng.uniform(-40, 40, size=3), degrees=True),
        clip_hz=float(rng.uniform(45, 80)),
        acc_scale=1 + rng.uniform(-0.01, 0.01, size=3),
        gyro_scale=1 + rng.uniform(-0.01, 0.01, size=3),
        gyro_bias_rps=rng.uniform(-1, 1, size=3) * RAD_PER_DEG,
        clock_ppm=float(rng.uniform(-60, 60)),
        clock_ns=int(rng.integers(0, 3600 * NS_PER_S)),
        first_sample_s=float(rng.uniform(0, 1 / rate_hz)),
        acc_range_g=worn.acc_range_g,
        gyro_range_dps=worn.gyro_range_dps,
        slip=worn.slip,
    )
    return drawn if worn.mount is None else replace(drawn, mount=worn.mount)


def sense(
    motion: Iterator[Motion], sensor: SensorTraits, rng: np.random.Generator
) -> Iterator[CountArray]:
    """Yield counts [n, 6] as the device samples them, block after block."""
    analogue = _Analogue(sensor)
    sampler = _Sampler(sensor)
    for block in motion:
        signal = analogue.filter(block)
        signal = _disturb(sampler.sample(block.start, signal), sensor, rng)
        yield quantise(signal, sensor)


class _Filter:
    """A linear filter that remembers its state from block to block."""

    def __init__(self, numerator: FloatArray, denominator: FloatArray) -> None:
        self._b, self._a = numerator, denominator
        self._state = np.zeros((len(denominator) - 1, 0))
        self._rest = np.zeros(0)

    def __call__(self, signal: FloatArray) -> FloatArray:
        if not len(self._rest):
            self._rest = signal[0].copy()
            self._state = np.zeros((len(self._a) - 1, signal.shape[1]))
        # Around the first value: a filter that starts at rest has nothing to settle.
        change, self._state = lfilter(
            self._b, self._a, signal - self._rest, axis=0, zi=self._state
        )
        return np.asarray(change + self._rest)


class _Analogue:
    """Mount, clip and the chip's own low-pass filter."""

    def __init__(self, sensor: SensorTraits) -> None:
        self._turn = sensor.mount.as_matrix()
        self._slip = sensor.slip
        omega = 2 * math.pi * sensor.clip_hz
        damped = 2 * CLIP_DAMPING * omega
        clip = bilinear([damped, omega**2], [1, damped, omega**2], MOTION_RATE_HZ)
        self._clip = _Filter(*clip)
        edge_hz = min(0.45 * sensor.rate_hz, 180.0)
        self._low_pass = _Filter(*butter(2, edge_hz, fs=MOTION_RATE_HZ))

    def filter(self, block: Motion) -> FloatArray:
        force, rate = block.force_mps2 @ self._turn, block.rate_rps @ self._turn
        if self._slip is not None:
            t_s = (block.start + np.arange(len(force))) / MOTION_RATE_HZ
            force, rate = self._slip.turn(force, rate, t_s)
        return self._low_pass(np.hstack([self._clip(force), rate]))


class _Sampler:
    """Values at the device's own sample times, linear between 2 kHz samples."""

    def __init__(self, sensor: SensorTraits) -> None:
        self._sensor = sensor
        self._next = 0
        self._last = np.zeros((0, 6))

    def sample(self, start: int, signal: FloatArray) -> FloatArray:
        known = np.vstack([self._last, signal])
        first = start - len(self._last)
        self._last = signal[-1:]
        end_s = (start + len(signal) - 1) / MOTION_RATE_HZ
        rate_hz = self._sensor.true_rate_hz
        stop = math.floor((end_s - self._sensor.first_sample_s) * rate_hz) + 1
        samples = np.arange(self._next, max(stop, self._next))
        self._next += len(samples)
        at = (self._sensor.first_sample_s + samples / rate_hz) * MOTION_RATE_HZ - first
        left = np.clip(at.astype(np.int64), 0, len(known) - 2)
        share = (at - left)[:, None]
        return np.asarray(known[left] * (1 - share) + known[left + 1] * share)


def _disturb(
    signal: FloatArray, sensor: SensorTraits, rng: np.random.Generator
) -> FloatArray:
    noise = rng.standard_normal(signal.shape)
    noise[:, :3] *= ACC_NOISE_MPS2
    noise[:, 3:] *= GYRO_NOISE_RPS
    scaled: FloatArray = signal * np.concatenate([sensor.acc_scale, sensor.gyro_scale])
    scaled[:, 3:] += sensor.gyro_bias_rps
    return scaled + noise


def quantise(signal: FloatArray, sensor: SensorTraits) -> CountArray:
    """Give the counts of SI values [n, 6], clipped at the device's range."""
    lsb = np.repeat([sensor.acc_lsb_mps2, sensor.gyro_lsb_rps], 3)
    counts: CountArray = np.clip(np.rint(signal / lsb), -32768, 32767).astype(np.int16)
    return counts
