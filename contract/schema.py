"""One table of every measurement, read off the row classes: columns, kinds, units.

SQLite tables, CSV headers, line protocol, Grafana panels and the docs are generated
from here; a column is declared once, in `contract.rows`.
"""

from dataclasses import dataclass, fields
from types import UnionType
from typing import Literal, get_args, get_type_hints

from contract import rows

Kind = Literal["float", "int", "text", "bool"]
KEY_COLUMNS = ("session", "side", "time_ns")
_KINDS: dict[type, Kind] = {float: "float", int: "int", str: "text", bool: "bool"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, kind, unit, meaning; key columns identify a row."""

    name: str
    kind: Kind
    unit: str
    text: str
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Measurement:
    """One kind of row and where it is kept."""

    name: str
    row: type
    keys: tuple[str, ...]
    columns: tuple[Column, ...]


def _column(name: str, hint: object, meta: dict[str, str]) -> Column:
    is_optional = isinstance(hint, UnionType)
    plain = (
        next(a for a in get_args(hint) if a is not type(None)) if is_optional else hint
    )
    assert isinstance(plain, type)  # noqa: S101 - a row class with another hint is a bug
    return Column(
        name, _KINDS[plain], meta.get("unit", ""), meta.get("text", ""), is_optional
    )


def _measurement(name: str, row: type, extra_keys: tuple[str, ...] = ()) -> Measurement:
    hints = get_type_hints(row)
    columns = tuple(
        _column(f.name, hints[f.name], dict(f.metadata)) for f in fields(row)
    )
    return Measurement(name, row, KEY_COLUMNS + extra_keys, columns)


MEASUREMENTS: dict[str, Measurement] = {
    m.name: m
    for m in (
        _measurement("step", rows.StepRow),
        _measurement("hip_step", rows.HipStepRow),
        _measurement("rejection", rows.RejectionRow),
        _measurement("balance", rows.BalanceRow, ("window", "metric")),
        _measurement("baseline", rows.BaselineRow, ("metric",)),
        _measurement("wear", rows.WearRow),
        _measurement("finding", rows.FindingRow, ("code",)),
        _measurement("exercise", rows.ExerciseRow, ("place",)),
        _measurement("quality", rows.QualityRow),
        _measurement("session", rows.SessionRow),
        _measurement("event", rows.EventRow, ("kind",)),
    )
}
"""Every measurement by name."""

BY_ROW: dict[type, Measurement] = {m.row: m for m in MEASUREMENTS.values()}
"""Every measurement by its row class."""
