"""ZIP files as phones' loggers send them: only the tables in them are unpacked."""

import lzma
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from contract.errors import RecordingError

MOST_BYTES = 2**30
"""Unpacked; three hours of one sensor at 200 Hz are 0.2 GB of text."""
MOST_FILES = 200
_SUFFIXES = (".csv", ".txt")
_CHUNK_BYTES = 2**20


def unpack(path: Path, directory: Path) -> list[Path]:
    """Unpack the tables of a ZIP into a directory; gives the files.

    What a ZIP says of its size is not believed, and its folders are only one level of
    names: nothing is written outside the directory.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            return _unpacked(packed, path.name, directory)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        RuntimeError,
    ) as fault:
        why = str(fault) or "it is damaged"
        step = "Send the file again from the phone."
        raise RecordingError(f"{path.name} cannot be unpacked", why, step) from fault
    except OSError as fault:
        raise RecordingError(f"{path.name} cannot be unpacked", str(fault)) from fault


def _unpacked(packed: zipfile.ZipFile, name: str, directory: Path) -> list[Path]:
    wanted = [i for i in packed.infolist() if i.filename.lower().endswith(_SUFFIXES)]
    if len(wanted) > MOST_FILES:
        why = f"it holds {len(wanted)} tables, a run has at most {MOST_FILES}"
        raise RecordingError(f"{name} is no logger's ZIP", why)
    files, left = [], MOST_BYTES
    for info in wanted:
        file = directory / "-".join(_safe(info.filename))
        if file in files:
            why = f"it holds more than one {file.name}, so it is of several sensors"
            step = "Unpack it, and name a folder for each sensor."
            raise RecordingError(f"{name} is no ZIP of one sensor", why, step)
        with packed.open(info) as source, file.open("wb") as target:
            while chunk := source.read(_CHUNK_BYTES):
                left -= len(chunk)
                if left < 0:
                    why = f"unpacked it is larger than {MOST_BYTES // 2**20} MB"
                    raise RecordingError(f"{name} is no logger's ZIP", why)
                target.write(chunk)
        files.append(file)
    return files


def _safe(name: str) -> tuple[str, ...]:
    """Give the last two parts of a name, without what leads elsewhere."""
    parts = [p for p in PurePosixPath(name.replace("\\", "/")).parts if p.strip("./")]
    last = parts[-1] if parts else "table.csv"
    # Metadata.csv is looked for by its name; a folder's (meta/...) is kept apart.
    folder = [p for p in parts[:-1] if p == "meta"]
    return (*folder, last.replace(":", "_"))
