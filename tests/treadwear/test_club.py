"""A laptop that only collects for a club's server: whose runs, and what it says."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from collector.service import CollectorService
from collector.simulated.source import simulated_run
from collector.simulated.traits import draw_runner
from collector.spool import Spool, StreamKey
from contract.errors import TreadwearError, UsageError
from contract.messages import SessionMeta
from contract.model import Slot
from contract.mqtt import MqttBus, MqttSettings
from tests.treadwear.spoken import Capture, refused, said
from treadwear import waiting
from treadwear.broker import start_broker
from treadwear.club import check_sender
from treadwear.commands.leftovers import finish_leftovers, tell_leftovers
from treadwear.settings import Settings, load_settings
from treadwear.spools import opened_spool, sending_leftovers


@pytest.fixture
def laptop(
    no_settings_from_outside: None, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """Ana's laptop; the server is away unless a test starts a broker."""
    del no_settings_from_outside  # before ours are set
    monkeypatch.setenv("TREADWEAR_ANALYSED_HERE", "false")
    monkeypatch.setenv("TREADWEAR_BROKER_HOST", "127.0.0.1")
    monkeypatch.setenv("TREADWEAR_BROKER_PORT", "1")
    monkeypatch.setenv("TREADWEAR_BROKER_USERNAME", "ana")
    return monkeypatch


@pytest.fixture
def broker_port(
    laptop: pytest.MonkeyPatch, require: Callable[..., str], tmp_path: Path
) -> Iterator[int]:
    """Port of a broker that takes everything, and nobody behind it."""
    require("mosquitto")
    with start_broker(tmp_path / "broker", prefer="mosquitto") as broker:
        laptop.setenv("TREADWEAR_BROKER_PORT", str(broker.port))
        yield broker.port


def leave(settings: Settings, runner: str, session: str) -> Path:
    """Leave a run in a spool, as a killed process does."""
    path = settings.spools_dir / f"spool-{session}-0.db"
    spool = Spool(path)
    spool.put_meta(SessionMeta(runner=runner, session=session, origin_ns=0))
    stream = StreamKey(runner, session, Slot.LEFT)
    spool.next_epoch(stream)
    source = simulated_run(draw_runner(1), 0, 3.0, 1)[Slot.LEFT]
    spool.append((stream, batch) for batch in source.batches())
    spool.close()
    return path


@pytest.mark.usefixtures("laptop")
def test_a_run_of_another_runner_is_refused_before_it_begins(
    data: str, capsys: Capture
) -> None:
    words = ["run", "--runner", "ben", "--virtual", "runner", "--data", data]
    told = " ".join(refused(capsys, 2, *words).split())
    assert "would not store a run of ben" in told
    assert "broker_username is ana" in told
    assert "Set broker_username to ben" in told
    assert "one directory per runner" in told


@pytest.mark.parametrize("user", ["ana", "sim", None])
def test_one_who_may_send_is_let_through(
    laptop: pytest.MonkeyPatch, data: str, user: str | None
) -> None:
    if user is None:
        laptop.delenv("TREADWEAR_BROKER_USERNAME")
    else:
        laptop.setenv("TREADWEAR_BROKER_USERNAME", user)
    check_sender(load_settings(data_dir=data), "ana")


def test_where_runs_are_analysed_here_every_runner_is_taken(
    laptop: pytest.MonkeyPatch, data: str
) -> None:
    with pytest.raises(UsageError):
        check_sender(load_settings(data_dir=data), "ben")
    laptop.setenv("TREADWEAR_ANALYSED_HERE", "true")
    check_sender(load_settings(data_dir=data), "ben")


@pytest.mark.usefixtures("laptop")
def test_what_is_left_of_another_runner_is_kept_and_not_waited_for(
    data: str, capsys: Capture
) -> None:
    settings = load_settings(data_dir=data)
    path = leave(settings, "ben", "s7")

    def no_bus() -> MqttBus:
        raise AssertionError("nothing is sent")

    with sending_leftovers(settings, no_bus) as rest:
        tell_leftovers(rest)
        finish_leftovers(settings, rest)
    told = capsys.readouterr().err
    assert told.startswith("s7 stays here: it is of ben")
    assert "takes only runs of ana" in told
    assert "Sending" not in told
    spool = Spool(path)
    assert spool.held_frames > 0
    spool.close()


@pytest.mark.services
def test_what_is_left_of_her_own_is_sent(
    broker_port: int, data: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("treadwear.spools._PATIENCE_S", 0.2)
    settings = load_settings(data_dir=data)
    leave(settings, "ana", "s7")
    leave(settings, "ben", "s8")
    names = iter(("one", "two"))

    def bus() -> MqttBus:
        return MqttBus(MqttSettings(client_id=next(names), port=broker_port))

    with sending_leftovers(settings, bus) as rest:
        tell_leftovers(rest)
        finish_leftovers(settings, rest)
    told = capsys.readouterr().err
    assert "Sending what an earlier process left of 1 unfinished run: s7" in told
    assert "s8 stays here" in told


@pytest.mark.services
@pytest.mark.parametrize(
    ("analysed_here", "says"),
    [
        ("false", ("known to be stored", "does not let this user", "sent next time")),
        ("true", ("not analysed yet", "processing is away", "treadwear up")),
    ],
)
def test_a_run_of_which_nothing_is_heard_is_safe_and_says_why(
    broker_port: int,
    laptop: pytest.MonkeyPatch,
    data: str,
    analysed_here: str,
    says: tuple[str, str, str],
) -> None:
    laptop.setattr(waiting, "_QUIET_S", 0.2)
    laptop.setenv("TREADWEAR_ANALYSED_HERE", analysed_here)
    settings = load_settings(data_dir=data)
    what, why, next_step = says
    with (
        opened_spool(settings, leave(settings, "ana", "s7")) as spool,
        MqttBus(MqttSettings(client_id="laptop", port=broker_port)) as bus,
        CollectorService(bus, spool, speed=None) as collector,
        pytest.raises(TreadwearError, match=what) as caught,
    ):
        waiting.wait_until_stored(settings, collector)
    assert why in caught.value.why
    assert next_step in caught.value.next_step


@pytest.mark.usefixtures("laptop")
def test_the_list_of_runs_says_that_they_are_at_the_server(
    data: str, capsys: Capture
) -> None:
    code, out, _ = said(capsys, "sessions", "--data", data)
    assert code == 0
    assert "at 127.0.0.1:1" in out
    assert "demo" not in out
    assert json.loads(said(capsys, "sessions", "--json", "--data", data)[1]) == []


@pytest.mark.usefixtures("laptop")
def test_doctor_asks_for_no_influxdb_there(data: str, capsys: Capture) -> None:
    _, out, _ = said(capsys, "doctor", "--json", "--data", data)
    found = next(f for f in json.loads(out) if f["name"] == "influxdb")
    assert found["is_ok"]
    assert found["text"].startswith("not needed here")
