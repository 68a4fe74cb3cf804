"""What a run says against the runner's own earlier runs, through a real store."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.simulated.traits import draw_runner
from collector.simulated.worn import both_on, swapped
from contract.model import Slot
from contract.people import Assessment, Intake, Mount, Observation
from contract.rows import (
    BalanceRow,
    BaselineRow,
    EventRow,
    ExerciseRow,
    FindingRow,
    QualityRow,
    SessionRow,
)
from contract.verdicts import AS_USUAL, CLEARLY, NOT_ENOUGH, SIDES_IN_DOUBT, WHOLE_RUN
from processing.history import past_of
from processing.offline import analyse_frames, keep_rows, reprocess
from processing.pipeline import FEET
from processing.store.base import KeptRecord
from processing.store.sqlite import SqliteStore
from tests.processing.live_loop import ended
from tests.processing.simulated_run import (
    ORIGIN_NS,
    SimulatedRun,
    clean,
    make_run,
    meta_of,
)

DAY_NS = 86_400_000_000_000
RUNNER, SECONDS, LIMP_PCT = 5, 50.0, 12.0


def run_on(day: int, *, limp_pct: float = 0.0, **how: Any) -> SimulatedRun:  # noqa: ANN401
    """A run of the same person; each day has its own noise, the mounts are the same."""
    traits = draw_runner(RUNNER, contact_asymmetry_pct=limp_pct)
    meta = meta_of(f"day-{day}", ORIGIN_NS + day * DAY_NS)
    return make_run(traits, 100 + day, SECONDS, clean(**how), meta)


def keep(store: SqliteStore, run: SimulatedRun) -> SessionRow:
    """Import a finished run, as the command does."""
    frames = run.frames()
    meta = ended(run.meta, frames)
    session = analyse_frames(meta, frames, past=past_of(store, meta))
    store.commit_raw(frames, [meta])
    keep_rows(store, session)
    store.close_session(meta.session)
    return store.session(meta.session)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with six even runs."""
    path = tmp_path_factory.mktemp("conclusion") / "treadwear.db"
    with SqliteStore.open(path) as store:
        for day in range(6):
            keep(store, run_on(day))
    return path


@pytest.fixture
def store(base: Path, tmp_path: Path) -> Iterator[SqliteStore]:
    """Give a store of one's own with those six runs."""
    copy = tmp_path / "treadwear.db"
    copy.write_bytes(base.read_bytes())
    with SqliteStore.open(copy) as store:
        yield store


def test_the_first_runs_are_judged_alone_and_later_ones_by_them(
    store: SqliteStore,
) -> None:
    runs = {row.session: row.baseline_runs for row in store.sessions()}
    assert [runs[f"day-{day}"] for day in range(6)] == [0, 0, 0, 0, 0, 5]


def test_a_run_like_the_earlier_ones_is_as_usual(store: SqliteStore) -> None:
    row = keep(store, run_on(7))
    assert (row.verdict, row.baseline_runs) == (AS_USUAL, 6)
    rows = {r.metric: r for r in store.rows(BaselineRow, "day-7")}
    contact = rows["contact_time_s"]
    assert contact.runs == 6
    assert contact.band_low <= contact.usual <= contact.band_high
    # Nothing of this run is in the band: it and MDC differ by what follows from n.
    reach = contact.band_high - contact.usual
    assert reach / contact.mdc == pytest.approx(math.sqrt((1 + 1 / 6) / 2))
    assert not contact.is_new
    assert contact.is_flagged is False
    assert row.pace_matched_session == "day-5"
    assert store.session("day-0").pace_matched_session is None


def test_a_limp_is_clearly_different_and_found(store: SqliteStore) -> None:
    row = keep(store, run_on(8, limp_pct=LIMP_PCT))
    assert (row.verdict, row.baseline_runs) == (CLEARLY, 6)
    (contact,) = (
        r for r in store.rows(BaselineRow, "day-8") if r.metric == "contact_time_s"
    )
    assert contact.is_new
    assert contact.shift == pytest.approx(LIMP_PCT, abs=3.5)
    assert contact.is_flagged
    assert contact.z is not None
    assert contact.z > 1.96
    findings = store.rows(FindingRow, "day-8")
    assert 1 <= len(findings) <= 3
    assert sorted(f.rank for f in findings) == list(range(1, len(findings) + 1))
    told = next(f for f in findings if f.metric == "contact_time_s")
    (balance,) = (
        b
        for b in store.rows(BalanceRow, "day-8")
        if (b.metric, b.window) == ("contact_time_s", WHOLE_RUN)
    )
    reach = contact.band_high - contact.usual
    doubt = math.hypot(reach, balance.random_half)
    assert (told.high - told.low) / 2 == pytest.approx(doubt), "this run's own too"
    for finding in findings:
        assert 1 <= finding.certainty <= 3
        assert finding.action
        assert finding.low <= finding.size <= finding.high


