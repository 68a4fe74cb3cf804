"""Device time becomes host time: the least latencies tell where the clocks meet.

A packet can be late but never early, so the true line lies along the lower edge of
(device time, arrival). The line is the lower convex hull's edge under the middle of the
last two minutes, its slope clamped to what crystals can do and believed only as far
as the span allows. Least squares would follow the
mean latency and be wrong by tens of milliseconds.
"""

import bisect
import math
from dataclasses import dataclass

from contract.units import NS_PER_S

# Crystals of wearables are within 100 ppm; twice that for two of them in the heat.
MAX_SLOPE = 200e-6
# Over short spans the free slope is the weak part (it errs by 100 ppm after 20 s, where
# crystals err by 35 ppm): it counts by span^2 / (span^2 + this^2).
TRUSTED_SPAN_S = 30.0
WINDOW_S = 120.0
BUCKET_S = 0.5
# The n-th least latency above the line tells how crowded the lower edge is.
CROWD = 6
# Measured on the latency model of the design notes (12 ms + U(0,15) + exp(8) + stalls):
# twice the crowd's height plus the line's lean holds the true error in 99 of 100 cases.
SAFETY = 2.0
LEAST_BOUND_S = 0.0003
SYNCED_BELOW_S = 0.005
# A correction may stretch time by this share: 5 ms per second while the clock is still
# unknown, later no more than what contact times never notice (0.05 %).
SLEW_UNSYNCED, SLEW_SYNCED = 0.005, 0.0005


@dataclass(frozen=True, slots=True)
class Fit:
    """Line of excess latency over device time, in seconds since the first pair."""

    offset_s: float
    slope: float
    error_bound_s: float


class ClockAligner:
    """Host time of device times of one connection, from pairs as they come.

    Parameters
    ----------
    least_latency_s : float
        Time that even the fastest packet needs, where it is known; what is unknown of
        it stays in the result, the same for all sensors of one kind.
    window_s : float
        How far back pairs count.
    """

    def __init__(
        self, *, least_latency_s: float = 0.0, window_s: float = WINDOW_S
    ) -> None:
        self._least_latency_s = least_latency_s
        self._window_s = window_s
        self._origin: tuple[int, int] | None = None
        self._buckets: dict[int, tuple[float, float]] = {}
        self._fit: Fit | None = None
        self._stamped: tuple[int, int] | None = None

    def add(self, dev_ns: int, arrival_ns: int) -> None:
        """Take in that a packet whose last sample is of ``dev_ns`` arrived."""
        if self._origin is None:
            self._origin = (dev_ns, arrival_ns)
        dev_s = (dev_ns - self._origin[0]) / NS_PER_S
        excess_s = (arrival_ns - self._origin[1]) / NS_PER_S - dev_s
        bucket = math.floor(dev_s / BUCKET_S)
        known = self._buckets.get(bucket)
        if known is None or excess_s < known[1]:
            self._buckets[bucket] = (dev_s, excess_s)
            self._fit = None
        oldest = max(self._buckets) - self._window_s / BUCKET_S
        for gone in [b for b in self._buckets if b < oldest]:
            del self._buckets[gone]

    def host_ns(self, dev_ns: int) -> int:
        """Best present estimate of the host time; it may change as pairs come."""
        dev_0, host_0 = self._origin or (0, 0)
        fit = self._line()
        excess_s = fit.offset_s + fit.slope * (dev_ns - dev_0) / NS_PER_S
        excess_s -= self._least_latency_s
        return host_0 + (dev_ns - dev_0) + round(excess_s * NS_PER_S)

    def stamp_ns(self, dev_ns: int) -> int:
        """Host time for a sample that is handed on: never jumps, only slews.

        Call it in the order of the samples.
        """
        best = self.host_ns(dev_ns)
        if self._stamped is None:
            host = best
        else:
            passed = dev_ns - self._stamped[0]
            steady = self._stamped[1] + round(passed * (1 + self._line().slope))
            most = round(abs(passed) * self._slew())
            host = min(max(best, steady - most), steady + most)
        self._stamped = (dev_ns, host)
        return host

    @property
    def error_bound_s(self) -> float:
        """How far `stamp_ns` may be off, beyond the least latency; inf: unknown."""
        return self._line().error_bound_s + self._unslewed_s()

    @property
    def is_synced(self) -> bool:
        """Whether the bound is small enough to compare two feet."""
        return self.error_bound_s < SYNCED_BELOW_S

    def rate_hz(self, device_rate_hz: float) -> float:
        """Rate in host time of a device that counts so many samples per own second."""
        return device_rate_hz / (1 + self._line().slope)

    def _slew(self) -> float:
        is_known = self._line().error_bound_s < SYNCED_BELOW_S
        return SLEW_SYNCED if is_known and self._unslewed_s() < 1e-3 else SLEW_UNSYNCED

    def _unslewed_s(self) -> float:
        if self._stamped is None:
            return 0.0
        dev_ns, host_ns = self._stamped
        return abs(self.host_ns(dev_ns) - host_ns) / NS_PER_S

    def _line(self) -> Fit:
        if self._fit is None:
            self._fit = fit_lower_edge(sorted(self._buckets.values()))
        return self._fit


def fit_lower_edge(points: list[tuple[float, float]]) -> Fit:
    """Line under all (device time, excess latency) points, ascending in time."""
    if not points:
        return Fit(0.0, 0.0, math.inf)
    middle = sum(x for x, _ in points) / len(points)
    span_s = points[-1][0] - points[0][0]
    slope = min(max(_slope_at(_lower_hull(points), middle), -MAX_SLOPE), MAX_SLOPE)
    slope *= span_s**2 / (span_s**2 + TRUSTED_SPAN_S**2)
    above = sorted(y - slope * x for x, y in points)
    if len(above) <= CROWD:
        return Fit(above[0], slope, math.inf)
    crowd_s = above[CROWD] - above[0]
    # The line may lean by the crowd's height between the middle and the newest point.
    lean_s = min(crowd_s, MAX_SLOPE * span_s)
    return Fit(above[0], slope, LEAST_BOUND_S + SAFETY * crowd_s + lean_s)


def _lower_hull(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    hull: list[tuple[float, float]] = []
    for x, y in points:
        while len(hull) > 1:
            (x0, y0), (x1, y1) = hull[-2:]
            if (x1 - x0) * (y - y0) > (y1 - y0) * (x - x0):
                break
            hull.pop()
        hull.append((x, y))
    return hull


def _slope_at(hull: list[tuple[float, float]], middle: float) -> float:
    if len(hull) < 2:
        return 0.0
    right = bisect.bisect_left([x for x, _ in hull], middle)
    right = min(max(right, 1), len(hull) - 1)
    (x0, y0), (x1, y1) = hull[right - 1 : right + 1]
    return (y1 - y0) / (x1 - x0)
