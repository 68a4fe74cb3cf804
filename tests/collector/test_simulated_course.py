import itertools
from functools import cache

import numpy as np
import pytest

from collector.simulated.course import Course, Pacer, Segment, block, circle
from collector.simulated.motion import MOTION_RATE_HZ
from collector.simulated.schedule import strides
from collector.simulated.traits import RunnerTraits, draw_runner
from collector.simulated.truth import Truth, TruthStep, true_steps
from contract.model import FloatArray, Slot
from tests.collector.simulated_motion import between, true_motion

WALK = Course((Segment("walk", 60.0),))
STOP = Course((Segment("run", 12.0), Segment("stand", 8.0), Segment("run", 12.0)))


def truth(runner: RunnerTraits, course: Course, until_s: float) -> Truth:
    return true_steps(runner, 1, until_s, course=course)


def left_steps(steps: Truth) -> list[TruthStep]:
    return [step for step in steps.steps if step.side is Slot.LEFT]


@cache
def left_foot(course: Course, seconds: float) -> FloatArray:
    return true_motion(draw_runner(3), Slot.LEFT, seconds, course)


def test_walking_always_has_a_foot_on_the_ground() -> None:
    for seed in range(6):
        steps = truth(draw_runner(seed), WALK, 50).steps
        assert {step.gait for step in steps} == {"walk"}
        for before, after in itertools.pairwise(steps):
            assert before.side is not after.side
            assert before.t_to_s > after.t_ic_s


def test_walking_has_the_times_of_walking() -> None:
    for seed in range(6):
        steps = truth(draw_runner(seed), WALK, 50).steps[4:]
        assert np.mean([step.contact_time_s for step in steps]) > 0.55
        assert 1.35 < np.mean([step.stride_length_m for step in steps]) < 1.75
        assert 12 < np.mean([step.strike_angle_deg for step in steps]) < 28


def test_a_walking_foot_rests_on_the_ground_and_strikes_more_gently_than_running() -> (
    None
):
    foot = left_foot(WALK, 20.0)
    running = true_motion(draw_runner(3), Slot.LEFT, 20.0)
    peaks = [np.linalg.norm(f[16_000:, :3], axis=1).max() for f in (foot, running)]
    assert peaks[0] < 0.7 * peaks[1]
    step = left_steps(truth(draw_runner(3), WALK, 20))[5]
    middle = step.t_ic_s + 0.35 * step.contact_time_s
    rest = between(foot, middle - 0.02, middle + 0.02)
    assert np.abs(rest[:, 3:]).max() < np.deg2rad(30)
    assert np.abs(np.linalg.norm(rest[:, :3], axis=1) - 9.81).max() < 1.5


def test_in_a_stop_both_shoes_stand_still_and_then_the_run_goes_on() -> None:
    runner = draw_runner(3)
    steps = truth(runner, STOP, 34).steps
    pause = max(itertools.pairwise(steps), key=lambda p: p[1].t_ic_s - p[0].t_to_s)
    begin_s, end_s = pause[0].t_to_s, pause[1].t_ic_s
    assert end_s - begin_s == pytest.approx(8.0, abs=1.5)
    still = between(left_foot(STOP, 34.0), begin_s + 1.5, end_s - 1.5)
    assert np.abs(still[:, 3:]).max() < 1e-3
    assert np.abs(still[:, :3] - [0, 0, 9.81]).max() < 1e-2
    assert sum(step.t_ic_s > end_s for step in steps) > 20


def test_feet_alternate_through_every_change_of_gait() -> None:
    course = Course(
        (
            Segment("walk", 9.0),
            Segment("run", 11.0),
            Segment("stand", 6.0),
            Segment("walk", 7.0),
            Segment("stand", 5.0),
            Segment("run", 8.0, 2.0),
        )
    )
    steps = truth(draw_runner(5), course, 120).steps
    sides = [step.side for step in steps]
    assert all(a is not b for a, b in itertools.pairwise(sides))
    assert {step.gait for step in steps} == {"walk", "run"}
    for foot in (Slot.LEFT, Slot.RIGHT):
        own = [step for step in steps if step.side is foot]
        assert all(a.t_to_s + 0.2 < b.t_ic_s for a, b in itertools.pairwise(own))


