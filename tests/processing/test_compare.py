"""Two sides of runs with a known truth: what changed is found, what did not is not."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import UsageError
from contract.messages import SensorInfo, SessionMeta
from contract.rows import BaselineRow, ExerciseRow, FindingRow
from processing.compare import ComparedRun, RunComparison, compare_runs
from processing.rules import METRICS, MetricRule
from processing.run_changes import (
    CANNOT_BE_SAID,
    CLEARLY_CHANGED,
    DIFFERS,
    NO_CLEAR_CHANGE,
    Cancelling,
    Change,
    Unit,
    between_runs,
)
from processing.run_context import Kind
from tests.processing.compared import Truth, made_run

CONTACT, ROLL = "contact_time_s", "pronation_excursion_deg"
LIMP = Truth(contact_s=(0.260, 0.250))
SETS = 60


def pair(
    before: Truth, after: Truth, seed: int = 1
) -> tuple[list[ComparedRun], list[ComparedRun]]:
    rng = np.random.default_rng(seed)
    return [made_run("a1", rng, before)], [made_run("b1", rng, after)]


def found(told: RunComparison, metric: str, side: str = "both") -> Change:
    every = (*told.asymmetry, *told.feet.changes)
    return next(c for c in every if (c.metric, c.side) == (metric, side))


def compared(before: Truth, after: Truth, seed: int = 1) -> RunComparison:
    return compare_runs(*pair(before, after, seed))


def blocks(
    truths: Sequence[tuple[Truth, Truth]], order: str, seed: int
) -> tuple[list[ComparedRun], list[ComparedRun]]:
    """Runs of two sides in the order of their letters, each on its own day."""
    rng = np.random.default_rng(seed)
    sides: tuple[list[ComparedRun], list[ComparedRun]] = ([], [])
    for k, letter in enumerate(order):
        side = "ab".index(letter)
        truth = replace(truths[k % len(truths)][side], day=k)
        sides[side].append(made_run(f"{letter}{k}", rng, truth))
    return sides


def moody(truth: Truth, rng: np.random.Generator, ms: float = 3.0) -> Truth:
    """The same runner on another day: each foot some ms and parts of a degree off."""
    off = rng.normal(0.0, ms / 1000, 2)
    roll = rng.normal(0.0, 0.5, 2)
    return replace(
        truth,
        contact_s=(truth.contact_s[0] + off[0], truth.contact_s[1] + off[1]),
        roll_deg=(truth.roll_deg[0] + roll[0], truth.roll_deg[1] + roll[1]),
    )


def asi(contact_s: tuple[float, float]) -> float:
    return 200 * (contact_s[1] - contact_s[0]) / sum(contact_s)


def test_a_limp_that_went_is_found_with_its_size() -> None:
    before, after = pair(LIMP, Truth(day=28))
    known = [replace(after[0], baselines={CONTACT: baseline("b1", 1.0)})]
    told = compare_runs(before, known)
    change = found(told, CONTACT)
    assert told.kind is Kind.RETEST
    assert change.word == CLEARLY_CHANGED
    assert change.low < -asi(LIMP.contact_s) < change.high
    assert change.systematic_half < 0.3  # same sensors, same shoe: it cancels
    assert "closer to even" in told.told[0]
    assert (told.before.label, told.after.label) == ("before", "after")


def test_the_foot_that_differs_is_named_and_the_other_is_not() -> None:
    told = compared(LIMP, Truth(day=28))
    left, right = (found(told, CONTACT, side) for side in ("left", "right"))
    assert left.word == DIFFERS
    assert left.low < 200 * (0.25 - 0.26) / 0.51 < left.high
    assert right.word == NO_CLEAR_CHANGE


def covered(metric: str, side: str, truths: tuple[Truth, Truth]) -> float:
    """Share of simulated pairs whose interval holds the true change, in percent."""
    hits = 0
    for seed in range(SETS):
        change = found(compared(*truths, seed=100 + seed), metric, side)
        hits += change.low <= true_change(metric, side, *truths) <= change.high
    return 100 * hits / SETS


def true_change(metric: str, side: str, before: Truth, after: Truth) -> float:
    if side == "both" and metric == CONTACT:
        return asi(after.contact_s) - asi(before.contact_s)
    name = "contact_s" if metric == CONTACT else "roll_deg"
    (a, b), (c, d) = getattr(before, name), getattr(after, name)
    if side == "both":
        return (d - c) - (b - a)
    one, other = (a, c) if side == "left" else (b, d)
    return 200 * (other - one) / (other + one) if metric == CONTACT else other - one


@pytest.mark.parametrize(
    ("metric", "side"),
    [(CONTACT, "both"), (CONTACT, "left"), (ROLL, "both"), (ROLL, "right")],
)
def test_about_95_of_100_intervals_hold_the_true_change(metric: str, side: str) -> None:
    truths = (
        Truth(strides=260),
        Truth(
            contact_s=(0.253, 0.248), roll_deg=(9.4, 8.8), strides=260, speed_mps=3.02
        ),
    )
    assert 88 <= covered(metric, side, truths) <= 100


def test_runs_alike_show_no_clear_change_in_about_95_of_100() -> None:
    words = [
        found(compared(Truth(strides=260), Truth(strides=260, day=2), s), CONTACT).word
        for s in range(SETS)
    ]
    assert 0.88 <= words.count(NO_CLEAR_CHANGE) / SETS <= 1.0


def test_groups_of_runs_cover_the_truth_though_days_differ() -> None:
    rng = np.random.default_rng(7)
    one, other = Truth(strides=180), Truth(strides=180, contact_s=(0.256, 0.250))
    hits = {"both": 0, "left": 0}
    for seed in range(SETS):
        days = [(moody(one, rng), moody(other, rng)) for _ in range(6)]
        told = compare_runs(*blocks(days, "abbaab", seed))
        for side in hits:
            change = found(told, CONTACT, side)
            truth = true_change(CONTACT, side, one, other)
            hits[side] += change.low <= truth <= change.high
    assert all(88 <= 100 * n / SETS <= 100 for n in hits.values()), hits


def test_one_run_against_one_does_not_hold_what_days_differ_by() -> None:
    """Why the page says that it is not sure: days alone are often called a change."""
    rng = np.random.default_rng(3)
    truth = Truth(strides=180)
    words = [
        found(compared(moody(truth, rng), moody(truth, rng), s), CONTACT).word
        for s in range(30)
    ]
    told = compared(truth, truth)
    assert words.count(NO_CLEAR_CHANGE) < 25
    assert (told.basis, told.sure) == ("two runs", 0)
    assert "cannot tell the day" in told.sure_words


@pytest.mark.parametrize("has_own", [False, True])
def test_one_run_against_one_calls_no_day_a_change(has_own: bool) -> None:
    """A single foot has no own variation, and two runs alone have none at all."""
    rng = np.random.default_rng(3)
    truth = Truth(strides=180)
    for seed in range(20):
        before, after = pair(moody(truth, rng, 6.0), moody(truth, rng, 6.0), seed)
        own = {CONTACT: baseline("b1", 15.0)} if has_own else {}
        told = compare_runs(before, [replace(after[0], baselines=own)])
        assert told.told == ()
        assert "changed" not in told.headline.replace("changed cannot be said", "")
        assert not any(c.has_changed for c in (*told.asymmetry, *told.feet.changes))


def baseline(session: str, mdc: float) -> BaselineRow:
    return BaselineRow(
        runner="ana", session=session, side="both", time_ns=0, metric=CONTACT, runs=7,
        usual=0.0, band_low=-2.0, band_high=2.0, mdc=mdc, shift=0.0, ci_unit="%",
        is_new=False,
    )  # fmt: skip


def test_the_own_baseline_widens_the_range_by_what_runs_vary() -> None:
    before, after = pair(Truth(contact_s=(0.254, 0.250)), Truth(day=3))
    plain = found(compare_runs(before, after), CONTACT)
    known = [replace(after[0], baselines={CONTACT: baseline("b1", 2.5)})]
    told = compare_runs(before, known)
    change = found(told, CONTACT)
    assert plain.word == DIFFERS
    assert change.word == NO_CLEAR_CHANGE
    assert change.random_half == 2.5
    assert (told.basis, told.sure) == ("own variation", 0)
    assert told.sure_words.startswith("no change is told: the range holds")


@pytest.mark.parametrize("order", ["ab", "abab", "abba"])
def test_exchanging_the_sides_turns_every_sign_and_nothing_else(order: str) -> None:
    shoes = Truth(strides=260), Truth((0.256, 0.25), (9.9, 9.0), "red", strides=260)
    before, after = blocks([shoes], order, 5)
    there, back = compare_runs(before, after), compare_runs(after, before)
    assert len(there.asymmetry) == 2
    assert len(there.feet.changes) == 4
    forth = (*there.asymmetry, *there.feet.changes)
    for one, other in zip(forth, (*back.asymmetry, *back.feet.changes), strict=True):
        assert one.change == -other.change
        assert (one.low, one.high) == (-other.high, -other.low)
        assert (one.before, one.after) == (other.after, other.before)
        assert (one.word, one.count) == (other.word, other.count)


def test_another_shoe_seats_the_sensors_anew_and_that_is_in_the_range() -> None:
    same = found(compared(Truth(), Truth()), ROLL)
    told = compared(Truth(), Truth(shoe="red"))
    other = found(told, ROLL)
    assert told.kind is Kind.SHOES
    assert (told.before.label, told.after.label) == ("blue", "red")
    assert other.systematic_half == pytest.approx(math.hypot(1.6, 1.6) * 1.96, rel=0.01)
    assert other.systematic_half > 10 * same.systematic_half
    assert other.word == CANNOT_BE_SAID


def test_shoes_in_turns_need_no_doubt_about_the_seat_once_both_were_put_on_twice() -> (
    None
):
    shoes = Truth(strides=260), Truth(roll_deg=(6.4, 9.0), shoe="red", strides=260)
    once = compare_runs(*blocks([shoes], "abba", 5))
    twice = compare_runs(*blocks([shoes], "ababab", 5))
    assert found(once, ROLL, "left").systematic_half == pytest.approx(
        1.96 * 1.6 / 2**0.5
    )
    change = found(twice, ROLL, "left")
    assert change.systematic_half == 0
    assert change.low < -2.6 < change.high
    assert "red changes your left foot's" in " ".join(twice.told)
    assert (twice.basis, twice.sure) == ("groups", 3)


def test_sensors_of_their_own_on_each_shoe_never_cancel() -> None:
    before, after = blocks([(Truth(), Truth(shoe="red"))], "abab", 2)
    own = [with_serials(run, "L1", "R1") for run in before]
    other = [with_serials(run, "L2", "R2") for run in after]
    told = compare_runs(own, other)
    assert found(told, ROLL).systematic_half > 4
    assert "Other sensors" in " ".join(c.warning for c in told.circumstances)


def with_serials(run: ComparedRun, left: str, right: str) -> ComparedRun:
    sensors = {"left": SensorInfo(serial=left), "right": SensorInfo(serial=right)}
    meta = SessionMeta(
        runner="ana", session=run.about.session, origin_ns=0, sensors=sensors
    )
    return replace(run, meta=meta)


def test_runs_of_unnamed_shoes_are_not_taken_for_the_same_shoe() -> None:
    told = compared(Truth(shoe=""), Truth(shoe=""))
    assert told.kind is Kind.UNNAMED
    assert found(told, ROLL).systematic_half > 4


def test_a_faster_run_is_warned_of_and_only_equal_stretches_are_compared() -> None:
    told = compared(Truth(strides=600), Truth(speed_mps=3.2, strides=600, day=1))
    warnings = " ".join(c.warning for c in told.circumstances)
    assert "Speeds differ by 6 %: contact time depends on speed." in warnings
    assert 4 <= told.feet.windows < 14
    assert told.feet.tolerance is not None
    assert not found(told, CONTACT, "left").has_changed


def test_runs_that_were_never_equally_fast_say_nothing_of_single_feet() -> None:
    told = compared(Truth(), Truth(speed_mps=4.0))
    assert told.feet.changes == ()
    assert "equally fast" in told.feet.why
    assert len(told.asymmetry) == 2


def test_a_group_of_which_one_run_was_as_fast_is_no_group_for_the_feet() -> None:
    fast = Truth(speed_mps=4.0)
    rng = np.random.default_rng(1)
    before = [made_run(f"a{k}", rng, replace(Truth(), day=2 * k)) for k in range(2)]
    speeds = (Truth(day=1), replace(fast, day=3))
    after = [made_run(f"b{k}", rng, truth) for k, truth in enumerate(speeds)]
    told = compare_runs(before, after)
    assert told.feet.changes == ()
    assert "too few runs of a side" in told.feet.why


def test_without_speed_whole_runs_are_compared_and_it_is_said() -> None:
    unseen = Truth(sees_speed=False)
    told = compared(replace(unseen, contact_s=(0.27, 0.25)), unseen)
    assert told.feet.tolerance is None
    assert found(told, CONTACT, "left").word == DIFFERS
    assert "Speed is not known" in " ".join(c.warning for c in told.circumstances)


def test_a_run_below_the_gate_is_left_out_by_name_with_the_reason() -> None:
    bad = replace(Truth(), extra={"verdict": "not enough good data"})
    told = compared(Truth(), bad)
    assert not told.is_compared
    assert [(x.session, x.why) for x in told.left_out] == [
        ("b1", "not enough good data")
    ]
    assert told.sure == 0
    assert told.headline == "Left and right cannot be compared between these runs."


def test_a_side_that_was_over_before_the_other_is_not_sure() -> None:
    told = compare_runs(*blocks([(Truth(), Truth(shoe="red"))], "aabb", 1))
    assert told.sure < 2
    assert "Alternate: A B B A" in " ".join(c.warning for c in told.circumstances)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"runner": "bo"}, "several runners"),
        ({"method": "gait 1.0"}, "different methods"),
        ({"simulated": True}, "simulated and real"),
        ({"session": "a1"}, "named twice"),
    ],
)
def test_runs_that_do_not_belong_together_are_refused(
    change: dict[str, object], what: str
) -> None:
    before, after = pair(Truth(strides=60), Truth(strides=60))
    other = replace(after[0], about=replace(after[0].about, **change))
    with pytest.raises(UsageError, match=what):
        compare_runs(before, [other])


def plan(run: ComparedRun) -> ComparedRun:
    key = {"runner": "ana", "session": "a1", "time_ns": run.about.time_ns}
    exercise = ExerciseRow(
        **key, side="left", place=1, phase="inhibit", exercise="Roll the outer calf.",
        dose="30 s", when="before the run", why="TW-011", retest="2026-12-19",
    )  # fmt: skip
    finding = FindingRow(
        **key, side="left", code="TW-011", rank=1, metric=CONTACT, text="Longer left.",
        size=-3.9, low=-6.0, high=-1.8, unit="%", certainty=2, since="new",
        action="Look again.",
    )  # fmt: skip
    return replace(run, findings=(finding,), exercises=(exercise,))


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_plan_before_is_a_re_test_of_it_in_either_order(is_turned: bool) -> None:
    before, after = pair(LIMP, Truth(day=28))
    sides = [plan(before[0])], after
    told = compare_runs(*(reversed(sides) if is_turned else sides))
    assert told.plan is not None
    assert told.plan.text == "Re-test of the plan of 2026-11-21, 4.0 weeks later."
    assert told.plan.exercises == ("inhibit, left: Roll the outer calf.",)
    assert "part of it goes back by itself" in told.plan.caution
    assert "then 3.9 % on the left, now" in told.plan.findings[0]
    assert "differs, perhaps by the day" in told.plan.findings[0]


def test_a_re_test_before_its_day_says_so() -> None:
    before, after = pair(LIMP, Truth(day=7))
    told = compare_runs([plan(before[0])], after)
    assert told.plan is not None
    assert told.plan.text.endswith("it was meant for 2026-12-19.")


UNITS = st.lists(
    st.builds(Unit, st.floats(-30, 30), st.floats(0.1, 9), st.floats(0, 9)),
    min_size=1,
    max_size=5,
)


@given(before=UNITS, after=UNITS, rule=st.sampled_from(list(METRICS.values())))
def test_whatever_the_figures_exchanging_sides_turns_signs_only(
    before: list[Unit], after: list[Unit], rule: MetricRule
) -> None:
    there = between_runs(rule, before, after, Cancelling((1, 2)))
    back = between_runs(rule, after, before, Cancelling((2, 1)))
    assert (there.change, there.low, there.high) == (
        -back.change, -back.high, -back.low,
    )  # fmt: skip
    assert there.word == back.word
    assert there.low <= there.change <= there.high
