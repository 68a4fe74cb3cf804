"""A month reads what happened in its own runs, and the plan that still holds."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contract.rows import EventRow, ExerciseRow, Row, SessionRow
from processing.month import Known, month_of
from processing.store.sqlite import SqliteStore
from tests.treadwear.runners_known import store_run
from treadwear.commands.month import known_of

DAYS = {"old": 100, "planned": 70, "inside": 0}


def extras(run: SessionRow) -> list[Row]:
    """A light that came on; and in some of the runs a plan."""
    who: dict[str, Any] = {
        "runner": "ana",
        "session": run.session,
        "time_ns": run.time_ns,
    }
    event = EventRow(**who, side="left", kind="mark", text="here")
    plan = ExerciseRow(
        **who,
        side="both",
        place=1,
        phase="activate",
        exercise="Single-leg bridge",
        dose="2 x 8",
        when="after the run",
        why="TW-101",
        retest=f"re-test of {run.session}",
    )
    return [event] if run.session == "inside" else [event, plan]


@pytest.fixture
def known(tmp_path: Path) -> Known:
    for session, days in DAYS.items():
        run = store_run(str(tmp_path), session, days)
        with SqliteStore.open(tmp_path / "treadwear.db") as store:
            store.write(extras(run))
    now = datetime.now(UTC)
    with SqliteStore.open(tmp_path / "treadwear.db", read_only=True) as store:
        return known_of(store, "ana", UTC, (now.year, now.month))


def test_only_the_runs_of_the_month_tell_what_happened_in_them(known: Known) -> None:
    told = {run.about.session: len(run.events) for run in known.runs}
    assert told == {"old": 0, "planned": 0, "inside": 1}


def test_the_plan_that_holds_is_the_latest_even_of_an_earlier_month(
    known: Known,
) -> None:
    now = datetime.now(UTC)
    told = {run.about.session: bool(run.exercises) for run in known.runs}
    assert told == {"old": False, "planned": True, "inside": False}
    assert month_of(known, now.year, now.month).next_check == "re-test of planned"
