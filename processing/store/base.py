"""What a store keeps besides rows: raw frames, known losses, dead letters."""

from dataclasses import dataclass
from typing import TypeVar

from contract.model import Slot
from contract.rows import Row

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
