"""The live page alone: who gets in, and that a mark reaches the broker."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from contract import topics
from contract.messages import Event, dumps, loads
from contract.mqtt import MqttBus
from dashboards.live.server import LiveServer
from tests.dashboards.door import JSON, ask, network_address, tile
from tests.patience import wait_until
from treadwear.app import broker_of
from treadwear.server.wall import running_wall
from treadwear.settings import Settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    place = tmp_path_factory.mktemp("wall")
    with broker_of(Settings(data_dir=place)) as (_, port):
        yield Settings(data_dir=place, broker_host="127.0.0.1", broker_port=port)


def status(server: LiveServer, host: str) -> int:
    """What a stranger from the network is told."""
    port = urlsplit(server.url).port
    return ask(f"http://{host}:{port}/", "GET", "/tiles.json").status


def test_only_this_computer_gets_in_wherever_it_listens(settings: Settings) -> None:
    address = network_address()
    everywhere = settings.model_copy(update={"live_host": "0.0.0.0"})  # noqa: S104
    with running_wall(everywhere, [address]) as server:
        assert status(server, address) == 403
        assert ask(server.url, "GET", "/tiles.json").status == 200


def test_in_a_container_all_who_reach_it_get_in(settings: Settings) -> None:
    address = network_address()
    everywhere = settings.model_copy(update={"live_host": "0.0.0.0"})  # noqa: S104
    with running_wall(everywhere, is_open=True) as server:
        assert status(server, address) == 200
        foreign = {"host": "evil.example"}
        port = urlsplit(server.url).port
        told = ask(f"http://{address}:{port}/", "GET", "/tiles.json", headers=foreign)
        assert told.status == 403


def test_a_mark_goes_over_the_broker_to_whoever_keeps_it(
    settings: Settings,
) -> None:
    heard: list[tuple[str, bytes]] = []
    with (
        running_wall(settings) as server,
        MqttBus(settings.mqtt("witness")) as bus,
    ):
        bus.subscribe(topics.ALL_MARKS, lambda *said: heard.append(said))
        bus.publish(topics.live("mira", "s-1"), dumps(tile()))
        wait_until(lambda: b"Mira" in ask(server.url, "GET", "/tiles.json").body)
        wish = b'{"runner":"mira","session":"s-1","kind":"mark","text":"shoelace"}'
        told = ask(server.url, "POST", "/desk", body=wish, headers=JSON)
        assert told.status < 300, told.body
        wait_until(lambda: len(heard) == 1)
    topic, payload = heard[0]
    event = loads(payload, Event)
    assert topic == topics.mark("mira", "s-1")
    assert (event.kind, event.text) == ("mark", "shoelace")
