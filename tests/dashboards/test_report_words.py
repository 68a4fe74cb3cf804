"""The verdict in words: side, range and case follow the rows, nothing more."""

import re
from dataclasses import replace
from itertools import product

import pytest

from contract.rows import BalanceRow, EventRow, QualityRow
from dashboards.report.background import Advice
from dashboards.report.cases import Case, case_of
from dashboards.report.data import ReportData
from dashboards.report.metrics import METRICS, MINUS, clock, number, reading, signed
from dashboards.report.notes import swap_warning
from dashboards.report.words import (
    ALONE,
    LEVELS,
    LEVELS_ALONE,
    MEDICAL,
    SIGN,
    levels,
    verdict,
)
from processing import verdict as judge
from processing.baseline import BaselineSettings
from processing.placement import both_on_one_foot
from tests.dashboards import runs
from tests.dashboards.runs import (
    KEYS,
    full_run,
    own,
    page_of,
    session,
    words_of,
)
from tests.processing.test_placement import runs as placed_runs

USUAL = (
    "Your usual: 1.0 % longer left, reaching from 2.3 % longer left to 0.3 % longer "
    "right."
)
FORBIDDEN = re.compile(
    r"injury risk|diagnos|\btreat|prevent injury|abnormal|\bscore|\bnan\b|None"
)


def balance(low: float, high: float, pairs: int = 400) -> BalanceRow:
    middle = (low + high) / 2
    return runs.balance(asi_pct=middle, ci_low=low, ci_high=high, n_pairs=pairs)


def spaced(text: str) -> str:
    """Text as it is read: spaces that do not break are spaces."""
    return " ".join(text.split())


def quality(
    side: str, activity: str = "running", samples: int = 9, calibration: str = "good"
) -> QualityRow:
    return runs.quality(
        side, activity=activity, samples=samples, calibration=calibration,
        steps=1 if samples else 0,
    )  # fmt: skip


def judged(row: BalanceRow, said: str, **changes: object) -> ReportData:
    """A run against seven earlier ones."""
    return ReportData(
        session=session(verdict=said, baseline_runs=7),
        balance={row.metric: row},
        baseline={row.metric: own(**changes)},
        quality=(quality("left"), quality("right")),
    )


def run(
    row: BalanceRow | None,
    said: str = "clearly different",
    sensors: tuple[QualityRow, ...] = (quality("left"), quality("right")),
    used: int = 990,
) -> ReportData:
    rows = {"contact_time_s": row} if row else {}
    told = session(verdict=said, steps=used, rejected=1000 - used)
    return ReportData(session=told, balance=rows, quality=sensors)


def test_plus_means_that_the_right_foot_stayed_down_longer() -> None:
    said = verdict(run(balance(1.8, 6.2)))
    assert said.headline == "Your right foot stayed down 4.0 % longer than your left."
    assert said.side == "right"
    assert spaced(said.details[0]) == "Likely between 1.8 and 6.2 %."


def test_minus_means_the_left_and_the_range_starts_with_its_small_end() -> None:
    said = verdict(run(balance(-5.3, -0.9)))
    assert said.headline == "Your left foot stayed down 3.1 % longer than your right."
    assert spaced(said.details[0]) == "Likely between 0.9 and 5.3 %."


@pytest.mark.parametrize("span", [(-1.3, 3.1), (0.0, 2.0), (-2.0, 0.0)])
def test_a_range_that_holds_zero_gives_no_clear_difference(
    span: tuple[float, float],
) -> None:
    said = verdict(run(balance(*span), "no clear difference"))
    assert said.headline == "No clear difference between left and right."
    assert said.details[0] == (
        f"The difference could be anything from {abs(span[0])} % longer on the left "
        f"to {span[1]} % longer on the right."
    )


def test_processing_may_be_more_careful_than_the_interval_alone() -> None:
    said = verdict(run(balance(-5.3, -0.9), "no clear difference"))
    assert said.case is Case.UNCLEAR
    assert spaced(said.details[0]) == "Likely between 0.9 and 5.3 % longer on the left."


