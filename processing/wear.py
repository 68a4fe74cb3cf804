"""Modelled load dose of each shoe and where under the sole it went.

Per contact J / (m g) = contact time + half of the flight before and after it, exact for
equal heights of take-off and landing; zones by a model of the centre of pressure. It is
a model of load, not of rubber: outsoles wear by slip, which is not measured
(algorithms.md section 5).
"""

from dataclasses import dataclass

import numpy as np

from contract.model import FloatArray
from processing.pressure import zone_shares

_LEAST_MAPPED = 0.5
"""Share of the dose whose place must be known: less would speak for the majority."""


@dataclass(frozen=True, slots=True)
class TreadDose:
    """Dose of one shoe in one session, in body-weight seconds, as in the wear row.

    The six zones add up to ``dose_bws``: steps whose place is not known are taken to
    have fallen like the others. They are None where too few are known.
    """

    steps: int
    dose_bws: float
    dose_per_step_bws: float
    heel_medial_bws: float | None = None
    heel_lateral_bws: float | None = None
    mid_medial_bws: float | None = None
    mid_lateral_bws: float | None = None
    fore_medial_bws: float | None = None
    fore_lateral_bws: float | None = None
    ml_pct: float | None = None
    hf_pct: float | None = None


def tread_dose(
    impulse_bws: FloatArray, strike_angle_deg: FloatArray, medial_share: FloatArray
) -> TreadDose:
    """Dose of one shoe from its steps; zeros when no impulse is known.

    Parameters
    ----------
    impulse_bws, strike_angle_deg : [n]
        NaN where not known.
    medial_share : [n, 3]
        Medial part of the force under heel, mid and forefoot; NaN where not known.
    """
    is_known = np.isfinite(impulse_bws)
    steps, total = int(is_known.sum()), float(impulse_bws[is_known].sum())
    if not steps:
        return TreadDose(0, 0.0, 0.0)
    is_mapped = is_known & np.isfinite(strike_angle_deg)
    is_mapped &= np.isfinite(medial_share).all(axis=1)
    mapped_bws = impulse_bws[is_mapped]
    if mapped_bws.sum() < _LEAST_MAPPED * total:
        return TreadDose(steps, total, total / steps)
    zones = mapped_bws[:, None] * zone_shares(strike_angle_deg[is_mapped])
    medial = (zones * medial_share[is_mapped]).sum(axis=0)
    grid = np.column_stack([medial, zones.sum(axis=0) - medial])
    grid *= total / mapped_bws.sum()
    heel, mid, fore = grid.tolist()
    return TreadDose(
        steps=steps,
        dose_bws=total,
        dose_per_step_bws=total / steps,
        heel_medial_bws=heel[0],
        heel_lateral_bws=heel[1],
        mid_medial_bws=mid[0],
        mid_lateral_bws=mid[1],
        fore_medial_bws=fore[0],
        fore_lateral_bws=fore[1],
        ml_pct=medial_lateral_pct(grid),
        hf_pct=heel_fore_pct(grid),
    )


def medial_lateral_pct(grid: FloatArray) -> float | None:
    """100 (medial - lateral) / sum of zones [3, 2] (heel, mid, fore; medial, lateral).

    None when there is no dose.
    """
    medial, lateral = grid.sum(axis=0)
    return _contrast_pct(float(medial), float(lateral))


def heel_fore_pct(grid: FloatArray) -> float | None:
    """100 (heel - fore) / (heel + fore) of zones [3, 2]; None when there is no dose."""
    heel, _, fore = grid.sum(axis=1)
    return _contrast_pct(float(heel), float(fore))


def left_right_pct(left_per_step_bws: float, right_per_step_bws: float) -> float | None:
    """100 (R - L) / (R + L) of the mean dose per step; half of an asymmetry index.

    None when a foot has no dose: one shoe's sensor says nothing about the other.
    """
    if not left_per_step_bws or not right_per_step_bws:
        return None
    return _contrast_pct(right_per_step_bws, left_per_step_bws)


def _contrast_pct(one: float, other: float) -> float | None:
    both = one + other
    return 100.0 * (one - other) / both if both > 0 else None
