"""Files of the server's directory: made once, changed only where a user is added."""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from contract.errors import UsageError

PRIVATE_DIR = 0o700
PRIVATE_FILE = 0o600
OPEN_FILE = 0o644
_OTHERS = 0o077
_DRAFT = re.compile(r"\.(.+)\.([0-9]{1,9})")
"""A file is written as ``.NAME.PID`` first, and gets its name when it is whole."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose files they are; ``is_other``: not the one who runs this command."""

    uid: int
    gid: int
    is_other: bool = False


@dataclass(slots=True)
class Tree:
    """A directory that is filled; remembers what was made and what was there.

    ``differing`` are files that stay as they are although this version of treadwear
    would write something else.
    """

    root: Path
    owner: Owner
    made: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.root / name).is_file()

    def read(self, name: str) -> str:
        """Text of a file; empty if there is none."""
        path = self.root / name
        with _in_words(path):
            return path.read_text(encoding="utf-8") if path.exists() else ""

    def folder(self, name: str, mode: int = PRIVATE_DIR) -> None:
        """Make a directory if there is none."""
        path = self.root / name
        with _in_words(path):
            _refuse_link(path)
            if not path.is_dir():
                path.mkdir(mode=mode)
                self.hand_over(path)

    def add(self, name: str, text: str, mode: int = OPEN_FILE) -> bool:
        """Make a file if there is none; gives whether it was made."""
        if (self.root / name).exists():
            is_same = self.read(name) == text
            (self.kept if is_same else self.differing).append(name)
            return False
        self._write(name, text, mode)
        self.made.append(name)
        return True

    def renew(self, name: str, text: str, mode: int = PRIVATE_FILE) -> None:
        """Make a file, or give it another text if it has to have one."""
        if not (self.root / name).exists():
            self._write(name, text, mode)
            self.made.append(name)
        elif self.read(name) == text:
            self.kept.append(name)
        else:
            self._write(name, text, mode)
            self.changed.append(name)

    def is_open(self, name: str) -> bool:
        """Whether others than its owner may read or write a file."""
        path = self.root / name
        return path.is_file() and bool(path.stat().st_mode & _OTHERS)

    def sweep(self, folder: str, own: Collection[str] = ()) -> None:
        """Remove drafts in a folder that a killed process has left.

        ``own``: only drafts of these names, where others keep files too.
        """
        place = self.root / folder
        if not hasattr(os, "getuid") or place.is_symlink() or not place.is_dir():
            return  # elsewhere to ask for a process means to end it
        with _in_words(place):
            for path in sorted(place.iterdir()):
                found = _DRAFT.fullmatch(path.name)
                if not found or path.is_dir() or (own and found[1] not in own):
                    continue
                if not _is_alive(int(found[2])):
                    path.unlink()

    def note(self, name: str) -> None:
        """Count a file as one that was there."""
        self.kept.append(name)

    def _write(self, name: str, text: str, mode: int) -> None:
        """Put a file in its place whole: nobody ever reads half of one."""
        path = self.root / name
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        with _in_words(path):
            try:
                handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
                with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                    if self.owner.is_other:
                        os.fchown(handle, self.owner.uid, self.owner.gid)
                    file.write(text)
                    file.flush()
                    os.fsync(handle)
                draft.replace(path)
            finally:
                with suppress(OSError):
                    draft.unlink()

    def hand_over(self, path: Path) -> None:
        """Give a directory to its owner, where somebody else makes it.

        Itself, never what a link points at: root must not be led elsewhere.
        """
        if self.owner.is_other:
            os.chown(path, self.owner.uid, self.owner.gid, follow_symlinks=False)


def open_tree(root: Path, owner: Owner) -> Tree:
    """The directory, made if need be."""
    tree = Tree(root, owner)
    with _in_words(root):
        if not root.is_dir():
            root.mkdir(parents=True)
            tree.hand_over(root)
        _refuse_a_strangers(root, owner)
    return tree


def _is_alive(process: int) -> bool:
    """Whether a draft's process may still write it; our own has not begun."""
    if process in {0, os.getpid()}:
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _refuse_link(path: Path) -> None:
    """A link would lead secrets, and root's hand, out of the directory."""
    if path.is_symlink():
        raise UsageError(
            f"{path} is a link to somewhere else",
            "secrets must not end up outside the server's directory",
            "Remove it, or choose another directory.",
        )


def _refuse_a_strangers(root: Path, owner: Owner) -> None:
    """Whoever owns a directory can read and change all that is ever put there."""
    if not hasattr(os, "getuid"):
        return
    if root.stat().st_uid not in {0, os.getuid(), owner.uid}:
        raise UsageError(
            f"{root} belongs to somebody else",
            "who owns it could read and change the secrets in it",
            "Choose another directory; it is made if there is none.",
        )


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeDecodeError) as fault:
        why = getattr(fault, "strerror", None) or str(fault)
        raise UsageError(
            f"{path} cannot be made or read",
            why,
            "Choose another directory, or remove what is in the way.",
        ) from fault
