import itertools
from functools import cache

import numpy as np
import pytest

from collector.simulated.course import Course, Segment, circle
from collector.simulated.hip import TrueHipStep, true_hip_steps
from collector.simulated.motion import MOTION_RATE_HZ
from collector.simulated.radio import RadioTraits
from collector.simulated.source import RunSettings, simulated_run
from collector.simulated.traits import draw_runner
from collector.simulated.truth import true_steps
from contract.model import FloatArray, Slot
from contract.units import STANDARD_GRAVITY_MPS2
from tests.collector.simulated_motion import between, true_motion

SEEDS = range(4)
CLEAN = RadioTraits(loss=0.0, duplicates=0.0, reordered=0.0)


@cache
def hip(seed: int, course: Course | None = None) -> FloatArray:
    return true_motion(draw_runner(seed), Slot.HIP, 20.0, course)


@cache
def steps(seed: int) -> tuple[TrueHipStep, ...]:
    return true_hip_steps(draw_runner(seed), 1, 20.0)


def test_a_standing_hip_reads_one_g_and_no_rotation() -> None:
    still = between(hip(1), 0.0, 3.9)
    assert np.abs(still[:, :3] - [0, 0, STANDARD_GRAVITY_MPS2]).max() < 1e-6
    assert np.abs(still[:, 3:]).max() < 1e-6


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bounce_is_five_to_twelve_centimetres(seed: int) -> None:
    for step in steps(seed):
        assert 0.04 < step.vertical_oscillation_m < 0.13
    mean_m = np.mean([step.vertical_oscillation_m for step in steps(seed)])
    assert 0.05 < mean_m < 0.12


@pytest.mark.parametrize("seed", SEEDS)
def test_twice_integrated_the_signal_bounces_as_the_truth_says(seed: int) -> None:
    """The sensor leans a little and tissue lags, so within some millimetres."""
    chosen = steps(seed)[10:20]
    for step, after in zip(chosen, chosen[2:], strict=False):
        up = between(hip(seed), step.t_ic_s, after.t_ic_s)[:, 2]
        speed = np.cumsum(up - up.mean()) / MOTION_RATE_HZ
        height = np.cumsum(speed - speed.mean()) / MOTION_RATE_HZ
        assert np.ptp(height) == pytest.approx(step.vertical_oscillation_m, abs=0.025)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_body_is_borne_on_average_and_nearly_weightless_in_flight(
    seed: int,
) -> None:
    own = steps(seed)[4:-4:2]
    stretch = between(hip(seed), own[0].t_ic_s, own[-1].t_ic_s)
    force = np.linalg.norm(stretch[:, :3], axis=1)
    assert stretch[:, 2].mean() == pytest.approx(9.81, abs=0.35)
    assert force.min() < 0.4 * 9.81
    assert 1.8 * 9.81 < force.max() < 4.5 * 9.81


def test_hip_and_shoes_share_the_contacts() -> None:
    seen = {s.t_ic_s: s for s in true_steps(draw_runner(2), 1, 21.0).steps}
    for step in steps(2):
        shoe = seen[step.t_ic_s]
        assert (shoe.side, shoe.contact_time_s) == (step.side, step.contact_time_s)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_yaw_rate_leads_the_left_contact_by_a_sixth_of_a_stride(seed: int) -> None:
    """In rbds its phase at left contact is 57 to 61 degrees; here spread by 20."""
    left = [step for step in steps(seed) if step.side is Slot.LEFT][3:-1]
    phases = [phase_deg(seed, a, b) for a, b in itertools.pairwise(left)]
    assert np.mean(phases) == pytest.approx(59, abs=60)
    assert np.std(phases) < 10


def phase_deg(seed: int, step: TrueHipStep, following: TrueHipStep) -> float:
    yaw_rate = between(hip(seed), step.t_ic_s, following.t_ic_s)[:, 5]
    turn = np.exp(-2j * np.pi * np.arange(len(yaw_rate)) / len(yaw_rate))
    return float(np.rad2deg(np.angle((yaw_rate * turn).sum())))


def test_the_swing_side_drops_in_the_stance_of_the_other_foot() -> None:
    for seed in SEEDS:
        traits = draw_runner(seed).hip
        for side, deg in (
            (Slot.LEFT, traits.drop_left_deg),
            (Slot.RIGHT, traits.drop_right_deg),
        ):
            seen = [s.pelvic_drop_deg for s in steps(seed) if s.side is side]
            assert np.mean(seen) == pytest.approx(deg, abs=0.5)


def test_a_walking_hip_rises_and_falls_twice_a_stride_without_flight() -> None:
    walk = Course((Segment("walk", 60.0),))
    force = between(hip(1, walk), 10.0, 20.0)[:, 2]
    assert force.min() > 0.3 * 9.81
    contacts = [s.t_ic_s for s in true_steps(draw_runner(1), 1, 20, course=walk).steps]
    rises = np.diff(np.sign(force - force.mean())) > 0
    assert rises.sum() == pytest.approx(sum(t > 10 for t in contacts), abs=2)


def test_a_stop_is_still_at_the_hip_too() -> None:
    course = Course((Segment("run", 6.0), Segment("stand", 9.0), Segment("run", 9.0)))
    still = between(hip(1, course), 13.0, 17.0)
    assert np.abs(still - [0, 0, STANDARD_GRAVITY_MPS2, 0, 0, 0]).max() < 1e-6


def test_in_a_turn_the_body_leans_so_that_its_weight_stays_along_it() -> None:
    course = Course((circle(5.0, 3.0, 60.0),))
    force = between(hip(1, course), 10.0, 20.0)[:, :3].mean(axis=0)
    straight = between(hip(1), 10.0, 20.0)[:, :3].mean(axis=0)
    # Upright it would feel 3^2 / 5 = 1.8 m/s2 to the side.
    assert force[1] == pytest.approx(straight[1], abs=0.35)
    yaw_rate = between(hip(1, course), 10.0, 20.0)[:, 5].mean()
    assert yaw_rate == pytest.approx(3.0 / 5.0, rel=0.2)


def test_the_hip_is_a_source_like_a_shoe() -> None:
    slots = (Slot.LEFT, Slot.RIGHT, Slot.HIP)
    settings = RunSettings(radio=CLEAN)
    runs = simulated_run(draw_runner(8), 0, 10, 8, settings, slots=slots)
    assert tuple(runs) == slots
    signal = np.vstack([batch.si() for batch in runs[Slot.HIP].batches()])
    still = np.linalg.norm(signal[100:700, :3].mean(axis=0))
    assert still == pytest.approx(9.81, rel=0.011)
    assert len(signal) == pytest.approx(2000, abs=20)
    plain = simulated_run(draw_runner(8), 0, 10, 8, settings)
    for slot in (Slot.LEFT, Slot.RIGHT):
        for one, other in zip(runs[slot].batches(), plain[slot].batches(), strict=True):
            assert np.array_equal(one.counts, other.counts)
