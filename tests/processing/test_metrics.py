from dataclasses import fields, replace

import numpy as np
import pytest

from contract.rows import StepRow
from contract.units import NS_PER_S
from processing.contacts import Contacts, StepMotion
from processing.metrics import METRICS, measure


def contacts(
    ic_s: list[float],
    contact_s: float | list[float] = 0.25,
    *,
    stretch: list[int] | None = None,
    number: list[int] | None = None,
    relocated: list[bool] | None = None,
    synced: list[bool] | None = None,
    motion: StepMotion | None = None,
) -> Contacts:
    times, n = np.array(ic_s), len(ic_s)
    return Contacts(
        ic_ns=np.round(times * NS_PER_S).astype(np.int64),
        contact_s=np.broadcast_to(np.asarray(contact_s, float), n).copy(),
        place_s=times,
        stretch=np.array(stretch or [0] * n, np.intp),
        number=np.array(number or range(n), np.intp),
        was_relocated=np.array(relocated or [False] * n, bool),
        is_synced=np.array(synced or [True] * n, bool),
        motion=motion or StepMotion.unknown(n),
    )


LEFT = contacts([10.0, 10.7, 11.4], 0.25)
RIGHT = contacts([10.34, 11.04, 11.74], 0.24)


def test_a_step_is_measured_from_its_own_foot_and_the_next_contact() -> None:
    steps = measure(LEFT, RIGHT)
    assert steps.contact_time_s == pytest.approx([0.25] * 3)
    assert steps.stride_time_s[:2] == pytest.approx([0.7, 0.7])
    assert steps.swing_time_s[:2] == pytest.approx([0.45, 0.45])
    assert steps.duty_factor[:2] == pytest.approx([0.25 / 0.7] * 2)
    assert steps.step_time_s == pytest.approx([0.34] * 3)
    assert steps.flight_time_s == pytest.approx([0.09] * 3)
    assert steps.cadence_spm[:2] == pytest.approx([120 / 0.7] * 2)
    assert list(steps.partner) == [0, 1, 2]


def test_step_and_flight_time_of_the_right_lead_to_the_next_left() -> None:
    steps = measure(RIGHT, LEFT)
    assert steps.step_time_s[:2] == pytest.approx([0.36, 0.36])
    assert steps.flight_time_s[:2] == pytest.approx([0.12, 0.12])
    assert list(steps.partner) == [1, 2, -1]
    assert np.isnan(steps.step_time_s[2])


def test_the_impulse_is_contact_and_half_of_both_flights() -> None:
    """Algorithms.md section 5: J / (m g) = contact + (flight before + after) / 2."""
    steps = measure(LEFT, RIGHT)
    assert np.isnan(steps.impulse_bws[0])
    assert steps.impulse_bws[1:] == pytest.approx([0.25 + (0.12 + 0.09) / 2] * 2)


def test_impulses_of_both_feet_carry_the_body_for_the_whole_time() -> None:
    left = contacts([10.0, 10.7, 11.4, 12.1], 0.25)
    right = contacts([10.34, 11.04, 11.74, 12.44], 0.24)
    one, other = measure(left, right), measure(right, left)
    both = one.impulse_bws[1:3] + other.impulse_bws[1:3]
    assert both == pytest.approx([0.7, 0.7])


def test_the_peak_force_is_that_of_half_a_sine_with_the_same_impulse() -> None:
    steps = measure(LEFT, RIGHT)
    half_sine = np.sin(np.linspace(0, np.pi, 10_001)) * steps.peak_force_bw[1]
    assert half_sine.mean() * 0.25 == pytest.approx(steps.impulse_bws[1], rel=1e-3)
    assert 2.0 < steps.peak_force_bw[1] < 3.0
    assert np.isnan(steps.peak_force_bw[0])


def test_what_the_shoe_did_comes_along_step_by_step() -> None:
    motion = StepMotion.unknown(3)
    for place, f in enumerate(fields(StepMotion)):
        getattr(motion, f.name)[:] = np.nan_to_num(getattr(motion, f.name)) + place
    steps = measure(replace(LEFT, motion=motion), RIGHT)
    for f in fields(StepMotion):
        if f.name != "roll_deg":  # that one goes into the mean of the run
            assert getattr(steps, f.name) is getattr(motion, f.name)


