"""A whole run through the live loop, and what InfluxDB has of it in the end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.server.influxd import Influxd, Shim
from contract.schema import MEASUREMENTS
from processing.offline import reprocess
from processing.store.forwarder import Forwarder, Pace
from processing.store.sqlite import SqliteStore
from tests.influxd import points_at, points_in, server_at, settings_for
from tests.patience import wait_until
from tests.processing.live_loop import LiveLoop

pytestmark = pytest.mark.services

QUICK = Pace(gather_s=0.01, least_wait_s=0.01, most_wait_s=0.05, look_again_s=0.05)


@pytest.fixture
def there(
    require: Callable[..., str], tmp_path: Path
) -> Iterator[tuple[Influxd, Shim]]:
    require("influxd")
    with server_at(tmp_path / "influxd") as both:
        yield both


@pytest.mark.parametrize("is_away", [False, True])
def test_influxdb_has_the_run_as_the_database_has_it_also_after_reprocessing(
    loop: LiveLoop, there: tuple[Influxd, Shim], is_away: bool
) -> None:
    influxd, shim = there
    if is_away:
        influxd.stop()
    forwarder = Forwarder(loop.path, settings_for(shim.url), 10**8, pace=QUICK)
    forwarder.start()
    try:
        with loop.processing():
            loop.tell(loop.run.meta)
            loop.send(loop.frames)
            loop.tell(loop.end())
            loop.wait_until_closed()
        if is_away:
            influxd.start()
        wait_until(lambda: forwarder.backlog().size_bytes == 0)
        held = points_at(influxd.url, MEASUREMENTS)
        assert held == points_in(loop.path)
        assert sum(name == "step" for name, _, _ in held) > 50
        with SqliteStore.open(loop.path) as store:
            reprocess(store, "s1")
        wait_until(lambda: forwarder.backlog().size_bytes == 0)
    finally:
        forwarder.stop()
    assert points_at(influxd.url, MEASUREMENTS) == points_in(loop.path)
    assert forwarder.backlog().refused_rows == 0
