"""How patient a link is, and how it does."""

import math
from dataclasses import dataclass
from enum import StrEnum

from contract.units import NS_PER_S


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Patience of a link.

    Attributes
    ----------
    connect_s : float
        Longest time a connection may take with reading all services. Good ones take
        0.6 s; one that takes 10 s will not come (sensors.md section 1).
    stall_s : float
        Silence after which a link counts as dead though it is connected.
    first_delay_s, most_delay_s : float
        Back-off between attempts, doubled each time.
    look_s : float
        How often silence, missing packets and pings are looked after.
    ping_s, fast_ping_s, fast_pings : float, float, int
        Spacing of pings, at first closer, until the clock is known.
    facts_s : float
        How often battery is asked for.
    """

    connect_s: float = 10.0
    stall_s: float = 2.0
    first_delay_s: float = 0.25
    most_delay_s: float = 5.0
    look_s: float = 0.25
    ping_s: float = 1.0
    fast_ping_s: float = 0.2
    fast_pings: int = 60
    facts_s: float = 120.0


_GOLDEN = (math.sqrt(5) - 1) / 2
_PING_SPREAD_S = 0.06


class LinkState(StrEnum):
    """Where a link is, in words for the status line."""

    SEARCHING = "searching"
    CONNECTING = "connecting"
    STREAMING = "streaming"
    WAITING = "waiting to try again"
    STOPPED = "stopped"


@dataclass(slots=True)
class LinkStatus:
    """How a link does now; ``trouble`` is the last thing that went wrong, or ""."""

    state: LinkState = LinkState.SEARCHING
    trouble: str = ""
    rssi_dbm: int | None = None
    address: str = ""
    connections: int = 0


class Schedule:
    """When a ping and a look at the battery are due, on the host's clock."""

    def __init__(self, settings: LinkSettings, now_ns: int) -> None:
        self._settings = settings
        self._pings = 0
        self._phase = 0.0
        self.ping_ns = now_ns
        self.asked_facts(now_ns)

    def ping_delay_s(self) -> float:
        """How long to wait before a ping that is due: pings in step learn little.

        Steps of the golden section fill the range evenly without chance; it is longer
        than any connection interval that streams (sensors.md section 3).
        """
        self._phase = (self._phase + _GOLDEN) % 1.0
        return _PING_SPREAD_S * self._phase

    def pinged(self, now_ns: int) -> None:
        """Note a ping."""
        self._pings += 1
        settings = self._settings
        is_fast = self._pings < settings.fast_pings
        spacing_s = settings.fast_ping_s if is_fast else settings.ping_s
        self.ping_ns = now_ns + round(spacing_s * NS_PER_S)

    def asked_facts(self, now_ns: int) -> None:
        """Note that the sensor was asked for its battery."""
        self.facts_ns = now_ns + round(self._settings.facts_s * NS_PER_S)
