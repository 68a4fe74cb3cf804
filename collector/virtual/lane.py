"""One direction of one connection: at which connection event data gets its turn."""

import math
from dataclasses import dataclass, field

import numpy as np
from bumble.controller import Connection

# One LE data PDU on the 1M PHY: 8 us a byte, 14 bytes around the payload (Bluetooth
# Core, Vol 6 Part B 2.1), two gaps of 150 us and the empty answer of 80 us.
MAX_PDU_BYTES = 251
_BYTE_S = 8e-6
_AROUND_BYTES = 14
_PAUSE_S = 380e-6


@dataclass(frozen=True, slots=True)
class Air:
    """How good the radio is.

    Attributes
    ----------
    interval_s : float
        Connection interval; 0 delivers at once.
    pdus_per_event : int
        Data PDUs of at most 251 bytes per connection event and direction.
    supervision_s : float
        Silence after which both ends give a connection up.
    repeat_share : float
        Share of PDUs that the link layer must repeat at the next event.
    host_jitter_s : float
        Mean of the time by which the host's own stack is late.
    """

    interval_s: float = 0.015
    pdus_per_event: int = 4
    supervision_s: float = 1.0
    repeat_share: float = 0.0
    host_jitter_s: float = 0.0


@dataclass(slots=True, eq=False)
class Lane:
    """One end's data, which arrives in the order it was sent.

    ``anchor_s`` is a connection event of this connection; the others are whole
    intervals away. ``held`` is what the link layer repeats while an end is away.
    """

    connection: Connection
    anchor_s: float
    event_s: float = 0.0
    used: int = 0
    arrival_s: float = 0.0
    n_sent: int = 0
    held: list[tuple[int, bytes]] = field(default_factory=list)

    def send(
        self, n_bytes: int, now_s: float, air: Air, draw: np.random.Generator
    ) -> float:
        """Take the next free place for data; gives when it arrives."""
        self.n_sent += 1
        arrival_s = self._next_arrival_s(n_bytes, now_s, air, draw)
        self.arrival_s = max(arrival_s, self.arrival_s)
        return self.arrival_s

    def _next_arrival_s(
        self, n_bytes: int, now_s: float, air: Air, draw: np.random.Generator
    ) -> float:
        if not air.interval_s:
            return now_s
        n_pdus = -(-n_bytes // MAX_PDU_BYTES)
        self._take_event(n_pdus, now_s, air)
        while draw.random() < air.repeat_share:
            self.event_s, self.used = self.event_s + air.interval_s, n_pdus
        around_s = n_pdus * (_AROUND_BYTES * _BYTE_S + _PAUSE_S)
        before_s = (self.used - n_pdus) * (MAX_PDU_BYTES * _BYTE_S + _PAUSE_S)
        late_s = float(draw.exponential()) * air.host_jitter_s
        return self.event_s + before_s + n_bytes * _BYTE_S + around_s + late_s

    def _take_event(self, n_pdus: int, now_s: float, air: Air) -> None:
        """Find the next event with room for so many PDUs."""
        n_events = math.floor((now_s - self.anchor_s) / air.interval_s) + 1
        next_s = self.anchor_s + n_events * air.interval_s
        if self.event_s < next_s - air.interval_s / 2:
            self.event_s, self.used = next_s, 0
        if self.used and self.used + n_pdus > air.pdus_per_event:
            self.event_s, self.used = self.event_s + air.interval_s, 0
        self.used += n_pdus
