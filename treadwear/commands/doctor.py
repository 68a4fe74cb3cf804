"""The command doctor: what this machine has, what is broken, what to do."""

import asyncio
import contextlib
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from collector.discovery import Discovery, Sighting
from collector.pairing import look_around
from collector.spool import Spool
from contract.errors import (
    BluetoothError,
    InfluxError,
    SpoolError,
    TreadwearError,
)
from contract.mqtt import MqttBus
from processing.store.influx import InfluxServer
from processing.store.sqlite import SqliteStore
from treadwear.app import broker_of, client_id
from treadwear.broker import find_mosquitto
from treadwear.commands.options import DataDir, Json
from treadwear.runtime import who_runs
from treadwear.settings import Settings, load_settings
from treadwear.spools import is_in_use, leftover_paths
from treadwear.tables import counted

_GLANCE_S = 1.0
_LEAST_FREE_GB = 1.0  # an hour of two shoes is about 20 MB of raw frames and rows


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``is_needed`` False is only good to have."""

    name: str
    is_ok: bool
    is_needed: bool
    text: str


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(as_json: Json = False, data: DataDir = None) -> None:
    """Look at what treadwear needs on this machine, and say what is broken."""
    settings = load_settings(data_dir=data)
    findings = [check(settings) for check in CHECKS]
    if as_json:
        typer.echo(json.dumps([asdict(f) for f in findings]))
    else:
        Console().print(_table(findings))
    if any(f.is_needed and not f.is_ok for f in findings):
        raise typer.Exit(1)


def _table(findings: list[Finding]) -> Table:
    table = Table(show_header=False, box=None)
    for f in findings:
        mark = "✓ ok" if f.is_ok else ("✗ broken" if f.is_needed else "- optional")
        table.add_row(mark, f.name, f.text)
    return table


def _python(_: Settings) -> Finding:
    is_ok = sys.version_info >= (3, 11)
    return Finding("python", is_ok, True, sys.version.split()[0])


def _data_dir(settings: Settings) -> Finding:
    path = settings.data_dir
    try:
        path.mkdir(parents=True, exist_ok=True)
        is_ok = os.access(path, os.W_OK)
    except OSError as fault:
        return Finding("data directory", False, True, f"{path}: {fault.strerror}")
    text = str(path) if is_ok else f"{path} cannot be written; choose another: --data"
    return Finding("data directory", is_ok, True, text)


def _disk(settings: Settings) -> Finding:
    place = next(
        p for p in (settings.data_dir, *settings.data_dir.parents) if p.exists()
    )
    free_gb = shutil.disk_usage(place).free / 1e9
    return Finding("disk", free_gb >= _LEAST_FREE_GB, True, f"{free_gb:.0f} GB free")


def _store(settings: Settings) -> Finding:
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
        return Finding("run database", False, True, str(fault))
    return Finding("run database", True, True, f"{runs}, {letters} set aside")


def _spools(settings: Settings) -> Finding:
    waiting, in_use, broken = 0, 0, []
    for path in leftover_paths(settings):
        try:
            waiting += _frames_in(path)
        except SpoolError as fault:
            in_use += is_in_use(fault)
            broken += [] if is_in_use(fault) else [f"{path}: {fault}"]
    if broken:
        return Finding("disk buffers", False, True, "; ".join(broken))
    text = f"{in_use} in use, " if in_use else ""
    frames = counted(waiting, "frame")
    text += (
        f"{frames} to be sent by the next up, run or replay" if waiting else "none left"
    )
    return Finding("disk buffers", True, True, text)


def _frames_in(path: Path) -> int:
    spool = Spool(path)
    try:
        # A run that was not ended counts too, even if all of its frames are sent.
        return spool.held_frames or len(spool.metas())
    finally:
        spool.close()


def _mosquitto(_: Settings) -> Finding:
    found = find_mosquitto()
    text = found or "not found; the slower amqtt is used (apt-get install mosquitto)"
    return Finding("mosquitto", found is not None, False, text)


def _broker(settings: Settings) -> Finding:
    running = who_runs(settings.data_dir)
    if running is not None:
        return Finding("broker", True, True, f"treadwear runs, live page {running.url}")
    try:
        with (
            broker_of(settings) as (_, port),
            MqttBus(settings.mqtt(client_id("doctor"), port)),
        ):
            return Finding("broker", True, True, f"takes connections on port {port}")
    except TreadwearError as fault:
        return Finding("broker", False, True, str(fault))


async def _look_around() -> list[Sighting]:
    """Sensors that are near; the scanner must be made where the loop runs."""
    return await look_around(Discovery(), _GLANCE_S, lambda _: False)


def _bluetooth(_: Settings) -> Finding:
    try:
        near = asyncio.run(_look_around())
    except BluetoothError as fault:
        return Finding("bluetooth", False, False, f"{fault.why}. {fault.next_step}")
    sensors = counted(len(near), "sensor")
    return Finding("bluetooth", True, False, f"switched on; {sensors} near")


def _influx(settings: Settings) -> Finding:
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
        return Finding("influxdb", False, True, str(fault))
    text = f"{wanted.url}, version {version}"
    if settings.store_path.exists():
        with SqliteStore.open(settings.store_path, read_only=True) as store:
            rows = counted(store.backlog().rows, "row")
        text += f"; {rows} to be sent"
    return Finding("influxdb", True, True, text)


def _sqlite(_: Settings) -> Finding:
    return Finding("sqlite", True, True, sqlite3.sqlite_version)


CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    _python,
    _data_dir,
    _disk,
    _sqlite,
    _store,
    _spools,
    _mosquitto,
    _broker,
    _influx,
    _bluetooth,
)
