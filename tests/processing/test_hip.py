from dataclasses import fields, replace

import numpy as np
import pytest

from collector.simulated.course import Course, Segment
from contract.model import FloatArray, FrameFlag, ImuBatch
from processing.contacts import TOO_SLOW_RATE, WALKING
from processing.hip.analysis import NO_STANDING, SENSOR_TURNED, HipAnalysis
from processing.hip.steps import HIP_LIMITS, HipSteps, step_time_pairs
from tests.processing.hip_run import (
    analysed,
    cut,
    hip_run,
    seconds_of,
    sides,
    true_of,
)

SEEDS = (1, 2, 3)
BOUTS = Course((Segment("run", 6.0), Segment("stand", 3.0)))
JOG_AND_WALK = Course((Segment("run", 12.0), Segment("walk", 8.0)))
ANGLES = ("pelvic_drop_deg", "pelvic_tilt_deg")


def assert_same(one: HipSteps, other: HipSteps) -> None:
    for f in fields(HipSteps):
        np.testing.assert_array_equal(getattr(one, f.name), getattr(other, f.name))


def turned(samples: FloatArray, rotation: FloatArray) -> FloatArray:
    return np.hstack([samples[:, :3] @ rotation.T, samples[:, 3:] @ rotation.T])


@pytest.mark.parametrize("seed", SEEDS)
def test_every_running_step_is_found_once_and_none_while_standing(seed: int) -> None:
    run = hip_run(seed)
    steps, hip = analysed(run.batches)
    true = true_of(steps, run.truth)
    found = [id(t) for t in true if t is not None]
    assert len(found) == len(set(found))
    assert len(found) >= len(run.truth) - 2
    # The truth leaves out steps of the start and those whose stride had not ended.
    seconds = seconds_of(steps)
    inside = (seconds > run.truth[0].t_ic_s) & (seconds < run.truth[-1].t_ic_s)
    assert all(t is not None for t, is_in in zip(true, inside, strict=True) if is_in)
    assert seconds.min() > 4.0
    assert hip.report.steps == steps.count


@pytest.mark.parametrize("seed", SEEDS)
def test_each_step_is_given_to_the_foot_that_made_it(seed: int) -> None:
    run = hip_run(seed)
    steps, _ = analysed(run.batches)
    pairs = [
        (side, true)
        for side, true in zip(steps.side, true_of(steps, run.truth), strict=True)
        if true is not None
    ]
    assert [side for side, _ in pairs] == sides([true for _, true in pairs])
    assert steps.side_confidence.min() > 0.8


@pytest.mark.parametrize("seed", SEEDS)
def test_pelvis_and_bounce_are_what_the_body_did(seed: int) -> None:
    run = hip_run(seed)
    steps, hip = analysed(run.batches)
    true = true_of(steps, run.truth)
    keep = np.array([t is not None for t in true])
    known = [t for t in true if t is not None]
    measured = steps.select(keep)
    for name, near in [
        ("pelvic_drop_deg", 1.0),
        ("pelvic_rotation_deg", 1.5),
        ("vertical_oscillation_m", 0.008),
    ]:
        error = getattr(measured, name) - [getattr(t, name) for t in known]
        assert abs(np.nanmedian(error)) < near, name
    assert hip.withheld == ""


@pytest.mark.parametrize("seed", SEEDS)
def test_contact_time_is_an_estimate_that_follows_each_step(seed: int) -> None:
    """How far it is off is a matter of the body's tissue; how it scatters is not."""
    run = hip_run(seed)
    steps, _ = analysed(run.batches)
    error = [
        measured - true.contact_time_s
        for measured, true in zip(
            steps.contact_time_estimate_s, true_of(steps, run.truth), strict=True
        )
        if true is not None
    ]
    assert np.std(error) < 0.006
    assert abs(np.mean(error)) < 0.060


@pytest.mark.parametrize("portion", [1, 7])
@pytest.mark.parametrize("course", [None, BOUTS, JOG_AND_WALK])
def test_any_portions_give_the_same_steps_to_the_bit(
    portion: int, course: Course | None
) -> None:
    run = hip_run(1, course=course)
    steps, hip = analysed(run.batches)
    live_steps, live = analysed(run.batches, portion)
    assert steps.count > 20
    assert_same(steps, live_steps)
    assert hip.report.new_rejects == live.report.new_rejects


