"""How fast the runner went: cadence, speed and distance of a session."""

from collections.abc import Iterable

import numpy as np

from contract.model import FloatArray
from processing.metrics import Steps
from processing.pipeline import SessionAnalysis


def cadence_spm(analysis: SessionAnalysis, since_ns: int | None = None) -> float | None:
    """Median cadence of the steps, all or from a time on; by the hip without shoes."""
    if analysis.source == "hip":
        steps = analysis.hip_steps
        recent = steps.mid_ns >= (since_ns or 0)
        return _median(60.0 / steps.step_time_s[recent])
    feet = analysis.steps(since_ns).values()
    return _median(np.concatenate([s.cadence_spm for s in feet]))


def speed_mps(analysis: SessionAnalysis) -> float | None:
    """Median speed of the strides of both feet."""
    feet = analysis.steps().values()
    return _median(np.concatenate([s.speed_mps for s in feet]))


def speed_within(steps: Iterable[Steps], start_ns: int, end_ns: int) -> float | None:
    """Median speed of the strides of both feet that begin in [start, end)."""
    chosen = [s.speed_mps[(s.ic_ns >= start_ns) & (s.ic_ns < end_ns)] for s in steps]
    return _median(np.concatenate(chosen))


def distance_m(analysis: SessionAnalysis) -> float | None:
    """Distance run, the mean of the feet that measured one."""
    known = [d for d in analysis.distances_m().values() if d > 0]
    return float(np.mean(known)) if known else None


def _median(values: FloatArray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None
