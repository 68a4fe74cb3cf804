"""Recovered asymmetry on simulated runners: ``python -m benchmarks.simulated``.

Half of the runners are even, half limp. A simulator cannot validate absolute contact
times (how the force shows in the signal is put in), but it shows found steps, side
swaps, precision, whether the interval holds the truth, and false findings.
"""

import argparse
from dataclasses import dataclass

import numpy as np

from collector.simulated.source import simulated_run
from collector.simulated.traits import draw_runner
from collector.simulated.truth import Truth, true_steps
from contract import wire
from contract.messages import SessionMeta
from contract.model import Slot
from contract.units import NS_PER_S
from processing.offline import analyse_frames
from processing.session import LiveSession
from processing.store.base import RawFrame

_MATCH_S = 0.060
_FEET = (Slot.LEFT, Slot.RIGHT)


@dataclass(frozen=True, slots=True)
class Score:
    """One simulated run against its truth."""

    seed: int
    found_pct: float
    swapped: int
    precision_ms: float
    true_asi_pct: float
    error_pct: float
    is_covered: bool
    is_finding: bool


def analyse_seed(seed: int, asymmetry_pct: float, seconds: float) -> LiveSession:
    """Simulate and analyse one run."""
    traits = draw_runner(seed, contact_asymmetry_pct=asymmetry_pct)
    meta = SessionMeta(runner="sim", session="sim", origin_ns=0, simulated=True)
    sources = simulated_run(traits, 0, seconds, seed)
    frames = [
        RawFrame("sim", "sim", slot, batch.epoch, batch.seq, wire.encode(batch))
        for slot, source in sources.items()
        for batch in source.batches()
    ]
    return analyse_frames(meta, frames)


def score_seed(seed: int, asymmetry_pct: float, seconds: float) -> Score:
    """Compare one run with its truth."""
    traits = draw_runner(seed, contact_asymmetry_pct=asymmetry_pct)
    truth = true_steps(traits, seed, seconds - 1.0)
    session = analyse_seed(seed, asymmetry_pct, seconds)
    assert session.analysis is not None  # noqa: S101 - a described session has one
    found, swapped, errors = 0, 0, []
    steps = session.analysis.steps()
    for slot, other in (_FEET, _FEET[::-1]):
        t_ic_s = steps[slot].ic_ns / NS_PER_S
        own, opposite = _times(truth, slot), _times(truth, other)
        away = np.abs(own[:, :1] - t_ic_s[None])
        hit = away.min(axis=1) < _MATCH_S
        found += int(hit.sum())
        swapped += int((np.abs(opposite[:, :1] - t_ic_s[None]).min(1) < _MATCH_S).sum())
        measured = steps[slot].contact_time_s[away.argmin(axis=1)][hit]
        error_s = measured - (own[:, 1] - own[:, 0])[hit]
        errors.append(error_s - error_s.mean())
    contact = session.analysis.compare()["contact_time_s"]
    return Score(
        seed=seed,
        found_pct=100 * found / len(truth.steps),
        swapped=swapped,
        precision_ms=1e3 * float(np.concatenate(errors).std()),
        true_asi_pct=truth.asi_pct,
        error_pct=contact.asi_pct - truth.asi_pct,
        is_covered=contact.ci_low <= truth.asi_pct <= contact.ci_high,
        is_finding=not contact.ci_low <= 0 <= contact.ci_high,
    )


def _times(truth: Truth, slot: Slot) -> np.ndarray:
    return np.array([(s.t_ic_s, s.t_to_s) for s in truth.steps if s.side is slot])


def main() -> None:
    """Print one line per run and the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runners", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--limp", type=float, default=8.0)
    wanted = parser.parse_args()
    scores = []
    for seed in range(100, 100 + wanted.runners):
        limp = wanted.limp if seed % 2 else 0.0
        scores.append(score_seed(seed, limp, wanted.seconds))
        s = scores[-1]
        print(f"seed {s.seed}: found {s.found_pct:.1f} %", end=", ")
        print(f"precision {s.precision_ms:.1f} ms", end=", ")
        print(f"true {s.true_asi_pct:+.1f} %, error {s.error_pct:+.1f}")
    _summarise(scores)


def _summarise(scores: list[Score]) -> None:
    even, limping = scores[::2], scores[1::2]
    found = [s.found_pct for s in scores]
    figures = {
        "found, mean %": np.mean(found),
        "found, worst %": np.min(found),
        "swapped": sum(s.swapped for s in scores),
        "precision, median ms": np.median([s.precision_ms for s in scores]),
        "ASI RMSE, points": np.sqrt(np.mean([s.error_pct**2 for s in scores])),
        "interval holds the truth, %": 100 * np.mean([s.is_covered for s in scores]),
        "false findings, even, %": 100 * np.mean([s.is_finding for s in even]),
        "limps found, %": 100 * np.mean([s.is_finding for s in limping]),
    }
    for name, value in figures.items():
        print(f"{name:30s} {value:8.2f}")


if __name__ == "__main__":
    main()
