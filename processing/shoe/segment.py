"""Cut an endless stream into stride windows, at mid-swing.

Mid-swing is the one large toe-up hump of the pitch rate in each stride. It is found
with a causal filter whose state is carried along, so the cuts do not depend on how many
samples come at a time; every later stage then works inside its window [S, L, 6] only.
"""

from collections import deque
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import sosfilt, sosfilt_zi

from contract.model import FloatArray
from contract.units import DEG_PER_RAD
from processing.arrays import IntArray, Rate
from processing.dsp import argmax_between, butterworth, lowpass
from processing.settings import StrideSettings
from processing.shoe.windows import StrideWindows

_APART = 3  # numbers of strides on both sides of a pause, edges included, do not touch
_BLOCK = 4096  # samples looked at together; only bounds the work per hump


class StrideCutter:
    """Turns samples of one unbroken stretch into stride windows, in any portions.

    ``first`` is the place of the first sample that will come.
    """

    def __init__(
        self, rate_hz: float, settings: StrideSettings, first: int = 0
    ) -> None:
        self._rate_hz = rate_hz
        self._settings = settings
        self._before = round(settings.before_s * rate_hz)
        self._width = self._before + round(settings.after_s * rate_hz)
        self._lag = round(float(np.sqrt(0.5) / (np.pi * settings.cutoff_hz)) * rate_hz)
        self._ahead = self._width - self._before - self._lag
        self._sos = butterworth(settings.cutoff_hz, rate_hz)
        self._state: FloatArray | None = None
        self._kept = np.empty((6, 0))
        self._first = first
        self._humps = _Humps(rate_hz, settings, first)
        self._peaks: deque[int] = deque()
        self._pause = round(settings.longest_walking_s * rate_hz)
        self._number = 0
        self._latest: _Cut | None = None
        self._lead = (
            round((settings.longest_s + settings.before_s) * rate_hz) + self._lag
        )

    @property
    def seen(self) -> int:
        """Samples taken in so far."""
        return self._first + self._kept.shape[1]

    def push(self, samples: FloatArray) -> StrideWindows:
        """Take in samples [n, 6] of the foot frame; give the strides now complete."""
        return refined(self.cut(samples), self._settings)

    def cut(self, samples: FloatArray) -> StrideWindows:
        """Do the same, the strides still to be `refined`."""
        smooth = self._smooth(samples) if len(samples) else samples[:, 0]
        for begin in range(0, len(smooth), _BLOCK):
            self._peaks.extend(self._humps.push(smooth[begin : begin + _BLOCK]))
        self._kept = np.concatenate([self._kept, samples.T], axis=1)
        return self._take(is_last=False)

    def flush(self) -> StrideWindows:
        """Give the strides that only waited for samples which will never come."""
        self._peaks.extend(self._humps.flush())
        return refined(self._take(is_last=True), self._settings)

    def _smooth(self, block: FloatArray) -> FloatArray:
        pitch_dps = -DEG_PER_RAD * block[:, 4]
        if self._state is None:
            self._state = sosfilt_zi(self._sos) * pitch_dps[0]
        smooth, self._state = sosfilt(self._sos, pitch_dps, zi=self._state)
        return np.asarray(smooth)

    def _take(self, *, is_last: bool) -> StrideWindows:
        cuts: list[_Cut] = []
        last_covered = self.seen - self._ahead
        while self._peaks:
            here = self._peaks[0]
            there = self._peaks[1] if len(self._peaks) > 1 else None
            if there is None and not is_last and not self._is_silent_since(here):
                break
            if there is None or there - here > self._pause:
                cuts += self._closing(here)
            else:
                cut = _Cut(here, there, self._number)
                if not is_last and here > last_covered:
                    break
                cuts += [*self._opening(cut), cut]
                self._latest = cut
                self._number += 1
            self._peaks.popleft()
        windows = self._windows(cuts)
        needed = self._peaks[0] if self._peaks else self._humps.earliest
        # Before the first stride lies a stance that is cut with it.
        reach = self._lag + self._before if self._latest else self._lead
        self._forget(needed - reach)
        return windows

    def _is_silent_since(self, here: int) -> bool:
        """Whether no hump can follow any more that would make a stride."""
        return self._humps.earliest - here > self._pause

    def _opening(self, first: "_Cut") -> list["_Cut"]:
        """Cut the stance before the first swing, if that much was recorded."""
        if self._latest:
            return []
        cut = first.previous()
        return [cut] if cut.here > self._lag else []

    def _closing(self, here: int) -> list["_Cut"]:
        """Cut the stance after the last swing; what follows begins anew."""
        latest, self._latest = self._latest, None
        if latest is None or latest.there != here:
            return []
        self._number += _APART
        return [latest.next()]

    def _windows(self, cuts: list["_Cut"]) -> StrideWindows:
        ends = np.array([(c.here, c.there) for c in cuts], dtype=np.intp).reshape(-1, 2)
        start = ends[:, 0] - self._lag - self._before
        samples = self._held(start - self._first)
        number = np.array([c.number for c in cuts], dtype=np.intp)
        is_edge = np.array([c.is_edge for c in cuts], dtype=bool)
        here = np.full(len(cuts), float(self._before))
        length = (ends[:, 1] - ends[:, 0]).astype(float)
        return StrideWindows(
            samples, start, here, length, number, is_edge, self._rate_hz
        )

    def _held(self, begin: IntArray) -> FloatArray:
        """Samples [S, L, 6] from each place on; the ends are held where data end."""
        if not len(begin):
            return np.empty((0, self._width, 6))
        before = max(0, -int(begin.min()))
        after = max(0, int(begin.max()) + self._width - self._kept.shape[1])
        kept = self._kept
        if before or after:
            kept = np.pad(kept, ((0, 0), (before, after)), mode="edge")
        views = sliding_window_view(kept, self._width, axis=1)
        return views[:, begin + before].transpose(1, 2, 0)

    def _forget(self, before: int) -> None:
        drop = min(max(before - self._first, 0), self._kept.shape[1])
        self._kept = self._kept[:, drop:].copy()
        self._first += drop


