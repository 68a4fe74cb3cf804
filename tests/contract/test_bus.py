"""One contract for three buses: in memory, over mosquitto, over amqtt."""

import gc
import itertools
import logging
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract import topics
from contract.bus import Bus, MemoryBus, fits
from contract.errors import BusError, TopicError
from contract.messages import Status, loads
from contract.mqtt import MqttBus, MqttSettings, explain
from treadwear.broker import Broker, start_broker

WAIT_S = 10.0


@dataclass
class Heard:
    """A handler that keeps what it hears, and can be waited for."""

    messages: list[tuple[str, bytes]] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, topic: str, payload: bytes) -> None:
        with self.news:
            self.messages.append((topic, payload))
            self.news.notify_all()

    def wait(self, is_enough: Callable[[list[tuple[str, bytes]]], bool]) -> None:
        with self.news:
            assert self.news.wait_for(lambda: is_enough(self.messages), WAIT_S), (
                f"heard only {self.messages[-5:]}"
            )

    def payloads(self, n: int) -> list[bytes]:
        self.wait(lambda messages: len(messages) >= n)
        return [payload for _, payload in self.messages]


NewBus = Callable[[str], Bus]


@pytest.fixture(params=[pytest.param("mosquitto", marks=pytest.mark.services), "amqtt"])
def broker(
    request: pytest.FixtureRequest, tmp_path: Path, require: Callable[..., str]
) -> Iterator[Broker]:
    """Yield a broker of each kind."""
    if request.param == "mosquitto":
        require("mosquitto")
    with start_broker(tmp_path / "broker", prefer=request.param) as broker:
        yield broker


def settings(broker: Broker, client_id: str) -> MqttSettings:
    return MqttSettings(client_id=client_id, host=broker.host, port=broker.port)


@pytest.fixture(
    params=["memory", pytest.param("mosquitto", marks=pytest.mark.services), "amqtt"]
)
def new_bus(
    request: pytest.FixtureRequest, tmp_path: Path, require: Callable[..., str]
) -> Iterator[NewBus]:
    """Yield a maker of clients of one and the same bus."""
    if request.param == "memory":
        shared = MemoryBus()
        yield lambda _client_id: shared
        shared.close()
        return
    if request.param == "mosquitto":
        require("mosquitto")
    buses: list[MqttBus] = []
    with start_broker(tmp_path, prefer=request.param) as broker:

        def make(client_id: str) -> Bus:
            buses.append(MqttBus(settings(broker, client_id)))
            return buses[-1]

        yield make
        for bus in buses:
            bus.close()


def wait_until_connected(bus: Bus) -> None:
    is_there = threading.Event()
    bus.on_connect(is_there.set)
    assert is_there.wait(WAIT_S)


# ---- what every bus does ----


def test_a_message_reaches_another_client(new_bus: NewBus) -> None:
    heard = Heard()
    new_bus("a").subscribe("run/left/imu", heard)
    new_bus("b").publish("run/left/imu", b"\x00frame")
    heard.wait(lambda messages: messages == [("run/left/imu", b"\x00frame")])


def test_wildcards_choose_what_is_delivered(new_bus: NewBus) -> None:
    bus, one, all_below = new_bus("a"), Heard(), Heard()
    bus.subscribe("run/+/imu", one)
    bus.subscribe("walk/#", all_below)
    for topic in ("run/left/ack", "walk/left", "run/imu", "run/hip/imu", "walk"):
        bus.publish(topic, topic.encode())
    assert set(all_below.payloads(2)) == {b"walk/left", b"walk"}
    assert one.payloads(1) == [b"run/hip/imu"]


def publish_retained(bus: Bus, *messages: tuple[str, bytes]) -> None:
    """Return when the broker has all of them, as the sender hears them itself."""
    echo = Heard()
    bus.subscribe("run/#", echo)
    for topic, payload in messages:
        bus.publish(topic, payload, retain=True)
    echo.wait(lambda heard: heard[-1:] == [messages[-1]])


def test_a_late_subscriber_gets_what_is_retained(new_bus: NewBus) -> None:
    publish_retained(new_bus("a"), ("run/meta", b"first"), ("run/meta", b"second"))
    heard = Heard()
    new_bus("b").subscribe("run/+", heard)
    assert set(heard.payloads(1)) == {b"second"}  # amqtt may say it twice


def test_an_empty_retained_message_clears_the_topic(new_bus: NewBus) -> None:
    publish_retained(
        new_bus("a"), ("run/old", b"x"), ("run/old", b""), ("run/new", b"y")
    )
    heard = Heard()
    new_bus("b").subscribe("run/#", heard)
    heard.wait(lambda messages: ("run/new", b"y") in messages)
    assert ("run/old", b"x") not in heard.messages


def test_messages_keep_their_order(new_bus: NewBus) -> None:
    heard = Heard()
    new_bus("a").subscribe("run/#", heard)
    sender = new_bus("b")
    sent = [b"%d" % i for i in range(500)]
    for payload in sent:
        sender.publish("run/left/imu", payload)
    assert heard.payloads(len(sent)) == sent


