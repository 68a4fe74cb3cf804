"""Measured steps beside true ones: which is which, and what is missing or crossed."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from contract.model import FloatArray
from contract.units import NS_PER_S
from processing.arrays import BoolArray, IntArray, NsArray

NEAR_S = 0.060
"""A contact found within this of a true one is that one: half of the shortest flight
and contact, far less than the time to the other foot's."""


class Measured(Protocol):
    """Steps of one foot as the analysis gives them; other columns are read by name."""

    @property
    def ic_ns(self) -> NsArray:
        """Initial contacts on the session's clock [n]."""

    @property
    def contact_time_s(self) -> FloatArray:
        """Ground contact times [n]."""


@dataclass(frozen=True, slots=True, eq=False)
class TrueSteps:
    """Contacts of one foot by the reference, and what else it says of them [n]."""

    t_ic_s: FloatArray
    t_to_s: FloatArray
    angles: dict[str, FloatArray] = field(default_factory=dict)

    @property
    def contact_time_s(self) -> FloatArray:
        """Ground contact times [n]."""
        return self.t_to_s - self.t_ic_s


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """For each true contact [n]: whether it was found, and the measured one nearest."""

    is_found: BoolArray
    nearest: IntArray

    def pick(self, values: FloatArray) -> FloatArray:
        """Measured values [m] of the contacts found, in the order of the truth."""
        return values[self.nearest[self.is_found]]


def match(true_s: FloatArray, found_s: FloatArray) -> Match:
    """Pair each true contact with the nearest measured one."""
    if not len(found_s):
        nothing = np.zeros(len(true_s), bool)
        return Match(nothing, np.zeros(len(true_s), np.intp))
    away_s = np.abs(true_s[:, None] - found_s[None])
    return Match(away_s.min(axis=1) < NEAR_S, away_s.argmin(axis=1))


def contact_s(steps: Measured) -> FloatArray:
    """Initial contacts in seconds."""
    seconds: FloatArray = steps.ic_ns / NS_PER_S
    return seconds


def column(steps: object, name: str) -> FloatArray | None:
    """A column of the steps, or None where the analysis does not give it."""
    values = getattr(steps, name, None)
    if values is None:
        return None
    known = np.asarray(values, float)
    return known if np.isfinite(known).any() else None


def rms(values: FloatArray) -> float:
    """Root of the mean square; NaN for nothing."""
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else float("nan")


def mean(values: FloatArray) -> float:
    """Mean of what is known; NaN for nothing."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def spread(values: FloatArray) -> float:
    """Standard deviation of what is known; NaN for nothing."""
    known = values[np.isfinite(values)]
    return float(known.std()) if len(known) else float("nan")


def largest(values: FloatArray) -> float:
    """Largest size of what is known; NaN for nothing."""
    known = values[np.isfinite(values)]
    return float(np.abs(known).max()) if len(known) else float("nan")


def middle(values: FloatArray) -> float:
    """Median of what is known; NaN for nothing."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
