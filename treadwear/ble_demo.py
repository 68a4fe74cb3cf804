"""The demonstration's runners with virtual sensors on a virtual radio.

All the way is the real one: advertisement, connection, notifications, clocks, disk.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass

import msgspec

from collector.live_feeder import LiveFeeder
from collector.sensor_set import SensorSet
from collector.service import CollectorService
from collector.simulated.traits import RunnerTraits
from contract.messages import SessionMeta
from contract.model import Slot
from treadwear import air

_FEET = (Slot.LEFT, Slot.RIGHT)
_POLL_S = 0.1
_READY_S = 30.0


@dataclass(frozen=True, slots=True)
class RadioRunner:
    """One runner of the demonstration who wears virtual sensors."""

    meta: SessionMeta
    traits: RunnerTraits
    seed: int


@contextmanager
def streaming(
    collector: CollectorService, runners: Sequence[RadioRunner], seconds: float | None
) -> Iterator[None]:
    """Stream these runners on a thread; ends the sessions when the run is over."""
    air.check_installed()
    is_over = threading.Event()
    feeders = [collector.add_live(runner.meta, _FEET) for runner in runners]

    def stream() -> None:
        asyncio.run(_stream(runners, feeders, seconds or air.RUN_S, is_over))
        collector.stop()

    thread = threading.Thread(target=stream, name="radio", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


async def _stream(
    runners: Sequence[RadioRunner],
    feeders: Sequence[LiveFeeder],
    seconds: float,
    is_over: threading.Event,
) -> None:
    async with AsyncExitStack() as parts:
        around = await parts.enter_async_context(air.virtual_air())
        wearers, crews = [], []
        for number, (runner, feeder) in enumerate(zip(runners, feeders, strict=True)):
            motions = await asyncio.to_thread(
                air.simulated_motions, runner.traits, runner.seed, seconds, _FEET
            )
            worn = air.worn_sensors(around, motions, person=number + 1)
            wearer = await parts.enter_async_context(worn)
            wearers.append(wearer)
            crews.append(
                SensorSet(
                    wearer.paired(),
                    air.radio_in(around, air.RATE_HZ),
                    on_batch=feeder.push,
                    next_epoch=feeder.next_epoch,
                )
            )
        async with AsyncExitStack() as streams:
            for crew in crews:
                await streams.enter_async_context(crew.running())
            await _wait(lambda: all(map(_is_ready, crews)), _READY_S, is_over)
            for wearer in wearers:
                wearer.run()
            await _wait(lambda: False, seconds, is_over)
        for crew, feeder in zip(crews, feeders, strict=True):
            meta = msgspec.structs.replace(feeder.meta, sensors=crew.infos())
            feeder.describe(meta)


def _is_ready(crew: SensorSet) -> bool:
    return all(status.silent_s is not None for status in crew.status())


async def _wait(
    is_so: Callable[[], bool], seconds: float, is_over: threading.Event
) -> None:
    """Let time pass until something is so, it is over, or it takes too long."""
    until_s = asyncio.get_running_loop().time() + seconds
    while not (is_so() or is_over.is_set()):
        left_s = until_s - asyncio.get_running_loop().time()
        if left_s <= 0:
            return
        await asyncio.sleep(min(_POLL_S, left_s))
