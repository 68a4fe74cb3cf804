"""What a change of rows would leave behind in InfluxDB, unless it is deleted there.

InfluxDB merges what it is sent with what it has: a row that is gone stays, a tag that
changed makes a second point, a field that is unknown now keeps its old figure. SQLite
replaces whole rows. So before rows are changed, the stored ones are compared with them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contract.rows import Row
from contract.schema import BY_ROW, Measurement
from processing.store.lines import tag_value
from processing.store.sql import one, points

Read = Callable[[str, tuple[Any, ...]], Sequence[tuple[Any, ...]]]
"""Read rows of the store: SQL and its values."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """Points to delete: all of a measurement with these tags, or those of one time."""

    measurement: str
    where: Mapping[str, str]
    time_ns: int | None = None


def left_behind(
    read: Read,
    rows: Sequence[Row],
    session: str = "",
    instead_of: Sequence[Measurement] = (),
) -> list[Deletion]:
    """What must be deleted, when these rows are written as they would be in SQLite.

    Parameters
    ----------
    read
        Reads the store as it still is.
    session, instead_of
        Kinds of this session in whose place the rows come, if they do.
    """
    gone = {kind.name for kind in _vanishing(read, rows, session, instead_of)}
    others = [row for row in rows if BY_ROW[type(row)].name not in gone]
    where = {"session": tag_value(session)}
    return [*(Deletion(name, where) for name in sorted(gone)), *_outdated(read, others)]


def _vanishing(
    read: Read, rows: Sequence[Row], session: str, kinds: Sequence[Measurement]
) -> list[Measurement]:
    """Give the kinds of which the session has points that these rows do not have."""
    new = set(map(_point, rows)) if kinds else set()
    return [
        kind
        for kind in kinds
        if any((kind.name, *old) not in new for old in read(points(kind), (session,)))
    ]


def _outdated(read: Read, rows: Sequence[Row]) -> list[Deletion]:
    """Delete the stored points that these rows would not wholly overwrite."""
    found = []
    for row in rows:
        kind = BY_ROW[type(row)]
        values = [getattr(row, column.name) for column in kind.columns]
        # A tag that is no key may change: the shoe. A runner never does in a session.
        has_loose_tag = len(kind.tags) > len(kind.keys)
        if has_loose_tag or any(map(_is_unknown, values)):
            keys = tuple(getattr(row, key) for key in kind.keys)
            stored = read(one(kind), keys)
            if stored and _leaves_something(kind, stored[0], values):
                found.append(_deletion_of(kind, stored[0]))
    return found


def _point(row: Row) -> tuple[object, ...]:
    kind = BY_ROW[type(row)]
    return (kind.name, *(getattr(row, name) for name in (*kind.keys, *kind.tags)))


def _is_unknown(value: object) -> bool:
    return value is None or value != value  # noqa: PLR0124 - not a number


def _leaves_something(
    kind: Measurement, old: Sequence[object], new: Sequence[object]
) -> bool:
    return any(
        was != now if column.name in kind.tags else _is_unknown(now) and was is not None
        for column, was, now in zip(kind.columns, old, new, strict=True)
    )


def _deletion_of(kind: Measurement, values: Sequence[object]) -> Deletion:
    known = {c.name: v for c, v in zip(kind.columns, values, strict=True)}
    where = {tag: tag_value(known[tag]) for tag in kind.tags}
    time_ns = known["time_ns"]
    assert isinstance(time_ns, int)  # noqa: S101 - as the table declares it
    return Deletion(kind.name, where, time_ns)
