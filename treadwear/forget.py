"""Forget a runner: everything about one person, wherever treadwear has put it."""

import contextlib
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from collector.spool import Spool
from contract import topics
from contract.errors import InfluxError, SpoolError, TreadwearError, UsageError
from contract.mqtt import MqttBus
from contract.schema import ALL_MEASUREMENTS
from processing.store.erase import Erased
from processing.store.influx import InfluxServer
from processing.store.sqlite import SqliteStore
from treadwear.app import broker_of, client_id
from treadwear.runtime import who_runs
from treadwear.server.health import processing_complaint
from treadwear.settings import Settings

_QUIET_S = 1.0
"""A broker sends all retained messages at once; this long without one is the end."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was forgotten where; ``undone`` are sentences about what is left to do."""

    runner: str
    store: Erased
    reports: int
    buffers: int
    retained: int
    influx: str
    undone: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was known of the runner."""
        return self.store == Erased() and not (
            self.reports or self.buffers or self.retained
        )


def forget(settings: Settings, runner: str) -> Receipt:
    """Erase all that is known of a runner; raises before anything if one still runs."""
    _refuse_while_running(settings)
    undone: list[str] = []
    buffers = _drop_buffers(settings, runner)
    erased = _erase(settings, runner)
    reports = _drop_reports(settings, erased.sessions)
    retained = _clear_retained(settings, runner, undone)
    influx = _delete_over_there(settings, runner, undone)
    return Receipt(runner, erased, reports, buffers, retained, influx, tuple(undone))


def known_sessions(settings: Settings, runner: str) -> list[str]:
    """Runs that would be forgotten."""
    if not settings.store_path.exists():
        return []
    with SqliteStore.open(settings.store_path) as store:
        return store.sessions_of(runner)


def _refuse_while_running(settings: Settings) -> None:
    running = who_runs(settings.data_dir) is not None
    if running or processing_complaint(settings.data_dir) == "":
        raise UsageError(
            "nobody can be forgotten while treadwear runs",
            "it holds runs in memory and would write them again",
            "Stop it first (on a server: docker compose stop processing).",
        )


def _erase(settings: Settings, runner: str) -> Erased:
    if not settings.store_path.exists():
        return Erased()
    with SqliteStore.open(settings.store_path) as store:
        return store.erase(runner)


def _drop_reports(settings: Settings, sessions: Iterable[str]) -> int:
    found = [
        path
        for session in sessions
        for path in settings.reports_dir.glob(f"{session}*")
    ]
    for path in found:
        path.unlink()
    return len(found)


def _drop_buffers(settings: Settings, runner: str) -> int:
    """Empty the collector's disk buffers of what they hold of the runner."""
    shared = [settings.spool_path] if settings.spool_path.is_file() else []
    found = [*shared, *sorted(settings.spools_dir.glob("spool-*.db"))]
    return sum(_emptied(path, runner) for path in found)


def _emptied(path: Path, runner: str) -> int:
    try:
        with contextlib.closing(Spool(path)) as spool:
            return spool.erase(runner)
    except SpoolError as fault:
        raise UsageError(
            f"the disk buffer {path} cannot be emptied",
            fault.why,
            "Stop the replay or run that uses it, then say forget again.",
        ) from fault


def _clear_retained(settings: Settings, runner: str, undone: list[str]) -> int:
    """Take back what a broker keeps of the runner; gives how many messages."""
    pattern = f"{topics.ROOT}/{runner}/#"
    found: dict[str, None] = {}
    news = threading.Event()

    def note(topic: str, payload: bytes) -> None:
        if payload:
            found[topic] = None
        news.set()

    try:
        with (
            broker_of(settings) as (_, port),
            MqttBus(settings.mqtt(client_id("forget"), port)) as bus,
        ):
            bus.subscribe(pattern, note)
            while news.wait(_QUIET_S):
                news.clear()
            for topic in list(found):
                bus.publish(topic, b"", retain=True)
            time.sleep(_QUIET_S if found else 0)  # until the broker has them all
    except TreadwearError as fault:
        undone.append(f"The broker may still keep messages of {runner}: {fault}")
    return len(found)


def _delete_over_there(settings: Settings, runner: str, undone: list[str]) -> str:
    wanted = settings.influx()
    if wanted is None:
        return "none is set"
    try:
        with contextlib.closing(InfluxServer(wanted)) as server:
            for name in ALL_MEASUREMENTS:
                server.delete(name, {"runner": runner})
    except InfluxError as fault:
        undone.append(f"InfluxDB still has rows of {runner}: {fault}")
        return "not deleted"
    return "deleted"
