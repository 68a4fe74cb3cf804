"""Files of other loggers -> a recording: who is left, which file is what, one clock.

Acceleration and angular rate may be in one file or in two; two are joined at the times
of the acceleration, angular rate interpolated linearly. Which sensor a file is of, its
name or its folder's says: left, right or hip.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from collector.foreign_csv import LATE_START_S
from collector.guess import guess, looks_known
from collector.logger_dates import zero_unix_s
from collector.logger_table import LoggerTable, read_table
from collector.presets import PRESETS, Part, Preset
from collector.recording import Recording, assemble
from contract.errors import RecordingError, UsageError
from contract.model import FloatArray, Slot
from contract.units import ACC_TO_MPS2, GYRO_TO_RPS, NS_PER_S, TIME_TO_S

_SLOT_WORDS = {
    **dict.fromkeys(("left", "l"), Slot.LEFT),
    **dict.fromkeys(("right", "r"), Slot.RIGHT),
    **dict.fromkeys(("hip", "waist", "pelvis", "sacrum"), Slot.HIP),
}
_SUFFIXES = (".csv", ".csv.gz", ".txt")
# Interpolating over more would invent what the foot did.
_MOST_HOLE_PERIODS = 3.5
# A running or walking foot or hip turns faster than 20 deg/s; if a wearer moves (her
# acceleration varies by 2 m/s2 and more) and the figure is less, it was divided twice.
_LEAST_TURN_RPS = 0.35
_MOVING_SD_MPS2 = 2.0

Files = Mapping[Slot, Sequence[Path]]


@dataclass(frozen=True, slots=True, eq=False)
class _Sensor:
    """Rows of one sensor [N, 7] in SI, and what was understood, in words.

    ``zero_unix_s`` is the Unix time at which its times read zero, where that is told.
    """

    rows: FloatArray
    note: str
    is_synced: bool
    zero_unix_s: float | None = None


def find_files(directory: Path) -> dict[Slot, list[Path]]:
    """Files of each sensor in a directory and the folders in it, by their names."""
    found: dict[Slot, list[Path]] = {}
    names = []
    for path in sorted(_candidates(directory)):
        names.append(path.name)
        if (slot := _slot_of(path.relative_to(directory))) is not None:
            found.setdefault(slot, []).append(path)
    if not found:
        what = f"{directory.name} does not say which foot its files are of"
        why = f"it holds {', '.join(names[:6])}" if names else "it holds no CSV file"
        step = "Put left, right or hip into names or folders, or use --left, --hip ..."
        raise RecordingError(what, why, step)
    return found


def read_logger(
    files: Files, preset: Preset | None, *, name: str, is_generic: bool = False
) -> Recording:
    """Read files of a logger as one recording; its notes say what was recognised.

    Parameters
    ----------
    files : mapping of Slot to paths
        One or several files per sensor; a folder stands for the files in it.
    preset : Preset or None
        The logger; None recognises it by its columns.
    name : str
        What the recording is called.
    is_generic : bool
        Without a preset: do not look for known loggers.
    """
    if not files:
        raise UsageError("no file is named", "", "Add --left, --right or --hip FILE.")
    tables = {slot: _tables(paths) for slot, paths in files.items()}
    if preset is None and not is_generic:
        preset = recognised([t for found in tables.values() for t in found])
    sensors = {
        slot: _guessed(found, slot) if preset is None else _by(preset, found, slot)
        for slot, found in tables.items()
    }
    rows = {slot: sensor.rows for slot, sensor in sensors.items()}
    is_apart = len(rows) > 1 and not all(s.is_synced for s in sensors.values())
    notes = [f"{slot.word}: {sensor.note}" for slot, sensor in sensors.items()]
    if is_apart and preset is not None and preset.clock == "own":
        rows = {slot: _from_zero(values) for slot, values in rows.items()}
    if is_apart:
        notes.append(
            "The sensors have no common clock, so nothing is said about flight and step"
            " time."
        )
    fields = {"clocks_apart": is_apart, "logger": preset.word if preset else "generic"}
    read = assemble(name, rows, fields, late_start_s=LATE_START_S)
    for slot, track in read.tracks.items():
        _check_turning(track.samples, slot)
    origin_ns = _origin_ns(sensors, read)
    return replace(read, told_origin_ns=origin_ns).with_notes(notes)


def _origin_ns(sensors: Mapping[Slot, _Sensor], read: Recording) -> int | None:
    """Unix time of the recording's zero, by the sensor that began first."""
    began = [
        sensor.zero_unix_s + float(sensor.rows[:, 0].min()) - float(track.t_s[0])
        for slot, track in read.tracks.items()
        if (sensor := sensors[slot]).zero_unix_s is not None
    ]
    return round(min(began) * NS_PER_S) if began else None


def recognised(tables: Sequence[LoggerTable]) -> Preset | None:
    """Preset whose columns these files have; None if they name theirs clearly.

    Raises `RecordingError` if nothing at all is recognised.
    """
    for preset in PRESETS.values():
        halves = (_find(preset.acc, tables), _find(preset.gyro, tables))
        if all(half is not None for half in halves):
            return preset
    if any(looks_known(table) for table in tables):
        return None
    raise _unrecognised(tables)


