"""How soon a sensor streams again after its link broke, in real time."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from benchmarks.bluetooth.shoes import Shoes, shoes
from collector.sensor_set import SensorSet
from collector.virtual.treadwear_v1 import VirtualTreadwear
from contract.model import ImuBatch, Slot

AWAY_S = 6.0
_POLL_S = 0.005
_PATIENCE_S = 30.0


async def after_disconnect(times: int) -> list[float]:
    """Seconds from the sensor's own disconnect to the next packet, each time."""

    async def broken(sensor: VirtualTreadwear) -> None:
        await sensor.disconnect()

    return await _returns(times, broken)


async def after_absence(times: int) -> list[float]:
    """Seconds from coming back into range to the next packet, each time."""

    async def away(sensor: VirtualTreadwear) -> None:
        sensor.out_of_range()
        await asyncio.sleep(AWAY_S)
        sensor.back_in_range()

    return await _returns(times, away)


async def _returns(
    times: int, fault: Callable[[VirtualTreadwear], Awaitable[None]]
) -> list[float]:
    async with shoes((Slot.LEFT, Slot.RIGHT)) as worn:
        came: list[ImuBatch] = []
        crew = SensorSet(
            worn.wearer.paired(),
            worn.radio,
            on_batch=came.append,
            next_epoch=lambda _: 0,
        )
        task = asyncio.create_task(crew.run())
        found = [await _one(worn, crew, fault) for _ in range(times)]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return found


async def _one(
    worn: Shoes,
    crew: SensorSet,
    fault: Callable[[VirtualTreadwear], Awaitable[None]],
) -> float:
    await _until(lambda: _silent_s(crew) < 0.5)
    await asyncio.sleep(1.0)
    await fault(worn.wearer.sensors[Slot.LEFT])
    # What was sent before the fault may still be on its way.
    began_s = time.monotonic()
    await asyncio.sleep(0.05)
    await _until(lambda: _silent_s(crew) < time.monotonic() - began_s - 0.05)
    return time.monotonic() - began_s


def _silent_s(crew: SensorSet) -> float:
    status = next(s for s in crew.status() if s.slot is Slot.LEFT)
    return float("inf") if status.silent_s is None else status.silent_s


async def _until(is_so: Callable[[], bool]) -> None:
    until_s = time.monotonic() + _PATIENCE_S
    while not is_so():
        if time.monotonic() > until_s:
            raise RuntimeError(f"the sensor is not back after {_PATIENCE_S:g} s")
        await asyncio.sleep(_POLL_S)
