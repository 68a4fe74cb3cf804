"""What is to be imported: our own recording, or files that another logger wrote."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from collector.logger_files import find_files, read_logger
from collector.logger_table import read_table
from collector.logger_zip import unpack
from collector.presets import GENERIC, preset_of
from collector.recording import COLUMNS, Recording
from contract.errors import RecordingError, UsageError
from contract.model import Slot


def is_logged(source: Path, preset: str | None) -> bool:
    """Whether a directory holds another logger's files: it has no meta.json."""
    if preset is not None:
        preset_of(preset)
        return True
    has_files = source.is_dir() and any(source.iterdir())
    return has_files and not (source / "meta.json").is_file()


def are_logged(named: Mapping[Slot, Path], preset: str | None) -> bool:
    """Whether single files are another logger's: a preset, a folder, other columns."""
    if preset is not None:
        preset_of(preset)
        return True
    return any(
        path.is_dir() or _is_zip(path) or not _is_ours(path) for path in named.values()
    )


def read_logged(
    source: Path | None, named: Mapping[Slot, Path], word: str | None
) -> Recording:
    """Read another logger's directory or files, by a preset or by what they look like.

    Raises what is missing, with what was found instead.
    """
    preset = preset_of(word) if word is not None else None
    if source is not None and not source.is_dir():
        raise UsageError(f"{source} is no directory", "", "Name one, or use --left.")
    with TemporaryDirectory(prefix="treadwear-") as room:
        if source is not None:
            files, name = find_files(source), source.name
        else:
            files = {s: _files(path, Path(room) / s.word) for s, path in named.items()}
            name = next(iter(named.values())).stem
        return read_logger(files, preset, name=name, is_generic=word == GENERIC)


def _files(path: Path, room: Path) -> list[Path]:
    """The file or folder itself, or what a ZIP holds, unpacked."""
    if not _is_zip(path):
        return [path]
    room.mkdir()
    return unpack(path, room)


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _is_ours(path: Path) -> bool:
    """Whether a file has our own columns, or is none that could be looked into."""
    try:
        return read_table(path).has(COLUMNS)
    except RecordingError:
        return True  # the reader of our own files says best what is wrong with it
