"""The live page alone, on a broker that is already there."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from contract.errors import UsageError
from contract.mqtt import MqttBus
from dashboards.live.board import TileBoard
from dashboards.live.server import LiveServer
from treadwear.app import client_id
from treadwear.settings import Settings


@contextmanager
def running_wall(
    settings: Settings, allowed_hosts: Iterable[str] = ()
) -> Iterator[LiveServer]:
    """Serve the wall for as long as this lasts."""
    need_broker(settings, "the live page")
    board = TileBoard()
    with MqttBus(settings.mqtt(client_id("live"))) as bus:
        board.attach(bus)
        server = LiveServer(
            board, settings.live_host, settings.live_port, allowed_hosts=allowed_hosts
        )
        with server:
            yield server


def need_broker(settings: Settings, what: str) -> None:
    """Raise `UsageError` where no broker is named: there is none to find it at."""
    if settings.broker_host is None:
        raise UsageError(
            f"{what} needs a broker that is already there",
            "no broker is set",
            "Set broker_host in treadwear.toml. Alone on this machine: treadwear up.",
        )
