"""Which of the sensors is being shaken: "shake the LEFT shoe".

Rather no answer than a guess: both shoes in one bag, footsteps nearby and a bump of the
table give none.
"""

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np

from contract.model import FloatArray

Key = TypeVar("Key", bound=Hashable)

WINDOW_S = 1.0
# A hand that shakes gently, 5 cm to and fro twice a second, moves with up to
# (2 pi 2)^2 x 0.05 m = 7.9 m/s2; half the time more than 0.7 of that. On the body of a
# walker it is less: on the hip 2.1 to 2.8 m/s2 in a real recording (tripod_walk), 3 on
# that of simulated walkers, one second in 100 above 4.9.
LEAST_LEVEL_MPS2 = 5.0
# Two shoes in one bag, or in two hands, move about equally: three times every other.
CLEAR_RATIO = 3.0


def motion_level_mps2(samples_si: FloatArray) -> float:
    """How strongly a sensor moves: the middle deviation of its force from its mean.

    The middle one, so that a blow, however hard, counts nothing unless it lasts for
    half the time. NaN where there are no samples.
    """
    force = samples_si[:, :3]
    if not len(force):
        return float("nan")
    return float(np.median(np.linalg.norm(force - force.mean(axis=0), axis=1)))


class ShakeMeter:
    """Motion of one sensor over its last second, from portions of any size."""

    def __init__(self, rate_hz: float) -> None:
        self._window = max(round(WINDOW_S * rate_hz), 1)
        self._recent: FloatArray = np.zeros((0, 6))

    def add(self, samples_si: FloatArray) -> None:
        """Take in samples [n, 6] in m/s2 and rad/s."""
        self._recent = np.vstack([self._recent, samples_si])[-self._window :]

    @property
    def level_mps2(self) -> float:
        """See `motion_level_mps2`; NaN until a whole second is there."""
        if len(self._recent) < self._window:
            return float("nan")
        return motion_level_mps2(self._recent)


def shaken(levels: Mapping[Key, float]) -> Key | None:
    """Give the sensor that is shaken, if it is plain that it is this one.

    Parameters
    ----------
    levels : mapping
        Motion level of every sensor, in m/s2. While one is NaN there is no answer: that
        one may be the one that is shaken.
    """
    if not levels or not np.isfinite(list(levels.values())).all():
        return None
    best = max(levels, key=lambda key: levels[key])
    others = [level for key, level in levels.items() if key != best]
    is_clear = all(levels[best] >= CLEAR_RATIO * level for level in others)
    return best if levels[best] >= LEAST_LEVEL_MPS2 and is_clear else None
