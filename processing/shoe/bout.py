"""Keep the strides of running; say of every other stride why it is none."""

import numpy as np

from processing.contacts import ISOLATED, TOO_QUICK, WALKING
from processing.settings import StrideSettings
from processing.shoe.windows import StrideWindows

Dropped = list[tuple[StrideWindows, str]]


class RunningFilter:
    """Lets strides pass that have a running length and company, in any portions."""

    def __init__(self, settings: StrideSettings) -> None:
        self._settings = settings
        self._held: StrideWindows | None = None
        self._company = 0
        self._next = -1

    def push(self, strides: StrideWindows) -> tuple[StrideWindows, Dropped]:
        """Give running strides, and the others with their reason."""
        held, self._held = self._held, None
        whole = held.followed_by(strides) if held else strides
        first = held.count if held else 0
        waiting = list(range(first))
        passed: list[int] = []
        dropped: list[tuple[list[int], str]] = []
        for k in range(first, whole.count):
            reason = self._reason(float(whole.length[k]) / whole.rate_hz)
            if reason or int(whole.number[k]) != self._next:
                dropped.append((waiting, ISOLATED))
                waiting, self._company = [], 0
            self._next = int(whole.number[k]) + 1
            if reason:
                dropped.append(([k], reason))
                continue
            self._company += not whole.is_edge[k]
            waiting.append(k)
            if self._company >= self._settings.bout_strides:
                passed += waiting
                waiting = []
        self._held = _some(whole, waiting) if waiting else None
        others = [(_some(whole, chosen), why) for chosen, why in dropped if chosen]
        return _some(whole, passed), [d for o in others for d in _real(*o)]

    def flush(self) -> Dropped:
        """Give up on strides that still wait for company."""
        held, self._held = self._held, None
        return _real(held, ISOLATED) if held else []

    def _reason(self, seconds: float) -> str:
        s = self._settings
        if seconds < s.shortest_s:
            return TOO_QUICK
        return WALKING if seconds > s.longest_s else ""


def _some(strides: StrideWindows, places: list[int]) -> StrideWindows:
    """Strides at these places; a run of neighbours is a view, not a copy."""
    if places and places[-1] - places[0] == len(places) - 1:
        return strides.select(slice(places[0], places[-1] + 1))
    return strides.select(np.array(places, np.intp))


def _real(strides: StrideWindows, reason: str) -> Dropped:
    """The strides that are more than a guess at the edge of a run."""
    seen = strides.select(~strides.is_edge)
    return [(seen, reason)] if seen.count else []
