"""Standing before the run: what the hip sensor reports while its wearer is still."""

from dataclasses import dataclass

import numpy as np

from contract.model import FloatArray
from contract.units import STANDARD_GRAVITY_MPS2

_BLOCK_S = 0.5
_SPIN_SD_RPS = 0.05
"""Quiet enough to be standing, as for the shoes (detector.md section 7)."""
_FORCE_MPS2 = 0.6
"""Furthest from one g: real sensors at rest show 9.3 to 10.2 (angles.md section 3)."""

_REACH_BLOCKS = 600
"""Five minutes: a stand further back may no longer be how the sensor sits."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """The longest quiet time.

    Attributes
    ----------
    up : [3]
        Unit vector against gravity in the sensor's axes.
    gyro_bias_rps : [3]
        Angular rate that the sensor reports at rest.
    seconds : float
    """

    up: FloatArray
    gyro_bias_rps: FloatArray
    seconds: float


class StandingSearch:
    """Watches samples, in any portions, for the longest quiet time."""

    def __init__(self, rate_hz: float, least_s: float) -> None:
        self._block = round(_BLOCK_S * rate_hz)
        self._least = max(1, round(least_s / _BLOCK_S))
        self._rest = np.empty((0, 6))
        self._total = np.zeros(6)
        self._count = 0
        self._seen = 0
        self._quiet: list[tuple[int, int, FloatArray]] = []

    def push(self, samples: FloatArray) -> None:
        """Take in samples [n, 6]."""
        self._rest = np.concatenate([self._rest, samples])
        while len(self._rest) >= self._block:
            block, self._rest = np.split(self._rest, [self._block])
            self._seen += self._block
            self._see(np.ascontiguousarray(block))

    def before(self, sample: int) -> Standing | None:
        """Longest quiet time that ended before that sample; None if too short."""
        oldest = sample - _REACH_BLOCKS * self._block
        ended = [quiet for quiet in self._quiet if oldest <= quiet[1] <= sample]
        if not ended:
            return None
        blocks, _, total = max(ended, key=lambda quiet: quiet[0])
        mean = total / blocks
        size = float(np.sqrt((mean[:3] * mean[:3]).sum()))
        return Standing(mean[:3] / size, mean[3:], blocks * _BLOCK_S)

    def _see(self, block: FloatArray) -> None:
        mean = block.mean(axis=0)
        if not self._is_quiet(block, mean):
            self._total, self._count = np.zeros(6), 0
            return
        self._total = self._total + mean
        self._count += 1
        if self._count >= self._least:
            self._quiet.append((self._count, self._seen, self._total))
            # Samples may come five minutes and more ahead of the question.
            self._quiet = self._quiet[-4 * _REACH_BLOCKS :]

    @staticmethod
    def _is_quiet(block: FloatArray, mean: FloatArray) -> bool:
        spread = block[:, 3:] - mean[3:]
        spin_sd = float(np.sqrt((spread * spread).sum() / len(block)))
        force = float(np.sqrt((mean[:3] * mean[:3]).sum()))
        is_level = abs(force - STANDARD_GRAVITY_MPS2) < _FORCE_MPS2
        return is_level and spin_sd < _SPIN_SD_RPS
