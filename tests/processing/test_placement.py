import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.recording import Recording, assemble, read_recording
from contract.model import Slot
from contract.units import NS_PER_S
from processing.clocks import clock_words
from processing.contacts import Contacts, StepMotion
from processing.placement import PlacementSettings, both_on_one_foot, swap_suspected
from treadwear.recordings import analyse_recording

STRIDE_S = 0.7
LEAST = PlacementSettings().least_steps
HASTY = PlacementSettings(least_steps=5)  # some of these runs have but 9 steps


def runs(
    phase: float,
    eversion_deg: float = 9.0,
    *,
    n: int = 80,
    scatter_s: float = 0.008,
    synced: bool = True,
) -> Contacts:
    """Contacts of one foot, at this phase of the other one's stride."""
    rng = np.random.default_rng(round(1000 * phase) + n)
    place_s = 3.0 + STRIDE_S * (np.arange(n) + phase)
    place_s = place_s + scatter_s * rng.standard_normal(n)
    everts = eversion_deg + 2.5 * rng.standard_normal(n)
    return Contacts(
        ic_ns=np.round(place_s * NS_PER_S).astype(np.int64),
        contact_s=np.full(n, 0.25),
        place_s=place_s,
        stretch=np.zeros(n, np.intp),
        number=np.arange(n),
        was_relocated=np.zeros(n, bool),
        is_synced=np.full(n, synced),
        motion=replace(StepMotion.unknown(n), landing_eversion_deg=everts),
    )


def without(contacts: Contacts, share: float) -> Contacts:
    """Leave that share of the contacts out, as lost data do."""
    keep = np.random.default_rng(3).random(contacts.count) >= share
    kept = {
        name: getattr(contacts, name)[keep]
        for name in Contacts.__slots__
        if name != "motion"
    }
    return Contacts(**kept, motion=contacts.motion.select(keep))


@given(st.floats(0.3, 0.7), st.booleans())
def test_feet_that_alternate_are_on_two_feet_even_when_they_limp(
    phase: float, is_right_first: bool
) -> None:
    left, right = runs(1.0 if is_right_first else 0.0), runs(phase)
    assert both_on_one_foot(left, right) == ""
    assert both_on_one_foot(right, left) == ""


@pytest.mark.parametrize("apart", [0.0, 0.01, -0.01])
def test_two_sensors_on_one_foot_are_noticed(apart: float) -> None:
    said = both_on_one_foot(runs(0.0), runs(apart))
    assert "on one foot" in said
    assert "100 %" in said


def test_they_are_noticed_although_steps_are_missing() -> None:
    left, right = without(runs(0.0, n=200), 0.15), runs(0.01, n=190)
    assert both_on_one_foot(left, right)
    assert both_on_one_foot(right, left)


def test_feet_in_turn_are_left_alone_although_steps_are_missing() -> None:
    assert both_on_one_foot(without(runs(0.0), 0.3), without(runs(0.5), 0.4)) == ""


def test_a_few_hops_say_nothing_about_the_sensors() -> None:
    few = runs(0.0, n=LEAST - 1)
    assert both_on_one_foot(few, few) == ""
    hops = runs(0.0, n=40).followed_by(Contacts.none())
    later = runs(100.5, n=200)
    feet_apart = replace(later, number=later.number + 100)
    left = hops.followed_by(replace(runs(100.0, n=200), number=later.number + 100))
    assert both_on_one_foot(left, hops.followed_by(feet_apart)) == ""


def test_one_foot_is_told_before_the_clocks_are_known_exactly() -> None:
    assert "one foot" in both_on_one_foot(runs(0.0), runs(0.03, synced=False))
    assert both_on_one_foot(runs(0.0), runs(0.5, synced=False)) == ""


def test_one_foot_alone_has_nothing_to_be_compared_with() -> None:
    one, none = runs(0.0), Contacts.none()
    assert both_on_one_foot(one, none) == both_on_one_foot(none, one) == ""
    assert clock_words(one, none) == ""
    assert swap_suspected(one, none) == ""


@given(st.floats(3.0, 25.0), st.floats(3.0, 25.0))
def test_feet_that_evert_after_landing_are_the_right_way_round(
    left_deg: float, right_deg: float
) -> None:
    assert swap_suspected(runs(0.0, left_deg), runs(0.5, right_deg)) == ""


@given(st.floats(5.0, 25.0), st.floats(5.0, 25.0))
def test_exchanged_sensors_are_noticed(left_deg: float, right_deg: float) -> None:
    said = swap_suspected(runs(0.0, -left_deg), runs(0.5, -right_deg))
    assert "may be swapped" in said


