"""RBDS: strike angle, eversion excursion and speed against markers and belt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.datasets import Figures
from benchmarks.matching import (
    Match,
    Measured,
    TrueSteps,
    column,
    mean,
    middle,
    rms,
    spread,
)
from contract.model import FloatArray, Slot

HEEL_DEG, FOREFOOT_DEG = 8.0, -1.6
"""Strike types by foot strike angle (Altman and Davis 2012, in angles.md)."""
_GLITCH_DEG = 25.0
"""A true angle further than this from its trial's median is a marker's glitch."""
_FAULTY_AXIS = {("03_run25", Slot.RIGHT)}
"""True yaw off by 26 deg (README of the data); 01 right has no angles at two speeds."""
_SLOWEST_MPS = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class MotionScore:
    """One foot of one trial; NaN where there is no truth or no measurement."""

    strike_true_deg: float
    strike_deg: float
    strike_step_sd_deg: float
    excursion_true_deg: float
    excursion_deg: float
    excursion_step_sd_deg: float
    speed_error_pct: float

    @property
    def strike_error_deg(self) -> float:
        """Measured less true, means of the trial."""
        return self.strike_deg - self.strike_true_deg

    @property
    def excursion_error_deg(self) -> float:
        """Measured less true, means of the trial."""
        return self.excursion_deg - self.excursion_true_deg


def score_motion(
    trial: str, slot: Slot, steps: Measured, truth: TrueSteps, pairs: Match
) -> MotionScore:
    """Compare angles and speed of the contacts that were found."""
    is_faulty = (trial, slot) in _FAULTY_AXIS
    strike = _angle(steps, truth, pairs, ("strike_angle_deg", "pitch_ic_deg"))
    turned = _angle(
        steps, truth, pairs, ("pronation_excursion_deg", "ev_excursion_deg")
    )
    unknown = (float("nan"),) * 3
    return MotionScore(
        *(unknown if is_faulty else strike),
        *(unknown if is_faulty else turned),
        speed_error_pct=_speed_error_pct(trial, steps),
    )


def _angle(
    steps: Measured, truth: TrueSteps, pairs: Match, names: tuple[str, str]
) -> tuple[float, float, float]:
    """Trial's true mean, measured mean and SD of the steps' errors."""
    values, true = column(steps, names[0]), truth.angles.get(names[1])
    if values is None or true is None:
        known = float("nan") if true is None else mean(true)
        return known, float("nan"), float("nan")
    measured, true = pairs.pick(values), true[pairs.is_found]
    keep = np.isfinite(measured) & (np.abs(true - middle(true)) < _GLITCH_DEG)
    return (
        mean(true[keep]),
        mean(measured[keep]),
        spread(measured[keep] - true[keep]),
    )


def _speed_error_pct(trial: str, steps: Measured) -> float:
    """Median speed over the belt's, which the trial's name gives in tenths of m/s."""
    speed_mps = column(steps, "speed_mps")
    if speed_mps is None or not trial[-2:].isdigit():
        return float("nan")
    return 100 * (
        middle(speed_mps[speed_mps > _SLOWEST_MPS]) * 10 / int(trial[-2:]) - 1
    )


def strike_type(angle_deg: float) -> str:
    """Heel, middle or forefoot."""
    if angle_deg > HEEL_DEG:
        return "heel"
    return "forefoot" if angle_deg < FOREFOOT_DEG else "middle"


def summarise_motion(trials: Sequence[Sequence[MotionScore]]) -> Figures:
    """Figures over trials; left-right ones need both feet of a trial."""
    feet = [foot for trial in trials for foot in trial]
    return {
        **_strike(feet, trials),
        **_excursion(feet, trials),
        "speed_bias_pct": mean(_each(feet, "speed_error_pct")),
        "speed_abs_error_pct": middle(np.abs(_each(feet, "speed_error_pct"))),
        "speed_rmse_pct": rms(_each(feet, "speed_error_pct")),
    }


def _each(feet: Sequence[MotionScore], name: str) -> FloatArray:
    return np.array([getattr(foot, name) for foot in feet])


def _right_less_left(trials: Sequence[Sequence[MotionScore]], name: str) -> FloatArray:
    pairs = [[getattr(foot, name) for foot in trial] for trial in trials]
    return np.array([pair[1] - pair[0] for pair in pairs if len(pair) == 2])


def _strike(
    feet: Sequence[MotionScore], trials: Sequence[Sequence[MotionScore]]
) -> Figures:
    error = _each(feet, "strike_error_deg")
    known = [foot for foot in feet if np.isfinite(foot.strike_error_deg)]
    agrees = [
        strike_type(foot.strike_deg) == strike_type(foot.strike_true_deg)
        for foot in known
    ]
    return {
        "strike_feet": float(len(known)),
        "strike_bias_deg": mean(error),
        "strike_sd_deg": spread(error),
        "strike_rmse_deg": rms(error),
        "strike_step_sd_deg": middle(_each(feet, "strike_step_sd_deg")),
        "strike_left_right_rmse_deg": rms(_right_less_left(trials, "strike_error_deg")),
        "strike_type_agrees_pct": 100 * mean(np.array(agrees, float)),
    }


def _excursion(
    feet: Sequence[MotionScore], trials: Sequence[Sequence[MotionScore]]
) -> Figures:
    error = _each(feet, "excursion_error_deg")
    sides = _right_less_left(trials, "excursion_error_deg")
    return {
        "excursion_feet": float(np.isfinite(error).sum()),
        "excursion_bias_deg": mean(error),
        "excursion_rmse_deg": rms(error),
        "excursion_step_sd_deg": middle(_each(feet, "excursion_step_sd_deg")),
        "excursion_left_right_rmse_deg": rms(sides),
    }
