import dataclasses
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from benchmarks.server.influxd import Influxd, Shim
from contract.errors import StoreError
from processing.store.base import Backlog
from processing.store.database import Turn
from processing.store.forwarder import Forwarder, Pace
from processing.store.sqlite import SqliteStore
from tests.influxd import points_at, points_in, server_at, settings_for, step
from tests.patience import wait_until

QUICK = Pace(
    gather_s=0.01, least_wait_s=0.01, most_wait_s=0.05, look_again_s=0.05, goodbye_s=5.0
)
NOBODY = settings_for("http://127.0.0.1:9", timeout_s=0.2)


@pytest.fixture
def there(
    require: Callable[..., str], tmp_path: Path
) -> Iterator[tuple[Influxd, Shim]]:
    require("influxd")
    with server_at(tmp_path / "influxd") as both:
        yield both


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "treadwear.db"


@contextmanager
def running(forwarder: Forwarder) -> Iterator[Forwarder]:
    forwarder.start()
    try:
        yield forwarder
    finally:
        forwarder.stop()


def test_from_its_start_all_that_changes_waits_for_influxdb(path: Path) -> None:
    with SqliteStore.open(path) as store:
        store.write([step(0)])
        with running(Forwarder(path, NOBODY, 10**6, pace=QUICK)) as forwarder:
            store.write([step(1)])
            wait_until(lambda: forwarder.backlog().influx.startswith("retrying"))
        assert store.backlog().rows == 1
        store.write([step(2)])
        assert store.backlog().rows == 2  # it is remembered, also without a forwarder


def test_a_database_that_cannot_be_opened_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a directory")
    forwarder = Forwarder(tmp_path / "taken" / "treadwear.db", NOBODY, 10**6)
    with pytest.raises(StoreError):
        forwarder.start()
    forwarder.stop()
    assert forwarder.backlog() == Backlog()


def test_a_wrong_address_is_said_and_costs_nothing(path: Path) -> None:
    wrong = settings_for("influx:8086")
    with SqliteStore.open(path) as store:
        with running(Forwarder(path, wrong, 10**6, pace=QUICK)) as forwarder:
            store.write([step(0)])
            wait_until(lambda: forwarder.backlog().influx.startswith("refused"))
        assert "no address of an InfluxDB" in store.backlog().influx
        assert store.backlog().rows == 1


def test_waits_grow_within_bounds_and_are_not_in_step(path: Path) -> None:
    pace = Pace(least_wait_s=1.0, most_wait_s=60.0)
    forwarders = [Forwarder(path, NOBODY, 10**6, pace=pace) for _ in range(20)]
    waits = [
        [forwarder._backoff_s(None) for _ in range(40)] for forwarder in forwarders
    ]
    for each in waits:
        assert 0.5 <= each[0] <= 1.0
        assert 1.0 <= each[1] <= 2.0
        assert 16.0 <= each[5] <= 32.0
        assert all(30.0 <= wait_s <= 60.0 for wait_s in each[6:])
    assert len({each[0] for each in waits}) > 10


def test_influxdb_says_how_long_it_wants_to_be_left_alone(path: Path) -> None:
    forwarder = Forwarder(path, NOBODY, 10**6)
    assert forwarder._backoff_s(300.0) == 300.0
    assert forwarder._backoff_s(10.0**9) == 3600.0
    assert forwarder._backoff_s(0.0) > 0.0


@pytest.mark.services
def test_many_small_writes_become_few_messages(
    path: Path, there: tuple[Influxd, Shim]
) -> None:
    influxd, shim = there
    influxd.stop()
    wanted = settings_for(shim.url)
    with SqliteStore.open(path) as store:
        with running(Forwarder(path, wanted, 10**7, pace=QUICK)) as forwarder:
            for n in range(300):
                store.write([step(n)])
            influxd.start()
            wait_until(lambda: forwarder.backlog().rows == 0)
        assert len(points_at(influxd.url)) == 300
    assert shim.writes == [204]


