"""One disk buffer per replay, so that several can run, and what killed ones left.

A spool is locked by the process that uses it; its name ends in that process's id, so
that nobody takes a file just made for one left behind. It is removed once it holds
nothing; until then the next `replay` or `up` sends what is in it.
"""

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from collector.service import CollectorService
from collector.spool import Spool
from contract.errors import SpoolError
from contract.mqtt import MqttBus
from contract.private import private_dir
from treadwear.club import may_send
from treadwear.runtime import is_process
from treadwear.settings import Settings
from treadwear.waiting import wait_until_closed

_log = logging.getLogger(__name__)

_FRESH_S = 60.0
"""A replay writes many times a second: a file that rests longer than this belongs to
nobody, even if its process id is in use again. The lock has the last word."""
_PATIENCE_S = 60.0
"""As long as for a run of one's own; what is not sent by then is kept."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """What a killed process left, on its way to processing now.

    Without a service it stays where it is; ``why_kept`` is a sentence that says why.
    """

    sessions: tuple[str, ...]
    service: CollectorService | None
    why_kept: str = ""


def spool_path(settings: Settings, session: str) -> Path:
    """Where a session's own spool is."""
    return settings.spools_dir / f"spool-{session}-{os.getpid()}.db"


def leftover_paths(settings: Settings) -> list[Path]:
    """Spools that no living process seems to use, oldest session first."""
    own = sorted(settings.spools_dir.glob("spool-*.db"))
    shared = [settings.spool_path] if settings.spool_path.is_file() else []
    return shared + [path for path in own if not _is_new(path)]


def is_in_use(fault: SpoolError) -> bool:
    """Whether a spool could not be opened because another process works with it."""
    return getattr(fault.__cause__, "sqlite_errorname", "") == "SQLITE_BUSY"


@contextmanager
def opened_spool(settings: Settings, path: Path) -> Iterator[Spool]:
    """Open a spool; one of a single session goes when everything is acknowledged."""
    private_dir(path.parent)
    spool = Spool(path, settings.spool_mb * 1_000_000)
    is_empty = False
    try:
        yield spool
        is_empty = not spool.metas() and not spool.streams()
    finally:
        spool.close()
    if is_empty and path.parent == settings.spools_dir:
        for ending in ("", "-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)


@contextmanager
def sending_leftovers(
    settings: Settings, make_bus: Callable[[], MqttBus]
) -> Iterator[list[Leftover]]:
    """Send what killed replays left, for as long as this lasts or until it is gone."""
    with contextlib.ExitStack() as parts:
        found = []
        for path in leftover_paths(settings):
            spool = _open_if_free(parts, settings, path)
            if spool is None or not (spool.metas() or spool.streams()):
                continue
            sessions = tuple(meta.session for meta in spool.metas())
            if why := _why_kept(settings, spool):
                found.append(Leftover(sessions, None, why))
                continue
            bus = parts.enter_context(make_bus())
            service = CollectorService(bus, spool, speed=None)
            found.append(Leftover(sessions, parts.enter_context(service)))
        yield found


def finish(settings: Settings, leftovers: Sequence[Leftover]) -> int:
    """Wait until all of them are stored; gives the frames that were lost in them."""
    until_s = time.monotonic() + _PATIENCE_S
    lost_frames = 0
    for leftover in leftovers:
        service = leftover.service
        if service is None:
            continue
        if service.wait(max(0.0, until_s - time.monotonic())):
            wait_until_closed(settings, leftover.sessions)
        else:
            names = ", ".join(leftover.sessions)
            why = "processing" if settings.analysed_here else "the server"
            _log.warning(
                "%s is kept for the next time: %s did not say in %.0f s that all of it"
                " is stored",
                names,
                why,
                _PATIENCE_S,
            )
        lost_frames += service.counts.dropped
    return lost_frames


def _why_kept(settings: Settings, spool: Spool) -> str:
    """Say of a spool of runners whom the server does not take from us that it stays."""
    runners = {meta.runner for meta in spool.metas()}
    runners |= {stream.runner for stream in spool.streams()}
    if any(may_send(settings, runner) for runner in runners):
        return ""
    names = ", ".join(sorted(runners))
    return (
        f"it is of {names}, and the server takes only runs of"
        f" {settings.broker_username} from here. It is sent once broker_username"
        f" is {names}."
    )


def _open_if_free(
    parts: contextlib.ExitStack, settings: Settings, path: Path
) -> Spool | None:
    try:
        return parts.enter_context(opened_spool(settings, path))
    except SpoolError as fault:
        if not is_in_use(fault):
            _log.warning("%s: %s", path, fault)
        return None


def _is_new(path: Path) -> bool:
    """Whether its process lives and has written to it lately."""
    written = [path, path.with_name(path.name + "-wal")]
    try:
        newest_s = max(p.stat().st_mtime for p in written if p.exists())
    except (OSError, ValueError):
        return True  # its owner has just removed it
    owner = path.stem.rpartition("-")[2]
    is_alive = owner.isdecimal() and is_process(int(owner))
    return is_alive and time.time() - newest_s < _FRESH_S
