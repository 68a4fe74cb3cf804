"""The air between virtual sensors and a virtual host: when a packet arrives.

bumble's `LocalLink` delivers at once and always. Real data waits for the next
connection event, is repeated while the other side does not answer, and is lost when
the supervision time-out ends the connection.
"""

import asyncio

import numpy as np
from bumble import ll
from bumble.controller import Connection, Controller
from bumble.core import PhysicalTransport
from bumble.hci import Address, HCI_ErrorCode
from bumble.link import LocalLink

from collector.virtual.lane import Air, Lane

__all__ = ["Air", "VirtualRadio", "spell"]

# Free space from a shoe or a hip: -45 dBm next to the host, 20 dB for ten times the
# way, and a body that moves (sensors in the design notes' packs: -50 to -75 dBm).
_RSSI_AT_1_M_DBM = -45.0
_FADING_DB = 2.0


class VirtualRadio(LocalLink):
    """All devices that can hear one another.

    Parameters
    ----------
    air : Air
        How good it is, for all of them.
    seed : int
        Of everything that is left to chance.
    """

    def __init__(self, air: Air | None = None, seed: int = 1) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # bumble's is untyped
        self.air = air or Air()
        self.bytes_on_air = 0
        self._draw = np.random.default_rng([seed, 91])
        self._anchors: dict[frozenset[str], float] = {}
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._away: dict[str, int] = {}
        self._n_departures = 0
        self._deaf: set[str] = set()
        self._distance_m: dict[str, float] = {}

    # --- what a test does to the air

    def out_of_range(self, address: str | Address) -> None:
        """Take a device away; after the supervision time-out connections end."""
        name = spell(address)
        self._n_departures += 1
        self._away[name] = self._n_departures
        loop = asyncio.get_running_loop()
        loop.call_later(self.air.supervision_s, self._expire, name, self._n_departures)

    def back_in_range(self, address: str | Address) -> None:
        """Bring a device back; what the link layer still repeats arrives now."""
        name = spell(address)
        self._away.pop(name, None)
        for (source, destination), lane in list(self._lanes.items()):
            if name in (source, destination) and not self._is_away(source, destination):
                held, lane.held = sorted(lane.held), []
                for _, data in held:
                    self._put_on_air(lane, data)
        self._watch_orphans()

    def cut(self, address: str | Address) -> None:
        """Let a device forget its connections without a word, as at a power loss."""
        name = spell(address)
        for controller in list(self.controllers):
            for connection in list(controller.le_connections.values()):
                if spell(connection.self_address) == name:
                    _end(controller, connection)
        self._watch_orphans()

    def ignore_connects(self, address: str | Address, *, is_deaf: bool = True) -> None:
        """Let a device advertise and never answer a connection."""
        (self._deaf.add if is_deaf else self._deaf.discard)(spell(address))

    def place(self, address: str | Address, distance_m: float) -> None:
        """Put a device that far from the host: its signal shows it."""
        self._distance_m[spell(address)] = distance_m

    # --- what the controllers ask

    def is_deaf(self, address: Address) -> bool:
        """Whether a device never answers a connection."""
        return spell(address) in self._deaf

    def rssi_dbm(self, address: Address) -> int:
        """Signal of a device as the host hears it now."""
        distance_m = self._distance_m.get(spell(address), 1.0)
        mean = _RSSI_AT_1_M_DBM - 20 * np.log10(max(distance_m, 0.1))
        return round(float(mean + _FADING_DB * self._draw.standard_normal()))

    def backlog_s(self, connection: Connection) -> float:
        """How far ahead of now that end's data is already planned."""
        lane = self._lane(connection)
        return max(0.0, lane.event_s - asyncio.get_running_loop().time())

    # --- what bumble calls

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        """Plan data for the connection's next free event.

        bumble takes the sender's random address for its own; a host may have connected
        with its public one, so the connection is asked.
        """
        del transport
        connection = sender_controller.le_connections.get(destination_address)
        if connection is not None:
            self._put_on_air(self._lane(connection), data)

    def send_advertising_pdu(
        self, sender_controller: Controller, packet: ll.AdvertisingPdu
    ) -> None:
        """Let all hear an advertisement or a connect request, unless out of range."""
        ends: list[str] = []
        if isinstance(packet, ll.AdvInd | ll.AdvExtInd | ll.ConnectInd):
            ends.append(spell(packet.advertiser_address))
        if isinstance(packet, ll.ConnectInd):
            ends.append(spell(packet.initiator_address))
            now = asyncio.get_running_loop().time()
            anchor = now + float(self._draw.random()) * self.air.interval_s
            self._anchors[frozenset(ends)] = anchor
        if not self._is_away(*ends):
            super().send_advertising_pdu(sender_controller, packet)

    def send_ll_control_pdu(
        self,
        sender_address: Address,
        receiver_address: Address,
        packet: ll.ControlPdu,
    ) -> None:
        """Deliver a control PDU, unless an end is out of range or gone."""
        ends = spell(sender_address), spell(receiver_address)
        if self._is_away(*ends) or self.find_le_controller(receiver_address) is None:
            return
        super().send_ll_control_pdu(sender_address, receiver_address, packet)

    # --- inside

    def _is_away(self, *names: str) -> bool:
        return any(name in self._away for name in names)

    def _lane(self, connection: Connection) -> Lane:
        key = spell(connection.self_address), spell(connection.peer_address)
        lane = self._lanes.get(key)
        if lane is None or lane.connection is not connection:
            now_s = asyncio.get_running_loop().time()
            anchor_s = self._anchors.setdefault(frozenset(key), now_s)
            lane = self._lanes[key] = Lane(connection, anchor_s)
        return lane

    def _put_on_air(self, lane: Lane, data: bytes) -> None:
        self.bytes_on_air += len(data)
        loop = asyncio.get_running_loop()
        arrival_s = lane.send(len(data), loop.time(), self.air, self._draw)
        loop.call_at(arrival_s, self._deliver, lane, lane.n_sent, data)

    def _deliver(self, lane: Lane, number: int, data: bytes) -> None:
        near, far = lane.connection.self_address, lane.connection.peer_address
        sender = self.find_le_controller(near)
        receiver = self.find_le_controller(far)
        if sender is None or receiver is None:
            return
        is_alive = sender.le_connections.get(far) is lane.connection
        if not is_alive or near not in receiver.le_connections:
            return
        if self._is_away(spell(near), spell(far)):
            lane.held.append((number, data))
        else:
            receiver.on_link_acl_data(near, PhysicalTransport.LE, data)

    def _expire(self, name: str, departure: int) -> None:
        if self._away.get(name) != departure:
            return
        for controller in list(self.controllers):
            for connection in list(controller.le_connections.values()):
                ends = spell(connection.self_address), spell(connection.peer_address)
                if name in ends:
                    _end(controller, connection)

    def _watch_orphans(self) -> None:
        """Give up, after the time-out, connections whose other end is no more."""
        orphans = [
            (controller, connection)
            for controller in self.controllers
            for connection in controller.le_connections.values()
            if not self._has_partner(connection)
        ]
        if orphans:
            loop = asyncio.get_running_loop()
            loop.call_later(self.air.supervision_s, self._end_orphans, orphans)

    def _end_orphans(self, orphans: list[tuple[Controller, Connection]]) -> None:
        for controller, connection in orphans:
            known = controller.le_connections.get(connection.peer_address)
            if known is connection and not self._has_partner(connection):
                _end(controller, connection)

    def _has_partner(self, connection: Connection) -> bool:
        partner = self.find_le_controller(connection.peer_address)
        return partner is not None and connection.self_address in partner.le_connections


def spell(address: str | Address) -> str:
    """Address without its type, in capitals, as bleak spells it."""
    return str(address).split("/", maxsplit=1)[0].upper()


def _end(controller: Controller, connection: Connection) -> None:
    reason = HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
    controller.on_le_disconnected(connection, reason)
