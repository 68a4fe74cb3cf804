"""RBDS: 13 treadmill runners at three speeds, virtual shoe sensors, force plates.

The sensors are made from markers: timing, angles and left/right are a real runner's,
impact peaks are missing. Known faults of the set are in its README and named here.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.datasets import Figures
from benchmarks.datasets.rbds_motion import MotionScore, score_motion, summarise_motion
from benchmarks.matching import (
    Measured,
    TrueSteps,
    contact_s,
    largest,
    match,
    mean,
    middle,
    rms,
    spread,
)
from collector.recording import read_recording
from contract.model import FloatArray, Slot
from processing.asymmetry import Comparison
from treadwear.recordings import analyse_recording

FEET = (Slot.LEFT, Slot.RIGHT)
SPEEDS = {"25": "2.5 m/s", "35": "3.5 m/s", "45": "4.5 m/s"}
_FAR_MS = 20.0
_MISLABELLED = {"27_run35": 6.537}
"""A contact that this trial's truth gives to the left foot; it is the right foot's:
the left one is in the air then, and the right one has a hole in its series there."""
_ANGLES = ("pitch_ic_deg", "ev_excursion_deg", "yaw_ic_deg")


@dataclass(frozen=True, slots=True, eq=False)
class FootScore:
    """One foot of one trial against the force plate: errors of the contacts found."""

    slot: Slot
    true_steps: int
    found: int
    swapped: int
    contact_error_ms: FloatArray
    toe_off_error_ms: FloatArray
    motion: MotionScore

    @property
    def time_error_ms(self) -> FloatArray:
        """Error of each contact time."""
        return self.toe_off_error_ms - self.contact_error_ms


@dataclass(frozen=True, slots=True, eq=False)
class TrialScore:
    """One trial; the asymmetry index is that of contact time, + = right longer."""

    name: str
    feet: tuple[FootScore, ...]
    true_asi_pct: float
    asi_pct: float
    is_covered: bool

    @property
    def runner(self) -> str:
        """Who ran."""
        return self.name.split("_")[0]

    @property
    def speed(self) -> str:
        """Belt speed in tenths of m/s, as the directory's name says it."""
        return self.name[-2:]

    @property
    def asi_error_pct(self) -> float:
        """Measured less true."""
        return self.asi_pct - self.true_asi_pct


