"""Recordings written for a test: a sensor that rests, then swings."""

import gzip
import json
from pathlib import Path

import numpy as np

from collector.recording import COLUMNS, Recording
from collector.replay import RecordingSource
from contract.model import FloatArray, ImuBatch, Slot

ORIGIN_NS = 1_763_707_200_000_000_000


def still_then_moving(n: int = 800, rate_hz: float = 200.0) -> FloatArray:
    """Rows [n, 7] of a sensor that rests for 2 s and then swings."""
    t_s = np.arange(n) / rate_hz
    moving = t_s > 2.0
    rows = np.zeros((n, 7))
    rows[:, 0] = t_s
    rows[:, 3] = 9.81 + moving * 8 * np.sin(9 * t_s)
    rows[:, 1] = moving * 3 * np.cos(7 * t_s)
    rows[:, 5] = moving * 6 * np.sin(17 * t_s)
    return rows


def write(
    directory: Path,
    rows: FloatArray | None = None,
    *,
    meta: dict[str, object] | None = None,
    name: str = "left.csv",
) -> Path:
    directory.mkdir(exist_ok=True)
    rows = still_then_moving() if rows is None else rows
    lines = [",".join(f"{v:.5f}" for v in row) for row in rows]
    text = "\n".join([",".join(COLUMNS), *lines]) + "\n"
    if name.endswith(".gz"):
        (directory / name).write_bytes(gzip.compress(text.encode()))
    else:
        (directory / name).write_text(text)
    (directory / "meta.json").write_text(json.dumps(meta or {"rate_hz": 200}))
    return directory


def batches(recording: Recording, slot: Slot = Slot.LEFT) -> list[ImuBatch]:
    return list(RecordingSource(recording, slot, origin_ns=ORIGIN_NS).batches())
