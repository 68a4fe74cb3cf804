from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.advice.weekly import (
    CheckInterval,
    RunLoad,
    check_due,
    week_words,
    weekly_load,
)

MONDAY = datetime(2026, 10, 19, tzinfo=UTC)  # of week 43
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)  # Saturday of week 47


def at(when: datetime) -> int:
    return int(when.timestamp()) * 1_000_000_000


def run(
    day: int, km: float | None = 10.0, hours: float = 1.0, dose: float | None = 4000.0
) -> RunLoad:
    """Give a run so many days after the first Monday, at 8 in the morning."""
    metres = None if km is None else km * 1000
    when = MONDAY + timedelta(days=day, hours=8)
    return RunLoad(at(when), hours * 3600, metres, dose)


FIVE_WEEKS = [run(0), run(7), run(14), run(21), run(28, 12.0, 1.5)]


def test_a_week_is_compared_with_the_mean_of_the_four_before() -> None:
    weeks = weekly_load(FIVE_WEEKS, at(NOW)).weeks

    assert [w.week for w in weeks] == [f"2026-W{n}" for n in range(43, 48)]
    assert weeks[-1].distance_change_pct == pytest.approx(20.0)
    assert weeks[-1].time_change_pct == pytest.approx(50.0)
    assert weeks[-1].dose_change_pct == pytest.approx(0.0)
    assert [w.is_over for w in weeks] == [True] * 4 + [False]
    assert weeks[0].monday == "2026-10-19"


def test_the_first_four_weeks_are_compared_with_nothing() -> None:
    weeks = weekly_load(FIVE_WEEKS, at(NOW)).weeks

    assert [w.distance_change_pct for w in weeks[:4]] == [None] * 4
    assert "four earlier weeks are needed" in week_words(weeks[0])


def test_a_week_without_a_run_counts_as_nothing_run() -> None:
    weeks = weekly_load([run(0, 40.0), run(28, 20.0)], at(NOW)).weeks

    assert [w.runs for w in weeks] == [1, 0, 0, 0, 1]
    assert weeks[-1].distance_change_pct == pytest.approx(100.0)


def test_after_a_long_break_there_is_nothing_to_compare_with() -> None:
    weeks = weekly_load([run(-70), run(28)], at(NOW)).weeks

    assert weeks[-1].distance_change_pct is None
    assert weeks[-1].time_change_pct is None


def test_a_distance_that_is_not_known_is_said_and_not_compared() -> None:
    runs = [*FIVE_WEEKS[:2], run(15, None), *FIVE_WEEKS[2:]]
    weeks = weekly_load(runs, at(NOW)).weeks

    assert [w.without_distance for w in weeks] == [0, 0, 1, 0, 0]
    assert weeks[2].distance_m == 10_000
    assert weeks[-1].distance_change_pct is None
    assert weeks[-1].time_change_pct == pytest.approx(20.0)
    assert "20 % more time than" in week_words(weeks[-1])


def test_a_run_late_on_sunday_belongs_to_the_week_of_the_runner() -> None:
    late = RunLoad(at(datetime(2026, 11, 15, 23, 30, tzinfo=UTC)), 3600.0)
    east = timezone(timedelta(hours=2))

    assert weekly_load([late], at(NOW)).weeks[0].week == "2026-W46"
    assert weekly_load([late], at(NOW), east).weeks[0].week == "2026-W47"


def test_the_last_days_of_a_year_belong_to_their_iso_week() -> None:
    new_year = at(datetime(2027, 1, 2, 9, tzinfo=UTC))

    (week,) = weekly_load([RunLoad(new_year, 60.0)], new_year).weeks

    assert (week.week, week.monday) == ("2026-W53", "2026-12-28")


def test_the_longest_run_is_that_of_the_last_thirty_days() -> None:
    longest = weekly_load([run(0, 30.0), run(10, 18.0), run(20, 12.0)], at(NOW)).longest

    assert longest == run(10, 18.0)


def test_without_distances_the_longest_is_the_one_that_took_longest() -> None:
    longest = weekly_load([run(10, None, 2.0), run(20, None, 1.0)], at(NOW)).longest

    assert longest == run(10, None, 2.0)


def test_runs_after_now_do_not_count() -> None:
    load = weekly_load([run(60)], at(NOW))

    assert (load.weeks, load.longest) == ((), None)


def test_a_week_in_words_has_distance_time_and_change() -> None:
    weeks = weekly_load([*FIVE_WEEKS[:4], run(28, 8.0, 0.7)], at(NOW)).weeks

    assert week_words(weeks[-1]) == (
        "This week so far: 8.0 km in 42 min, 20 % less distance than the mean of the 4 "
        "weeks before."
    )
    assert week_words(weeks[0]).startswith("Week of 2026-10-19: 10.0 km in 1 h 00 min")


LOADS = st.builds(
    run,
    st.integers(0, 30),
    st.one_of(st.none(), st.floats(0, 60)),
    st.floats(0.1, 6),
    st.one_of(st.none(), st.floats(0, 9000)),
)


@given(st.lists(LOADS, max_size=30))
def test_no_run_is_lost_or_counted_twice(runs: list[RunLoad]) -> None:
    weeks = weekly_load(runs, at(NOW)).weeks

    assert sum(w.runs for w in weeks) == len(runs)
    assert sum(w.time_s for w in weeks) == pytest.approx(
        sum(r.duration_s for r in runs)
    )
    assert sum(w.distance_m for w in weeks) == pytest.approx(
        sum(r.distance_m or 0 for r in runs)
    )
    assert [w.monday for w in weeks] == sorted({w.monday for w in weeks})


@given(st.lists(LOADS, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_the_runs_does_not_matter(runs: list[RunLoad], chance) -> None:  # noqa: ANN001 - hypothesis gives a random.Random
    shuffled = chance.sample(runs, len(runs))

    ours, theirs = (weekly_load(r, at(NOW)).weeks for r in (runs, shuffled))

    assert [w.runs for w in ours] == [w.runs for w in theirs]
    assert [w.time_s for w in ours] == pytest.approx([w.time_s for w in theirs])


# The next alignment check


def test_a_check_is_due_after_the_distance_or_the_hours() -> None:
    far = [run(k, 10.0, 0.5) for k in range(10)]
    long = [run(k, None, 2.0) for k in range(5)]

    assert check_due(far, None, at(NOW)).is_due
    assert not check_due(far[:9], None, at(NOW)).is_due
    assert check_due(long, None, at(NOW)).is_due
    assert not check_due(long[:4], None, at(NOW)).is_due


def test_a_check_starts_the_count_anew() -> None:
    runs = [run(k, 10.0, 0.5) for k in range(12)]
    due = check_due(runs, runs[9].time_ns, at(NOW))

    assert not due.is_due
    assert due.distance_m == 20_000
    assert due.text == (
        "No alignment check is due: 20 km and 1.0 hours since the last alignment "
        "check; one every 100 km or 10 hours."
    )


def test_the_interval_is_the_runners_own() -> None:
    often = CheckInterval(distance_m=50_000.0, time_s=18_000.0)
    due = check_due([run(k, 10.0, 0.5) for k in range(5)], None, at(NOW), often)

    assert due.is_due
    assert "one every 50 km or 5 hours" in due.text


def test_who_has_not_run_is_not_due() -> None:
    assert not check_due([], None, at(NOW)).is_due
