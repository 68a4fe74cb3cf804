"""How a file of an earlier version gets today's columns, as SQL statements.

Version 2 (gait angles, hip, findings) renamed two columns of the balance table and
added many columns and tables; version 3 added a few columns and the outbox, version 4
the mean roll and more columns. Raw frames are not touched. Whoever adds a column to
`contract.rows` raises ``SCHEMA_VERSION`` in `processing.store.database`; the rest
follows from comparing what a table has with what the contract says.
"""

from collections.abc import Mapping, Sequence

from contract.schema import MEASUREMENTS, Column, Measurement
from processing.store.sql import declared, quoted

_RENAMED = {
    "balance": {"random_pct": "random_half", "systematic_pct": "systematic_half"}
}
"""Columns of version 1 that go on under another name: they were percent only."""

_NEUTRAL = {"float": "0.0", "int": "0", "text": "''", "bool": "0"}
_MEANT = {("balance", "ci_unit"): "'%'", ("balance", "source"): "'shoes'"}
"""What version 1 meant without saying: it compared in percent, and shoes only."""

_AFTERWARDS = {
    ("session", "source"): (
        "UPDATE \"session\" SET source = CASE WHEN steps > 0 THEN 'shoes'"
        " ELSE 'none' END WHERE source = ''"
    )
}
"""What follows from other columns of the same row."""


def migration(found: Mapping[str, Sequence[str]]) -> list[str]:
    """Statements that bring tables up to date, in order.

    Parameters
    ----------
    found : mapping of table name to the names of its columns
        What the file has now; tables that are missing are made elsewhere.
    """
    return [
        statement
        for name, columns in found.items()
        if name in MEASUREMENTS and columns
        for statement in _table_migration(MEASUREMENTS[name], columns)
    ]


def _table_migration(kind: Measurement, columns: Sequence[str]) -> list[str]:
    table = quoted(kind.name)
    renamed = {
        old: new
        for old, new in _RENAMED.get(kind.name, {}).items()
        if old in columns and new not in columns
    }
    has = {*columns, *renamed.values()}
    added = [column for column in kind.columns if column.name not in has]
    return [
        *(
            f"ALTER TABLE {table} RENAME COLUMN {quoted(old)} TO {quoted(new)}"
            for old, new in renamed.items()
        ),
        *(f"ALTER TABLE {table} ADD COLUMN {_added(kind, c)}" for c in added),
        *(
            _AFTERWARDS[kind.name, column.name]
            for column in added
            if (kind.name, column.name) in _AFTERWARDS
        ),
    ]


def _added(kind: Measurement, column: Column) -> str:
    """Declare a column that older rows lack: unknown, or a neutral value."""
    if column.is_optional:
        return declared(column)
    value = _MEANT.get((kind.name, column.name), _NEUTRAL[column.kind])
    return f"{declared(column)} DEFAULT {value}"
