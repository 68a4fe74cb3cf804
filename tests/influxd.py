"""What InfluxDB holds, compared with what it should: the rows of a run database."""

import math
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.server.influxd import Influxd, Shim, running_influxd, shimmed
from contract.rows import StepRow
from contract.schema import ALL_MEASUREMENTS, BY_ROW, MEASUREMENTS
from processing.store.influx import InfluxServer, InfluxSettings
from processing.store.lines import AnyRow, tag_value, text_value
from processing.store.sqlite import SqliteStore

T0_NS = 1_790_000_000_000_000_000

Point = tuple[str, int, frozenset[tuple[str, str]]]
Points = dict[Point, dict[str, Any]]
"""Fields by measurement, time and tags."""


@contextmanager
def server_at(directory: Path) -> Iterator[tuple[Influxd, Shim]]:
    """Give an influxd and the door to it."""
    with running_influxd(directory) as influxd, shimmed(influxd.url) as shim:
        yield influxd, shim


def settings_for(url: str, **others: Any) -> InfluxSettings:  # noqa: ANN401 - settings
    """Give settings for a door, with little patience."""
    return InfluxSettings(**{"url": url, "token": "secret", "timeout_s": 5.0} | others)


def step(n: int, **others: Any) -> StepRow:  # noqa: ANN401 - columns
    """Give the n-th step of a run, left and right in turns."""
    known: dict[str, Any] = {
        "runner": "ana",
        "session": "s1",
        "side": "right" if n % 2 else "left",
        "time_ns": T0_NS + n * 350_000_000,
        "contact_time_s": 0.25 + n / 1000,
        "flight_time_s": 0.1,
        "strike_type": "heel",
        "is_clipped": False,
        "quality": 1.0,
    }
    return StepRow(**known | others)


def points_at(
    url: str, names: Iterable[str] = ALL_MEASUREMENTS, since_ns: int = 0
) -> Points:
    """Read all that InfluxDB holds, past any shim."""
    found: Points = {}
    with closing(InfluxServer(InfluxSettings(url=url))) as server:
        for name in names:
            asked = f'SELECT * FROM "{name}" WHERE time >= {since_ns} GROUP BY *'  # noqa: S608 - our names
            for series in server.query(asked):
                tags = frozenset(series.tags.items())
                for time_ns, *values in series.rows:
                    known = zip(series.columns[1:], values, strict=True)
                    fields = {k: _as(name, k, v) for k, v in known if v is not None}
                    found[name, time_ns, tags] = fields
    return found


def _as(name: str, field: str, value: Any) -> Any:  # noqa: ANN401 - of any kind
    """Give a value as its column declares it: JSON does not tell 2 from 2.0."""
    kinds = {column.name: column.kind for column in ALL_MEASUREMENTS[name].fields}
    assert isinstance(value, {"text": str, "bool": bool}.get(kinds[field], int | float))
    return float(value) if kinds[field] == "float" else value


def points_of(rows: Iterable[AnyRow]) -> Points:
    """Say what InfluxDB should hold of these rows."""
    found: Points = {}
    for row in rows:
        kind = BY_ROW[type(row)]
        tags = {tag: tag_value(getattr(row, tag)) for tag in kind.tags}
        values = {c.name: getattr(row, c.name) for c in kind.fields}
        fields = {
            name: text_value(value) if isinstance(value, str) else value
            for name, value in values.items()
            if not (value is None or (_is_number(value) and not math.isfinite(value)))
        }
        if fields:
            found[kind.name, row.time_ns, frozenset(tags.items())] = fields
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, float)


def points_in(path: Path) -> Points:
    """Say what InfluxDB should hold of the runs s1 and s2 of a run database."""
    with SqliteStore.open(path, read_only=True) as store:
        rows = [
            row
            for session in ("s1", "s2")
            for kind in MEASUREMENTS.values()
            for row in store.rows(kind.row, session)
        ]
    return points_of(rows)
