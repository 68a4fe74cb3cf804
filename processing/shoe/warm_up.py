"""What comes before strides: frames in portions, and movement enough to calibrate."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from contract.model import FloatArray, FrameFlag, ImuBatch
from processing.settings import CalibrationSettings

_GAP = int(FrameFlag.GAP_BEFORE)
"""As a plain number: this is asked of every frame, and an IntFlag takes its time."""
_MINUTE = 60
"""Blocks of a second."""
_PORTION = 120_000
"""Samples analysed at once, some 850 strides: more would only fill the memory."""


def portions(
    batches: Sequence[tuple[ImuBatch, int]],
) -> Iterator[Sequence[tuple[ImuBatch, int]]]:
    """Frames without a gap between them, not too many at once."""
    begin, samples, epoch = 0, 0, -1
    for k, (batch, _) in enumerate(batches):
        is_new = int(batch.flags) & _GAP or batch.epoch != epoch or samples > _PORTION
        if is_new and k > begin:
            yield batches[begin:k]
            begin, samples = k, 0
        samples += batch.n
        epoch = batch.epoch
    if begin < len(batches):
        yield batches[begin:]


class WarmUp:
    """Says when enough movement has been seen to calibrate, to the sample.

    ``idle_until`` is a sample before which nothing moved and nothing is needed: a
    sensor may lie on the table for hours before the run.
    """

    def __init__(self, rate_hz: float, settings: CalibrationSettings) -> None:
        self.idle_until = 0
        self._block = round(rate_hz)
        self._settings = settings
        self._rest = np.empty(0)
        self._blocks = 0
        self._moving = 0

    def add(self, samples: FloatArray) -> int:
        """Samples to calibrate on once there are enough, else 0."""
        spin = np.linalg.norm(samples[:, 3:], axis=1)
        self._rest = np.concatenate([self._rest, spin])
        while len(self._rest) >= self._block:
            block, self._rest = np.split(self._rest, [self._block])
            if not self._moving:
                self.idle_until = self._block * self._droppable()
            self._blocks += 1
            self._moving += bool(block.mean() > self._settings.moving_rps)
            if self._moving >= self._settings.span_s:
                return self._blocks * self._block
        return 0

    def _droppable(self) -> int:
        """Blocks that no standing before a movement from now on can need.

        By whole minutes, so that it does not depend on how the samples came.
        """
        needed = math.ceil(
            self._settings.standing_search_s + 2 * self._settings.standing_s
        )
        return max(0, self._blocks - needed) // _MINUTE * _MINUTE
