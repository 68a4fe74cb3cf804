"""All parts in one process: broker, processing, live page, collector."""

import contextlib
import logging
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from collector.service import CollectorService, SessionPlan
from collector.spool import Spool
from contract.mqtt import MqttBus
from dashboards.live.board import TileBoard
from dashboards.live.server import LiveServer
from processing.service import ProcessingService
from treadwear.broker import Broker, start_broker
from treadwear.runtime import Running, announce
from treadwear.settings import Settings
from treadwear.supervisor import kept_alive

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs: the broker's port, the processing, the page's address."""

    settings: Settings
    port: int
    broker: Broker | None
    processing: ProcessingService
    url: str

    @property
    def broker_words(self) -> str:
        """Which broker it is and where."""
        if self.broker is None:
            return f"external broker {self.settings.broker_host}:{self.port}"
        kind = type(self.broker).__name__.removesuffix("Broker").lower()
        return f"{kind} on 127.0.0.1:{self.port}"


def client_id(role: str) -> str:
    """Id of a client of the broker; two of the same would throw each other out."""
    return f"{role}-{os.getpid()}-{secrets.token_hex(3)}"


@contextmanager
def broker_of(settings: Settings) -> Iterator[tuple[Broker | None, int]]:
    """The broker to use and its port: an external one, or ours for as long as this."""
    if settings.broker_host is not None:
        yield None, settings.broker_port
        return
    data_dir = settings.data_dir / "broker"
    with start_broker(data_dir) as broker, kept_alive(broker):
        yield broker, broker.port


@contextmanager
def running_stack(settings: Settings) -> Iterator[Stack]:
    """Broker, processing and live page; all stopped in order at the end."""
    with contextlib.ExitStack() as parts:
        broker, port = parts.enter_context(broker_of(settings))
        processing = parts.enter_context(running_processing(settings, port))
        bus = parts.enter_context(MqttBus(settings.mqtt(client_id("live"), port)))
        board = TileBoard()
        board.attach(bus)
        server = LiveServer(board, port=settings.live_port)
        parts.enter_context(server)
        running = Running(os.getpid(), port if broker else 0, server.url)
        parts.enter_context(announce(settings.data_dir, running))
        yield Stack(settings, port, broker, processing, server.url)


@contextmanager
def running_processing(settings: Settings, port: int) -> Iterator[ProcessingService]:
    """The processing alone, on a broker that is already there."""
    with MqttBus(settings.mqtt(client_id("processing"), port)) as bus:
        service = ProcessingService(bus, settings.store_path)
        service.start()
        try:
            yield service
        finally:
            service.stop()


@contextmanager
def running_collector(
    settings: Settings, port: int, plans: Sequence[SessionPlan], speed: float | None
) -> Iterator[CollectorService]:
    """A collector that feeds these sessions; ends them cleanly at the end."""
    spool_path: Path = settings.spool_path
    spool_path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as parts:
        bus = parts.enter_context(MqttBus(settings.mqtt(client_id("collector"), port)))
        spool = Spool(spool_path, settings.spool_mb * 1_000_000)
        parts.callback(spool.close)
        service = CollectorService(bus, spool, plans, speed=speed)
        yield parts.enter_context(service)
