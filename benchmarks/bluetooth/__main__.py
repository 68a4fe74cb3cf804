"""Measure the Bluetooth side and print it beside its targets.

``python -m benchmarks.bluetooth`` takes about four minutes of real time: three virtual
sensors at 400 Hz over a virtual radio (a real Bluetooth stack in memory), a real
broker, and 200 simulated links for the clocks.
"""

import argparse
import asyncio
import json
import logging
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from benchmarks.bluetooth.returning import after_absence, after_disconnect
from benchmarks.bluetooth.streaming import listen_bare, stream
from benchmarks.bluetooth.targets import BLUETOOTH
from benchmarks.clock_links import Radio, measure
from benchmarks.datasets import Figures
from benchmarks.report import text_table
from treadwear.broker import start_broker


def main() -> int:
    """Measure and print; gives the exit code."""
    args = _arguments()
    logging.getLogger("bumble").setLevel(logging.CRITICAL)  # it tells every retry
    figures = asyncio.run(_over_the_radio(args.seconds, args.times))
    figures |= _alone(args.seconds / 2)
    figures |= _clocks(args.links)
    if args.json:
        print(json.dumps(figures))
    else:
        print(text_table(BLUETOOTH, figures))
    return 0


async def _over_the_radio(seconds: float, times: int) -> Figures:
    streamed = await stream(seconds)
    broken = await after_disconnect(times)
    away = await after_absence(times)
    return {
        "gaps": streamed.gaps,
        "lost": streamed.lost,
        "whole_cpu_pct": 100 * streamed.cpu_share,
        "shoes_ms": streamed.clock_error_ms,
        "shoes_bound_ms": streamed.clock_bound_ms,
        "disconnect_s": max(broken),
        "absence_s": max(away),
    }


def _alone(seconds: float) -> Figures:
    """Processor time and memory of the collector without sensors and radio."""
    with tempfile.TemporaryDirectory(prefix="treadwear-bluetooth-") as name:
        directory = Path(name)
        capture = directory / "capture"
        bare_share, heard = asyncio.run(listen_bare(seconds))
        capture.write_bytes(msgspec.msgpack.encode(heard))
        with start_broker(directory / "broker") as broker:
            told = _played(capture, broker.port, directory)
    return {
        "bare_cpu_pct": 100 * bare_share,
        "collector_cpu_pct": 100 * told["cpu_share"],
        "collector_mb": told["rss_mb"],
    }


def _played(capture: Path, port: int, directory: Path) -> dict[str, float]:
    processing = [sys.executable, "-m", "treadwear", "process"]
    processing += ["--broker-port", str(port), "--data", str(directory / "data")]
    alone = [sys.executable, "-m", "benchmarks.bluetooth.collector_alone"]
    alone += [str(capture), str(port), str(directory)]
    with subprocess.Popen(processing, stdout=subprocess.DEVNULL) as other:
        try:
            done = subprocess.run(alone, check=True, stdout=subprocess.PIPE)
        finally:
            other.terminate()
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _clocks(links: int) -> Figures:
    figures: Figures = {}
    for name, radio in (
        ("one_way", Radio()),
        ("pings", Radio(has_pings=True)),
        ("locked", Radio(interval_s=0.02, packet_s=0.02)),
        ("locked_pings", Radio(interval_s=0.02, packet_s=0.02, has_pings=True)),
    ):
        found = measure(radio, links=links)
        figures[f"{name}_median_ms"] = 1000 * found.pair_median_s
        figures[f"{name}_p95_ms"] = 1000 * found.pair_p95_s
        figures[f"{name}_held_pct"] = 100 * found.held_at_end
    return figures


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="of streaming")
    parser.add_argument("--times", type=int, default=10, help="links broken each way")
    parser.add_argument("--links", type=int, default=200, help="simulated, for clocks")
    parser.add_argument("--json", action="store_true", help="figures for programs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
