"""One rule decides what a finished run leaves the command with."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from contract.errors import QualityError, TreadwearError
from contract.rows import BalanceRow, EventRow, QualityRow, Row, SessionRow
from treadwear.gate import check_run

KEY = {"runner": "ana", "session": "s1", "time_ns": 0}
LEFT = QualityRow(
    **KEY,  # type: ignore[arg-type]
    side="left",
    rate_hz=200.0,
    samples=4000,
    frames=200,
    duplicates=0,
    reordered=0,
    gaps=0,
    lost_s=0.0,
    clipped=0,
    activity="running",
    calibration="good",
    mount="standing",
    withheld="",
    near_gaps=0,
    strides=20,
    steps=20,
    rejected=0,
)
RIGHT = replace(LEFT, side="right")
SLOW_HIP = replace(
    LEFT,
    side="hip",
    rate_hz=50.0,
    activity="unknown",
    steps=0,
    calibration="sampling rate too low for contact times",
)
SLOW = replace(
    LEFT,
    rate_hz=50.0,
    activity="unknown",
    steps=0,
    calibration="sampling rate too low for contact times",
)
STILL = replace(LEFT, activity="unknown", steps=0, calibration="too little movement")


def run(verdict: str) -> SessionRow:
    return SessionRow(
        **KEY,  # type: ignore[arg-type]
        side="both",
        name="",
        shoe="",
        state="ended",
        duration_s=20.0,
        steps=40,
        rejected=0,
        verdict=verdict,
        source="shoes",
        baseline_runs=0,
        simulated=False,
        method="m",
    )


def pairs(n: int) -> BalanceRow:
    return BalanceRow(
        **KEY,  # type: ignore[arg-type]
        side="both",
        window="run",
        metric="contact_time_s",
        left=0.2,
        right=0.2,
        difference=0.0,
        asi_pct=0.0,
        ci_low=-1.0,
        ci_high=1.0,
        random_half=1.0,
        systematic_half=0.0,
        ci_unit="%",
        n_pairs=n,
        n_eff=float(n),
        source="shoes",
    )


def noticed(text: str) -> EventRow:
    return EventRow(
        **KEY,  # type: ignore[arg-type]
        side="both",
        kind="one_foot",
        text=text,
    )


@pytest.mark.parametrize(
    "verdict",
    [
        "no running found",
        "one foot only",
        "hip only",
        "as usual",
        "clearly different",
        "the analysis failed",
    ],
)
def test_what_is_an_answer_passes(verdict: str) -> None:
    check_run([run(verdict), LEFT])


@pytest.mark.parametrize(
    ("rows", "why", "next_step"),
    [
        ([SLOW_HIP], "hip: sampling rate too low", "need 80 Hz"),
        (
            [LEFT, RIGHT, noticed("at the same moment: both may be on one foot")],
            "both may be on one foot",
            "one sensor on each shoe",
        ),
        ([SLOW], "left: sampling rate too low", "need 80 Hz"),
        ([STILL], "too little movement (200 Hz)", "half a minute"),
        ([LEFT, RIGHT], "could be paired", "same time"),
        ([replace(LEFT, steps=0), RIGHT], "too few steps", "half a minute"),
        ([LEFT, RIGHT, pairs(12)], "12 of the 30 pairs", "half a minute"),
        (
            [LEFT, replace(RIGHT, strides=90, rejected=50), pairs(40)],
            "right: 50 of 90 strides",
            "firmly",
        ),
    ],
)
def test_not_enough_good_data_says_what_was_in_the_way_and_what_to_do(
    rows: Sequence[Row], why: str, next_step: str
) -> None:
    with pytest.raises(QualityError) as caught:
        check_run([run("not enough good data"), *rows])
    assert caught.value.exit_code == 4
    assert why in caught.value.why
    assert next_step in caught.value.next_step


def test_a_still_sensor_is_not_told_to_measure_faster() -> None:
    with pytest.raises(QualityError) as caught:
        check_run([run("not enough good data"), STILL])
    assert "Hz" not in caught.value.next_step


@pytest.mark.parametrize("verdict", ["clearly different", "not enough good data"])
def test_lost_frames_are_a_failure_whatever_the_verdict(verdict: str) -> None:
    with pytest.raises(TreadwearError, match="3 frames were lost") as caught:
        check_run([run(verdict), LEFT], lost_frames=3)
    assert caught.value.exit_code == 1
