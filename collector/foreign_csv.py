"""CSV files of other makers -> a recording: which column is what, and in which unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from collector.recording import Recording, assemble
from collector.table import read_columns
from contract.errors import RecordingError, UsageError
from contract.model import FloatArray, Slot
from contract.units import ACC_TO_MPS2, GYRO_TO_RPS, TIME_TO_S

AXES = ("ax", "ay", "az", "gx", "gy", "gz")
# Counters of boards and phones start anywhere; a run's report starts near zero.
LATE_START_S = 10.0
_EXAMPLE = "For example --columns t=time,ax=aX,ay=aY,az=aZ,gx=gX,gy=gY,gz=gZ."


@dataclass(frozen=True, slots=True)
class ForeignFormat:
    """What a foreign CSV file holds.

    Attributes
    ----------
    columns : mapping of str to str
        Our word (t, ax .. gz) to the file's column; t may be missing if a rate is
        given, rows are then evenly spaced.
    acc_unit, gyro_unit, time_unit : str
        As in `contract.units`.
    rate_hz : float or None
        Nominal rate; None measures it from the times.
    """

    columns: Mapping[str, str]
    acc_unit: str = "m/s2"
    gyro_unit: str = "rad/s"
    time_unit: str = "s"
    rate_hz: float | None = None

    def __post_init__(self) -> None:
        _check_unit("--acc-unit", self.acc_unit, ACC_TO_MPS2)
        _check_unit("--gyro-unit", self.gyro_unit, GYRO_TO_RPS)
        _check_unit("--time-unit", self.time_unit, TIME_TO_S)
        missing = [axis for axis in AXES if axis not in self.columns]
        if missing:
            what = f"--columns does not say where {', '.join(missing)} stands"
            raise UsageError(what, "all three axes of both are needed", _EXAMPLE)
        if "t" not in self.columns and self.rate_hz is None:
            what = "--columns names no time, and there is no --rate"
            raise UsageError(what, "", "Add t=COLUMN, or --rate HZ for even rows.")
        if self.rate_hz is not None and not self.rate_hz > 0:
            raise UsageError(f"a rate of {self.rate_hz} Hz is impossible")


def parse_columns(text: str) -> dict[str, str]:
    """Read ``t=time,ax=aX,...``; raises `UsageError` that shows the part at fault."""
    columns: dict[str, str] = {}
    for part in text.split(","):
        word, equals, column = (piece.strip() for piece in part.partition("="))
        if not (equals and column) or word not in ("t", *AXES):
            why = f"the words are t, {', '.join(AXES)}, each with =COLUMN"
            raise UsageError(f"--columns cannot use {part!r}", why, _EXAMPLE)
        if word in columns:
            raise UsageError(f"--columns says twice where {word} stands", "", _EXAMPLE)
        columns[word] = column
    twice = {name for name in columns.values() if [*columns.values()].count(name) > 1}
    if twice:
        what = f"--columns uses column {min(twice)!r} for two things"
        raise UsageError(what, "", _EXAMPLE)
    return columns


def read_foreign(
    files: Mapping[Slot, Path],
    layout: ForeignFormat,
    *,
    name: str = "imported",
    meta: Mapping[str, Any] | None = None,
) -> Recording:
    """Read foreign CSV files as one recording; its ``offset_s`` was taken off the time.

    Parameters
    ----------
    files : mapping of Slot to Path
        One file per sensor; all on the same clock.
    layout : ForeignFormat
        What their columns are.
    name : str
        What the recording is called.
    meta : mapping, optional
        Further fields of meta.json, such as ``mass_kg`` or ``standing_s``.
    """
    if not files:
        raise UsageError("no file is named", "", "Add --left, --right or --hip FILE.")
    raw = {slot: _read_rows(path, layout) for slot, path in files.items()}
    fields = {**(meta or {}), "rate_hz": layout.rate_hz}
    units = (layout.acc_unit, layout.gyro_unit)
    return assemble(name, raw, fields, units=units, late_start_s=LATE_START_S)


def _read_rows(path: Path, layout: ForeignFormat) -> FloatArray:
    if not path.is_file():
        why = "it is a directory" if path.is_dir() else "there is no such file"
        raise RecordingError(f"{path} cannot be read", why, "Name a CSV file.")
    names = [layout.columns[axis] for axis in AXES]
    if "t" not in layout.columns:
        values = read_columns(path, names)
        return np.column_stack([np.arange(len(values)) / (layout.rate_hz or 1), values])
    values = read_columns(path, [layout.columns["t"], *names])
    values[:, 0] *= TIME_TO_S[layout.time_unit]
    return values


def _check_unit(option: str, unit: str, known: Mapping[str, float]) -> None:
    if unit not in known:
        why = f"it knows {', '.join(known)}"
        raise UsageError(f"{option} does not know {unit!r}", why, "Choose one of them.")
