"""Forget a runner: everything about one person, wherever treadwear has put it."""

import contextlib
from dataclasses import dataclass

from contract.errors import InfluxError, TreadwearError
from contract.schema import ALL_MEASUREMENTS
from processing.store.erase import Erased
from processing.store.influx import InfluxServer
from processing.store.sqlite import SqliteStore
from treadwear.buffers import drop_waiting
from treadwear.retained import kept_by_broker
from treadwear.settings import Settings
from treadwear.standstill import nobody_sending, refuse_while_running
from treadwear.traces import archives_of, drop, known_sessions, reports_of

OUT_OF_REACH = (
    "Backups, exports and reports that you wrote elsewhere or under a name of your own,"
    " the FILE.zip.part of an export that was stopped there, what a watch or its"
    " account keeps, and pages that others saved are not touched: treadwear cannot"
    " reach them. Delete those yourself."
)
"""What no receipt may keep quiet about."""

_OVER_THERE = (
    "deleted; the id itself may stay in InfluxDB's own files until it compacts them"
)
_WHAT = "nobody can be forgotten"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was forgotten where; ``undone`` are sentences about what is left to do.

    ``retained`` is None where the broker could not be asked.
    """

    runner: str
    store: Erased
    reports: int
    archives: int
    buffers: int
    retained: int | None
    influx: str
    undone: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was known of the runner."""
        files = self.reports + self.archives + self.buffers
        return self.store == Erased() and not (files or self.retained)


def forget(settings: Settings, runner: str) -> Receipt:
    """Erase all that is known of a runner; raises before anything if one still runs.

    The database comes last: only that knows which runs are hers, so whoever is stopped
    halfway says forget again, and nothing is left over.
    """
    refuse_while_running(settings, _WHAT)
    undone: list[str] = []
    with nobody_sending(settings, _WHAT):
        sessions = known_sessions(settings, runner)
        reports = drop(reports_of(settings, runner, sessions))
        archives = drop(archives_of(settings, runner))
        buffers = drop_waiting(settings, runner)
        retained = _clear_retained(settings, runner, undone)
        influx = _delete_over_there(settings, runner, undone)
        erased = _erase(settings, runner)
    return Receipt(
        runner, erased, reports, archives, buffers, retained, influx, tuple(undone)
    )


def _erase(settings: Settings, runner: str) -> Erased:
    if not settings.store_path.exists():
        return Erased()
    with SqliteStore.open(settings.store_path) as store:
        return store.erase(runner)


def _clear_retained(settings: Settings, runner: str, undone: list[str]) -> int | None:
    """Take back what a broker keeps of the runner; None if it could not be asked."""
    asked: int | None = None
    try:
        with kept_by_broker(settings, runner, "forget") as kept:
            asked = len(kept.found)
            for topic in sorted(kept.found):
                kept.put(topic, b"")
            kept.wait()  # what was cleared comes back to us, empty
            left = kept.left()
        if left:
            undone.append(f"The broker still keeps {len(left)} messages of {runner}.")
    except TreadwearError as fault:
        undone.append(f"The broker may still keep messages of {runner}: {fault}")
    return asked


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
    return _OVER_THERE
