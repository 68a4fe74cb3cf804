import numpy as np
import pytest

from collector.shake import ShakeMeter, motion_level_mps2, shaken
from collector.simulated.course import Course, Segment
from collector.simulated.source import RunSettings, simulated_run
from collector.simulated.traits import draw_runner
from contract.model import FloatArray, Slot

RATE_HZ = 200.0
TIME_S = np.arange(0, 1, 1 / RATE_HZ)


def lying(seed: int) -> FloatArray:
    rng = np.random.default_rng(seed)
    still = np.array([0.3, -0.2, 9.8, 0.0, 0.0, 0.0])
    return still + rng.normal(0, 0.02, (len(TIME_S), 6))


def moved_by(hz: float, metres: float, seed: int) -> FloatArray:
    """In a hand that goes to and fro along a slanting line."""
    samples = lying(seed)
    swing = metres * (2 * np.pi * hz) ** 2 * np.sin(2 * np.pi * hz * TIME_S)
    samples[:, :3] += np.outer(swing, [0.6, 0.64, 0.48])
    return samples


def bumped(seed: int, mps2: float = 60.0) -> FloatArray:
    samples = lying(seed)
    after_s = np.clip(TIME_S - 0.4, 0, None)
    ringing = np.exp(-after_s / 0.05) * np.sin(2 * np.pi * 40 * after_s)
    samples[:, 2] += mps2 * ringing
    return samples


def answer(**samples: FloatArray) -> str | None:
    return shaken({name: motion_level_mps2(one) for name, one in samples.items()})


@pytest.mark.parametrize(("hz", "metres"), [(2.0, 0.05), (3.0, 0.08), (5.0, 0.03)])
def test_the_shoe_in_the_shaking_hand_is_found(hz: float, metres: float) -> None:
    found = answer(a=lying(1), b=moved_by(hz, metres, 2), c=lying(3))
    assert found == "b"


def test_nobody_shakes_nothing() -> None:
    assert answer(a=lying(1), b=lying(2)) is None
    assert shaken({}) is None


def test_both_shoes_in_one_bag_give_no_answer() -> None:
    assert answer(a=moved_by(2.5, 0.06, 1), b=moved_by(2.5, 0.08, 2)) is None


def test_a_bump_of_the_table_gives_no_answer() -> None:
    assert answer(a=bumped(1), b=lying(2)) is None
    assert answer(a=bumped(1, 150.0), b=bumped(2, 20.0)) is None


def test_footsteps_nearby_give_no_answer() -> None:
    trembling = lying(1)
    trembling[:, 2] += 0.4 * np.sin(2 * np.pi * 14 * TIME_S)
    assert answer(a=trembling, b=lying(2)) is None


def test_a_shoe_slowly_turned_in_the_hand_is_not_shaken() -> None:
    turned = lying(1)
    tilt = np.radians(25) * TIME_S
    turned[:, :3] = 9.81 * np.column_stack(
        [np.sin(tilt), np.zeros_like(tilt), np.cos(tilt)]
    )
    assert answer(a=turned, b=lying(2)) is None


def test_a_sensor_not_heard_yet_might_be_the_shaken_one() -> None:
    assert shaken({"a": 12.0, "b": float("nan")}) is None
    assert shaken({"a": 12.0, "b": 0.1}) == "a"


def test_two_hands_that_shake_alike_are_no_answer() -> None:
    assert shaken({"a": 9.0, "b": 3.1}) is None
    assert shaken({"a": 9.0, "b": 2.9}) == "a"


def test_the_meter_looks_back_one_second_and_no_further() -> None:
    meter = ShakeMeter(RATE_HZ)
    for portion in np.array_split(moved_by(3.0, 0.08, 1), 7):
        assert np.isnan(meter.level_mps2)
        meter.add(portion)
    shaking = meter.level_mps2
    assert shaking == pytest.approx(motion_level_mps2(moved_by(3.0, 0.08, 1)))
    for portion in np.array_split(lying(1), 7):
        meter.add(portion)
    assert meter.level_mps2 < 0.1
    assert shaking > 5.0


def test_a_wearer_who_stands_with_the_shoes_on_shakes_none() -> None:
    settings = RunSettings(course=Course((Segment("stand", 20.0),)))
    levels = {}
    for slot, source in simulated_run(draw_runner(1), 0, 3, 1, settings).items():
        samples = np.vstack([batch.si() for batch in source.batches()])
        levels[slot] = motion_level_mps2(samples[-200:])
    assert shaken(levels) is None
    assert set(levels) == {Slot.LEFT, Slot.RIGHT}


def test_one_sensor_on_a_walker_while_the_other_lies_is_no_answer() -> None:
    settings = RunSettings(course=Course((Segment("walk", 20.0),)))
    runs = simulated_run(draw_runner(1), 0, 20, 1, settings, slots=(Slot.HIP,))
    samples = np.vstack([batch.si() for batch in runs[Slot.HIP].batches()])[1200:]
    for begin in range(0, len(samples) - 200, 100):
        second = samples[begin : begin + 200]
        assert answer(pocket=second, table=lying(1)) is None
