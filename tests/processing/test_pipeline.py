"""Both feet and the hip together: sources, windows, sides, mounts, withheld figures."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from collector.simulated.traits import draw_runner
from collector.simulated.worn import both_on, swapped
from contract.messages import SensorInfo
from contract.model import Slot
from contract.units import NS_PER_S
from processing.offline import analyse_frames
from processing.pipeline import FEET, SessionAnalysis
from tests.processing.simulated_run import SimulatedRun, clean, make_run, meta_of

Simulate = Callable[..., SimulatedRun]


def analysed(run: SimulatedRun) -> SessionAnalysis:
    analysis = analyse_frames(run.meta, run.frames()).analysis
    assert analysis is not None
    return analysis


@pytest.fixture(scope="module")
def all_three(simulate: Simulate) -> SimulatedRun:
    return simulate(5, 60.0, slots=tuple(Slot))


@pytest.fixture(scope="module")
def analysis(all_three: SimulatedRun) -> SessionAnalysis:
    return analysed(all_three)


@pytest.mark.parametrize(
    ("slots", "source"),
    [((Slot.HIP,), "hip"), ((Slot.LEFT, Slot.HIP), "shoes"), (tuple(Slot), "shoes")],
)
def test_shoes_have_the_say_where_there_are_any(
    all_three: SimulatedRun, slots: tuple[Slot, ...], source: str
) -> None:
    assert analysed(all_three.only(*slots)).source == source


def test_before_any_step_the_figures_come_from_nowhere(
    all_three: SimulatedRun,
) -> None:
    assert analysed(all_three.within(0, 3)).source == "none"


def test_the_hip_takes_its_sides_from_the_shoes(
    all_three: SimulatedRun, analysis: SessionAnalysis
) -> None:
    hip = analysis.hip_steps
    true_s = np.array([s.t_ic_s + s.contact_time_s / 2 for s in all_three.truth.steps])
    sides = np.array([1 if s.side is Slot.LEFT else -1 for s in all_three.truth.steps])
    nearest = np.abs(hip.mid_ns[:, None] / NS_PER_S - true_s).argmin(axis=1)
    assert (hip.side == sides[nearest]).mean() > 0.99
    assert (hip.side != 0).mean() > 0.97


def test_the_hip_alone_never_compares_contact_times(all_three: SimulatedRun) -> None:
    alone = analysed(all_three.only(Slot.HIP))
    assert alone.compare() == {}
    assert set(alone.compare_by_hip()) <= {"step_time_s"}


def test_beside_shoes_the_hip_compares_nothing(analysis: SessionAnalysis) -> None:
    assert analysis.compare_by_hip() == {}


def test_the_thirds_lie_at_both_ends_and_the_change_is_their_difference(
    analysis: SessionAnalysis,
) -> None:
    windows = {name: found for name, _, found in analysis.compare_windows()}
    first, last = windows["first_third"], windows["last_third"]
    change = windows["change"]["contact_time_s"]
    sizes = first["contact_time_s"].asi_pct, last["contact_time_s"].asi_pct
    assert sizes[0] is not None
    assert sizes[1] is not None
    assert change.asi_pct == pytest.approx(sizes[1] - sizes[0], abs=0.05)


def test_each_kilometre_gets_a_window_of_its_own(all_three: SimulatedRun) -> None:
    """A belt of 25 m/s, so that a minute holds more than a kilometre."""
    meta = msgspec.structs.replace(all_three.meta, speed_mps=25.0)
    found = analysed(replace(all_three.only(*FEET), meta=meta)).compare_windows()
    starts_s = [span[0] / NS_PER_S for name, span, _ in found if name == "km"]
    assert len(starts_s) == 2
    assert starts_s[1] - starts_s[0] == pytest.approx(40.0, abs=1.0)


@pytest.fixture(scope="module")
def misplaced() -> dict[str, SessionAnalysis]:
    """Sensors that are not where they say."""
    worn = {"swapped": swapped(), "one foot": both_on(Slot.LEFT)}
    traits = draw_runner(10)
    return {
        name: analysed(make_run(traits, 10, 60.0, clean(worn=how), meta_of("s1")))
        for name, how in worn.items()
    }


def test_swapped_sensors_are_suspected(misplaced: dict[str, SessionAnalysis]) -> None:
    assert "may be swapped" in misplaced["swapped"].swap_words()
    assert misplaced["swapped"].one_foot_words() == ""


def test_two_sensors_on_one_foot_are_noticed(
    misplaced: dict[str, SessionAnalysis],
) -> None:
    assert "on one foot" in misplaced["one foot"].one_foot_words()


def test_sensors_in_their_place_are_left_alone(analysis: SessionAnalysis) -> None:
    assert analysis.swap_words() == analysis.one_foot_words() == ""


def test_a_good_mount_is_given_with_its_sensor_for_a_later_run(
    all_three: SimulatedRun,
) -> None:
    sensor = SensorInfo(family="x", serial="A1")
    meta = msgspec.structs.replace(all_three.meta, sensors={"left": sensor})
    mounts = analysed(replace(all_three, meta=meta)).mounts()
    assert set(mounts) == set(FEET)
    left = mounts[Slot.LEFT]
    assert (left.serial, left.family, left.shoe) == ("A1", "x", "blue")
    axes = np.array(left.axes).reshape(3, 3)
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-9)


def test_a_run_without_standing_uses_the_known_mount_and_says_so(
    all_three: SimulatedRun,
) -> None:
    mounts = analysed(all_three).mounts()
    later = all_three.only(*FEET).within(10.0)
    session = SessionAnalysis(later.meta, mounts=mounts)
    unknown = SessionAnalysis(later.meta)
    for analysis in (session, unknown):
        for slot in FEET:
            analysis.push(slot, later.batches[slot])
        analysis.flush()
    for slot in FEET:
        known, none = (a.reports()[slot].calibration for a in (session, unknown))
        assert known is not None
        assert none is not None
        assert known.mount_words().startswith("taken from the run of ")
        assert none.mount_words().startswith("flat foot at mid-stance")
        # The known standing gives the angles that the whole run has.
        whole = np.nanmedian(analysed(all_three).steps()[slot].strike_angle_deg)
        again = np.nanmedian(session.steps()[slot].strike_angle_deg)
        assert again == pytest.approx(whole, abs=1.5)
    assert session.mounts() == {}, "a mount that was taken over is not kept anew"
