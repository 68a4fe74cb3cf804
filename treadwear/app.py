"""Parts that run for as long as they are needed: broker, processing, collector."""

import contextlib
import logging
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from collector.service import CollectorService, SessionPlan
from contract.errors import TreadwearError, UsageError
from contract.mqtt import MqttBus
from processing.service import ProcessingService
from processing.share import Share
from processing.store.base import Backlog
from processing.store.database import Turn
from processing.store.forwarder import Forwarder
from processing.store.sqlite import SqliteStore
from treadwear.broker import Broker, start_broker
from treadwear.runtime import announce_alone, who_runs
from treadwear.settings import Settings
from treadwear.spools import Leftover, opened_spool, sending_leftovers
from treadwear.supervisor import kept_alive

_log = logging.getLogger(__name__)


def client_id(role: str) -> str:
    """Id of a client of the broker; two of the same would throw each other out."""
    return f"{role}-{os.getpid()}-{secrets.token_hex(6)}"


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
def running_processing(
    settings: Settings, port: int, share: Share | None = None
) -> Iterator[ProcessingService]:
    """The processing, or a share of it, on a broker that is already there."""
    own = share or Share()
    with (
        _alone(settings, own),
        MqttBus(settings.mqtt(client_id("processing"), port)) as bus,
        nullcontext(Backlog) if own.number else forwarding(settings) as backlog,
    ):
        service = ProcessingService(
            bus, settings.store_path, backlog=backlog, share=own
        )
        service.start()
        try:
            yield service
        finally:
            service.stop()


@contextmanager
def _alone(settings: Settings, share: Share) -> Iterator[None]:
    """Keep every other processing off this share: two would end each other's runs."""
    SqliteStore.open(settings.store_path).close()  # it says best what may be wrong
    turn = Turn(settings.store_path, f"processing-{share.number + 1}")
    if not turn.take():
        raise TreadwearError(
            f"a processing works on {settings.data_dir} already",
            "a second one would end runs that the first still gets",
            "Stop that one first, or name another directory with --data.",
        )
    try:
        yield
    finally:
        turn.end()


@contextmanager
def forwarding(settings: Settings) -> Iterator[Callable[[], Backlog]]:
    """Copy all rows to InfluxDB, if one is set; gives how far behind that is."""
    wanted = settings.influx()
    if wanted is None:
        with SqliteStore.open(settings.store_path) as store:
            store.feed(is_on=False)  # or what nobody sends would fill the disk
        yield Backlog
        return
    most_bytes = settings.outbox_mb * 1_000_000
    forwarder = Forwarder(settings.store_path, wanted, most_bytes)
    forwarder.start()
    try:
        yield forwarder.backlog
    finally:
        forwarder.stop()


@contextmanager
def listening(settings: Settings) -> Iterator[int]:
    """Port of a broker with a processing behind it: a running one, else our own."""
    running = who_runs(settings.data_dir)
    if running is not None:
        yield running.port or settings.broker_port
        return
    if not settings.analysed_here:
        _check_server(settings)
        yield settings.broker_port
        return
    with (
        broker_of(settings) as (_, port),
        announce_alone(settings.data_dir, port),
        running_processing(settings, port),
    ):
        yield port


def _check_server(settings: Settings) -> None:
    if settings.broker_host is None:
        raise UsageError(
            "nobody would analyse this run",
            "analysed_here is false, and no broker_host names a server",
            "Set broker_host, or leave analysed_here out.",
        )


@contextmanager
def running_collector(
    settings: Settings,
    port: int,
    plans: Sequence[SessionPlan],
    speed: float | None,
    spool_path: Path | None = None,
) -> Iterator[CollectorService]:
    """A collector that feeds these sessions; ends them cleanly at the end."""
    path = spool_path or settings.spool_path
    with contextlib.ExitStack() as parts:
        bus = parts.enter_context(MqttBus(settings.mqtt(client_id("collector"), port)))
        spool = parts.enter_context(opened_spool(settings, path))
        service = CollectorService(bus, spool, plans, speed=speed)
        yield parts.enter_context(service)


@contextmanager
def picking_up(settings: Settings, port: int) -> Iterator[list[Leftover]]:
    """Send what killed replays left in their spools, for as long as this lasts."""

    def make_bus() -> MqttBus:
        return MqttBus(settings.mqtt(client_id("collector"), port))

    with sending_leftovers(settings, make_bus) as found:
        yield found
