import numpy as np
import pytest

from collector.simulated.radio import RadioTraits
from collector.simulated.source import RunSettings, SimulatedSource, simulated_run
from collector.simulated.traits import draw_runner
from collector.simulated.worn import UPSIDE_DOWN, Slip, Worn, both_on, swapped
from contract.model import FloatArray, FrameFlag, Slot

CLEAN = RadioTraits(loss=0.0, duplicates=0.0, reordered=0.0)


def sources(seconds: float = 10.0, **more: object) -> dict[Slot, SimulatedSource]:
    settings = RunSettings(radio=CLEAN, **more)  # type: ignore[arg-type]
    return simulated_run(draw_runner(8), 0, seconds, 8, settings)


def signal(source: SimulatedSource) -> FloatArray:
    return np.vstack([batch.si() for batch in source.batches()])


def test_a_sensor_that_slips_turns_by_exactly_that_angle() -> None:
    slip = Slip(6.0, 35.0, (1.0, 2.0, -0.5))
    usual = signal(sources()[Slot.LEFT])
    slipped = signal(sources(worn={Slot.LEFT: Worn(slip=slip)})[Slot.LEFT])
    axis = np.array(slip.axis) / np.linalg.norm(slip.axis)
    before, after = slice(0, 1190), slice(1260, None)
    assert np.array_equal(usual[before], slipped[before])
    for part in (slice(0, 3), slice(3, 6)):
        along = usual[after, part] @ axis - slipped[after, part] @ axis
        assert np.median(np.abs(along)) < 0.1
    assert turned_deg(usual[after, :3], slipped[after, :3], axis) == pytest.approx(
        -35.0, abs=0.5
    )


def turned_deg(one: FloatArray, other: FloatArray, axis: FloatArray) -> float:
    """Angle about an axis that turns one signal best into the other."""
    one, other = (v - (v @ axis)[:, None] * axis for v in (one, other))
    sine = (np.cross(one, other) @ axis).sum()
    return float(np.rad2deg(np.arctan2(sine, (one * other).sum())))


def test_a_slip_in_standing_is_felt_by_the_gyro_as_its_whole_angle() -> None:
    slip = Slip(2.0, 40.0, (0.0, 1.0, 0.0))
    slipped = signal(sources(4.0, worn={Slot.LEFT: Worn(slip=slip)})[Slot.LEFT])
    rate = slipped[:, 3:] - slipped[:300, 3:].mean(axis=0)
    angle = np.rad2deg(rate[380:480].sum(axis=0) / 200)
    assert angle == pytest.approx([0.0, 40.0, 0.0], abs=0.6)


def test_a_sensor_upside_down_sees_gravity_from_below() -> None:
    worn = {Slot.RIGHT: Worn(mount=UPSIDE_DOWN)}
    still = signal(sources(worn=worn)[Slot.RIGHT])[100:600, :3].mean(axis=0)
    assert still == pytest.approx([0, 0, -9.81], abs=0.11)


def test_swapped_sensors_sit_on_the_other_foot() -> None:
    """The turning of a shoe in a stride tells whose it is, whatever the mount."""
    right, wrong = sources(worn={}), sources(worn=swapped())
    for one, other in ((Slot.LEFT, Slot.RIGHT), (Slot.RIGHT, Slot.LEFT)):
        own, swap = total_rate(right[one]), total_rate(wrong[other])
        assert np.corrcoef(own, swap)[0, 1] > 0.99
        assert np.corrcoef(own, total_rate(wrong[one]))[0, 1] < 0.5


def total_rate(source: SimulatedSource) -> FloatArray:
    return np.linalg.norm(signal(source)[900:1900, 3:], axis=1)


def test_two_sensors_on_one_foot_move_together_and_are_two_devices() -> None:
    both = sources(worn=both_on(Slot.LEFT))
    left, right = (total_rate(both[slot]) for slot in (Slot.LEFT, Slot.RIGHT))
    assert np.corrcoef(left, right)[0, 1] > 0.99
    assert not np.array_equal(signal(both[Slot.LEFT]), signal(both[Slot.RIGHT]))


def test_a_small_range_clips_blows_and_says_so() -> None:
    wide = sources()[Slot.LEFT]
    small = sources(worn={Slot.LEFT: Worn(acc_range_g=8.0)})[Slot.LEFT]
    peak = np.abs(signal(small)[:, :3]).max() / 9.80665
    assert peak == pytest.approx(8.0, rel=0.01)
    assert np.abs(signal(wide)[:, :3]).max() / 9.80665 > 8.5
    assert any(batch.flags & FrameFlag.CLIPPED for batch in small.batches())
    still = signal(small)[100:600, :3].mean(axis=0)
    assert np.linalg.norm(still) == pytest.approx(9.81, rel=0.011)


def test_a_sensor_on_the_heel_turns_alike_and_is_struck_otherwise() -> None:
    laces = signal(sources()[Slot.LEFT])
    heel = signal(sources(worn={Slot.LEFT: Worn(place="heel")})[Slot.LEFT])
    assert np.abs(laces[:, 3:] - heel[:, 3:]).max() < 0.01
    moving = slice(1000, 1900)
    assert np.abs(laces[moving, :3] - heel[moving, :3]).mean() > 3.0


def test_a_sensor_switched_on_in_full_run_saw_no_standing() -> None:
    late = sources(12.0, recorded_from_s=6.0)[Slot.LEFT]
    batches = list(late.batches())
    assert batches[0].t0_ns / 1e9 == pytest.approx(6.0, abs=0.1)
    assert sum(batch.n for batch in batches) == pytest.approx(1200, abs=20)
    quiet = np.lib.stride_tricks.sliding_window_view(signal(late)[:, 3], 200)
    assert quiet.std(axis=1).min() > 0.3


def test_at_100_hz_the_run_is_the_same() -> None:
    slow = signal(sources(rate_hz=100.0)[Slot.LEFT])
    fast = signal(sources()[Slot.LEFT])
    assert len(slow) == pytest.approx(len(fast) / 2, abs=20)
    assert np.rad2deg(np.abs(slow[:, 3:]).max()) > 250
