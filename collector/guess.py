"""A file of an unknown logger: which column is what, and in which unit, by looking.

Names first (``acc_x``, ``Gyro Y [deg/s]``, ``time (ms)``), then the numbers: gravity
tells the unit of acceleration, a running foot that of angular rate, and the spacing of
rows that of time. What cannot be told is asked for.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from collector.logger_table import LoggerTable
from collector.rest import MOST_GYRO_RPS, MOVING_RANGE_MPS2
from contract.errors import RecordingError
from contract.model import FloatArray
from contract.units import ACC_TO_MPS2, GYRO_TO_RPS, TIME_TO_S
from contract.wire import RATE_RANGE_HZ

_AXES = ("ax", "ay", "az", "gx", "gy", "gz")
_NAMES = {
    "t": re.compile(r"t|time|timestamp|timestamps|(seconds|time)?elapsed|sampletime"),
    "a": re.compile(r"(?:a|acc|accel|acceleration|accelerometer)([xyz])"),
    "g": re.compile(r"(?:g|w|gyr|gyro|gyroscope|angularrate|angularvelocity)([xyz])"),
}
_UNIT_WORDS = {
    "m/s^2": "m/s2",
    "m/s²": "m/s2",
    "m/s2": "m/s2",
    "mps2": "m/s2",
    "mg": "mg",
    "g": "g",
    "dps": "dps",
    "deg/s": "dps",
    "°/s": "dps",
    "degree per second": "dps",
    "rad/s": "rad/s",
    "rps": "rad/s",
    "s": "s",
    "ms": "ms",
    "us": "us",
    "µs": "us",
    "ns": "ns",
}
_IN_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
# At the end of a name, as in ax_mps2; a lone g could be part of it, so it needs both.
_AT_THE_END = re.compile(r"_(mps2|mg|g|dps|rps|s|ms|us|ns)$")
# A running foot turns at 5 rad/s and more (300 dps), a hip at 1 to 6 (60 to 340 dps).
_SURELY_RPS = 45.0


@dataclass(frozen=True, slots=True)
class Guess:
    """What a file's columns are; ``columns`` are those of t, ax to gz."""

    columns: tuple[str, ...]
    acc_unit: str
    gyro_unit: str
    time_unit: str


def guess(table: LoggerTable) -> Guess:
    """Find what the columns are; `RecordingError` says what could not be told."""
    places = _places(table.names)
    missing = [word for word in ("t", *_AXES) if word not in places]
    if missing:
        raise RecordingError(
            f"{table.path.name} has no column that is surely {', '.join(missing)}",
            f"its columns are {', '.join(table.names)}",
            "Say which is which: --columns t=time,ax=aX,ay=aY,az=aZ,gx=gX,gy=gY,gz=gZ.",
        )
    columns = tuple(places[word] for word in ("t", *_AXES))
    values = table.columns(columns)
    return Guess(
        columns,
        acc_unit=_unit(columns[1], ACC_TO_MPS2) or _acc_unit(table, values),
        gyro_unit=_unit(columns[4], GYRO_TO_RPS) or _gyro_unit(table, values),
        time_unit=_unit(columns[0], TIME_TO_S) or _time_unit(table, values),
    )


def looks_known(table: LoggerTable) -> bool:
    """Whether its names say where time and all six axes are."""
    return all(word in _places(table.names) for word in ("t", *_AXES))


def _places(names: Sequence[str]) -> dict[str, str]:
    """Our word to the file's column; the first that fits counts."""
    found: dict[str, str] = {}
    for name in names:
        stem = _stem(name)
        for kind, pattern in _NAMES.items():
            if match := pattern.fullmatch(stem):
                word = kind if kind == "t" else kind + match.group(1)
                found.setdefault(word, name)
    return found


def _stem(name: str) -> str:
    bare = _AT_THE_END.sub("", _IN_BRACKETS.sub("", name).strip().lower())
    return re.sub(r"[^a-z0-9]", "", bare)


def _unit(name: str, known: Mapping[str, float]) -> str | None:
    """Unit that a column's name says."""
    said = _IN_BRACKETS.search(name.lower()) or _AT_THE_END.search(name.lower())
    word = _UNIT_WORDS.get(said.group(1).strip()) if said else None
    return word if word in known else None


def _acc_unit(table: LoggerTable, values: FloatArray) -> str:
    """By gravity: the median of what moves or rests is 9.8 m/s2 to a few times that."""
    level = float(np.median(np.linalg.norm(values[:, 1:4], axis=1)))
    low, high = MOVING_RANGE_MPS2[0], MOVING_RANGE_MPS2[1] / 2
    fitting = [u for u, f in ACC_TO_MPS2.items() if low <= level * f <= high]
    if len(fitting) != 1:
        raise _untold(table, "acceleration", f"its level is {level:.4g}")
    return fitting[0]


def _gyro_unit(table: LoggerTable, values: FloatArray) -> str:
    most = float(np.abs(values[:, 4:7]).max())
    if most > MOST_GYRO_RPS:
        return "dps"
    if most <= _SURELY_RPS:
        return "rad/s"
    raise _untold(table, "angular rate", f"it reaches {most:.4g}")


def _time_unit(table: LoggerTable, values: FloatArray) -> str:
    spacing = float(np.median(np.diff(values[:, 0]))) if len(values) > 1 else 0.0
    low, high = RATE_RANGE_HZ
    fitting = [
        unit
        for unit, factor in TIME_TO_S.items()
        if spacing > 0 and low <= 1 / (spacing * factor) <= high
    ]
    if len(fitting) != 1:
        raise _untold(table, "time", f"its rows are {spacing:.4g} apart")
    return fitting[0]


def _untold(table: LoggerTable, what: str, why: str) -> RecordingError:
    return RecordingError(
        f"{table.path.name} does not tell the unit of {what}",
        f"{why} and its header names none",
        "Name the columns with --columns, and the units with --acc-unit, --gyro-unit"
        " and --time-unit.",
    )
