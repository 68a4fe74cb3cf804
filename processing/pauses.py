"""When a run stood still: stretches without a step. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contract.units import NS_PER_S

PAUSE_S = 10.0
"""Longer than any stride, and than what a radio usually loses at once."""


def is_moving(
    t_ns: NDArray[np.int64], step_times_ns: Sequence[int]
) -> NDArray[np.bool_]:
    """Whether steps follow one another in each of these seconds.

    Parameters
    ----------
    t_ns : int array [N]
        When each second begins.
    step_times_ns : sequence of int
        Every step that is known, of either foot, in any order.
    """
    steps_ns = np.sort(np.asarray(step_times_ns, dtype=np.int64))
    if len(steps_ns) < 2:
        return np.ones(len(t_ns), dtype=np.bool_)
    after = np.clip(np.searchsorted(steps_ns, t_ns), 1, len(steps_ns) - 1)
    begin, end = steps_ns[after - 1], steps_ns[after]
    is_pause = end - begin > PAUSE_S * NS_PER_S
    is_within = (t_ns > begin) & (t_ns + NS_PER_S <= end)
    return np.asarray(~(is_pause & is_within), dtype=np.bool_)
