"""The report says why a run has no figures, and what data are gone for good."""

import pytest

from contract.rows import EventRow, QualityRow
from contract.verdicts import FAILED, NOT_ENOUGH
from dashboards.report.data import ReportData
from dashboards.report.losses import FASTER, STEADY, advice, loss_note
from dashboards.report.words import Case, case_of, verdict
from processing.contacts import NO_CALIBRATION, TOO_SLOW_RATE
from tests.dashboards.runs import (
    KEYS,
    balance,
    full_run,
    page_of,
    quality,
    session,
    words_of,
)

GONE = (
    "1200 frames of the left sensor are gone: the collector's disk buffer was full, "
    "or they could not be read"
)


def refused(side: str, why: str, rate_hz: float = 50.0) -> QualityRow:
    return quality(
        side, rate_hz=rate_hz, activity="unknown", calibration=why, strides=0, steps=0,
        rejected=0, gaps=0, lost_s=0.0,
    )  # fmt: skip


def gap(text: str = GONE, side: str = "left") -> EventRow:
    return EventRow(**KEYS, side=side, kind="gap", text=text)


def run_of(*sensors: QualityRow, events: tuple[EventRow, ...] = ()) -> ReportData:
    row = session(verdict=NOT_ENOUGH, steps=0, rejected=0)
    return ReportData(session=row, quality=sensors, events=events)


def test_a_run_at_too_low_a_rate_is_refused_for_its_rate_not_called_no_run() -> None:
    sensors = [refused(side, TOO_SLOW_RATE) for side in ("left", "right")]
    page = page_of(session(verdict=NOT_ENOUGH, steps=0, rejected=0), *sensors)
    text = words_of(page)
    assert "Contact times could not be found." in text
    assert f"Left shoe sensor, 50 Hz: {TOO_SLOW_RATE}." in text
    assert f"Right shoe sensor, 50 Hz: {TOO_SLOW_RATE}." in text
    assert FASTER in text
    assert "No running was found" not in text
    assert "No stride was found." in text
    assert '<table class="compared"' not in page


def test_a_sensor_refused_for_another_reason_is_not_told_to_be_faster() -> None:
    data = run_of(refused("left", NO_CALIBRATION, 200.0))
    assert verdict(data).details == (
        f"Left shoe sensor, 200 Hz: {NO_CALIBRATION}.",
        STEADY,
    )
    assert advice(data) == STEADY


def test_one_refused_shoe_of_two_is_named_below_the_gate() -> None:
    data = run_of(quality("left"), refused("right", TOO_SLOW_RATE))
    said = verdict(data)
    assert said.case is Case.BELOW_GATE
    assert f"Right shoe sensor, 50 Hz: {TOO_SLOW_RATE}." in said.details
    assert not [fact for fact in said.details if "Calibration" in fact]


def test_a_hip_sensor_whose_data_are_not_used_explains_nothing() -> None:
    hip = quality("hip", activity="unknown", calibration="not used yet")
    data = run_of(quality("left"), quality("right"), hip)
    assert "hip" not in verdict(data).plain
    alone = run_of(quality("hip", activity="unknown", calibration="not used yet"))
    assert case_of(alone) is not Case.REFUSED


def test_an_analysis_that_broke_is_not_blamed_on_the_runner() -> None:
    data = ReportData(session=session(verdict=FAILED), balance={})
    assert verdict(data).headline == "The analysis of this run failed."
    text = words_of(page_of(session(verdict=FAILED, steps=0, rejected=0)))
    assert "The raw data are kept" in text


def test_frames_that_are_gone_are_said_on_the_first_page() -> None:
    page = page_of(*full_run().kept, gap())
    assert f"{GONE.replace(chr(39), '&#39;')}." in page
    assert page.index("are gone: the") < page.index('class="verdict')


def test_a_session_of_which_everything_is_gone_says_so() -> None:
    said = words_of(page_of(session(verdict="", steps=0, rejected=0), gap()))
    assert f"Data lost for good. {GONE}." in said
    assert "Not enough good data." in said


def test_each_loss_is_said_once_with_one_full_stop() -> None:
    assert loss_note(run_of(events=(gap(), gap(f"{GONE}."), gap(" ")))) == f"{GONE}."


@pytest.mark.parametrize(
    ("gaps", "places"), [(1, "one place"), (2, "2 places"), (41, "41 places")]
)
def test_seconds_missing_in_the_middle_are_said_per_sensor(
    gaps: int, places: str
) -> None:
    note = loss_note(run_of(quality("left", gaps=gaps, lost_s=12.34)))
    assert note == (
        "Missing between the first and the last sample: 12.3 s of the left shoe "
        f"sensor ({places})."
    )


def test_a_lost_packet_now_and_then_is_left_to_the_second_page() -> None:
    few = quality("left", gaps=3, lost_s=0.3)
    assert loss_note(run_of(few, quality("right", lost_s=float("nan")))) == ""
    page = page_of(session(), balance(), few)
    assert "Data lost for good" not in page
    assert "<td>3; 0.3</td>" in page