def test_a_large_payload_arrives_whole(new_bus: NewBus) -> None:
    heard = Heard()
    new_bus("a").subscribe("big", heard)
    payload = bytes(range(256)) * 4096
    new_bus("b").publish("big", payload)
    assert heard.payloads(1) == [payload]


def test_a_failing_handler_stops_nothing(
    new_bus: NewBus, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_topic: str, payload: bytes) -> None:
        raise ValueError(payload.decode())

    bus, heard = new_bus("a"), Heard()
    bus.subscribe("run", fail)
    bus.subscribe("run", heard)
    bus.publish("run", b"one")
    bus.publish("run", b"two")
    heard.wait(lambda messages: messages[-1:] == [("run", b"two")])
    assert "ValueError: one" in caplog.text


def test_a_handler_may_publish_and_subscribe(new_bus: NewBus) -> None:
    bus, heard = new_bus("a"), Heard()

    def answer(_topic: str, payload: bytes) -> None:
        bus.subscribe("answer", heard)
        bus.publish("answer", payload + b"!")

    bus.subscribe("question", answer)
    bus.publish("question", b"left")
    heard.wait(lambda messages: ("answer", b"left!") in messages)


def test_a_callback_after_connecting_comes_at_once_if_connected(
    new_bus: NewBus,
) -> None:
    bus = new_bus("a")
    wait_until_connected(bus)
    assert bus.is_connected


def test_a_closed_bus_refuses_and_delivers_nothing(new_bus: NewBus) -> None:
    bus, heard = new_bus("a"), Heard()
    bus.subscribe("run", heard)
    bus.close()
    bus.close()
    assert not bus.is_connected
    with pytest.raises(BusError, match="the bus is closed"):
        bus.publish("run", b"late")
    assert heard.messages == []


@pytest.mark.parametrize("topic", ["", "run/+", "run/#", "a\0b"])
def test_a_topic_with_a_wildcard_is_refused(new_bus: NewBus, topic: str) -> None:
    with pytest.raises(BusError, match="cannot publish"):
        new_bus("a").publish(topic, b"")


@pytest.mark.parametrize("pattern", ["", "a+/b", "#/b", "a/b#"])
def test_a_wrong_pattern_is_refused(new_bus: NewBus, pattern: str) -> None:
    with pytest.raises(BusError, match="cannot subscribe"):
        new_bus("a").subscribe(pattern, Heard())


@pytest.mark.parametrize(
    ("pattern", "topic", "is_fit"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/+/c", "a/b/c", True),
        ("a/+", "a", False),
        ("a/+", "a/", True),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("+/b", "$SYS/b", False),
        ("#", "$SYS/broker", False),
        ("$SYS/#", "$SYS/broker", True),
    ],
)
def test_patterns_fit_as_mqtt_says(pattern: str, topic: str, *, is_fit: bool) -> None:
    assert fits(pattern, topic) is is_fit


# ---- what only a bus over a broker can do ----


def test_a_message_while_the_broker_is_away_is_refused_and_works_again_afterwards(
    broker: Broker,
) -> None:
    heard = Heard()
    with MqttBus(settings(broker, "a")) as bus:
        bus.subscribe("run/#", heard)
        came_back = threading.Event()
        bus.on_connect(came_back.set)
        came_back.clear()
        broker.kill()
        wait_until(lambda: not bus.is_connected)
        with pytest.raises(BusError, match=r"the broker at .* is away"):
            bus.publish("run/left", b"lost")
        broker.restart()
        assert came_back.wait(WAIT_S)
        bus.publish("run/left", b"kept")
        heard.wait(lambda messages: messages == [("run/left", b"kept")])


def wait_until(is_true: Callable[[], bool]) -> None:
    """Look every 10 ms; for what tells nobody when it happens."""
    for _ in range(int(WAIT_S / 0.01)):
        if is_true():
            return
        time.sleep(0.01)
    pytest.fail("it never happened")


