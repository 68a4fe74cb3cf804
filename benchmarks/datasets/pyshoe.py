"""PyShoe: a real sensor on one shoe in a small room with optical position (Vicon).

One runner at 1.3 to 2.2 m/s, always turning; no force plate, so contact times can be
compared with nothing but themselves on smoothed input.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.datasets import Figures
from benchmarks.matching import Measured, column, contact_s, mean, middle, spread
from benchmarks.perturbation import smoothed
from collector.recording import Recording, assemble
from contract.model import FloatArray, Slot
from treadwear.recordings import analyse_recording

_JOG_CALLED_A_WALK = "2017-11-27-11-12-44"
"""141 steps a minute among the runs of that day; index.csv guesses from its speed."""
_SMOOTH_HZ = 30.0
_LEAST_STRIDES = 15
"""Medians of fewer strides wander by themselves (detector.md section 5)."""
_STANCE = (0.15, 0.75)


@dataclass(frozen=True, slots=True, eq=False)
class Path3d:
    """Where the sensor was: times [N] and positions [N, 3], z up, in metres."""

    t_s: FloatArray
    position_m: FloatArray


@dataclass(frozen=True, slots=True)
class RunScore:
    """One running trial on the real shoe."""

    name: str
    strides: int
    smooth_strides: int
    contact_ms: float
    smooth_less_raw_ms: float
    stride_pairs: int
    stride_bias_pct: float
    stride_abs_error_pct: float


def read_trial(path: Path) -> tuple[Recording, Path3d]:
    """The right shoe's recording and its true path."""
    with np.load(path) as arrays:
        rows = np.column_stack([arrays["t"], arrays["acc"], arrays["gyr"]])
        truth = Path3d(arrays["t"].astype(float), arrays["pos"].astype(float))
    return assemble(path.stem, {Slot.RIGHT: rows}, {}), truth


def is_run(directory: Path) -> dict[Path, bool]:
    """All trials, and whether the runner ran in them."""
    with (directory / "index.csv").open(encoding="utf-8", newline="") as file:
        kinds = {row["trial"]: row["kind_guess"] for row in csv.DictReader(file)}
    kinds[_JOG_CALLED_A_WALK] = "run"
    files = sorted(directory.glob("*.npz"))
    return {path: kinds.get(path.stem) == "run" for path in files}


def right_steps(recording: Recording) -> Measured:
    """Steps of the right shoe."""
    analysis = analyse_recording(recording).analysis
    assert analysis is not None  # noqa: S101 - a described session has an analysis
    return analysis.steps()[Slot.RIGHT]


def score_run(path: Path) -> RunScore:
    """Analyse one running trial, as recorded and smoothed."""
    recording, truth = read_trial(path)
    steps, soft = right_steps(recording), right_steps(smoothed(recording, _SMOOTH_HZ))
    error_pct = stride_errors_pct(steps, truth)
    usual_ms = 1e3 * middle(steps.contact_time_s)
    return RunScore(
        name=path.stem,
        strides=len(steps.ic_ns),
        smooth_strides=len(soft.ic_ns),
        contact_ms=usual_ms,
        smooth_less_raw_ms=1e3 * middle(soft.contact_time_s) - usual_ms,
        stride_pairs=int(np.isfinite(error_pct).sum()),
        stride_bias_pct=middle(error_pct),
        stride_abs_error_pct=middle(np.abs(error_pct)),
    )


def stride_errors_pct(steps: Measured, truth: Path3d) -> FloatArray:
    """Stride length against the way between the slowest moments of two stances [n]."""
    length_m, stride_s = (
        column(steps, "stride_length_m"),
        column(steps, "stride_time_s"),
    )
    begin = contact_s(steps)
    if length_m is None or stride_s is None:
        return np.full(len(begin), np.nan)
    place = standing_places(begin, steps.contact_time_s, truth)
    true_m = np.full(len(begin), np.nan)
    true_m[:-1] = np.hypot(*np.diff(place, axis=0)[:, :2].T)
    return np.where(np.isfinite(stride_s), 100 * (length_m / true_m - 1), np.nan)


def standing_places(
    begin_s: FloatArray, contact_time_s: FloatArray, truth: Path3d
) -> FloatArray:
    """Where the foot stood [n, 3]: true position when it was slowest in each stance."""
    speed = np.linalg.norm(np.gradient(truth.position_m, truth.t_s, axis=0), axis=1)
    places = np.full((len(begin_s), 3), np.nan)
    for k, (start, long) in enumerate(zip(begin_s, contact_time_s, strict=True)):
        low, high = np.searchsorted(truth.t_s, [start + s * long for s in _STANCE])
        if high > low:
            places[k] = truth.position_m[low + int(np.argmin(speed[low:high]))]
    return places


def summarise(runs: Sequence[RunScore], other_steps: int, others: int) -> Figures:
    """Figures over trials; ``others`` are walks, stairs and crawling."""
    long = [r for r in runs if r.strides >= _LEAST_STRIDES]
    change = np.abs([r.smooth_less_raw_ms for r in long])
    contact = np.array([r.contact_ms for r in runs])
    bias = np.array([r.stride_bias_pct for r in runs])
    return {
        "runs": float(len(runs)),
        "strides": float(sum(r.strides for r in runs)),
        "contact_least_median_ms": float(contact.min(initial=np.inf)),
        "contact_most_median_ms": float(contact.max(initial=-np.inf)),
        "smooth_change_worst_ms": float(change.max(initial=0.0)),
        "smooth_change_mean_ms": mean(change),
        "stride_pairs": float(sum(r.stride_pairs for r in runs)),
        "stride_abs_error_pct": middle(
            np.array([r.stride_abs_error_pct for r in runs])
        ),
        "stride_bias_pct": mean(bias),
        "stride_bias_sd_pct": spread(bias),
        "other_trials": float(others),
        "other_steps": float(other_steps),
    }


def figures(directory: Path) -> tuple[Figures, list[RunScore]]:
    """Figures of the whole set, and each running trial."""
    kinds = is_run(directory)
    runs = [score_run(path) for path, runs in kinds.items() if runs]
    others = [path for path, runs in kinds.items() if not runs]
    steps = sum(len(right_steps(read_trial(path)[0]).ic_ns) for path in others)
    return summarise(runs, steps, len(others)), runs
