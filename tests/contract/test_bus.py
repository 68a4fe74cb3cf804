"""One contract for three buses: in memory, over mosquitto, over amqtt."""

import threading

import pytest

from contract.bus import Bus, fits
from contract.errors import BusError
from tests.contract.heard import Heard, NewBus
from tests.patience import PATIENCE_S


def wait_until_connected(bus: Bus) -> None:
    is_there = threading.Event()
    bus.on_connect(is_there.set)
    assert is_there.wait(PATIENCE_S)


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
