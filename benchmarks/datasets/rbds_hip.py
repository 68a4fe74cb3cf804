"""RBDS: the hip sensor alone against the force plates.

The shoes' tracks are left out of the recording, so that nothing of them can help.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmarks.datasets import Figures
from benchmarks.datasets.rbds import FEET, read_truth
from benchmarks.matching import TrueSteps, column, mean, middle, rms, spread
from collector.recording import read_recording
from contract.model import FloatArray, Slot
from contract.units import NS_PER_S
from processing.arrays import IntArray, NsArray
from treadwear.recordings import analyse_recording

_MOST_RESIDUAL_MM = 15.0
"""Worse fits of the pelvis markers are marker errors (README of the data)."""


class MeasuredHip(Protocol):
    """Steps as the hip sees them: times of mid-stance, side +1 left, -1 right, 0."""

    @property
    def mid_ns(self) -> NsArray:
        """Mid-stances on the session's clock [n]."""

    @property
    def side(self) -> IntArray:
        """Sides given [n]."""


@dataclass(frozen=True, slots=True, eq=False)
class HipScore:
    """One trial: error and true side of each step that lies within a true contact."""

    name: str
    true_steps: int
    contact_error_ms: FloatArray
    true_contact_ms: FloatArray
    side: IntArray
    true_side: IntArray

    @property
    def is_given(self) -> IntArray:
        """Places of the steps that were given a side."""
        return np.flatnonzero(self.side)


def hip_trials(directory: Path) -> list[Path]:
    """Trials whose hip markers can be trusted."""
    return [
        path
        for path in sorted(directory.glob("*_run*"))
        if _residual_mm(path) <= _MOST_RESIDUAL_MM
    ]


def _residual_mm(path: Path) -> float:
    about = json.loads((path / "meta.json").read_text(encoding="utf-8"))
    return float(about["fit"]["hip"]["fit_residual_mm"])


def score_hip(path: Path) -> HipScore | None:
    """Analyse the hip alone; None while the analysis knows no hip."""
    recording = read_recording(path)
    alone = replace(recording, tracks={Slot.HIP: recording.tracks[Slot.HIP]})
    steps = hip_steps(analyse_recording(alone).analysis)
    return None if steps is None else compare_hip(path.name, steps, read_truth(path))


def hip_steps(analysis: object) -> MeasuredHip | None:
    """The hip's steps of an analysis, which may be a value or a call."""
    given = getattr(analysis, "hip_steps", None)
    steps: MeasuredHip | None = given() if callable(given) else given
    return steps


def compare_hip(
    name: str, steps: MeasuredHip, truth: dict[Slot, TrueSteps]
) -> HipScore:
    """Find the true contact that each of the hip's steps lies in."""
    begin, end, sign = _in_order(truth)
    mid_s = steps.mid_ns / NS_PER_S
    index = np.searchsorted(begin, mid_s, side="right") - 1
    inside = (index >= 0) & (mid_s < end[np.maximum(index, 0)])
    own = index[inside]
    estimate = column(steps, "contact_time_estimate_s")
    measured = np.full(len(own), np.nan) if estimate is None else estimate[inside]
    contact = (end - begin)[own]
    return HipScore(
        name=name,
        true_steps=len(begin),
        contact_error_ms=1e3 * (measured - contact),
        true_contact_ms=1e3 * contact,
        side=np.asarray(steps.side, np.intp)[inside],
        true_side=sign[own],
    )


def _in_order(
    truth: dict[Slot, TrueSteps],
) -> tuple[FloatArray, FloatArray, IntArray]:
    begin = np.concatenate([truth[slot].t_ic_s for slot in FEET])
    end = np.concatenate([truth[slot].t_to_s for slot in FEET])
    counts = [len(truth[slot].t_ic_s) for slot in FEET]
    sign = np.repeat(np.array([1, -1], np.intp), counts)
    order = np.argsort(begin)
    return begin[order], end[order], sign[order]


def summarise_hip(trials: Sequence[HipScore]) -> Figures:
    """Figures over trials; the side counts only where one was given."""
    bias = np.array([mean(t.contact_error_ms) for t in trials])
    steps = sum(len(t.side) for t in trials)
    given = sum(len(t.is_given) for t in trials)
    right = sum(int((t.side == t.true_side).sum()) for t in trials)
    return {
        "trials": float(len(trials)),
        "found_pct": 100 * steps / max(1, sum(t.true_steps for t in trials)),
        "contact_bias_ms": mean(bias),
        "contact_between_sd_ms": spread(bias),
        "contact_within_sd_ms": middle(
            np.array([spread(t.contact_error_ms) for t in trials])
        ),
        "side_right_pct": 100 * right / given if given else float("nan"),
        "side_unknown_pct": 100 * (steps - given) / steps if steps else float("nan"),
        "side_wrong_trials": float(sum(_is_wrong(t) for t in trials)),
        "left_right_error_ms": rms(np.array([_side_error_ms(t) for t in trials])),
    }


def _is_wrong(trial: HipScore) -> bool:
    given = trial.is_given
    wrong = trial.side[given] != trial.true_side[given]
    return bool(len(given)) and bool(wrong.mean() > 0.5)


def _side_error_ms(trial: HipScore) -> float:
    """Error of right - left by the true side: why no such figure is shown."""
    left, right = (trial.contact_error_ms[trial.true_side == s] for s in (1, -1))
    return mean(right) - mean(left)


def figures(directory: Path) -> tuple[Figures, list[HipScore]]:
    """Figures of the hip sensor and each trial; empty where no hip is analysed."""
    scores: list[HipScore] = []
    for path in hip_trials(directory):
        score = score_hip(path)
        if score is None:
            return {}, []
        scores.append(score)
    return (summarise_hip(scores) if scores else {}), scores
