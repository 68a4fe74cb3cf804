"""What is in the store after a fault run, against what must be there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.faults.runners import KnownRunner
from contract.rows import (
    BalanceRow,
    QualityRow,
    RejectionRow,
    Row,
    SessionRow,
    StepRow,
    WearRow,
)
from contract.schema import BY_ROW
from processing.store.base import RawFrame
from processing.store.sqlite import SqliteStore

KINDS = (StepRow, RejectionRow, BalanceRow, WearRow, QualityRow, SessionRow)

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """What became of frames and rows.

    ``lost``: frames that were sent but are not in the store, byte for byte.
    ``doubled``: frames or steps in the store that nobody sent or made. ``rows`` were
    compared, and ``different`` of them miss, are too many or have other figures.
    """

    stored: int
    lost: int
    doubled: int
    rows: int
    different: int
    examples: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        """Whether everything is as it must be (and anything was there at all)."""
        return self.rows > 0 and not (self.lost or self.doubled or self.different)


def compare_store(path: Path, runners: Sequence[KnownRunner]) -> Differences:
    """Compare the store with the undisturbed analysis of the same frames."""
    with SqliteStore.open(path, read_only=True) as store:
        stored = [f for r in runners for f in store.frames(r.session)]
        rows = [row for r in runners for row in rows_of(store, r.session)]
    sent = [f for r in runners for f in r.frames()]
    wanted = [row for r in runners for row in r.undisturbed_rows()]
    return compare(sent, stored, comparable(wanted), comparable(rows))


def rows_of(store: SqliteStore, session: str) -> list[Row]:
    """Every row that the store has of a session."""
    return [row for kind in KINDS for row in store.rows(kind, session)]


def comparable(rows: Iterable[object]) -> dict[Key, Row]:
    """Rows by their keys, without the counters that sending again changes."""
    found: dict[Key, Row] = {}
    for row in rows:
        if not isinstance(row, KINDS):
            continue
        same: Row = row
        if isinstance(row, QualityRow):
            same = replace(row, duplicates=0, reordered=0)
        keys = BY_ROW[type(row)].keys
        found[(type(row).__name__, *(getattr(row, key) for key in keys))] = same
    return found


def compare(
    sent: Sequence[RawFrame],
    stored: Sequence[RawFrame],
    wanted: dict[Key, Row],
    rows: dict[Key, Row],
) -> Differences:
    """Compare frames with frames and rows with rows."""
    sent_set, stored_set = set(sent), set(stored)
    extra_steps = sum(key[0] == StepRow.__name__ for key in rows.keys() - wanted.keys())
    different = [
        key for key in wanted.keys() | rows.keys() if wanted.get(key) != rows.get(key)
    ]
    return Differences(
        stored=len(stored),
        lost=len(sent_set - stored_set),
        doubled=len(stored_set - sent_set) + extra_steps,
        rows=len(wanted),
        different=len(different),
        examples=tuple(
            f"wanted {wanted.get(key)}, found {rows.get(key)}"
            for key in sorted(different, key=str)[:5]
        ),
    )