def test_a_client_may_start_before_its_broker(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    broker.stop()
    heard = Heard()
    with MqttBus(settings(broker, "early"), wait=False) as bus:
        bus.subscribe("run", heard)
        there = threading.Event()
        bus.on_connect(there.set)
        assert not there.is_set()
        with pytest.raises(BusError):
            bus.publish("run", b"")
        wait_until(lambda: "nothing listens there" in caplog.text)
        broker.restart()
        assert there.wait(WAIT_S)
        bus.publish("run", b"now")
        heard.wait(lambda messages: messages == [("run", b"now")])
    assert caplog.text.count("nothing listens there") == 1


def test_a_client_says_whether_it_is_there(broker: Broker) -> None:
    heard = Heard()

    def states() -> list[str]:
        # An unconfirmed message may come twice: only changes count.
        said = [loads(payload, Status).state for _, payload in heard.messages]
        return [one for one, _ in itertools.groupby(said)]

    with MqttBus(settings(broker, "watcher")) as watcher:
        watcher.subscribe(topics.status("runner"), heard)
        runner = MqttBus(settings(broker, "runner"))
        heard.wait(lambda _: states() == ["online"])
        cut(runner)
        heard.wait(lambda _: states() == ["online", "offline", "online"])
        runner.close()
        heard.wait(lambda _: states() == ["online", "offline", "online", "offline"])
        late = Heard()
        watcher.subscribe("treadwear/v1/status/+", late)
        late.wait(lambda m: any(t == topics.status("runner") for t, _ in m))
        kept = dict(late.messages)[topics.status("runner")]
        assert loads(kept, Status) == Status("offline", "runner")


def cut(bus: MqttBus) -> None:
    """Break the line without a goodbye, as a lost radio link does."""
    line = bus._client.socket()
    assert isinstance(line, socket.socket)
    line.shutdown(socket.SHUT_RDWR)


def test_a_full_bus_refuses_instead_of_dropping(broker: Broker) -> None:
    hold = threading.Event()
    with MqttBus(settings(broker, "a")) as bus:
        bus.subscribe("block", lambda _topic, _payload: hold.wait(WAIT_S) and None)
        bus.publish("block", b"")
        with pytest.raises(BusError, match="the bus is full"):
            publish_many(bus, 3000)  # its thread stands still: nothing gets confirmed
        hold.set()


def publish_many(bus: Bus, n: int) -> None:
    for _ in range(n):
        bus.publish("run", b"")


def test_nothing_that_listens_is_explained(broker: Broker) -> None:
    broker.stop()
    with pytest.raises(BusError, match=r"nothing listens there\. Start it"):
        MqttBus(settings(broker, "a"))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid", ""])
def test_an_unknown_host_is_explained(host: str) -> None:
    with pytest.raises(BusError, match=r"Check (the host name|host and port)"):
        MqttBus(MqttSettings(client_id="a", host=host))


def test_something_that_is_no_broker_is_explained() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(BusError, match="it gave no MQTT answer"):
            MqttBus(MqttSettings(client_id="a", port=port, connect_timeout_s=0.2))


def test_a_client_id_outside_the_contract_is_refused() -> None:
    with pytest.raises(TopicError, match="'Ana Example' cannot be a client id"):
        MqttBus(MqttSettings(client_id="Ana Example"))


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(MqttSettings(client_id="a", password="secret"))  # noqa: S106


def test_a_missing_authority_file_is_explained(tmp_path: Path) -> None:
    wrong = MqttSettings(client_id="a", tls=True, ca_file=tmp_path / "none.pem")
    with pytest.raises(BusError, match="the file of the authority is missing"):
        MqttBus(wrong)


def test_an_unknown_fault_is_told_in_its_own_words() -> None:
    assert explain(OSError("no route"))[0] == "no route"
    assert "TLS" in explain(ssl.SSLError("wrong version number"))[0]


# ---- mosquitto with a password and with TLS ----


@pytest.fixture
def strict_broker(
    tmp_path: Path, require: Callable[..., str]
) -> Iterator[tuple[int, int, Path]]:
    """Yield port, TLS port and certificate of a mosquitto that asks for a password."""
    program, openssl = require("mosquitto"), require("openssl")
    users, key, certificate = (tmp_path / n for n in ("users", "key.pem", "cert.pem"))
    subprocess.run(
        [require("mosquitto_passwd"), "-c", "-b", users, "ana", "right"],
        check=True,
        capture_output=True,
    )
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    plain, secure = free_ports(2)
    (tmp_path / "m.conf").write_text(
        f"user root\nallow_anonymous false\npassword_file {users}\n"
        f"listener {plain} 127.0.0.1\nlistener {secure} 127.0.0.1\n"
        f"certfile {certificate}\nkeyfile {key}\n"
    )
    child = subprocess.Popen(
        [program, "-c", tmp_path / "m.conf"], stderr=subprocess.PIPE, text=True
    )
    assert child.stderr is not None
    while "running" not in (line := child.stderr.readline()):
        assert line, "mosquitto did not start"
    yield plain, secure, certificate
    child.terminate()
    child.communicate()


def free_ports(n: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.mark.services
# paho leaves the socket of a failed TLS handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_passwords_and_certificates_are_checked(
    strict_broker: tuple[int, int, Path],
) -> None:
    plain, secure, certificate = strict_broker
    with pytest.raises(
        BusError, match=r"it refuses a: (Not authorized|Bad user).*password"
    ):
        MqttBus(
            MqttSettings(client_id="a", port=plain, username="ana", password="wrong")  # noqa: S106
        )
    who = {"client_id": "a", "username": "ana", "password": "right"}
    MqttBus(MqttSettings(port=plain, **who)).close()
    with pytest.raises(BusError, match="its certificate is not trusted"):
        MqttBus(MqttSettings(host="localhost", port=secure, tls=True, **who))
    with pytest.raises(BusError, match="it hangs up"):
        MqttBus(MqttSettings(host="localhost", port=plain, tls=True, **who))
    with pytest.raises(BusError, match=r"the connection broke|it hangs up|no MQTT"):
        MqttBus(MqttSettings(port=secure, **who))
    trusted = MqttSettings(
        host="localhost", port=secure, tls=True, ca_file=certificate, **who
    )
    with MqttBus(trusted) as bus:
        assert bus.is_connected
    gc.collect()
