"""Our own broker: starts, is found dead, comes back, and never outlives us."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.errors import BrokerError, BusError
from contract.mqtt import MqttBus, MqttSettings
from treadwear import broker as broker_module
from treadwear.broker import Broker, start_broker

WAIT_S = 10.0
KINDS = [pytest.param("mosquitto", marks=pytest.mark.services), "amqtt"]
mosquitto_only = pytest.mark.services


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, require: Callable[..., str]) -> str:
    """Give each kind of broker."""
    if request.param == "mosquitto":
        require("mosquitto")
    return str(request.param)


@pytest.fixture
def broker(kind: str, tmp_path: Path) -> Iterator[Broker]:
    """Yield a running broker of each kind, in a directory with a space in its name."""
    with start_broker(tmp_path / "a run", prefer=kind) as broker:
        yield broker


@pytest.fixture
def mosquitto(tmp_path: Path, require: Callable[..., str]) -> Iterator[Broker]:
    """Yield a running mosquitto."""
    require("mosquitto")
    with start_broker(tmp_path, prefer="mosquitto") as broker:
        yield broker


def join(broker: Broker, client_id: str = "client") -> MqttBus:
    return MqttBus(MqttSettings(client_id=client_id, port=broker.port))


def wait_until(is_true: Callable[[], bool]) -> None:
    """Look every 10 ms; for what tells nobody when it happens."""
    for _ in range(int(WAIT_S / 0.01)):
        if is_true():
            return
        time.sleep(0.01)
    pytest.fail("it never happened")


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


def test_a_broker_takes_clients_until_it_is_stopped(broker: Broker, kind: str) -> None:
    assert broker.kind == kind
    assert broker.host == "127.0.0.1"
    assert broker.is_alive
    assert (broker.pid is None) == (kind == "amqtt")
    with join(broker) as bus:
        assert bus.is_connected
    broker.stop()
    broker.stop()
    assert not broker.is_alive
    assert not is_listening(broker.port)


def test_a_broker_listens_on_loopback_only(broker: Broker) -> None:
    # 127.0.0.2 is this machine too, but reached only by listeners on all addresses.
    with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
        socket.create_connection(("127.0.0.2", broker.port), 1.0)


def test_two_brokers_live_side_by_side(kind: str, tmp_path: Path) -> None:
    with (
        start_broker(tmp_path / "one", prefer=kind) as one,
        start_broker(tmp_path / "two", prefer=kind) as two,
    ):
        assert one.port != two.port
        with join(one), join(two):
            assert one.is_alive
            assert two.is_alive


def test_a_broker_can_be_told_its_port(kind: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with start_broker(tmp_path, port, prefer=kind) as broker, join(broker):
        assert broker.port == port


@pytest.mark.parametrize("prefer", [*KINDS, "auto"])
def test_a_taken_port_is_said_clearly(
    prefer: str, tmp_path: Path, require: Callable[..., str]
) -> None:
    if prefer == "mosquitto":
        require("mosquitto")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BrokerError, match=f"on port {port} because another"):
            start_broker(tmp_path, port, prefer=prefer)


def test_a_broker_comes_back_on_its_port(broker: Broker) -> None:
    port = broker.port
    broker.kill()
    assert not broker.is_alive
    broker.restart()
    assert broker.is_alive
    assert broker.port == port
    with join(broker) as bus:
        assert bus.is_connected


def test_a_restart_needs_no_stop_before(broker: Broker) -> None:
    with join(broker) as bus:
        again = threading.Event()
        bus.on_connect(again.set)
        again.clear()
        broker.restart()
        assert again.wait(WAIT_S)


@mosquitto_only
def test_auto_takes_mosquitto_where_there_is_one(
    tmp_path: Path, require: Callable[..., str]
) -> None:
    require("mosquitto")
    with start_broker(tmp_path) as broker:
        assert broker.kind == "mosquitto"


def test_auto_takes_amqtt_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(broker_module, "_SBIN", str(tmp_path))
    with start_broker(tmp_path / "data") as broker, join(broker):
        assert broker.kind == "amqtt"
    with pytest.raises(BrokerError, match="apt-get install mosquitto"):
        start_broker(tmp_path / "data", prefer="mosquitto")


def test_auto_takes_amqtt_where_mosquitto_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "mosquitto"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with start_broker(tmp_path / "data") as broker, join(broker):
        assert broker.kind == "amqtt"
    assert "mosquitto did not start because it ended without a word" in caplog.text
    with pytest.raises(BrokerError, match="mosquitto did not start"):
        start_broker(tmp_path / "data", prefer="mosquitto")


def test_a_directory_that_cannot_be_used_is_said_clearly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BrokerError, match="cannot use the directory"):
        start_broker(tmp_path / "file" / "data")


@mosquitto_only
def test_the_death_of_mosquitto_is_noticed(mosquitto: Broker) -> None:
    assert mosquitto.pid is not None
    os.kill(mosquitto.pid, signal.SIGKILL)
    wait_until(lambda: not mosquitto.is_alive)
    mosquitto.restart()
    assert mosquitto.is_alive


@mosquitto_only
def test_mosquitto_keeps_what_is_retained_over_an_orderly_restart(
    mosquitto: Broker,
) -> None:
    with join(mosquitto) as bus:
        bus.publish("run/meta", b"kept", retain=True)
    mosquitto.restart()
    heard: list[bytes] = []
    news = threading.Event()

    def hear(_topic: str, payload: bytes) -> None:
        heard.append(payload)
        news.set()

    with join(mosquitto) as bus:
        bus.subscribe("run/meta", hear)
        assert news.wait(WAIT_S)
    assert heard == [b"kept"]


@mosquitto_only
def test_mosquitto_does_not_drop_a_burst_for_a_slow_listener(
    mosquitto: Broker,
) -> None:
    # With its default of 1000 queued messages mosquitto silently loses the rest.
    n = 3000
    heard: list[bytes] = []
    hold, done = threading.Event(), threading.Event()

    def hear(_topic: str, payload: bytes) -> None:
        hold.wait(WAIT_S)
        heard.append(payload)
        if len(heard) == n:
            done.set()

    with join(mosquitto, "listener") as listener, join(mosquitto, "sender") as sender:
        listener.subscribe("run", hear)
        for i in range(n):
            publish_patiently(sender, b"%d" % i)
        hold.set()
        assert done.wait(WAIT_S), len(heard)
    assert heard == [b"%d" % i for i in range(n)]


def publish_patiently(bus: MqttBus, payload: bytes) -> None:
    def is_sent() -> bool:
        try:
            bus.publish("run", payload)
        except BusError:  # full: the broker is not so quick
            return False
        return True

    wait_until(is_sent)


PROGRAM = """
import sys, time
from pathlib import Path
from treadwear.broker import start_broker
broker = start_broker(Path(sys.argv[1]), prefer=sys.argv[2])
sys.stdout.write(f"{broker.port}\\n")
sys.stdout.flush()
if sys.argv[3] == "wait":
    time.sleep(60)
"""


def start_program(data_dir: Path, kind: str, then: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, data_dir, kind, then],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def test_a_program_that_forgets_its_broker_ends_quietly(
    kind: str, tmp_path: Path
) -> None:
    with start_program(tmp_path, kind, "end") as program:
        out, errors = program.communicate(timeout=60)
    assert program.returncode == 0
    assert errors == ""
    wait_until(lambda: not is_listening(int(out)))


@mosquitto_only
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_mosquitto_dies_with_the_program_that_started_it(
    how: signal.Signals, tmp_path: Path, require: Callable[..., str]
) -> None:
    require("mosquitto")
    with start_program(tmp_path, "mosquitto", "wait") as program:
        assert program.stdout is not None
        port = int(program.stdout.readline())
        assert is_listening(port)
        program.send_signal(how)
        program.communicate(timeout=60)
    wait_until(lambda: not is_listening(port))
