"""What else differs between two sides of a comparison, and what that does to it."""

from dataclasses import replace

import pytest
from scipy.spatial.transform import Rotation

from contract.messages import SensorInfo, SessionMeta
from contract.model import Slot
from contract.people import Mount
from processing.compare import ComparedRun, RunComparison, compare_runs
from processing.run_changes import CANNOT_BE_SAID, TOO_WIDE
from processing.run_context import Kind
from tests.processing.compared import Truth
from tests.processing.test_compare import (
    CONTACT,
    ROLL,
    blocks,
    compared,
    found,
    pair,
    plan,
)


def mounted(run: ComparedRun, turn_deg: float) -> ComparedRun:
    """Tell that the left sensor sat turned by an angle."""
    axes = Rotation.from_euler("z", turn_deg, degrees=True).as_matrix().ravel()
    mount = Mount(
        time_ns=run.about.time_ns, shoe="blue", slot="left", serial="",
        axes=tuple(map(float, axes)), gyro_bias_rps=(0.0, 0.0, 0.0),
        axis_spread_deg=2.0, strides=400,
    )  # fmt: skip
    return replace(run, mounts={Slot.LEFT: mount})


@pytest.mark.parametrize(("turn_deg", "is_anew"), [(4.0, False), (35.0, True)])
def test_a_sensor_that_sat_differently_cancels_no_longer(
    turn_deg: float, is_anew: bool
) -> None:
    before, after = pair(Truth(), Truth(day=3))
    told = compare_runs([mounted(before[0], 0.0)], [mounted(after[0], turn_deg)])
    seat = next(c for c in told.circumstances if c.name == "seat of the sensors")
    assert (found(told, ROLL).systematic_half > 4) == is_anew
    assert ("seated anew" in seat.warning) == is_anew
    assert seat.after == f"turned by up to {turn_deg:.0f}\N{DEGREE SIGN}"


def test_other_ground_other_bends_and_other_settings_are_told() -> None:
    before, after = pair(Truth(), Truth(day=3))

    def told_of(run: ComparedRun, surface: str, bends: str, tuned: str) -> ComparedRun:
        meta = SessionMeta(
            runner="ana", session=run.about.session, origin_ns=0, surface=surface,
            bends=bends, unverified="nobody checked",
        )  # fmt: skip
        about = replace(run.about, settings_hash=tuned)
        return replace(run, meta=meta, about=about)

    sides = (
        told_of(before[0], "road", "left", "a"),
        told_of(after[0], "track", "right", "b"),
    )
    told = compare_runs([sides[0]], [sides[1]])
    warnings = {c.name: c.warning for c in told.circumstances}
    assert warnings["surface"] == "The surface differed."
    assert warnings["bends"] == "The bends differed."
    assert "other settings" in warnings["settings"]
    assert "not checked" in warnings["fit checked"]


def sensors_of(told: RunComparison) -> str:
    return next(c.warning for c in told.circumstances if c.name == "sensors")


@pytest.mark.parametrize("after", [("", ""), ("L1", "")])
def test_sensors_without_a_number_are_not_taken_for_the_same(
    after: tuple[str, str],
) -> None:
    known = compared(Truth(), Truth(day=3))
    told = compared(Truth(), Truth(day=3, serials=after))
    assert found(known, ROLL).systematic_half < 0.3
    assert found(told, ROLL).systematic_half > 4
    assert found(told, CONTACT, "left").systematic_half > 2
    assert sensors_of(known) == ""
    assert sensors_of(told).startswith("Not known whether they were the same sensors")


def test_two_imports_without_numbers_never_cancel() -> None:
    unknown = Truth(serials=("", ""))
    told = compared(unknown, replace(unknown, day=3))
    assert told.kind is Kind.RETEST
    assert found(told, ROLL).systematic_half > 4
    assert found(told, ROLL).word == CANNOT_BE_SAID
    groups = compare_runs(*blocks([(unknown, unknown)], "aabb", 4))
    assert found(groups, ROLL).systematic_half > 4