def refined(rough: StrideWindows, settings: StrideSettings) -> StrideWindows:
    """Strides with their mid-swings moved to those of the zero-phase signal.

    Edges stay as given. The strides may be of several sensors side by side.
    """
    if not rough.count:
        return rough
    rates_hz = rough.rates_hz
    smooth = lowpass(rough.pitch_rate_dps(), settings.cutoff_hz, rates_hz)
    here = _refine(smooth, rough.midswing, rates_hz)
    there = _refine(smooth, rough.midswing + rough.length, rates_hz)
    here = np.where(rough.is_edge, rough.midswing, here)
    length = np.where(rough.is_edge, rough.length, there - here)
    return replace(rough, midswing=here, length=length)


def _refine(smooth: FloatArray, rough: FloatArray, rates_hz: Rate) -> FloatArray:
    """Mid-swing of the zero-phase signal: the causal one is late by a rough lag."""
    reach = 0.06 * rates_hz
    found = argmax_between(smooth, rough - reach, rough + reach)
    is_inside = rough + reach < smooth.shape[1]
    return np.where(is_inside, found, rough)


@dataclass(frozen=True, slots=True)
class _Cut:
    """One stride between two (causal) mid-swings."""

    here: int
    there: int
    number: int
    is_edge: bool = False

    def next(self) -> "_Cut":
        length = self.there - self.here
        return _Cut(self.there, self.there + length, self.number + 1, is_edge=True)

    def previous(self) -> "_Cut":
        length = self.there - self.here
        return _Cut(self.here - length, self.here, self.number - 1, is_edge=True)


class _Humps:
    """Peaks of the large positive humps of a smooth signal, one per hump.

    A hump starts above the height asked for and ends below zero. Of two humps closer
    than the refractory time the higher stays.
    """

    def __init__(self, rate_hz: float, settings: StrideSettings, first: int) -> None:
        self._settings = settings
        self._refractory = settings.refractory_s * rate_hz
        self._heights: deque[float] = deque(maxlen=settings.remembered)
        self._seen = first
        self._is_up = False
        self._best = (0.0, 0)
        self._last: tuple[float, int] | None = None

    @property
    def earliest(self) -> int:
        """First sample that may still become a peak."""
        if self._last is not None:
            return self._last[1]
        return self._best[1] if self._is_up else self._seen

    def push(self, y: FloatArray) -> list[int]:
        """Take in a block; give peaks that nothing later can change."""
        done: list[int] = []
        below = np.flatnonzero(y < 0)
        at = 0
        while at < len(y):
            if not self._is_up:
                rest = y[at:] > self._height()
                if not rest.any():
                    break
                at += int(np.argmax(rest))
                self._is_up, self._best = True, (float(y[at]), self._seen + at)
            stop = int(np.searchsorted(below, at))
            end = int(below[stop]) if stop < len(below) else len(y)
            self._raise_best(y, at, end)
            if end < len(y):
                self._is_up = False
                done += self._settle(self._best)
            at = end
        self._seen += len(y)
        done += self._release()
        return done

    def flush(self) -> list[int]:
        """Give what only waited: the last peak, and a hump that is past its top."""
        done: list[int] = []
        if self._is_up and self._best[1] < self._seen - 1:
            self._is_up = False
            done = self._settle(self._best)
        return done + self._let_go()

    def _let_go(self) -> list[int]:
        last, self._last = self._last, None
        return [last[1]] if last else []

    def _height(self) -> float:
        usual = median(self._heights) if self._heights else 0.0
        return max(self._settings.floor_dps, self._settings.relative_height * usual)

    def _raise_best(self, y: FloatArray, begin: int, end: int) -> None:
        if end > begin:
            top = begin + int(np.argmax(y[begin:end]))
            if y[top] > self._best[0]:
                self._best = (float(y[top]), self._seen + top)

    def _settle(self, peak: tuple[float, int]) -> list[int]:
        self._heights.append(peak[0])
        last = self._last
        if last is None or peak[1] - last[1] >= self._refractory:
            self._last = peak
            return [last[1]] if last else []
        if peak[0] > last[0]:
            self._last = peak
        return []

    def _release(self) -> list[int]:
        """Let the last peak go as soon as nothing can come close to it any more."""
        oldest = self._best[1] if self._is_up else self._seen
        if self._last is not None and oldest - self._last[1] >= self._refractory:
            return self._let_go()
        return []