def test_a_run_alone_says_what_is_missing_for_a_comparison_with_oneself() -> None:
    assert verdict(run(balance(1.0, 3.0))).details[-1] == ALONE
    assert f"We need {BaselineSettings().least_runs} earlier runs" in ALONE


def test_the_word_likely_does_not_leave_its_figures() -> None:
    assert " " not in verdict(run(balance(1.8, 6.2))).details[0]


def drifted(last: float, change: float = 6.6) -> ReportData:
    """A run without a clear side as a whole, which usually is even."""
    data = judged(balance(-0.1, 10.0), "clearly different", usual=-0.09)
    parts = (("last_third", last, 3.5), ("change", change, 1.2))
    rows = tuple(
        runs.balance(window=name, asi_pct=size, ci_low=size - half, ci_high=size + half)
        for name, size, half in parts
    )
    return replace(data, splits=rows)


def test_a_run_that_drifted_says_how_much_it_was_by_the_end() -> None:
    said = [spaced(text) for text in verdict(drifted(8.3)).details]
    assert said[0] == (
        "By the end your right foot stayed down about 8 % longer; you are usually even."
    )
    assert said[1] == (
        "Over the whole run: the difference could be anything from 0.1 % longer on the "
        "left to 10.0 % longer on the right."
    )


def test_what_is_usual_is_said_once() -> None:
    assert verdict(drifted(8.3)).details[-1] == (
        "Your usual reaches from 2.3 % longer left to 0.3 % longer right."
    )


def test_what_did_not_grow_is_said_of_the_whole_run() -> None:
    said = [spaced(text) for text in verdict(drifted(8.3, change=0.2)).details]
    assert said[0].startswith(
        "Over the whole run your right foot stayed down about 5 %"
    )
    usual = judged(balance(-1.3, 1.2), "slightly different", usual=-3.2)
    assert spaced(verdict(usual).details[0]) == (
        "Over the whole run each foot stayed down no longer than the other; usually it "
        "is your left foot, by about 3 %."
    )
    plain = judged(balance(-9.5, -2.0), "clearly different")
    assert verdict(plain).details[0].startswith("Likely")  # the headline has the size


def test_the_reason_that_is_known_stands_instead_of_the_general_one() -> None:
    why = "About this run alone: 2 of 5 earlier runs in this shoe at this pace."
    data = replace(run(balance(1.0, 3.0)), advice=Advice(basis=why))
    assert verdict(data).details[-1] == why


def test_a_usual_difference_is_called_usual_before_its_side_is_named() -> None:
    said = verdict(judged(balance(-9.5, -2.0), "as usual"))
    assert said.headline == (
        "As usual for you: your left foot stays down 5.8 % longer than your right."
    )
    assert said.details[-2:] == (
        "Compared with your own 7 earlier runs in this shoe at this pace.",
        USUAL,
    )
    assert "new for you" not in said.plain


def test_as_usual_and_even_is_nothing_new() -> None:
    said = verdict(judged(balance(-2.0, 1.0), "as usual", usual=0.01))
    assert said.headline == "As usual for you: nothing new."
    assert "Your usual: even," in said.plain


@pytest.mark.parametrize("said", ["slightly different", "clearly different"])
def test_what_lies_outside_the_own_usual_is_called_new(said: str) -> None:
    assert verdict(judged(balance(-9.5, -2.0), said)).headline.endswith(
        "That is new for you."
    )
    even = verdict(judged(balance(-1.0, 2.0), said))
    assert even.headline == "Left and right compare differently than usual for you."
    assert even.side == ""


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


def test_a_shoe_whose_steps_were_not_found_is_not_said_to_be_silent() -> None:
    other = replace(quality("right"), steps=0)
    said = verdict(run(None, "one foot only", (quality("left"), other)))
    assert said.headline == "One foot only: your left shoe."
    assert "No step was found in the data of the right shoe" in said.details[0]


def test_a_hip_sensor_alone_makes_no_claim_about_contact_times() -> None:
    said = verdict(run(balance(1.0, 3.0), "hip only", (quality("hip"),)))
    assert said.case is Case.HIP_ONLY
    assert "longer than" not in said.plain
    assert "cannot say on which foot you stay down longer" in said.plain


