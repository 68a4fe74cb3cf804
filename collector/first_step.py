"""Which shoe moved first: the runner was asked to begin with the left foot.

Steps on the spot look the same on either foot, so sensors on the wrong shoes show by
the order alone.
"""

import numpy as np

from contract.model import FloatArray, Slot

# A foot that is lifted turns by 4 rad/s and more, one that bears the weight meanwhile
# by less than 0.5 (collector/virtual/motion.py; gaitmap and PyShoe feet in stance).
LIFTED_RPS = 1.5
SMOOTH_S = 0.05
# Half a step at 90 steps a minute: sooner, both may have been lifted in a hop.
CLEARLY_S = 0.3

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
    if len(t_s) < 2:
        return None
    turning = np.linalg.norm(samples[:, 3:], axis=1)
    n = max(1, round(SMOOTH_S * (len(t_s) - 1) / float(t_s[-1] - t_s[0])))
    smooth = np.convolve(turning, np.full(n, 1 / n), mode="same")
    above = np.flatnonzero(smooth > LIFTED_RPS)
    return float(t_s[above[0]]) if len(above) else None
