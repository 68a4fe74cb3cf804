"""Shoes on a virtual radio with the real collector at the other end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np

from collector.link_status import LinkState
from collector.sensor_set import Radio, SensorSet, SensorStatus
from collector.virtual.backend import bumble_backends, switch_on_central
from collector.virtual.motion import Motion, SteppingOnTheSpot
from collector.virtual.radio import Air, VirtualRadio
from collector.virtual.sampling import DeviceClock
from collector.virtual.sensor import Told, Traits, VirtualSensor
from collector.virtual.treadwear_v1 import VirtualTreadwear
from contract.messages import LinkInfo
from contract.model import CountArray, FrameFlag, ImuBatch, Slot
from contract.people import PairedSensor
from tests.collector.virtual_time import monotonic_ns

UNIX_OFFSET_NS = 1_700_000_000_000_000_000
RATE_HZ = 208.0


def traits(slot: Slot, **other: object) -> Traits:
    """Who the sensor of a slot is."""
    n = int(slot)
    usual: dict[str, object] = {
        "name": f"treadwear {slot.word}",
        "address": f"F{n}:00:00:00:00:0{n}",
        "serial": f"TW00000{n}",
        "clock": DeviceClock(start_us=1e6 * n, skew_ppm=20.0 * (2 - n)),
        "seed": n,
    }
    return Traits(**usual | other)  # type: ignore[arg-type]


def paired(slot: Slot, who: Traits, family: str = "treadwear-v1") -> PairedSensor:
    """Remember a sensor as worn there."""
    return PairedSensor(
        slot=slot.word,
        family=family,
        serial=who.serial,
        name=who.name,
        address=who.address,
    )


@dataclass(eq=False)
class Bench:
    """The sensors, what came from them, and how the links do."""

    sensors: dict[Slot, VirtualSensor]
    crew: SensorSet
    came: list[ImuBatch]
    epochs: dict[Slot, int] = field(default_factory=dict)

    def __getitem__(self, slot: Slot) -> VirtualSensor:
        return self.sensors[slot]

    def status(self, slot: Slot) -> SensorStatus:
        return next(s for s in self.crew.status() if s.slot is slot)

    def link(self, slot: Slot) -> LinkInfo:
        link = self.status(slot).info.link
        assert link is not None
        return link

    def batches(self, slot: Slot) -> list[ImuBatch]:
        return [batch for batch in self.came if batch.slot is slot]

    async def until(self, is_so: Callable[[], bool], seconds: float = 30.0) -> float:
        """Let time pass until something is so; gives how long that took."""
        began_s = now_s()
        while not is_so():
            assert now_s() - began_s < seconds, f"not so within {seconds} s"
            await asyncio.sleep(0.01)
        return now_s() - began_s

    async def until_streaming(self, *slots: Slot, seconds: float = 30.0) -> float:
        """Let time pass until packets come from these (all) sensors."""
        wanted = slots or tuple(self.sensors)
        return await self.until(lambda: all(map(self.is_live, wanted)), seconds)

    def is_live(self, slot: Slot) -> bool:
        status = self.status(slot)
        is_fresh = status.silent_s is not None and status.silent_s < 0.2
        return status.link.state is LinkState.STREAMING and is_fresh

    async def until_repaired(self, slot: Slot, seconds: float = 60.0) -> None:
        """Let time pass until every sample so far was handed on."""
        seen = self[slot].told[-1].seq

        def is_whole() -> bool:
            came = np.vstack([b.counts for b in self.batches(slot)])
            return bool(self.link(slot).lost) or len(came) > 19 * (seen + 2)

        await self.until(is_whole, seconds)


def now_s() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def bench(
    *slots: Slot,
    air: Air | None = None,
    motion: Motion | None = None,
    who: Sequence[Traits] = (),
    starts: bool = True,
) -> AsyncIterator[Bench]:
    """Sensors for these slots, switched on, with the collector at work."""
    radio = VirtualRadio(air)
    known = dict(zip(slots, who or [traits(s) for s in slots], strict=True))
    sensors: dict[Slot, VirtualSensor] = {
        slot: VirtualTreadwear(radio, one, motion or SteppingOnTheSpot(RATE_HZ))
        for slot, one in known.items()
    }
    async with collecting(
        radio, sensors, [paired(s, t) for s, t in known.items()], starts=starts
    ) as found:
        yield found


@asynccontextmanager
async def collecting(
    radio: VirtualRadio,
    sensors: dict[Slot, VirtualSensor],
    known: Sequence[PairedSensor],
    *,
    starts: bool = True,
) -> AsyncIterator[Bench]:
    """The collector at work on sensors that are made already."""
    scanner, client = bumble_backends(await switch_on_central(radio))
    host = Radio(
        scanner=scanner,
        client=client,
        clock=monotonic_ns(),
        unix_offset_ns=UNIX_OFFSET_NS,
    )
    epochs: dict[Slot, int] = {}

    def next_epoch(slot: Slot) -> int:
        epochs[slot] = epochs.get(slot, -1) + 1
        return epochs[slot]

    came: list[ImuBatch] = []
    crew = SensorSet(known, host, on_batch=came.append, next_epoch=next_epoch)
    for sensor in sensors.values() if starts else ():
        await sensor.start()
    task = asyncio.create_task(crew.run())
    try:
        yield Bench(sensors, crew, came, epochs)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for sensor in sensors.values():
            await sensor.stop()


def samples(batches: Sequence[ImuBatch]) -> CountArray:
    """All samples of batches, one after another."""
    return np.vstack([batch.counts for batch in batches])


def sent(told: Sequence[Told]) -> CountArray:
    """All samples that a sensor took, in order."""
    ordered = sorted(told, key=lambda one: one.seq)
    return np.vstack([one.counts for one in ordered])


def gaps(batches: Sequence[ImuBatch]) -> list[tuple[int, int]]:
    """Where a gap is said to be: epoch and number of the frame behind it."""
    flag = FrameFlag.GAP_BEFORE
    return [(b.epoch, b.seq) for b in batches if b.flags & flag]


def assert_counted_up(batches: Sequence[ImuBatch]) -> None:
    """Frames count from 0 within each epoch, and epochs rise."""
    places = [(b.epoch, b.seq) for b in batches]
    assert places == sorted(set(places))
    for epoch in {b.epoch for b in batches}:
        numbers = [b.seq for b in batches if b.epoch == epoch]
        assert numbers == list(range(len(numbers)))
