"""Strides side by side, as they are cut out of the stream and handed on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from contract.model import FloatArray
from contract.units import DEG_PER_RAD
from processing.arrays import BoolArray, IntArray, Rate

_ONE_EACH = ("start", "midswing", "length", "number", "is_edge")


@dataclass(frozen=True, slots=True, eq=False)
class StrideWindows:
    """Strides side by side.

    Attributes
    ----------
    samples : [S, L, 6]
        Foot frame, SI units; the stride's own mid-swing is near sample ``before``.
    start : [S]
        Index of each window's first sample in the stream.
    midswing, length : [S]
        Mid-swing within the window and samples to the next mid-swing.
    number : [S]
        Place of the stride in the stream; neighbours have neighbouring numbers.
    is_edge : bool [S]
        Whether one of its two mid-swings was never seen: the stance before the first
        swing or after the last, its length taken from the stride beside it.
    rate_hz : float
        Of the sensor; of the first one where several stand side by side.
    own_rates_hz : [S], optional
        Each stride's own, where sensors stand side by side.
    """

    samples: FloatArray
    start: IntArray
    midswing: FloatArray
    length: FloatArray
    number: IntArray
    is_edge: BoolArray
    rate_hz: float
    own_rates_hz: FloatArray | None = None

    def __post_init__(self) -> None:
        # Every stage works on one channel at a time: keep each in one piece.
        channels = np.ascontiguousarray(self.samples.transpose(2, 0, 1))
        object.__setattr__(self, "samples", channels.transpose(1, 2, 0))

    @property
    def count(self) -> int:
        """Number of strides."""
        return len(self.start)

    @property
    def rates_hz(self) -> Rate:
        """Rate of all strides, or of each."""
        return self.rate_hz if self.own_rates_hz is None else self.own_rates_hz

    def select(self, keep: BoolArray | IntArray | slice) -> "StrideWindows":
        """Strides where ``keep`` holds."""
        channels = self.samples.transpose(2, 0, 1)[:, keep]
        return StrideWindows(
            channels.transpose(1, 2, 0),
            self.start[keep],
            self.midswing[keep],
            self.length[keep],
            self.number[keep],
            self.is_edge[keep],
            self.rate_hz,
            None if self.own_rates_hz is None else self.own_rates_hz[keep],
        )

    def part(self, first: int, last: int) -> "StrideWindows":
        """The same strides, each window cut down to the samples [first, last)."""
        return StrideWindows(
            self.samples[:, first:last],
            self.start + first,
            self.midswing - first,
            self.length,
            self.number,
            self.is_edge,
            self.rate_hz,
            self.own_rates_hz,
        )

    def turned(self, rotation: FloatArray) -> "StrideWindows":
        """The same strides in other axes; the rows of ``rotation`` are the new axes."""
        if np.array_equal(rotation, np.eye(3)):
            return self
        old = self.samples.transpose(2, 0, 1)
        new = np.empty_like(old)
        for block in (0, 3):
            x, y, z = old[block : block + 3]
            for row, axis in enumerate(rotation):
                new[block + row] = axis[0] * x + axis[1] * y + axis[2] * z
        return replace(self, samples=new.transpose(1, 2, 0))

    def followed_by(self, later: "StrideWindows") -> "StrideWindows":
        """These strides and then those."""
        return self.joined([self, later])

    @classmethod
    def joined(cls, parts: "Sequence[StrideWindows]") -> "StrideWindows":
        """All strides of one or more parts, in order."""
        if len(parts) == 1:
            return parts[0]
        arrays = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in _ONE_EACH
        }
        channels = [part.samples.transpose(2, 0, 1) for part in parts]
        arrays["samples"] = np.concatenate(channels, axis=1).transpose(1, 2, 0)
        return cls(**arrays, rate_hz=parts[0].rate_hz)

    @classmethod
    def side_by_side(cls, parts: "Sequence[StrideWindows]") -> "StrideWindows":
        """Strides of several sensors, whose windows have the same length."""
        if len(parts) == 1:
            return parts[0]
        own = [np.full(part.count, part.rate_hz) for part in parts]
        return replace(cls.joined(parts), own_rates_hz=np.concatenate(own))

    def pitch_rate_dps(self) -> FloatArray:
        """Toe-up rotation [S, L] in deg/s."""
        return -DEG_PER_RAD * self.samples[:, :, 4]

    def vertical_mps2(self) -> FloatArray:
        """Specific force along the sole's normal [S, L]."""
        return self.samples[:, :, 2]
