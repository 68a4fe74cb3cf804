"""Real walkers with a sensor on each foot: no running step may come of them."""

import csv
from pathlib import Path

from benchmarks.datasets import Figures
from collector.recording import read_recording
from contract.rows import QualityRow, RejectionRow
from processing.offline import all_rows
from treadwear.recordings import analyse_recording

RECORDINGS = ("gaitmap_walk", "tripod_walk/PWS")
_WALKING = "stride of walking, not running"


def figures(data: Path) -> Figures:
    """Both walkers together; ``data`` holds their directories."""
    paths = [data / name for name in RECORDINGS if (data / name).is_dir()]
    counts = [_count(path) for path in paths]
    steps, feet, walking, strides, true = (sum(c) for c in zip(*counts, strict=True))
    return {
        "walkers": float(len(paths)),
        "running_steps": float(steps),
        "feet_called_walking": float(feet),
        "walking_strides": float(walking),
        "strides_called_walking_pct": 100 * walking / max(1, strides),
        "true_strides_gaitmap": float(true),
    }


def _count(path: Path) -> tuple[int, int, int, int, int]:
    rows = all_rows(analyse_recording(read_recording(path)))
    quality = [r for r in rows if isinstance(r, QualityRow) and r.side != "hip"]
    walking = [r for r in rows if isinstance(r, RejectionRow) and r.reason == _WALKING]
    return (
        sum(row.steps for row in quality),
        sum(row.activity == "walking" for row in quality),
        len(walking),
        sum(row.strides for row in quality),
        _true_strides(path),
    )


def _true_strides(path: Path) -> int:
    truth = path / "truth.csv"
    if not truth.is_file():
        return 0
    with truth.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))
