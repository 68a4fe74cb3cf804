"""Processes that are killed while they send, and several that write at once."""

import os
import random
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.server.influxd import Influxd, Shim
from contract.rows import StepRow
from processing.store.forwarder import Forwarder
from processing.store.sqlite import SqliteStore
from tests.influxd import points_at, points_in, server_at, settings_for, step
from tests.patience import wait_until
from tests.processing.test_forwarder import QUICK
from tests.processing.test_influx_faults import MOST_BYTES, is_empty, run_of

pytestmark = pytest.mark.services

ROOT = Path(__file__).resolve().parents[2]
SENDER = """
    import sys, time
    from pathlib import Path
    from processing.store.forwarder import Forwarder
    from processing.store.influx import InfluxSettings

    settings = InfluxSettings(url=sys.argv[2], token="secret")
    Forwarder(Path(sys.argv[1]), settings, 10**7).start()
    time.sleep(60)
"""
WRITER = """
    import random, sys
    from pathlib import Path
    from processing.store.sqlite import SqliteStore
    from tests.influxd import step

    chance = random.Random(int(sys.argv[2]))
    with SqliteStore.open(Path(sys.argv[1])) as store:
        for _ in range(40):
            session = chance.choice(["s1", "s2"])
            match chance.randrange(6):
                case 0:
                    store.clear_rows(session)
                case 1:
                    store.send_again([session])
                case _:
                    angle = chance.choice([None, 4.0])
                    numbers = [chance.randrange(200) for _ in range(20)]
                    store.write(
                        [
                            step(n, session=session, strike_angle_deg=angle)
                            for n in numbers
                        ]
                    )
"""


@pytest.fixture
def there(
    require: Callable[..., str], tmp_path: Path
) -> Iterator[tuple[Influxd, Shim]]:
    require("influxd")
    with server_at(tmp_path / "influxd") as both:
        yield both


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "treadwear.db"
    with SqliteStore.open(path) as store:
        store.feed(is_on=True)
        run_of(store)
    return path


@contextmanager
def process(script: str, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", textwrap.dedent(script), *words]
    places = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": places}
    with subprocess.Popen(command, env=environment, cwd=ROOT) as child:
        try:
            yield child
        finally:
            child.kill()


def waiting(path: Path) -> int:
    with SqliteStore.open(path, read_only=True) as store:
        return store.backlog().size_bytes


def sent_by_the_next(path: Path, shim: Shim) -> None:
    forwarder = Forwarder(path, settings_for(shim.url), MOST_BYTES, pace=QUICK)
    forwarder.start()
    try:
        wait_until(lambda: is_empty(forwarder))
    finally:
        forwarder.stop()


def test_killed_after_influxdb_stored_it_and_before_it_was_taken_out(
    path: Path, there: tuple[Influxd, Shim]
) -> None:
    influxd, shim = there
    shim.faults.loses_answers, shim.faults.times = True, 10**6
    with process(SENDER, str(path), shim.url) as child:
        wait_until(lambda: points_at(influxd.url) != {})
        child.kill()
    assert waiting(path) > 0
    shim.faults.loses_answers = False

    sent_by_the_next(path, shim)

    assert points_at(influxd.url) == points_in(path)
    with SqliteStore.open(path, read_only=True) as store:
        assert len(store.rows(StepRow, "s1")) == 40


def test_killed_in_the_middle_of_a_session_that_is_sent_whole(
    path: Path, there: tuple[Influxd, Shim]
) -> None:
    """What InfluxDB had of it is deleted already, its rows are not yet there."""
    influxd, shim = there
    sent_by_the_next(path, shim)
    with SqliteStore.open(path) as store:
        store.send_again(["s1"])
    shim.faults.gate = threading.Event()
    came_before = shim.came
    with process(SENDER, str(path), shim.url) as child:
        wait_until(lambda: shim.came > came_before)
        assert points_at(influxd.url) == {}
        with SqliteStore.open(path) as store:
            store.write([step(50), step(7, flight_time_s=None)])
        child.kill()
    on_their_way = len(shim.writes) + shim.came - came_before
    shim.faults.gate.set()
    wait_until(lambda: len(shim.writes) >= on_their_way)
    shim.faults.gate = None

    sent_by_the_next(path, shim)

    assert points_at(influxd.url) == points_in(path)


def test_several_processes_write_at_once_and_none_undoes_what_another_queued(
    path: Path, there: tuple[Influxd, Shim]
) -> None:
    """The processing, reprocess and backfill; of two senders one has the turn."""
    influxd, shim = there
    seed = random.randrange(10**6)  # noqa: S311 - no secret
    with (
        process(WRITER, str(path), str(seed)) as one,
        process(WRITER, str(path), str(seed + 1)) as two,
        process(WRITER, str(path), str(seed + 2)) as three,
        process(SENDER, str(path), shim.url),
    ):
        sent_by_the_next(path, shim)
        assert [child.wait(60) for child in (one, two, three)] == [0, 0, 0], seed
        wait_until(lambda: waiting(path) == 0)

    assert points_at(influxd.url) == points_in(path), seed