def test_short_bouts_of_running_are_told_left_from_right_together() -> None:
    """None of them is long enough alone; the pelvis moves alike in all."""
    run = hip_run(1, course=BOUTS)
    steps, _ = analysed(run.batches)
    known = true_of(steps, run.truth)
    judged = [(side, t) for side, t in zip(steps.side, known, strict=True) if t]
    assert len(judged) > 0.9 * len(run.truth)
    assert [side for side, _ in judged] == sides([t for _, t in judged])


def test_the_cut_into_frames_does_not_matter() -> None:
    samples = hip_run(2).samples()
    by_size = [analysed(cut(samples, 200.0, size))[0] for size in (13, 64, 5000)]
    for other in by_size[1:]:
        for f in fields(HipSteps):
            if f.name != "mid_ns":  # frames carry times rounded to whole ns
                np.testing.assert_array_equal(
                    getattr(by_size[0], f.name), getattr(other, f.name)
                )
        assert np.abs(by_size[0].mid_ns - other.mid_ns).max() <= 1


def test_live_steps_come_within_three_seconds_once_sides_are_known() -> None:
    run = hip_run(1)
    hip, late = HipAnalysis(), []
    for batch in run.batches:
        steps = hip.push([(batch, batch.t0_ns)])
        if steps.count and steps.mid_ns[0] > run.batches[0].t0_ns + 25e9:
            late.append((batch.t0_ns - steps.mid_ns.min()) / 1e9)
    assert late
    assert max(late) < 3.0


@pytest.mark.parametrize("angle_deg", [90.0, 180.0, 250.0])
def test_a_sensor_worn_another_way_round_says_the_same(angle_deg: float) -> None:
    run, angle = hip_run(1), np.radians(angle_deg)
    c, s = np.cos(angle), np.sin(angle)
    about_x = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    about_z = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    plain, _ = analysed(cut(run.samples(), 200.0))
    other, _ = analysed(cut(turned(run.samples(), about_x @ about_z), 200.0))
    np.testing.assert_array_equal(plain.side, other.side)
    for name in ("contact_time_estimate_s", *ANGLES):
        a, b = getattr(plain, name), getattr(other, name)
        np.testing.assert_allclose(a, b, atol=0.05 if name in ANGLES else 0.001)


def test_the_mirror_image_of_a_run_has_its_feet_swapped() -> None:
    run = hip_run(2)
    mirror = np.array([1.0, 1.0, -1.0, -1.0, -1.0, 1.0])
    steps, _ = analysed(cut(run.samples(), 200.0))
    mirrored, _ = analysed(cut(run.samples() * mirror, 200.0))
    np.testing.assert_array_equal(steps.side, -mirrored.side)
    np.testing.assert_allclose(
        steps.pelvic_drop_deg, mirrored.pelvic_drop_deg, atol=0.01
    )


