"""How often an address may try a wrong token before it has to wait with the next."""

import ipaddress
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """Ten wrong tokens a minute: a person mistypes once or twice, a program more.

    Tokens have 192 random bits, so this keeps the log and the computer quiet rather
    than the door shut; no more addresses are remembered than fit in a few 100 kB.
    """

    most: int = 10
    within_s: float = 60.0
    most_addresses: int = 1000


class Attempts:
    """Wrong tokens per address, the last minute's; asked from any thread."""

    def __init__(
        self, clock: Callable[[], float], limits: AttemptLimits | None = None
    ) -> None:
        self._clock = clock
        self._limits = limits or AttemptLimits()
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        """How many addresses are remembered."""
        return len(self._wrong)

    def wait_s(self, address: str) -> float:
        """Seconds until this address may try again; 0 when it may now."""
        with self._lock:
            times = self._recent(neighbourhood(address))
            if len(times) < self._limits.most:
                return 0.0
            return times[0] + self._limits.within_s - self._clock()

    def note(self, address: str) -> None:
        """Remember that a wrong token came from there."""
        key = neighbourhood(address)
        with self._lock:
            times = self._recent(key)
            times.append(self._clock())
            self._wrong[key] = times
            self._wrong.move_to_end(key)
            while len(self._wrong) > self._limits.most_addresses:
                self._wrong.popitem(last=False)

    def _recent(self, key: str) -> deque[float]:
        """Times of the last minute; an address without any is forgotten."""
        times = self._wrong.get(key, deque(maxlen=self._limits.most))
        while times and times[0] <= self._clock() - self._limits.within_s:
            times.popleft()
        if not times:
            self._wrong.pop(key, None)
        return times


def neighbourhood(address: str) -> str:
    """What counts as one address: of IPv6 a whole /64, which one machine may use."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found.packed, 64), strict=False))
