"""What a report knows of the runs before: trends, what is usual, a run alike."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from contract.people import Assessment, Observation
from dashboards.report.build import build_report
from dashboards.report.data import collect
from processing.history import history_until_now
from processing.settings import METHOD
from processing.store.people import keep_assessment
from processing.store.sqlite import SqliteStore
from tests.dashboards.runs import (
    KEYS,
    SHOE,
    START_NS,
    balance,
    judged_run,
    session,
    wear,
    words_of,
)
from treadwear.known import advice_for
from treadwear.runner_plan import plan_of

DAY_NS = 86_400 * 10**9
EARLIER = 12
"""More than a card's line shows."""


def run_before(days: int, fore_inner: float = 0.30) -> list[Any]:
    """An ordinary run so many days before, with 1.0 to 1.2 % on the left."""
    key = {"session": f"20261101t0640-a{days:03d}", "time_ns": START_NS - days * DAY_NS}
    size = -1.0 - 0.1 * (days % 3)
    feet = [wear(side, 0.345) for side in ("left", "right")]
    shares = {
        "fore_medial_bws": fore_inner * feet[0].dose_bws + days % 2,
        "fore_lateral_bws": (0.65 - fore_inner) * feet[0].dose_bws,
    }
    rows = [
        session(verdict="as usual", method=METHOD, baseline_runs=7),
        balance(asi_pct=size, shoe=SHOE),
        balance(asi_pct=0.2, window="change"),
        *(replace(foot, **shares) for foot in feet),
    ]
    return [replace(row, **key) for row in rows]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Twelve ordinary runs, and then one with a clear difference."""
    matched = run_before(1)[0].session
    this = judged_run(method=METHOD, pace_matched_session=matched)
    with SqliteStore.open(tmp_path / "runs.sqlite") as store:
        for days in range(1, EARLIER + 1):
            store.write(run_before(days))
        store.write(this.kept)
        yield store


def test_a_trend_is_the_last_ten_runs_in_this_shoe_this_one_last(
    store: SqliteStore,
) -> None:
    told = advice_for(store, KEYS["session"])
    trend = told.trends["contact_time_s"]
    assert len(trend) == 10
    assert trend[-1] == -3.1
    assert set(trend[:-1]) == {-1.0, -1.1, -1.2}
    assert told.changes["contact_time_s"][-2:] == (0.2, -3.1)


def test_runs_in_other_shoes_or_by_another_method_are_not_of_the_trend(
    store: SqliteStore,
) -> None:
    for days, change in ((1, {"shoe": "Other"}), (2, {"method": "old"})):
        about, *_ = run_before(days)
        store.write([replace(about, **change)])
    trend = advice_for(store, KEYS["session"]).trends["contact_time_s"]
    assert len(trend) == 10  # ten are left of the twelve, nine of them are shown
    store.write([replace(run_before(3)[0], shoe="Other")])
    store.write([replace(run_before(4)[0], shoe="Other")])
    assert len(advice_for(store, KEYS["session"]).trends["contact_time_s"]) == 9


def test_the_usual_share_of_a_zone_comes_from_the_runs_before(
    store: SqliteStore,
) -> None:
    own = advice_for(store, KEYS["session"]).usual_shares["left", "fore", "medial"]
    assert own.usual == pytest.approx(30.0, abs=0.3)
    assert not own.holds(37.0)
    told = advice_for(store, KEYS["session"])
    page = words_of(build_report(collect(store, KEYS["session"], UTC, told)))
    assert "front inner 37 percent (usual 30)" in page
    assert "Load left fore inner 37 % (usual 30)." in page


def test_the_run_at_the_same_pace_is_named_with_its_day(store: SqliteStore) -> None:
    match = advice_for(store, KEYS["session"]).pace_match
    assert match is not None
    assert (match.day, match.size_pct) == ("20 Nov", -1.1)


def test_what_a_person_saw_comes_before_hints_with_what_may_go_with_it(
    store: SqliteStore,
) -> None:
    saw = Observation(
        test="overhead_squat", checkpoint="foot_ankle", compensation="feet_flatten",
        side="right",
    )  # fmt: skip
    keep_assessment(store, "ana-1", Assessment(time_ns=START_NS, observations=(saw,)))
    first, knee, *_ = advice_for(store, KEYS["session"]).checkpoints
    assert (first.name, first.state) == ("feet and ankles", "seen by a person")
    idea = first.ideas[0]
    assert (idea.what.endswith("(right)"), idea.source) == (True, "seen by a person")
    assert "peroneals" in idea.overactive
    assert "posterior tibialis" in idea.underactive
    assert [name for name, _ in idea.checks] == ["overhead squat", "squat on one leg"]
    assert (knee.state, knee.ideas) == ("not assessed", ())


def test_a_shoe_without_a_name_has_run_nothing_that_is_known(
    store: SqliteStore,
) -> None:
    store.write([replace(store.session(KEYS["session"]), shoe="")])
    assert advice_for(store, KEYS["session"]).shoe is None


def test_what_a_person_saw_after_the_run_gives_its_plan_to_the_page(
    store: SqliteStore,
) -> None:
    """The page, the block for the physio and `treadwear plan` tell the same plan."""
    seen = Observation(
        test="overhead_squat",
        checkpoint="foot_ankle",
        compensation="feet_flatten",
        side="right",
    )
    store.write(run_before(-1))
    bare = run_before(-1)[0].session
    assert advice_for(store, bare).exercises == ()
    later = START_NS + 2 * DAY_NS
    keep_assessment(store, "ana-1", Assessment(time_ns=later, observations=(seen,)))
    told = advice_for(store, bare)
    plan = plan_of(history_until_now(store, "ana-1"))
    assert [e.exercise for e in told.exercises] == [e.exercise for e in plan.exercises]
    assert told.plan_words == plan.advice
    assert told.first_look == "2026-12-07"  # two weeks after the person looked
    page = words_of(build_report(collect(store, bare, UTC, told)))
    for exercise in plan.exercises:
        assert exercise.exercise.split(".")[0] in page
    assert "Mon 7 Dec 2026: first look." in page


def test_an_older_run_does_not_show_the_plan_of_today(store: SqliteStore) -> None:
    seen = Observation(
        test="overhead_squat",
        checkpoint="foot_ankle",
        compensation="feet_flatten",
        side="right",
    )
    later = START_NS + DAY_NS
    keep_assessment(store, "ana-1", Assessment(time_ns=later, observations=(seen,)))
    told = advice_for(store, run_before(1)[0].session)
    assert told.exercises == ()
    assert "Do these" not in told.plan_words
    assert "treadwear plan ana-1" in told.plan_words


def test_the_plan_of_the_run_stays_where_it_has_one(store: SqliteStore) -> None:
    told = advice_for(store, KEYS["session"])
    assert told.exercises == ()
    assert "Do these" in told.plan_words


def test_a_run_that_was_not_judged_asks_for_no_exercise(store: SqliteStore) -> None:
    seen = Observation(
        test="overhead_squat", checkpoint="foot_ankle", compensation="feet_flatten",
        side="right",
    )  # fmt: skip
    keep_assessment(store, "ana-1", Assessment(time_ns=START_NS, observations=(seen,)))
    about = run_before(1)[0]
    store.write([replace(about, verdict="not enough good data")])
    assert advice_for(store, about.session).exercises == ()


def test_a_shoe_has_run_at_least_as_far_as_its_used_strides_tell(
    store: SqliteStore,
) -> None:
    shoe = advice_for(store, KEYS["session"]).shoe
    assert shoe is not None
    assert not shoe.is_least
    about = run_before(3)[0]
    store.write([replace(about, steps=900, rejected=100)])
    shoe = advice_for(store, KEYS["session"]).shoe
    assert shoe is not None
    assert shoe.is_least
