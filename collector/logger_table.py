"""CSV files of loggers: lines before the header, any separator, decimal commas.

Unlike `collector.table`, which reads our own files and trusts no row that differs from
its header, this reads what apps write: rows that end in a comma or leave out columns
that nobody asked for, and columns padded with NaN.
"""

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from collector.table import bounded
from contract.errors import RecordingError
from contract.model import FloatArray

_HEAD_LINES = 40  # Xsens DOT writes up to ten before its header
_SEPARATORS = (",", ";", "\t")
_MOST_NAMES = 200


@dataclass(frozen=True, slots=True)
class LoggerTable:
    """A logger's file: the names of its columns, and the text below them.

    Attributes
    ----------
    path : Path
        Where it is.
    names : tuple of str
        Columns, without quotes.
    separator : str
        Between them.
    preamble : tuple of str
        Lines before the header.
    body : str
        All lines below it.
    """

    path: Path
    names: tuple[str, ...]
    separator: str
    preamble: tuple[str, ...]
    body: str

    def place(self, name: str) -> int | None:
        """Where a column stands; in capitals or not is the same."""
        spelt = [other.casefold() for other in self.names]
        wanted = name.casefold()
        return spelt.index(wanted) if wanted in spelt else None

    def has(self, names: Sequence[str]) -> bool:
        """Whether it has all these columns."""
        return all(self.place(name) is not None for name in names)

    def columns(self, names: Sequence[str]) -> FloatArray:
        """Numbers of these columns [rows, names]; rows that hold NaN are left out."""
        places = [place for name in names if (place := self.place(name)) is not None]
        if len(places) != len(names):
            missing = [name for name in names if self.place(name) is None]
            raise RecordingError(
                f"{self.path.name} has no column {', '.join(missing)}",
                f"its columns are {', '.join(self.names)}",
            )
        values = self._numbers(places)
        whole = values[np.isfinite(values).all(axis=1)]
        if not len(whole):
            why = "below the header there is no row of numbers"
            raise RecordingError(f"{self.path.name} has no rows", why)
        return whole

    def _numbers(self, places: Sequence[int]) -> FloatArray:
        # A comma cannot be both, so with another separator it is the decimal point.
        body = self.body if self.separator == "," else self.body.replace(",", ".")
        if not body.strip():
            return np.empty((0, len(places)))
        try:
            return np.loadtxt(
                io.StringIO(body),
                dtype=np.float64,
                comments=None,
                delimiter=self.separator,
                usecols=places,
                ndmin=2,
                quotechar='"',
            )
        except (ValueError, IndexError) as fault:
            raise RecordingError(
                f"{self.path.name} cannot be read as numbers",
                f"{str(fault).rstrip('.')} (rows count from the one below the header)",
                "Correct or delete that line; decimal commas need ; or tabs between.",
            ) from fault


def read_table(path: Path) -> LoggerTable:
    """Read a logger's file; ``.gz`` is unpacked."""
    lines = _text(path).splitlines()
    at, separator = _header(lines)
    if at is None:
        why = "none of its first lines names columns"
        raise RecordingError(f"{path.name} is no CSV file of a logger", why)
    return LoggerTable(
        path,
        tuple(_names(lines[at], separator)),
        separator,
        tuple(line for line in lines[:at] if line.strip()),
        "\n".join(line for line in lines[at + 1 :] if line.strip()),
    )


def _text(path: Path) -> str:
    try:
        return bounded(path).decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        why = f"byte {fault.start} is no text"
        raise RecordingError(f"{path.name} is no CSV file", why) from fault
    except (OSError, EOFError, zlib.error) as fault:
        what = f"{path.name} cannot be read"
        raise RecordingError(what, str(fault), "Copy the file again.") from fault


def _header(lines: Sequence[str]) -> tuple[int | None, str]:
    """Where the header is: the last line of words before the first line of numbers."""
    for at, line in enumerate(lines[:_HEAD_LINES]):
        if not line.strip():
            continue
        separator = max(_SEPARATORS, key=line.count)
        names = _names(line, separator)
        is_header = 4 <= len(names) <= _MOST_NAMES and not any(map(_is_number, names))
        if is_header and _are_numbers(lines[at + 1 :], separator):
            return at, separator
    return None, ","


def _are_numbers(lines: Sequence[str], separator: str) -> bool:
    following = next((line for line in lines if line.strip()), None)
    if following is None:
        return True  # a header with nothing below: that is said when it is read
    cells = [c.strip().strip('"') for c in following.split(separator)]
    return any(map(_is_number, cells))


def _names(line: str, separator: str) -> list[str]:
    names = [name.strip().strip('"').strip() for name in line.split(separator)]
    while names and not names[-1]:
        names.pop()
    return names


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
