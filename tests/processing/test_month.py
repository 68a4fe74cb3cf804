"""A month gathers what runs said: on the right days, with what was left out and why."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from contract.people import Pain, Shoe
from contract.rows import EventRow, ExerciseRow, FindingRow, WearRow
from contract.units import NS_PER_S
from processing.month import Known, Month, MonthRun, month_of
from tests.processing.compared import Truth, balance_row, session_row, slow_noise


def at(day: int, hour: float = 7.0, month: int = 11) -> int:
    start = datetime(2026, month, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour)
    return int(start.timestamp()) * NS_PER_S


NOW_NS = at(25)


def run_on(
    day: int, *, month: int = 11, found: Sequence[str] = (), **changes: object
) -> MonthRun:
    t_ns = at(day, month=month)
    about = session_row(f"m{month:02d}d{day:02d}", Truth(), t_ns)
    about = replace(about, **{"distance_m": 9000.0, "duration_s": 3000.0, **changes})
    rng = np.random.default_rng(day)
    left, right = (slow_noise(rng, 200, 0.005) + 0.25 for _ in range(2))
    key = {"runner": "ana", "session": about.session, "time_ns": t_ns}
    wear = [
        WearRow(
            **key, side=side, shoe=about.shoe, steps=100, dose_bws=35.0,
            dose_per_step_bws=0.35, distance_m=about.distance_m,
            heel_medial_bws=5.0, heel_lateral_bws=5.0, mid_medial_bws=5.0,
            mid_lateral_bws=5.0, fore_medial_bws=5.0, fore_lateral_bws=10.0,
        )
        for side in ("left", "right")
    ]  # fmt: skip
    findings = [
        FindingRow(
            **key, side="left", code="TW-011", rank=1, metric=metric, text="Longer.",
            size=-4.0, low=-6.0, high=-2.0, unit="%", certainty=2, since="new",
            action="Look again.",
        )
        for metric in found
    ]  # fmt: skip
    balance = balance_row(about, "contact_time_s", left, right)
    return MonthRun(about, balance, wear=wear, findings=findings)


def november(*runs: MonthRun, **known: object) -> Month:
    return month_of(Known("ana", NOW_NS, runs, **known), 2026, 11)


def test_only_the_runs_of_the_month_count_where_the_runner_lives() -> None:
    late = run_on(30, month=10, time_ns=at(31, 23.5, month=10))
    runs = (run_on(3, month=10), late, run_on(5), run_on(1, month=12))
    here = timezone(timedelta(hours=1))
    assert [run.day for run in november(*runs).runs] == ["2026-11-05"]
    there = november(*runs, zone=here).runs
    assert [run.day for run in there] == ["2026-11-01", "2026-11-05"]


def test_the_calendar_begins_on_mondays_and_has_all_days() -> None:
    weeks = november().weeks_of_days
    assert all(len(week) == 7 for week in weeks)
    assert sorted(day for week in weeks for day in week if day) == list(range(1, 31))
    assert weeks[0][6] == 1  # 1 November 2026 is a Sunday


def test_an_empty_month_says_so_and_where_there_are_runs() -> None:
    told = november(run_on(3, month=9))
    assert told.empty.startswith("No run of ana in November 2026.")
    assert "2026-09-03" in told.empty
    assert november().empty == "No run of ana is stored yet."
    assert not november(run_on(3)).empty


def test_runs_below_the_gate_are_left_out_of_the_trend_with_the_reason() -> None:
    bad = run_on(4, verdict="not enough good data")
    few = replace(run_on(6), balance=replace(run_on(6).balance, n_pairs=9))
    told = november(run_on(3), bad, few)
    assert [point.day for point in told.trend] == ["2026-11-03"]
    assert [(out.day, out.why) for out in told.left_out] == [
        ("2026-11-04", "not enough good data"),
        ("2026-11-06", "too few steps of both feet"),
    ]
    assert len(told.runs) == 3
    assert told.distance_km == pytest.approx(27.0)


@pytest.mark.parametrize(
    ("october", "days", "state", "seen"),
    [
        ((), (3, 5), "came", 2),
        (("contact_time_s",), (3, 5), "stays", 2),
        (("contact_time_s",), (3,), "went", 1),
        ((), (3,), "came and went", 1),
    ],
)
def test_findings_come_stay_and_go(
    october: tuple[str, ...], days: tuple[int, ...], state: str, seen: int
) -> None:
    runs = [
        run_on(day, found=("contact_time_s",) if day in days else ()) for day in (3, 5)
    ]
    told = november(run_on(30, month=10, found=october), *runs)
    (course,) = told.findings
    assert (course.state, course.seen, course.runs) == (state, seen, 2)
    assert course.what == "ground contact time"


def test_exposure_of_a_pair_is_the_sum_of_its_runs_in_the_month_only() -> None:
    runs = (run_on(9, month=10), run_on(3), run_on(5), run_on(7, shoe="red"))
    told = november(*runs, shoes={"blue": Shoe(name="blue", start_km=100)})
    blue, red = told.shoes
    assert (blue.shoe, blue.runs, blue.distance_km) == ("blue", 2, 18.0)
    assert [row.side for row in blue.exposure] == ["left", "right"]
    assert blue.exposure[0].fore_lateral_bws == 20.0
    assert blue.exposure[0].dose_bws == 70.0
    assert blue.life.distance_km == pytest.approx(127.0)  # October's too
    assert red.runs == 1


def test_weeks_are_those_that_share_a_day_with_the_month() -> None:
    told = november(*(run_on(day, month=10) for day in (1, 15, 28)), run_on(3))
    assert [week.monday for week in told.weeks] == [
        "2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23",
    ]  # fmt: skip
    assert told.weeks[0].runs == 1
    assert not told.weeks[-1].is_over


def test_a_light_says_how_long_it_was_on() -> None:
    run = run_on(3)
    events = [
        EventRow(
            runner="ana", session=run.about.session, side="left", kind=kind, text="",
            time_ns=run.about.time_ns + minute * 60 * NS_PER_S, code=code,
        )
        for kind, code, minute in (
            ("alert_raised", "TW-021", 10), ("alert_cleared", "TW-021", 16),
            ("alert_raised", "TW-022", 20),
        )
    ]  # fmt: skip
    first, second = november(replace(run, events=events)).alerts
    assert (first.code, first.minutes) == ("TW-021", 6.0)
    assert (second.code, second.minutes) == ("TW-022", None)
    assert first.text == "left foot longer on the ground than usual"


def test_pain_of_the_month_stands_with_its_day_and_alone_makes_no_empty_month() -> None:
    pains = [
        Pain(time_ns=at(12), pain=3, where="left calf"),
        Pain(time_ns=at(12, month=10), pain=6),
    ]
    told = november(pains=pains)
    assert [(p.day, p.level, p.where) for p in told.pains] == [
        ("2026-11-12", 3, "left calf")
    ]
    assert not told.is_empty


def test_the_next_check_is_that_of_the_latest_plan_and_of_the_kilometres() -> None:
    run = run_on(3, distance_m=101_000.0)
    exercise = ExerciseRow(
        runner="ana", session=run.about.session, side="left", time_ns=at(3), place=1,
        phase="inhibit", exercise="Roll.", dose="30 s", when="", why="",
        retest="2026-12-01",
    )  # fmt: skip
    told = november(replace(run, exercises=[exercise]))
    assert told.next_check == "2026-12-01"
    assert told.check.is_due
    checked = november(run, last_check_ns=at(4))
    assert not checked.check.is_due
