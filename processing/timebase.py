"""From a sensor's sample count to the session's clock.

Every batch says when its first sample was taken; a sample's time follows from its own
batch, so it does not depend on what came later.
"""

import numpy as np

from contract.model import FloatArray, FrameFlag
from contract.units import NS_PER_S
from processing.contacts import NsArray
from processing.dsp import BoolArray, IntArray


class TimeBase:
    """Grows by batches; turns sample places into nanoseconds."""

    def __init__(self, rate_hz: float) -> None:
        self._period_ns = NS_PER_S / rate_hz
        self._first = np.zeros(64, np.int64)
        self._t_ns = np.zeros(64, np.int64)
        self._flags = np.zeros(64, np.int64)
        self._batches = 0
        self.samples = 0

    def add(self, count: int, t_ns: int, flags: int) -> None:
        """Append a batch of ``count`` samples that begins at ``t_ns``."""
        if self._batches == len(self._first):
            self._first = np.concatenate([self._first, np.zeros_like(self._first)])
            self._t_ns = np.concatenate([self._t_ns, np.zeros_like(self._t_ns)])
            self._flags = np.concatenate([self._flags, np.zeros_like(self._flags)])
        self._first[self._batches] = self.samples
        self._t_ns[self._batches] = t_ns
        self._flags[self._batches] = flags
        self._batches += 1
        self.samples += count

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
        carried = (self._flags[: self._batches] & flag) != 0
        until = np.concatenate([[0], np.cumsum(carried)])
        count = until[self._batch_of(end) + 1] - until[self._batch_of(begin)]
        touched: BoolArray = count > 0
        return touched

    def _batch_of(self, place: FloatArray) -> IntArray:
        first = self._first[: self._batches]
        return np.clip(np.searchsorted(first, place, side="right") - 1, 0, None)
