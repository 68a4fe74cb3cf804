"""How close the analysis comes to force plates: ``python -m benchmarks.accuracy``.

Reads the recordings that the environment variable ``TREADWEAR_DATA`` names (RBDS:
virtual shoe sensors on real treadmill runners, so no impact peaks of real shoes) and
prints one line per figure. ``--json`` is for programs, ``--trials`` adds each trial.
The method's coefficients were fitted on these same 13 runners.
"""

import argparse
import csv
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from collector.recording import read_recording
from contract.model import FloatArray, Slot
from processing.metrics import METRICS, Steps
from treadwear.recordings import analyse_recording

_MATCH_S = 0.060
_FAR_S = 0.020
_MISLABELLED = "27_run35"  # its truth calls a right contact (6.537 s) a left one
_FEET = (Slot.LEFT, Slot.RIGHT)


@dataclass(frozen=True, slots=True, eq=False)
class TrueSteps:
    """Force-plate contacts of one foot; NaN where not known."""

    t_ic_s: FloatArray
    t_to_s: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class FootScore:
    """One foot of one trial against the truth (ms)."""

    trial: str
    side: str
    true_steps: int
    found: int
    swapped: int
    contact_bias_ms: float
    contact_sd_ms: float
    far_share: float


@dataclass(frozen=True, slots=True, eq=False)
class TrialScore:
    """One trial: both feet, and the error of right - left per metric (its own unit)."""

    trial: str
    feet: tuple[FootScore, FootScore]
    asi_true_pct: float
    asi_error_pct: float
    is_covered: bool
    difference_error: dict[str, float]


