"""Everything that can go wrong between the outbox and a real InfluxDB.

After each fault InfluxDB must hold what the run database holds: nothing missing,
nothing twice, nothing stale.
"""

import dataclasses
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.server.influxd import Influxd, Shim
from contract.rows import BalanceRow, StepRow
from contract.schema import MEASUREMENTS
from processing.store.base import Backlog
from processing.store.forwarder import Courier, Forwarder, Pace
from processing.store.influx import InfluxServer
from processing.store.influx_faults import InfluxAwayError
from processing.store.sqlite import SqliteStore
from tests.influxd import T0_NS, points_at, points_in, server_at, settings_for, step
from tests.patience import wait_until
from tests.processing.test_outbox import LIVE, SESSION, WEAR, balance

pytestmark = pytest.mark.services

QUICK = Pace(
    gather_s=0.01, least_wait_s=0.01, most_wait_s=0.05, look_again_s=0.05, goodbye_s=5.0
)
MOST_BYTES = 10_000_000


@pytest.fixture
def there(
    require: Callable[..., str], tmp_path: Path
) -> Iterator[tuple[Influxd, Shim]]:
    require("influxd")
    with server_at(tmp_path / "influxd") as both:
        yield both


@pytest.fixture
def influxd(there: tuple[Influxd, Shim]) -> Influxd:
    return there[0]


