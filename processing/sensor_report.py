"""What was seen of one sensor, and what became of its strides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from contract.model import FrameFlag, ImuBatch
from contract.units import NS_PER_S
from processing.contacts import NEAR_GAP, WALKING, Rejected

_CLIPPED = int(FrameFlag.CLIPPED)
"""As a plain number: this is asked of every frame, and an IntFlag takes its time."""


@dataclass(frozen=True, slots=True)
class SlipSeen:
    """A sensor turned on its shoe: angles between these times are not to be trusted."""

    since_ns: int
    noticed_ns: int
    angle_deg: float


class MountKnown(Protocol):
    """How a sensor sits on its shoe, as far as a report needs it."""

    @property
    def axis_spread_deg(self) -> float:
        """Scatter of the forward axis."""

    @property
    def is_against_standing(self) -> bool:
        """Whether angles count from how the runner stood."""

    def doubts(self) -> list[str]:
        """Say in words what is wrong with it; empty when it is good."""

    def pronation_doubt(self) -> str:
        """Why pronation may not be shown; empty when it may."""

    def mount_words(self) -> str:
        """Say where the sensor's axes come from."""


@dataclass(slots=True)
class SensorReport:
    """What was seen of one foot so far."""

    rate_hz: float | None = None
    samples: int = 0
    frames: int = 0
    clipped: int = 0
    gaps: int = 0
    lost_ns: int = 0
    first_ns: int | None = None
    last_ns: int = 0
    steps: int = 0
    walking: int = 0
    rejected: int = 0
    near_gaps: int = 0
    calibration: MountKnown | None = None
    refusal: str = ""
    slips: list[SlipSeen] = field(default_factory=list)
    new_rejects: list[Rejected] = field(default_factory=list)

    @property
    def strides(self) -> int:
        """Strides seen, with or without a step."""
        return self.steps + self.rejected

    def see(self, batches: Sequence[tuple[ImuBatch, int]]) -> None:
        """Count batches, each with its start on the session's clock (ns)."""
        first, first_ns = batches[0]
        if self.first_ns is None:
            self.first_ns, self.rate_hz = first_ns, first.rate_hz
        self.frames += len(batches)
        self.samples += sum(batch.n for batch, _ in batches)
        self.clipped += sum(int(b.flags) & _CLIPPED != 0 for b, _ in batches)
        last, last_ns = batches[-1]
        self.last_ns = last_ns + round(last.n * NS_PER_S / last.rate_hz)

    def reject(self, times_ns: Sequence[int], reason: str) -> None:
        """Note strides that gave no step."""
        self.rejected += len(times_ns)
        self.walking += len(times_ns) if reason == WALKING else 0
        self.near_gaps += len(times_ns) if reason == NEAR_GAP else 0
        self.new_rejects += [Rejected(int(t), reason) for t in times_ns]

    def refuse(self, reason: str) -> None:
        """Give up on this sensor."""
        self.refusal = reason
        self.reject([self.first_ns or 0], reason)
