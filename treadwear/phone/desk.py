"""What stands behind the runner's page: a thread with a loop that lives in Bluetooth.

The run goes on when no page is open; it ends, stored as far as it came, when treadwear
does.
"""

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from collector.recording import read_recording
from contract.errors import StoreError, TreadwearError
from contract.model import Slot
from dashboards.phone.routes import STYLE_HREF, PhoneDesk
from dashboards.phone.state import PhoneState
from dashboards.phone.wishes import Wish
from dashboards.report.build import build_report
from dashboards.report.data import collect
from processing.store.sqlite import SqliteStore
from treadwear.about_runner import named
from treadwear.air import SIMULATED, air
from treadwear.known import advice_for
from treadwear.phone.journey import Journey
from treadwear.phone.place import Place
from treadwear.phone.screen import Screen
from treadwear.settings import Settings

_log = logging.getLogger(__name__)

LEAST_RATE_HZ = 200.0
_FEET = (Slot.LEFT, Slot.RIGHT)
_PATIENCE_S = 20.0
"""A wish needs some milliseconds; one that takes so long will not be fulfilled."""

MakeLoop = Callable[[], asyncio.AbstractEventLoop]


class PhoneKit:
    """The desk of `dashboards.phone`; `start` it, and `close` it at the end.

    Parameters
    ----------
    settings : Settings
        Where everything is.
    port : int
        Of the broker.
    source : str or None
        Virtual sensors instead of Bluetooth, as ``--virtual`` names them.
    make_loop : callable, optional
        Gives the loop that the doings live in; tests let its time run faster.
    """

    def __init__(
        self,
        settings: Settings,
        port: int,
        source: str | None = None,
        make_loop: MakeLoop | None = None,
    ) -> None:
        self._settings, self._port, self._source = settings, port, source
        self._make_loop = make_loop
        self._screen = Screen(is_virtual=source is not None)
        self._ready: concurrent.futures.Future[asyncio.AbstractEventLoop]
        self._ready = concurrent.futures.Future()
        self._journey: Journey | None = None
        self._end: asyncio.Event | None = None
        self._over: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, name="phone", daemon=True)

    def start(self) -> None:
        """Begin; raises what keeps the sensors from being used at all."""
        self._thread.start()
        self._ready.result()

    def close(self) -> None:
        """End what goes on, as it should, and the thread."""
        loop = self._ready.result()
        if self._end is not None:
            with suppress(RuntimeError):  # it has ended by itself
                loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    # ---- what the routes ask

    def state(self) -> PhoneState:
        """What the page shows now."""
        return self._screen.now

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` after each change, until what this gives is called."""
        return self._screen.watch(wake)

    def do(self, wish: Wish) -> None:
        """Fulfil a wish; `TreadwearError` when it cannot be had now."""
        if self._journey is None or self._over.done():
            raise _gone()
        taking = self._journey.take(wish)
        try:
            done = asyncio.run_coroutine_threadsafe(taking, self._ready.result())
        except RuntimeError as fault:  # the loop was closed since we looked
            taking.close()
            raise _gone() from fault
        _wait_for_one_of(done, self._over)
        if not done.done() and self._over.done():  # it ended before it came to this
            taking.close()
            raise _gone()
        _result_of(done)

    def report(self, session: str) -> str | None:
        """Report of a run, its style linked; None if there is no such run."""
        with SqliteStore.open(self._settings.store_path) as store:
            try:
                store.session(session)
            except StoreError:
                return None
            advice = advice_for(store, session)
            data = collect(store, session, advice=advice)
            data = replace(data, session=named(store, data.session))
        return build_report(data, style_href=STYLE_HREF)

    # ---- the thread

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._make_loop) as runner:
                runner.run(self._live())
        except Exception as fault:  # noqa: BLE001 - for whoever waits for the start
            if self._ready.done():
                _log.exception("the runner's page has ended in a fault")
            else:
                self._ready.set_exception(fault)
        finally:
            self._over.set_result(None)

    async def _live(self) -> None:
        self._end = asyncio.Event()
        slots = await asyncio.to_thread(_worn_in, self._source)
        async with air(self._source, slots, LEAST_RATE_HZ) as (radio, wearer):
            place = Place(self._settings, self._port, radio, wearer)
            journey = Journey(place, self._screen)
            await journey.leave()
            self._journey = journey
            self._ready.set_result(asyncio.get_running_loop())
            try:
                await self._end.wait()
            finally:
                await journey.end()


def _wait_for_one_of(*futures: "concurrent.futures.Future[None]") -> None:
    first = concurrent.futures.FIRST_COMPLETED
    concurrent.futures.wait(futures, _PATIENCE_S, return_when=first)


def _result_of(done: "concurrent.futures.Future[None]") -> None:
    if not done.done():
        done.cancel()
        raise TreadwearError("that took too long", "the computer is busy", "Try again.")
    try:
        done.result()
    except concurrent.futures.CancelledError as fault:
        raise TreadwearError("treadwear is about to end") from fault


def _gone() -> TreadwearError:
    why = "the part behind this page has ended"
    return TreadwearError("nothing can be done here", why, "Start it again.")


def _worn_in(source: str | None) -> tuple[Slot, ...]:
    """Where virtual sensors are worn: on both feet, or as in the recording."""
    if source in (None, SIMULATED) or not Path(source or "").is_dir():
        return _FEET
    return tuple(sorted(read_recording(Path(source or "")).tracks))


@contextmanager
def phone_desk(
    settings: Settings, port: int, air: str | None = None
) -> Iterator[PhoneDesk]:
    """Desk of the runner's page, on a broker with a processing behind it.

    ``air`` names virtual sensors, as ``--virtual`` does; None is real Bluetooth.
    """
    kit = PhoneKit(settings, port, air)
    kit.start()
    try:
        yield kit
    finally:
        kit.close()
