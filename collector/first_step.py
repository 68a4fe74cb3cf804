"""Which shoe moved first: the runner was asked to begin with the left foot.

Steps on the spot look the same on either foot, so sensors on the wrong shoes show by
the order alone.
"""

import numpy as np
from numpy.typing import NDArray

from contract.model import FloatArray, Slot

# A foot that is lifted turns by 4 rad/s and more, one that bears the weight meanwhile
# by less than 0.5 (collector/virtual/motion.py; gaitmap and PyShoe feet in stance).
LIFTED_RPS = 1.5
SMOOTH_S = 0.05
# Half a step at 90 steps a minute: sooner, both may have been lifted in a hop.
CLEARLY_S = 0.3
# A foot turns one way when it is lifted and back before it lands: two peaks a quarter
# of a second apart. Strides on the spot take 0.6 s and more (collector/fit_check.py).
LIFTS_APART_S = 0.5

Felt = tuple[FloatArray, FloatArray]
"""Host times [n] in s and samples [n, 6] in m/s2 and rad/s of one shoe."""


def first_foot(left: Felt, right: Felt) -> Slot | None:
    """Foot that was lifted first; None where that is not clear."""
    left_s, right_s = lifted_s(*left), lifted_s(*right)
    if left_s is None or right_s is None or abs(left_s - right_s) < CLEARLY_S:
        return None
    return Slot.LEFT if left_s < right_s else Slot.RIGHT


def lifted_s(t_s: FloatArray, samples: FloatArray) -> float | None:
    """When a shoe was lifted for the first time; None if it never was."""
    above = _lifted(t_s, samples)
    return float(t_s[above[0]]) if len(above) else None


def lifts(t_s: FloatArray, samples: FloatArray) -> int:
    """How often a shoe was lifted: steps of that foot on the spot."""
    above = _lifted(t_s, samples)
    begins = above[np.diff(above, prepend=-2) > 1]
    count, last_s = 0, -np.inf
    for at_s in t_s[begins]:  # two a second at most
        if at_s - last_s >= LIFTS_APART_S:
            count, last_s = count + 1, at_s
    return count


def _lifted(t_s: FloatArray, samples: FloatArray) -> NDArray[np.intp]:
    """Numbers of the samples in which the shoe turns as one that is lifted."""
    if len(t_s) < 2:
        return np.zeros(0, dtype=np.intp)
    turning = np.linalg.norm(samples[:, 3:], axis=1)
    n = max(1, round(SMOOTH_S * (len(t_s) - 1) / float(t_s[-1] - t_s[0])))
    smooth = np.convolve(turning, np.full(n, 1 / n), mode="same")
    return np.flatnonzero(smooth > LIFTED_RPS)
