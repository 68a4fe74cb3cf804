"""A run second by second, as watches and training sites keep it.

Steps come when they come; here every figure is the mean over the steps of the ten
seconds around each full second. Where no two steps are near, nothing is known. Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.model import FloatArray
from contract.rows import HipStepRow, RejectionRow, StepRow
from contract.track import TrackPoint
from contract.units import NS_PER_S

WINDOW_S = 10.0
"""Some fourteen steps of a foot: short enough for a hill, long enough for a mean."""
_LEAST_STEPS = 2
_SIDES = ("left", "right")
_PER_FOOT = (
    "contact_time_s",
    "pronation_excursion_deg",
    "pronation_velocity_dps",
    "strike_angle_deg",
    "impact_g",
    "braking_g",
)
_OF_TRACK = (
    "heart_rate_bpm",
    "latitude_deg",
    "longitude_deg",
    "altitude_m",
    "speed_mps",
)
NEAR_S = 5
"""Watches that record "smartly" leave out a few seconds where nothing changes."""
_OF_BOTH = ("duty_factor", "cadence_spm", "stride_length_m", "speed_mps")

Nanoseconds = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RunSeconds:
    """One value of every figure per second.

    Attributes
    ----------
    t_ns : int array [N]
        Full seconds of Unix time, from the first step to the last.
    figures : mapping of str to array [N]
        By name with unit; those of one foot end in ``_left`` or ``_right``. NaN where
        it is not known. A figure that is nowhere known is left out.
    """

    t_ns: Nanoseconds
    figures: Mapping[str, FloatArray]


def run_seconds(
    steps: Sequence[StepRow],
    hip_steps: Sequence[HipStepRow] = (),
    rejections: Sequence[RejectionRow] = (),
) -> RunSeconds:
    """Give a run's figures per second; ``asymmetry_pct`` is + where right is longer."""
    rows: list[StepRow | HipStepRow] = [*steps, *hip_steps]
    if not rows:
        return RunSeconds(np.empty(0, np.int64), {})
    t_ns = _seconds(min(r.time_ns for r in rows), max(r.time_ns for r in rows))
    mean = _Means(t_ns)
    figures = _of_feet(steps, mean) | _of_hip(hip_steps, mean, not steps)
    feet = ("hip",) if not steps else _SIDES
    lost = [r.time_ns for r in rejections if r.side in feet]
    used = [r.time_ns for r in (steps or hip_steps)]
    figures["quality_pct"] = _quality_pct(used, lost, mean)
    return RunSeconds(t_ns, _known(figures))


def distance_m(speed_mps: FloatArray, whole_m: float | None) -> FloatArray:
    """Distance run up to the end of each second; its last is the run's, if known."""
    passed = np.cumsum(np.nan_to_num(speed_mps))
    if whole_m is None or not len(passed) or passed[-1] <= 0:
        return np.asarray(passed, dtype=np.float64)
    return np.asarray(passed * (whole_m / passed[-1]), dtype=np.float64)


