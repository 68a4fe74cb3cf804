"""How long the analysis takes: ``python -m benchmarks.speed``.

Two feet at 200 Hz; the recording is in memory as batches, on one core (the libraries'
threads are held to one). ``--gaitmap PYTHON`` names a Python that has
gaitmap, gaitmap_mad and pandas: then its full pipeline is timed on a real walking
recording of TREADWEAR_DATA in the same run.
"""

import argparse
import json
import os
import resource
import sys
from pathlib import Path

from benchmarks.datasets import Figures
from benchmarks.hour import Timing, batches_of, stages, tiled_run, time_analysis
from benchmarks.peers.side_by_side import compare_with_gaitmap
from benchmarks.report import number, text_table
from benchmarks.targets import SPEED
from contract.errors import TreadwearError, UsageError

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_HOUR_S = 3600.0


def main() -> int:
    """Measure and print; gives the exit code."""
    if any(os.environ.get(name) != "1" for name in _ONE_THREAD):
        _again_on_one_thread()
    args = _arguments()
    recording = tiled_run(60 * args.minutes)
    timing = time_analysis(batches_of(recording, args.frame_samples))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = _figures(timing, peak_mb, _HOUR_S / (60 * args.minutes))
    try:
        figures |= _beside_gaitmap(args, figures["one_hour_s"]) if args.gaitmap else {}
    except TreadwearError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    if args.json:
        print(json.dumps(figures))
        return 0
    print(text_table(SPEED, figures), end="\n\n")
    print("Where the time goes (by profiler; share of the analysis)")
    shares = stages(batches_of(recording, args.frame_samples))
    for name, share in shares.items():
        print(f"  {name:40s} {100 * share:5.1f} %")
    return 0


def _again_on_one_thread() -> None:
    """Start this program anew: libraries read these settings when they are loaded."""
    env = os.environ | dict.fromkeys(_ONE_THREAD, "1")
    words = [sys.executable, "-m", "benchmarks.speed", *sys.argv[1:]]
    sys.stdout.flush()
    os.execve(sys.executable, words, env)  # noqa: S606 - itself, with its own words


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="of running")
    parser.add_argument("--frame-samples", type=int, default=20)
    parser.add_argument("--walk-minutes", type=float, default=5.0, help="for gaitmap")
    parser.add_argument("--gaitmap", help="a Python that has it and gaitmap_mad")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _figures(timing: Timing, peak_mb: float, per_hour: float) -> Figures:
    return {
        "one_hour_s": per_hour * timing.analysis_s,
        "order_s": per_hour * timing.order_s,
        "rows_s": per_hour * timing.rows_s,
        "steps": float(timing.steps),
        "peak_mb": peak_mb,
    }


def _beside_gaitmap(args: argparse.Namespace, one_hour_s: float) -> Figures:
    data = os.environ.get("TREADWEAR_DATA")
    if not data:
        raise UsageError(
            "gaitmap cannot be timed",
            "TREADWEAR_DATA is not set",
            "Name the directory that holds gaitmap_walk.",
        )
    seconds = 60 * args.walk_minutes
    found = compare_with_gaitmap(
        args.gaitmap, Path(data, "gaitmap_walk"), seconds, args.frame_samples
    )
    its_hour_s = found["gaitmap_s"] * _HOUR_S / found["walk_s"]
    print(
        f"gaitmap: {number(found['gaitmap_strides'])} strides in"
        f" {number(found['walk_s'])} s of walking",
        file=sys.stderr,
    )
    return {
        "gaitmap_one_hour_s": its_hour_s,
        "gaitmap_ratio": its_hour_s / one_hour_s,
        "same_walk_ratio": found["gaitmap_s"] / found["own_s"],
        "gaitmap_peak_mb": found["gaitmap_peak_mb"],
    }


if __name__ == "__main__":
    sys.exit(main())
