"""The file of the store: opened, brought up to date, and its faults put in words."""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract.errors import StoreError
from contract.private import private_file
from contract.schema import MEASUREMENTS
from processing.store.advice import advice
from processing.store.migrate import migration
from processing.store.sql import (
    OTHER_TABLES,
    OUTBOX_TABLES,
    OUTBOX_TRIGGERS,
    create,
    quoted,
)

Connection = sqlite3.Connection
SCHEMA_VERSION = 4
BUSY_S = 10.0
"""How long one writer waits for another one, who needs milliseconds."""


def connect(
    path: Path, *, read_only: bool = False, busy_s: float = BUSY_S
) -> sqlite3.Connection:
    """Connect to the file; it is made when missing, unless only reading."""
    mode = "ro" if read_only else "rwc"
    if not read_only:
        with contextlib.suppress(OSError):  # what is in the way, SQLite says as well
            private_file(path)  # its journals take the rights of the file
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=busy_s)


def prepare(
    connection: sqlite3.Connection,
    path: Path,
    *,
    read_only: bool = False,
    busy_s: float = BUSY_S,
) -> None:
    """Make the file ready for use, whatever version of treadwear wrote it."""
    version = layout_of(connection)
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} was written by a newer treadwear",
            f"its layout is {version}, this program knows {SCHEMA_VERSION}",
            "Update treadwear, or name another data directory with --data.",
        )
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        bring_up_to_date(connection)
    elif version < SCHEMA_VERSION:
        # Who only reads meets old files too: they are changed once, for good.
        _update_file(path, busy_s)


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make what is missing, all or nothing, whoever else opens the file now."""
    if layout_of(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        found = {name: _columns(connection, name) for name in MEASUREMENTS}
        made = [OTHER_TABLES, OUTBOX_TABLES, *map(create, MEASUREMENTS.values())]
        statements = [
            *migration(found),
            *(part for sql in made for part in sql.split(";") if part.strip()),
            *OUTBOX_TRIGGERS,
            f"PRAGMA user_version = {SCHEMA_VERSION}",
        ]
        for statement in statements:
            connection.execute(statement)


def layout_of(connection: sqlite3.Connection) -> int:
    """Version of the layout that the file has."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    found = connection.execute(f"PRAGMA table_info({quoted(table)})")
    return [row[1] for row in found]


def _update_file(path: Path, busy_s: float) -> None:
    """Bring a file of an earlier version up to date."""
    try:
        with explained(path, "opened"):
            connection = connect(path, busy_s=busy_s)
            try:
                prepare(connection, path)
            finally:
                connection.close()
    except StoreError as fault:
        raise StoreError(
            f"{path} is of an older treadwear and cannot be brought up to date",
            fault.why,
            f"Nothing in it was changed. {fault.next_step}",
        ) from fault


class Turn:
    """The right to do something, held by one at a time; it ends with its process.

    Two who send at once could undo each other's work: one deletes what the other has
    just written. So whoever sends, or analyses, holds a lock on a file beside the
    store, which the system lets go of even when the process is killed.
    """

    def __init__(self, path: Path, work: str = "forwarding") -> None:
        self._path = path.with_name(f"{path.name}-{work}")
        self._held: sqlite3.Connection | None = None

    def take(self) -> bool:
        """Take it, unless another one has it; tells whether it is ours now."""
        if self._held is not None:
            return True
        with explained(self._path, "opened"):
            connection = connect(self._path, busy_s=0.0)
            try:
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as fault:
                connection.close()
                if "locked" in str(fault):
                    return False
                raise
        self._held = connection
        return True

    def end(self) -> None:
        """Let another one have it."""
        if self._held is not None:
            self._held.close()
            self._held = None


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Write all or nothing; nobody else writes in between, so what was read holds."""
    with explained(path, "written"):
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            yield


@contextmanager
def explained(path: Path, verb: str) -> Iterator[None]:
    """Turn what SQLite says into what the reader can do about it."""
    try:
        yield
    except sqlite3.Error as fault:
        raise StoreError(
            f"the run database {path} cannot be {verb}",
            str(fault),
            advice(path, str(fault)),
        ) from fault
    except OSError as fault:
        raise StoreError(
            f"the run database {path} cannot be {verb}",
            fault.strerror or str(fault),
            "Name a directory you may write to with --data.",
        ) from fault
