"""When a logger's recording began, where what it wrote says so.

phyphox writes meta/time.csv beside its tables (phyphox-android DataExport.java): event,
experiment time, Unix time, the same as text; its tables count experiment time. Xsens
DOT writes StartTime above its header, as local time with the name of a zone ("WEST"),
which is no zone that could be looked up, or as a date of the web in GMT (both are in
files that people published). Movesense files are named by whoever saves them, and hold
no date.
"""

import csv
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import Path

from collector.logger_table import LoggerTable

_PHYPHOX_TIMES = ("meta/time.csv", "meta-time.csv")
"""In the folder, and as `collector.logger_zip` unpacks it."""
_MOST_EVENTS = 1000
_DOT_START = re.compile(r"StartTime:?\s*,\s*(.*?)[\s,]*", re.IGNORECASE)
_DOT_LOCAL = re.compile(r"(\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d_\d{1,6})(?:\s+(\S+))?")


def zero_unix_s(word: str, table: LoggerTable, first_s: float) -> float | None:
    """Unix time at which the times of a sensor's table read zero, None if untold.

    Parameters
    ----------
    word : str
        Of the preset that the table is read by.
    table : LoggerTable
        What the times are from.
    first_s : float
        Time of its first row.
    """
    if word == "phyphox":
        return _of_phyphox(table.path.parent)
    if word == "xsens-dot" and (began := _dot_start(table.preamble)) is not None:
        return began.timestamp() - first_s
    return None


def _of_phyphox(folder: Path) -> float | None:
    for name in _PHYPHOX_TIMES:
        if (path := folder / name).is_file():
            return _first_start(path)
    return None


def _first_start(path: Path) -> float | None:
    """Unix time less experiment time of the first START."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(islice(file, _MOST_EVENTS))
    except (OSError, UnicodeDecodeError):
        return None
    separator = max(",;\t", key=lines[0].count) if lines else ","
    for row in csv.reader(lines, delimiter=separator):
        if len(row) > 2 and row[0].strip() == "START":
            return _difference(row[2], row[1])
    return None


def _difference(unix: str, experiment: str) -> float | None:
    try:
        return float(unix.replace(",", ".")) - float(experiment.replace(",", "."))
    except ValueError:
        return None


def _dot_start(preamble: Sequence[str]) -> datetime | None:
    found = (_DOT_START.fullmatch(line.strip()) for line in preamble)
    told = next((match.group(1) for match in found if match), "")
    try:
        if local := _DOT_LOCAL.fullmatch(told):
            when = datetime.strptime(local.group(1), "%Y-%m-%d_%H:%M:%S_%f")  # noqa: DTZ007 - it is of here
            in_gmt = local.group(2) in ("UTC", "GMT")
            return when.replace(tzinfo=UTC) if in_gmt else when.astimezone()
        return parsedate_to_datetime(told).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