@pytest.fixture
def shim(there: tuple[Influxd, Shim]) -> Shim:
    return there[1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "treadwear.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(path) as store:
        store.feed(is_on=True)
        yield store


@contextmanager
def forwarding(
    path: Path,
    shim: Shim,
    most_bytes: int = MOST_BYTES,
    pace: Pace = QUICK,
    **settings: Any,  # noqa: ANN401 - settings of any kind
) -> Iterator[Forwarder]:
    wanted = settings_for(shim.url, **settings)
    forwarder = Forwarder(path, wanted, most_bytes, pace=pace)
    forwarder.start()
    try:
        yield forwarder
    finally:
        forwarder.stop()


def is_empty(forwarder: Forwarder) -> bool:
    told = forwarder.backlog()
    return (told.rows, told.size_bytes) == (0, 0)


def state_is(forwarder: Forwarder, word: str) -> bool:
    return forwarder.backlog().influx.startswith(word)


def run_of(store: SqliteStore, steps: int = 40) -> None:
    """Write a run as the live service does: a few steps at a time, then the end."""
    for n in range(0, steps, 2):
        store.write([step(n), step(n + 1), dataclasses.replace(SESSION, steps=n)])
        store.write([balance("contact_time_s", n // 10), WEAR])
    store.replace("s1", (BalanceRow,), [balance("contact_time_s", 0), SESSION])


def test_all_rows_of_a_run_arrive_when_influxdb_was_away_for_all_of_it(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    influxd.stop()
    with forwarding(path, shim) as forwarder:
        run_of(store)
        wait_until(lambda: state_is(forwarder, "retrying: InfluxDB at"))
        assert forwarder.backlog().rows > 40
        influxd.start()
        wait_until(lambda: is_empty(forwarder))
    assert points_at(influxd.url) == points_in(path)
    assert len(store.rows(StepRow, "s1")) == 40


def test_influxdb_that_comes_and_goes_gets_each_row_once(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    with forwarding(path, shim) as forwarder:
        for n in range(6):
            shim.stop()
            store.write([step(10 * n + i) for i in range(10)])
            shim.start()
            shim.faults.loses_answers, shim.faults.times = True, 1 + n % 2
        wait_until(lambda: is_empty(forwarder))
    assert points_at(influxd.url) == points_in(path)


def test_what_was_sent_but_not_taken_out_is_sent_again_and_is_there_once(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    """Killed after InfluxDB stored it and before it was taken out of the queue."""
    run_of(store)
    with closing(InfluxServer(settings_for(shim.url))) as server:
        for entry in store.outbox.oldest(5000):
            server.write(entry.lines)
    with forwarding(path, shim) as forwarder:
        wait_until(lambda: is_empty(forwarder))
    assert points_at(influxd.url) == points_in(path)


def test_an_answer_that_never_comes_is_no_reason_to_send_anything_else(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    store.write([step(n) for n in range(20)])
    store.replace("s1", (StepRow,), [step(n) for n in range(5)])
    shim.faults.loses_answers, shim.faults.times = True, 2
    with closing(InfluxServer(settings_for(shim.url))) as server:
        courier = Courier(store, server)
        for _ in range(2):
            with pytest.raises(InfluxAwayError):
                courier.send_oldest()
        while courier.send_oldest():
            pass
    assert points_at(influxd.url) == points_in(path)
    assert shim.writes == [204, 204, 204, 204]


def test_a_rotated_token_is_said_aloud_and_nothing_is_lost(
    store: SqliteStore,
    path: Path,
    there: tuple[Influxd, Shim],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    influxd, shim = there
    file = tmp_path / "token"
    file.write_text("first")
    shim.faults.token = "second"  # noqa: S105 - of a server that is gone in a second
    seldom = dataclasses.replace(QUICK, look_again_s=3600.0)
    with forwarding(path, shim, pace=seldom, token_file=file) as forwarder:
        run_of(store)
        wait_until(lambda: state_is(forwarder, "refused"))
        told = forwarder.backlog()
        assert "does not let treadwear in" in told.influx
        assert told.rows > 40
        file.write_text("second")
        wait_until(lambda: is_empty(forwarder))
        wait_until(lambda: forwarder.backlog().influx == "ok")
    loud = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert len(loud) == 1
    assert "influx_token_file" in loud[0].getMessage()
    assert points_at(influxd.url) == points_in(path)


def test_a_bucket_that_is_made_later_gets_everything(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    run_of(store)
    with forwarding(path, shim, bucket="later") as forwarder:
        wait_until(lambda: state_is(forwarder, "refused"))
        assert "treadwear/later" in forwarder.backlog().influx
        influxd.ask('CREATE DATABASE "later"')
        wait_until(lambda: is_empty(forwarder))


def test_one_bad_line_is_set_aside_and_the_rest_goes_in(
    store: SqliteStore, path: Path, there: tuple[Influxd, Shim]
) -> None:
    influxd, shim = there
    store.write([step(n) for n in range(30)])
    bad = f"step,runner=ana,session=s1,side=left contact_time_s= {step(99).time_ns}"
    (entry,) = store.outbox.oldest(5000)
    spoiled = [*entry.lines[:11], bad, *entry.lines[11:]]
    with store.writing():
        sql = "UPDATE outbox SET payload = ?, rows = rows + 1"
        store._db.execute(sql, ("\n".join(spoiled),))
    with forwarding(path, shim) as forwarder:
        wait_until(lambda: store.outbox.oldest(1) == [])
        assert forwarder.backlog().refused_rows == 1
    ((line, why),) = store.outbox.refused()
    assert (line, "missing field value" in why) == (bad, True)
    assert points_at(influxd.url) == points_in(path)


def test_a_field_of_another_kind_in_influxdb_costs_these_lines_only(
    store: SqliteStore, path: Path, shim: Shim
) -> None:
    """Somebody wrote a word where a figure belongs."""
    with closing(InfluxServer(settings_for(shim.url))) as server:
        word = f'strike_angle_deg="flat" {T0_NS + 1}'
        server.write([f"step,runner=x,session=x,side=left {word}"])
        store.write([step(0), step(1, strike_angle_deg=3.0), step(2)])
        with forwarding(path, shim) as forwarder:
            wait_until(lambda: is_empty(forwarder))
            assert forwarder.backlog().refused_rows == 1
        (held,) = server.query('SELECT count("contact_time_s") FROM "step"')
    assert held.rows[0][1] == 2
    ((line, why),) = store.outbox.refused()
    assert "strike_angle_deg=3.0" in line
    assert "field type conflict" in why


def test_what_is_too_large_goes_in_parts_and_that_is_learned(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    shim.faults.most_bytes = 3000
    with closing(InfluxServer(settings_for(shim.url))) as server:
        courier = Courier(store, server)
        store.write([step(n) for n in range(100)])
        courier.send_oldest()
        assert {413, 204} == set(shim.writes)
        shim.writes.clear()
        store.write([step(n) for n in range(100, 200)])
        courier.send_oldest()
    assert set(shim.writes) == {204}
    assert points_at(influxd.url) == points_in(path)


def test_a_line_that_is_too_large_by_itself_is_set_aside(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    long = "word " * 2000
    store.write([step(0), step(1, strike_type=long), step(2)])
    shim.faults.most_bytes = 3000
    with forwarding(path, shim) as forwarder:
        wait_until(lambda: is_empty(forwarder))
        assert forwarder.backlog().refused_rows == 1
    assert len(points_at(influxd.url)) == 2


def test_slow_answers_stop_neither_the_writing_nor_the_rows(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    shim.faults.delay_s = 0.4
    with forwarding(path, shim, timeout_s=0.1) as forwarder:
        run_of(store)
        wait_until(lambda: "did not answer in time" in forwarder.backlog().influx)
        store.write([step(n) for n in range(40, 60)])
        assert forwarder.backlog().rows > 60
        shim.faults.delay_s = 0.0
        wait_until(lambda: is_empty(forwarder))
    assert points_at(influxd.url) == points_in(path)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_influxdb_without_time_gets_it_later(
    store: SqliteStore, path: Path, there: tuple[Influxd, Shim], status: int
) -> None:
    influxd, shim = there
    run_of(store)
    shim.faults.status, shim.faults.times = status, 3
    with forwarding(path, shim) as forwarder:
        wait_until(lambda: is_empty(forwarder))
    assert points_at(influxd.url) == points_in(path)


def test_a_full_outbox_loses_nothing_of_a_run(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    influxd.stop()
    with forwarding(path, shim, most_bytes=10_000) as forwarder:
        for n in range(150):
            store.write([step(2 * n), step(2 * n + 1)])
            store.write([step(n, session="s2", runner="ben")])
            store.announce([dataclasses.replace(LIVE, time_ns=LIVE.time_ns + n)])
            assert forwarder.backlog().size_bytes <= 10_000
        run_of(store)
        influxd.start()
        wait_until(lambda: is_empty(forwarder))
    held = points_at(influxd.url)
    shown_live = {point for point in held if point[0] == "live"}
    assert {p: f for p, f in held.items() if p not in shown_live} == points_in(path)
    assert len(shown_live) == 150 - store.outbox.state("given_up")


def test_a_reprocessed_run_with_fewer_steps_leaves_none_of_the_old(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    with forwarding(path, shim) as forwarder:
        run_of(store)
        wait_until(lambda: is_empty(forwarder))
        store.clear_rows("s1")
        store.write([step(n) for n in range(3, 20)] + [SESSION])
        wait_until(lambda: is_empty(forwarder))
    held = points_at(influxd.url)
    assert held == points_in(path)
    assert len(held) == 18


def test_a_renamed_shoe_has_one_point_under_its_new_name(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    with forwarding(path, shim) as forwarder:
        run_of(store)
        wait_until(lambda: is_empty(forwarder))
        new = "Ana's old, blue"
        store.write([dataclasses.replace(row, shoe=new) for row in (WEAR, SESSION)])
        wait_until(lambda: is_empty(forwarder))
    held = points_at(influxd.url, ["wear", "session"])
    assert [dict(tags)["shoe"] for _, _, tags in held] == [new, new]


def test_a_figure_that_was_taken_back_is_gone_there_too(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    with forwarding(path, shim) as forwarder:
        store.write([step(0, strike_angle_deg=5.0), step(1, strike_angle_deg=6.0)])
        wait_until(lambda: is_empty(forwarder))
        store.write([step(0, strike_angle_deg=None)])
        wait_until(lambda: is_empty(forwarder))
    assert points_at(influxd.url) == points_in(path)


def test_runs_from_before_influxdb_was_switched_on_come_when_they_are_asked_for(
    path: Path, influxd: Influxd, shim: Shim
) -> None:
    with SqliteStore.open(path) as store:
        run_of(store)
        assert store.backlog() == Backlog()
        with closing(InfluxServer(settings_for(shim.url))) as server:
            stale = "step,runner=ana,session=s1,side=left contact_time_s=9 1"
            server.write([stale])
        with forwarding(path, shim) as forwarder:
            store.write([step(0, session="s2")])
            wait_until(lambda: is_empty(forwarder))
            assert len(points_at(influxd.url)) == 2
            store.send_again(["s1"])
            wait_until(lambda: is_empty(forwarder))
    assert points_at(influxd.url) == points_in(path)


def test_a_server_that_cannot_delete_gets_the_rows_all_the_same(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    """InfluxDB 3 Core deletes nothing: that is told, and holds nothing up."""
    store.write([step(n) for n in range(10)])
    store.send_again(["s1"])
    shim.faults.status, shim.faults.times = 500, len(MEASUREMENTS)
    shim.faults.words = "This feature is not implemented: DELETE"
    with closing(InfluxServer(settings_for(shim.url))) as server:
        assert Courier(store, server).send_oldest() == 1
    assert len(store.outbox.refused()) == len(MEASUREMENTS)
    assert "delete step of {'session': 's1'}" in dict(store.outbox.refused())
    assert points_at(influxd.url) == points_in(path)


def test_a_run_that_goes_on_while_it_is_sent_whole_is_whole_in_the_end(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    store.write([step(n) for n in range(30)])
    store.send_again(["s1"])
    shim.faults.gate = threading.Event()
    with forwarding(path, shim) as forwarder:
        wait_until(lambda: shim.came > 0)  # the steps were read, and are on their way
        store.write([step(30), step(7, flight_time_s=None)])
        shim.faults.gate.set()
        wait_until(lambda: is_empty(forwarder))
    assert points_at(influxd.url) == points_in(path)


def test_two_who_forward_do_not_undo_each_others_work(
    store: SqliteStore, path: Path, influxd: Influxd, shim: Shim
) -> None:
    with forwarding(path, shim) as one, forwarding(path, shim) as other:
        for n in range(30):
            store.write([step(n), step(n + 1)])
            store.replace("s1", (StepRow,), [step(n + 1)])
        wait_until(lambda: is_empty(one) and is_empty(other))
    assert points_at(influxd.url) == points_in(path)
