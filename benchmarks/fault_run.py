"""Kill broker and processing again and again: ``python -m benchmarks.fault_run``.

Two simulated runners are fed faster than life through a real broker into a processing
of its own process. Both are killed (SIGKILL) at random moments and started again. At
the end every frame and every row is compared with the undisturbed analysis of the same
frames. Exit code 1 if anything is lost, doubled or different.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.faults.journey import FaultPlan, FaultResult, run_journey
from contract.errors import TreadwearError


def main() -> int:
    """Run what the command line says; gives the exit code."""
    args = _arguments()
    plan = FaultPlan(
        run_s=60 * args.minutes,
        speed=args.speed,
        kills=args.kills,
        seed=args.seed,
        broker=args.broker,
    )
    _tell(f"simulating two runners, {args.minutes:g} minutes each")
    try:
        result = _run(plan, args.keep)
    except TreadwearError as fault:
        _tell(str(fault))
        return 1
    for example in result.differences.examples:
        _tell(example)
    _tell(
        f"{result.wall_s:.0f} s on the clock; processing used {result.cpu_s:.0f} s of"
        f" processor time and at most {result.most_rss_mb:.0f} MB of memory"
    )
    print(result.line)
    return 0 if result.is_good else 1


def _run(plan: FaultPlan, keep: Path | None) -> FaultResult:
    if keep is not None:
        return run_journey(plan, keep, _tell)
    with tempfile.TemporaryDirectory(prefix="treadwear-faults-") as name:
        return run_journey(plan, Path(name), _tell)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of running")
    parser.add_argument("--speed", type=float, default=10.0, help="times real time")
    parser.add_argument("--kills", type=int, default=5, help="of each of the two")
    parser.add_argument("--seed", type=int, default=1, help="runners and moments")
    parser.add_argument("--broker", choices=("mosquitto", "amqtt"), default="mosquitto")
    parser.add_argument("--keep", type=Path, help="new directory for all files")
    return parser.parse_args()


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
