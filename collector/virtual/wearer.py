"""A runner who is not there: wears virtual sensors and does what she is asked."""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner

from collector.virtual.backend import bumble_backends, switch_on_central
from collector.virtual.motion import Motion, Recorded, Shaken, SteppingOnTheSpot, Still
from collector.virtual.radio import VirtualRadio
from collector.virtual.running_speed import VirtualFootPod
from collector.virtual.sampling import DeviceClock
from collector.virtual.sensor import Traits
from collector.virtual.treadwear_v1 import VirtualTreadwear
from contract.model import Slot
from contract.people import PairedSensor

_STRIDE_LATER = {Slot.LEFT: 0.5, Slot.RIGHT: 0.0, Slot.HIP: 0.25}
"""Share of a stride by which a sensor steps later; the left shoe is lifted at once."""
_SKEW_PPM = {Slot.LEFT: 12.0, Slot.RIGHT: -18.0, Slot.HIP: 5.0}
"""Crystals of wearables differ by some ten parts per million (sensors.md section 3)."""
_LATER_S = 1e6
"""Until the run begins the sensors feel its first sample; nobody waits for days."""


@dataclass(frozen=True, slots=True, eq=False)
class Wearer:
    """Virtual sensors on one runner, and the Bluetooth that finds them.

    ``motions`` is what each sensor feels in the run, from its first sample on;
    ``since_s`` is when they were switched on, on the loop's clock.
    """

    scanner: type[BaseBleakScanner]
    client: type[BaseBleakClient]
    sensors: Mapping[Slot, VirtualTreadwear]
    motions: Mapping[Slot, Recorded]
    since_s: float

    def paired(self) -> tuple[PairedSensor, ...]:
        """The sensors as they would be after pairing."""
        return tuple(
            PairedSensor(
                slot=slot.word,
                family="treadwear-v1",
                serial=sensor.serial,
                name=sensor.traits.name,
                address=sensor.traits.address,
            )
            for slot, sensor in self.sensors.items()
        )

    def rest(self) -> None:
        """Hold still, as at the beginning of the run."""
        for slot, sensor in self.sensors.items():
            at_s = self._beat_s(slot, self.since_s + _LATER_S)
            sensor.wear(self.motions[slot], at_s=at_s)

    def shake(self, slot: Slot) -> None:
        """Shake the sensor for one place, the others lie still."""
        for own, sensor in self.sensors.items():
            rate_hz = self.motions[own].rate_hz
            motion: Motion = Shaken(rate_hz) if own is slot else Still(rate_hz)
            sensor.wear(motion)

    def stand(self) -> None:
        """Stand still."""
        for slot, sensor in self.sensors.items():
            sensor.wear(Still(self.motions[slot].rate_hz, seed=int(slot)))

    def step(self) -> None:
        """Take steps on the spot, left foot first."""
        now_s = asyncio.get_running_loop().time()
        for slot, sensor in self.sensors.items():
            rate_hz, later = self.motions[slot].rate_hz, _STRIDE_LATER[slot]
            motion = SteppingOnTheSpot(rate_hz, phase=later, seed=int(slot))
            sensor.wear(motion, at_s=now_s)

    def run(self) -> None:
        """Begin the run: all sensors feel its first instant now."""
        now_s = asyncio.get_running_loop().time()
        for slot, sensor in self.sensors.items():
            sensor.wear(self.motions[slot], at_s=self._beat_s(slot, now_s))

    def _beat_s(self, slot: Slot, at_s: float) -> float:
        """Next sample of a sensor: a run that begins on one shifts no clock."""
        rate_hz = self.motions[slot].rate_hz
        return self.since_s + math.ceil((at_s - self.since_s) * rate_hz) / rate_hz


@dataclass(frozen=True, slots=True, eq=False)
class VirtualAir:
    """A radio in memory and the Bluetooth of this computer on it."""

    radio: VirtualRadio
    scanner: type[BaseBleakScanner]
    client: type[BaseBleakClient]


@asynccontextmanager
async def virtual_air(radio: VirtualRadio | None = None) -> AsyncIterator[VirtualAir]:
    """Switch Bluetooth on for as long as this lasts."""
    radio = radio or VirtualRadio()
    central = await switch_on_central(radio)
    scanner, client = bumble_backends(central)
    try:
        yield VirtualAir(radio, scanner, client)
    finally:
        await central.power_off()


@asynccontextmanager
async def worn_sensors(
    air: VirtualAir, motions: Mapping[Slot, Recorded], person: int = 7
) -> AsyncIterator[Wearer]:
    """Switch one person's virtual sensors on, one for each place."""
    sensors = {s: _sensor(air.radio, s, motions[s], person) for s in motions}
    since_s = asyncio.get_running_loop().time()
    wearer = Wearer(air.scanner, air.client, sensors, motions, since_s)
    wearer.rest()
    for sensor in sensors.values():
        await sensor.start()
    try:
        yield wearer
    finally:
        for sensor in sensors.values():
            await sensor.stop()


@asynccontextmanager
async def foot_pod(
    air: VirtualAir, speed_mps: float = 3.0, cadence_spm: float = 172.0
) -> AsyncIterator[VirtualFootPod]:
    """Switch a virtual foot pod on, for as long as this lasts."""
    traits = Traits(name="foot pod 1", address="F8:00:00:00:00:01", serial="FP000001")
    pod = VirtualFootPod(air.radio, traits, speed_mps, cadence_spm)
    await pod.start()
    try:
        yield pod
    finally:
        await pod.stop()


def _sensor(
    radio: VirtualRadio, slot: Slot, motion: Recorded, person: int
) -> VirtualTreadwear:
    number = 100 * person + int(slot)
    traits = Traits(
        name=f"treadwear {number}",
        address=f"F{int(slot)}:00:00:00:00:{person:02X}",
        serial=f"TW{number:06d}",
        clock=DeviceClock(start_us=1e6 * number, skew_ppm=_SKEW_PPM[slot]),
        distance_m=0.4 + 0.1 * int(slot),
        seed=number,
    )
    return VirtualTreadwear(radio, traits, motion)
