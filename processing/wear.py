"""Modelled load dose of each shoe, first form: vertical impulse in body-weight seconds.

Per contact J / (m g) = contact time + half of the flight before and after it, exact for
equal heights of take-off and landing (algorithms.md section 5). It is a model of load,
not of rubber: outsoles wear by slip, which is not measured.
"""

from dataclasses import dataclass

import numpy as np

from contract.model import FloatArray


@dataclass(frozen=True, slots=True)
class LoadDose:
    """Dose of one shoe in one session."""

    steps: int
    dose_bws: float
    dose_per_step_bws: float


def load_dose(impulse_bws: FloatArray) -> LoadDose:
    """Sum and mean of the impulses [n] that are known; zeros when none is."""
    known = impulse_bws[np.isfinite(impulse_bws)]
    if not len(known):
        return LoadDose(0, 0.0, 0.0)
    return LoadDose(len(known), float(known.sum()), float(known.mean()))