def _known(figures: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Those that are known somewhere."""
    return {name: f for name, f in figures.items() if np.isfinite(f).any()}


def _seconds(first_ns: int, last_ns: int) -> Nanoseconds:
    return np.arange(first_ns // NS_PER_S, last_ns // NS_PER_S + 1) * NS_PER_S


class _Means:
    """Mean over the rows around each second."""

    def __init__(self, t_ns: Nanoseconds) -> None:
        self._low = t_ns - round(WINDOW_S / 2 * NS_PER_S)
        self._high = t_ns + round(WINDOW_S / 2 * NS_PER_S)

    def number(self, times_ns: Nanoseconds) -> NDArray[np.int64]:
        """How many of these (sorted) times lie around each second."""
        return np.searchsorted(times_ns, self._high) - np.searchsorted(
            times_ns, self._low
        )

    def __call__(
        self,
        rows: Sequence[StepRow] | Sequence[HipStepRow],
        figure: Callable[[StepRow | HipStepRow], float | None],
    ) -> FloatArray:
        """Mean of one figure of these rows, where it is known."""
        pairs = [(r.time_ns, v) for r in rows if (v := figure(r)) is not None]
        pairs.sort()
        times_ns = np.array([t for t, _ in pairs], dtype=np.int64)
        total = np.concatenate([[0.0], np.cumsum([v for _, v in pairs])])
        first = np.searchsorted(times_ns, self._low)
        last = np.searchsorted(times_ns, self._high)
        n = last - first
        mean = (total[last] - total[first]) / np.maximum(n, 1)
        return np.where(n >= _LEAST_STEPS, mean, np.nan)


def _of_feet(steps: Sequence[StepRow], mean: _Means) -> dict[str, FloatArray]:
    figures: dict[str, FloatArray] = {}
    for side in _SIDES:
        own = [r for r in steps if r.side == side]
        for name in _PER_FOOT:
            figures[f"{name}_{side}"] = mean(own, _column(name))
    figures |= {name: mean(steps, _column(name)) for name in _OF_BOTH}
    figures["flight_pct"] = mean(steps, _flight_pct)
    left, right = (figures[f"contact_time_s_{side}"] for side in _SIDES)
    figures["contact_time_s"] = (left + right) / 2
    figures["left_share_pct"] = 100 * left / (left + right)
    figures["asymmetry_pct"] = 200 * (right - left) / (left + right)
    return figures


def _of_hip(
    hip_steps: Sequence[HipStepRow], mean: _Means, is_alone: bool
) -> dict[str, FloatArray]:
    """What only the hip knows; its cadence where no shoe was worn."""
    figures = {
        "vertical_oscillation_m": mean(hip_steps, _column("vertical_oscillation_m"))
    }
    if is_alone:
        figures["cadence_spm"] = mean(hip_steps, _column("cadence_spm"))
    return figures


def _column(name: str) -> Callable[[StepRow | HipStepRow], float | None]:
    def value(row: StepRow | HipStepRow) -> float | None:
        found: float | None = getattr(row, name)
        return found

    return value


def _flight_pct(row: StepRow | HipStepRow) -> float | None:
    if not isinstance(row, StepRow) or row.flight_time_s is None or not row.step_time_s:
        return None
    return 100 * row.flight_time_s / row.step_time_s


def _quality_pct(
    used_ns: Sequence[int], lost_ns: Sequence[int], mean: _Means
) -> FloatArray:
    """Share of strides around each second that gave a step."""
    used = mean.number(np.sort(np.array(used_ns, dtype=np.int64)))
    lost = mean.number(np.sort(np.array(lost_ns, dtype=np.int64)))
    return np.where(used + lost > 0, 100 * used / np.maximum(used + lost, 1), np.nan)


def track_figures(
    t_ns: Nanoseconds, points: Sequence[TrackPoint]
) -> dict[str, FloatArray]:
    """What a watch recorded, at these seconds: each its nearest point, if that is near.

    Parameters
    ----------
    t_ns : int array [N]
        Full seconds of Unix time.
    points : sequence of TrackPoint
        In order of time.
    """
    if not points:
        return {}
    times_ns = np.array([p.t_ns for p in points], dtype=np.int64)
    after = np.clip(np.searchsorted(times_ns, t_ns), 1, max(1, len(times_ns) - 1))
    around = np.minimum(np.stack([after - 1, after]), len(times_ns) - 1)
    away_ns = np.abs(times_ns[around] - t_ns)
    nearest = np.take_along_axis(around, away_ns.argmin(axis=0)[None], axis=0)[0]
    is_near = away_ns.min(axis=0) <= NEAR_S * NS_PER_S
    told = {
        name: np.where(is_near, _of_points(points, name)[nearest], np.nan)
        for name in _OF_TRACK
    }
    return _known(told)


def _of_points(points: Sequence[TrackPoint], name: str) -> FloatArray:
    values = [getattr(point, name) for point in points]
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
