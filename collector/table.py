"""Columns of numbers out of a CSV file, or an error that names the place at fault."""

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path

import numpy as np

from contract.errors import RecordingError
from contract.model import FloatArray

MOST_BYTES = 2**30
"""Unpacked; three hours of one sensor at 200 Hz are 0.2 GB of text."""
_CHUNK_ROWS = 20_000  # bounds the memory that the text of an hour's rows would take


def read_columns(path: Path, names: Sequence[str]) -> FloatArray:
    """Read the named columns as an array [rows, names]; ``.gz`` is unpacked."""
    text = _read_text(path)
    try:
        header, delimiter = _header(text)
    except csv.Error as fault:
        why = f"of its header line: {fault}"
        raise RecordingError(f"{path.name} is no CSV file", why) from fault
    if not header:
        raise RecordingError(
            f"{path.name} is empty", "not even a header line is there", _RECORD_AGAIN
        )
    wanted = _places(path, header, names)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    next(reader)
    try:
        chunks = list(_chunks(reader, wanted, len(header)))
        values = np.concatenate(chunks) if chunks else np.empty((0, len(names)))
    except (ValueError, csv.Error):
        raise _first_fault(path, text, wanted, delimiter) from None
    if not len(values):
        why = "below the header line there is nothing"
        raise RecordingError(f"{path.name} has no rows", why, _RECORD_AGAIN)
    if not np.isfinite(values).all():
        raise _first_fault(path, text, wanted, delimiter)
    return values


_RECORD_AGAIN = "Copy or record the file again."


def _read_text(path: Path) -> str:
    try:
        return bounded(path).decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        why = f"byte {fault.start} is no text"
        raise RecordingError(f"{path.name} is no CSV file", why) from fault
    except (OSError, EOFError, zlib.error) as fault:
        what = f"{path.name} cannot be read"
        raise RecordingError(what, str(fault), _RECORD_AGAIN) from fault


def bounded(path: Path) -> bytes:
    """Give what a file holds, unpacked, unless it is more than any run."""
    opened = gzip.open if path.suffix == ".gz" else Path.open
    with opened(path, "rb") as file:
        raw: bytes = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        why = f"it holds more than {MOST_BYTES // 2**20} MB of text"
        raise RecordingError(f"{path.name} is no run's CSV file", why)
    return raw


def _header(text: str) -> tuple[list[str], str]:
    line = text.partition("\n")[0].strip("\r\n")
    delimiter = max(",;\t", key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    return [name.strip() for name in names], delimiter


def _places(path: Path, header: list[str], names: Sequence[str]) -> list[int]:
    """Where the named columns stand; in capitals or not is the same."""
    spelt = {name.casefold(): index for index, name in enumerate(header)}
    exact = {name: index for index, name in enumerate(header)}
    places = {name: exact.get(name, spelt.get(name.casefold())) for name in names}
    missing = [name for name, index in places.items() if index is None]
    if missing:
        raise RecordingError(
            f"{path.name} has no column {', '.join(missing)}",
            f"its columns are {', '.join(header)}",
            "Say which is which: treadwear import --left FILE --columns"
            " t=time,ax=aX,ay=aY,az=aZ,gx=gX,gy=gY,gz=gZ.",
        )
    return [index for index in places.values() if index is not None]


def _chunks(
    reader: Iterator[list[str]], wanted: list[int], width: int
) -> Iterator[FloatArray]:
    pick = itemgetter(*wanted)
    while rows := list(islice(reader, _CHUNK_ROWS)):
        filled = [row for row in rows if row]
        if any(len(row) != width for row in filled):
            raise ValueError("a row of another width")
        cells = chain.from_iterable(map(pick, filled))
        numbers = np.fromiter(map(float, cells), np.float64)
        yield numbers.reshape(len(filled), len(wanted))


def _first_fault(
    path: Path, text: str, wanted: list[int], delimiter: str
) -> RecordingError:
    """Say where the first line stands that is of no use, and how many there are."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    faults: list[tuple[int, str]] = []
    try:
        header = next(reader)
        for row in reader:
            why = _row_fault(row, header, wanted) if row else ""
            if why:
                faults.append((reader.line_num, why))
    except csv.Error as fault:
        faults.append((reader.line_num, str(fault)))
    if not faults:
        return RecordingError(f"{path.name} cannot be read", "its rows are no numbers")
    (line, why), more = faults[0], len(faults) - 1
    what = f"{path.name} line {line} cannot be used"
    if not more:
        return RecordingError(what, why, "Correct or delete that line.")
    what += f", and {more} more like it" if more > 1 else ", and one more like it"
    return RecordingError(what, why, "Correct or delete those lines.")


def _row_fault(row: list[str], header: list[str], wanted: list[int]) -> str:
    if len(row) != len(header):
        return f"it has {len(row)} values where the header names {len(header)}"
    for index in wanted:
        if not _is_number(row[index]):
            return f"{header[index].strip()} is {row[index]!r}, not a number"
    return ""


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False
