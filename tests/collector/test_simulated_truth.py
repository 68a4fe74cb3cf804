import itertools

import numpy as np
import pytest

from collector.simulated.schedule import expected_contact_s, strides
from collector.simulated.traits import draw_runner
from collector.simulated.truth import true_steps
from contract.model import Slot


def test_the_same_seed_draws_the_same_runner_and_the_same_steps() -> None:
    assert draw_runner(5) == draw_runner(5)
    assert draw_runner(5) != draw_runner(6)
    assert true_steps(draw_runner(5), 5, 30) == true_steps(draw_runner(5), 5, 30)


def test_a_fixed_speed_leaves_the_person_as_she_is() -> None:
    one, other = draw_runner(4), draw_runner(4, speed_mps=3.0)
    assert other.speed_mps == 3.0
    assert one.left.eversion_deg == other.left.eversion_deg


def test_feet_alternate_and_never_touch_the_ground_together() -> None:
    for seed in range(8):
        runner = draw_runner(seed, contact_asymmetry_pct=8.0)
        steps = true_steps(runner, seed, 120).steps
        for before, after in itertools.pairwise(steps):
            assert before.side is not after.side
            assert before.t_to_s < after.t_ic_s


def test_the_injected_asymmetry_is_exact_in_expectation() -> None:
    runner = draw_runner(2, contact_asymmetry_pct=6.0)
    left, right = (
        expected_contact_s(runner, slot, 0) for slot in (Slot.LEFT, Slot.RIGHT)
    )
    assert 200 * (right - left) / (right + left) == pytest.approx(6.0)


@pytest.mark.parametrize("asymmetry_pct", [-4.0, 0.0, 5.0])
def test_the_injected_asymmetry_is_in_the_steps(asymmetry_pct: float) -> None:
    runner = draw_runner(3, contact_asymmetry_pct=asymmetry_pct)
    assert true_steps(runner, 3, 600).asi_pct == pytest.approx(asymmetry_pct, abs=0.5)


def test_fatigue_makes_the_asymmetry_drift() -> None:
    runner = draw_runner(3, asymmetry_drift_pct=4.0)
    late = expected_contact_s(runner, Slot.RIGHT, 600)
    early = expected_contact_s(runner, Slot.RIGHT, 0)
    assert late / early == pytest.approx(1.02)


def test_nothing_moves_while_the_runner_stands() -> None:
    first = true_steps(draw_runner(1), 1, 20, standing_s=6.0).steps[0]
    assert 6.0 < first.t_ic_s < 7.5


def test_steps_vary_as_in_people() -> None:
    runner = draw_runner(9)
    steps = [s for s in true_steps(runner, 9, 600).steps if s.side is Slot.LEFT]
    contacts = np.array([s.contact_time_s for s in steps])
    stride_times = np.diff([s.t_ic_s for s in steps])
    assert 0.02 < contacts.std() / contacts.mean() < 0.03
    assert 0.009 < stride_times.std() / stride_times.mean() < 0.015


def test_cadence_and_stride_length_fit_the_speed() -> None:
    runner = draw_runner(9)
    truth = true_steps(runner, 9, 600)
    assert truth.cadence_spm == pytest.approx(runner.cadence_spm, rel=0.01)
    metres = np.mean([s.stride_length_m for s in truth.steps])
    speed = metres * truth.cadence_spm / 120
    assert speed == pytest.approx(runner.speed_mps, rel=0.01)


def test_a_heel_striker_lands_toes_up_and_a_forefoot_striker_toes_down() -> None:
    for strike, is_up in (("rear", True), ("fore", False)):
        runner = draw_runner(12, strike=strike)
        steps = true_steps(runner, 12, 60).steps
        mean_deg = float(np.mean([s.strike_angle_deg for s in steps]))
        assert (mean_deg > 0) is is_up


def test_the_schedule_has_no_end_and_keeps_nothing() -> None:
    hours = itertools.islice(strides(draw_runner(1), 1), 20_000, 20_001)
    assert next(hours).t_ic_s > 5000
