"""A real sacral accelerometer on a treadmill with force plates: one runner, 16 runs."""

import csv
from pathlib import Path

import numpy as np

from benchmarks.datasets import Figures
from benchmarks.matching import match, mean, middle, spread
from contract.model import FloatArray
from processing.hip.contact import contact_times

_RATE_HZ = 500.0
_ON_BW, _OFF_BW = 0.15, 0.12
"""Some rows carry up to 0.1 body weights in swing (README of the data)."""
_LEAST_CONTACT_S = 0.1


def true_contacts(force_bw: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Contacts by force with hysteresis; those cut off by the ends are left out."""
    is_on = force_bw > _ON_BW
    begin: list[float] = []
    end: list[float] = []
    for on in np.flatnonzero(~is_on[:-1] & is_on[1:]):
        below = np.flatnonzero(force_bw[on + 1 :] < _OFF_BW)
        if not len(below) or (end and on < end[-1] * _RATE_HZ):
            continue
        above = np.flatnonzero(force_bw[: on + 1] < _OFF_BW)
        begin.append((above[-1] if len(above) else on) / _RATE_HZ)
        end.append((on + 1 + below[0]) / _RATE_HZ)
    first, last = np.array(begin), np.array(end)
    keep = last - first > _LEAST_CONTACT_S
    return first[keep], last[keep]


def contact_errors_ms(vertical_g: FloatArray, force_bw: FloatArray) -> FloatArray:
    """Error of each true contact's time; NaN where none was found.

    Matched by the middle of the contact: the hip's begins and ends a little later.
    """
    begin, end = true_contacts(force_bw)
    scaled = vertical_g / vertical_g.mean()  # as for every hip: one g over whole steps
    start_s, stop_s = contact_times(scaled, _RATE_HZ)
    pairs = match((begin + end) / 2, (start_s + stop_s) / 2)
    errors = np.full(len(begin), np.nan)
    measured_s = pairs.pick(stop_s - start_s)
    errors[pairs.is_found] = 1e3 * (measured_s - (end - begin)[pairs.is_found])
    return errors


def figures(directory: Path) -> Figures:
    """Figures over the runs."""
    vertical = _read(directory / "dev_Accelerometer_one_sub.csv")
    force = _read(directory / "dev_GRF_one_sub.csv")
    length = force.shape[1]
    errors = [
        contact_errors_ms(a[:length], f) for a, f in zip(vertical, force, strict=True)
    ]
    bias = np.array([mean(e) for e in errors])
    together = np.concatenate(errors)
    return {
        "runs": float(len(errors)),
        "true_contacts": float(len(together)),
        "found_pct": 100 * mean(np.isfinite(together)),
        "contact_bias_ms": mean(bias),
        "contact_between_sd_ms": spread(bias),
        "contact_within_sd_ms": middle(np.array([spread(e) for e in errors])),
    }


def _read(path: Path) -> FloatArray:
    with path.open(encoding="utf-8", newline="") as file:
        return np.array([[float(v) for v in row] for row in csv.reader(file) if row])
