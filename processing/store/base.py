"""What the pipeline needs of a store, and what readers may ask it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from contract.messages import SessionMeta
from contract.model import Slot
from contract.rows import Row, SessionRow

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class RawFrame:
    """One wire frame as it came, with what identifies it."""

    runner: str
    session: str
    slot: Slot
    epoch: int
    seq: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class LostFrames:
    """Frames that the collector had to drop: first to last, both inclusive."""

    session: str
    slot: Slot
    epoch: int
    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be understood, kept for whoever looks into it."""

    topic: str
    reason: str
    payload: bytes
    received_ns: int


class RowReader(Protocol):
    """Finished rows, as dashboards and reports read them."""

    def sessions(self) -> list[SessionRow]:
        """All sessions, the one stored last first."""

    def session(self, session: str) -> SessionRow:
        """One session; raises `StoreError` when it does not exist."""

    def rows(self, kind: type[R], session: str) -> list[R]:
        """Rows of one kind of one session, in order of time."""


class RowWriter(Protocol):
    """Where the pipeline's rows go."""

    def write(self, rows: Iterable[Row]) -> None:
        """Insert or overwrite rows by their keys, all or none."""


class RawStore(Protocol):
    """Durable memory of what came over the wire."""

    def commit_raw(
        self,
        frames: Sequence[RawFrame],
        metas: Sequence[SessionMeta],
        lost: Sequence[LostFrames],
        letters: Sequence[DeadLetter],
    ) -> None:
        """Keep all of it, durably, before returning."""
