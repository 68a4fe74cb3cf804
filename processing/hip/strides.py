"""Strides of the hip on their way from measurement to steps, and which are running."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from processing.arrays import BoolArray, IntArray, NsArray
from processing.contacts import IMPLAUSIBLE, ISOLATED, WALKING
from processing.hip.contact import HipContactSettings, is_contact
from processing.hip.pelvis import PelvisMotion


@dataclass(frozen=True, slots=True, eq=False)
class HipStrides:
    """Measured strides in order of time, [S] entries of three stances each.

    Attributes
    ----------
    motion : PelvisMotion
    mid_ns : int64 [S, 3]
        Middle of each stance on the session's clock.
    is_own : bool [S, 3]
        Which stances count as steps of this stride.
    is_odd : bool [S]
        Whether it begins an odd number of steps after the bout's first.
    is_synced : bool [S]
    stretch, bout : [S]
        Unbroken stretch of samples, and run of steps in it.
    run : [S]
        Number of the unbroken run of running strides; left and right alternate in it.
    """

    motion: PelvisMotion
    mid_ns: NsArray
    is_own: BoolArray
    is_odd: BoolArray
    is_synced: BoolArray
    stretch: IntArray
    bout: IntArray
    run: IntArray

    @property
    def count(self) -> int:
        """Number of strides."""
        return len(self.stretch)

    def select(self, keep: BoolArray | IntArray | slice) -> "HipStrides":
        """Strides where ``keep`` holds, or with these indices."""
        motion = PelvisMotion(
            *(getattr(self.motion, f.name)[keep] for f in fields(PelvisMotion))
        )
        return HipStrides(motion, *(getattr(self, n)[keep] for n in _plain()))

    @classmethod
    def joined(cls, parts: "Sequence[HipStrides]") -> "HipStrides":
        """All strides of one or more parts, in order."""
        motions = (
            np.concatenate([getattr(p.motion, f.name) for p in parts])
            for f in fields(PelvisMotion)
        )
        plain = (np.concatenate([getattr(p, n) for p in parts]) for n in _plain())
        return cls(PelvisMotion(*motions), *plain)


def _plain() -> list[str]:
    return [f.name for f in fields(HipStrides) if f.name != "motion"]


def why_not_running(
    strides: HipStrides, rate_hz: float, settings: HipContactSettings
) -> list[str]:
    """Say of each stride why it is not running; empty where it is.

    Running has a flight before and after each contact, walking has not.
    """
    motion, own = strides.motion, strides.is_own
    contact_s = (motion.end - motion.start) / rate_hz
    no_flight = np.any(own & ~np.isfinite(contact_s), axis=1)
    odd = np.any(own & ~is_contact(contact_s, settings), axis=1)
    return [
        WALKING if is_walk else IMPLAUSIBLE if is_odd else ""
        for is_walk, is_odd in zip(no_flight.tolist(), odd.tolist(), strict=True)
    ]


class RunningCompany:
    """Lets running strides pass that have company, in any portions.

    The first strides of a run always pass together, ``least`` of them, so what follows
    may look at all of these at once. A run goes on over fewer faulty strides than that:
    the steps of a bout alternate whether or not one of them could be measured.
    """

    def __init__(self, least: int) -> None:
        self._least = least
        self._held: HipStrides | None = None
        self._place = (-1, -1)
        self._company = 0
        self._faults = 0
        self._run = -1

    def push(
        self, strides: HipStrides, why_not: list[str]
    ) -> tuple[HipStrides, list[tuple[HipStrides, str]]]:
        """Give running strides, and the others with their reason."""
        waiting = self._held.count if self._held else 0
        strides = HipStrides.joined([self._held, strides]) if self._held else strides
        sorted_ = _Sorted(list(range(waiting)), strides.run.copy())
        for i, reason in enumerate(why_not, waiting):
            self._sort(
                i, (int(strides.stretch[i]), int(strides.bout[i])), reason, sorted_
            )
        strides = replace(strides, run=sorted_.run)
        held = sorted_.held
        self._held = strides.select(_index(held)) if held else None
        return strides.select(_index(sorted_.passed)), [
            (strides.select(_index(which)), reason) for which, reason in sorted_.dropped
        ]

    def _sort(
        self, i: int, place: tuple[int, int], reason: str, out: "_Sorted"
    ) -> None:
        self._faults = self._faults + 1 if reason else 0
        is_open = self._company >= self._least and self._faults < self._least
        if place != self._place or (reason and not is_open):
            out.drop_held()
            self._company, self._place = 0, place
        if reason:
            out.dropped.append(([i], reason))
            return
        self._run += self._company == 0
        out.run[i] = self._run
        self._company += 1
        out.held.append(i)
        if self._company >= self._least:
            out.pass_held()

    def flush(self) -> list[tuple[HipStrides, str]]:
        """Give up on strides that still wait for company."""
        held, self._held, self._company = self._held, None, 0
        return [(held, ISOLATED)] if held else []


@dataclass(slots=True)
class _Sorted:
    """Strides by what becomes of them, as indices."""

    held: list[int]
    run: IntArray
    passed: list[int] = field(default_factory=list)
    dropped: list[tuple[list[int], str]] = field(default_factory=list)

    def pass_held(self) -> None:
        """Let those go that waited for company."""
        self.passed += self.held
        self.held = []

    def drop_held(self) -> None:
        """Give up on those that waited for company."""
        self.dropped += [(self.held, ISOLATED)] if self.held else []
        self.held = []


def _index(places: list[int]) -> IntArray:
    return np.array(places, dtype=np.intp)
