"""The collector as a process of its own: ``python -m benchmarks.faults.collect``.

Feeds the two runners of a seed, then ends. Killed and started again with ``--rest`` on
the same data directory it feeds nothing new but sends what its spool still holds.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.faults.runners import known_runners
from treadwear.app import running_collector
from treadwear.settings import Settings


def main() -> int:
    """Collect until everything is stored; gives the exit code."""
    args = _arguments()
    settings = Settings(data_dir=args.data, broker_host=None)
    plans = []
    if not args.rest:
        plans = [runner.plan for runner in known_runners(args.seed, args.run_s)]
    with running_collector(settings, args.port, plans, args.speed) as collector:
        return 0 if collector.wait(args.patience_s) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="of the broker")
    parser.add_argument("--data", type=Path, required=True, help="for the spool")
    parser.add_argument("--run-s", type=float, default=60.0, help="of running")
    parser.add_argument("--speed", type=float, default=10.0, help="times real time")
    parser.add_argument("--seed", type=int, default=1, help="which runners")
    parser.add_argument("--patience-s", type=float, default=120.0, help="then give up")
    parser.add_argument("--rest", action="store_true", help="only send what is left")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
