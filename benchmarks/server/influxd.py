"""A real influxd 1.6.7 of our own, for tests and benchmarks.

No InfluxDB 2 can be had as a package, so the storage and the InfluxQL engine of
Debian's influxd stand behind a small shim (`benchmarks.server.shim`) that speaks as
much of the v2 API as we use.
"""

import http.client
import os
import shutil
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.server.shim import (
    HOST,
    PATIENCE_S,
    Faults,
    Shim,
    ask,
    free_port,
    shimmed,
)

__all__ = ["DATABASE", "Faults", "Influxd", "Shim", "running_influxd", "shimmed"]

DATABASE = "treadwear"
# tsi1 is the only index of InfluxDB 2. The older one, the default of 1.6, sometimes
# deletes other sessions' points as well (a recorded sequence of 16 requests does it).
_PLACES = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/bin", "/usr/sbin"])
_CONFIG = """\
reporting-enabled = false
bind-address = "127.0.0.1:{backup_port}"
[meta]
  dir = "{directory}/meta"
[data]
  index-version = "tsi1"
  dir = "{directory}/data"
  wal-dir = "{directory}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[continuous_queries]
  enabled = false
"""


def find_influxd() -> str:
    """Path of the program; raises `FileNotFoundError` if it is not installed."""
    path = shutil.which("influxd", path=_PLACES)
    if path is None:
        raise FileNotFoundError("influxd is not installed (Debian: influxdb)")
    return path


class Influxd:
    """One influxd with its data in a directory; can be stopped and started again."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of its HTTP service."""
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id; None while it does not run."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it (again), on the same port and data, and wait until it answers."""
        config = self._directory / "influxd.conf"
        text = _CONFIG.format(
            directory=self._directory.resolve(),
            port=self.port,
            backup_port=free_port(),
        )
        config.write_text(text, encoding="utf-8")
        with (self._directory / "influxd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [find_influxd(), "-config", str(config)], stdout=log, stderr=log
            )
        self._wait()
        self.ask(f'CREATE DATABASE "{DATABASE}"')

    def stop(self) -> None:
        """End it, as a machine that is shut down would."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def ask(self, influxql: str) -> bytes:
        """Give what it answers to a statement, past all shims."""
        words = urllib.parse.urlencode(
            {"q": influxql, "db": DATABASE, "epoch": "ns"}
        ).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return ask(self.port, "POST", "/query", words, kind).body

    def _wait(self) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            assert self._process is not None  # noqa: S101 - start has just set it
            if self._process.poll() is not None:
                break
            with suppress(OSError):
                if ask(self.port, "GET", "/ping").status == http.client.NO_CONTENT:
                    return
            time.sleep(0.05)
        self.stop()
        log = (self._directory / "influxd.log").read_text(errors="replace")
        raise RuntimeError(f"influxd does not answer; it said: {log[-2000:]}")


@contextmanager
def running_influxd(directory: Path) -> Iterator[Influxd]:
    """Give an influxd with an empty database ``treadwear``; its data in directory."""
    directory.mkdir(parents=True, exist_ok=True)
    influxd = _started(directory)
    try:
        yield influxd
    finally:
        influxd.stop()


def _started(directory: Path) -> Influxd:
    """Start one; on another port should somebody else have taken the first."""
    for _ in range(3):
        influxd = Influxd(directory)
        with suppress(RuntimeError):
            influxd.start()
            return influxd
    influxd.start()
    return influxd