def read_truth(directory: Path) -> dict[Slot, TrueSteps]:
    """Contacts of both feet from truth.csv."""
    with (directory / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for slot in _FEET:
        own = [r for r in rows if r["side"] == slot.name[0]]
        times = [np.array([float(r[k]) for r in own]) for k in ("t_ic", "t_to")]
        found[slot] = TrueSteps(*times)
    return found


def true_metrics(truth: dict[Slot, TrueSteps]) -> dict[Slot, dict[str, FloatArray]]:
    """The metrics of the analysis, computed from the force plate's times."""
    figures = {}
    for slot, other in ((Slot.LEFT, Slot.RIGHT), (Slot.RIGHT, Slot.LEFT)):
        own, opposite = truth[slot], truth[other]
        contact = own.t_to_s - own.t_ic_s
        after = _until_next(own.t_ic_s, opposite.t_ic_s)
        before = _since_last(own.t_ic_s, opposite.t_ic_s, opposite.t_to_s)
        stride = np.append(np.diff(own.t_ic_s), np.nan)
        stride[stride > 1.0] = np.nan
        flight = after - contact
        figures[slot] = {
            "contact_time_s": contact,
            "flight_time_s": flight,
            "step_time_s": after,
            "stride_time_s": stride,
            "swing_time_s": stride - contact,
            "duty_factor": contact / stride,
            "impulse_bws": contact + (before + flight) / 2,
        }
    return figures


def _until_next(own_s: FloatArray, other_s: FloatArray) -> FloatArray:
    index = np.searchsorted(other_s, own_s, side="right")
    padded = np.append(other_s, np.nan)
    step = padded[index] - own_s
    return np.where(step < 0.6, step, np.nan)


def _since_last(own_s: FloatArray, ic_s: FloatArray, to_s: FloatArray) -> FloatArray:
    index = np.searchsorted(ic_s, own_s) - 1
    is_near = (index >= 0) & (own_s - ic_s[index] < 0.6)
    return np.where(is_near, own_s - to_s[index], np.nan)


def score_trial(directory: Path) -> TrialScore:
    """Analyse one recording and compare it with its truth."""
    session = analyse_recording(read_recording(directory))
    analysis = session.analysis
    assert analysis is not None  # noqa: S101 - a described session has an analysis
    steps, truth = analysis.steps(), read_truth(directory)
    left, right = (
        _score_foot(directory.name, s, steps[s], truth[s], truth[o])
        for s, o in (_FEET, _FEET[::-1])
    )
    true = true_metrics(truth)
    gap = {m: _gap(_means(steps, m)) - _gap(_true_means(true, m)) for m in METRICS}
    mean = sum(_true_means(true, "contact_time_s")) / 2
    asi_true = 100 * _gap(_true_means(true, "contact_time_s")) / mean
    measured = analysis.compare().get("contact_time_s")
    covered = measured is not None and measured.ci_low <= asi_true <= measured.ci_high
    return TrialScore(
        trial=directory.name,
        feet=(left, right),
        asi_true_pct=asi_true,
        asi_error_pct=100 * gap["contact_time_s"] / mean,
        is_covered=covered,
        difference_error=gap,
    )


def _means(steps: dict[Slot, Steps], metric: str) -> tuple[float, float]:
    """Trial mean per foot without single glitches (more than 40 ms off the median)."""
    values = [getattr(steps[s], metric) for s in _FEET]
    return tuple(  # type: ignore[return-value] # two feet give two means
        float(np.mean(v[np.abs(v - np.nanmedian(v)) < 0.04])) for v in values
    )


def _true_means(
    true: dict[Slot, dict[str, FloatArray]], metric: str
) -> tuple[float, float]:
    return tuple(float(np.nanmean(true[s][metric])) for s in _FEET)  # type: ignore[return-value] # as above


def _gap(left_right: tuple[float, float]) -> float:
    return left_right[1] - left_right[0]


def _score_foot(
    trial: str, slot: Slot, steps: Steps, truth: TrueSteps, other: TrueSteps
) -> FootScore:
    t_ic_s = steps.ic_ns / 1e9
    away_s = np.abs(truth.t_ic_s[:, None] - t_ic_s[None])
    nearest, is_found = away_s.argmin(axis=1), away_s.min(axis=1) < _MATCH_S
    swapped = np.abs(other.t_ic_s[:, None] - t_ic_s[None]).min(axis=1) < _MATCH_S
    contact = steps.contact_time_s[nearest] - (truth.t_to_s - truth.t_ic_s)
    error_s = contact[is_found]
    return FootScore(
        trial=trial,
        side=slot.word,
        true_steps=len(truth.t_ic_s),
        found=int(is_found.sum()),
        swapped=int(swapped.sum()),
        contact_bias_ms=float(error_s.mean() * 1e3),
        contact_sd_ms=float(error_s.std() * 1e3),
        far_share=float((np.abs(error_s) > _FAR_S).mean()),
    )


def summarise(scores: list[TrialScore]) -> dict[str, float]:
    """Figures over all trials."""
    feet = [foot for score in scores for foot in score.feet]
    true_steps = sum(f.true_steps for f in feet)
    bias = np.array([f.contact_bias_ms for f in feet])
    errors = np.array([s.asi_error_pct for s in scores])
    figures = {
        "trials": float(len(scores)),
        "true_steps": float(true_steps),
        "found_pct": 100 * sum(f.found for f in feet) / true_steps,
        "swapped": float(sum(f.swapped for f in feet)),
        "contact_bias_ms": float(bias.mean()),
        "contact_bias_sd_ms": float(bias.std()),
        "contact_within_sd_ms": float(np.median([f.contact_sd_ms for f in feet])),
        "far_pct": 100 * float(np.mean([f.far_share for f in feet])),
        "asi_rmse_pct": float(np.sqrt(np.mean(errors**2))),
        "asi_worst_pct": float(np.abs(errors).max()),
        "always_even_rmse_pct": float(
            np.sqrt(np.mean([s.asi_true_pct**2 for s in scores]))
        ),
        "covered_pct": 100 * float(np.mean([s.is_covered for s in scores])),
    }
    labelled = [s for s in scores if s.trial != _MISLABELLED]
    for metric in METRICS:
        spread = np.std([s.difference_error[metric] for s in labelled])
        figures[f"sd_right_minus_left_{metric}"] = float(spread)
    return figures


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--trials", action="store_true")
    wanted = parser.parse_args()
    data = os.environ.get("TREADWEAR_DATA")
    if not data:
        sys.exit("Set TREADWEAR_DATA to the directory that holds rbds_virtual.")
    directories = sorted(Path(data, "rbds_virtual").glob("*_run*"))
    scores = [score_trial(directory) for directory in directories]
    if wanted.json:
        print(json.dumps(summarise(scores)))
        return
    if wanted.trials:
        for s in scores:
            found = sum(f.found for f in s.feet), sum(f.true_steps for f in s.feet)
            print(
                f"{s.trial}: {found[0]} of {found[1]}, ASI {s.asi_true_pct:+.1f} %",
                end="",
            )
            print(f", error {s.asi_error_pct:+.1f}")
    for name, value in summarise(scores).items():
        print(f"{name:40s} {value:10.4f}")


if __name__ == "__main__":
    main()
