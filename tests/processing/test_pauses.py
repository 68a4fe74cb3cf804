"""A runner who stands for longer than ten seconds pauses; a stride lost is none."""

import numpy as np

from contract.units import NS_PER_S
from processing.pauses import is_moving

SECONDS_NS = np.arange(60) * NS_PER_S


def steps(*spans: tuple[float, float]) -> list[int]:
    """A step every third of a second in each span, the latest first."""
    times_s = np.concatenate([np.arange(a, b, 1 / 3) for a, b in spans])
    return [round(t * NS_PER_S) for t in times_s[::-1]]


def test_the_seconds_between_two_far_steps_are_a_pause() -> None:
    moving = is_moving(SECONDS_NS, steps((0, 20.1), (40, 61)))
    assert np.flatnonzero(~moving).tolist() == list(range(21, 40))


def test_a_second_with_a_step_in_it_is_none() -> None:
    moving = is_moving(SECONDS_NS, steps((0, 20.1), (40.4, 61)))
    assert np.flatnonzero(~moving).tolist() == list(range(21, 40))


def test_a_short_stretch_without_steps_is_none() -> None:
    assert is_moving(SECONDS_NS, steps((0, 20), (29, 61))).all()


def test_before_the_first_and_after_the_last_step_nothing_is_claimed() -> None:
    assert is_moving(SECONDS_NS, steps((20, 30))).all()
    assert is_moving(SECONDS_NS, []).all()
    assert not len(is_moving(SECONDS_NS[:0], steps((0, 9), (40, 50))))
