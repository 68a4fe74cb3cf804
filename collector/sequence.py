"""Packets in the order in which they came become packets in the order of the sensor.

A pure state machine: each packet leaves once, in the order of its counter; a packet
that stays away for longer than the window is given up, and the next one says so.
"""

from dataclasses import dataclass, replace

from contract.model import CountArray

# With 100 ms packets the window waits 0.8 s: in the latency model of the design notes
# (2 % of packets late by another 150 ms on average) one in 10 000 is later than that.
REORDER_WINDOW = 8


@dataclass(frozen=True, slots=True, eq=False)
class Packet:
    """What one notification of a sensor says.

    ``counter`` counts packets and is unwrapped; ``dev_ns`` is the device clock of the
    first sample, ``arrival_ns`` the host clock when the packet was there.
    ``gap_before`` is set on leaving: packets between this one and the one before are
    really missing.
    """

    counter: int
    dev_ns: int
    arrival_ns: int
    counts: CountArray
    gap_before: bool = False


@dataclass(frozen=True, slots=True)
class SequenceCounts:
    """What became of the packets so far; ``missing`` were given up."""

    received: int = 0
    released: int = 0
    duplicate: int = 0
    late: int = 0
    missing: int = 0


class Sequencer:
    """Order of one sensor's packets within one epoch.

    The first ``first_hold`` packets (without it: ``window``) are held back, so that a
    swap at the very start of a connection is put right too.
    """

    def __init__(
        self, window: int = REORDER_WINDOW, first_hold: int | None = None
    ) -> None:
        self._window = window
        self._first_hold = window if first_hold is None else first_hold
        self._waiting: dict[int, Packet] = {}
        self._expected: int | None = None
        self._given_up: set[int] = set()
        self._is_gap = False
        self._counts = SequenceCounts()

    @property
    def counts(self) -> SequenceCounts:
        """Packets received, released and lost so far."""
        return self._counts

    def push(self, packet: Packet) -> list[Packet]:
        """Take a packet in; give back those whose turn has come."""
        self._add(received=1)
        if self._is_old(packet.counter):
            return []
        self._waiting[packet.counter] = packet
        if self._expected is None:
            if len(self._waiting) <= self._first_hold:
                return []
            self._expected = min(self._waiting)
        released = self._release()
        while max(self._waiting, default=self._expected) - self._expected > (
            self._window
        ):
            released += self._skip()
        return released

    def missing(self) -> list[tuple[int, int]]:
        """Ranges (first, last) that later packets wait for, oldest first."""
        ranges = []
        expected = self._expected
        for counter in sorted(self._waiting) if expected is not None else ():
            if counter > (expected or 0):
                ranges.append((expected or 0, counter - 1))
            expected = counter + 1
        return ranges

    def give_up(self, last: int) -> list[Packet]:
        """Wait no longer for what is missing up to ``last``; give back what can go."""
        released = []
        while self._waiting and self._expected is not None and self._expected <= last:
            released += self._skip(last)
        return released

    def flush(self) -> list[Packet]:
        """Give back all that waits: no packet will come any more."""
        if self._expected is None and self._waiting:
            self._expected = min(self._waiting)
        released = []
        while self._waiting:
            released += self._release() or self._skip()
        return released

    def _is_old(self, counter: int) -> bool:
        if counter in self._given_up:
            self._given_up.discard(counter)
            self._add(late=1)
            return True
        is_released = self._expected is not None and counter < self._expected
        if is_released or counter in self._waiting:
            self._add(duplicate=1)
            return True
        return False

    def _release(self) -> list[Packet]:
        released: list[Packet] = []
        while self._expected is not None and self._expected in self._waiting:
            packet = self._waiting.pop(self._expected)
            released.append(
                replace(packet, gap_before=True) if self._is_gap else packet
            )
            self._expected, self._is_gap = self._expected + 1, False
        self._add(released=len(released))
        return released

    def _skip(self, last: int | None = None) -> list[Packet]:
        """Give up what is missing before the first that waits, at most to ``last``."""
        nearest = min(self._waiting)
        expected = nearest if self._expected is None else self._expected
        end = nearest if last is None else min(nearest, last + 1)
        self._add(missing=end - expected)
        # Only recent ones can still come; the memory stays small after a long gap.
        self._given_up = {c for c in self._given_up if c >= expected - MEMORY}
        self._given_up.update(range(max(expected, end - MEMORY), end))
        self._expected, self._is_gap = end, True
        return self._release()

    def _add(self, **more: int) -> None:
        now = {name: getattr(self._counts, name) + n for name, n in more.items()}
        self._counts = replace(self._counts, **now)


# How many given-up packets are remembered, to tell a late one from a duplicate.
MEMORY = 64