@pytest.mark.services
def test_what_is_young_is_sent_before_it_ends(
    path: Path, there: tuple[Influxd, Shim]
) -> None:
    influxd, shim = there
    patient = dataclasses.replace(QUICK, gather_s=3600.0)
    with SqliteStore.open(path) as store:
        forwarder = Forwarder(path, settings_for(shim.url), 10**7, pace=patient)
        with running(forwarder):
            wait_until(lambda: forwarder.backlog().influx == "ok")
            store.write([step(n) for n in range(10)])
    assert points_at(influxd.url) == points_in(path)
    assert forwarder.backlog() == Backlog(influx="ok")


@pytest.mark.services
def test_it_knows_that_influxdb_is_away_also_while_nothing_waits(
    path: Path, there: tuple[Influxd, Shim]
) -> None:
    influxd, shim = there
    with running(
        Forwarder(path, settings_for(shim.url), 10**7, pace=QUICK)
    ) as forwarder:
        wait_until(lambda: forwarder.backlog().influx == "ok")
        influxd.stop()
        wait_until(lambda: forwarder.backlog().influx.startswith("retrying"))
        influxd.start()
        wait_until(lambda: forwarder.backlog().influx == "ok")


@pytest.mark.services
def test_what_was_left_is_sent_by_the_next_one(
    path: Path, there: tuple[Influxd, Shim]
) -> None:
    influxd, shim = there
    wanted = settings_for(shim.url)
    influxd.stop()
    with SqliteStore.open(path) as store:
        with running(Forwarder(path, wanted, 10**7, pace=QUICK)):
            store.write([step(n) for n in range(10)])
        assert store.backlog().rows == 10
    influxd.start()
    with running(Forwarder(path, wanted, 10**7, pace=QUICK)) as forwarder:
        wait_until(lambda: forwarder.backlog().rows == 0)
    assert points_at(influxd.url) == points_in(path)


@pytest.mark.services
def test_who_has_not_the_turn_sends_nothing_not_even_at_the_end(
    path: Path, there: tuple[Influxd, Shim]
) -> None:
    _, shim = there
    other = Turn(path)
    with SqliteStore.open(path) as store:
        assert other.take()
        with running(Forwarder(path, settings_for(shim.url), 10**7, pace=QUICK)):
            store.write([step(n) for n in range(10)])
        assert store.backlog().rows == 10
        other.end()
    assert shim.came == 0


@pytest.mark.services
def test_a_database_that_takes_nothing_for_a_while_costs_no_row(
    path: Path, there: tuple[Influxd, Shim], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot take out what it sent, so it sends it again: each row is there once."""
    influxd, shim = there
    shim.faults.hangs_up = True
    monkeypatch.setattr("processing.store.sqlite._BUSY_S", 0.01)
    with running(
        Forwarder(path, settings_for(shim.url), 10**7, pace=QUICK)
    ) as forwarder:
        with SqliteStore.open(path) as store:
            store.write([step(n) for n in range(10)])
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            shim.faults.hangs_up = False
            wait_until(lambda: len(shim.writes) > 2)
        wait_until(lambda: forwarder.backlog().rows == 0)
    assert points_at(influxd.url) == points_in(path)


@pytest.mark.services
def test_writing_goes_on_while_an_answer_is_waited_for(
    path: Path, there: tuple[Influxd, Shim]
) -> None:
    influxd, shim = there
    forwarder = Forwarder(path, settings_for(shim.url), 10**7, pace=QUICK)
    gate = threading.Event()
    with running(forwarder), SqliteStore.open(path) as store:
        wait_until(lambda: forwarder.backlog().influx == "ok")
        shim.faults.gate = gate
        for n in range(30):
            store.write([step(n)])
        assert shim.writes == []
        assert forwarder.backlog().rows == 30
        gate.set()
        wait_until(lambda: forwarder.backlog().rows == 0)
    assert points_at(influxd.url) == points_in(path)
