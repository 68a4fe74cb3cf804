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

_CHUNK_ROWS = 20_000  # bounds the memory that the text of an hour's rows would take


def read_columns(path: Path, names: Sequence[str]) -> FloatArray:
    """Read the named columns as an array [rows, names]; ``.gz`` is unpacked."""
    text = _read_text(path)
    header, delimiter = _header(text)
    if not header:
        raise RecordingError(
            f"{path.name} is empty", "not even a header line is there", _RECORD_AGAIN
        )
    _check_columns(path, header, names)
    wanted = [header.index(name) for name in names]
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
        raw = path.read_bytes()
        if path.suffix == ".gz":
            raw = gzip.decompress(raw)
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        why = f"byte {fault.start} is no text"
        raise RecordingError(f"{path.name} is no CSV file", why) from fault
    except (OSError, EOFError, zlib.error) as fault:
        what = f"{path.name} cannot be read"
        raise RecordingError(what, str(fault), _RECORD_AGAIN) from fault


def _header(text: str) -> tuple[list[str], str]:
    line = text.partition("\n")[0].strip("\r\n")
    delimiter = max(",;\t", key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    return [name.strip() for name in names], delimiter


def _check_columns(path: Path, header: list[str], names: Sequence[str]) -> None:
    missing = [name for name in names if name not in header]
    if missing:
        raise RecordingError(
            f"{path.name} has no column {', '.join(missing)}",
            f"its columns are {', '.join(header)}",
            "Say which is which, such as --columns t=time,ax=aX,ay=aY,az=aZ,"
            "gx=gX,gy=gY,gz=gZ.",
        )


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
    """Find the first cell that is no number, and say where it stands."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        header = next(reader)
        for row in reader:
            why = _row_fault(row, header, wanted) if row else ""
            if why:
                what = f"{path.name} line {reader.line_num} cannot be used"
                return RecordingError(what, why, "Correct or delete that line.")
    except csv.Error as fault:
        what = f"{path.name} line {reader.line_num} cannot be read"
        return RecordingError(what, str(fault), "Correct or delete that line.")
    return RecordingError(f"{path.name} cannot be read", "its rows are no numbers")


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
