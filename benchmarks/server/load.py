"""Many live runners through broker and processing: losses, lateness, cost.

Broker, processing, load generator and InfluxDB are processes of their own on this
machine, as the server runs them.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.datasets import Figures
from benchmarks.server.influxd import find_influxd, running_influxd, shimmed
from treadwear.broker import start_broker

P99_S = 2.0
_SETTLED_S = 100.0
"""Until 40 s runners stand, walk and are calibrated; a row is about the last minute."""
_PATIENCE_S = 120.0
Told = dict[str, Any]


@dataclass(slots=True)
class Child:
    """A program that tells how it does, one JSON object a line."""

    process: subprocess.Popen[str]
    told: list[Told] = field(default_factory=list)

    def listen(self) -> None:
        """Take in what it says, until it ends."""
        assert self.process.stdout is not None  # noqa: S101 - opened as a pipe
        for line in self.process.stdout:
            if line.startswith("{"):
                self.told.append(json.loads(line) | {"at_s": time.monotonic()})

    def end(self) -> None:
        """Close its input, which ends it."""
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait(_PATIENCE_S)


@contextmanager
def child(module: str, *words: str, **environment: str) -> Iterator[Child]:
    """Run one of our modules beside this process."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    with process:
        running = Child(process)
        listener = threading.Thread(target=running.listen, name=module)
        if module.endswith("processing_alone"):
            listener.start()
        try:
            yield running
        finally:
            try:
                running.end()
            finally:
                process.kill()
                if listener.is_alive():
                    listener.join()


@dataclass(frozen=True, slots=True)
class _Server:
    """Broker, processing and maybe InfluxDB, each a process of its own."""

    port: int
    broker_pid: int | None
    influx_pid: int | None
    processing: list[Child]

    def cpu_s(self) -> tuple[float, float]:
        """Processor time of broker and InfluxDB so far."""
        return _cpu_s(self.broker_pid), _cpu_s(self.influx_pid)


@contextmanager
def _server(directory: Path, shares: int, *, with_influx: bool) -> Iterator[_Server]:
    with ExitStack() as on:
        broker = on.enter_context(
            start_broker(directory / "broker", prefer="mosquitto")
        )
        influx_pid, environment = None, {}
        if with_influx:
            influxd = on.enter_context(running_influxd(directory / "influxd"))
            shim = on.enter_context(shimmed(influxd.url))
            influx_pid, environment = influxd.pid, {"TREADWEAR_INFLUX_URL": shim.url}
        module = "benchmarks.server.processing_alone"
        words = str(broker.port), str(directory / "data")
        processing = [
            on.enter_context(
                child(module, *words, str(number), str(shares), **environment)
            )
            for number in range(shares)
        ]
        yield _Server(broker.port, broker.pid, influx_pid, processing)


def measure(
    runners: int,
    seconds: float,
    *,
    shares: int = 2,
    with_influx: bool | None = None,
) -> Figures:
    """Run so many for so long; figures by the keys of `benchmarks.server.targets`.

    ``shares`` processes share the runners.
    """
    is_fed = has_influx() if with_influx is None else with_influx
    with (
        tempfile.TemporaryDirectory(prefix="treadwear-load-") as name,
        _server(Path(name), shares, with_influx=is_fed) as server,
        child(
            "benchmarks.server.swarm", str(server.port), str(runners), str(seconds)
        ) as swarm,
    ):
        sending = _Sending(swarm.process)
        sending.start()
        begun = server.cpu_s()
        sent = sending.finish()
        spent = [end - begin for end, begin in zip(server.cpu_s(), begun, strict=True)]
        time.sleep(3.0)  # the last rows about it
        each = [
            [row for row in one.told if row["at_s"] >= sending.began_s]
            for one in server.processing
        ]
    return _figures(each, sending.began_s, runners) | {
        "runners": runners,
        "seconds": seconds,
        "sent": sent["sent"],
        "lost": sent["lost"],
        "late_s": sent["late_s"],
        "broker_pct": 100 * spent[0] / seconds,
        "influx_pct": 100 * spent[1] / seconds,
        "swarm_pct": 100 * sent["cpu_s"] / seconds,
    }


def has_influx() -> bool:
    """Whether an influxd is installed to stand behind the processing."""
    try:
        find_influxd()
    except FileNotFoundError:
        return False
    return True


def find_ceiling(steps: Iterable[int], seconds: float, shares: int = 2) -> int:
    """Most runners of these, counted up, within the target and without loss."""
    best = 0
    for runners in steps:
        found = measure(runners, seconds, shares=shares)
        print(
            f"  {runners} runners: p99 {found['p99_s']:.2f} s,"
            f" lost {found['lost']:.0f},"
            f" processing {found['processing_pct']:.0f} % of a core",
            file=sys.stderr,
        )
        if found["p99_s"] > P99_S or found["lost"]:
            break
        best = runners
    return best


class _Sending:
    """The swarm, from its start to its last word."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.began_s = 0.0

    def start(self) -> None:
        """Let it go as soon as its runners are made."""
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe
        self._process.stdout.readline()
        self.began_s = time.monotonic()
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def finish(self) -> Told:
        """What became of what it sent."""
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe
        told: Told = json.loads(self._process.stdout.readline())
        return told


def _figures(each: list[list[Told]], began_s: float, runners: int) -> Figures:
    """What the processes said of themselves: sums, and the worst lag."""
    settled = [_settled(told, began_s) for told in each]
    ends = [(rows[0], told[-1]) for rows, told in zip(settled, each, strict=True)]
    took_s = max(ends[0][1]["at_s"] - ends[0][0]["at_s"], 1e-9)
    hours = runners * took_s / 3600

    def total(key: str, end: int) -> float:
        return sum(both[end][key] or 0.0 for both in ends)

    return {
        "shares": len(each),
        "stored": total("stored", 1),
        "steps": total("steps", 1),
        "p50_s": max(last["lag_p50_s"] or math.nan for _, last in ends),
        "p99_s": max(row["lag_p99_s"] or 0.0 for rows in settled for row in rows),
        "inbox": sum(max(row["inbox"] for row in told) for told in each),
        "processing_pct": 100 * (total("cpu_s", 1) - total("cpu_s", 0)) / took_s,
        "outbox_rows": total("outbox_rows", 1),
        "begin_mb": total("memory_mb", 0),
        "end_mb": total("memory_mb", 1),
        "hour_mb": (total("memory_mb", 1) - total("memory_mb", 0)) / hours,
    }


def _settled(told: list[Told], began_s: float) -> list[Told]:
    """Rows about a minute in which all runners were calibrated."""
    return [row for row in told if row["at_s"] - began_s >= _SETTLED_S] or told[-1:]


def _cpu_s(pid: int | None) -> float:
    """Processor time of another process so far, where the system tells (Linux)."""
    status = Path(f"/proc/{pid}/stat")
    if pid is None or not status.exists():
        return 0.0
    words = status.read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