def _unrecognised(tables: Sequence[LoggerTable]) -> RecordingError:
    """Say what is missing, if the logger can be told by what there is."""
    why = f"these are their columns: {_seen(tables)}"
    for preset in PRESETS.values():
        halves = {"acceleration": preset.acc, "angular rate": preset.gyro}
        missing = [what for what, half in halves.items() if not _find(half, tables)]
        if len(missing) == 1:
            what = f"these look like {preset.title} files without {missing[0]}"
            return RecordingError(what, why, preset.hint)
    for preset in PRESETS.values():
        if _has_trace(preset, tables):
            what = f"these look like {preset.title} files, of another kind or language"
            return RecordingError(what, why, preset.hint)
    return RecordingError(
        "no known logger wrote these files, or a part of them is missing",
        why,
        f"Add --preset {'|'.join(PRESETS)} to hear what is missing, or --columns.",
    )


def _has_trace(preset: Preset, tables: Sequence[LoggerTable]) -> bool:
    names = (name for table in tables for name in table.names)
    return bool(preset.trace) and any(re.fullmatch(preset.trace, n) for n in names)


def _seen(tables: Sequence[LoggerTable]) -> str:
    return "; ".join(f"{t.path.name}: {', '.join(t.names[:9])}" for t in tables[:4])


def _candidates(directory: Path) -> Iterator[Path]:
    for path in (*directory.glob("*"), *directory.glob("*/*")):
        if path.is_file() and path.name.lower().endswith(_SUFFIXES):
            yield path


def _slot_of(path: Path) -> Slot | None:
    """Which sensor the words of a path name; the last word counts."""
    split = re.sub(r"([a-z])([A-Z])", r"\1 \2", path.as_posix())
    words = re.split(r"[^a-z]+", split.lower())
    found = [_SLOT_WORDS[word] for word in words if word in _SLOT_WORDS]
    return found[-1] if found else None


def _tables(paths: Sequence[Path]) -> list[LoggerTable]:
    """Files that could be read as tables; that none could, is an error."""
    found, faults = [], []
    for path in paths:
        each = sorted(_candidates(path)) if path.is_dir() else [path]
        for file in each:
            try:
                found.append(read_table(file))
            except RecordingError as fault:
                faults.append(fault)
    if not found:
        raise (
            faults[0]
            if faults
            else RecordingError(
                f"{paths[0]} holds no CSV file",
                "it is a directory in which nothing ends in .csv or .txt",
                "Name the file, or the logger's ZIP.",
            )
        )
    return found


def _find(
    parts: Sequence[Part], tables: Sequence[LoggerTable]
) -> tuple[Part, LoggerTable] | None:
    for part in parts:
        for table in tables:
            if part.file_word in _words(table.path) and table.has(part.columns):
                return part, table
    return None


def _words(path: Path) -> str:
    """Name of a file; "gyroscopeuncalibrated" is not the gyroscope's."""
    return re.sub(r"[^a-z]", "", path.name.lower()).replace("uncalibrated", " ")


def _by(preset: Preset, tables: Sequence[LoggerTable], slot: Slot) -> _Sensor:
    acc = _needed(preset, preset.acc, tables, slot, "acceleration")
    gyro = _needed(preset, preset.gyro, tables, slot, "angular rate")
    acc_rows = _values(preset, *acc) * _scale(preset.time_unit, preset.acc_unit)
    if acc[0].needs:
        acc_rows = _with_gravity(preset, acc_rows, tables, slot, acc[0])
    gyro_rows = _values(preset, *gyro) * _scale(preset.time_unit, preset.gyro_unit)
    is_one = acc[1].path == gyro[1].path and acc[0].t == gyro[0].t
    joined = is_one and len(acc_rows) == len(gyro_rows)
    rows = (
        np.column_stack([acc_rows, gyro_rows[:, 1:]])
        if joined
        else _joined(acc_rows, gyro_rows, slot)
    )
    from_files = (
        acc[1].path.name if is_one else f"{acc[1].path.name} and {gyro[1].path.name}"
    )
    note = f"recognised as {preset.title}: {preset.units}; from {from_files}."
    zero_s = zero_unix_s(preset.word, acc[1], float(acc_rows[:, 0].min()))
    return _Sensor(rows, note, _is_synced(preset, acc[1]), zero_s)


def _needed(
    preset: Preset,
    parts: Sequence[Part],
    tables: Sequence[LoggerTable],
    slot: Slot,
    what: str,
) -> tuple[Part, LoggerTable]:
    if (found := _find(parts, tables)) is not None:
        return found
    wanted = " or ".join(_wanted(part) for part in parts)
    raise RecordingError(
        f"{slot.word}: {preset.title} files have no {what}",
        f"it is {wanted}, but there are only these columns: {_seen(tables)}",
        preset.hint,
    )


def _wanted(part: Part) -> str:
    columns = ", ".join(part.columns)
    return f"{columns} in a file {part.file_word!r}" if part.file_word else columns


