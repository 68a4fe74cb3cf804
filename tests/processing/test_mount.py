"""Cues of the mount, the refined axis and slips; strides are rotated as wholes here.

A slip is put into the windows themselves, so that nothing depends on whether strides
are still cut when a sensor has turned.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from collector.recording import read_recording
from collector.simulated.course import Course, Segment
from collector.simulated.radio import RadioTraits
from collector.simulated.source import RunSettings, simulated_run
from collector.simulated.traits import draw_runner
from contract.model import FloatArray, Slot
from processing.attitude import follow, level
from processing.settings import CalibrationSettings, StrideSettings
from processing.shoe.bout import RunningFilter
from processing.shoe.calibration import calibrate
from processing.shoe.mount import MOUNT, Cues, cues, refine
from processing.shoe.segment import StrideCutter
from processing.shoe.slip import SLIP, Slip, SlipWatch
from processing.shoe.stances import midstances
from processing.shoe.windows import StrideWindows

RATE_HZ = 200.0
FEET = (Slot.LEFT, Slot.RIGHT)
CLEAN = RadioTraits(loss=0.0, duplicates=0.0, reordered=0.0)
TOE_OFF_PHASE = 0.51  # of a stride after mid-swing, about (detector.md 2.4)
SLIPS_AT = 45
FOUND_WITHIN = 25
ANGLES_DEG = (15.0, 30.0, 60.0)


def running(samples: FloatArray, calibrate_s: float = 25.0) -> StrideWindows:
    """Running strides in the calibrated foot frame."""
    first = samples[: round(calibrate_s * RATE_HZ)]
    calibration = calibrate(first, RATE_HZ, CalibrationSettings())
    assert calibration is not None
    cutter = StrideCutter(RATE_HZ, StrideSettings())
    pushed = cutter.push(calibration.frame.apply(samples))
    strides = pushed.followed_by(cutter.flush())
    return RunningFilter(StrideSettings()).push(strides)[0]


def cues_of(strides: StrideWindows) -> Cues:
    own, later = midstances(strides)
    turning = follow(strides.samples, strides.rate_hz)
    toe_off = strides.midswing + TOE_OFF_PHASE * strides.length
    return cues(strides, turning, level(turning, own, later), own, later, toe_off)


@lru_cache(maxsize=16)
def simulated(
    seed: int, slot: Slot, course: Course | None = None, drift_pct: float = 0.0
) -> StrideWindows:
    traits = draw_runner(seed, asymmetry_drift_pct=drift_pct)
    run = RunSettings(course=course, radio=CLEAN)
    seconds = 4.0 + (course.seconds if course else 66.0)
    source = simulated_run(traits, 0, seconds, seed, run)[slot]
    return running(np.vstack([batch.si() for batch in source.batches()]))


def slipped(strides: StrideWindows, turn: Rotation, at: int) -> StrideWindows:
    """The same strides, with the sensor turned from stride ``at`` on."""
    samples = strides.samples.copy()
    matrix = turn.as_matrix()
    for block in (slice(0, 3), slice(3, 6)):
        samples[at:, :, block] = samples[at:, :, block] @ matrix.T
    return replace(strides, samples=samples)


def twice(strides: StrideWindows) -> StrideWindows:
    """The strides of a short recording, and once more."""
    later = replace(strides, number=strides.number + strides.number[-1] + 1)
    return strides.followed_by(later)


def about(axis: tuple[float, float, float], angle_deg: float) -> Rotation:
    unit = np.array(axis) / np.linalg.norm(axis)
    return Rotation.from_rotvec(np.deg2rad(angle_deg) * unit)


def left_over_deg(slip: Slip, turn: Rotation) -> float:
    """What the correction leaves of the turn."""
    rest = Rotation.from_matrix(slip.rotation @ turn.as_matrix())
    return float(np.degrees(rest.magnitude()))


def seen_one_by_one(found: Cues) -> Slip | None:
    watch = SlipWatch()
    for k in range(len(found.number)):
        slip = watch.push(found.select(slice(k, k + 1)))
        if slip:
            return slip
    return None


AXES = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda a: np.linalg.norm(a) > 0.1)


@given(axis=AXES, angle_deg=st.sampled_from(ANGLES_DEG), at=st.integers(25, 60))
@settings(max_examples=25)
@pytest.mark.parametrize("slot", FEET)
def test_a_sensor_that_turns_about_any_axis_is_found_and_turned_back(
    slot: Slot, axis: tuple[float, float, float], angle_deg: float, at: int
) -> None:
    strides = simulated(1, slot)
    turn = about(axis, angle_deg)
    found = cues_of(slipped(strides, turn, at))
    slip = SlipWatch().push(found)
    assert slip is not None
    assert abs(slip.since - strides.number[at]) <= 2
    assert slip.noticed - strides.number[at] <= FOUND_WITHIN
    assert left_over_deg(slip, turn) < 3
    assert slip.angle_deg == pytest.approx(angle_deg, abs=3)


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_a_sensor_that_turns_over_is_found(axis: tuple[float, float, float]) -> None:
    turn = about(axis, 180.0)
    slip = SlipWatch().push(cues_of(slipped(simulated(1, Slot.LEFT), turn, SLIPS_AT)))
    assert slip is not None
    assert left_over_deg(slip, turn) < 3


def test_strides_one_by_one_show_the_same_slip_as_all_at_once() -> None:
    strides = simulated(2, Slot.RIGHT)
    found = cues_of(slipped(strides, about((1, 2, 3), 20.0), SLIPS_AT))
    slip, again = SlipWatch().push(found), seen_one_by_one(found)
    assert slip is not None
    assert again is not None
    assert (again.since, again.noticed) == (slip.since, slip.noticed)
    assert np.array_equal(again.rotation, slip.rotation)


def test_after_a_slip_was_turned_back_the_next_one_is_found() -> None:
    strides = simulated(2, Slot.LEFT)
    first, second = about((0, 0, 1), 30.0), about((1, 0, 0), -20.0)
    moved = slipped(slipped(strides, first, 25), second, 60)
    watch = SlipWatch()
    slip = watch.push(cues_of(moved))
    assert slip is not None
    rest = moved.select(moved.number > slip.noticed).turned(slip.rotation)
    again = watch.push(cues_of(rest))
    assert again is not None
    assert abs(again.since - strides.number[60]) <= 2
    # The second slip is about an axis of the sensor, which by then is turned itself.
    both = Rotation.from_matrix(again.rotation @ slip.rotation) * second * first
    assert np.degrees(both.magnitude()) < 3


def test_a_sensor_that_creeps_away_is_turned_back_again_and_again() -> None:
    strides = simulated(1, Slot.LEFT)
    last_deg, samples = 24.0, strides.samples.copy()
    for k in range(25, strides.count):
        matrix = about((0, 0, 1), min(last_deg, 0.6 * (k - 25))).as_matrix()
        for block in (slice(0, 3), slice(3, 6)):
            samples[k, :, block] = samples[k, :, block] @ matrix.T
    rest, undone, watch = replace(strides, samples=samples), np.eye(3), SlipWatch()
    while slip := watch.push(cues_of(rest.turned(undone))):
        undone = slip.rotation @ undone
        rest = rest.select(rest.number > slip.noticed)
    left = Rotation.from_matrix(undone) * about((0, 0, 1), last_deg)
    assert np.degrees(left.magnitude()) < SLIP.slip_deg


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("slot", FEET)
def test_a_runner_who_tires_on_one_side_has_no_slip(seed: int, slot: Slot) -> None:
    # Ten points of asymmetry more every minute: far more than tiring does.
    assert SlipWatch().push(cues_of(simulated(seed, slot, None, 100.0))) is None


@pytest.mark.parametrize("slot", FEET)
def test_a_change_of_pace_is_no_slip(slot: Slot) -> None:
    paces = (2.4, 4.6, 3.0)
    course = Course(tuple(Segment("run", 25.0, pace) for pace in paces))
    strides = simulated(1, slot, course)
    assert strides.count > 80
    assert SlipWatch().push(cues_of(strides)) is None


def test_the_cues_of_a_stride_do_not_depend_on_the_strides_beside_it() -> None:
    strides = simulated(1, Slot.LEFT)
    together = cues_of(strides)
    for k in (0, 7, strides.count - 1):
        alone = cues_of(strides.select(slice(k, k + 1)))
        for name in ("up", "toe", "azimuth_rad", "is_valid"):
            both = getattr(alone, name)[..., 0], getattr(together, name)[..., k]
            assert np.array_equal(*both, equal_nan=True), name


@pytest.mark.parametrize("angle_deg", [-25.0, -8.0, 8.0, 25.0])
def test_the_forward_axis_is_turned_to_where_running_strides_show_it(
    angle_deg: float,
) -> None:
    strides = simulated(1, Slot.RIGHT)
    settled = refine(cues_of(strides))
    assert settled is not None
    off = strides.turned(settled.rotation).turned(
        Rotation.from_euler("z", angle_deg, degrees=True).as_matrix()
    )
    refinement = refine(cues_of(off))
    assert refinement is not None
    assert refinement.azimuth_deg == pytest.approx(angle_deg, abs=0.2)
    again = refine(cues_of(off.turned(refinement.rotation)))
    assert again is not None
    assert abs(again.azimuth_deg) < 0.2


def test_a_few_strides_do_not_settle_the_forward_axis() -> None:
    found = cues_of(simulated(1, Slot.RIGHT))
    assert refine(found.select(slice(MOUNT.least_strides - 1))) is None


def test_strides_of_a_sharp_turn_say_nothing_of_the_mount() -> None:
    course = Course((Segment("run", 22.0, 3.0), Segment("run", 8.0, 3.0, 60.0)))
    found = cues_of(simulated(1, Slot.LEFT, course))
    assert found.is_valid[5:25].all()
    assert not found.is_valid[-8:-2].any()


@pytest.mark.data
def test_real_runners_have_no_slip_but_the_one_put_in(recordings: Path) -> None:
    """Every sixth of the 39 trials, both feet, all strides twice over."""
    rng = np.random.default_rng(5)
    left_over = []
    for path in sorted((recordings / "rbds_virtual").glob("*_run*"))[::6]:
        for slot, track in read_recording(path).tracks.items():
            if slot not in FEET:
                continue
            strides = twice(running(track.samples))
            assert SlipWatch().push(cues_of(strides)) is None, path.name
            for angle_deg in ANGLES_DEG:
                turn = about(tuple(rng.standard_normal(3)), angle_deg)
                slip = SlipWatch().push(cues_of(slipped(strides, turn, SLIPS_AT)))
                assert slip is not None, path.name
                late = slip.noticed - int(strides.number[SLIPS_AT])
                assert SLIP.settled // 2 <= late <= FOUND_WITHIN
                left_over.append(left_over_deg(slip, turn))
    assert len(left_over) >= 39
    assert np.percentile(left_over, 95) < 3


@pytest.mark.data
def test_a_real_foot_at_another_pace_has_no_slip(recordings: Path) -> None:
    for runner in ("05", "25"):
        folder = recordings / "rbds_virtual"
        for slot in FEET:
            samples = [
                read_recording(folder / f"{runner}_run{pace}").tracks[slot].samples
                for pace in (25, 35, 45)
            ]
            # Trials begin with the same standing; the mount is the same.
            joined = np.vstack([samples[0], *(part[900:] for part in samples[1:])])
            strides = running(joined)
            assert strides.count > 110
            assert SlipWatch().push(cues_of(strides)) is None, runner