@pytest.mark.parametrize("side", ["left", "right"])
def test_one_sensor_that_turns_the_wrong_way_is_named(side: str) -> None:
    feet = {"left": runs(0.0), "right": runs(0.5), side: runs(0.25, -8.0)}
    said = swap_suspected(feet["left"], feet["right"])
    assert side in said
    assert "swapped" not in said


def test_a_foot_that_hardly_rolls_is_not_suspected() -> None:
    """It may be a stiff shoe or an axis some degrees off."""
    assert swap_suspected(runs(0.0, -1.0), runs(0.5, -1.0)) == ""


def test_unknown_angles_suspect_nobody() -> None:
    one = runs(0.0)
    unknown = replace(one, motion=StepMotion.unknown(one.count))
    assert swap_suspected(unknown, unknown) == ""
    assert swap_suspected(runs(0.0, -9.0, n=LEAST - 1), Contacts.none()) == ""


def test_known_clocks_withhold_nothing() -> None:
    assert clock_words(runs(0.0), runs(0.5)) == ""


def test_it_is_said_whose_clock_withholds_what() -> None:
    left, right = runs(0.0), runs(0.5, synced=False)
    said = clock_words(left, right)
    assert said.startswith("flight time, step time, impulse and peak force: the right")
    both = clock_words(right, right)
    assert "left and the right sensors' clocks were" in both


@given(st.integers(1, 79))
def test_a_part_of_the_run_without_a_clock_is_told_as_a_share(n: int) -> None:
    left = runs(0.0)
    left.is_synced[:n] = False
    said = clock_words(left, runs(0.5))
    percent = int(said.split(" % of steps")[0].rsplit(" ", maxsplit=1)[1])
    assert 1 <= percent <= 99
    assert percent == pytest.approx(100 * n / 80, abs=1)


def contacts_of(recording: Recording) -> tuple[Contacts, Contacts]:
    analysis = analyse_recording(recording).analysis
    assert analysis is not None
    left, right = (analysis._feet[s].contacts for s in (Slot.LEFT, Slot.RIGHT))
    return left, right


@pytest.fixture(scope="module")
def treadmill(recordings: Path) -> Callable[[str], Recording]:
    """Give one trial of the RBDS runners, whose labels are right."""
    return lambda name: read_recording(recordings / "rbds_virtual" / name)


@pytest.mark.data
@pytest.mark.parametrize("trial", ["05_run25", "11_run35", "19_run25", "27_run45"])
def test_real_runners_with_the_sensors_where_they_belong_hear_nothing(
    treadmill: Callable[[str], Recording], trial: str
) -> None:
    left, right = contacts_of(treadmill(trial))
    for foot in (left, right):  # the two that turn least and two ordinary ones
        assert np.isfinite(foot.motion.landing_eversion_deg).sum() >= LEAST
    assert both_on_one_foot(left, right) == ""
    assert swap_suspected(left, right) == ""


@pytest.mark.data
@pytest.mark.parametrize("trial", ["05_run25", "15_run35"])
def test_real_runners_with_exchanged_sensors_are_told(
    treadmill: Callable[[str], Recording], trial: str
) -> None:
    right = treadmill(trial)
    tracks = {
        Slot.LEFT: right.tracks[Slot.RIGHT],
        Slot.RIGHT: right.tracks[Slot.LEFT],
    }
    left_foot, right_foot = contacts_of(replace(right, tracks=tracks))
    assert "may be swapped" in swap_suspected(left_foot, right_foot)
    assert both_on_one_foot(left_foot, right_foot) == ""


@pytest.mark.data
def test_a_real_runner_with_both_sensors_on_the_left_foot_is_told(
    treadmill: Callable[[str], Recording],
) -> None:
    right = treadmill("09_run35")
    track = right.tracks[Slot.LEFT]
    one_foot = replace(right, tracks={Slot.LEFT: track, Slot.RIGHT: track})
    left_foot, right_foot = contacts_of(one_foot)
    assert both_on_one_foot(left_foot, right_foot)
    assert "right" in swap_suspected(left_foot, right_foot)


@pytest.mark.data
def test_a_real_shoe_sensor_on_the_right_foot_is_not_suspected(
    recordings: Path,
) -> None:
    """Running in a small room, turning all the time."""
    directory = recordings / "pyshoe_vicon"
    with (directory / "index.csv").open(encoding="utf-8", newline="") as file:
        kinds = {line["trial"]: line["kind_guess"] for line in csv.DictReader(file)}
    judged = 0
    for path in sorted(directory.glob("*.npz")):
        if kinds[path.stem] != "run":
            continue
        with np.load(path) as arrays:
            rows = np.column_stack([arrays["t"], arrays["acc"], arrays["gyr"]])
        _, right = contacts_of(assemble(path.stem, {Slot.RIGHT: rows}, {}))
        assert swap_suspected(Contacts.none(), right, HASTY) == "", path.stem
        judged += right.count
    assert judged > 100
