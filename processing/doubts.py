"""What is doubtful or withheld of one sensor's figures, in words."""

from collections.abc import Iterable, Mapping

import numpy as np

from contract.model import Slot
from processing.hip.steps import HipSteps
from processing.metrics import Steps
from processing.sensor_report import SensorReport

_MOST_RISE_M = 0.15
"""Vertical oscillation is 9 to 11 cm; above 15 in broken recordings (angles.md 5)."""
_MOST_CLIPPED = 0.4
"""Share of frames at the range: impacts alone clip one or two of the seven of a stride;
more means that push-off and swing are cut as well (angles.md 2: 4 g is unusable)."""


SHOCKS = ("impact_g", "braking_g")
_MOST_LIMITED = 0.1
"""Share of a foot's steps whose shock may reach the range: beyond it left against right
is no figure of the runner but of the sensor (dashboards/report/clipping.py has the
same)."""


def are_shocks_limited(steps: Iterable[Steps]) -> bool:
    """Whether a foot's shocks are those of the sensor's range: no word on them."""
    return any(
        len(foot.is_clipped) > 0 and float(foot.is_clipped.mean()) > _MOST_LIMITED
        for foot in steps
    )


def shoe_words(report: SensorReport) -> list[str]:
    """Say what of a shoe's angles is not given or not certain, and why."""
    calibration = report.calibration
    words = []
    if calibration is not None and calibration.pronation_doubt():
        words.append(f"pronation and toe-out: {calibration.pronation_doubt()}")
    if calibration is not None and not calibration.is_against_standing:
        words.append(
            "strike angle, pitch and the inner and outer share of load count from the"
            " flat foot, not from standing: they may be 2 to 5 deg off"
        )
    if report.frames and report.clipped > _MOST_CLIPPED * report.frames:
        share = 100 * report.clipped / report.frames
        words.append(
            f"the force reached the sensor's range in {share:.0f} % of its frames:"
            " angles and stride length are doubtful, it needs a larger range"
        )
    return words


def are_angles_doubted(reports: Mapping[Slot, SensorReport]) -> bool:
    """Whether a shoe's angles are doubtful, whatever the reason: no word on them."""
    shoes = [r for slot, r in reports.items() if slot.is_foot]
    known = [r.calibration for r in shoes]
    is_unsure = any(c is not None and c.doubts() for c in known)
    return is_unsure or any(shoe_words(r) for r in shoes)


def bounce_words(steps: HipSteps) -> str:
    """Doubt a rise and fall that no runner has: the belt moves, not the runner."""
    known = steps.vertical_oscillation_m[np.isfinite(steps.vertical_oscillation_m)]
    if not len(known) or np.median(known) <= _MOST_RISE_M:
        return ""
    return (
        f"vertical oscillation of {100 * np.median(known):.0f} cm is hardly the"
        " runner's: the hip sensor seems to move by itself"
    )
