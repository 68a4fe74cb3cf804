"""What treadwear works with: database, disk buffers, broker, InfluxDB, Bluetooth, page.

Looks, and changes nothing: the broker that is tried lives in a directory of its own.
"""

import asyncio
import contextlib
import http.client
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from collector.discovery import Discovery, Sighting
from collector.pairing import look_around
from collector.spool import Spool
from contract.errors import (
    BluetoothError,
    InfluxError,
    SpoolError,
    TreadwearError,
    UsageError,
)
from contract.mqtt import MqttBus
from processing.store.influx import InfluxServer
from processing.store.sqlite import SqliteStore
from treadwear.app import broker_of, client_id
from treadwear.broker import find_mosquitto
from treadwear.lan import lan_address
from treadwear.machine import Finding, found_fault
from treadwear.runtime import who_runs
from treadwear.settings import Settings
from treadwear.spools import is_in_use, leftover_paths
from treadwear.tables import counted

_GLANCE_S = 1.0
_ASK_TIMEOUT_S = 3.0


def database(settings: Settings) -> Finding:
    """Whether the run database can be read and written."""
    path: Path = settings.store_path
    if not path.exists():
        return Finding("run database", True, True, "none yet; the first run makes it")
    try:
        with SqliteStore.open(path, read_only=True) as store:
            runs = counted(len(store.sessions()), "run")
            letters = counted(len(store.dead_letters()), "message")
        with SqliteStore.open(path) as store:
            store.probe()
    except TreadwearError as fault:
        return found_fault("run database", fault)
    return Finding("run database", True, True, f"{runs}, {letters} set aside")


def spools(settings: Settings) -> Finding:
    """What waits on disk to be sent."""
    waiting, in_use, broken = 0, 0, []
    for path in leftover_paths(settings):
        try:
            waiting += _frames_in(path)
        except SpoolError as fault:
            in_use += is_in_use(fault)
            broken += [] if is_in_use(fault) else [(path, fault)]
    if broken:
        text = "; ".join(f"{path}: {fault.what}" for path, fault in broken)
        return Finding("disk buffers", False, True, text, broken[0][1].next_step)
    words = f"{in_use} in use, " if in_use else ""
    frames = counted(waiting, "frame")
    do = "The next up, run or replay sends them" if waiting else ""
    text = f"{words}{frames} wait to be sent" if waiting else f"{words}none left"
    return Finding("disk buffers", True, True, text, do)


def mosquitto(_: Settings) -> Finding:
    """Whether the quicker broker is there."""
    found = find_mosquitto()
    text = found or "not found; the slower amqtt is used"
    do = "" if found else "apt-get install mosquitto"
    return Finding("mosquitto", found is not None, False, text, do)


def broker(settings: Settings) -> Finding:
    """Whether a broker takes connections: the one that is set, or one of our own."""
    if who_runs(settings.data_dir) is not None:
        return Finding("broker", True, True, "treadwear runs, and has one")
    try:
        with (
            _aside(settings) as tried,
            broker_of(tried) as (_, port),
            MqttBus(settings.mqtt(client_id("doctor"), port)),
        ):
            return Finding("broker", True, True, f"takes connections on port {port}")
    except TreadwearError as fault:
        return found_fault("broker", fault)


def influxdb(settings: Settings) -> Finding:
    """Whether InfluxDB lets us in, if one is set."""
    wanted = settings.influx()
    if wanted is None:
        text = "none is set; Grafana's boards need one"
        if not settings.analysed_here:
            text = "not needed here: the server has it"
        return Finding("influxdb", True, False, text)
    try:
        with contextlib.closing(InfluxServer(wanted)) as server:
            version = server.version()
            server.query("SHOW MEASUREMENTS LIMIT 1")  # does it let us in?
    except InfluxError as fault:
        return found_fault("influxdb", fault)
    text = f"{wanted.url}, version {version}"
    if settings.store_path.exists():
        with SqliteStore.open(settings.store_path, read_only=True) as store:
            text += f"; {counted(store.backlog().rows, 'row')} to be sent"
    return Finding("influxdb", True, True, text)


def bluetooth(_: Settings) -> Finding:
    """Whether there is a Bluetooth that we may use, and what is near."""
    try:
        near = asyncio.run(_look_around())
    except BluetoothError as fault:
        return Finding("bluetooth", False, False, fault.why, fault.next_step)
    sensors = counted(len(near), "sensor")
    do = "" if near else "Shake the sensors awake, near this computer"
    return Finding("bluetooth", True, False, f"switched on; {sensors} near", do)


def page(settings: Settings) -> Finding:
    """Whether the pages of a running treadwear answer, here and in the network."""
    running = who_runs(settings.data_dir)
    if running is None:
        do = "treadwear up --lan, then scan its code" if _network() else "treadwear up"
        return Finding("phone page", False, False, f"not running{_network()}", do)
    urls = [url for url in (running.url, running.network_url) if url]
    silent = [url for url in urls if not _answers(url)]
    if silent:
        do = "Look at the terminal of treadwear up, and at the firewall"
        return Finding("phone page", False, True, f"{silent[0]} is silent", do)
    return Finding("phone page", True, True, f"answers at {' and '.join(urls)}")


CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    bluetooth,
    broker,
    mosquitto,
    database,
    spools,
    influxdb,
    page,
)


@contextlib.contextmanager
def _aside(settings: Settings) -> Iterator[Settings]:
    """The same settings, in a directory that is gone afterwards."""
    with tempfile.TemporaryDirectory() as place:
        yield settings.model_copy(update={"data_dir": Path(place)})


def _frames_in(path: Path) -> int:
    spool = Spool(path)
    try:
        # A run that was not ended counts too, even if all of its frames are sent.
        return spool.held_frames or len(spool.metas())
    finally:
        spool.close()


async def _look_around() -> list[Sighting]:
    """Sensors that are near; the scanner must be made where the loop runs."""
    return await look_around(Discovery(), _GLANCE_S, lambda _: False)


def _network() -> str:
    """What phones could find this computer at; empty where there is no network."""
    try:
        return f"; phones would find it at {lan_address()}"
    except UsageError:
        return ""


def _answers(url: str) -> bool:
    """Whether somebody is there; a stranger is told no there, which will do."""
    address = urlsplit(url)
    line = http.client.HTTPConnection(
        address.hostname or "", address.port, timeout=_ASK_TIMEOUT_S
    )
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status in {200, 403, 503}
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
