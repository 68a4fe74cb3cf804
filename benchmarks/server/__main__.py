"""Measure the club's server and print it beside its targets.

``python -m benchmarks.server`` takes about twenty minutes: five of live load, a ceiling
in steps of two minutes, the outbox, and a month of runs for the dashboards. It
needs mosquitto, and influxd for the last two.
"""

import argparse
import importlib
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.datasets import Figures
from benchmarks.report import text_table
from benchmarks.server.load import find_ceiling, has_influx, measure
from benchmarks.server.targets import LOAD, OUTBOX, boards_sheet

PARTS = ("load", "outbox", "boards")


def main() -> int:
    """Measure and print; gives the exit code."""
    args = _arguments()
    figures: dict[str, Figures] = {}
    if "load" in args.only:
        figures["load"] = _load(args)
    for part in ("outbox", "boards"):
        if part in args.only and has_influx():
            figures[part] = _beside_influxd(part)
    if args.json:
        print(json.dumps(figures))
        return 0
    sheets = {"load": LOAD, "outbox": OUTBOX, "boards": boards_sheet(_titles())}
    for name, found in figures.items():
        print(text_table(sheets[name], found), end="\n\n")
    return 0


def _load(args: argparse.Namespace) -> Figures:
    found = measure(args.runners, args.seconds, shares=args.shares)
    if args.ceiling_step:
        begin = args.runners // 2
        steps = range(begin, 1000, args.ceiling_step)
        found["ceiling"] = find_ceiling(steps, args.ceiling_seconds, args.shares)
    return found


def _beside_influxd(part: str) -> Figures:
    module = importlib.import_module(f"benchmarks.server.{part}")
    if part == "boards":
        found: Figures = module.measure()
        return found
    with tempfile.TemporaryDirectory(prefix="treadwear-outbox-") as name:
        filled: Figures = module.measure(Path(name))
        return filled


def _titles() -> dict[str, str]:
    boards = importlib.import_module("benchmarks.server.boards").BOARDS
    return {board.uid: board.title for board in boards}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--runners", type=int, default=200, help="who run at once")
    parser.add_argument("--seconds", type=float, default=300.0, help="of live load")
    parser.add_argument("--shares", type=int, default=2, help="processes for it")
    parser.add_argument(
        "--ceiling-step", type=int, default=25, help="runners more each time; 0: none"
    )
    parser.add_argument("--ceiling-seconds", type=float, default=120.0)
    parser.add_argument("--json", action="store_true", help="figures for programs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
