"""An event loop whose time is virtual: a minute out of range takes milliseconds.

Whenever nothing is ready the clock jumps to the next timer, so that everything that
asks the loop for the time (timers, `asyncio.timeout`, the virtual radio and sensors)
happens at the same instants in every run, however busy the machine is.
"""

import asyncio
import concurrent.futures
import functools
import selectors
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

_Value = TypeVar("_Value")
START_S = 1000.0
# How long a thread may keep the loop waiting, and how often that is looked at.
_THREAD_S = 20.0
_GLANCE_S = 0.005


class _JumpingSelector(selectors.DefaultSelector):  # type: ignore[valid-type, misc]
    """Never sleeps for a timer; waits only for threads that work for the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = START_S
        self.n_in_threads = 0

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        events: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if events or timeout == 0:
            return events
        if self.n_in_threads:
            events = super().select(_GLANCE_S)
            return events
        if timeout is None:
            events = super().select(_THREAD_S)
            if not events:
                raise RuntimeError("nothing is left that could ever happen")
            return events
        self.now_s += timeout
        return events


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Event loop on virtual time; what goes wrong in a callback is kept."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        self.faults: list[Mapping[str, Any]] = []
        self.set_exception_handler(lambda _loop, fault: self.faults.append(fault))

    def time(self) -> float:
        return self._jumping.now_s

    def run_in_executor(  # type: ignore[override]
        self,
        executor: concurrent.futures.Executor | None,
        func: Callable[..., _Value],
        *args: object,
    ) -> asyncio.Future[_Value]:
        future: asyncio.Future[_Value] = super().run_in_executor(executor, func, *args)
        self._jumping.n_in_threads += 1
        future.add_done_callback(self._thread_is_back)
        return future

    def _thread_is_back(self, _future: asyncio.Future[Any]) -> None:
        self._jumping.n_in_threads -= 1


def run(main: Coroutine[Any, Any, _Value]) -> _Value:
    """Run a coroutine on virtual time; faults in callbacks fail it afterwards."""
    loop: VirtualTimeLoop
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        found = runner.get_loop()
        assert isinstance(found, VirtualTimeLoop)
        loop = found
        value = runner.run(main)
    for fault in loop.faults:
        raise fault.get("exception") or RuntimeError(fault["message"])
    return value


def on_virtual_time(
    test: Callable[..., Coroutine[Any, Any, None]],
) -> Callable[..., None]:
    """Make a test of a coroutine function, run on virtual time."""

    @functools.wraps(test)
    def run_it(*args: object, **named: object) -> None:
        run(test(*args, **named))

    return run_it


def monotonic_ns(
    loop: asyncio.AbstractEventLoop | None = None,
) -> Callable[[], int]:
    """Give a clock in ns that shows the loop's time, for what stamps arrivals."""
    asked = loop or asyncio.get_running_loop()
    return lambda: round(asked.time() * 1e9)
