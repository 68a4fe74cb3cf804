"""Which missing packets to ask a sensor for again, and when to stop asking."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from contract.units import NS_PER_S

ASK_NS, EACH_NS = NS_PER_S, NS_PER_S // 30
"""A missing packet is asked for again after so long, and so much more for each that is
under way: five connection intervals of the slowest link that streams at all
(sensors.md section 3: 195 ms), and two of a good one for each packet."""
MOST_ASKS = 4

Ranges = Sequence[tuple[int, int]]
"""First and last counters of packets, oldest first."""


@dataclass(slots=True)
class _Asked:
    """How often a missing packet was asked for, and when last."""

    times: int = 0
    last_ns: int = 0


class Repairs:
    """What was asked for in this connection."""

    def __init__(self) -> None:
        self._asked: dict[int, _Asked] = {}

    def to_ask(self, missing: Ranges, now_ns: int) -> list[tuple[int, int]]:
        """Of the missing packets, those to ask for now; the rest is under way."""
        counters = chain.from_iterable(range(a, b + 1) for a, b in missing)
        self._asked = {c: self._asked.get(c, _Asked()) for c in counters}
        under_way = sum(asked.times > 0 for asked in self._asked.values())
        since_ns = now_ns - ASK_NS - under_way * EACH_NS
        due = []
        for counter, asked in self._asked.items():
            if asked.times and asked.last_ns > since_ns:
                continue
            asked.times, asked.last_ns = asked.times + 1, now_ns
            if asked.times <= MOST_ASKS:
                due.append(counter)
        return as_ranges(due)

    def hopeless(self) -> int | None:
        """Give the last packet that was asked for often enough and never came."""
        found = [c for c, asked in self._asked.items() if asked.times > MOST_ASKS]
        return max(found, default=None)


def as_ranges(counters: Sequence[int]) -> list[tuple[int, int]]:
    """Give rising numbers as ranges (first, last)."""
    ranges: list[tuple[int, int]] = []
    for counter in counters:
        if ranges and ranges[-1][1] == counter - 1:
            ranges[-1] = (ranges[-1][0], counter)
        else:
            ranges.append((counter, counter))
    return ranges
