"""One table of every measurement, read off the row classes: columns, kinds, units.

SQLite tables, CSV headers, line protocol, Grafana panels and the docs are generated
from here; a column is declared once, in `contract.rows`.
"""

from dataclasses import dataclass, fields
from types import UnionType
from typing import Literal, get_args, get_type_hints

from contract import rows, service_rows

Kind = Literal["float", "int", "text", "bool"]
KEY_COLUMNS = ("session", "side", "time_ns")
TAGS = ("runner", "session", "side")
"""Tags of every measurement, always all three."""
UNNAMED = "unnamed"
"""A tag cannot be empty: what has no name (a shoe) goes by this one."""
_KINDS: dict[type, Kind] = {float: "float", int: "int", str: "text", bool: "bool"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, kind, unit, meaning; key columns identify a row.

    ``is_private``: it stays on the runner's own machine.
    """

    name: str
    kind: Kind
    unit: str
    text: str
    is_optional: bool
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Measurement:
    """One kind of row and where it is kept.

    Attributes
    ----------
    keys : tuple of str
        Columns that tell rows apart in SQLite.
    tags : tuple of str
        Columns that are tags in InfluxDB. There the time and these tell rows apart, so
        all keys but the time are among them; all are short words of bounded number.
    is_kept : bool
        Whether an analysis gives it and SQLite keeps it; else it is about the running
        service (`contract.service_rows`), and InfluxDB alone has it.
    """

    name: str
    row: type
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    tags: tuple[str, ...] = TAGS
    is_kept: bool = True

    @property
    def fields(self) -> tuple[Column, ...]:
        """Columns that are fields in InfluxDB: neither tag nor time, nor private."""
        other = {*self.tags, "time_ns"}
        return tuple(
            c for c in self.columns if c.name not in other and not c.is_private
        )


def _column(name: str, hint: object, meta: dict[str, str]) -> Column:
    is_optional = isinstance(hint, UnionType)
    plain = (
        next(a for a in get_args(hint) if a is not type(None)) if is_optional else hint
    )
    assert isinstance(plain, type)  # noqa: S101 - a row class with another hint is a bug
    return Column(
        name,
        _KINDS[plain],
        meta.get("unit", ""),
        meta.get("text", ""),
        is_optional,
        "private" in meta,
    )


def _measurement(
    name: str,
    row: type,
    extra_keys: tuple[str, ...] = (),
    extra_tags: tuple[str, ...] = (),
    *,
    is_kept: bool = True,
) -> Measurement:
    hints = get_type_hints(row)
    columns = tuple(
        _column(f.name, hints[f.name], dict(f.metadata)) for f in fields(row)
    )
    keys, tags = KEY_COLUMNS + extra_keys, TAGS + extra_keys + extra_tags
    return Measurement(name, row, keys, columns, tags, is_kept)


MEASUREMENTS: dict[str, Measurement] = {
    m.name: m
    for m in (
        _measurement("step", rows.StepRow),
        _measurement("hip_step", rows.HipStepRow),
        _measurement("rejection", rows.RejectionRow),
        _measurement("balance", rows.BalanceRow, ("window", "metric"), ("shoe",)),
        _measurement("baseline", rows.BaselineRow, ("metric",), ("shoe",)),
        _measurement("roll", rows.RollRow, ("contact_pct",)),
        _measurement("wear", rows.WearRow, extra_tags=("shoe",)),
        _measurement("finding", rows.FindingRow, ("code",)),
        _measurement("exercise", rows.ExerciseRow, ("place",)),
        _measurement("quality", rows.QualityRow),
        _measurement("session", rows.SessionRow, extra_tags=("shoe",)),
        _measurement("event", rows.EventRow, ("kind",)),
    )
}
"""Every measurement that an analysis gives, by name."""

SERVICE_MEASUREMENTS: dict[str, Measurement] = {
    m.name: m
    for m in (
        _measurement("live", service_rows.LiveRow, is_kept=False),
        _measurement("pipeline", service_rows.PipelineRow, is_kept=False),
    )
}
"""Every measurement about the running service, by name."""

ALL_MEASUREMENTS = MEASUREMENTS | SERVICE_MEASUREMENTS
"""Everything that InfluxDB gets, by name."""

BY_ROW: dict[type, Measurement] = {m.row: m for m in ALL_MEASUREMENTS.values()}
"""Every measurement by its row class."""
