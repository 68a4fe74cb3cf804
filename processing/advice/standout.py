"""What findings are made of: compared figures, and a metric that stands out.

The protocols let a finding come from an analysis (Comparison, Baseline) or from the
store (BalanceRow, BaselineRow) alike.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from processing.advice.finding_rules import Rule


class Compared(Protocol):
    """Left against right for one metric: a Comparison or a BalanceRow."""

    @property
    def size(self) -> float:
        """How much, + = right larger."""

    @property
    def ci_low(self) -> float:
        """Lower end of the 95 % interval, systematic part included."""

    @property
    def ci_high(self) -> float:
        """Upper end of the same."""

    @property
    def ci_unit(self) -> str:
        """Unit of the three."""

    @property
    def n_pairs(self) -> int:
        """Left/right pairs compared."""


class Usual(Protocol):
    """One metric against the runner's own earlier runs: Baseline or BaselineRow."""

    @property
    def runs(self) -> int:
        """Earlier runs looked back on."""

    @property
    def usual(self) -> float:
        """What is usual, + = right larger."""

    @property
    def band_low(self) -> float:
        """Lower end of the own usual band (95 %)."""

    @property
    def band_high(self) -> float:
        """Upper end of the same."""

    @property
    def mdc(self) -> float:
        """Smallest change that is more than chance."""

    @property
    def shift(self) -> float:
        """How far this run is from the usual."""


class Kind(IntEnum):
    """In which way a metric stands out; the value is added to its number."""

    DIFFERENCE = 0
    NEW = 1
    GROWING = 2


def is_growing(code: str) -> bool:
    """Whether the code says that a difference changed within the run."""
    return (int(code[-1]) - 1) % len(Kind) == Kind.GROWING


@dataclass(frozen=True, slots=True)
class Standout:
    """A metric that stands out; ``strength`` is in units of what noise allows."""

    metric: str
    rule: Rule
    kind: Kind
    about: Compared
    strength: float
    usual: Usual | None
    is_growing: bool

    @property
    def side(self) -> str:
        """The larger side, or for a change the side it went to."""
        return "right" if self.size > 0 else "left"

    @property
    def size(self) -> float:
        """How much stands out: the difference, or how far it has left the usual."""
        if self.kind is Kind.NEW and self.usual:
            return self.usual.shift
        return self.about.size

    @property
    def half(self) -> float:
        """Half width of the interval around it."""
        if self.kind is Kind.NEW and self.usual:
            return (self.usual.band_high - self.usual.band_low) / 2
        return (self.about.ci_high - self.about.ci_low) / 2
