import numpy as np
import pytest

from contract.model import FloatArray
from processing.hip.contact import HipContactSettings, contact_edges, contact_times

RATE_HZ = 200.0


def run_force(contact_s: float, step_s: float, steps: int = 20) -> FloatArray:
    """Half-sine contacts and weightless flights, one g on average; flight first."""
    t_s = np.arange(0.0, steps * step_s + (step_s - contact_s), 1 / RATE_HZ)
    since = np.mod(t_s - (step_s - contact_s), step_s)
    is_down = (since < contact_s) & (t_s > step_s - contact_s)
    peak_g = np.pi * step_s / (2 * contact_s)
    return np.where(is_down, peak_g * np.sin(np.pi * since / contact_s), 0.0)


@pytest.mark.parametrize(("contact_s", "step_s"), [(0.20, 0.33), (0.25, 0.36)])
def test_each_contact_of_a_run_is_found_once(contact_s: float, step_s: float) -> None:
    start_s, end_s = contact_times(run_force(contact_s, step_s), RATE_HZ)
    assert len(start_s) == 20
    assert np.all(start_s[1:] > end_s[:-1])
    # The low-pass lengthens a contact, the threshold cuts it; both by some ms.
    assert np.abs(end_s - start_s - contact_s).max() < 0.030


def test_a_longer_contact_reads_longer_by_most_of_the_difference() -> None:
    """At one cadence a longer contact has a lower peak, and so flatter edges."""
    short, long = (
        np.median(np.diff(contact_times(run_force(c, 0.36), RATE_HZ), axis=0))
        for c in (0.22, 0.26)
    )
    assert 0.025 < long - short < 0.045


def test_contacts_shift_with_the_data_by_less_than_a_sample() -> None:
    force = run_force(0.24, 0.36)
    later = np.interp(np.arange(len(force)) - 0.4, np.arange(len(force)), force)
    start_s, end_s = contact_times(force, RATE_HZ)
    later_start_s, later_end_s = contact_times(later, RATE_HZ)
    assert later_start_s - start_s == pytest.approx(0.4 / RATE_HZ, abs=0.0004)
    assert later_end_s - end_s == pytest.approx(0.4 / RATE_HZ, abs=0.0004)


def test_a_contact_cut_off_by_the_end_of_the_data_is_left_out() -> None:
    force = run_force(0.24, 0.36)
    half = round((0.12 + 0.12) * RATE_HZ)
    start_s, _ = contact_times(force[half:-half], RATE_HZ)
    assert len(start_s) == 18


def test_walking_never_leaves_the_ground_so_it_has_no_contacts() -> None:
    t_s = np.arange(0, 20, 1 / RATE_HZ)
    start_s, end_s = contact_times(1 + 0.4 * np.sin(2 * np.pi * 1.9 * t_s), RATE_HZ)
    assert len(start_s) == len(end_s) == 0


def test_standing_has_no_contacts() -> None:
    noise = np.random.default_rng(1).normal(1.0, 0.01, 2000)
    assert len(contact_times(noise, RATE_HZ)[0]) == 0


def test_an_edge_lies_between_samples_where_the_line_crosses() -> None:
    force = np.array([[0.0, 0.2, 0.6, 2.0, 0.5, 0.1, 0.0]])
    edges = contact_edges(force, np.array([3]), 0.3)
    assert edges.start == pytest.approx([1.25])
    assert edges.end == pytest.approx([4.5])


@pytest.mark.parametrize(
    "force", [[1.0, 1.0, 2.0, 0.5, 0.0], [0.0, 1.0, 2.0, 1.0, 0.9], [0.0] * 5]
)
def test_without_flight_on_both_sides_there_is_no_contact(force: list[float]) -> None:
    assert not contact_edges(np.array([force]), np.array([2]), 0.3).has_both.any()


def test_a_row_is_judged_as_if_it_were_alone() -> None:
    force = np.random.default_rng(2).uniform(0, 2, (50, 40))
    middle = np.full(50, 20)
    together = contact_edges(force, middle, 0.3)
    for k in range(50):
        alone = contact_edges(force[k : k + 1], middle[:1], 0.3)
        np.testing.assert_array_equal(alone.start, together.start[k : k + 1])
        np.testing.assert_array_equal(alone.end, together.end[k : k + 1])


def test_the_threshold_is_the_one_the_design_settled_on() -> None:
    assert HipContactSettings().threshold_g == 0.3
