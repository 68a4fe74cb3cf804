"""One part of the path is killed in the middle; what was acknowledged is all there."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.faults.comparison import compare_store
from benchmarks.faults.journey import broker_and_processing
from benchmarks.faults.runners import KnownRunner, known_runners
from benchmarks.faults.victims import Child
from collector.service import CollectorService
from collector.spool import Spool
from contract.errors import StoreError
from processing.store.sqlite import SqliteStore
from treadwear.app import running_collector
from treadwear.broker import Broker
from treadwear.settings import Settings
from treadwear.waiting import wait_until_closed

SEED, RUN_S, SPEED = 5, 45.0, 15.0
PATIENCE_S = 90.0
ENOUGH_FRAMES = 500  # 25 s of two shoes: calibrated, and steps are there

pytestmark = pytest.mark.services


@pytest.fixture
def settings(tmp_path: Path, require: Callable[..., str]) -> Settings:
    require("mosquitto")
    return Settings(data_dir=tmp_path, broker_host=None)


@pytest.fixture(scope="module")
def runner() -> KnownRunner:
    return known_runners(SEED, RUN_S)[1]


@pytest.fixture
def parts(settings: Settings) -> Iterator[tuple[Broker, Child]]:
    with broker_and_processing(settings.data_dir, "mosquitto") as parts:
        yield parts


def wait_until(is_true: Callable[[], bool]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not is_true():
        assert time.monotonic() < until_s, "it never happened"
        time.sleep(0.02)


def stored_frames(settings: Settings, runner: KnownRunner) -> int:
    try:
        with SqliteStore.open(settings.store_path, read_only=True) as store:
            return sum(1 for _ in store.frames(runner.session))
    except StoreError:  # the processing has not made it yet
        return 0


@contextmanager
def collecting(
    settings: Settings, broker: Broker, *runners: KnownRunner
) -> Iterator[CollectorService]:
    plans = [runner.plan for runner in runners]
    with running_collector(settings, broker.port, plans, SPEED) as collector:
        yield collector


def feed_more(collector: CollectorService) -> None:
    """Wait for some more seconds of the run, or its end."""
    fed = collector.progress()[0].fed_frames
    wait_until(
        lambda: (
            collector.progress()[0].is_fed
            or collector.progress()[0].fed_frames > fed + 50
        )
    )


def finish(
    settings: Settings, collector: CollectorService, runner: KnownRunner
) -> None:
    assert collector.wait(PATIENCE_S)
    wait_until_closed(settings, [runner.session])
    assert not collector.progress() or collector.progress()[0].is_stored


def check(settings: Settings, runner: KnownRunner) -> None:
    found = compare_store(settings.store_path, [runner])
    assert found.examples == ()
    assert found.is_none
    assert found.stored == len(runner.frames()) > 0


def spooled(settings: Settings, runner: KnownRunner) -> KnownRunner:
    """Cut the runner where a killed collector's spool ends."""
    spool = Spool(settings.spool_path)
    try:
        return runner.cut(spool.ends(runner.meta.runner, runner.session))
    finally:
        spool.close()


def test_processing_killed_in_the_middle_ends_with_the_same_rows(
    settings: Settings, runner: KnownRunner, parts: tuple[Broker, Child]
) -> None:
    broker, processing = parts
    with collecting(settings, broker, runner) as collector:
        wait_until(lambda: collector.counts.acked > ENOUGH_FRAMES)
        processing.kill()
        feed_more(collector)
        processing.restart()
        finish(settings, collector, runner)
        assert collector.counts.resent > 0
    check(settings, runner)


def test_broker_killed_in_the_middle_loses_nothing(
    settings: Settings, runner: KnownRunner, parts: tuple[Broker, Child]
) -> None:
    broker, _ = parts
    with collecting(settings, broker, runner) as collector:
        wait_until(lambda: collector.counts.acked > ENOUGH_FRAMES)
        broker.kill()
        feed_more(collector)
        broker.restart()
        finish(settings, collector, runner)
    check(settings, runner)


def test_a_run_that_ends_while_processing_is_dead_is_analysed_later(
    settings: Settings, runner: KnownRunner, parts: tuple[Broker, Child]
) -> None:
    broker, processing = parts
    with collecting(settings, broker, runner) as collector:
        wait_until(lambda: collector.counts.acked > ENOUGH_FRAMES)
        processing.kill()
        wait_until(lambda: collector.progress()[0].is_fed)
        assert not collector.progress()[0].is_stored
        processing.restart()
        finish(settings, collector, runner)
    check(settings, runner)


def test_a_collector_killed_in_the_middle_ends_the_session_at_what_it_had(
    settings: Settings, runner: KnownRunner, parts: tuple[Broker, Child]
) -> None:
    broker, _ = parts
    words = ["-m", "benchmarks.faults.collect", "--port", str(broker.port)]
    words += ["--data", str(settings.data_dir), "--seed", str(SEED)]
    words += ["--run-s", str(RUN_S), "--speed", str(SPEED)]
    log_file = settings.data_dir / "collector.log"
    with Child(words, log_file) as collector:
        wait_until(lambda: stored_frames(settings, runner) > ENOUGH_FRAMES)
        collector.kill()
    had = [spooled(settings, known) for known in known_runners(SEED, RUN_S)]
    assert 0 < len(had[1].frames()) < len(runner.frames())
    with Child([*words, "--rest"], log_file):
        wait_until_closed(settings, [known.session for known in had])
    for known in had:
        check(settings, known)


def test_a_collector_stopped_while_the_broker_is_away_sends_the_rest_next_time(
    settings: Settings, runner: KnownRunner, parts: tuple[Broker, Child]
) -> None:
    broker, _ = parts
    with collecting(settings, broker, runner) as collector:
        wait_until(lambda: collector.counts.acked > ENOUGH_FRAMES)
        broker.kill()
        feed_more(collector)
    had = spooled(settings, runner)
    assert 0 < len(had.frames()) < len(runner.frames())
    broker.restart()
    with collecting(settings, broker) as collector:
        finish(settings, collector, had)
    check(settings, had)


def test_a_run_is_closed_though_all_that_heard_of_its_end_are_killed(
    settings: Settings, runner: KnownRunner
) -> None:
    with broker_and_processing(settings.data_dir, "amqtt") as (broker, processing):
        with running_collector(settings, broker.port, [runner.plan], None) as collector:
            wait_until(lambda: collector.counts.acked > ENOUGH_FRAMES)
            processing.kill()
            wait_until(lambda: collector.progress()[0].is_fed)
        broker.kill()  # and with it goes what it retained
        broker.restart()
        processing.restart()
        with collecting(settings, broker) as collector:
            finish(settings, collector, runner)
    check(settings, runner)
