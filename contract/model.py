"""The words that cross a boundary: slots, sides, batches of samples.

A *slot* is where a sensor is worn. An *epoch* is one connection of one sensor; within
it batches count up by ``seq``. A *session* is one run of one runner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
CountArray = NDArray[np.int16]


SlotWord = Literal["left", "right", "hip"]
"""Name of a slot in topics, file names and rows."""


class Slot(IntEnum):
    """Where a sensor is worn; the number is what the wire carries."""

    LEFT = 1
    RIGHT = 2
    HIP = 3

    @property
    def word(self) -> SlotWord:
        """Name in topics, file names and rows: ``left``, ``right`` or ``hip``."""
        return _WORDS[self]

    @property
    def is_foot(self) -> bool:
        """Whether the sensor sits on a shoe."""
        return self is not Slot.HIP

    @classmethod
    def from_word(cls, word: str) -> "Slot":
        """Slot of that name; raises KeyError for another word."""
        return cls[word.upper()]


_WORDS: Mapping[Slot, SlotWord] = {
    Slot.LEFT: "left",
    Slot.RIGHT: "right",
    Slot.HIP: "hip",
}


class FrameFlag(IntFlag):
    """What the collector knows about a batch beyond its samples."""

    NONE = 0
    CLOCK_SYNCED = 1
    GAP_BEFORE = 2
    CLIPPED = 4
    SIMULATED = 8


@dataclass(frozen=True, slots=True, eq=False)
class ImuBatch:
    """Consecutive samples of one sensor, in counts, with all that reading needs.

    Attributes
    ----------
    slot : Slot
        Where the sensor is worn.
    epoch, seq : int
        Connection of the sensor, and place of the batch within it, from 0.
    t0_ns : int
        Host-aligned Unix time of the first sample.
    dev_ns : int
        Device clock of the first sample, unwrapped.
    rate_hz : float
        Measured rate of the device.
    acc_lsb_mps2, gyro_lsb_rps : float
        Size of one count.
    counts : int16 array [n, 6]
        ax ay az gx gy gz: specific force (at rest +9.81 on the axis that points up) and
        angular rate, in the sensor's own axes.
    flags : FrameFlag
        See there.
    """

    slot: Slot
    epoch: int
    seq: int
    t0_ns: int
    dev_ns: int
    rate_hz: float
    acc_lsb_mps2: float
    gyro_lsb_rps: float
    counts: CountArray
    flags: FrameFlag = FrameFlag.NONE

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.counts)

    def si(self) -> FloatArray:
        """Give the samples [n, 6] in m/s2 and rad/s."""
        a, g = self.acc_lsb_mps2, self.gyro_lsb_rps
        scale: FloatArray = np.array([a, a, a, g, g, g])
        return np.multiply(self.counts, scale)


def samples_of(batches: Sequence[ImuBatch]) -> FloatArray:
    """Samples [N, 6] of one or more batches in m/s2 and rad/s, one after another.

    Each of the six channels lies in one piece of memory.
    """
    first = batches[0]
    scale = (first.acc_lsb_mps2, first.gyro_lsb_rps)
    if any((b.acc_lsb_mps2, b.gyro_lsb_rps) != scale for b in batches):
        return np.concatenate([batch.si().T for batch in batches], axis=1).T
    counts = np.concatenate([batch.counts for batch in batches])
    factors: FloatArray = np.repeat(np.array(scale), 3)
    samples: FloatArray = np.ascontiguousarray(counts.T) * factors[:, None]
    return samples.T
