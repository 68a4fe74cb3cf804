"""Directories and files that nobody but their owner may look into.

What treadwear keeps is about a person's health. On many systems new files can be read
by every user of the computer (umask 022); so what is made here says otherwise.
"""

import contextlib
import os
from pathlib import Path

_DIRECTORY = 0o700
_FILE = 0o600


def private_dir(path: Path) -> None:
    """Make a directory and those missing above it; one that is there stays as it is."""
    for parent in reversed(path.parents):
        if not parent.exists():
            parent.mkdir(mode=_DIRECTORY, exist_ok=True)
    path.mkdir(mode=_DIRECTORY, exist_ok=True)


def private_file(path: Path) -> None:
    """Make an empty file; one that is there stays as it is, and is not even opened.

    To close a file takes away all locks that this process has on it (POSIX), also those
    of a database that is in use.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FILE))
