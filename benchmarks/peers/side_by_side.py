"""gaitmap's pipeline and ours on the same walking recording, one after the other."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.datasets import Figures
from benchmarks.hour import batches_of, repeated_walk, time_analysis
from collector.recording import Recording, read_recording
from contract.errors import UsageError
from contract.model import Slot

_PIPELINE = Path(__file__).with_name("gaitmap_pipeline.py")


def compare_with_gaitmap(
    python: str, directory: Path, seconds: float, frame_samples: int
) -> Figures:
    """Time both; ``python`` is the interpreter that has gaitmap."""
    walk = repeated_walk(read_recording(directory), seconds)
    theirs = _run_gaitmap(python, walk)
    ours = time_analysis(batches_of(walk, frame_samples))
    return {
        "walk_s": walk.duration_s,
        "gaitmap_s": float(theirs["cpu_s"]),
        "gaitmap_strides": float(theirs["strides"]),
        "gaitmap_peak_mb": float(theirs["peak_mb"]),
        "own_s": ours.analysis_s,
    }


def _run_gaitmap(python: str, walk: Recording) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="treadwear-speed-") as name:
        path = Path(name, "samples.npz")
        np.savez(
            path,
            rate_hz=walk.meta.rate_hz,
            left=walk.tracks[Slot.LEFT].samples,
            right=walk.tracks[Slot.RIGHT].samples,
        )
        answer = _answer_of([python, str(_PIPELINE), str(path)])
    found: dict[str, Any] = json.loads(answer.splitlines()[-1])
    return found


def _answer_of(words: list[str]) -> str:
    try:
        done = subprocess.run(words, check=True, capture_output=True, text=True)
    except OSError as fault:
        why = str(fault)
    except subprocess.CalledProcessError as fault:
        why = (fault.stderr.strip().splitlines() or ["it said nothing"])[-1]
    else:
        return done.stdout
    raise UsageError(
        "gaitmap cannot be timed",
        why,
        "Name a Python that has gaitmap, gaitmap_mad and pandas, or leave it out.",
    )
