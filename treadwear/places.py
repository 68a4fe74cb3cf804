"""Places that a command is told of: is there something to read, may it be written."""

from pathlib import Path

from contract.errors import StoreError, UsageError
from treadwear.settings import Settings


def has_store(settings: Settings) -> bool:
    """Whether anything is stored here; a place that cannot be read is an error."""
    try:
        settings.store_path.stat()
    except FileNotFoundError:
        return False  # nothing was recorded here yet, which is an answer
    except OSError as fault:
        raise StoreError(
            f"{settings.data_dir} cannot be read",
            fault.strerror or str(fault),
            "Name the directory of your runs with --data.",
        ) from fault
    return True


def check_target(path: Path | None, settings: Settings) -> None:
    """Raise `UsageError` where a file cannot be put; the place of reports is made.

    No other directory is: one that is not there was mistyped, most likely.
    """
    if path is None:
        return
    if path.is_dir():
        raise UsageError(f"{path} is a directory", "", "Name a file in it.")
    place, own = path.parent, settings.report_path("any").parent
    if place.is_dir() or place.resolve() == own.resolve():
        return
    if place.exists():
        what, next_step = f"{place} is no directory", "Name a place in one."
    else:
        what, next_step = f"there is no directory {place}", "Make it, or name another."
    raise UsageError(f"{path.name} cannot be written", what, next_step)
