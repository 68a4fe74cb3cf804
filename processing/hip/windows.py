"""Cut the hip's stream into strides of two steps, by the humps of force per step.

The force along its own slow mean needs no axes; a causal low-pass whose state is
carried along leaves it one hump per step, so the cuts do not depend on how many samples
come at a time. Windows begin at every second step of a bout: each step is measured
once.
"""

from collections import deque
from dataclasses import dataclass, fields

import numpy as np
from scipy.signal import sosfilt, sosfilt_zi

from contract.model import FloatArray
from contract.units import STANDARD_GRAVITY_MPS2
from processing.arrays import BoolArray, IntArray
from processing.dsp import butterworth
from processing.hip.contact import HipContactSettings

_STANCES = 3
"""A stride reaches from a stance over the next to the one after."""
_FLOOR_G = 0.3
"""Least hump: running swings the filtered force by 0.6 g and more, walking by 0.2."""
_GRAVITY_HZ = 0.3
"""Slow mean of the force that points up: well below the strides, 1 to 2.4 Hz."""
_MARGIN_S = 0.3
"""Before and after the stride: half a contact and settling time of the filters."""


@dataclass(frozen=True, slots=True, eq=False)
class HipWindows:
    """Strides side by side, each from one stance over the next to the one after.

    Attributes
    ----------
    samples : [S, L, 6]
        Sensor frame, SI units.
    start : [S]
        Index of each window's first sample in the stretch.
    stance : [S, 3]
        Sample in the window near the middle of each of its three stances.
    is_own : bool [S, 3]
        Which of them are measured in this window.
    is_odd : bool [S]
        Whether it begins an odd number of steps after the bout's first.
    bout : [S]
        Number of the unbroken run of steps.
    """

    samples: FloatArray
    start: IntArray
    stance: IntArray
    is_own: BoolArray
    is_odd: BoolArray
    bout: IntArray

    @property
    def count(self) -> int:
        """Number of windows."""
        return len(self.start)

    def select(self, keep: BoolArray | slice) -> "HipWindows":
        """Windows where ``keep`` holds."""
        return HipWindows(*(getattr(self, f.name)[keep] for f in fields(self)))


@dataclass(frozen=True, slots=True)
class _Cut:
    """Three stances in a row, and which of them to measure."""

    stances: tuple[int, int, int]
    is_own: tuple[bool, bool, bool]
    bout: int
    is_odd: bool = False


class HipCutter:
    """Turns samples of one unbroken stretch into stride windows, in any portions."""

    def __init__(self, rate_hz: float, settings: HipContactSettings) -> None:
        self._least = settings.shortest_step_s * rate_hz
        self._most = settings.longest_step_s * rate_hz
        self._margin = round(_MARGIN_S * rate_hz)
        self._width = 2 * self._margin + 2 * int(self._most) + 1
        self._humps = _Humps(rate_hz, settings)
        self._stances: deque[int] = deque()
        self._pair: tuple[int, int] | None = None
        self._bout = 0
        self._kept = np.empty((0, 6))
        self._first = 0

    @property
    def seen(self) -> int:
        """Samples taken in so far."""
        return self._first + len(self._kept)

    def push(self, samples: FloatArray) -> HipWindows:
        """Take in samples [n, 6]; give the strides now complete."""
        self._kept = np.concatenate([self._kept, samples])
        self._stances.extend(self._humps.push(samples))
        return self._take(is_last=False)

    def flush(self) -> HipWindows:
        """Give the strides that only waited for samples which will never come."""
        return self._take(is_last=True)

    def is_cut_off(self, windows: HipWindows) -> BoolArray:
        """Which windows lack samples around a stance, at either end of the stretch."""
        end = windows.start + windows.stance[:, -1] + self._margin
        return (windows.start < 0) | (end > self.seen)

    def _take(self, *, is_last: bool) -> HipWindows:
        cuts: list[_Cut] = []
        while self._stances:
            run, is_over = self._run(is_last=is_last)
            if not is_over and run < _STANCES:
                break
            if not is_last and not self._is_covered(self._first_of(run)):
                break
            cuts += [self._regular()] if run == _STANCES else self._closing(run)
        windows = self._windows(cuts)
        self._forget()
        return windows

    def _run(self, *, is_last: bool) -> tuple[int, bool]:
        """How many stances in a row come next, up to 3; whether they end there."""
        ahead = [self._stances[k] for k in range(min(_STANCES, len(self._stances)))]
        for k in range(1, len(ahead)):
            if not self._least <= ahead[k] - ahead[k - 1] <= self._most:
                return k, True
        is_over = is_last or self._humps.earliest - ahead[-1] > self._most
        return len(ahead), len(ahead) < _STANCES and is_over

    def _first_of(self, run: int) -> int:
        """First stance of the next cut."""
        if run == _STANCES or self._pair is None:
            return self._stances[0]
        return self._pair[run - 1]

    def _is_covered(self, first: int) -> bool:
        """Whether all samples of a window are there: its filters look at every one."""
        return first - self._margin + self._width <= self.seen

    def _regular(self) -> _Cut:
        first, second, third = (self._stances[k] for k in range(3))
        self._stances.popleft()
        self._stances.popleft()
        self._pair = first, second
        return _Cut((first, second, third), (True, True, False), self._bout)

    def _closing(self, run: int) -> list[_Cut]:
        """Cut the one or two stances that end a bout, if a stride precedes them."""
        last = [self._stances.popleft() for _ in range(run)]
        pair, self._pair = self._pair, None
        bout = self._bout
        self._bout += 1
        if pair is None:
            return []
        if run == _STANCES - 1:
            return [_Cut((pair[1], last[0], last[1]), (False, True, True), bout, True)]
        return [_Cut((*pair, last[0]), (False, False, True), bout)]

    def _windows(self, cuts: list[_Cut]) -> HipWindows:
        places = np.array([c.stances for c in cuts], dtype=np.intp).reshape(-1, 3)
        start = places[:, 0] - self._margin
        index = start[:, None] + np.arange(self._width) - self._first
        held = np.clip(index, 0, max(len(self._kept) - 1, 0))
        return HipWindows(
            self._kept[held] if cuts else np.empty((0, self._width, 6)),
            start,
            places - start[:, None],
            np.array([c.is_own for c in cuts], dtype=bool).reshape(-1, 3),
            np.array([c.is_odd for c in cuts], dtype=bool),
            np.array([c.bout for c in cuts], dtype=np.intp),
        )

    def _forget(self) -> None:
        needed = self._stances[0] if self._stances else self._humps.earliest
        # The closing stride of a bout reaches two steps back.
        reach = self._margin + 2 * int(self._most) + 1
        drop = min(max(needed - reach - self._first, 0), len(self._kept))
        self._kept = self._kept[drop:].copy() if drop else self._kept
        self._first += drop


