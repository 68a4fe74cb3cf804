"""Steps as CSV: a row per step, units in the header, times also as ISO 8601 in UTC."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from contract.errors import StoreError
from contract.rows import HipStepRow, StepRow
from contract.schema import BY_ROW
from contract.units import NS_PER_S

_NS_PER_US = 1000


def write_steps(
    path: Path, rows: Sequence[StepRow] | Sequence[HipStepRow], origin_ns: int
) -> None:
    """Write steps in order of time.

    Parameters
    ----------
    path : Path
        File to write.
    rows : sequence of rows
        Of shoes, timed by initial contact, or of the hip, timed by mid-stance.
    origin_ns : int
        Unix time from which ``t_ic_s`` or ``t_mid_s`` counts.
    """
    is_hip = bool(rows) and isinstance(rows[0], HipStepRow)
    kind = HipStepRow if is_hip else StepRow
    names = [column.name for column in BY_ROW[kind].columns]
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["t_mid_s" if is_hip else "t_ic_s", "time_utc", *names])
            for row in rows:
                since_s = (row.time_ns - origin_ns) / NS_PER_S
                figures = [getattr(row, name) for name in names]
                writer.writerow([since_s, iso_utc(row.time_ns), *figures])
    except OSError as fault:
        what = f"{path} cannot be written"
        raise StoreError(what, str(fault), "Name another place.") from fault


def iso_utc(time_ns: int) -> str:
    """Unix time as 2026-11-21T18:20:00.000123Z."""
    second, rest_ns = divmod(time_ns, NS_PER_S)
    moment = datetime.fromtimestamp(second, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest_ns // _NS_PER_US:06d}Z"
