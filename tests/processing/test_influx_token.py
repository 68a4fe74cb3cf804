"""The files that InfluxDB is reached with: a missing one is named, not passed over."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.server.influxd import Influxd, Shim
from processing.store.forwarder import Forwarder, Pace
from processing.store.influx import InfluxServer, InfluxSettings
from processing.store.influx_faults import InfluxRefusedError
from processing.store.sqlite import SqliteStore
from tests.influxd import points_at, points_in, server_at, step

NOWHERE = "http://127.0.0.1:9"


def why_refused(**others: Path | str) -> str:
    """What is said without asking anybody: nobody listens there."""
    with pytest.raises(InfluxRefusedError) as caught:
        InfluxServer(InfluxSettings(url=NOWHERE, **others))
    return str(caught.value)


def test_a_token_file_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    path = tmp_path / "writer"
    for text, why in ((None, "no such file"), ("", "empty"), (" \n", "empty")):
        if text is not None:
            path.write_text(text)
        told = why_refused(token_file=path)
        assert str(path) in told
        assert why in told
        assert "influx_token_file" in told


def test_a_token_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "writer"
    path.write_bytes(b"\xff\xfe")
    assert "cannot be read as text" in why_refused(token_file=path)
    assert str(tmp_path) in why_refused(token_file=tmp_path)


def test_a_token_that_was_given_does_without_its_file(tmp_path: Path) -> None:
    wanted = InfluxSettings(url=NOWHERE, token="t", token_file=tmp_path / "none")  # noqa: S106 - of nobody
    InfluxServer(wanted).close()


def test_no_token_at_all_is_for_influxdb_to_judge() -> None:
    InfluxServer(InfluxSettings(url=NOWHERE)).close()


def test_an_authority_that_is_missing_or_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ca.crt"
    assert "no such file" in why_refused(ca_file=path)
    path.write_text("hello")
    told = why_refused(ca_file=path)
    assert f"{path} is no certificate" in told
    assert "influx_ca" in told


@pytest.fixture
def there(
    require: Callable[..., str], tmp_path: Path
) -> Iterator[tuple[Influxd, Shim]]:
    require("influxd")
    with server_at(tmp_path / "influxd") as found:
        yield found


@pytest.mark.services
def test_rows_wait_for_a_token_file_and_go_once_it_is_there(
    there: tuple[Influxd, Shim], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    influxd, shim = there
    shim.faults.token = "the right one"  # noqa: S105 - of a server that ends with us
    path, token_file = tmp_path / "treadwear.db", tmp_path / "writer"
    wanted = InfluxSettings(url=shim.url, token_file=token_file)
    forwarder = Forwarder(path, wanted, 2**20, Pace(gather_s=0.01))
    with SqliteStore.open(path) as store:
        store.feed(is_on=True)
        store.write([step(n) for n in range(20)])
        forwarder.start()
        try:
            _wait_until(lambda: store.backlog().influx.startswith("refused"))
            assert str(token_file) in store.backlog().influx
            assert store.backlog().rows == 20
            token_file.write_text("the right one\n")
            _wait_until(lambda: not store.backlog().rows)
        finally:
            forwarder.stop()
    assert points_at(influxd.url) == points_in(path)
    told = [r.getMessage() for r in caplog.records if str(token_file) in r.getMessage()]
    assert len(told) == 1


def _wait_until(is_true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if is_true():
            return
        time.sleep(0.01)
    pytest.fail("it never happened")
