"""The runner's way from the first screen to the report, on the kit's own loop.

Finding, checking and recording are those of the commands; what is here is their order,
what is kept between them, and the way back when one of them fails.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from contract.errors import TreadwearError, UsageError
from contract.model import Slot
from contract.people import FitCheck, PairedSensor
from dashboards.phone.state import FindView, FitView
from dashboards.phone.wishes import (
    AddRunner,
    Again,
    Agree,
    ChooseRunner,
    ChooseShoe,
    Home,
    Next,
    Ready,
    Skip,
    Swap,
    TellPain,
    WearHip,
    Wish,
    name_of,
)
from processing.store.people import fit_check_of
from processing.store.sqlite import SqliteStore
from treadwear import check as fit
from treadwear.pair import PairPlan, pair
from treadwear.phone import people
from treadwear.phone.home import Batteries, Choice, LastSet, home_view, last_set
from treadwear.phone.place import Place
from treadwear.phone.run import PageRun
from treadwear.phone.screen import Screen
from treadwear.phone.views import fault_view, ticks
from treadwear.phone.voice import PageVoice

_log = logging.getLogger(__name__)
T = TypeVar("T")

SKIPPED = "the sensors were not checked before this run"
NOT_NOW = UsageError(
    "that cannot be done now",
    "the page has gone on meanwhile",
    "Look at what it shows now.",
)

SOMEBODY_ELSE = UsageError(
    "nothing was changed",
    "another phone has chosen another runner meanwhile",
    "Look at who runs now.",
)


OTHER_FOOT = {"left": "right", "right": "left"}


def swapped(sensors: tuple[PairedSensor, ...]) -> tuple[PairedSensor, ...]:
    """Give the same sensors with left and right exchanged, in the order of slots."""
    worn = [
        msgspec.structs.replace(s, slot=OTHER_FOOT.get(s.slot, s.slot)) for s in sensors
    ]
    return tuple(sorted(worn, key=lambda s: Slot.from_word(s.slot)))


class Journey:
    """All of the page's doings; used on one loop.

    Parameters
    ----------
    place : Place
        Where.
    screen : Screen
        What the page shows.
    """

    def __init__(self, place: Place, screen: Screen) -> None:
        self._place, self._screen = place, screen
        self._inbox: asyncio.Queue[Wish] = asyncio.Queue()
        self._act: asyncio.Task[None] | None = None
        self._choice = Choice()
        self._heard: dict[str, Batteries] = {}
        self._is_again = False

    async def take(self, wish: Wish) -> None:
        """Fulfil a wish; raises `UsageError` when it cannot be had now."""
        if name_of(wish) not in self._screen.now.may:
            raise NOT_NOW
        if wish.of and wish.of != self._runner():
            raise SOMEBODY_ELSE
        match wish:
            case Home():
                await self.leave()
            case Ready():
                self._begin(again=wish.again)
            case Again() if self._screen.now.step == "fault":
                self._begin(again=self._is_again)
            case TellPain():
                await self._pain(wish)
            case ChooseRunner() | AddRunner() | Agree() | ChooseShoe() | WearHip():
                await self._choose(wish)
            case _:
                self._screen.take_nothing()
                self._inbox.put_nowait(wish)

    def _runner(self) -> str:
        """Give who is shown."""
        runner = self._screen.now.home.runner
        return runner.runner if runner else ""

    async def leave(self) -> None:
        """End whatever goes on, and go to the first screen."""
        await self.end()
        await self._show_home()

    async def end(self) -> None:
        """End whatever goes on; a run that is recorded ends as it should."""
        act, self._act = self._act, None
        if act is not None:
            act.cancel()
            await asyncio.gather(act, return_exceptions=True)

    # ---- the first screen ----

    async def _show_home(self) -> None:
        def look(store: SqliteStore) -> dict[str, Any]:
            virtual = self._screen.now.is_virtual
            view = home_view(store, self._choice, self._heard, is_virtual=virtual)
            return {"home": view}

        found = await self._place.stored(look)
        parts = ("find", "shake", "fit", "context", "run", "end", "fault")
        self._screen.show(step="home", **dict.fromkeys(parts), **found)

    async def _choose(self, wish: people.ChoiceWish) -> None:
        known = self._runner()
        self._choice = await self._place.stored(
            lambda store: people.choose(store, known, self._choice, wish)
        )
        await self._show_home()

    async def _pain(self, wish: TellPain) -> None:
        runner = self._screen.now.home.runner
        end = self._screen.now.end
        if runner is None or end is None:
            raise NOT_NOW
        words = await self._place.stored(
            lambda store: people.told_pain(store, runner.runner, wish)
        )
        end = msgspec.structs.replace(end, pain=wish.pain, advice=words)
        self._screen.show(end=end)

    # ---- the way ----

    def _begin(self, *, again: bool) -> None:
        self._is_again = again
        while not self._inbox.empty():
            self._inbox.get_nowait()
        self._screen.show(step="find", find=FindView(), fault=None)
        self._act = asyncio.create_task(self._guarded(self._way), name="journey")

    async def _guarded(self, way: Callable[[], Awaitable[None]]) -> None:
        try:
            await way()
        except TreadwearError as fault:
            self._screen.show(step="fault", fault=fault_view(fault))
        except Exception as fault:  # noqa: BLE001 - the page must not stand still for ever
            _log.exception("the page's doing ended in a fault")
            told = TreadwearError(
                "something went wrong that nobody foresaw",
                type(fault).__name__,
                "Try again. What was recorded so far is safe on disk.",
            )
            self._screen.show(step="fault", fault=fault_view(told))

    async def _way(self) -> None:
        worn = await self._place.stored(self._last_set)
        voice = PageVoice(self._screen, self._inbox, self._place.wearer)
        sensors = await self._find(worn, voice)
        sensors, unverified = await self._fit(worn, sensors, voice)
        run = PageRun(self._place, self._screen, self._inbox)
        await run.go(worn, sensors, unverified, voice.notes)
        self._heard[worn.runner] = {**voice.batteries, **run.batteries()}
        if self._screen.now.step != "ended":
            await self._show_home()

    def _last_set(self, store: SqliteStore) -> LastSet:
        virtual = self._screen.now.is_virtual
        worn = last_set(store, self._choice, is_virtual=virtual)
        if worn is None:
            raise NOT_NOW
        return worn

    async def _find(self, worn: LastSet, voice: PageVoice) -> tuple[PairedSensor, ...]:
        known = None if self._is_again else worn.pairing
        find = FindView(is_known=known is not None, needed=worn.places)
        self._screen.show(step="find", find=find, shake=None)
        slots = tuple(Slot)[: worn.places]
        found = await pair(PairPlan(slots, known), self._place.radio, voice)
        self._heard[worn.runner] = dict(voice.batteries)
        self._is_again = False  # from here on they are known
        await self._remember_sensors(worn, found)
        return found

    async def _fit(
        self, worn: LastSet, sensors: tuple[PairedSensor, ...], voice: PageVoice
    ) -> tuple[tuple[PairedSensor, ...], str]:
        """Check the fit, again if she wants; gives why the run is not verified.

        The sensors come with it: she may have said that left is right.
        """
        now_ns = self._place.radio.unix_ns()
        checked = await self._place.stored(
            lambda store: fit_check_of(store, worn.runner, worn.shoe)
        )
        if not fit.why_unverified(checked, sensors, now_ns):
            return sensors, ""
        while True:
            view = FitView(stage="connecting", ticks=ticks(()))
            self._screen.show(step="fit", fit=view)
            work = fit.check(sensors, self._place.radio, voice)
            results = await self._unless_answered(work)
            if results is None:
                return sensors, SKIPPED
            time_ns = self._place.radio.unix_ns()
            kept = fit.kept_check(results, sensors, worn.shoe, time_ns)
            await self._remember(worn, kept)
            view = FitView(stage="done", ticks=ticks(results), is_good=not kept.failed)
            self._screen.show(fit=view)
            wish = await self._inbox.get()
            if isinstance(wish, Next | Skip):
                return sensors, fit.why_unverified(kept, sensors, time_ns)
            if isinstance(wish, Swap):
                sensors = swapped(sensors)
                await self._remember_sensors(worn, sensors)

    async def _remember_sensors(
        self, worn: LastSet, sensors: tuple[PairedSensor, ...]
    ) -> None:
        await self._place.stored(
            lambda store: people.remember(store, worn.runner, worn.shoe, sensors)
        )

    async def _remember(self, worn: LastSet, check: FitCheck) -> None:
        await self._place.stored(
            lambda store: people.remember_check(store, worn.runner, check)
        )

    async def _unless_answered(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Give what comes of it, or None when she answers before."""
        doing: asyncio.Task[T] = asyncio.create_task(work)
        answer = asyncio.create_task(self._inbox.get())
        try:
            await asyncio.wait({doing, answer}, return_when=asyncio.FIRST_COMPLETED)
            return doing.result() if doing.done() else None
        finally:
            for task in (doing, answer):
                task.cancel()
            await asyncio.gather(doing, answer, return_exceptions=True)
