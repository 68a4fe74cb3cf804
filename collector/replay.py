"""A recording as a source: its samples as batches, as a sensor would have sent them."""

from collections.abc import Iterator

import numpy as np

from collector.recording import Recording
from collector.uniform import Segment, regularise
from contract.model import CountArray, FloatArray, FrameFlag, ImuBatch, Slot
from contract.units import NS_PER_S, RAD_PER_DEG, STANDARD_GRAVITY_MPS2

FRAME_SAMPLES = 20  # 10 frames/s at 200 Hz: within the 8-10 a phone's radio passes on
_FULL_SCALE = 32768
# At the rail: the Arduino Nano's sensor stops at 32732 counts of 32767 in its impacts
# (wearable_my_foot), and a file whose g is 9.80665 at 32757.
_CLIPPED_COUNT = 32700
_LEAST_ACC_RANGE_G = 16.0
_LEAST_GYRO_RANGE_DPS = 2000.0


class RecordingSource:
    """One slot of a recording as a `Source`.

    Parameters
    ----------
    recording : Recording
        Where the samples come from.
    slot : Slot
        Which of its sensors; KeyError if it has none there.
    origin_ns : int
        Unix time at which the recording's clock reads zero.
    frame_samples : int
        Samples per batch; the last one before a gap may be shorter.
    """

    def __init__(
        self,
        recording: Recording,
        slot: Slot,
        *,
        origin_ns: int,
        frame_samples: int = FRAME_SAMPLES,
    ) -> None:
        self._slot = slot
        self._origin_ns = origin_ns
        self._frame_samples = frame_samples
        track = recording.tracks[slot]
        self._segments = regularise(track.t_s, track.samples, track.rate_hz)
        meta = recording.meta
        self._acc_lsb_mps2, self._gyro_lsb_rps = count_sizes(
            track.samples, meta.acc_range_g, meta.gyro_range_dps
        )
        simulated = FrameFlag.SIMULATED if meta.simulated else FrameFlag.NONE
        synced = FrameFlag.NONE if meta.clocks_apart else FrameFlag.CLOCK_SYNCED
        self._flags = synced | simulated

    @property
    def slot(self) -> Slot:
        """Where the sensor is worn."""
        return self._slot

    @property
    def n_filled(self) -> int:
        """Samples that were missing and were filled in linearly."""
        return sum(segment.n_filled for segment in self._segments)

    @property
    def n_gaps(self) -> int:
        """Gaps too long to fill."""
        return len(self._segments) - 1

    def batches(self) -> Iterator[ImuBatch]:
        """Yield the batches in order of time."""
        seq = 0
        for number, segment in enumerate(self._segments):
            gap = FrameFlag.GAP_BEFORE if number else FrameFlag.NONE
            counts = self._counts(segment.samples)
            for start in range(0, len(counts), self._frame_samples):
                part = counts[start : start + self._frame_samples]
                yield self._batch(seq, segment, start, part, gap)
                seq, gap = seq + 1, FrameFlag.NONE

    def _batch(
        self, seq: int, segment: Segment, start: int, part: CountArray, gap: FrameFlag
    ) -> ImuBatch:
        is_clipped = bool((np.abs(part.astype(np.int32)) >= _CLIPPED_COUNT).any())
        clipped = FrameFlag.CLIPPED if is_clipped else FrameFlag.NONE
        t_ns = round(float(segment.t_s[start]) * NS_PER_S)
        return ImuBatch(
            slot=self._slot,
            epoch=0,
            seq=seq,
            t0_ns=self._origin_ns + t_ns,
            dev_ns=t_ns,
            rate_hz=segment.rate_hz,
            acc_lsb_mps2=self._acc_lsb_mps2,
            gyro_lsb_rps=self._gyro_lsb_rps,
            counts=part,
            flags=self._flags | gap | clipped,
        )

    def _counts(self, samples: FloatArray) -> CountArray:
        scale = np.array(3 * [self._acc_lsb_mps2] + 3 * [self._gyro_lsb_rps])
        counts = np.rint(samples / scale)
        limited = np.clip(counts, -_FULL_SCALE, _FULL_SCALE - 1)
        return np.asarray(limited, dtype=np.int16)


def count_sizes(
    samples: FloatArray, acc_range_g: float | None, gyro_range_dps: float | None
) -> tuple[float, float]:
    """Size of one count in m/s2 and rad/s.

    An unknown range is the smallest of 16, 32, 64 ... g and 2000, 4000 ... dps that
    holds the samples, so that a value at full scale is one that the sensor cut off.
    """
    most = np.abs(samples).max(axis=0)
    most_g = float(most[:3].max()) / STANDARD_GRAVITY_MPS2
    most_dps = float(most[3:].max()) / RAD_PER_DEG
    acc_g = acc_range_g or _holding(_LEAST_ACC_RANGE_G, most_g)
    gyro_dps = gyro_range_dps or _holding(_LEAST_GYRO_RANGE_DPS, most_dps)
    acc_lsb_mps2 = acc_g * STANDARD_GRAVITY_MPS2 / _FULL_SCALE
    return acc_lsb_mps2, gyro_dps * RAD_PER_DEG / _FULL_SCALE


def _holding(least: float, most: float) -> float:
    full = least
    while most > full:
        full *= 2
    return full
