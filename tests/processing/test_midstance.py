import numpy as np
import pytest

from contract.model import Slot
from contract.units import STANDARD_GRAVITY_MPS2
from processing.shoe.stances import find_stances, midstances
from tests.processing.simulated_strides import FEET, RATE_HZ, true_strides

SEEDS = (1, 4, 5)


@pytest.mark.parametrize("slot", FEET)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_foot_is_still_after_landing_and_before_toe_off(
    seed: int, slot: Slot
) -> None:
    run = true_strides(seed, slot)
    own, _ = midstances(run.strides)
    assert (own > run.times.initial_contact).all()
    assert (own < run.times.toe_off).all()


@pytest.mark.parametrize("slot", FEET)
def test_the_next_midstance_is_that_of_the_next_window(slot: Slot) -> None:
    strides = true_strides(1, slot).strides
    own, later = midstances(strides)
    follows = np.diff(strides.number) == 1
    difference = (strides.start + own)[1:] - (strides.start + later)[:-1]
    assert follows.sum() > 10
    assert np.abs(difference[follows]).max() <= 0.03 * RATE_HZ


@pytest.mark.parametrize("seed", SEEDS)
def test_the_mean_force_between_two_midstances_is_one_g(seed: int) -> None:
    """Sensors of the simulated runners are wrong by up to 1 %."""
    found = find_stances(true_strides(seed, Slot.LEFT).strides).found
    assert found.force_mps2 == pytest.approx(STANDARD_GRAVITY_MPS2, abs=0.4)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_heel_is_up_close_to_toe_off(seed: int) -> None:
    run = true_strides(seed, Slot.RIGHT)
    late_s = (find_stances(run.strides).heel_up - run.times.toe_off) / RATE_HZ
    assert np.abs(late_s).max() < 0.06


def test_a_window_alone_has_the_midstances_it_has_among_others() -> None:
    strides = true_strides(4, Slot.RIGHT).strides
    together = find_stances(strides)
    for k in range(strides.count):
        alone = find_stances(strides.select(slice(k, k + 1)))
        assert alone.midstance[0] == together.midstance[k]
        assert alone.next_midstance[0] == together.next_midstance[k]
        assert alone.heel_up[0] == together.heel_up[k]
        assert np.array_equal(alone.found.up[:, 0], together.found.up[:, k])


def test_no_strides_have_no_midstances() -> None:
    none = find_stances(true_strides(1, Slot.LEFT).strides.select(slice(0, 0)))
    assert not len(none.midstance)