def test_in_turns_what_unknown_sensors_do_is_among_the_runs_of_each_side() -> None:
    unknown = Truth(serials=("", ""), strides=180)
    for other in (unknown, replace(unknown, shoe="red")):
        told = compare_runs(*blocks([(unknown, other)], "abab", 4))
        assert found(told, ROLL).systematic_half == 0
        assert sensors_of(told).startswith("Not known")


def test_sensors_of_two_makers_are_known_to_be_others_even_without_numbers() -> None:
    before, after = pair(Truth(), Truth(day=3))

    def made_by(run: ComparedRun, family: str) -> ComparedRun:
        sensors = {side: SensorInfo(family=family) for side in ("left", "right")}
        meta = SessionMeta(
            runner="ana", session=run.about.session, origin_ns=0, sensors=sensors
        )
        return replace(run, meta=meta)

    told = compare_runs([made_by(before[0], "one")], [made_by(after[0], "two")])
    assert sensors_of(told).startswith("Other sensors")


@pytest.mark.parametrize("shoe", ["blue", "red"])
def test_left_against_right_at_another_pace_cannot_be_said(shoe: str) -> None:
    fast = Truth((0.24, 0.25), speed_mps=3.4, shoe=shoe, day=9)
    told = compared(Truth((0.262, 0.25)), fast)
    assert {(c.word, c.why) for c in told.asymmetry} == {(CANNOT_BE_SAID, "other pace")}
    assert {c.reading for c in told.asymmetry} == {"cannot be said: other pace"}
    assert (told.told, told.sure) == ((), 0)
    assert told.headline == (
        "Time on the ground: whether left and right changed cannot be said: other pace."
    )
    assert told.sure_words.startswith("cannot be said: how left and right differ goes")
    is_same_shoe = shoe == "blue"
    assert told.kind is (Kind.OTHER_PACE if is_same_shoe else Kind.SHOES)
    warnings = " ".join(c.warning for c in told.circumstances)
    assert "Speeds differ by 12 %: left against right of such runs cannot" in warnings


def test_groups_at_another_pace_are_not_told_either() -> None:
    slow, fast = Truth(strides=180), Truth((0.28, 0.25), strides=180, speed_mps=3.5)
    told = compare_runs(*blocks([(slow, fast)], "abba", 2))
    assert {c.why for c in told.asymmetry} == {"other pace"}
    assert told.kind is Kind.OTHER_PACE
    assert not any("against right" in line for line in told.told)


def test_a_pace_less_than_a_tenth_apart_is_compared_as_in_the_own_baseline() -> None:
    told = compared(Truth(), Truth(speed_mps=3.28, day=9))
    assert told.kind is Kind.RETEST
    assert all(c.why != "other pace" for c in told.asymmetry)


@pytest.mark.parametrize(
    ("cadence_spm", "why", "kind"),
    [
        (174.0, "", Kind.RETEST),
        (178.0, "other pace", Kind.OTHER_PACE),
        (None, "pace not known", Kind.UNKNOWN_PACE),
    ],
)
def test_without_speed_the_cadence_tells_the_pace_and_the_feet_rest_on_it_too(
    cadence_spm: float | None, why: str, kind: Kind
) -> None:
    unseen = Truth(sees_speed=False)
    other = replace(unseen, day=9, extra={"cadence_spm": cadence_spm})
    told = compared(unseen, other)
    assert told.kind is kind
    assert {c.why for c in told.asymmetry} == {why}
    assert {c.why for c in told.feet.changes} - {TOO_WIDE} == {why}


def test_a_plan_is_not_re_tested_by_a_run_at_another_pace() -> None:
    before, after = pair(Truth((0.26, 0.25)), Truth(speed_mps=3.5, day=28))
    told = compare_runs([plan(before[0])], after)
    assert told.plan is not None
    assert told.plan.text == (
        "Plan of 2026-11-21, 4.0 weeks later; no re-test of it: same shoe, other pace."
    )
    assert told.plan.findings[0].endswith("cannot be said: other pace.")
    assert (told.before.label, told.after.label) == ("before", "after")