def test_a_step_has_every_figure_of_the_step_row() -> None:
    steps = measure(LEFT, RIGHT)
    elsewhere = {"runner", "session", "side", "time_ns", "strike_type"}
    for f in fields(StepRow):
        assert f.name in elsewhere or len(getattr(steps, f.name)) == 3


def test_a_doubtful_clock_withholds_what_compares_the_feet_and_nothing_else() -> None:
    known = measure(LEFT, RIGHT)
    right = contacts([10.34, 11.04, 11.74], 0.24, synced=[True, False, True])
    steps = measure(LEFT, right)
    assert list(np.isnan(steps.step_time_s)) == [False, True, False]
    assert list(np.isnan(steps.flight_time_s)) == [False, True, False]
    assert np.isnan(steps.impulse_bws).all()  # flight before or after is unknown
    assert np.isnan(steps.peak_force_bw).all()
    for name in ("contact_time_s", "stride_time_s", "swing_time_s", "duty_factor"):
        np.testing.assert_array_equal(getattr(steps, name), getattr(known, name))
    assert list(steps.partner) == list(known.partner)


def test_the_own_clock_counts_as_much_as_the_other() -> None:
    left = contacts([10.0, 10.7, 11.4], 0.25, synced=[True, True, False])
    steps = measure(left, RIGHT)
    assert list(np.isnan(steps.step_time_s)) == [False, False, True]
    assert np.isnan(measure(RIGHT, left).step_time_s[1])
    assert list(np.isnan(steps.impulse_bws)) == [True, False, True]


def test_the_last_step_of_a_foot_has_no_stride() -> None:
    steps = measure(LEFT, RIGHT)
    assert np.isnan(steps.stride_time_s[-1])
    assert np.isnan(steps.cadence_spm[-1])


def test_a_stride_over_a_rejected_one_is_not_measured() -> None:
    steps = measure(contacts([10.0, 10.7, 12.1], number=[0, 1, 3]), Contacts.none())
    assert steps.stride_time_s[0] == pytest.approx(0.7)
    assert np.isnan(steps.stride_time_s[1])


def test_a_stride_over_a_gap_is_not_measured() -> None:
    gapped = contacts([10.0, 10.7, 11.4], stretch=[0, 0, 1], number=[0, 1, 0])
    steps = measure(gapped, Contacts.none())
    assert np.isfinite(steps.stride_time_s[0])
    assert np.isnan(steps.stride_time_s[1])


def test_stride_times_follow_the_sensor_and_not_the_hosts_clock() -> None:
    """Radio delays shift the host's times; the sensor's own count does not jump."""
    foot = contacts([10.0, 10.7, 11.4])
    late = replace(foot, ic_ns=foot.ic_ns + np.array([0, 30_000_000, 0]))
    assert measure(late, Contacts.none()).stride_time_s[:2] == pytest.approx([0.7] * 2)


@pytest.mark.parametrize("step_s", [0.15, 0.65, 5.0])
def test_a_contact_too_near_or_too_far_is_no_partner(step_s: float) -> None:
    steps = measure(contacts([10.0]), contacts([10.0 + step_s]))
    assert steps.partner[0] == -1
    assert np.isnan(steps.step_time_s[0])
    assert np.isnan(steps.flight_time_s[0])


def test_one_foot_alone_has_contact_and_stride_but_no_step_times() -> None:
    steps = measure(LEFT, Contacts.none())
    assert np.isfinite(steps.contact_time_s).all()
    assert np.isfinite(steps.stride_time_s[:2]).all()
    for name, rule in METRICS.items():
        if not rule.needs_clock:
            continue
        assert np.isnan(getattr(steps, name)).all()
    assert (steps.partner == -1).all()


def test_no_contacts_give_no_steps() -> None:
    steps = measure(Contacts.none(), RIGHT)
    assert all(len(getattr(steps, name)) == 0 for name in METRICS)


def test_an_event_that_was_looked_up_again_is_trusted_half() -> None:
    steps = measure(contacts([10.0, 10.7], relocated=[False, True]), Contacts.none())
    assert list(steps.quality) == [1.0, 0.5]
