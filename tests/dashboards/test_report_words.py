"""The verdict in words: side, range and case follow the rows, nothing more."""

import re
from itertools import product

import pytest

from contract.rows import BalanceRow, EventRow, QualityRow, SessionRow
from dashboards.report.data import ReportData
from dashboards.report.metrics import METRICS, MINUS, clock, number, reading, signed
from dashboards.report.words import (
    LEVELS,
    MEDICAL,
    ALONE,
    LEVELS_ALONE,
    SIGN,
    Case,
    levels,
    verdict,
)
from dashboards.report.notes import swap_warning

KEYS = {"runner": "ana-1", "session": "s-1", "time_ns": 0}
FORBIDDEN = re.compile(
    r"injury risk|diagnos|\btreat|prevent injury|abnormal|\bscore|\bnan\b|None"
)


def session(said: str = "clearly different", used: int = 990) -> SessionRow:
    return SessionRow(
        **KEYS, side="both", name="Ana", shoe="", state="ended", duration_s=600.0,
        steps=used, rejected=1000 - used, verdict=said, simulated=False, method="m",
    )  # fmt: skip


def balance(low: float, high: float, pairs: int = 400) -> BalanceRow:
    return BalanceRow(
        **KEYS, side="both", window="run", metric="contact_time_s", left=0.25,
        right=0.25, difference=0.0, asi_pct=(low + high) / 2, ci_low=low, ci_high=high,
        random_half=0.5, systematic_half=2.0, n_pairs=pairs, n_eff=90.0,
    )  # fmt: skip


def quality(
    side: str, activity: str = "running", samples: int = 9, calibration: str = "good"
) -> QualityRow:
    return QualityRow(
        **KEYS, side=side, samples=samples, frames=1, duplicates=0, reordered=0, gaps=0,
        lost_s=0.0, clipped=0, activity=activity, calibration=calibration, strides=1,
        steps=1, rejected=0,
    )  # fmt: skip


def run(
    row: BalanceRow | None,
    said: str = "clearly different",
    sensors: tuple[QualityRow, ...] = (quality("left"), quality("right")),
    used: int = 990,
) -> ReportData:
    rows = {"contact_time_s": row} if row else {}
    return ReportData(session=session(said, used), balance=rows, quality=sensors)


def test_plus_means_that_the_right_foot_stayed_down_longer() -> None:
    said = verdict(run(balance(1.8, 6.2)))
    assert said.headline == "Your right foot stayed down 4.0 % longer than your left."
    assert said.side == "right"
    assert said.details[0] == "Likely between 1.8 and 6.2 %."


def test_minus_means_the_left_and_the_range_starts_with_its_small_end() -> None:
    said = verdict(run(balance(-5.3, -0.9)))
    assert said.headline == "Your left foot stayed down 3.1 % longer than your right."
    assert said.details[0] == "Likely between 0.9 and 5.3 %."


@pytest.mark.parametrize("span", [(-1.3, 3.1), (0.0, 2.0), (-2.0, 0.0)])
def test_a_range_that_holds_zero_gives_no_clear_difference(
    span: tuple[float, float],
) -> None:
    said = verdict(run(balance(*span), "no clear difference"))
    assert said.headline == "No clear difference between left and right."
    assert said.details[0] == (
        f"It could be anything from {abs(span[0])} % longer on the left "
        f"to {span[1]} % longer on the right."
    )


def test_processing_may_be_more_careful_than_the_interval_alone() -> None:
    said = verdict(run(balance(-5.3, -0.9), "no clear difference"))
    assert said.case is Case.UNCLEAR
    assert said.details[0] == "Likely between 0.9 and 5.3 % longer on the left."


def test_only_as_usual_leaves_out_that_runs_are_not_compared_yet() -> None:
    assert NO_HISTORY in verdict(run(balance(1.0, 3.0))).details
    assert NO_HISTORY not in verdict(run(balance(1.0, 3.0), "as usual")).details