def _values(preset: Preset, part: Part, table: LoggerTable) -> FloatArray:
    """Columns of a part, in the logger's units, its counter of time unwrapped."""
    values = table.columns(part.columns)
    if preset.wraps_at is not None:
        wraps = np.diff(values[:, 0], prepend=values[0, 0]) < -preset.wraps_at / 2
        values[:, 0] += np.cumsum(wraps) * preset.wraps_at
    return values


def _scale(time_unit: str, unit: str) -> FloatArray:
    factor = (ACC_TO_MPS2 | GYRO_TO_RPS)[unit]
    return np.array([TIME_TO_S[time_unit], factor, factor, factor])


def _joined(acc: FloatArray, gyro: FloatArray, slot: Slot) -> FloatArray:
    """Angular rate at the times of the acceleration; where it is missing, no row."""
    acc, gyro = (half[np.argsort(half[:, 0], kind="stable")] for half in (acc, gyro))
    t_s, known_s = acc[:, 0], gyro[:, 0]
    if len(known_s) < 2 or t_s[-1] < known_s[0] or known_s[-1] < t_s[0]:
        why = "their times do not overlap"
        raise RecordingError(
            f"{slot.word}: acceleration and angular rate are of two recordings", why
        )
    after = np.clip(np.searchsorted(known_s, t_s), 1, len(known_s) - 1)
    usual_s = float(np.median(np.diff(known_s)))
    is_near = known_s[after] - known_s[after - 1] <= _MOST_HOLE_PERIODS * usual_s
    is_within = (t_s >= known_s[0]) & (t_s <= known_s[-1])
    rates = [np.interp(t_s, known_s, gyro[:, k]) for k in (1, 2, 3)]
    rows = np.column_stack([acc, *rates])
    return np.asarray(rows[is_near & is_within], dtype=np.float64)


def _with_gravity(
    preset: Preset,
    acc: FloatArray,
    tables: Sequence[LoggerTable],
    slot: Slot,
    part: Part,
) -> FloatArray:
    """Acceleration without gravity plus gravity, in the sign that Android has."""
    gravity_part = Part(part.t, part.xyz, part.needs)
    found = _needed(preset, (gravity_part,), tables, slot, "gravity")
    gravity = _values(preset, *found) * _scale(preset.time_unit, preset.acc_unit)
    joined = _joined(acc, gravity, slot)
    total = joined[:, 1:4] + joined[:, 4:7]
    return np.column_stack([joined[:, 0], _sign(found[1].path.parent) * total])


def _sign(directory: Path) -> float:
    """-1 for what iOS wrote in its own frame, which Metadata.csv says."""
    path = directory / "Metadata.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            told = next(csv.DictReader(file), {})
    except OSError as fault:
        raise RecordingError(
            f"{directory.name} does not say whether iOS or Android wrote it",
            "Metadata.csv is missing, and their signs differ",
            "Put Metadata.csv from the same ZIP beside the other files.",
        ) from fault
    is_ios = str(told.get("platform", "")).lower().startswith("ios")
    is_standard = str(told.get("standardisation", "")).lower() == "true"
    return -1.0 if is_ios and not is_standard else 1.0


def _is_synced(preset: Preset, table: LoggerTable) -> bool:
    """Whether its clock is that of the other sensors too."""
    told = " ".join(table.preamble).lower()
    return preset.clock == "common" and "un-synced" not in told


def _guessed(tables: Sequence[LoggerTable], slot: Slot) -> _Sensor:
    known = [table for table in tables if looks_known(table)] or list(tables)
    if len(known) > 1:
        why = " and ".join(table.path.name for table in known[:3])
        raise RecordingError(f"{slot.word} is in several files", why, "Keep one.")
    found = guess(known[0])
    time_s = np.array([TIME_TO_S[found.time_unit]])
    acc, gyro = ACC_TO_MPS2[found.acc_unit], GYRO_TO_RPS[found.gyro_unit]
    scale = np.concatenate([time_s, np.repeat([acc, gyro], 3)])
    columns = ", ".join(found.columns)
    note = (
        f"taken as {columns}: acceleration in {found.acc_unit}, angular rate in"
        f" {found.gyro_unit}, time in {found.time_unit}; from {known[0].path.name}."
    )
    return _Sensor(known[0].columns(found.columns) * scale, note, is_synced=True)


def _from_zero(rows: FloatArray) -> FloatArray:
    """The same rows with time counted from the first."""
    shifted = rows.copy()
    shifted[:, 0] -= rows[:, 0].min()
    return shifted


def _check_turning(samples: FloatArray, slot: Slot) -> None:
    """Refuse angular rates so small that they were in rad/s already."""
    varies = float(np.linalg.norm(samples[:, :3], axis=1).std())
    most = float(np.abs(samples[:, 3:]).max())
    if varies > _MOVING_SD_MPS2 and most < _LEAST_TURN_RPS:
        raise RecordingError(
            f"{slot.word}: the angular rate never exceeds {most:.2g} rad/s",
            "a foot that moves turns faster, so the unit is probably another",
            "Name the columns with --columns, and the unit with --gyro-unit rad/s.",
        )
