"""The voice of the page: what pairing, check and run say is shown there.

It is used on the kit's thread; answers come by the inbox of wishes.
"""

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec

from collector.cadence import Phase
from collector.check_result import CheckResult
from collector.discovery import Sighting
from collector.pairing import Candidate
from collector.shake import LEAST_LEVEL_MPS2
from contract.model import Slot
from dashboards.phone.state import FindView, FitView, ShakeView
from dashboards.phone.wishes import Answer, Wish
from treadwear.check import STAND_S
from treadwear.guide import Act, RunPicture, Seen, Shown, Wearer
from treadwear.pair import LOOKING, PUT_NEAR
from treadwear.phone.screen import Screen
from treadwear.phone.views import STANDING, STEPPING, near_views, ticks

MOST_LEVELS = 30
"""Of the picture of a shake: six seconds."""
EVERY_LOOK = 2
"""Looks come ten times a second, the page draws five times."""
MOST_NOTES = 3
TEN = 10


class PageVoice:
    """Speaks by the screen.

    Parameters
    ----------
    screen : Screen
        What the page shows.
    inbox : asyncio.Queue
        What she answers.
    wearer : Wearer, optional
        Does what is asked, where the sensors are virtual.
    on_run : callable
        Gets each picture of the run.
    """

    def __init__(
        self,
        screen: Screen,
        inbox: "asyncio.Queue[Wish]",
        wearer: Wearer | None = None,
        on_run: Callable[[RunPicture], None] = lambda _: None,
    ) -> None:
        self._screen, self._inbox = screen, inbox
        self._wearer, self._on_run = wearer, on_run
        self._notes: tuple[str, ...] = ()
        self._looks = 0
        self._is_held = False
        self.batteries: dict[str, int | None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What she should know before she goes."""
        return self._notes

    def hold(self) -> None:
        """Let nobody run yet who is asked to: she has not pressed start."""
        self._is_held = True

    def let_go(self) -> None:
        """Let a virtual runner run now."""
        self._is_held = False
        self._do(Act.RUN, None)

    def ask(self, act: Act, words: str, slot: Slot | None = None) -> None:
        """Ask for something: the page knows by the act how to draw it."""
        del words
        if act is Act.SHAKE and slot is not None:
            view = ShakeView(slot=slot.word, notes=self._notes)
            self._screen.show(step="shake", shake=view)
        if act is Act.STAND:
            now = ticks((), STANDING)
            self._fit(stage="standing", ticks=now, seconds_left=round(STAND_S))
        if act is Act.STEP:
            self._fit(stage="stepping", steps=0)
        if act is Act.REST and self._screen.now.step == "fit":
            self._fit(stage="looking")
        if not (act is Act.RUN and self._is_held):
            self._do(act, slot)

    def tell(self, words: str) -> None:
        """Say something, where there is a place for it."""
        if words in _PROMPTS:
            return
        self._notes = (*self._notes, words.strip())[-MOST_NOTES:]
        find = self._screen.now.find
        if self._screen.now.step == "find" and find is not None:
            find = msgspec.structs.replace(find, notes=self._notes)
            self._screen.show(find=find)

    @contextmanager
    def searching(self) -> Iterator[Seen]:
        """Show what is near while it is searched."""
        known: set[str] = set()

        def show(seen: Mapping[str, Sighting]) -> None:
            if known.issuperset(seen):
                return
            known.update(seen)
            find = self._screen.now.find or FindView()
            find = msgspec.structs.replace(find, near=near_views(seen.values()))
            self._screen.show(find=find)

        yield show

    def other(self, sighting: Sighting) -> None:
        """Show a device that is known but has nothing for a shoe."""
        find = self._screen.now.find
        more = near_views([sighting])
        if find is not None and more[0].kind not in {m.kind for m in find.more}:
            find = msgspec.structs.replace(find, more=(*find.more, *more))
            self._screen.show(find=find)

    def near(self, streaming: Sequence[Candidate]) -> None:
        """Nothing: she is asked to shake one at once."""

    def moving(self, levels: Mapping[str, float]) -> None:
        """Show how much the two that move most do so."""
        self._looks += 1
        shake = self._screen.now.shake
        if self._looks % EVERY_LOOK or shake is None:
            return
        known = sorted((v for v in levels.values() if not math.isnan(v)), reverse=True)
        first, second = (*known, 0.0, 0.0)[:2]
        moving = (*shake.moving, round(first, 1))[-MOST_LEVELS:]
        resting = (*shake.resting, round(second, 1))[-MOST_LEVELS:]
        shake = msgspec.structs.replace(
            shake,
            moving=moving,
            resting=resting,
            both_move=second >= LEAST_LEVEL_MPS2,
        )
        self._screen.show(shake=shake)

    async def agree(self, slot: Slot, moved: Candidate) -> Slot:
        """Show which one moved, and ask whether it is the one that was asked for."""
        del moved
        shake = self._screen.now.shake or ShakeView(slot=slot.word)
        while not self._inbox.empty():
            self._inbox.get_nowait()
        shake = msgspec.structs.replace(shake, is_found=True, both_move=False)
        self._screen.show(shake=shake)
        wish = await self._inbox.get()
        is_right = not isinstance(wish, Answer) or wish.is_right
        if is_right or not slot.is_foot:
            return slot
        return Slot.RIGHT if slot is Slot.LEFT else Slot.LEFT

    def found(self, slot: Slot, candidate: Candidate) -> None:
        """Keep what its battery has; the next screens show it."""
        self.batteries[slot.word] = candidate.battery_pct

    def counting(self, seconds_left: float, steps: int | None) -> None:
        """Show how far the fit check is, where that changed."""
        fit = self._screen.now.fit
        left, count = math.ceil(seconds_left), min(steps or 0, TEN)
        if fit is None or (fit.seconds_left, fit.steps) != (left, count):
            self._fit(seconds_left=left, steps=count)

    def checked(self, results: Sequence[CheckResult]) -> None:
        """Show the first ticks while she steps for the others."""
        self._fit(ticks=ticks(results, STEPPING))

    @contextmanager
    def running(self) -> Iterator[Shown]:
        """Hand each picture on to whoever began the run."""
        yield self._on_run

    def _fit(self, **changes: object) -> None:
        fit = self._screen.now.fit or FitView(stage="connecting")
        self._screen.show(fit=msgspec.structs.replace(fit, **changes))

    def _do(self, act: Act, slot: Slot | None) -> None:
        if self._wearer is not None:
            self._wearer(act, slot)


PHASES = {
    Phase.WAITING: "waiting",
    Phase.RUNNING: "running",
    Phase.PAUSED: "paused",
    Phase.STOPPED: "stopped",
}

_PROMPTS = {PUT_NEAR, *(LOOKING.format(n) for n in (1, 2, 3)), "Connecting."}
"""What the screen says itself."""