def test_another_shoe_is_not_compared_with_these(store: SqliteStore) -> None:
    run = run_on(9)
    red = replace(run, meta=msgspec.structs.replace(run.meta, shoe="red"))
    assert keep(store, red).baseline_runs == 0


def test_a_run_without_standing_takes_the_mount_of_an_earlier_one(
    store: SqliteStore,
) -> None:
    """The sensors stayed on the shoes over night: the same draw, the next day."""
    again = run_on(5)
    meta = meta_of("day-11", ORIGIN_NS + 11 * DAY_NS)
    moved = again.changed(lambda b: replace(b, t0_ns=b.t0_ns + 6 * DAY_NS))
    keep(store, replace(moved, meta=meta).within(10.0))
    for quality in store.rows(QualityRow, "day-11"):
        assert quality.mount.startswith("taken from the run of ")
        assert "(no standing found)" in quality.mount


def test_a_mount_of_a_sensor_that_sits_otherwise_is_not_taken(
    store: SqliteStore,
) -> None:
    run = run_on(12).within(10.0)
    keep(store, run)
    known = {r.record.slot for r in store.records(Mount, "ana")}
    assert known == {"left", "right"}
    words = [q.mount for q in store.rows(QualityRow, "day-12")]
    assert words == ["flat foot at mid-stance: nobody stood still"] * 2


def advised(store: SqliteStore) -> None:
    """Someone saw the feet turn out on both sides, before the seventh run."""
    seen = Observation(
        test="overhead_squat", checkpoint="foot_ankle", compensation="feet_turn_out"
    )
    check = Assessment(
        time_ns=ORIGIN_NS - DAY_NS,
        by="a physio",
        intake=Intake(pain=0),
        observations=(seen,),
        assessed=("foot_ankle",),
    )
    store.keep([KeptRecord("ana", check, check.time_ns)])


def plan_of(store: SqliteStore, session: str) -> list[ExerciseRow]:
    """Exercises in their order; every place is taken once."""
    rows = sorted(store.rows(ExerciseRow, session), key=lambda e: e.place)
    assert [e.place for e in rows] == list(range(1, len(rows) + 1))
    assert len(rows) <= 4
    return rows


def test_findings_and_plan_are_replaced_when_the_run_is_analysed_again(
    store: SqliteStore,
) -> None:
    keep(store, run_on(8, limp_pct=LIMP_PCT))
    findings, by_hint = store.rows(FindingRow, "day-8"), plan_of(store, "day-8")
    reprocess(store, "day-8")
    assert plan_of(store, "day-8") == by_hint
    advised(store)
    reprocess(store, "day-8")
    assert store.rows(FindingRow, "day-8") == findings
    by_person = plan_of(store, "day-8")
    assert by_person
    assert by_person != by_hint


def test_reprocessing_looks_back_on_earlier_runs_only(store: SqliteStore) -> None:
    reprocess(store, "day-2")
    assert store.session("day-2").baseline_runs == 0
    reprocess(store, "day-5")
    assert store.session("day-5").baseline_runs == 5


def test_both_sensors_on_one_foot_are_not_enough_good_data(
    store: SqliteStore,
) -> None:
    row = keep(store, run_on(10, worn=both_on(Slot.LEFT)))
    assert row.verdict == NOT_ENOUGH
    words = [e.text for e in store.rows(EventRow, "day-10")]
    assert any("both may be on one foot" in text for text in words)


def test_a_run_with_exchanged_sensors_is_in_doubt_and_no_part_of_the_baseline(
    store: SqliteStore,
) -> None:
    assert keep(store, run_on(10, worn=swapped())).verdict == SIDES_IN_DOUBT
    assert keep(store, run_on(13)).baseline_runs == 6


def test_a_run_below_the_gate_is_no_part_of_the_baseline(store: SqliteStore) -> None:
    keep(store, run_on(10, worn=both_on(Slot.LEFT)))
    assert keep(store, run_on(13)).baseline_runs == 6


def test_one_foot_is_judged_by_nobody(store: SqliteStore) -> None:
    for slot in FEET:
        day = 20 + int(slot)
        row = keep(store, run_on(day).only(slot))
        assert row.verdict == "one foot only"
        assert store.rows(BaselineRow, f"day-{day}") == []
        assert store.rows(FindingRow, f"day-{day}") == []
