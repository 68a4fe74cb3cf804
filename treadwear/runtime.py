"""Who is running on this data directory: a small file that other commands read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from contract.errors import TreadwearError

_NAME = "running.json"


class Running(msgspec.Struct, frozen=True):
    """A running `treadwear up` or demo; ``port`` 0 means an external broker."""

    pid: int
    port: int
    url: str


def who_runs(data_dir: Path) -> Running | None:
    """The treadwear that runs on this directory, if one does."""
    try:
        found = msgspec.json.decode((data_dir / _NAME).read_bytes(), type=Running)
        os.kill(found.pid, 0)
    except (OSError, msgspec.MsgspecError):
        return None
    return found


@contextmanager
def announce(data_dir: Path, running: Running) -> Iterator[None]:
    """Say who runs here for as long as this lasts; only one may."""
    other = who_runs(data_dir)
    if other is not None and other.pid != running.pid:
        raise TreadwearError(
            f"treadwear already runs on {data_dir}",
            f"process {other.pid} shows its live page at {other.url}",
            "Stop that one first, or name another directory with --data.",
        )
    path = data_dir / _NAME
    path.write_bytes(msgspec.json.encode(running))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
