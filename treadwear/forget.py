"""Forget a runner: everything about one person, wherever treadwear has put it."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from contract.errors import InfluxError, TreadwearError
from contract.schema import ALL_MEASUREMENTS
from dashboards.report.build import HALF
from processing.store.erase import Erased
from processing.store.influx import InfluxServer
from processing.store.sqlite import SqliteStore
from treadwear.buffers import drop_waiting
from treadwear.research import left_before, research_name
from treadwear.retained import kept_by_broker
from treadwear.settings import Settings
from treadwear.standstill import nobody_sending, refuse_while_running

OUT_OF_REACH = (
    "Backups, exports and reports that you wrote elsewhere, what a watch or its account"
    " keeps, and pages that others saved are not touched: treadwear cannot reach them."
    " Delete those yourself."
)
"""What no receipt may keep quiet about."""

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
    """Erase all that is known of a runner; raises before anything if one still runs."""
    refuse_while_running(settings, _WHAT)
    undone: list[str] = []
    with nobody_sending(settings, _WHAT):
        buffers = drop_waiting(settings, runner)
        erased = _erase(settings, runner)
        reports = _drop(_reports(settings, runner, erased.sessions))
        archives = _drop(_archives(settings, runner))
        retained = _clear_retained(settings, runner, undone)
        influx = _delete_over_there(settings, runner, undone)
    return Receipt(
        runner, erased, reports, archives, buffers, retained, influx, tuple(undone)
    )


def known_sessions(settings: Settings, runner: str) -> list[str]:
    """Runs that would be forgotten."""
    if not settings.store_path.exists():
        return []
    with SqliteStore.open(settings.store_path) as store:
        return store.sessions_of(runner)


def archive_path(settings: Settings, name: str) -> Path:
    """Where all of a runner's data go if nobody names a place."""
    return settings.data_dir / "archives" / f"{name}.zip"


def _erase(settings: Settings, runner: str) -> Erased:
    if not settings.store_path.exists():
        return Erased()
    with SqliteStore.open(settings.store_path) as store:
        return store.erase(runner)


def _reports(settings: Settings, runner: str, sessions: Iterable[str]) -> list[Path]:
    """Reports of her runs, pages named after her, halves that a kill left behind."""
    found = (path for path in settings.reports_dir.rglob("*") if path.is_file())
    names = (*sessions, runner)
    return sorted(p for p in found if p.name.startswith(HALF) or _is_named(p, names))


def _is_named(path: Path, names: Iterable[str]) -> bool:
    """Whether one of the names stands in a file's name as a word of its own.

    Ids have dashes in them, so what stands beside the name must be none: ana-2 is
    another runner than ana.
    """
    padded = f"_{path.stem}_".replace(".", "_")
    return any(f"_{name}_" in padded for name in names)


def _archives(settings: Settings, runner: str) -> list[Path]:
    """Archives of hers, and what an export that was killed left behind."""
    folder = archive_path(settings, runner).parent
    names = [runner]
    if left_before(settings.data_dir):
        names.append(research_name(settings.data_dir, runner))
    halves = [*folder.glob(".archive-*")]
    whole = [path for path in folder.glob("*.zip") if _is_named(path, names)]
    return sorted({*halves, *whole})


def _drop(paths: Iterable[Path]) -> int:
    found = list(paths)
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


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
    return "deleted"
