"""One walker who acted pronation and supination with a sensor on a real shoe.

Files of seven or so stances without standing, side unknown: no excursion can be had of
them. What can be asked is whether the flat foot's lateral tilt moves opposite ways in
the two "over" classes (angles.md section 6); the mild classes are toe-out and toe-in.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.datasets import Figures
from benchmarks.matching import mean
from contract.model import FloatArray
from contract.units import ACC_TO_MPS2, DEG_PER_RAD, RAD_PER_DEG, STANDARD_GRAVITY_MPS2

_RATE_HZ = 100.0
_GYRO_DPS = 0.1
"""Rate and scale are inferred from the signals (README of the data)."""
_DAY = "2021-07-31"
"""The day with six files of each class and one mount."""
_CLASSES = ("Normal", "Over_Pronation", "Over_Supination", "Pronation", "Supination")
_QUIET_SPIN_RPS = 1.0
_QUIET_FORCE_MPS2 = 1.0
_QUIET_S = 0.10
"""The foot lies flat while its spin and the force's departure from one g stay this
small for this long: walking stances rest for 0.2 s."""


def read_samples(path: Path) -> FloatArray:
    """Samples [N, 6] in m/s2 and rad/s."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            [float(v) for v in list(row.values())[1:7]] for row in csv.DictReader(file)
        ]
    scale = [ACC_TO_MPS2["mg"]] * 3 + [_GYRO_DPS * RAD_PER_DEG] * 3
    samples: FloatArray = np.multiply(rows, np.array(scale))
    return samples


def flat_foot_up(samples: FloatArray) -> FloatArray:
    """Direction against gravity while the foot lies flat [3]."""
    force, spin = np.linalg.norm(samples[:, :3], axis=1), samples[:, 3:]
    is_quiet = np.linalg.norm(spin, axis=1) < _QUIET_SPIN_RPS
    is_quiet &= np.abs(force - STANDARD_GRAVITY_MPS2) < _QUIET_FORCE_MPS2
    span = round(_QUIET_S * _RATE_HZ)
    is_long = np.convolve(is_quiet, np.ones(span), "same") >= span
    up: FloatArray = samples[is_long, :3].mean(axis=0)
    return up / np.linalg.norm(up)


def lateral_axis(samples: Sequence[FloatArray]) -> FloatArray:
    """Axis about which the foot turns most in walking; points to either side [3]."""
    spin = np.concatenate([part[:, 3:] for part in samples])
    axis: FloatArray = np.linalg.eigh(spin.T @ spin)[1][:, -1]
    return axis


def lateral_tilts_deg(
    normal: Sequence[FloatArray], others: Mapping[str, Sequence[FloatArray]]
) -> dict[str, FloatArray]:
    """Tilt of each file's flat foot about its long axis, against the normal files'."""
    up = np.mean([flat_foot_up(part) for part in normal], axis=0)
    axis = lateral_axis(normal)
    lateral = axis - up * (axis @ up) / (up @ up)
    lateral /= np.linalg.norm(lateral)
    return {
        name: np.array([_tilt_deg(flat_foot_up(part), lateral) for part in parts])
        for name, parts in others.items()
    }


def _tilt_deg(up: FloatArray, lateral: FloatArray) -> float:
    return float(DEG_PER_RAD * np.arcsin(np.clip(up @ lateral, -1, 1)))


def figures(directory: Path) -> Figures:
    """Mean tilt of each class, and whether the two "over" classes go opposite ways."""
    files = {
        name: sorted(directory.glob(f"Rafael_{name}_{_DAY}_*.csv")) for name in _CLASSES
    }
    parts = {name: [read_samples(path) for path in files[name]] for name in files}
    tilts = lateral_tilts_deg(parts["Normal"], parts)
    shift = {name: mean(values) for name, values in tilts.items()}
    over, under = shift["Over_Pronation"], shift["Over_Supination"]
    return {
        "files": float(sum(len(found) for found in files.values())),
        "normal_sd_deg": float(tilts["Normal"].std()),
        "over_pronation_deg": abs(over),
        "over_supination_deg": under * float(np.sign(over)),
        "pronation_deg": shift["Pronation"] * float(np.sign(over)),
        "supination_deg": shift["Supination"] * float(np.sign(over)),
        "opposite_signs": float(over * under < 0),
    }
