"""Time stamps of families without a packet counter: credible or not, what is lost."""

from dataclasses import dataclass

from contract.errors import PacketError
from contract.units import NS_PER_S

# A notification that waits for a sensor out of range waits no longer than until the
# supervision time-out: at most 32 s in the standard, 1 to 6 s as systems set it.
MOST_OFF_NS = 10 * NS_PER_S
# The label may be 4 % off the real rate (208 Hz sold as 200, sensors.md section 3), and
# a stamp may be early or late by a sample or two.
RATE_SHARE, JITTER_SAMPLES = 0.1, 3.0


@dataclass(frozen=True, slots=True)
class Stamp:
    """Device time (unwrapped) of a notification, and when it arrived."""

    dev_ns: int
    arrival_ns: int

    def expected_ns(self, arrival_ns: int) -> int:
        """Device time of a stamp that arrives then."""
        return self.dev_ns + (arrival_ns - self.arrival_ns)


def refuse_implausible(now: Stamp, before: Stamp | None) -> None:
    """`PacketError` for a stamp that lies 10 s or more from where arrivals put it."""
    if before is None:
        return
    off_ns = now.dev_ns - before.expected_ns(now.arrival_ns)
    if abs(off_ns) >= MOST_OFF_NS:
        raise PacketError(
            "a packet's time stamp is not credible",
            f"it is {off_ns / NS_PER_S:+.1f} s off the one before",
        )


def refuse_backward(now: Stamp, before: Stamp | None) -> None:
    """`PacketError` for a stamp before the last one: no radio swaps notifications."""
    if before is not None and now.dev_ns < before.dev_ns:
        late_s = (before.dev_ns - now.dev_ns) / NS_PER_S
        raise PacketError("a packet's time stamp goes back", f"by {late_s:.3f} s")


def packets_lost(missing_samples: float, n: float) -> int:
    """How many packets of ``n`` samples fit into so many that are missing; 0 for noise.

    At least one when it is more than noise: packets need not be of one size.
    """
    noise = min(0.5 * n, RATE_SHARE * n + JITTER_SAMPLES)
    return max(1, round(missing_samples / n)) if missing_samples > noise else 0
