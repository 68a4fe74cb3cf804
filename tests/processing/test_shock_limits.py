"""Shocks that reached the end of what the sensor measures tell nothing of the feet."""

from dataclasses import replace

import numpy as np
import pytest

from processing.doubts import are_shocks_limited
from processing.metrics import Steps, measure
from tests.processing.test_metrics import contacts

RIGHT = contacts(list(np.arange(20) * 0.7 + 10.34))
LEFT = contacts(list(np.arange(20) * 0.7 + 10.0))


def with_clipped(count: int) -> list[Steps]:
    left, right = measure(LEFT, RIGHT), measure(RIGHT, LEFT)
    return [left, replace(right, is_clipped=np.arange(20) < count)]


@pytest.mark.parametrize(("count", "is_limited"), [(0, False), (2, False), (3, True)])
def test_more_than_a_tenth_of_one_foots_steps_is_too_many(
    count: int, is_limited: bool
) -> None:
    assert are_shocks_limited(with_clipped(count)) is is_limited


def test_without_steps_nothing_is_limited() -> None:
    assert not are_shocks_limited([])
