"""Device time becomes host time: the least latencies tell where the clocks meet.

A packet can be late but never early, so the true line lies along the lower edge of
(device time, arrival). The line is the lower convex hull's edge under the middle of the
last two minutes, its slope clamped to what crystals can do and believed only as far
as the span allows. Least squares would follow the
mean latency and be wrong by tens of milliseconds.

Where a sensor answers pings there is an upper edge too: it had the ping later than the
host sent it. Then the line runs between two edges, and how far off it may be is known
without a word about latencies.
"""

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

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
# On the prototype's links (benchmarks/clock_links.py) that is short by up to 0.2 ms for
# some seconds in 6 of 100: what is published is wider by this.
PUBLISHED_MARGIN_S = 0.0003
SYNCED_BELOW_S = 0.005
# A correction may stretch time by this share: 5 ms per second while the clock is still
# unknown, later no more than what contact times never notice (0.05 %).
SLEW_UNSYNCED, SLEW_SYNCED = 0.005, 0.0005
# Packets whose period is a multiple of the connection interval always wait equally
# long, and the lower edge is off by up to one interval without showing it (design notes
# on sensors: 7 to 14 ms). It shows in latencies that hardly spread: the shortest
# interval of BLE is 7.5 ms, of which a phase that runs through covers 0.65 from the
# 5th to the 70th percentile, 4.9 ms; one that stands spreads by the jitter of the host,
# 1.2 ms in the model of the prototype.
LEAST_SPREAD_S = 0.0035
# Packets whose period is an odd part of the interval wait one of a few times, and the
# least of these may be milliseconds from none (19 samples at 200.0 Hz and 15 ms: the
# phases 0, 5 and 10 ms). Such latencies spread, but not evenly: of a phase that runs
# through, 16 and more of a block fall into each part, a quarter of that never.
DRAWN_PER_BUCKET, SWEEP_BLOCK_S, LEAST_DRAWN = 16, 15.0, 60
SWEEP_PARTS, LEAST_EVEN = 6, 0.25
# The longest interval that Linux asks for unless told otherwise (40 x 1.25 ms).
LONGEST_INTERVAL_S = 0.050
# What the fastest packet (4.5 ms) and the fastest ping (2.3 ms) of the prototype's link
# need, on average: how far from an edge the truth is where nothing else is known.
USUAL_LATENCY_S = 0.0034
# All slopes that crystals allow, one ppm apart.
SLOPES = np.linspace(-MAX_SLOPE, MAX_SLOPE, 401)
HALF_STEP = 0.5e-6

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Fit:
    """Line of excess latency over device time, in seconds since the first pair.

    ``error_bound_s`` is as `ClockAligner.error_bound_s` says; ``pair_bound_s`` is the
    same beyond the least latency in either case, for sensors over equal links.
    """

    offset_s: float
    slope: float
    error_bound_s: float
    pair_bound_s: float
    is_two_way: bool = False


