"""Whether a packet can be true: a sensor's clock and count go on with the host's time.

One wrong bit in a header would move the clock by an hour, or make the count run ahead,
after which every true packet counts as old. Such a packet is refused. Pure.
"""

from collector.devices.stamps import MOST_OFF_NS
from collector.sequence import Packet
from contract.units import NS_PER_S

# A packet cannot be early. It may seem so beside one that was late; all of a
# connection's packets are not late by a second, where good ones need 4 ms to 0.2 s
# (sensors.md section 3).
MOST_EARLY_NS = NS_PER_S
# Crystals of wearables are within 100 ppm (collector/clock.py): so much the line from
# the earliest packet may lean.
DRIFT = 200e-6
# Time passes by a packet's length for each that is counted. Packets of one sensor need
# not be of one size (treadwear v1: 1 to 19 samples), hence the wide margin.
SIZES, STEP_SLACK_NS = 4.0, NS_PER_S // 4
# What one bit breaks is one packet. After so many in a row they are right, and what
# they were held against was not.
MOST_REFUSED = 3


class Plausible:
    """Watches the packets of one sensor that came by themselves.

    Parameters
    ----------
    rate_hz : float
        Samples a second, as its label says.
    has_clock, has_count : bool
        Whether its packets carry a clock, and a counter of their own.
    """

    def __init__(self, rate_hz: float, *, has_clock: bool, has_count: bool) -> None:
        self._rate_hz = rate_hz
        self._has_clock, self._has_count = has_clock, has_count
        self._latest: Packet | None = None
        self._lead_ns = 0.0
        self._refused = 0

    def admits(self, packet: Packet) -> bool:
        """Whether it can be true; one that is old by its count always can."""
        latest = self._latest
        if latest is not None and packet.counter <= latest.counter:
            return True
        if latest is None or self._refused == MOST_REFUSED:
            self._lead_ns = packet.dev_ns - packet.arrival_ns
        elif not (
            self._is_on_time(packet, latest) and self._is_in_step(packet, latest)
        ):
            self._refused += 1
            return False
        self._lead_ns = max(
            self._drifted_ns(packet), float(packet.dev_ns - packet.arrival_ns)
        )
        self._latest, self._refused = packet, 0
        return True

    def _is_on_time(self, packet: Packet, latest: Packet) -> bool:
        """Whether its clock shows what it must, or less as it was under way."""
        if not self._has_clock:
            return True
        passed_ns = packet.arrival_ns - latest.arrival_ns
        early_ns = packet.dev_ns - packet.arrival_ns - self._lead_ns
        return -MOST_OFF_NS < early_ns < MOST_EARLY_NS + DRIFT * passed_ns

    def _is_in_step(self, packet: Packet, latest: Packet) -> bool:
        """Whether its clock went on with its count."""
        if not (self._has_clock and self._has_count):
            return True
        steps = packet.counter - latest.counter
        due_ns = steps * len(packet.counts) / self._rate_hz * NS_PER_S
        passed_ns = packet.dev_ns - latest.dev_ns
        least_ns, most_ns = due_ns / SIZES, due_ns * SIZES
        return least_ns - STEP_SLACK_NS < passed_ns < most_ns + STEP_SLACK_NS

    def _drifted_ns(self, packet: Packet) -> float:
        if self._latest is None:
            return self._lead_ns
        passed_ns = packet.arrival_ns - self._latest.arrival_ns
        return self._lead_ns - DRIFT * max(passed_ns, 0)