def read_truth(directory: Path, *, put_right: bool = True) -> dict[Slot, TrueSteps]:
    """Contacts of both feet; ``put_right`` gives the mislabelled one to its foot."""
    with (directory / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wrong_s = _MISLABELLED.get(directory.name) if put_right else None
    sides = np.array([_side(row, wrong_s) for row in rows])
    found = {}
    for slot in FEET:
        own = sides == slot.name[0]
        t_ic_s, t_to_s = (_column(rows, name)[own] for name in ("t_ic", "t_to"))
        angles = {name: _column(rows, name)[own] for name in _ANGLES}
        found[slot] = TrueSteps(t_ic_s, t_to_s, angles)
    return found


def _side(row: Mapping[str, str], wrong_s: float | None) -> str:
    is_wrong = wrong_s is not None and abs(float(row["t_ic"]) - wrong_s) < 0.005
    return {"L": "R", "R": "L"}[row["side"]] if is_wrong else row["side"]


def _column(rows: Sequence[Mapping[str, str]], name: str) -> FloatArray:
    return np.array([float(row[name] or "nan") for row in rows])


def score_trial(directory: Path, *, put_right: bool = True) -> TrialScore:
    """Analyse one recording and compare it with its truth."""
    analysis = analyse_recording(read_recording(directory)).analysis
    assert analysis is not None  # noqa: S101 - a described session has an analysis
    compared = analysis.compare().get("contact_time_s")
    truth = read_truth(directory, put_right=put_right)
    return compare_trial(directory.name, analysis.steps(), truth, compared)


def compare_trial(
    name: str,
    steps: Mapping[Slot, Measured],
    truth: Mapping[Slot, TrueSteps],
    compared: Comparison | None,
) -> TrialScore:
    """Score what an analysis said of one trial."""
    feet = tuple(
        _score_foot(name, slot, steps[slot], truth[slot], truth[other])
        for slot, other in (FEET, FEET[::-1])
    )
    left, right = (mean(truth[slot].contact_time_s) for slot in FEET)
    true_asi_pct = 200 * (right - left) / (right + left)
    is_covered = (
        compared is not None and compared.ci_low <= true_asi_pct <= compared.ci_high
    )
    asi_pct = compared.asi_pct if compared is not None else None
    known_pct = float("nan") if asi_pct is None else asi_pct
    return TrialScore(name, feet, true_asi_pct, known_pct, is_covered)


def _score_foot(
    trial: str, slot: Slot, steps: Measured, own: TrueSteps, other: TrueSteps
) -> FootScore:
    begin_s = contact_s(steps)
    pairs = match(own.t_ic_s, begin_s)
    found = pairs.is_found
    crossed = match(other.t_ic_s, begin_s).is_found
    contact_error_s = pairs.pick(begin_s) - own.t_ic_s[found]
    end_s = pairs.pick(begin_s + steps.contact_time_s)
    return FootScore(
        slot=slot,
        true_steps=len(own.t_ic_s),
        found=int(found.sum()),
        swapped=int(crossed.sum()),
        contact_error_ms=1e3 * contact_error_s,
        toe_off_error_ms=1e3 * (end_s - own.t_to_s[found]),
        motion=score_motion(trial, slot, steps, own, pairs),
    )


def summarise(trials: Sequence[TrialScore]) -> Figures:
    """Figures over trials: contact times, asymmetry, angles, speed."""
    feet = [foot for trial in trials for foot in trial.feet]
    motion = summarise_motion([[foot.motion for foot in t.feet] for t in trials])
    return {"trials": float(len(trials)), **_events(feet), **_balance(trials), **motion}


def _events(feet: Sequence[FootScore]) -> Figures:
    """Found steps and times; a bias is the mean of one foot of one trial."""
    true_steps = sum(foot.true_steps for foot in feet)
    onset, off, time = (
        [getattr(foot, f"{name}_error_ms") for foot in feet]
        for name in ("contact", "toe_off", "time")
    )
    bias = {
        name: np.array([mean(errors) for errors in parts])
        for name, parts in (("ic", onset), ("to", off), ("contact", time))
    }
    figures = {
        "true_steps": float(true_steps),
        "found_pct": 100 * sum(foot.found for foot in feet) / true_steps,
        "swapped_steps": float(sum(foot.swapped for foot in feet)),
        "contact_within_sd_ms": middle(np.array([spread(e) for e in time])),
        "far_pct": 100 * mean(np.abs(np.concatenate(time)) > _FAR_MS),
    }
    for name, values in bias.items():
        figures[f"{name}_bias_ms"] = mean(values)
        figures[f"{name}_bias_sd_ms"] = spread(values)
    figures["contact_worst_bias_ms"] = largest(bias["contact"])
    return figures


def _balance(trials: Sequence[TrialScore]) -> Figures:
    """Asymmetry of contact time; ``change`` is against the runner's own mean error."""
    errors = np.array([trial.asi_error_pct for trial in trials])
    true = np.array([trial.true_asi_pct for trial in trials])
    runners = np.array([trial.runner for trial in trials])
    usual = np.array([mean(errors[runners == runner]) for runner in runners])
    known = np.isfinite(errors)
    return {
        "asi_given_trials": float(known.sum()),
        "asi_rmse_points": rms(errors),
        "asi_worst_points": largest(errors),
        "asi_change_points": rms(errors - usual),
        "asi_always_even_points": rms(true),
        "asi_covered_pct": 100 * mean(np.array([t.is_covered for t in trials])[known]),
    }


def figures(directory: Path) -> tuple[Figures, list[TrialScore]]:
    """Figures of the whole set, and each trial for plots and tables by speed."""
    paths = sorted(directory.glob("*_run*"))
    trials = [score_trial(path) for path in paths]
    as_labelled = [
        score_trial(path, put_right=False) if path.name in _MISLABELLED else trial
        for path, trial in zip(paths, trials, strict=True)
    ]
    swapped = sum(foot.swapped for trial in as_labelled for foot in trial.feet)
    return {
        **summarise(trials),
        "swapped_as_labelled_steps": float(swapped),
    }, trials


def by_speed(trials: Sequence[TrialScore]) -> dict[str, Figures]:
    """The same figures for each belt speed."""
    return {
        words: summarise([t for t in trials if t.speed == speed])
        for speed, words in SPEEDS.items()
        if any(t.speed == speed for t in trials)
    }