class ClockAligner:
    """Host time of device times of one connection, from pairs as they come.

    Parameters
    ----------
    least_latency_s : float
        Time that even the fastest packet needs, where it is known; what is unknown of
        it stays in the result, the same for all sensors of one kind.
    window_s : float
        How far back pairs count.
    longest_interval_s : float
        How long connection intervals may be, where more is known of them: so much
        wider is the bound when packets may be in step with them.
    """

    def __init__(
        self,
        *,
        least_latency_s: float = 0.0,
        window_s: float = WINDOW_S,
        longest_interval_s: float = LONGEST_INTERVAL_S,
    ) -> None:
        self._least_latency_s = least_latency_s
        self._window_s = window_s
        self._longest_interval_s = longest_interval_s
        self._origin: tuple[int, int] | None = None
        self._buckets: dict[int, Point] = {}
        self._drawn: dict[int, list[Point]] = {}
        self._pings: dict[int, tuple[float, float, float]] = {}
        self._newest_s = 0.0
        self._fit: Fit | None = None
        self._stamped: tuple[int, int] | None = None

    def add(self, dev_ns: int, arrival_ns: int) -> None:
        """Take in that a packet whose last sample is of ``dev_ns`` arrived."""
        dev_s, excess_s = self._since_origin(dev_ns, arrival_ns)
        bucket = math.floor(dev_s / BUCKET_S)
        known = self._buckets.get(bucket)
        if known is None or excess_s < known[1]:
            self._buckets[bucket] = (dev_s, excess_s)
            self._fit = None
        # Some packets of each bucket, whichever: how latencies spread.
        drawn = self._drawn.setdefault(bucket, [])
        if len(drawn) < DRAWN_PER_BUCKET:
            drawn.append((dev_s, excess_s))
        self._forget()

    def add_ping(self, sent_ns: int, dev_ns: int, arrival_ns: int) -> None:
        """Take in a ping: sent, stamped by the sensor, and answered on the host.

        The host time of ``dev_ns`` lies between the two others, whatever the radio did.
        Let pings leave at uneven times: in step with the connection's events each would
        wait equally long, and the bound would stay wider than it must.
        """
        dev_s, latest_s = self._since_origin(dev_ns, arrival_ns)
        earliest_s = latest_s - (arrival_ns - sent_ns) / NS_PER_S
        bucket = math.floor(dev_s / BUCKET_S)
        known = self._pings.get(bucket)
        if known is None or latest_s - earliest_s < known[2] - known[1]:
            self._pings[bucket] = (dev_s, earliest_s, latest_s)
            self._fit = None
        self._forget()

    def host_ns(self, dev_ns: int) -> int:
        """Best present estimate of the host time; it may change as pairs come."""
        dev_0, host_0 = self._origin or (0, 0)
        fit = self._line()
        excess_s = fit.offset_s + fit.slope * (dev_ns - dev_0) / NS_PER_S
        excess_s -= 0.0 if fit.is_two_way else self._least_latency_s
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
        """How far `stamp_ns` may be off; inf: unknown.

        With pings: from the true host time, all latencies included, as long as the
        sensor's clock runs evenly within the window. Without: from the true time plus
        the least latency of the link (less ``least_latency_s``), which is the same for
        two sensors over equal links and cancels between them; this one is measured, not
        proven, and one connection interval wider where packets and connection events
        may be in step, so that the least latency never shows.
        """
        return self._line().error_bound_s + self._unslewed_s()

    @property
    def pair_bound_s(self) -> float:
        """The same beyond the least latency even with pings: for comparing two feet."""
        return self._line().pair_bound_s + self._unslewed_s()

    @property
    def is_synced(self) -> bool:
        """Whether two feet may be compared: what is common to both does not count."""
        return self.pair_bound_s < SYNCED_BELOW_S

    def rate_hz(self, device_rate_hz: float) -> float:
        """Rate in host time of a device that counts so many samples per own second."""
        return device_rate_hz / (1 + self._line().slope)

    def _slew(self) -> float:
        is_known = self._line().pair_bound_s < SYNCED_BELOW_S
        return SLEW_SYNCED if is_known and self._unslewed_s() < 1e-3 else SLEW_UNSYNCED

    def _unslewed_s(self) -> float:
        if self._stamped is None:
            return 0.0
        dev_ns, host_ns = self._stamped
        return abs(self.host_ns(dev_ns) - host_ns) / NS_PER_S

    def _since_origin(self, dev_ns: int, host_ns: int) -> Point:
        if self._origin is None:
            self._origin = (dev_ns, host_ns)
        dev_s = (dev_ns - self._origin[0]) / NS_PER_S
        self._newest_s = max(self._newest_s, dev_s)
        return dev_s, (host_ns - self._origin[1]) / NS_PER_S - dev_s

    def _forget(self) -> None:
        oldest = math.floor((self._newest_s - self._window_s) / BUCKET_S)
        for gone in [b for b in self._buckets if b < oldest]:
            del self._buckets[gone], self._drawn[gone]
        for gone in [b for b in self._pings if b < oldest]:
            del self._pings[gone]

    def _line(self) -> Fit:
        if self._fit is None:
            self._fit = self._fitted()
        return self._fit

    def _fitted(self) -> Fit:
        uppers = sorted(self._buckets.values())
        one_way = fit_lower_edge(uppers)
        drawn = sorted(chain.from_iterable(self._drawn.values()))
        sweeps = is_swept(drawn, one_way.slope)
        if not self._pings:
            return one_way if sweeps else _widened(one_way, self._longest_interval_s)
        pings = sorted(self._pings.values())
        lowers = [(x, low) for x, low, _ in pings]
        answers = [(x, high) for x, _, high in pings]
        strip = Strip(lowers, sorted(uppers + answers), self._newest_s)
        if sweeps:
            return fit_between(strip, one_way, is_from_above=True)
        # Packets in step with the connection follow its clock. Pings do not: either
        # their way there or their way back shows the sensor's own more sharply.
        there = fit_lower_edge([(-x, -low) for x, low in reversed(lowers)])
        edge = min(there, fit_lower_edge(answers), key=lambda fit: fit.error_bound_s)
        fit = fit_between(strip, edge, is_from_above=False)
        if math.isinf(fit.error_bound_s):
            return fit
        # Whichever gave the slope, the line lies on the way there: its crowd counts.
        pair_s = max(there.pair_bound_s, edge.pair_bound_s)
        return replace(fit, pair_bound_s=min(fit.error_bound_s, pair_s))


