"""How much faster than real time the parts are: ``python -m benchmarks.speed``.

Machines differ and are noisy, so the figures are ratios: seconds of running per second
of work, one core, both feet, median of three.
"""

import argparse
import statistics
import time
from collections.abc import Callable

from collector.simulated.source import simulated_run
from collector.simulated.traits import draw_runner
from contract import wire
from contract.messages import SessionMeta
from contract.model import ImuBatch
from processing.offline import all_rows, analyse_frames
from processing.session import LiveSession
from processing.settings import Settings
from processing.store.base import RawFrame

_ROUNDS = 3
_PORTION = 2  # frames per sensor that a live loop finds waiting at 20 frames a second


def main() -> None:
    """Print one line per part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    seconds = parser.parse_args().minutes * 60
    traits = draw_runner(1)
    meta = SessionMeta(runner="speed", session="speed", origin_ns=0)
    batches = [
        batch
        for source in simulated_run(traits, 0, seconds, 1).values()
        for batch in source.batches()
    ]
    payloads = [wire.encode(batch) for batch in batches]
    frames = [
        RawFrame("speed", "speed", b.slot, b.epoch, b.seq, payload)
        for b, payload in zip(batches, payloads, strict=True)
    ]
    parts: dict[str, Callable[[], object]] = {
        "encode frames": lambda: [wire.encode(batch) for batch in batches],
        "decode frames": lambda: [wire.decode(payload) for payload in payloads],
        "analyse at once, all rows": lambda: all_rows(analyse_frames(meta, frames)),
        "analyse as it comes": lambda: _live(meta, batches),
    }
    for name, work in parts.items():
        print(f"{name:28s} {seconds / _median_s(work):10.0f} x real time")


def _live(meta: SessionMeta, batches: list[ImuBatch]) -> None:
    """Push a few frames at a time, in order of time, rows after each."""
    session = LiveSession(Settings())
    session.describe(meta)
    ordered = sorted(batches, key=lambda b: b.t0_ns)
    for start in range(0, len(ordered), 2 * _PORTION):
        for batch in ordered[start : start + 2 * _PORTION]:
            session.stream(batch.slot).accept(batch)
        session.analyse()
        session.new_rows()


def _median_s(work: Callable[[], object]) -> float:
    times = []
    for _ in range(_ROUNDS):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


if __name__ == "__main__":
    main()
