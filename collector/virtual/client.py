"""bleak's client on a virtual radio."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeVar

from bleak import BleakScanner
from bleak.args import SizedBuffer
from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import (
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)
from bumble.att import ATT_Error
from bumble.core import BaseBumbleError, PhysicalTransport
from bumble.device import Connection, Device, Peer
from bumble.gatt_client import CharacteristicProxy, ServiceProxy
from bumble.hci import Address, HCI_Error, HCI_LE_Create_Connection_Cancel_Command

from collector.virtual.scanner import spell_uuid

# What hosts ask for today: one notification of 244 bytes in one data PDU.
MTU_BYTES = 247
_LEAST_MTU_BYTES = 23
_ATT_HEAD_BYTES = 3
_PARTING_S = 5.0
_Answer = TypeVar("_Answer")


class VirtualClient(BaseBleakClient):
    """What `BleakClient` uses; `collector.virtual.backend` gives it its central."""

    central: ClassVar[Device]
    scanner: ClassVar[type[BaseBleakScanner]]
    one_at_a_time: ClassVar[asyncio.Lock]

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        *,
        disconnected_callback: Callable[[], None] | None = None,
        timeout: float = 30.0,
        services: set[str] | None = None,
        **options: object,
    ) -> None:
        del options  # those of real radios: bluez, winrt
        super().__init__(
            address_or_ble_device,
            disconnected_callback=disconnected_callback,
            timeout=timeout,
        )
        self._device: BLEDevice | None = None
        if isinstance(address_or_ble_device, BLEDevice):
            self._device = address_or_ble_device
        self._wanted = services
        self._connection: Connection | None = None
        self._peer: Peer | None = None
        self._listeners: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        """As advertised, else the address."""
        known = self._device.name if self._device else None
        return known or self.address.replace(":", "-")

    @property
    def mtu_size(self) -> int:
        """As negotiated."""
        return self._connection.att_mtu if self._connection else _LEAST_MTU_BYTES

    @property
    def is_connected(self) -> bool:
        """Whether the link stands."""
        return self._connection is not None

    async def connect(self, pair: bool, **options: object) -> None:
        """Connect and discover; `TimeoutError` when the device does not answer."""
        del options
        if self.is_connected:
            raise BleakError("the client is already connected")
        async with asyncio.timeout(self._timeout):
            address = await self._address()
            async with self.one_at_a_time:
                self._connection = await self._link(address)
            self._connection.on("disconnection", self._on_disconnection)
            self._peer = Peer(self._connection)
            try:
                await self._asked(self._peer.request_mtu(MTU_BYTES))
                self.services = await self._asked(self._discover(self._peer))
            except BaseException:
                await self.disconnect()
                raise
        if pair:
            await self.pair()

    async def disconnect(self) -> None:
        """Disconnect; nothing when there is no link."""
        connection = self._connection
        if connection is None:
            return
        gone = asyncio.Event()
        connection.once("disconnection", lambda _reason: gone.set())
        try:
            await connection.disconnect()
            await asyncio.wait_for(gone.wait(), _PARTING_S)
        except (BaseBumbleError, HCI_Error) as fault:
            if self._connection is not None:
                raise BleakError(f"cannot disconnect: {fault}") from fault

    async def pair(self, *_arguments: object, **_options: object) -> None:
        """Pair; virtual sensors ask for no code."""
        if self._connection is None:
            raise BleakError("not connected")
        await self._asked(self._connection.pair())

    async def unpair(self) -> None:
        """Nothing was kept that could be forgotten."""
        await self.disconnect()

    async def read_gatt_char(
        self,
        characteristic: BleakGATTCharacteristic,
        *,
        use_cached: bool = False,
        **_options: object,
    ) -> bytearray:
        """Read a characteristic."""
        del use_cached
        value = await self._asked(self._linked().read_value(characteristic.obj))
        return bytearray(value)

    async def read_gatt_descriptor(
        self,
        descriptor: BleakGATTDescriptor,
        *,
        use_cached: bool = False,
        **_options: object,
    ) -> bytearray:
        """Read a descriptor."""
        del use_cached
        value = await self._asked(self._linked().read_value(descriptor.obj))
        return bytearray(value)

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        """Write to a characteristic."""
        peer, value = self._linked(), bytes(data)
        await self._asked(peer.write_value(characteristic.obj, value, response))

    async def write_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, data: SizedBuffer
    ) -> None:
        """Write to a descriptor."""
        peer, value = self._linked(), bytes(data)
        await self._asked(peer.write_value(descriptor.obj, value, with_response=True))

    async def start_notify(
        self,
        characteristic: BleakGATTCharacteristic,
        callback: NotifyCallback,
        **_options: object,
    ) -> None:
        """Subscribe; ``bluez`` options are taken and mean nothing here."""
        if characteristic.handle in self._listeners:
            raise BleakError("notifications are on already")
        if not {"notify", "indicate"} & set(characteristic.properties):
            raise BleakError(f"{characteristic.uuid} does not notify")

        def listener(value: bytes) -> None:
            callback(bytearray(value))

        self._listeners[characteristic.handle] = listener
        try:
            await self._asked(self._linked().subscribe(characteristic.obj, listener))
        except BaseException:
            self._listeners.pop(characteristic.handle, None)
            raise

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe."""
        listener = self._listeners.pop(characteristic.handle, None)
        if listener is None:
            raise BleakError("notifications are not on")
        await self._asked(self._linked().unsubscribe(characteristic.obj, listener))

    async def _address(self) -> Address:
        """Find the radio's address; a bare one is scanned for, as bleak does."""
        if self._device is None:
            self._device = await BleakScanner.find_device_by_address(
                self.address, self._timeout, backend=self.scanner
            )
        if self._device is None:
            raise BleakDeviceNotFoundError(
                self.address, f"device {self.address} was not found"
            )
        address: Address = self._device.details
        return address

    async def _link(self, address: Address) -> Connection:
        """Connect at the link layer; a cancelled request leaves nothing behind."""
        try:
            return await self.central.connect_le(address, timeout=None)
        except asyncio.CancelledError:
            cancel = HCI_LE_Create_Connection_Cancel_Command()
            await self.central.send_sync_command_raw(cancel)
            await asyncio.sleep(0)
            transport = PhysicalTransport.LE
            late = self.central.find_connection_by_bd_addr(address, transport)
            if late is not None:
                await late.disconnect()
            raise
        except (BaseBumbleError, HCI_Error) as fault:
            raise BleakError(f"cannot connect: {fault}") from fault

    async def _discover(self, peer: Peer) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        for service in await peer.discover_services():
            uuid = spell_uuid(service.uuid)
            if self._wanted is None or uuid in self._wanted:
                own = BleakGATTService(service, service.handle, uuid)
                found.add_service(own)
                await self._discover_parts(found, service, own)
        return found

    async def _discover_parts(
        self,
        found: BleakGATTServiceCollection,
        service: ServiceProxy,
        own: BleakGATTService,
    ) -> None:
        part: CharacteristicProxy[bytes]
        for part in await service.discover_characteristics():
            characteristic = BleakGATTCharacteristic(
                part,
                part.handle,
                spell_uuid(part.uuid),
                list(gatt_char_props_to_strs(int(part.properties))),
                lambda: self.mtu_size - _ATT_HEAD_BYTES,
                own,
            )
            found.add_characteristic(characteristic)
            for descriptor in await part.discover_descriptors():
                uuid = spell_uuid(descriptor.type)
                handle = descriptor.handle
                found.add_descriptor(
                    BleakGATTDescriptor(descriptor, handle, uuid, characteristic)
                )

    def _on_disconnection(self, reason: int) -> None:
        del reason
        self._connection = self._peer = self.services = None
        self._listeners.clear()
        if self._disconnected_callback:
            self._disconnected_callback()

    def _linked(self) -> Peer:
        if self._peer is None:
            raise BleakError("not connected")
        return self._peer

    async def _asked(self, request: Awaitable[_Answer]) -> _Answer:
        """Answer of a request, with faults in bleak's words.

        bumble cancels what waits for an answer when the link ends.
        """
        try:
            return await request
        except ATT_Error as fault:
            code = BleakGATTProtocolErrorCode(fault.error_code)
            raise BleakGATTProtocolError(code) from fault
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._connection is None and task is not None and not task.cancelling():
                raise BleakError("disconnected during the request") from None
            raise
        except (BaseBumbleError, HCI_Error) as fault:
            raise BleakError(str(fault)) from fault