@pytest.mark.parametrize("said", LEVELS_ALONE)
def test_both_sensors_on_one_foot_are_said_and_nothing_is_compared(said: str) -> None:
    text = both_on_one_foot(placed_runs(0.0), placed_runs(0.01))
    event = EventRow(**KEYS, side="both", kind="one_foot", text=text)
    data = replace(run(balance(1.0, 3.0), said), events=(event,))
    assert verdict(data).headline == "Both shoe sensors seem to be on one foot."
    assert "both may be on one foot." in verdict(data).details[0]
    assert "longer than" not in verdict(data).plain


def test_below_the_gate_the_missing_things_are_listed() -> None:
    sensors = (quality("left"), quality("right", calibration="swing axis unclear"))
    row = balance(1.0, 3.0, pairs=1)
    said = verdict(run(row, "not enough good data", sensors, used=600))
    assert said.details[:3] == (
        "1 pair of a left and a right step could be compared; 30 are needed.",
        f"60.0 % of {number(1000)} strides could be used; 70 % are needed.",
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
    texts += [
        verdict(judged(row, said)).plain
        for row, said in product(rows[1:3], (*LEVELS, "hip only", "one foot only"))
    ]
    texts += [MEDICAL, SIGN, ALONE, *(m.label for m in METRICS)]
    assert [text for text in texts if FORBIDDEN.search(text)] == []


def test_a_run_alone_has_other_levels_than_one_with_earlier_runs() -> None:
    alone, earlier = run(balance(1.0, 3.0)), judged(balance(1.0, 3.0), "as usual")
    assert [level for level, _ in levels(alone)] == list(LEVELS_ALONE)
    assert [level for level, _ in levels(earlier)] == list(LEVELS)
    for data, on in ((alone, "clearly different"), (earlier, "as usual")):
        assert [level for level, is_on in levels(data) if is_on] == [on]
    assert set(LEVELS) == set(judge.LEVELS)
    assert set(LEVELS_ALONE) == set(judge.LEVELS_ALONE)


def test_a_verdict_that_is_no_level_stands_before_them() -> None:
    assert levels(run(None, "Hip only"))[0] == ("Hip only", True)
    assert not any(is_on for _, is_on in levels(run(None, "")))


def test_a_suspected_swap_is_said_once() -> None:
    event = EventRow(**KEYS, side="both", kind="swap_suspected", text="Looks swapped.")
    data = ReportData(session=session(), events=(event, event))
    assert swap_warning(data) == "Looks swapped."
    assert case_of(data) is not Case.SAME_FOOT
    assert swap_warning(run(None)) == ""


def test_readings_name_the_side_that_is_larger() -> None:
    contact = METRICS[0]
    assert reading(contact, balance(1.0, 2.0)) == "right longer"
    assert reading(contact, balance(-2.0, -1.0)) == "left longer"
    assert reading(contact, balance(-1.0, 2.0)) == "no clear difference"
    assert reading(contact, balance(1.0, 2.0), own()) == "new: right longer"
    assert reading(contact, balance(-1.0, 2.0), own()) == "new for you"
    assert reading(contact, balance(1.0, 2.0), own(is_new=False)) == "as usual"


def test_numbers_are_written_for_people() -> None:
    assert number(None) == number(float("inf")) == "not known"
    assert number(-0.04, 1) == "0.0"
    assert number(-3.14, 1) == f"{MINUS}3.1"
    assert [signed(v) for v in (2.0, -2.0, 0.0)] == ["+2.0", f"{MINUS}2.0", "0.0"]
    assert [clock(v) for v in (59.6, 2764, 3725)] == ["1:00", "46:04", "1:02:05"]


@pytest.mark.parametrize(
    ("rejected", "told"), [(103, " 8.41 km"), (5000, "\u2265 8.41 km")]
)
def test_a_distance_from_few_strides_is_said_to_be_the_least(
    rejected: int, told: str
) -> None:
    assert told in words_of(page_of(*full_run(rejected=rejected).kept))
