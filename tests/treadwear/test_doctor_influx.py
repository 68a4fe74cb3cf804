"""What doctor says of InfluxDB: not set, away, a wrong token, all well."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.server.influxd import Shim
from tests.influxd import server_at
from tests.treadwear.spoken import Capture
from treadwear.cli import run

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")


def influxdb(capsys: Capture, data: str) -> dict[str, object]:
    run(["doctor", "--json", "--data", data])
    found = json.loads(capsys.readouterr().out)
    return next(f for f in found if f["name"] == "influxdb")


@pytest.fixture(scope="module")
def door(
    require: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shim]:
    require("influxd")
    with server_at(tmp_path_factory.mktemp("influx")) as (_, shim):
        yield shim


def test_without_influxdb_nothing_is_broken(capsys: Capture, data: str) -> None:
    told = influxdb(capsys, data)
    assert told["is_ok"]
    assert "none is set" in str(told["text"])


def test_one_that_is_away_is_said_to_be(
    capsys: Capture, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TREADWEAR_INFLUX_URL", "http://127.0.0.1:1")
    told = influxdb(capsys, data)
    assert not told["is_ok"]
    assert told["is_needed"]
    assert "cannot be reached" in str(told["text"])


def test_a_token_file_that_is_missing_or_empty_is_named(
    capsys: Capture, data: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    monkeypatch.setenv("TREADWEAR_INFLUX_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("TREADWEAR_INFLUX_TOKEN_FILE", str(token))
    for why in ("no such file", "empty"):
        told = influxdb(capsys, data)
        assert not told["is_ok"]
        assert str(token) in str(told["text"])
        assert why in str(told["text"])
        token.write_text("")


@pytest.mark.services
def test_the_token_is_tried_too(
    capsys: Capture,
    data: str,
    door: Shim,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    door.faults.token = "the right one"  # noqa: S105 - of a server that ends with us
    token = tmp_path / "token"
    monkeypatch.setenv("TREADWEAR_INFLUX_URL", door.url)
    monkeypatch.setenv("TREADWEAR_INFLUX_TOKEN_FILE", str(token))
    token.write_text("not the right one\n")
    told = influxdb(capsys, data)
    assert not told["is_ok"]
    assert "does not let treadwear in" in str(told["text"])
    token.write_text("the right one\n")
    told = influxdb(capsys, data)
    assert told["is_ok"]
    assert "1.6.7" in str(told["text"])
