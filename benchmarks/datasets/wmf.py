"""Wearable My Foot: 90 s of an outdoor run with one hobby sensor at about 100 Hz.

Real impacts up to the range of 16 g and a jittering clock; no reference but the
README's cadence and a foot pod's contact times of other days (234 to 284 ms).
"""

from pathlib import Path

import numpy as np

from benchmarks.datasets import Figures
from benchmarks.datasets.pyshoe import right_steps
from benchmarks.matching import column, contact_s, match, mean, middle, spread
from benchmarks.perturbation import smoothed
from collector.foreign_csv import ForeignFormat, parse_columns, read_foreign
from collector.recording import Recording
from contract.model import Slot

_STRIDES = 145.0
"""About so many, by hand (detector.md section 5)."""
_SMOOTH_HZ = 30.0


def read_run(directory: Path) -> Recording:
    """The run as it was recorded: g, deg/s, ms."""
    layout = ForeignFormat(
        parse_columns("t=time,ax=aX,ay=aY,az=aZ,gx=gX,gy=gY,gz=gZ"),
        acc_unit="g",
        gyro_unit="dps",
        time_unit="ms",
        rate_hz=100.0,
    )
    return read_foreign({Slot.RIGHT: directory / "test-run.csv"}, layout)


def figures(directory: Path) -> Figures:
    """Strides, contact time, and what smoothing the input changes."""
    recording = read_run(directory)
    raw, soft = right_steps(recording), right_steps(smoothed(recording, _SMOOTH_HZ))
    contact_ms, soft_ms = 1e3 * raw.contact_time_s, 1e3 * soft.contact_time_s
    pairs = match(contact_s(raw), contact_s(soft))
    single = pairs.pick(soft_ms) - contact_ms[pairs.is_found]
    speed_mps = column(raw, "speed_mps")
    return {
        "strides": float(len(contact_ms)),
        "found_pct": 100 * len(contact_ms) / _STRIDES,
        "contact_median_ms": middle(contact_ms),
        "contact_iqr_ms": float(np.subtract(*np.percentile(contact_ms, [75, 25]))),
        "smooth_less_raw_ms": middle(soft_ms) - middle(contact_ms),
        "smooth_less_raw_mean_ms": mean(single),
        "smooth_less_raw_sd_ms": spread(single),
        "speed_mps": float("nan") if speed_mps is None else middle(speed_mps),
    }
