"""Steps as CSV: a row per step, units in the header, times also as ISO 8601 in UTC."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from contract.errors import StoreError
from contract.rows import HipStepRow, StepRow
from contract.schema import BY_ROW, Column
from contract.units import NS_PER_S

_NS_PER_US = 1000
_WHO_AND_WHEN = ("runner", "session", "time_ns")

Steps = Sequence[StepRow] | Sequence[HipStepRow]


def write_steps(path: Path, rows: Steps, origin_ns: int) -> None:
    """Write steps in order of time, as `steps_csv` gives them."""
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            file.write(steps_csv(rows, origin_ns))
    except OSError as fault:
        what, why = f"{path} cannot be written", fault.strerror or str(fault)
        raise StoreError(what, why, "Name another place.") from fault


def steps_csv(rows: Steps, origin_ns: int, *, is_veiled: bool = False) -> str:
    """Give steps as CSV; the unit of a column stands in brackets behind its name.

    Parameters
    ----------
    rows : sequence of rows
        Of shoes, timed by initial contact, or of the hip, timed by mid-stance.
    origin_ns : int
        Unix time from which ``t_ic_s`` or ``t_mid_s`` counts.
    is_veiled : bool
        Without runner, session and time of day: for research.
    """
    is_hip = bool(rows) and isinstance(rows[0], HipStepRow)
    columns = BY_ROW[HipStepRow if is_hip else StepRow].columns
    if is_veiled:
        columns = tuple(c for c in columns if c.name not in _WHO_AND_WHEN)
    when = [] if is_veiled else ["time_utc"]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    since = "t_mid_s [s]" if is_hip else "t_ic_s [s]"
    writer.writerow([since, *when, *map(_head, columns)])
    for row in rows:
        since_s = (row.time_ns - origin_ns) / NS_PER_S
        moment = [] if is_veiled else [iso_utc(row.time_ns)]
        figures = [getattr(row, column.name) for column in columns]
        writer.writerow([since_s, *moment, *figures])
    return text.getvalue()


def _head(column: Column) -> str:
    return f"{column.name} [{column.unit}]" if column.unit else column.name


def iso_utc(time_ns: int) -> str:
    """Unix time as 2026-11-21T18:20:00.000123Z."""
    second, rest_ns = divmod(time_ns, NS_PER_S)
    moment = datetime.fromtimestamp(second, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest_ns // _NS_PER_US:06d}Z"
