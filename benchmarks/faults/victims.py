"""Processes that are killed in the middle of their work, and started again."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).parents[2]
DOWN_S = (0.3, 2.0)
"""Shortest and longest time away: what a supervisor or a person needs to restart."""

_END_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What all lives of a child took: processor seconds, and most memory of one."""

    cpu_s: float = 0.0
    most_rss_mb: float = 0.0


class Victim(Protocol):
    """Something that can be killed and started again."""

    def kill(self) -> None:
        """End it as harshly as possible."""

    def restart(self) -> None:
        """Start it again."""


class Child:
    """A Python program of ours as a child process; a context manager that ends it.

    Parameters
    ----------
    arguments : sequence of str
        What follows ``python``.
    log_file : Path
        Where it may write what it has to say.
    """

    def __init__(self, arguments: Sequence[str], log_file: Path) -> None:
        self.usage = Usage()
        self._arguments = [sys.executable, *arguments]
        self._log_file = log_file
        self._lock = threading.Lock()
        self._pid: int | None = None
        self._is_wanted = False

    def __enter__(self) -> "Child":
        self.restart()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """Process id; None while it does not run."""
        return self._pid

    def restart(self) -> None:
        """Start it (again)."""
        with self._lock:
            self._is_wanted = True
            self._begin()

    def kill(self) -> None:
        """Send SIGKILL and see it gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it; it need not save anything, so that it is asked is enough."""
        self._end(signal.SIGTERM)

    def revive(self) -> None:
        """Start it again if it ended by itself, as a supervisor would.

        The processing does so when it is started while no broker is there.
        """
        with self._lock:
            if self._is_wanted and self._pid is not None and self._reap(os.WNOHANG):
                self._begin()

    def _begin(self) -> None:
        with self._log_file.open("ab") as log:
            child = subprocess.Popen(
                self._arguments,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._pid = child.pid
        child.returncode = 0  # ours to wait for: `os.wait4` also tells what it used

    def _end(self, number: signal.Signals) -> None:
        with self._lock:
            self._is_wanted = False
            if self._pid is None:
                return
            os.kill(self._pid, number)
            until_s = time.monotonic() + _END_PATIENCE_S
            while not self._reap(os.WNOHANG):
                if time.monotonic() > until_s:
                    os.kill(self._pid, signal.SIGKILL)
                time.sleep(0.01)

    def _reap(self, options: int) -> bool:
        """Take note of its end, if it has ended."""
        assert self._pid is not None  # noqa: S101 - asked only of a child that runs
        pid, _, used = os.wait4(self._pid, options)
        if not pid:
            return False
        self._pid = None
        unit = 1024**2 if sys.platform == "darwin" else 1024  # bytes, else KiB
        self.usage = Usage(
            self.usage.cpu_s + used.ru_utime + used.ru_stime,
            max(self.usage.most_rss_mb, used.ru_maxrss / unit),
        )
        return True


def processing_child(port: int, data_dir: Path) -> Child:
    """Make the processing as a process of its own (not yet started)."""
    words = ["-m", "treadwear", "process", "--broker-port", str(port)]
    return Child([*words, "--data", str(data_dir)], data_dir / "processing.log")


@dataclass(frozen=True, slots=True)
class Blow:
    """One kill: how long after the start, and how long until the restart."""

    after_s: float
    down_s: float


def draw_blows(chance: random.Random, count: int, run_s: float) -> list[Blow]:
    """Draw ``count`` kills at random moments of a run."""
    moments = sorted(chance.uniform(0, run_s) for _ in range(count))
    return [Blow(moment, chance.uniform(*DOWN_S)) for moment in moments]


class Killer(threading.Thread):
    """Kills one victim at the drawn moments and starts it again.

    A moment that falls into the time away waits until the victim is back.
    """

    def __init__(
        self,
        name: str,
        victim: Victim,
        blows: Sequence[Blow],
        tell: Callable[[str], None],
    ) -> None:
        super().__init__(name=f"killer of {name}", daemon=True)
        self.kills = 0
        self._victim, self._blows, self._tell = victim, blows, tell
        self._name_of_victim = name
        self._is_over = threading.Event()
        self._fault: Exception | None = None

    def run(self) -> None:
        """Kill and restart until all moments are past, or it is told to stop."""
        began_s = time.monotonic()
        try:
            for blow in self._blows:
                wait_s = began_s + blow.after_s - time.monotonic()
                if self._is_over.wait(max(wait_s, 0.0)):
                    return
                self._strike(blow)
        except Exception as fault:  # noqa: BLE001 - handed to whoever calls `finish`
            self._fault = fault

    def cancel(self) -> None:
        """Kill no more."""
        self._is_over.set()

    def finish(self) -> None:
        """Wait until the last kill is done and its victim is back."""
        self.join()
        if self._fault is not None:
            raise self._fault

    def _strike(self, blow: Blow) -> None:
        self._tell(
            f"{blow.after_s:6.1f} s: {self._name_of_victim} killed,"
            f" back after {blow.down_s:.1f} s"
        )
        self._victim.kill()
        self.kills += 1
        time.sleep(blow.down_s)
        self._victim.restart()
