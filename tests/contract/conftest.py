"""Buses in memory, over mosquitto and over amqtt, and the brokers themselves."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.bus import Bus, MemoryBus
from contract.mqtt import MqttBus
from tests.contract.heard import NewBus, settings
from treadwear.broker import Broker, start_broker

MOSQUITTO = pytest.param("mosquitto", marks=pytest.mark.services)


@pytest.fixture(params=[MOSQUITTO, "amqtt"])
def broker(
    request: pytest.FixtureRequest, tmp_path: Path, require: Callable[..., str]
) -> Iterator[Broker]:
    """Yield a broker of each kind."""
    if request.param == "mosquitto":
        require("mosquitto")
    with start_broker(tmp_path / "broker", prefer=request.param) as broker:
        yield broker


@pytest.fixture(params=["memory", MOSQUITTO, "amqtt"])
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
