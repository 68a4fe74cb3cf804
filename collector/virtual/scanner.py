"""bleak's scanner on a virtual radio."""

from typing import ClassVar

from bleak.backends.scanner import (
    AdvertisementData,
    AdvertisementDataCallback,
    BaseBleakScanner,
)
from bumble.core import UUID, AdvertisingData
from bumble.device import Advertisement, Device

_TYPE = AdvertisingData.Type
_NAMES = (_TYPE.COMPLETE_LOCAL_NAME, _TYPE.SHORTENED_LOCAL_NAME)
_SERVICE_BYTES = {
    _TYPE.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS: 2,
    _TYPE.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS: 2,
    _TYPE.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS: 16,
    _TYPE.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS: 16,
}


class VirtualScanner(BaseBleakScanner):
    """What `BleakScanner` uses; `collector.virtual.backend` gives it its central."""

    central: ClassVar[Device]
    active: ClassVar[set["VirtualScanner"]]

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None = None,
        service_uuids: list[str] | None = None,
        scanning_mode: str = "active",
        **options: object,
    ) -> None:
        del options  # those of real radios: bluez, cb
        super().__init__(detection_callback, service_uuids)
        self._is_active = scanning_mode == "active"

    async def start(self) -> None:
        """Begin to listen; several scanners may at once, the radio scans while any."""
        self.seen_devices = {}
        self.central.on(Device.EVENT_ADVERTISEMENT, self._on_advertisement)
        is_first = not self.active
        self.active.add(self)
        if is_first:
            await self.central.start_scanning(active=self._is_active)

    async def stop(self) -> None:
        """Listen no more."""
        if self not in self.active:
            return
        self.active.discard(self)
        event = Device.EVENT_ADVERTISEMENT
        self.central.remove_listener(event, self._on_advertisement)
        if not self.active:
            await self.central.stop_scanning()

    def _on_advertisement(self, heard: Advertisement) -> None:
        data = understand(heard)
        if not self.is_allowed_uuid(data.service_uuids):
            return
        address = str(heard.address).split("/", maxsplit=1)[0].upper()
        device = self.create_or_update_device(
            address, address, data.local_name, heard.address, data
        )
        self.call_detection_callbacks(device, data)


def understand(heard: Advertisement) -> AdvertisementData:
    """An advertisement in bleak's words."""
    name: str | None = None
    vendors: dict[int, bytes] = {}
    services: dict[str, None] = {}
    for kind, raw in heard.data.ad_structures:
        if kind in _NAMES:
            name = raw.decode("utf-8", "replace")
        elif kind == _TYPE.MANUFACTURER_SPECIFIC_DATA:
            vendors[int.from_bytes(raw[:2], "little")] = bytes(raw[2:])
        elif kind in _SERVICE_BYTES:
            size = _SERVICE_BYTES[_TYPE(kind)]
            parts = (raw[at : at + size] for at in range(0, len(raw), size))
            services.update({spell_uuid(UUID.from_bytes(p)): None for p in parts})
    return AdvertisementData(
        local_name=name,
        manufacturer_data=vendors,
        service_data={},
        service_uuids=list(services),
        tx_power=None,
        rssi=heard.rssi,
        platform_data=(heard,),
    )


def spell_uuid(uuid: UUID) -> str:
    """128 bits in small letters, as bleak spells a UUID."""
    raw = uuid.to_bytes(force_128=True)[::-1].hex()
    return "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))
