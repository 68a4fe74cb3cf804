"""Broker and processing are killed at random; the store ends as if nothing happened."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.faults.comparison import comparable, compare
from benchmarks.faults.journey import BrokerKind, FaultPlan, FaultResult, run_journey
from benchmarks.faults.runners import KnownRunner, known_runners
from contract.rows import QualityRow, Row, StepRow

SEED = 5
RUN_S = 60.0
FRAMES = 2000  # at least: two runners, two shoes, ten frames a second, some lost


def run(tmp_path: Path, broker: BrokerKind, kills: int) -> FaultResult:
    plan = FaultPlan(run_s=RUN_S, speed=12.0, kills=kills, seed=SEED, broker=broker)
    return run_journey(plan, tmp_path, print)


def check(result: FaultResult) -> None:
    assert result.differences.examples == ()
    assert result.is_good, result.line
    assert result.sent == result.differences.stored > FRAMES


@pytest.mark.services
def test_an_undisturbed_live_run_gives_the_rows_of_the_offline_analysis(
    tmp_path: Path, require: Callable[..., str]
) -> None:
    require("mosquitto")
    check(run(tmp_path, "mosquitto", kills=0))


@pytest.mark.services
@pytest.mark.parametrize("broker", ["mosquitto", "amqtt"])
def test_kills_of_broker_and_processing_change_nothing_in_the_store(
    tmp_path: Path, require: Callable[..., str], broker: BrokerKind
) -> None:
    if broker == "mosquitto":
        require("mosquitto")
    result = run(tmp_path, broker, kills=2)
    check(result)
    assert (result.broker_kills, result.processing_kills) == (2, 2)
    assert result.resent > 0


@pytest.fixture(scope="module")
def runner() -> KnownRunner:
    return known_runners(SEED, RUN_S)[0]


def test_the_comparison_counts_lost_and_foreign_frames(runner: KnownRunner) -> None:
    sent = runner.frames()
    foreign = replace(sent[0], epoch=9)
    found = compare(sent, [*sent[:-3], foreign], {}, {})
    assert (found.lost, found.doubled, found.different) == (3, 1, 0)
    assert not found.is_none


def test_the_comparison_sees_missing_doubled_and_changed_rows(
    runner: KnownRunner,
) -> None:
    wanted = comparable(runner.undisturbed_rows())
    steps = [key for key, row in wanted.items() if isinstance(row, StepRow)]
    rows: dict[tuple[object, ...], Row] = dict(wanted)
    del rows[steps[0]]
    step = rows[steps[1]]
    assert isinstance(step, StepRow)
    rows[steps[1]] = replace(step, contact_time_s=step.contact_time_s + 1e-12)
    doubled = replace(step, time_ns=step.time_ns + 1)
    rows |= comparable([doubled])
    found = compare([], [], wanted, rows)
    assert (found.doubled, found.different) == (1, 3)
    assert compare([], [], wanted, dict(wanted)).is_none


def test_only_counters_that_sending_again_changes_are_left_out(
    runner: KnownRunner,
) -> None:
    rows = [r for r in runner.undisturbed_rows() if isinstance(r, QualityRow)]
    again = [replace(row, duplicates=7, reordered=8) for row in rows]
    assert comparable(rows) == comparable(again) != {}
    fewer = [replace(row, samples=row.samples - 1) for row in rows]
    assert comparable(rows) != comparable(fewer)
