"""All of a runner's data in one zip: hers to keep, to read, and to take elsewhere."""

import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from contract.errors import StoreError, UsageError
from contract.private import private_file
from processing.store.people import consent_of, shoes_of
from processing.store.sqlite import SqliteStore
from treadwear.archive_parts import (
    File,
    Run,
    columns_file,
    person_files,
    run_files,
    veiled_person,
)
from treadwear.archive_words import readme, research_readme
from treadwear.research import Veil, research_name, veil_of
from treadwear.settings import Settings
from treadwear.traces import archive_path

_LEVEL = 1
"""Of compression: raw data are mostly noise, of which more effort takes no more off."""


@dataclass(frozen=True, slots=True)
class Archived:
    """An archive that was written; ``unfinished`` runs are not in it yet."""

    path: Path
    runs: int
    unfinished: tuple[str, ...]
    size_bytes: int
    is_shared: bool


def write_archive(
    settings: Settings,
    runner: str,
    path: Path | None = None,
    *,
    is_research: bool = False,
) -> Archived:
    """Write everything about a runner as one zip; a reader never sees half of it.

    Parameters
    ----------
    path : Path or None
        File to write; by default one in the data directory, which forget deletes too.
    is_research : bool
        Without name, dates, places, notes and reports; she must have agreed to it.
    """
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        _check(store, runner, is_research=is_research)
        runs, unfinished = _runs(store, runner)
        consent = consent_of(store, runner)
        if is_research:
            name = research_name(settings.data_dir, runner)
            rows = [run.row for run in runs]
            veil = veil_of(name, rows, shoes_of(store, runner))
            files = _research_files(store, runner, runs, veil)
        else:
            name = runner
            words = readme(runner, len(runs), unfinished, consent)
            files = _files(store, runner, runs, words)
        target = path or archive_path(settings, name)
        _write(target, files)
    size_bytes = target.stat().st_size
    is_shared = consent.allows("share")
    return Archived(target, len(runs), tuple(unfinished), size_bytes, is_shared)


def _check(store: SqliteStore, runner: str, *, is_research: bool) -> None:
    if runner not in store.runners():
        raise UsageError(
            f"nothing is known of {runner}",
            "there is no run and no record of that id",
            "See who is known with: treadwear runners",
        )
    if is_research and not consent_of(store, runner).allows("research"):
        raise UsageError(
            f"the data of {runner} cannot leave for research",
            "that was not agreed to",
            f"To agree: treadwear consent {runner} --research yes",
        )


def _runs(store: SqliteStore, runner: str) -> tuple[list[Run], list[str]]:
    """Give finished runs in order of time, and the names of those that go on."""
    unfinished = [s for s in store.open_sessions() if store.owner(s) == runner]
    rows = sorted(store.sessions(), key=lambda row: (row.time_ns, row.session))
    finished = [
        Run(row, store.meta(row.session))
        for row in rows
        if row.runner == runner and row.session not in unfinished
    ]
    return finished, unfinished


def _files(
    store: SqliteStore, runner: str, runs: Iterable[Run], words: str
) -> Iterator[File]:
    yield "README.txt", [words.encode()]
    yield columns_file()
    yield from person_files(store, runner)
    for run in runs:
        yield from run_files(store, run)


def _research_files(
    store: SqliteStore, runner: str, runs: list[Run], veil: Veil
) -> Iterator[File]:
    yield "README.txt", [research_readme(veil.runner, len(runs)).encode()]
    yield columns_file()
    yield veiled_person(store, runner, veil)
    for run in runs:
        yield from run_files(store, Run(run.row, run.meta, veil))


def _write(target: Path, files: Iterable[File]) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(target, files)
    except OSError as fault:
        raise StoreError(
            f"the archive {target} cannot be written",
            fault.strerror or str(fault),
            "Choose another place with enough room, or free some.",
        ) from fault


def _write_whole(target: Path, files: Iterable[File]) -> None:
    """Write FILE.part, then give it its name; one that a kill left is replaced."""
    half = target.with_name(f"{target.name}.part")
    half.unlink(missing_ok=True)
    private_file(half)
    own = half.stat()
    try:
        with half.open("r+b") as file:
            _zip(file, files)
        _check_own(half, own)
        half.replace(target)
    except BaseException:
        if _is_own(half, own):
            half.unlink()
        raise


def _check_own(half: Path, own: os.stat_result) -> None:
    """Raise `StoreError` if another export to the same file began meanwhile."""
    if not _is_own(half, own):
        raise StoreError(
            f"the archive {half.with_suffix('')} is not written",
            "another export to the same file began meanwhile",
            "Wait for that one.",
        )


def _is_own(half: Path, own: os.stat_result) -> bool:
    return half.exists() and os.path.samestat(half.stat(), own)


def _zip(file: IO[bytes], files: Iterable[File]) -> None:
    """Write the files, and last their checksums; the same data give the same bytes."""
    sums = []
    with zipfile.ZipFile(
        file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL
    ) as packed:
        for name, portions in files:
            digest = hashlib.sha256()
            # By name: such an entry bears no date but 1980-01-01.
            with packed.open(name, "w", force_zip64=True) as entry:
                for portion in portions:
                    digest.update(portion)
                    entry.write(portion)
            sums.append(f"{digest.hexdigest()}  {name}\n")
        with packed.open("SHA256SUMS", "w") as entry:
            entry.write("".join(sums).encode())
