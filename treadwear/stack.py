"""All parts of `treadwear up` in one process, and who gets in to its pages."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from contract import topics
from contract.bus import Bus
from contract.errors import UsageError
from contract.messages import Event, dumps
from contract.mqtt import MqttBus
from dashboards.live.access import Access
from dashboards.live.app import Extras
from dashboards.live.board import TileBoard
from dashboards.live.desk import Desk
from dashboards.live.server import LiveServer
from dashboards.phone.routes import phone_pages
from processing.service import ProcessingService
from treadwear import lan
from treadwear.app import broker_of, client_id, running_processing
from treadwear.broker import Broker
from treadwear.phone.desk import phone_desk
from treadwear.runtime import Running, announce
from treadwear.settings import Settings


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs: the broker's port, the processing, the page's addresses.

    ``network_url`` is how others find the page; empty where they do not get in.
    """

    settings: Settings
    port: int
    broker: Broker | None
    processing: ProcessingService
    url: str
    network_url: str = ""

    @property
    def broker_words(self) -> str:
        """Which broker it is and where."""
        if self.broker is None:
            return f"external broker {self.settings.broker_host}:{self.port}"
        kind = type(self.broker).__name__.removesuffix("Broker").lower()
        return f"{kind} on 127.0.0.1:{self.port}"


@contextmanager
def running_stack(
    settings: Settings, access: Access | None = None, air: str | None = None
) -> Iterator[Stack]:
    """Broker, processing, live page, runner's page; stopped in order at the end.

    Parameters
    ----------
    settings : Settings
        Where and how.
    access : Access, optional
        Who else gets in; without it only this computer.
    air : str, optional
        What is worn if sensors are virtual (`treadwear.air`).
    """
    with contextlib.ExitStack() as parts:
        broker, port = parts.enter_context(broker_of(settings))
        processing = parts.enter_context(running_processing(settings, port))
        bus = parts.enter_context(MqttBus(settings.mqtt(client_id("live"), port)))
        board = TileBoard()
        board.attach(bus)
        desk = parts.enter_context(phone_desk(settings, port, air))
        extras = Extras(access, event_desk(bus), phone_pages(desk))
        server = parts.enter_context(_live_page(board, settings, extras))
        own_port, urls = port if broker else 0, (server.url, server.network_url)
        running = Running(os.getpid(), own_port, *urls)
        parts.enter_context(announce(settings.data_dir, running))
        yield Stack(settings, port, broker, processing, server.url, server.network_url)


def event_desk(bus: Bus) -> Desk:
    """Take what somebody who watches says to the broker."""

    def say(runner: str, session: str, event: Event) -> None:
        bus.publish(topics.mark(runner, session), dumps(event), qos=1)

    return say


@contextmanager
def _live_page(
    board: TileBoard, settings: Settings, extras: Extras
) -> Iterator[LiveServer]:
    try:
        server = _started(board, settings, extras)
    except UsageError as fault:
        next_step = (
            "With up: --port and another, or 0. Else set TREADWEAR_LIVE_PORT or"
            " live_port."
        )
        if extras.access is not None:
            next_step = "Name an address of this computer, --host, or another --port."
        raise UsageError(fault.what, fault.why, next_step) from fault
    try:
        yield server
    finally:
        server.stop()


def _started(board: TileBoard, settings: Settings, extras: Extras) -> LiveServer:
    """Start on the port that is set; for the network one that people remember."""
    is_for_all = extras.access is not None
    host = lan.own_host(settings.live_host) if is_for_all else "127.0.0.1"
    is_free_to_choose = settings.live_port == 0 and is_for_all
    ports = (lan.PORT, 0) if is_free_to_choose else (settings.live_port,)
    for port in ports:
        server = LiveServer(board, host, port, extras=extras)
        try:
            server.start()
        except UsageError:
            if port == ports[-1]:
                raise
        else:
            break
    return server
