"""Two streams of one sensor, acceleration and angular rate, become one.

Some families send them in notifications of their own, each with its own times. The
accelerometer's times are kept; the angular rate is interpolated linearly between the
two samples around each. Where either is missing nothing is made up: the counter jumps.
"""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from collector.devices.stamps import packets_lost
from collector.sequence import Packet
from contract.model import CountArray
from contract.units import NS_PER_S

TimeArray = NDArray[np.int64]
# A stream that is silent for longer has stopped (the link's watchdog waits 2 s too).
MOST_WAITING_S = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Consecutive samples of one of the two, from one notification.

    ``t_ns`` [n] ascends, ``counts`` is [n, 3]; ``is_after_gap``: some were lost before.
    """

    t_ns: TimeArray
    counts: CountArray
    arrival_ns: int
    is_after_gap: bool = False


class _Turned:
    """The angular rates that may still be needed, and where they are interrupted."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.t_ns: TimeArray = np.empty(0, np.int64)
        self.counts: CountArray = np.empty((0, 3), np.int16)
        self.is_cut: NDArray[np.bool_] = np.empty(0, np.bool_)

    def add(self, piece: Piece) -> None:
        is_cut = np.zeros(len(piece.t_ns), np.bool_)
        is_cut[:1] = piece.is_after_gap
        self.t_ns = np.concatenate([self.t_ns, piece.t_ns])
        self.counts = np.concatenate([self.counts, piece.counts])
        self.is_cut = np.concatenate([self.is_cut, is_cut])
        self._keep_from(len(self.t_ns) - self._most)

    def forget_before(self, t_ns: int) -> None:
        self._keep_from(int(np.searchsorted(self.t_ns, t_ns, "right")) - 1)

    def _keep_from(self, start: int) -> None:
        if start > 0:
            self.t_ns, self.counts = self.t_ns[start:], self.counts[start:]
            self.is_cut = self.is_cut[start:]

    def covers(self, t_ns: TimeArray) -> NDArray[np.bool_]:
        """Which times lie on a sample or between two that follow one another."""
        after = np.searchsorted(self.t_ns, t_ns, "right")
        last = len(self.t_ns) - 1
        is_known = after > 0
        is_on = is_known & (self.t_ns[after - 1] == t_ns)
        is_between = (after <= last) & ~self.is_cut[np.minimum(after, last)]
        is_covered: NDArray[np.bool_] = is_on | (is_known & is_between)
        return is_covered

    def at(self, t_ns: TimeArray) -> CountArray:
        """Interpolated counts [n, 3]; the times must be covered."""
        right = np.searchsorted(self.t_ns, t_ns, "right")
        left = right - 1
        right = np.minimum(right, len(self.t_ns) - 1)
        span = np.maximum(self.t_ns[right] - self.t_ns[left], 1)
        share = ((t_ns - self.t_ns[left]) / span)[:, None]
        step = self.counts[right].astype(np.float64) - self.counts[left]
        there: CountArray = np.rint(self.counts[left] + share * step).astype(np.int16)
        return there


class TwoStreams:
    """Joins the two of one connection; keeps no more than 2 s of either.

    Parameters
    ----------
    rate_hz : float
        Nominal rate of the accelerometer; from it the size of a gap is reckoned.
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._most = max(1, round(MOST_WAITING_S * rate_hz))
        self._moved: deque[Piece] = deque()
        self._turned = _Turned(self._most)
        self._is_cut = False
        self._frame_n = 1
        self._last: Packet | None = None

    def add_acc(self, piece: Piece) -> list[Packet]:
        """Take accelerations in; give what is complete now."""
        self._moved.append(piece)
        self._frame_n = len(piece.t_ns)
        while sum(len(p.t_ns) for p in self._moved) > self._most:
            self._moved.popleft()
            self._is_cut = True
        return self._complete()

    def add_gyro(self, piece: Piece) -> list[Packet]:
        """Take angular rates in; give what is complete now."""
        self._turned.add(piece)
        return self._complete()

    def _complete(self) -> list[Packet]:
        packets: list[Packet] = []
        while self._moved and len(self._turned.t_ns):
            piece = self._moved.popleft()
            newest = self._turned.t_ns[-1]
            n_due = int(np.searchsorted(piece.t_ns, newest, "right"))
            if n_due:
                packets += self._joined(_part(piece, 0, n_due))
            if n_due < len(piece.t_ns):
                self._moved.appendleft(_part(piece, n_due, len(piece.t_ns)))
                break
        if self._moved:
            self._turned.forget_before(int(self._moved[0].t_ns[0]))
        elif len(self._turned.t_ns) and self._last is not None:
            self._turned.forget_before(self._last.dev_ns)
        return packets

    def _joined(self, piece: Piece) -> list[Packet]:
        """Packets of the stretches of a piece that have angular rates."""
        self._is_cut |= piece.is_after_gap
        is_covered = self._turned.covers(piece.t_ns).astype(np.int8)
        edges = np.flatnonzero(np.diff(is_covered, prepend=0, append=0))
        packets = []
        for start, stop in edges.reshape(-1, 2):
            self._is_cut |= bool(start > 0)
            packets.append(self._packet(_part(piece, start, stop)))
        self._is_cut |= not is_covered[-1]
        return packets

    def _packet(self, piece: Piece) -> Packet:
        turned = self._turned.at(piece.t_ns)
        counts: CountArray = np.hstack([piece.counts, turned])
        first_ns = int(piece.t_ns[0])
        counter = self._next_counter(first_ns)
        self._last = Packet(counter, first_ns, piece.arrival_ns, counts)
        self._is_cut = False
        return self._last

    def _next_counter(self, first_ns: int) -> int:
        if self._last is None:
            return 0
        if not self._is_cut:
            return self._last.counter + 1
        passed = (first_ns - self._last.dev_ns) * self._rate_hz / NS_PER_S
        missing = passed - len(self._last.counts)
        return self._last.counter + 1 + max(1, packets_lost(missing, self._frame_n))


def _part(piece: Piece, start: int, stop: int) -> Piece:
    is_after_gap = piece.is_after_gap and start == 0
    return replace(
        piece,
        t_ns=piece.t_ns[start:stop],
        counts=piece.counts[start:stop],
        is_after_gap=is_after_gap,
    )