class Strip:
    """What lines are possible between two edges, seen from one moment.

    A line is possible where it runs above all ``lowers`` and below all ``uppers`` with
    a slope that crystals allow. ``tops`` and ``floors`` are the highest and the lowest
    such line at ``at_s`` for each of `SLOPES`.
    """

    def __init__(
        self, lowers: Sequence[Point], uppers: Sequence[Point], at_s: float
    ) -> None:
        above = np.array(_lower_hull(uppers))
        below = np.array(_lower_hull([(x, -y) for x, y in lowers]))
        self.at_s = at_s
        reach_s = at_s - min(above[0, 0], below[0, 0])
        # Between two slopes of the grid an edge moves by no more than this.
        self.slack_s = float(HALF_STEP * max(reach_s, 0.0))
        self.tops = (above[:, 1] + np.outer(SLOPES, at_s - above[:, 0])).min(axis=1)
        self.floors = (np.outer(SLOPES, at_s - below[:, 0]) - below[:, 1]).max(axis=1)
        gap_s = self.tops - self.floors
        self.is_possible = gap_s >= -2 * self.slack_s

    def nearest(self, slope: float) -> int:
        """Give the possible slope (its place in `SLOPES`) nearest to this one."""
        away = np.where(self.is_possible, np.abs(SLOPES - slope), np.inf)
        return int(away.argmin())

    def limits_s(self) -> Point:
        """Give the least and the greatest value that a possible line takes."""
        least = self.floors[self.is_possible].min() - self.slack_s
        return float(least), float(self.tops[self.is_possible].max() + self.slack_s)


def fit_between(strip: Strip, edge: Fit, *, is_from_above: bool) -> Fit:
    """Line between the edges with a slope near that of ``edge``.

    It keeps to the edge that shows the least latency: the upper one, of packets, or the
    lower one, of pings, where packets and connection are in step. Where no line is
    possible the error is unknown.
    """
    if not strip.is_possible.any():
        return Fit(edge.offset_s, edge.slope, math.inf, math.inf)
    at = strip.nearest(edge.slope)
    top, floor = float(strip.tops[at]), float(strip.floors[at])
    latency_s = min(USUAL_LATENCY_S, (top - floor) / 2)
    value_s = top - latency_s if is_from_above else floor + latency_s
    least_s, most_s = strip.limits_s()
    bound_s = LEAST_BOUND_S + max(most_s - value_s, value_s - least_s)
    slope = float(SLOPES[at])
    pair_s = min(bound_s, edge.pair_bound_s)
    return Fit(value_s - slope * strip.at_s, slope, bound_s, pair_s, is_two_way=True)


def is_swept(drawn: Sequence[Point], slope: float) -> bool:
    """Whether latencies spread as they do when the phase of the packets runs through.

    In most blocks of time: where it only slips now and then, the lower edge follows the
    connection's events and not the sensor's clock.
    """
    blocks: dict[int, list[float]] = {}
    for x, y in drawn:
        blocks.setdefault(math.floor(x / SWEEP_BLOCK_S), []).append(y - slope * x)
    whole = [block for block in blocks.values() if len(block) >= LEAST_DRAWN]
    return 2 * sum(map(_runs_through, whole)) > len(whole)


def _runs_through(latencies: Sequence[float]) -> bool:
    """Whether latencies fill the range of a connection interval, and evenly."""
    ordered = sorted(latencies)
    last = len(ordered) - 1
    middle = ordered[round(0.05 * last) : round(0.7 * last) + 1]
    if middle[-1] - middle[0] < LEAST_SPREAD_S:
        return False
    counts, _ = np.histogram(middle, SWEEP_PARTS)
    return bool(counts.min() >= LEAST_EVEN * len(middle) / SWEEP_PARTS)


def _widened(fit: Fit, by_s: float) -> Fit:
    return replace(
        fit,
        error_bound_s=fit.error_bound_s + by_s,
        pair_bound_s=fit.pair_bound_s + by_s,
    )


def fit_lower_edge(points: Sequence[Point]) -> Fit:
    """Line under all (device time, excess latency) points, ascending in time."""
    if not points:
        return Fit(0.0, 0.0, math.inf, math.inf)
    middle = sum(x for x, _ in points) / len(points)
    span_s = points[-1][0] - points[0][0]
    slope = min(max(_slope_at(_lower_hull(points), middle), -MAX_SLOPE), MAX_SLOPE)
    slope *= span_s**2 / (span_s**2 + TRUSTED_SPAN_S**2)
    above = sorted(y - slope * x for x, y in points)
    if len(above) <= CROWD:
        return Fit(above[0], slope, math.inf, math.inf)
    crowd_s = above[CROWD] - above[0]
    # The line may lean by the crowd's height between the middle and the newest point.
    lean_s = min(crowd_s, MAX_SLOPE * span_s)
    bound_s = LEAST_BOUND_S + SAFETY * crowd_s + lean_s
    return Fit(above[0], slope, bound_s + PUBLISHED_MARGIN_S, bound_s)


def _lower_hull(points: Sequence[Point]) -> list[Point]:
    hull: list[Point] = []
    for x, y in points:
        while len(hull) > 1:
            (x0, y0), (x1, y1) = hull[-2:]
            if (x1 - x0) * (y - y0) > (y1 - y0) * (x - x0):
                break
            hull.pop()
        hull.append((x, y))
    return hull


def _slope_at(hull: list[Point], middle: float) -> float:
    if len(hull) < 2:
        return 0.0
    right = bisect.bisect_left([x for x, _ in hull], middle)
    right = min(max(right, 1), len(hull) - 1)
    (x0, y0), (x1, y1) = hull[right - 1 : right + 1]
    return (y1 - y0) / (x1 - x0)
