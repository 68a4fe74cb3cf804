"""Forget a runner: everything about one person, wherever treadwear has put it."""

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from collector.spool import Spool
from contract import topics
from contract.errors import (
    BusError,
    InfluxError,
    SpoolError,
    TreadwearError,
    UsageError,
)
from contract.mqtt import MqttBus
from contract.schema import ALL_MEASUREMENTS
from processing.store.database import Turn
from processing.store.erase import Erased
from processing.store.influx import InfluxServer
from processing.store.sqlite import SqliteStore
from treadwear.app import broker_of, client_id
from treadwear.runtime import who_runs
from treadwear.server.health import processing_complaint
from treadwear.settings import Settings

_QUIET_S = 1.0
"""A broker sends all retained messages at once; this long without one is the end."""
_PATIENCE_S = 10.0
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was forgotten where; ``undone`` are sentences about what is left to do.

    ``retained`` is None where the broker could not be asked.
    """

    runner: str
    store: Erased
    reports: int
    buffers: int
    retained: int | None
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
    with _nobody_sending(settings):
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


@contextlib.contextmanager
def _nobody_sending(settings: Settings) -> Iterator[None]:
    """Keep rows that are on their way from arriving after they were deleted there."""
    if not settings.store_path.exists():
        yield
        return
    turn = Turn(settings.store_path)
    if not turn.take():
        raise UsageError(
            "nobody can be forgotten while rows are sent to InfluxDB",
            "what is on its way would arrive after it was deleted there",
            "Wait for treadwear backfill to end, or stop it; then say it again.",
        )
    try:
        yield
    finally:
        turn.end()


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


def _clear_retained(settings: Settings, runner: str, undone: list[str]) -> int | None:
    """Take back what a broker keeps of the runner; None if it could not be asked."""
    is_asked = False
    found: set[str] = set()
    cleared: set[str] = set()
    news = threading.Event()

    def note(topic: str, payload: bytes) -> None:
        (found if payload else cleared).add(topic)
        news.set()

    try:
        with (
            broker_of(settings) as (_, port),
            MqttBus(settings.mqtt(client_id("forget"), port)) as bus,
        ):
            bus.subscribe(f"{topics.ROOT}/{runner}/#", note)
            is_asked = True
            _wait_for_quiet(news)
            for topic in sorted(found):
                _clear(bus, topic)
            _wait_for_quiet(news)  # what was cleared comes back to us, empty
        if left := found - cleared:
            undone.append(f"The broker still keeps {len(left)} messages of {runner}.")
    except TreadwearError as fault:
        undone.append(f"The broker may still keep messages of {runner}: {fault}")
    return len(found) if is_asked else None


def _wait_for_quiet(news: threading.Event) -> None:
    while news.wait(_QUIET_S):
        news.clear()


def _clear(bus: MqttBus, topic: str) -> None:
    """Send nothing, retained; as soon as there is room, for there may be very many."""
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        try:
            bus.publish(topic, b"", retain=True)
        except BusError:
            if time.monotonic() > give_up:
                raise
            time.sleep(_LOOK_S)
        else:
            return


def _delete_over_there(settings: Settings, runner: str, undone: list[str]) -> str:
    wanted = settings.influx()
    if wanted is None:
        return "none is set"
    try:
        with contextlib.closing(InfluxServer(wanted)) as server:
            for name in ALL_MEASUREMENTS:
                server.delete(name, {"runner": runner})
    except InfluxError as fault:
        # What InfluxDB's faults advise is about rows on their way: not about these.
        undone.append(
            f"InfluxDB may still have rows of {runner}: {fault.what},"
            f" because {fault.why or 'it did not say why'}."
            " They stay there until forget is said again and InfluxDB takes it."
        )
        return "not deleted"
    return "deleted"