def test_a_walk_is_called_a_walk_even_with_figures() -> None:
    sensors = (quality("left", "walking"), quality("right", "still"))
    said = verdict(run(balance(1.0, 3.0), sensors=sensors))
    assert said.headline == "This was a walk, not a run."


def test_standing_still_is_no_run() -> None:
    sensors = (quality("left", "still"), quality("right", "still"))
    assert verdict(run(None, sensors=sensors)).headline == "No running was found."


@pytest.mark.parametrize(("side", "other"), [("left", "right"), ("right", "left")])
def test_one_foot_alone_is_named_and_not_compared(side: str, other: str) -> None:
    sensors = (quality(side), quality(other, samples=0))
    said = verdict(run(balance(1.0, 3.0), sensors=sensors))
    assert said.case is Case.ONE_FOOT
    assert said.headline == f"One foot only: your {side} shoe."
    assert f"from the {other} shoe" in said.details[0]


def test_a_hip_sensor_alone_can_compare_the_feet() -> None:
    said = verdict(run(balance(1.0, 3.0), sensors=(quality("hip"),)))
    assert said.case is Case.CLEAR


def test_below_the_gate_the_missing_things_are_listed() -> None:
    sensors = (quality("left"), quality("right", calibration="swing axis unclear"))
    row = balance(1.0, 3.0, pairs=1)
    said = verdict(run(row, "not enough good data", sensors, used=600))
    assert said.details[:3] == (
        "1 pair of a left and a right step could be compared.",
        f"60.0 % of {number(1000)} strides could be used.",
        "Calibration of the right shoe sensor: swing axis unclear.",
    )


def test_figures_that_are_no_numbers_count_as_not_enough() -> None:
    said = verdict(run(balance(float("nan"), 3.0)))
    assert said.case is Case.BELOW_GATE


def test_no_sentence_uses_a_forbidden_word_or_a_bare_nan() -> None:
    rows = (None, balance(-5.0, -1.0), balance(-1.0, 1.0), balance(float("nan"), 1.0))
    feet = [(), (quality("left"),), (quality("left"), quality("right"))]
    walks = [(quality("left", a), quality("right", a)) for a in ("walking", "still")]
    texts = [
        verdict(run(row, said, sensors, used)).plain
        for row, said, sensors, used in product(
            rows, (*LEVELS, "", "odd"), [*feet, *walks], (0, 990)
        )
    ]
    texts += [MEDICAL, SIGN, NO_HISTORY, *(m.label for m in METRICS)]
    assert [text for text in texts if FORBIDDEN.search(text)] == []


def test_the_four_levels_keep_their_place() -> None:
    assert [level for level, _ in levels("Clearly different ")] == list(LEVELS)
    assert [level for level, is_on in levels("Clearly different ") if is_on] == [
        "clearly different"
    ]
    assert levels("no clear difference")[0] == ("no clear difference", True)
    assert levels("as usual")[0] == ("as usual", True)
    assert "as usual" not in dict(levels("clearly different"))
    assert not any(is_on for _, is_on in levels(""))


def test_a_suspected_swap_is_said_once() -> None:
    event = EventRow(**KEYS, side="both", kind="swap_suspected", text="Looks swapped.")
    data = ReportData(session=session(), events=(event, event))
    assert swap_warning(data) == "Looks swapped."
    assert swap_warning(run(None)) == ""


def test_readings_name_the_side_that_is_larger() -> None:
    contact = METRICS[0]
    assert reading(contact, balance(1.0, 2.0)) == "right longer"
    assert reading(contact, balance(-2.0, -1.0)) == "left longer"
    assert reading(contact, balance(-1.0, 2.0)) == "no clear difference"


def test_numbers_are_written_for_people() -> None:
    assert number(None) == number(float("inf")) == "not known"
    assert number(-0.04, 1) == "0.0"
    assert number(-3.14, 1) == f"{MINUS}3.1"
    assert [signed(v) for v in (2.0, -2.0, 0.0)] == ["+2.0", f"{MINUS}2.0", "0.0"]
    assert [clock(v) for v in (59.6, 2764, 3725)] == ["1:00", "46:04", "1:02:05"]
