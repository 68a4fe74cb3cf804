"""Times for samples that come without any: counted at the rate, tied to the arrivals.

The device's clock is not known. What this gives is a smooth host time: the count of
samples says how far they are apart; the arrivals (the earliest in each second, since a
packet may be late but never early) say where they are and how fast the sensor really
is. It never tells the clocks of two feet apart better than the radio's latency does.
"""

import numpy as np

from collector.devices.two_streams import TimeArray
from contract.units import NS_PER_S

WINDOW_NS = NS_PER_S
# What lags behind by more than so many notifications for a whole window was lost. With
# less the cause may be a rate that is not the label's.
MOST_PACKETS_BEHIND = 3
# In the first seconds the rate is the label's, up to 4 % wrong (sensors.md, section 3):
# 80 ms over two windows, and some for the radio.
LEARNING_NS, MOST_BEHIND_LEARNING_NS = 15 * NS_PER_S, 0.1 * NS_PER_S
# The share of a window's lag that is taken for an error of the rate.
RATE_GAIN = 0.2
# More than the label's lie is not a rate but a loss.
MOST_RATE_ERROR = 0.06


class SampleClock:
    """Times of one stream's samples within one connection.

    Parameters
    ----------
    rate_hz : float
        What the label says; the real rate is learned.
    """

    def __init__(self, rate_hz: float) -> None:
        self._nominal_ns = NS_PER_S / rate_hz
        self._period_ns = self._nominal_ns
        self._pull = 0.0
        self._last_ns: float | None = None
        self._first_ns = 0
        self._window: tuple[int, float, float] | None = None

    def times(self, n: int, arrival_ns: int) -> tuple[TimeArray, int]:
        """Times of the next ``n`` samples, and how many notifications were lost before.

        The losses are those of a little more than the last second: they are known only
        when the count has stayed behind for as long.
        """
        lost = self._settle(n, arrival_ns)
        start = self._last_ns
        if start is None:
            start = arrival_ns - n * self._period_ns
            self._first_ns = arrival_ns
        step = self._period_ns * (1 + self._pull)
        counted = start + n * step
        # A sample cannot be younger than its arrival; time still goes forward.
        end = max(min(counted, arrival_ns), start + n * step / 2)
        self._last_ns = end
        self._note(arrival_ns - end, counted - end, arrival_ns)
        t_ns = end - np.arange(n - 1, -1, -1) * ((end - start) / n)
        return np.rint(t_ns).astype(np.int64), lost

    def _note(self, lag_ns: float, ahead_ns: float, arrival_ns: int) -> None:
        since, least_ns, total_ns = self._window or (arrival_ns, lag_ns, 0.0)
        self._window = (since, min(least_ns, lag_ns), total_ns + ahead_ns)

    def _settle(self, n: int, arrival_ns: int) -> int:
        """At the end of a window: a large lag is a loss, a small one is drift."""
        if self._window is None or arrival_ns - self._window[0] < WINDOW_NS:
            return 0
        since, lag_ns, ahead_ns = self._window
        self._window = None
        packet_ns = n * self._period_ns
        most_ns = MOST_PACKETS_BEHIND * packet_ns
        if arrival_ns - self._first_ns < LEARNING_NS:
            most_ns = max(most_ns, MOST_BEHIND_LEARNING_NS)
        if lag_ns > most_ns:
            self._pull = 0.0
            self._last_ns = (self._last_ns or 0.0) + lag_ns
            return round(lag_ns / packet_ns)
        window_ns = arrival_ns - since
        self._learn((lag_ns - ahead_ns) / window_ns)
        self._pull = _within(lag_ns / window_ns)
        return 0

    def _learn(self, drift: float) -> None:
        error = self._period_ns * (1 + RATE_GAIN * drift) / self._nominal_ns - 1
        self._period_ns = self._nominal_ns * (1 + _within(error))


def _within(error: float) -> float:
    return min(max(error, -MOST_RATE_ERROR), MOST_RATE_ERROR)
