"""Mean roll of one shoe over ground contact, from sums that do not grow with the run.

Each step's course is rounded to a thousandth of a degree and summed in whole numbers,
so the mean is the same to the bit however the steps came, and a step can be taken out
again exactly. Only the latest steps are held one by one: a slip takes back no more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.model import FloatArray
from processing.arrays import NsArray
from processing.contacts import ROLL_PCT
from processing.settings import BalanceSettings

_PER_DEG = 1000
_REMEMBERED = 200
"""Steps that a slip may take back (`processing.shoe.gait`, strides that a slip may have
to be dated back to)."""


@dataclass(frozen=True, slots=True, eq=False)
class MeanRoll:
    """Eversion of a shoe against standing at the places `ROLL_PCT` of contact."""

    eversion_deg: FloatArray
    sd_deg: FloatArray
    steps: int


class RollSums:
    """Sums over the steps of one foot whose roll is known."""

    def __init__(self) -> None:
        self._steps = 0
        self._sum = np.zeros(len(ROLL_PCT), np.int64)
        self._squares = np.zeros(len(ROLL_PCT), np.int64)
        self._late_ns: NsArray = np.empty(0, np.int64)
        self._late: NDArray[np.int32] = np.empty((0, len(ROLL_PCT)), np.int32)

    def add(self, ic_ns: NsArray, roll_deg: FloatArray) -> None:
        """Take in the courses [n, 21] of steps that begin at these times, in order."""
        if len(self._late_ns) > 2 * _REMEMBERED:
            self._settle(len(self._late_ns) - _REMEMBERED)
        known = np.isfinite(roll_deg).all(axis=1)
        course = np.rint(_PER_DEG * roll_deg[known]).astype(np.int32)
        self._late_ns = np.concatenate([self._late_ns, ic_ns[known]])
        self._late = np.concatenate([self._late, course])

    def _settle(self, count: int) -> None:
        """Sum up the oldest of those that are held."""
        steps, total, squares = _sums(self._late[:count])
        self._steps += steps
        self._sum += total
        self._squares += squares
        self._late_ns, self._late = self._late_ns[count:], self._late[count:]

    def take_back(self, since_ns: int, until_ns: int) -> None:
        """Forget the steps that began between these times, both inclusive."""
        keep = (self._late_ns < since_ns) | (self._late_ns > until_ns)
        self._late_ns, self._late = self._late_ns[keep], self._late[keep]

    def mean(self, settings: BalanceSettings) -> MeanRoll | None:
        """Mean and spread of all; None with fewer steps than a comparison asks for."""
        late, total, squares = _sums(self._late)
        n = self._steps + late
        if n < settings.least_pairs:
            return None
        whole = (self._sum + total).astype(float)
        rest = (self._squares + squares).astype(float) - whole**2 / n
        sd = np.sqrt(np.maximum(rest, 0.0) / (n - 1))
        return MeanRoll(whole / n / _PER_DEG, sd / _PER_DEG, n)


def _sums(
    course: NDArray[np.int32],
) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
    """Count, sum and sum of squares; 180 deg in 10**8 steps still fit."""
    wide = course.astype(np.int64)
    return len(wide), wide.sum(axis=0), (wide * wide).sum(axis=0)
