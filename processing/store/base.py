"""What a store keeps besides rows: raw frames, losses, dead letters, records."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from contract.model import Slot
from contract.people import (
    Assessment,
    Consent,
    FitCheck,
    Mount,
    Pain,
    Pairing,
    Profile,
    Shoe,
)
from contract.rows import Row
from contract.track import Track

R = TypeVar("R", bound=Row)

Record = (
    Assessment | Shoe | Mount | Pain | Pairing | FitCheck | Profile | Consent | Track
)
"""What is known of a person besides the samples."""

P = TypeVar("P", bound=Record)

RECORD_KINDS: dict[type, str] = {
    Assessment: "assessment",
    Shoe: "shoe",
    Mount: "mount",
    Pairing: "pairing",
    FitCheck: "fit_check",
    Pain: "pain",
    Profile: "profile",
    Consent: "consent",
    Track: "track",
}
"""Name of each kind of record in the store."""


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


@dataclass(frozen=True, slots=True)
class Backlog:
    """What InfluxDB has not got yet, and how the last attempt went.

    ``influx`` is off, ok, or begins with retrying or refused and says why.
    """

    rows: int = 0
    size_bytes: int = 0
    age_s: float = 0.0
    refused_rows: int = 0
    influx: str = "off"


@dataclass(frozen=True, slots=True)
class KeptRecord(Generic[P]):
    """A record with whose it is, when it counts from, and the name it goes by.

    The latest of one name replaces the earlier ones: a shoe by its name, a mount by
    session and slot, a track by its session; assessments, pain, profiles and consents
    have no name, each stands for itself.
    """

    runner: str
    record: P
    time_ns: int
    name: str = ""

    @property
    def kind(self) -> str:
        """Name of its kind in the store."""
        return RECORD_KINDS[type(self.record)]
