"""From a sensor's sample count to the session's clock.

Every batch says when its first sample was taken; a sample's time follows from its own
batch, so it does not depend on what came later.
"""

from collections.abc import Sequence

import numpy as np

from contract.model import FloatArray, FrameFlag
from contract.units import NS_PER_S
from processing.arrays import BoolArray, IntArray, NsArray


class TimeBase:
    """Grows by batches; turns sample places into nanoseconds."""

    def __init__(self, rate_hz: float) -> None:
        self._period_ns = NS_PER_S / rate_hz
        self._first = np.zeros(64, np.int64)
        self._t_ns = np.zeros(64, np.int64)
        self._flags = np.zeros(64, np.int64)
        self._batches = 0
        self._seen = 0
        self.samples = 0

    def add(
        self, counts: Sequence[int], t_ns: Sequence[int], flags: Sequence[int]
    ) -> None:
        """Append batches: their numbers of samples, their starts, their flags."""
        end = self._batches + len(counts)
        while end > len(self._first):
            self._first, self._t_ns, self._flags = (
                np.concatenate([kept, np.zeros_like(kept)])
                for kept in (self._first, self._t_ns, self._flags)
            )
        until = self.samples + np.cumsum(counts, dtype=np.int64)
        new = slice(self._batches, end)
        self._first[new] = until - np.asarray(counts, np.int64)
        self._t_ns[new] = t_ns
        self._flags[new] = flags
        self._seen |= int(np.bitwise_or.reduce(self._flags[new]))
        self._batches = end
        self.samples = int(until[-1])

    def at(self, place: FloatArray) -> NsArray:
        """Times [n] of sample places [n]; fractions and places outside are allowed."""
        batch = self._batch_of(place)
        beyond_ns = (place - self._first[batch]) * self._period_ns
        return self._t_ns[batch] + np.round(beyond_ns).astype(np.int64)

    def has(self, place: FloatArray, flag: FrameFlag) -> BoolArray:
        """Whether the batches at sample places [n] carry a flag."""
        carried: BoolArray = (self._flags[self._batch_of(place)] & flag) != 0
        return carried

    def touches(self, begin: FloatArray, end: FloatArray, flag: FrameFlag) -> BoolArray:
        """Whether a batch between two places [n], ends included, carries a flag."""
        if not len(begin) or not self._seen & flag:
            return np.zeros(len(begin), bool)
        first, last = self._batch_of(begin), self._batch_of(end)
        low, high = int(first.min()), int(last.max()) + 1
        carried = (self._flags[low:high] & flag) != 0
        if not carried.any():
            return np.zeros(len(begin), bool)
        until = np.concatenate([[0], np.cumsum(carried)])
        touched: BoolArray = until[last + 1 - low] - until[first - low] > 0
        return touched

    def _batch_of(self, place: FloatArray) -> IntArray:
        first = self._first[: self._batches]
        return np.clip(np.searchsorted(first, place, side="right") - 1, 0, None)
