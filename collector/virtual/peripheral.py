"""A Bluetooth peripheral in memory: what it offers, and who is told."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from bumble import data_types, gatt
from bumble.att import ATT_Handle_Value_Notification
from bumble.core import UUID, AdvertisingData, DataType
from bumble.device import Connection

from collector.virtual.controller import make_device
from collector.virtual.radio import VirtualRadio, spell

READ = gatt.Characteristic.Properties.READ
WRITE = gatt.Characteristic.Properties.WRITE
WRITE_BLIND = gatt.Characteristic.Properties.WRITE_WITHOUT_RESPONSE
NOTIFY = gatt.Characteristic.Properties.NOTIFY
INDICATE = gatt.Characteristic.Properties.INDICATE
_ATT_HEAD_BYTES = 3


@dataclass(frozen=True, slots=True)
class Channel:
    """A characteristic, by the name that the sensor's code calls it."""

    name: str
    service: str
    uuid: str
    properties: gatt.Characteristic.Properties


_SIG = "0000{}-0000-1000-8000-00805f9b34fb"
BATTERY = Channel("battery", _SIG.format("180f"), _SIG.format("2a19"), READ | NOTIFY)
SERIAL = Channel("serial", _SIG.format("180a"), _SIG.format("2a25"), READ)
FIRMWARE = Channel("firmware", _SIG.format("180a"), _SIG.format("2a26"), READ)


class Peripheral:
    """GATT server and advertiser; what is read and written is a subclass's matter.

    Parameters
    ----------
    radio : VirtualRadio
        Where it can be heard.
    name, address : str
        As advertised.
    """

    CHANNELS: ClassVar[tuple[Channel, ...]] = ()
    ADVERTISED: ClassVar[tuple[str, ...]] = ()

    def __init__(self, radio: VirtualRadio, name: str, address: str) -> None:
        self.radio = radio
        self.n_connections = 0
        self.device = make_device(radio, name, address)
        self._tasks: set[asyncio.Task[None]] = set()
        self._characteristics: dict[str, gatt.Characteristic[bytes]] = {}
        self._offer_services()
        self.device.advertising_data = advertisement(name, self.ADVERTISED)
        self.device.on("connection", self._on_connection)

    @property
    def address(self) -> str:
        """Address of its radio."""
        return spell(self.device.random_address)

    def read(self, channel: str) -> bytes:
        """Value of a channel."""
        raise NotImplementedError(channel)

    def write(self, channel: str, value: bytes) -> None:
        """Take what was written to a channel, or raise `att_error`."""
        raise NotImplementedError(channel, value)

    def on_subscribe(self, channel: str, *, is_on: bool) -> None:
        """Somebody wants, or no longer wants, the notifications of a channel."""

    def on_disconnection(self) -> None:
        """The link has ended."""

    def backlog_s(self) -> float:
        """How far ahead of now the radio is already planned with this sensor's data."""
        links = (
            link
            for controller in self.radio.controllers
            for link in controller.le_connections.values()
            if spell(link.self_address) == self.address
        )
        return max((self.radio.backlog_s(link) for link in links), default=0.0)

    def _offer_services(self) -> None:
        services: dict[str, list[gatt.Characteristic[bytes]]] = {}
        for channel in self.CHANNELS:
            made = self._characteristic(channel)
            self._characteristics[channel.name] = made
            services.setdefault(channel.service, []).append(made)
        self.device.add_services(
            [gatt.Service(UUID(uuid), made) for uuid, made in services.items()]
        )

    def _characteristic(self, channel: Channel) -> gatt.Characteristic[bytes]:
        permissions = gatt.Characteristic.READABLE | gatt.Characteristic.WRITEABLE
        value = gatt.CharacteristicValue(
            read=partial(self._read, channel.name),
            write=partial(self._write, channel.name),
        )
        made: gatt.Characteristic[bytes] = gatt.Characteristic(
            UUID(channel.uuid), channel.properties, permissions, value
        )
        event = gatt.Characteristic.EVENT_SUBSCRIPTION
        made.on(event, partial(self._on_subscription, channel.name))
        return made

    def _read(self, channel: str, _connection: Connection) -> bytes:
        return self.read(channel)

    def _write(self, channel: str, _connection: Connection, value: bytes) -> None:
        self.write(channel, bytes(value))

    def _on_subscription(
        self, channel: str, _bearer: object, notify: bool, indicate: bool
    ) -> None:
        self.on_subscribe(channel, is_on=notify or indicate)

    def _on_connection(self, connection: Connection) -> None:
        self.n_connections += 1
        connection.on("disconnection", self._on_end)

    def _on_end(self, _reason: int) -> None:
        self.on_disconnection()

    def notify(self, channel: str, payload: bytes) -> bool:
        """Send to who subscribed; False when nobody did."""
        made = self._characteristics[channel]
        is_heard = False
        for connection in list(self.device.connections.values()):
            server = self.device.gatt_server
            wish = server.subscribers.get(connection, {}).get(made.handle, b"\0\0")
            if wish[0] & 3 and len(payload) > connection.att_mtu - _ATT_HEAD_BYTES:
                # bumble would cut it short in silence
                raise ValueError(f"{len(payload)} bytes do not fit {channel}")
            if wish[0] & 1:
                told = ATT_Handle_Value_Notification(
                    attribute_handle=made.handle, attribute_value=payload
                )
                server.send_gatt_pdu(connection, bytes(told))
                is_heard = True
            elif wish[0] & 2:
                self._in_background(connection, made, payload)
                is_heard = True
        return is_heard

    def _in_background(
        self,
        connection: Connection,
        made: gatt.Characteristic[bytes],
        payload: bytes,
    ) -> None:
        indicating = self.device.indicate_subscriber(connection, made, payload)
        task = asyncio.get_running_loop().create_task(indicating)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def advertisement(name: str, services: tuple[str, ...]) -> bytes:
    """What a peripheral of that name and with these services advertises."""
    uuids = [UUID(uuid) for uuid in services]
    short = [uuid for uuid in uuids if len(uuid.to_bytes()) == 2]
    long = [uuid for uuid in uuids if len(uuid.to_bytes()) != 2]
    said: list[DataType] = [data_types.CompleteLocalName(name)]
    if short:
        said.append(data_types.CompleteListOf16BitServiceUUIDs(short))
    if long:
        said.append(data_types.CompleteListOf128BitServiceUUIDs(long))
    return bytes(AdvertisingData(said))
