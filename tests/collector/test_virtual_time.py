"""The event loop on virtual time does what a real one does, at once."""

import asyncio
import time

import pytest

from tests.collector.virtual_time import START_S, monotonic_ns, on_virtual_time, run


@on_virtual_time
async def test_an_hour_passes_at_once_and_timers_keep_their_order() -> None:
    loop = asyncio.get_running_loop()
    clock = monotonic_ns()
    rang: list[tuple[str, float]] = []
    loop.call_later(1800, lambda: rang.append(("half", loop.time())))
    loop.call_later(60, lambda: rang.append(("minute", loop.time())))
    before = clock()
    await asyncio.sleep(3600)
    assert rang == [("minute", START_S + 60), ("half", START_S + 1800)]
    assert clock() - before == 3600 * 10**9


@on_virtual_time
async def test_a_timeout_ends_on_virtual_time() -> None:
    began_s = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(20.0):
            await asyncio.Event().wait()
    assert asyncio.get_running_loop().time() == pytest.approx(began_s + 20.0)


@on_virtual_time
async def test_time_stands_still_while_a_thread_works() -> None:
    loop = asyncio.get_running_loop()
    alarm = loop.call_later(0.001, lambda: None)
    began_s = loop.time()
    await asyncio.to_thread(time.sleep, 0.05)
    assert loop.time() == began_s
    alarm.cancel()


def test_what_goes_wrong_in_a_callback_is_not_lost() -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_later(1.0, lambda: {}.pop("none"))
        await asyncio.sleep(2.0)

    with pytest.raises(KeyError):
        run(main())
