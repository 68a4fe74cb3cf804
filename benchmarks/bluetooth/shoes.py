"""Three virtual sensors at 400 Hz, for the benchmarks."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner

from collector.sensor_set import Radio
from collector.virtual.backend import bumble_backends, switch_on_central
from collector.virtual.motion import Recorded
from collector.virtual.radio import Air, VirtualRadio
from collector.virtual.sampling import DeviceClock
from collector.virtual.sensor import Traits
from collector.virtual.treadwear_v1 import VirtualTreadwear
from contract.model import Slot
from contract.people import PairedSensor

RATE_HZ = 400.0
INTERVAL_S = 0.015
SLOTS = (Slot.LEFT, Slot.RIGHT, Slot.HIP)
_SKEW_PPM = {Slot.LEFT: 40.0, Slot.RIGHT: -35.0, Slot.HIP: 10.0}
_WORDS = {Slot.LEFT: "left", Slot.RIGHT: "right", Slot.HIP: "hip"}


@dataclass(frozen=True, slots=True, eq=False)
class Shoes:
    """Sensors that are switched on, and the Bluetooth that reaches them."""

    scanner: type[BaseBleakScanner]
    client: type[BaseBleakClient]
    sensors: Mapping[Slot, VirtualTreadwear]

    @property
    def radio(self) -> Radio:
        """The collector's Bluetooth; sensors are set to 400 Hz or more."""
        return Radio(scanner=self.scanner, client=self.client, least_rate_hz=RATE_HZ)

    @property
    def paired(self) -> tuple[PairedSensor, ...]:
        """The sensors as they were paired."""
        return tuple(
            PairedSensor(
                slot=_WORDS[slot],  # type: ignore[arg-type] # words of the slots
                family="treadwear-v1",
                serial=sensor.serial,
                name=sensor.traits.name,
                address=sensor.traits.address,
            )
            for slot, sensor in self.sensors.items()
        )


@asynccontextmanager
async def shoes(slots: tuple[Slot, ...] = SLOTS) -> AsyncIterator[Shoes]:
    """Switch sensors on for as long as this lasts."""
    radio = VirtualRadio(Air(interval_s=INTERVAL_S))
    sensors = {slot: _sensor(radio, slot) for slot in slots}
    central = await switch_on_central(radio)
    scanner, client = bumble_backends(central)
    for sensor in sensors.values():
        await sensor.start()
    try:
        yield Shoes(scanner, client, sensors)
    finally:
        for sensor in sensors.values():
            await sensor.stop()
        await central.power_off()
        await asyncio.sleep(0)


def _sensor(radio: VirtualRadio, slot: Slot) -> VirtualTreadwear:
    n = int(slot)
    draw = np.random.default_rng(n)
    counts = draw.normal(0, 3000, size=(24_000, 6)).astype(np.int16)
    traits = Traits(
        name=f"treadwear {n}",
        address=f"F{n}:00:00:00:00:0{n}",
        serial=f"TW00000{n}",
        clock=DeviceClock(start_us=1e6 * n, skew_ppm=_SKEW_PPM[slot]),
        seed=n,
    )
    return VirtualTreadwear(radio, traits, Recorded(counts, RATE_HZ, is_repeated=True))
