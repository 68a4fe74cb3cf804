"""What a bus over a broker does when the broker or the line goes away."""

import itertools
import logging
import socket
import threading

import pytest

from contract import topics
from contract.bus import Bus
from contract.errors import BusError
from contract.messages import Status, loads
from contract.mqtt import MqttBus
from tests.contract.heard import Heard, settings
from tests.patience import PATIENCE_S, wait_until
from treadwear.broker import Broker


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
        assert came_back.wait(PATIENCE_S)
        bus.publish("run/left", b"kept")
        heard.wait(lambda messages: messages == [("run/left", b"kept")])


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
        assert there.wait(PATIENCE_S)
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
        bus.subscribe("block", lambda _topic, _payload: hold.wait(PATIENCE_S) and None)
        bus.publish("block", b"")
        with pytest.raises(BusError, match="the bus is full"):
            publish_many(bus, 3000)  # its thread stands still: nothing gets confirmed
        hold.set()


def publish_many(bus: Bus, n: int) -> None:
    for _ in range(n):
        bus.publish("run", b"")
