"""What this computer has: Python, extras, disk, clock. Looks, and changes nothing."""

import ctypes
import importlib
import os
import platform
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from contract.errors import TreadwearError
from contract.extras import how_to_install
from contract.units import NS_PER_S
from processing.store.sqlite import SqliteStore
from treadwear.settings import Settings

_LEAST_FREE_GB = 1.0  # an hour of two shoes is about 20 MB of raw frames and rows
_SECONDS_A_DAY = 86_400.0
_EARLIEST_S = 1_767_225_600.0
"""2026-01-01: before this version was written no clock can truly be."""
_TIME_ERROR = 5
"""What adjtimex(2) gives while nobody keeps the clock right."""
_TIMEX_BYTES = 512
"""Room for its struct, which has 208 bytes on 64-bit Linux."""
_JUMP_S = 1.0
"""Clocks that are slewed differ by 0.5 ms a second (adjtimex(2)); this is a step."""

EXTRAS = {
    "pdf": (("weasyprint",), "reports as PDF"),
    "fit": (("fit_tool", "fitdecode", "gpxpy"), "files to and from watches"),
    "parquet": (("pyarrow",), "raw samples as Parquet"),
    "virtual": (("bumble",), "sensors without hardware"),
}
"""Of each extra: its packages, and what they give."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``is_needed`` False is only good to have.

    ``do`` says what can be done; empty where nothing has to be.
    """

    name: str
    is_ok: bool
    is_needed: bool
    text: str
    do: str = ""


def found_fault(name: str, fault: TreadwearError, *, is_needed: bool = True) -> Finding:
    """What an error says, as a finding."""
    text = f"{fault.what}: {fault.why}" if fault.why else fault.what
    return Finding(name, False, is_needed, text, fault.next_step.removesuffix("."))


def python(_: Settings) -> Finding:
    """The version of Python."""
    is_ok = sys.version_info >= (3, 11)
    do = "" if is_ok else "Install Python 3.11 or newer"
    return Finding("python", is_ok, True, sys.version.split()[0], do)


def extra(name: str) -> Finding:
    """Whether an extra can be used: its packages, and what these need."""
    packages, gives = EXTRAS[name]
    try:
        for package in packages:
            importlib.import_module(package)
    except ImportError:
        text = f"not installed: {gives}"
        return Finding(f"extra {name}", False, False, text, how_to_install(name))
    except OSError as fault:  # weasyprint without the system's pango
        do = "apt-get install libpango-1.0-0 libpangoft2-1.0-0"
        return Finding(f"extra {name}", False, False, f"{gives}: {fault}"[:200], do)
    return Finding(f"extra {name}", True, False, gives)


def data_dir(settings: Settings) -> Finding:
    """Whether runs can be written; a directory that is not there is not made."""
    path, name = settings.data_dir, "data directory"
    place = _there(path)
    if not place.is_dir() or not os.access(place, os.W_OK):
        do = "Name another one: --data, or the setting data_dir"
        return Finding(name, False, True, f"{path} cannot be written", do)
    text = str(path) if path.exists() else f"{path}, made by the first run"
    return Finding(name, True, True, text)


def disk(settings: Settings) -> Finding:
    """Whether there is room for more runs."""
    free_gb = shutil.disk_usage(_there(settings.data_dir)).free / 1e9
    is_ok = free_gb >= _LEAST_FREE_GB
    do = "" if is_ok else "Make room, or name another disk with --data"
    return Finding("disk", is_ok, True, f"{free_gb:.1f} GB free", do)


class Clock:
    """The computer's clock: kept right, not before the last run, and not jumping."""

    def __init__(self) -> None:
        self._ahead_s = time.time() - time.monotonic()

    def __call__(self, settings: Settings) -> Finding:
        """Look at it, some time after this was made."""
        jump_s = time.time() - time.monotonic() - self._ahead_s
        do = "Set it: timedatectl set-ntp true, or date"
        if abs(jump_s) > _JUMP_S:
            text = f"it jumped by {jump_s:+.0f} s just now; a run would have a gap"
            return Finding("clock", False, True, text, "Wait until it is set")
        late_s = _newest_run_s(settings) - time.time()
        if time.time() < _EARLIEST_S or late_s > _SECONDS_A_DAY:
            text = f"it says {time.strftime('%Y-%m-%d %H:%M')}, which is too early"
            return Finding("clock", False, True, text, do)
        is_kept = _is_kept_right()
        if is_kept is False:
            text = "the system does not say that anybody keeps it right"
            return Finding("clock", False, False, text, "timedatectl set-ntp true")
        return Finding("clock", True, True, "kept right" if is_kept else "plausible")


def _there(path: Path) -> Path:
    """The path, or the nearest directory above it that there is."""
    return next(p for p in (path, *path.absolute().parents) if p.exists())


def _newest_run_s(settings: Settings) -> float:
    """Unix time at which the newest run began; 0 without one."""
    if not settings.store_path.exists():
        return 0.0
    try:
        with SqliteStore.open(settings.store_path, read_only=True) as store:
            return max((row.time_ns for row in store.sessions()), default=0) / NS_PER_S
    except TreadwearError:
        return 0.0  # what is wrong with it, the database's own finding says


def _is_kept_right() -> bool | None:
    """Whether the system says that its clock is synchronised; None: it does not say."""
    if platform.system() != "Linux":
        return None
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else bool(state != _TIME_ERROR)
