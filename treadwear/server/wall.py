"""The live page alone, on a broker that is already there."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from contract.errors import UsageError
from contract.mqtt import MqttBus
from dashboards.live.access import Access
from dashboards.live.app import Extras
from dashboards.live.board import TileBoard
from dashboards.live.server import LiveServer
from treadwear.app import client_id
from treadwear.settings import Settings
from treadwear.stack import event_desk


@contextmanager
def running_wall(
    settings: Settings, allowed_hosts: Iterable[str] = (), *, is_open: bool = False
) -> Iterator[LiveServer]:
    """Serve the wall for as long as this lasts.

    ``is_open``: whoever reaches it counts as on this computer; else only that gets in.
    """
    need_broker(settings, "the live page")
    board = TileBoard()
    with MqttBus(settings.mqtt(client_id("live"))) as bus:
        board.attach(bus)
        access = Access(is_open=True) if is_open else None
        server = LiveServer(
            board,
            settings.live_host,
            settings.live_port,
            allowed_hosts=allowed_hosts,
            extras=Extras(access, event_desk(bus)),
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
