"""What `treadwear` alone says: three next steps, which follow from what there is."""

import shlex
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from contract.errors import TreadwearError
from contract.rows import SessionRow
from contract.units import NS_PER_S
from processing.store.sqlite import SqliteStore
from treadwear.runtime import who_runs
from treadwear.settings import Settings

DEMO_DIR = Path("treadwear-demo")
"""Where the demo keeps its files, in the working directory."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: when, and by which command."""

    when: str
    command: str


def next_steps(settings: Settings) -> tuple[Step, Step, Step]:
    """Give the three steps that make sense here."""
    recorded = "treadwear import DIR --runner ID && treadwear report last"
    return (_first(settings), _live(settings), Step("With a recording", recorded))


def lines_of(steps: Iterable[Step]) -> list[str]:
    """One line each, the commands below one another; then how to type them."""
    steps = tuple(steps)
    width = max(len(step.when) for step in steps)
    lines = [f"  {step.when:{width}}  {step.command}" for step in steps]
    return [*lines, *filter(None, [how_to_type()])]


def how_to_type() -> str:
    """Say what makes the shell find the commands as they are printed; "" if it does.

    Whoever types .venv/bin/treadwear reads of commands that begin with treadwear.
    """
    if shutil.which("treadwear"):
        return ""
    python = Path(sys.executable)
    activate = python.parent / "activate"
    if activate.is_file():
        place = shlex.quote(_from_here(activate))
        return f"To type them like this, once per terminal: . {place}"
    return f"Type it as: {shlex.quote(_from_here(python))} -m treadwear"


def _from_here(path: Path) -> str:
    """Give a path as one would type it in this directory."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _first(settings: Settings) -> Step:
    """The last run's report, where there is one; else the demonstration."""
    for place, more in ((settings.data_dir, ""), (DEMO_DIR, f" --data {DEMO_DIR}")):
        row = _newest(place / settings.store_path.name)
        if row is not None:
            day = datetime.fromtimestamp(row.time_ns / NS_PER_S, UTC).astimezone()
            when = f"Your last run ({row.runner}, {day:%d %b})"
            return Step(when, f"treadwear report last{more}")
    return Step("Try it", "treadwear demo")


def _live(settings: Settings) -> Step:
    running = who_runs(settings.data_dir)
    if running is not None:
        return Step("It runs already", f"open {running.url}run")
    return Step("With sensors", "treadwear up --lan, then scan its code: /run opens")


def _newest(path: Path) -> SessionRow | None:
    """The run that `report last` means; None without one that can be read."""
    try:
        if not path.exists():
            return None
        with SqliteStore.open(path, read_only=True) as store:
            rows = store.sessions()
    except (TreadwearError, OSError):
        return None  # doctor says what is wrong with it
    return rows[0] if rows else None
