"""How many samples a sensor really takes in a second of its own clock.

Labels lie (208 samples a second are sold as 200, design notes on sensors), and a wrong
rate bends every time between two stamps.
"""

from contract.units import NS_PER_S

# From here on even stamps in whole milliseconds give the rate to 0.1 % (two stamps
# 2 s apart are off by 0.5 ms each, and more than two are used).
MEASURED_AFTER_S = 2.0
# No sensor is further off its label; what seems to be is a fault of its stamps.
MOST_OFF = 0.2
# A packet further off its due time than a sensor can be has something missing before it
# or comes from a clock that was set; the 3 ms are for stamps in whole milliseconds with
# jitter.
STEP_OFF, STEP_JITTER_NS = 0.3, 3_000_000


class RateMeter:
    """Rate of one sensor from the stamps of its packets, in their own clock.

    The slope of stamps over sample numbers by least squares, all pieces between gaps
    together. A packet costs the same however many came before it.

    Parameters
    ----------
    nominal_hz : float
        What the label says: the answer until 2 s of data without gaps are there.
    """

    def __init__(self, nominal_hz: float) -> None:
        self._nominal_hz = nominal_hz
        self._spread = self._common = 0.0
        self._measured_s = 0.0
        self._last: tuple[int, int] | None = None
        self._piece = _Piece(0)

    def add(self, dev_ns: int, n: int, *, is_after_gap: bool = False) -> None:
        """Take in a packet of ``n`` samples, the first of which is of ``dev_ns``."""
        if is_after_gap or self._last is None or not self._follows(dev_ns):
            self._piece = _Piece(dev_ns)
        else:
            passed_ns, samples = dev_ns - self._last[0], self._last[1]
            self._measured_s += passed_ns / NS_PER_S
            spread, common = self._piece.add(dev_ns, samples)
            self._spread += spread
            self._common += common
        self._last = (dev_ns, n)

    @property
    def is_measured(self) -> bool:
        """Whether `rate_hz` is more than the label."""
        return self._measured_s >= MEASURED_AFTER_S and self._common > 0

    @property
    def rate_hz(self) -> float:
        """Samples per second of the sensor's clock, within 20 % of the label."""
        if not self.is_measured:
            return self._nominal_hz
        least_hz, most_hz = (self._nominal_hz * (1 + s * MOST_OFF) for s in (-1, 1))
        return min(max(self._spread / self._common, least_hz), most_hz)

    def _follows(self, dev_ns: int) -> bool:
        if self._last is None:
            return False
        due_ns = self._last[1] / self._nominal_hz * NS_PER_S
        off_ns = abs(dev_ns - self._last[0] - due_ns)
        return off_ns <= STEP_OFF * due_ns + STEP_JITTER_NS


class _Piece:
    """Means of sample number and time of a piece without gaps (Welford's way)."""

    def __init__(self, dev_ns: int) -> None:
        self._begin_ns = dev_ns
        self._sample = 0
        self._packets = 1
        self._mean_sample = self._mean_s = 0.0

    def add(self, dev_ns: int, samples: int) -> tuple[float, float]:
        """Add a packet so many samples later; growth of the two sums of squares.

        Of the sample numbers, and of their product with time.
        """
        self._sample += samples
        self._packets += 1
        time_s = (dev_ns - self._begin_ns) / NS_PER_S
        off, off_s = self._sample - self._mean_sample, time_s - self._mean_s
        share = 1 - 1 / self._packets
        self._mean_sample += off / self._packets
        self._mean_s += off_s / self._packets
        return share * off * off, share * off * off_s
