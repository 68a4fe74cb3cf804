"""Three virtual sensors at 400 Hz, for the benchmarks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np

from collector.sensor_set import Radio
from collector.virtual.motion import Recorded
from collector.virtual.radio import Air, VirtualRadio
from collector.virtual.wearer import Wearer, virtual_air, worn_sensors
from contract.model import Slot

RATE_HZ = 400.0
INTERVAL_S = 0.015
SLOTS = (Slot.LEFT, Slot.RIGHT, Slot.HIP)


@dataclass(frozen=True, slots=True, eq=False)
class Shoes:
    """Sensors that are switched on, and the Bluetooth that reaches them.

    They are set to 400 Hz or more.
    """

    wearer: Wearer
    radio: Radio


@asynccontextmanager
async def shoes(slots: tuple[Slot, ...] = SLOTS) -> AsyncIterator[Shoes]:
    """Switch sensors on for as long as this lasts."""
    motions = {slot: _motion(slot) for slot in slots}
    radio = VirtualRadio(Air(interval_s=INTERVAL_S))
    async with virtual_air(radio) as air, worn_sensors(air, motions) as worn:
        worn.run()
        host = Radio(scanner=air.scanner, client=air.client, least_rate_hz=RATE_HZ)
        yield Shoes(worn, host)


def _motion(slot: Slot) -> Recorded:
    draw = np.random.default_rng(int(slot))
    counts = draw.normal(0, 3000, size=(24_000, 6)).astype(np.int16)
    return Recorded(counts, RATE_HZ, is_repeated=True)
