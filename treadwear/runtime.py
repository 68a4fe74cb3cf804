"""Who is running on this data directory: a small file that other commands read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from contract.errors import TreadwearError
from contract.private import private_dir

_NAME = "running.json"
_ALONE_NAME = "replaying.json"


class Running(msgspec.Struct, frozen=True):
    """A running `treadwear up` or demo; ``port`` 0 means an external broker.

    ``network_url`` is empty where only this computer gets in.
    """

    pid: int
    port: int
    url: str
    network_url: str = ""


def who_runs(data_dir: Path) -> Running | None:
    """The treadwear that runs on this directory, if one does."""
    return _found(data_dir / _NAME)


def is_process(pid: int) -> bool:
    """Whether a process of ours has that id."""
    if pid <= 0:
        return False  # the system would take it for a whole group
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):
        return False
    return True


@contextmanager
def announce(data_dir: Path, running: Running) -> Iterator[None]:
    """Say who runs here for as long as this lasts; only one may."""
    _refuse_second(data_dir)
    with _written(data_dir / _NAME, running):
        yield


@contextmanager
def announce_alone(data_dir: Path, port: int) -> Iterator[None]:
    """Say that a command has a processing of its own here, which nobody can join.

    A second processing on the same database would end runs that the first still gets.
    """
    _refuse_second(data_dir)
    with _written(data_dir / _ALONE_NAME, Running(os.getpid(), port, "")):
        yield


def _refuse_second(data_dir: Path) -> None:
    what = f"treadwear already runs on {data_dir}"
    other = _found(data_dir / _NAME)
    if other is not None and other.pid != os.getpid():
        why = f"process {other.pid} shows its live page at {other.url}"
        next_step = "Stop that one first, or name another directory with --data."
        raise TreadwearError(what, why, next_step)
    other = _found(data_dir / _ALONE_NAME)
    if other is not None and other.pid != os.getpid():
        why = f"process {other.pid} works on a run there on its own"
        next_step = "For several at once start treadwear up first."
        raise TreadwearError(what, why, next_step)


def _found(path: Path) -> Running | None:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Running)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if is_process(found.pid) else None


@contextmanager
def _written(path: Path, running: Running) -> Iterator[None]:
    try:
        private_dir(path.parent)
        path.write_bytes(msgspec.json.encode(running))
    except OSError as fault:
        what = f"the data directory {path.parent} cannot be written"
        why = fault.strerror or str(fault)
        raise TreadwearError(what, why, "Name another one with --data.") from fault
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
