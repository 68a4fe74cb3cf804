"""A Bluetooth chip in memory: bumble's, with the repairs that connections need.

Found in bumble 0.0.236 (design notes, sensors.md section 1): a connect request cannot
be cancelled, so that one sensor that does not answer blocks the host for ever; ACL
buffers of 27 bytes cut one notification into ten; every signal is -50 dBm.
"""

import asyncio

from bumble.controller import Controller
from bumble.device import Device, DeviceConfiguration
from bumble.hci import (
    Address,
    HCI_ErrorCode,
    HCI_LE_Connection_Complete_Event,
    HCI_LE_Create_Connection_Cancel_Command,
    HCI_LE_Extended_Advertising_Report_Event,
    HCI_Packet,
    HCI_StatusReturnParameters,
    Role,
)
from bumble.host import Host
from bumble.transport.common import AsyncPipeSink

from collector.virtual.lane import MAX_PDU_BYTES
from collector.virtual.radio import VirtualRadio

# A sensor that wants to be found quickly advertises about so often (Bluetooth SIG's
# advice for the first 30 s: 20 to 100 ms).
ADVERTISING_INTERVAL_MS = 100


class VirtualController(Controller):
    """One chip on a `VirtualRadio`."""

    le_acl_data_packet_length = MAX_PDU_BYTES
    total_num_le_acl_data_packets = 64

    def __init__(self, name: str, radio: VirtualRadio, address: Address) -> None:
        self._radio = radio
        self._number = int.from_bytes(bytes(address), "little")
        super().__init__(name, link=radio, public_address=address)

    def __hash__(self) -> int:
        """By the address: bumble keeps chips in a set, whose order then is the same."""
        return self._number

    def on_hci_le_create_connection_cancel_command(
        self, _command: HCI_LE_Create_Connection_Cancel_Command
    ) -> HCI_StatusReturnParameters:
        """End a pending connect request, and tell the host so."""
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return HCI_StatusReturnParameters(HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        gone = HCI_LE_Connection_Complete_Event(
            status=HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
            connection_handle=0,
            role=Role.CENTRAL,
            peer_address_type=pending.peer_address_type,
            peer_address=pending.peer_address,
            connection_interval=0,
            peripheral_latency=0,
            supervision_timeout=0,
            central_clock_accuracy=0,
        )
        asyncio.get_running_loop().call_soon(self.send_hci_packet, gone)
        return HCI_StatusReturnParameters(HCI_ErrorCode.SUCCESS)

    def create_le_connection(self, peer_address: Address) -> None:
        """Connect to who advertises, unless it does not answer."""
        if not self._radio.is_deaf(peer_address):
            super().create_le_connection(peer_address)

    def send_hci_packet(self, packet: HCI_Packet) -> None:
        """Tell the host something; in advertisements, how strong they came in."""
        if isinstance(packet, HCI_LE_Extended_Advertising_Report_Event):
            for report in packet.reports:
                report.rssi = self._radio.rssi_dbm(report.address)
        super().send_hci_packet(packet)


def make_device(radio: VirtualRadio, name: str, address: str) -> Device:
    """A whole Bluetooth device, host and chip; switch it on with ``power_on()``."""
    own = Address(address)
    controller = VirtualController(name, radio, own)
    settings = DeviceConfiguration(name=name, address=own)
    settings.advertising_interval_min = ADVERTISING_INTERVAL_MS
    settings.advertising_interval_max = ADVERTISING_INTERVAL_MS
    host = Host(controller, AsyncPipeSink(controller))
    return Device(config=settings, host=host)