def test_sides_stay_right_over_a_gap_and_the_gap_is_told() -> None:
    run = hip_run(3, 60.0)
    # 4.13 s are lost: an odd number of steps must not swap the feet.
    batches = (*run.batches[: len(run.batches) // 2], *run.within(36.13, 60.0))
    steps, hip = analysed(batches)
    assert hip.report.gaps == 1
    assert set(steps.stretch.tolist()) == {0, 1}
    known = true_of(steps, run.truth)
    for side, true in zip(steps.side, known, strict=True):
        assert true is None or side == sides([true])[0]
    assert np.isnan(steps.step_time_s[steps.stretch == 0][-1])
    assert WALKING not in {r.reason for r in hip.report.new_rejects}


def test_sides_stay_right_over_a_stop() -> None:
    course = Course((Segment("run", 20.0), Segment("stand", 6.0)))
    run = hip_run(4, 56.0, course=course)
    steps, _ = analysed(run.batches)
    known = true_of(steps, run.truth)
    judged = [(side, t) for side, t in zip(steps.side, known, strict=True) if t]
    assert len(judged) > 0.9 * len(run.truth)
    assert [side for side, _ in judged] == sides([t for _, t in judged])


def test_walking_gives_no_running_steps() -> None:
    walk = Course((Segment("walk", 60.0),))
    steps, hip = analysed(hip_run(1, 40.0, course=walk).batches)
    assert steps.count == 0
    assert {r.reason for r in hip.report.new_rejects} <= {WALKING}


def test_without_standing_angles_are_withheld_and_the_reason_is_told() -> None:
    run = hip_run(1)
    steps, hip = analysed(run.within(8.0, 40.0))
    assert steps.count > 60
    for name in ANGLES:
        assert np.isnan(getattr(steps, name)).all()
    assert hip.withheld == NO_STANDING
    assert np.isfinite(steps.pelvic_rotation_deg).all()
    true = true_of(steps, run.truth)
    for side, step in zip(steps.side, true, strict=True):
        assert step is None or side == sides([step])[0]


def test_a_sensor_clipped_on_anew_in_a_break_is_learnt_anew() -> None:
    run = hip_run(1, 60.0)
    upside_down = turned(run.samples(), np.diag([1.0, -1.0, -1.0]))
    batches = cut(run.samples(), 200.0)
    half = len(batches) // 2
    later = cut(upside_down, 200.0)[half:]
    after = replace(later[0], flags=later[0].flags | FrameFlag.GAP_BEFORE)
    steps, _ = analysed((*batches[:half], after, *later[1:]))
    known = true_of(steps, run.truth)
    judged = [(side, t) for side, t in zip(steps.side, known, strict=True) if t]
    assert [side for side, _ in judged] == sides([t for _, t in judged])
    assert np.isfinite(steps.pelvic_tilt_deg[steps.stretch == 0]).all()
    assert np.isnan(steps.pelvic_tilt_deg[steps.stretch == 1]).all()


def test_a_sensor_turned_since_standing_gives_no_pelvis_angles() -> None:
    samples = hip_run(1).samples()
    running = turned(samples, np.diag([1.0, -1.0, -1.0]))
    steps, hip = analysed(cut(np.vstack([samples[:700], running[800:]]), 200.0))
    assert steps.count > 60
    assert np.isnan(steps.pelvic_tilt_deg).all()
    assert hip.withheld == SENSOR_TURNED


def test_half_the_rate_gives_the_same_steps() -> None:
    fast, _ = analysed(hip_run(1).batches)
    slow, _ = analysed(hip_run(1, rate_hz=100.0).batches)
    assert abs(fast.count - slow.count) <= 1
    assert np.median(fast.contact_time_estimate_s) == pytest.approx(
        np.median(slow.contact_time_estimate_s), abs=0.003
    )


def test_a_sensor_that_is_too_slow_is_refused_with_the_reason() -> None:
    batches = cut(hip_run(1).samples()[::4], 50.0)
    steps, hip = analysed(batches)
    assert steps.count == 0
    assert hip.report.refusal == TOO_SLOW_RATE


def test_an_unsynced_clock_is_marked_at_each_step() -> None:
    batches = cut(hip_run(1).samples(), 200.0)
    plain: tuple[ImuBatch, ...] = tuple(
        replace(batch, flags=batch.flags & 0) for batch in batches
    )
    assert analysed(batches)[0].is_synced.all()
    assert not analysed(plain)[0].is_synced.any()


def test_six_steps_are_too_few_to_give_a_side_to_but_not_to_count() -> None:
    steps, _ = analysed(hip_run(1).within(8.0, 10.8))
    assert 5 <= steps.count <= 9


def test_nothing_in_gives_nothing_out() -> None:
    hip = HipAnalysis()
    assert hip.push([]).count == 0
    assert hip.flush().count == 0
    assert step_time_pairs(HipSteps.none())[0].size == 0


def test_step_times_are_paired_from_a_left_step_to_the_right_one_that_follows() -> None:
    steps, _ = analysed(hip_run(1).batches)
    left_s, right_s = step_time_pairs(steps)
    assert len(left_s) == len(right_s) >= steps.count // 2 - 2
    assert np.nanmedian(left_s) == np.nanmedian(steps.step_time_s[steps.side == 1])
    stride_s = left_s + right_s
    assert np.nanstd(stride_s) < 0.05
    nobody = replace(steps, side=np.zeros_like(steps.side))
    assert step_time_pairs(nobody)[0].size == 0


def test_what_the_hip_cannot_say_is_said() -> None:
    said = " ".join(HIP_LIMITS)
    assert "no left/right" in said
    assert "estimate" in said
