"""Several processes that share the runners: one process of Python uses one core.

All of a runner stays with one process (`processing.share`). The first one starts the
others and ends them; should it be killed, they notice and end by themselves.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from processing.share import Share
from treadwear.settings import Settings

_END_S = 60.0
"""What has arrived is written before a process ends."""


class Others:
    """The processes beside the first one."""

    def __init__(self, children: list["subprocess.Popen[bytes]"]) -> None:
        self._children = children

    @property
    def are_alive(self) -> bool:
        """Whether all of them run."""
        return all(child.poll() is None for child in self._children)

    def end(self) -> None:
        """End them in an orderly way."""
        for child in self._children:
            child.terminate()
        for child in self._children:
            try:
                child.wait(_END_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


@contextmanager
def others(settings: Settings, port: int, own: Share) -> Iterator[Others]:
    """Run the rest of the shares; only the first one has others to run."""
    numbers = range(1, own.of) if own.number == 0 else range(0)
    found = Others([_start(settings, port, Share(n, own.of)) for n in numbers])
    try:
        yield found
    finally:
        found.end()


def _start(settings: Settings, port: int, share: Share) -> "subprocess.Popen[bytes]":
    words = ["--share", f"{share.number + 1}/{share.of}", "--broker-port", str(port)]
    data = ["--data", str(settings.data_dir.resolve())]
    return subprocess.Popen(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "treadwear", "process", *words, *data],
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # ctrl-C is for the first one, which ends them
    )


class Parent:
    """Who started this process; another one means that it is gone."""

    def __init__(self) -> None:
        self._pid = os.getppid()

    @property
    def is_there(self) -> bool:
        """Whether it still runs."""
        return os.getppid() == self._pid