def test_a_foot_has_time_to_swing_into_a_stop() -> None:
    course = Course((Segment("walk", 5.0), Segment("stand", 4.0)))
    for seed in range(6):
        drawn = itertools.islice(strides(draw_runner(seed), seed, 1.0, course), 80)
        left = [stride for stride in drawn if stride.slot is Slot.LEFT]
        swings = [b.t_ic_s - a.t_to_s for a, b in itertools.pairwise(left)]
        assert min(swings) > 0.25


def test_a_runner_speeds_up_and_slows_down_within_what_legs_can_do() -> None:
    pacer = Pacer(draw_runner(3), STOP, 4.0)
    times = np.arange(4.0, 36.0, 0.25)
    paces = [pacer.at(float(t)) for t in times]
    running = [p.speed_mps for p in paces if p.gait == "run"]
    assert max(running) == pytest.approx(draw_runner(3).speed_mps)
    change = np.abs(np.diff([p.speed_mps for p in paces if p.until_s <= 16.0]))
    assert change.max() <= 0.25 * 1.6


@pytest.mark.parametrize("radius_m", [6.0, -6.0])
def test_running_in_a_circle_turns_the_shoe_by_what_the_truth_says(
    radius_m: float,
) -> None:
    course = Course((circle(radius_m, 2.5, 60.0),))
    steps = left_steps(truth(draw_runner(3), course, 19))[3:-2]
    foot = true_motion(draw_runner(3), Slot.LEFT, 19.0, course)
    first, last = (s.t_ic_s + 0.4 * s.contact_time_s for s in (steps[0], steps[-1]))
    turned_deg = sum(step.turn_deg for step in steps[:-1])
    assert turned_deg == pytest.approx(
        np.rad2deg(2.5 / radius_m) * (last - first), rel=0.02
    )
    missed = heading_deg(between(foot, first, last)) - turned_deg
    assert (missed + 180) % 360 - 180 == pytest.approx(0, abs=2.0)


def heading_deg(signal: FloatArray) -> float:
    """Turning about the vertical between two flat mid-stances, by strapdown."""
    turned = np.eye(3)
    for rate in signal[: len(signal) // 2 * 2, 3:].reshape(-1, 6):
        x, y, z = (rate[:3] + rate[3:]) / MOTION_RATE_HZ
        skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        turned = turned @ (np.eye(3) + skew + skew @ skew / 2)
    return float(np.rad2deg(np.arctan2(turned[1, 0], turned[0, 0])))


def test_a_run_around_the_block_turns_ninety_degrees_at_each_corner() -> None:
    steps = left_steps(truth(draw_runner(3), block(15.0, 3.0), 40))
    turns = [step.turn_deg for step in steps]
    assert sum(abs(turn) < 1e-9 for turn in turns) > 0.5 * len(turns)
    assert max(turns) > 25
    corners = [list(g) for k, g in itertools.groupby(turns, key=lambda t: t > 0) if k]
    assert len(corners) >= 6
    assert sum(corners[1]) == pytest.approx(90, abs=35)
    assert sum(turns) == pytest.approx(90 * len(corners), abs=60)


def test_truth_reads_the_angles_as_they_came_out() -> None:
    runner = draw_runner(7)
    for step in left_steps(true_steps(runner, 7, 30)):
        assert step.toe_out_deg == pytest.approx(runner.left.toe_out_deg, abs=0.5)
        assert step.pitch_at_toe_off_deg < -20
        assert step.gait == "run"
        assert step.turn_deg == 0.0


def test_a_course_begins_again_and_never_ends() -> None:
    steps = truth(draw_runner(3), STOP, 100).only("run").steps
    pauses = [b.t_ic_s - a.t_to_s for a, b in itertools.pairwise(steps)]
    assert sum(pause > 4 for pause in pauses) == 3