class _Humps:
    """Top of the force's hump in each step.

    A segment reaches from where the filtered force falls through one g to where it does
    so again: a trough and a hump. A segment longer than two slow steps is no step.
    """

    def __init__(self, rate_hz: float, settings: HipContactSettings) -> None:
        self._fast = _CausalLowpass(settings.middle_hz, rate_hz)
        self._slow = _CausalLowpass(_GRAVITY_HZ, rate_hz)
        self._lag = round(float(np.sqrt(0.5) / (np.pi * settings.middle_hz)) * rate_hz)
        self._longest = round(2 * settings.longest_step_s * rate_hz)
        self._tail = np.empty(0)
        self._begin = 0  # first sample of the open segment
        self._seen = 0

    @property
    def earliest(self) -> int:
        """First sample that may still become a top."""
        return max(self._begin, self._seen - self._longest) - self._lag

    def push(self, samples: FloatArray) -> list[int]:
        """Take in samples; give the tops of the humps that are complete."""
        self._seen += len(samples)
        y = np.concatenate([self._tail, self._smooth(samples)])
        first = self._seen - len(y)
        falls = np.flatnonzero((y[:-1] >= 0) & (y[1:] < 0)) + 1
        tops = self._tops(y, first, falls) if len(falls) else []
        if len(falls):
            self._begin = first + int(falls[-1])
        keep = max(self._begin, self._seen - self._longest - 1)
        self._tail = y[keep - first :].copy()
        return tops

    def _tops(self, y: FloatArray, first: int, falls: IntArray) -> list[int]:
        """Top of every segment that ends at one of ``falls``."""
        begin = np.concatenate([[max(self._begin - first, 0)], falls[:-1]])
        length = np.concatenate([[first + falls[0] - self._begin], np.diff(falls)])
        height = np.maximum.reduceat(y[: falls[-1]], begin)
        segment = np.repeat(np.arange(len(falls)), falls - begin)
        inside = y[begin[0] : falls[-1]]
        at = np.flatnonzero(inside == height[segment])
        _, once = np.unique(segment[at], return_index=True)
        top = first + begin[0] + at[once] - self._lag
        is_step = (height > _FLOOR_G) & (length <= self._longest) & (top > 0)
        return [int(t) for t in top[is_step]]

    def _smooth(self, samples: FloatArray) -> FloatArray:
        """Force along its own slow mean, less one g, in g, low-passed."""
        if not len(samples):
            return np.empty(0)
        force = np.ascontiguousarray(samples[:, :3].T) / STANDARD_GRAVITY_MPS2
        mean = self._slow.push(force)
        size = np.sqrt(mean[0] * mean[0] + mean[1] * mean[1] + mean[2] * mean[2])
        along = force[0] * mean[0] + force[1] * mean[1] + force[2] * mean[2]
        return self._fast.push(along / np.where(size > 0, size, 1.0) - 1.0)


class _CausalLowpass:
    """Low-pass along the last axis whose state is carried from portion to portion."""

    def __init__(self, cutoff_hz: float, rate_hz: float) -> None:
        self._sos = butterworth(cutoff_hz, rate_hz)
        self._state: FloatArray | None = None

    def push(self, x: FloatArray) -> FloatArray:
        """Filter the next samples; the filter starts as if the first had lasted."""
        if self._state is None:
            at_rest = sosfilt_zi(self._sos).reshape(1, *[1] * (x.ndim - 1), 2)
            self._state = at_rest * x[..., :1]
        smooth, self._state = sosfilt(self._sos, x, axis=-1, zi=self._state)
        return np.asarray(smooth)
