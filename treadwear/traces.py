"""What is in the data directory about a runner: runs, and files to be deleted."""

import html
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from contract.errors import StoreError
from processing.store.sqlite import SqliteStore
from treadwear.research import left_before, research_name
from treadwear.settings import Settings

_OWNER = re.compile(rb'<meta name="treadwear-runner" content="([^"]*)">')
"""Where a page of a month, of a comparison or of a run says whose it is."""
_PAGES = (".html", ".htm")


def archive_path(settings: Settings, name: str) -> Path:
    """Where all of a runner's data go if nobody names a place."""
    return settings.data_dir / "archives" / f"{name}.zip"


def known_sessions(settings: Settings, runner: str) -> list[str]:
    """Runs of a runner, whatever is there of them."""
    if not settings.store_path.exists():
        return []
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        return store.sessions_of(runner)


def reports_of(settings: Settings, runner: str, sessions: Sequence[str]) -> list[Path]:
    """Reports of her runs, pages of hers under any name, halves left by a kill."""
    written = {path for path in settings.reports_dir.rglob("*") if path.is_file()}
    # Somebody may name the data directory for a page, with a name of their own.
    pages = (path for path in settings.data_dir.rglob("*") if path.suffix in _PAGES)
    written |= {path for path in pages if path.is_file()}
    names = (*sessions, runner)
    return sorted(
        path
        for path in written
        if _is_named(path, names) or _is_within(path, runner, sessions)
    )


def archives_of(settings: Settings, runner: str) -> list[Path]:
    """Archives of hers, and halves of them that a kill left behind."""
    names = [runner]
    if left_before(settings.data_dir):
        names.append(research_name(settings.data_dir, runner))
    found = archive_path(settings, runner).parent.glob("*.zip*")
    return sorted(path for path in found if _is_named(path, names))


def drop(paths: Iterable[Path]) -> int:
    """Delete files; gives how many."""
    found = list(paths)
    for path in found:
        try:
            path.unlink(missing_ok=True)
        except OSError as fault:
            raise _stuck(path, "deleted", fault) from fault
    return len(found)


def _is_named(path: Path, names: Iterable[str]) -> bool:
    """Whether one of the names stands in a file's name as a word of its own.

    Ids have dashes in them, so what stands beside the name must be none: ana-2 is
    another runner than ana.
    """
    padded = f"_{path.stem}_".replace(".", "_")
    return any(f"_{name}_" in padded for name in names)


def _is_within(path: Path, runner: str, sessions: Sequence[str]) -> bool:
    """Whether a file says that it is hers, or else names a run of hers.

    Her id alone, somewhere in a text, proves nothing: it may be a word like "may".
    """
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise _stuck(path, "read", fault) from fault
    said = _OWNER.search(content)
    if said is not None:
        return html.unescape(said[1].decode(errors="replace")) == runner
    if f'"runner":"{runner}"'.encode() in content:  # as `month --json` writes it
        return True
    either = "|".join(map(re.escape, sessions)).encode()
    within = rb"(?<![\w-])(?:" + either + rb")(?![\w-])"
    return bool(sessions) and re.search(within, content) is not None


def _stuck(path: Path, verb: str, fault: OSError) -> StoreError:
    return StoreError(
        f"{path} cannot be {verb}",
        fault.strerror or str(fault),
        "See to that file's rights, then say it again.",
    )
