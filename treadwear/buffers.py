"""The collector's disk buffers in a data directory: what waits in them of a runner."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from collector.spool import Spool
from contract.errors import SpoolError, UsageError
from treadwear.settings import Settings


def drop_waiting(settings: Settings, runner: str) -> int:
    """Empty the buffers of what they hold of a runner; gives how many items."""
    total = 0
    for path in _paths(settings):
        with _opened(path) as spool:
            total += spool.erase(runner)
    return total


def rename_waiting(settings: Settings, runner: str, old: str, new: str) -> int:
    """Give a shoe another name in runs that wait to be sent; gives how many runs."""
    total = 0
    for path in _paths(settings):
        with _opened(path) as spool:
            for meta in spool.metas():
                if (meta.runner, meta.shoe) == (runner, old):
                    spool.put_meta(msgspec.structs.replace(meta, shoe=new))
                    total += 1
    return total


def _paths(settings: Settings) -> list[Path]:
    shared = [settings.spool_path] if settings.spool_path.is_file() else []
    return [*shared, *sorted(settings.spools_dir.glob("spool-*.db"))]


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Spool]:
    try:
        with contextlib.closing(Spool(path)) as spool:
            yield spool
    except SpoolError as fault:
        raise UsageError(
            f"the disk buffer {path} cannot be changed",
            fault.why,
            "Stop the replay or run that uses it, then say it again.",
        ) from fault
