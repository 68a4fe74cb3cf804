"""What a run database holds of a session, to compare it on every way it can take."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from contract.schema import MEASUREMENTS
from processing.store.sqlite import SqliteStore


def every_row(data: str, session: str) -> set[str]:
    """All rows of a session, times from its own zero, less ids and packet counts."""
    with SqliteStore.open(Path(data) / "treadwear.db", read_only=True) as store:
        meta = store.meta(session)
        assert meta is not None
        kinds = [measurement.row for measurement in MEASUREMENTS.values()]
        rows = [(kind, row) for kind in kinds for row in store.rows(kind, session)]
    told = set()
    for kind, row in rows:
        fields = asdict(row)
        fields["time_ns"] -= meta.origin_ns
        hidden = ("session", "duplicates", "reordered", "begin_ms", "end_ms")
        shown = {k: v for k, v in fields.items() if k not in hidden}
        told.add(f"{kind.__name__} {json.dumps(shown, sort_keys=True)}")
    return told


def steps_told(rows: set[str]) -> set[tuple[object, ...]]:
    """Steps among those rows: side, time (ns) and all figures."""
    found = set()
    for row in rows:
        kind, _, text = row.partition(" ")
        if kind == "StepRow":
            fields = json.loads(text)
            del fields["runner"]
            found.add(tuple(sorted(fields.items(), key=lambda item: item[0])))
    return found


def steps_analysed(found: dict[str, Any]) -> set[tuple[object, ...]]:
    told = set()
    for step in found["steps"]:
        fields = {k: v for k, v in step.items() if k not in ("t_ic_s", "t_to_s")}
        fields["time_ns"] = round(step["t_ic_s"] * 1e9)
        told.add(tuple(sorted(fields.items(), key=lambda item: item[0])))
    return told
