"""The figures about simulated runners must follow from the truth, not be kind to it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from benchmarks.simulated import plain_figures, score
from benchmarks.simulated_runs import Case, Ran, columns, match_foot, run, true_size
from benchmarks.simulated_scenarios import SCENARIOS
from collector.simulated.source import FEET, RunSettings
from collector.simulated.truth import Truth, true_steps
from collector.simulated.worn import swapped
from contract.model import Slot


@cache
def limping() -> Ran:
    return run(Case(101, 40.0, asymmetry_pct=8.0))


def test_a_limp_is_in_contact_time_and_not_in_stride_time() -> None:
    truth = limping().running
    assert true_size(truth, "contact_time_s") == pytest.approx(8.0, abs=1.5)
    assert true_size(truth, "stride_time_s") == pytest.approx(0.0, abs=0.3)
    assert true_size(truth, "impact_g") is None


def test_true_times_of_a_run_add_up() -> None:
    for side in FEET:
        own = columns(limping().running, side)
        whole = np.isfinite(own["stride_time_s"]) & np.isfinite(own["step_time_s"])
        assert whole.sum() > 20
        assert np.all(own["flight_time_s"][whole] > 0)
        assert np.all(own["step_time_s"][whole] < own["stride_time_s"][whole])


def test_a_pause_is_no_stride() -> None:
    settings = SCENARIOS["stop in the middle"].settings
    case = Case(3, 50.0, settings)
    truth = true_steps(case.traits, 3, 50.0, course=settings.course).only("run")
    for side in FEET:
        strides_s = columns(truth, side)["stride_time_s"]
        assert np.nanmax(strides_s) < 1.2
        assert np.isnan(strides_s[:-1]).sum() == 1


def test_steps_of_a_plain_run_are_found_on_their_own_foot() -> None:
    for side in FEET:
        foot = match_foot(limping(), side)
        assert foot.found >= 0.9 * foot.expected
        assert foot.swapped == 0
        assert len(foot.errors["contact_time_s"]) == foot.found


def test_steps_that_nobody_made_are_counted() -> None:
    """With a truth of one foot only, all steps of the other are unfounded."""
    ran = limping()
    left = tuple(step for step in ran.truth.steps if step.side is Slot.LEFT)
    foot = match_foot(replace(ran, truth=Truth(left)), Slot.RIGHT, ran.running)
    assert foot.unfounded == foot.reported > 20


def test_a_truth_shifted_by_half_a_step_is_not_found() -> None:
    ran = limping()
    late = [replace(s, t_ic_s=s.t_ic_s + 0.17) for s in ran.running.steps]
    foot = match_foot(ran, Slot.LEFT, Truth(tuple(late)))
    assert foot.found < 0.1 * foot.expected


def test_swapped_sensors_are_compared_with_the_foot_they_sit_on() -> None:
    ran = run(Case(101, 30.0, RunSettings(worn=swapped())))
    foot = match_foot(ran, Slot.LEFT)
    assert foot.found >= 0.9 * foot.expected


def test_the_summary_names_what_it_counts() -> None:
    figures = plain_figures([score(limping())])
    assert figures["steps found, mean %"] > 90
    assert figures["limps found, %"] == 100
    assert np.isnan(figures["false findings, even runners, %"])
