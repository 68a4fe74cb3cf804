"""The letter of a run is about its data: the sensor that did worst decides."""

from dataclasses import replace

import pytest

from contract.rows import EventRow
from dashboards.report.data import ReportData
from dashboards.report.grade import Grade, grade
from tests.dashboards.report_advice import checked_meta
from tests.dashboards.runs import KEYS, quality, session


def run_of(
    steps: int = 990, left: dict[str, object] | None = None, **changes: object
) -> ReportData:
    feet = (quality("left", **(left or {})), quality("right"))
    told = session(steps=steps, rejected=1000 - steps)
    return replace(ReportData(session=told, quality=feet), **changes)


def test_good_data_are_an_a_without_reasons() -> None:
    assert grade(run_of()) == Grade("A")


@pytest.mark.parametrize(
    ("steps", "letter"), [(950, "A"), (949, "B"), (850, "B"), (849, "C")]
)
def test_the_share_of_strides_used_sets_the_letter(steps: int, letter: str) -> None:
    found = grade(run_of(steps))
    assert found.letter == letter
    assert bool(found.reasons) == (letter != "A")


@pytest.mark.parametrize(("lost_s", "letter"), [(27.0, "A"), (30.0, "B"), (140.0, "C")])
def test_time_lost_by_one_shoe_sets_the_letter(lost_s: float, letter: str) -> None:
    found = grade(run_of(left={"lost_s": lost_s}))  # of 2764 s
    assert found.letter == letter
    if letter != "A":
        assert "left shoe" in found.reasons[0]


@pytest.mark.parametrize(("steps", "letter"), [(300, "A"), (299, "B")])
def test_few_steps_of_a_foot_are_no_a(steps: int, letter: str) -> None:
    assert grade(run_of(left={"steps": steps})).letter == letter


def test_a_slow_sensor_and_a_doubtful_calibration_are_no_a() -> None:
    assert grade(run_of(left={"rate_hz": 104.0})) == Grade("B", ("left shoe: 104 Hz",))
    poor = grade(run_of(left={"calibration": "swing axis unclear"}))
    assert poor == Grade("B", ("left shoe: swing axis unclear",))


def test_a_sensor_that_moved_or_sits_on_the_wrong_foot_is_a_c() -> None:
    slip = EventRow(**KEYS, side="left", kind="slip", text="turned by 21 deg")
    assert grade(run_of(events=(slip,))).letter == "C"


def test_a_run_without_a_check_is_no_a_and_says_so() -> None:
    meta = checked_meta(unverified="the sensors were not checked before this run")
    found = grade(run_of(meta=meta))
    assert found == Grade("B", ("sensors not checked before the run",))


def test_nothing_measured_has_no_letter() -> None:
    assert grade(ReportData(session=session())) == Grade("")
