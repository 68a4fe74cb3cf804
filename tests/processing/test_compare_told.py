"""What is told of a comparison: not one chance finding among many figures."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from processing.compare import compare_runs
from processing.compare_told import BLOCKS, OWN_VARIATION, TWO_RUNS, Ground, chosen
from processing.compare_words import headline, sureness
from processing.rules import METRICS
from processing.run_changes import (
    CLEARLY_CHANGED,
    NO_CLEAR_CHANGE,
    PERHAPS_CHANGED,
    Cancelling,
    Change,
    Unit,
    between_runs,
)
from tests.processing.compared import Truth
from tests.processing.test_compare import (
    CONTACT,
    ROLL,
    baseline,
    blocks,
    found,
    moody,
    pair,
)

# One of each family that findings know, see finding_rules.
FAMILIES = (
    CONTACT, "step_time_s", "pronation_excursion_deg", "strike_angle_deg",
    "toe_out_deg", "impact_g",
)  # fmt: skip
GROUND = Ground(BLOCKS, {})


def drawn(rng: np.random.Generator, n: int, shift_pct: float = 0.0) -> list[Change]:
    """Draw every figure of n runs against n, none of which changed but contact time."""
    changes = []
    for name in FAMILIES:
        rule, spread = METRICS[name], 4 * METRICS[name].least_difference
        sizes = rng.normal(0.0, spread, (2, n))
        sizes[1] += shift_pct if name == CONTACT else 0.0
        sides = [[Unit(float(s), 0.0) for s in side] for side in sizes]
        changes.append(between_runs(rule, sides[0], sides[1], Cancelling()))
    return changes


def told_of(changes: Sequence[Change]) -> list[Change]:
    return chosen(GROUND.raised(changes, GROUND.looks(changes)))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_of_runners_who_did_not_change_one_in_twenty_is_told_something(n: int) -> None:
    rng, trials = np.random.default_rng([4, n]), 1000
    every = [drawn(rng, n) for _ in range(trials)]
    alone = sum(any(c.has_changed for c in changes) for changes in every)
    told = sum(bool(told_of(changes)) for changes in every)
    # Binomial scatter of 1000 at 5 %: SD .7 %. Six at 5 % each would be 26 %.
    assert told / trials <= 0.05 + 2 * 0.007
    assert alone / trials > 0.15


def test_a_large_change_clears_the_raised_bar() -> None:
    rng = np.random.default_rng(5)
    changes = drawn(rng, 5, shift_pct=100.0)
    assert [c.metric for c in told_of(changes)] == [CONTACT]


def a_change(metric: str, size: float, half: float, side: str = "both") -> Change:
    one, other = [Unit(0.0, 0.1)] * 3, [Unit(size, 0.1)] * 3
    change = between_runs(METRICS[metric], one, other, Cancelling())
    low, high = size - half, size + half
    return replace(change, low=low, high=high, side=side, word=CLEARLY_CHANGED)


def test_what_only_its_own_range_says_is_perhaps_changed_in_words_of_all() -> None:
    changes = [a_change(name, 6.0, 5.0) for name in FAMILIES]
    raised = GROUND.raised(changes, GROUND.looks(changes))
    assert {c.word for c in changes} == {CLEARLY_CHANGED}, "the table's own word stays"
    assert {c.word for c in raised} == {PERHAPS_CHANGED}
    assert headline(raised, chosen(raised)) == (
        "Time on the ground: left against right perhaps changed, too little to tell "
        "among so many figures."
    )
    (alone,) = GROUND.raised(changes[:1], GROUND.looks(changes[:1]))
    assert alone.word == CLEARLY_CHANGED


def test_metrics_that_say_the_same_are_one_look_and_each_foot_is_another() -> None:
    same = [a_change(m, 1.0, 1.0) for m in (CONTACT, "flight_time_s", "impulse_bws")]
    feet = [a_change(CONTACT, 1.0, 1.0, side) for side in ("left", "right")]
    assert GROUND.looks(same) == 1
    assert GROUND.looks([*same, *feet]) == 3
    own = Ground(OWN_VARIATION, {CONTACT: 7})
    assert own.looks([*same, *feet]) == 1, "nothing else can be told"
    assert Ground(TWO_RUNS, {}).looks([*same, *feet]) == 0


def test_of_contact_and_flight_time_only_contact_time_is_told() -> None:
    air, ground = a_change("flight_time_s", -30.0, 1.0), a_change(CONTACT, 10.0, 1.0)
    assert air.strength > ground.strength
    assert [c.metric for c in chosen([air, ground])] == [CONTACT]


def test_few_earlier_runs_raise_the_bar_more() -> None:
    change = a_change(CONTACT, 6.0, 4.0)
    few, many = (Ground(OWN_VARIATION, {CONTACT: n}) for n in (5, 20))
    assert not few.raised([change], 4)[0].has_changed
    assert many.raised([change], 4)[0].has_changed


def test_where_no_change_is_told_nobody_is_sure_of_one() -> None:
    even = [replace(a_change(CONTACT, 0.1, 0.5), word=NO_CLEAR_CHANGE)]
    level, words = sureness(BLOCKS, 3, even, alternates=True, told=[])
    assert level == 0
    assert words == "no change is told: several runs on each side, in turns"
    told = [a_change(CONTACT, 9.0, 1.0)]
    assert sureness(BLOCKS, 3, told, alternates=True, told=told)[0] == 3
    assert sureness(OWN_VARIATION, 1, told, alternates=False, told=told)[0] == 2
    words = "not sure: one side was over before the other began"
    assert sureness(BLOCKS, 3, told, alternates=False, told=told) == (1, words)


def test_of_a_range_too_wide_the_reason_is_given_and_no_dots() -> None:
    before, after = pair(Truth(), Truth(day=3))
    known = [replace(after[0], baselines={CONTACT: baseline("b1", 15.0)})]
    told = compare_runs(before, known)
    assert told.sure == 0
    assert told.sure_words == (
        "cannot be said: the range is wider than a difference that matters"
    )


def test_a_change_of_one_run_against_one_is_fairly_sure_at_most() -> None:
    before, after = pair(Truth(contact_s=(0.275, 0.25)), Truth(day=3))
    known = [replace(after[0], baselines={CONTACT: baseline("b1", 1.0)})]
    told = compare_runs(before, known)
    assert (told.sure, told.looks) == (2, 1)
    assert told.sure_words == "fairly sure: the range holds how much your runs vary"


def test_the_table_keeps_its_word_where_the_sentences_tell_nothing() -> None:
    """A runner who did not change, and one of whose ranges misses that by chance."""
    rng, even = np.random.default_rng(5), Truth(strides=120)
    days = [(moody(even, rng), moody(even, rng)) for _ in range(6)]
    told = compare_runs(*blocks(days, "abbaab", 5))
    change = found(told, ROLL)
    assert change.has_changed
    assert not change.low <= 0 <= change.high
    assert (told.looks, told.told, told.sure) == (6, (), 0)
