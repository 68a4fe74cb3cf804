"""One run of the page: context, recording, the end.

Sensors are connected while she fills in the context, so that it records at once when
she starts, or simply runs; what they said before is recorded then too.
"""

import asyncio
import contextlib
import logging

import msgspec

from collector.cadence import Phase
from contract.errors import StoreError, TreadwearError
from contract.messages import SessionMeta
from contract.model import Slot
from contract.people import PairedSensor
from dashboards.phone.state import ContextView, EndView, RunLine, RunView
from dashboards.phone.wishes import Start, TellPain, Wish
from processing.store.sqlite import SqliteStore
from treadwear.about_runner import about_in
from treadwear.club import check_sender, server_words
from treadwear.guide import RunPicture
from treadwear.live_run import LiveRun, RunPlan, run_meta
from treadwear.phone import people
from treadwear.phone.held import HeldFeed
from treadwear.phone.home import Batteries, LastSet, shoe_views
from treadwear.phone.place import Place
from treadwear.phone.recorder import Recorder
from treadwear.phone.run_words import run_line
from treadwear.phone.screen import Screen
from treadwear.phone.views import status_views
from treadwear.phone.voice import PHASES, PageVoice
from treadwear.settings import Settings

_log = logging.getLogger(__name__)

MOST_HELD_S = 900.0
"""A quarter of an hour before the run is kept in memory, 5 MB; then all go to rest."""
KMH_PER_MPS = 3.6


class PageRun:
    """One run; `go` returns when it is over, or was not begun.

    Parameters
    ----------
    place : Place
        Where.
    screen : Screen
        What the page shows.
    inbox : asyncio.Queue
        What she wants: start, stop.
    """

    def __init__(
        self, place: Place, screen: Screen, inbox: "asyncio.Queue[Wish]"
    ) -> None:
        self._place, self._screen, self._inbox = place, screen, inbox
        self._voice = PageVoice(screen, inbox, place.wearer, self._on_picture)
        self._picture: RunPicture | None = None
        self._began_s = 0.0
        self._feed: HeldFeed | None = None
        self._runs_already = asyncio.Event()

    def batteries(self) -> Batteries:
        """What the sensors' batteries had at last, where they said so."""
        views = status_views(self._picture.statuses) if self._picture else ()
        return {v.slot: v.battery_pct for v in views if v.battery_pct is not None}

    async def go(
        self,
        worn: LastSet,
        sensors: tuple[PairedSensor, ...],
        unverified: str,
        notes: tuple[str, ...] = (),
    ) -> None:
        """Connect, wait for her to start, record, and say how it went."""
        check_sender(self._place.settings, worn.runner)
        feed = self._feed = HeldFeed(await self._meta(worn, sensors, unverified))
        await self._show_context(worn, unverified, notes)
        self._voice.hold()
        plan, radio = RunPlan(sensors), self._place.radio
        run = LiveRun(plan, radio, lambda: feed, self._voice)
        recorder = self._recorder(feed)
        stream = asyncio.create_task(run.stream(), name="page run")
        try:
            await asyncio.to_thread(recorder.open)
            start = await self._until_start(stream)
            if start is not None:
                await self._begin(start, worn, feed, recorder)
                trouble = await self._until_stop(stream)
                await self._end(feed, recorder, trouble)
        finally:
            await _ended(stream)
            await asyncio.shield(asyncio.to_thread(recorder.close))

    def _recorder(self, feed: HeldFeed) -> Recorder:
        session = feed.meta.session
        return Recorder(self._place.settings, self._place.port, session)

    async def _meta(
        self, worn: LastSet, sensors: tuple[PairedSensor, ...], unverified: str
    ) -> SessionMeta:
        about = await self._place.stored(lambda store: about_in(store, worn.runner))
        return run_meta(
            about,
            sensors,
            shoe=worn.shoe,
            origin_ns=self._place.radio.unix_ns(),
            unverified=unverified,
            is_virtual=self._screen.now.is_virtual,
        )

    async def _show_context(
        self, worn: LastSet, unverified: str, notes: tuple[str, ...]
    ) -> None:
        def look(store: SqliteStore) -> ContextView:
            rows = [r for r in store.sessions() if r.runner == worn.runner]
            last = store.meta(rows[0].session) if rows else None
            speed_mps = last.speed_mps if last else None
            return ContextView(
                shoe=worn.shoe,
                shoes=shoe_views(store, worn.runner, worn.shoe),
                surface=last.surface if last else "",
                bends=last.bends if last else "",
                speed_kmh=speed_mps and round(speed_mps * KMH_PER_MPS, 1),
                notes=notes,
                unverified=unverified,
            )

        context = await self._place.stored(look)
        self._screen.show(step="context", context=context)

    # ---- before and after the start ----

    async def _until_start(self, stream: asyncio.Task[None]) -> Start | None:
        """Give what she wrote; as it stands there when she simply runs."""
        asked = asyncio.create_task(self._inbox.get())
        runs = asyncio.create_task(self._runs_already.wait())
        waiting: set[asyncio.Task[object]] = {asked, runs, stream}
        try:
            async with asyncio.timeout(MOST_HELD_S):
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            return None
        finally:
            await _ended(asked)
            await _ended(runs)
        if stream.done():
            stream.result()  # raises what went wrong
        if asked.done() and not asked.cancelled():
            wish = asked.result()
            return wish if isinstance(wish, Start) else None
        return self._as_it_stands()

    def _as_it_stands(self) -> Start:
        context = self._screen.now.context or ContextView()
        return Start(
            shoe=context.shoe,
            surface=context.surface,
            bends=context.bends,
            speed_kmh=context.speed_kmh,
        )

    async def _begin(
        self, start: Start, worn: LastSet, feed: HeldFeed, recorder: Recorder
    ) -> None:
        meta = _told(feed.meta, start)
        feed.describe(meta)
        slots = tuple(Slot.from_word(word) for word in meta.sensors)
        feed.release(lambda told: recorder.begin(told, slots))
        self._began_s = self._picture.t_s if self._picture else 0.0
        view = RunView(unverified=meta.unverified)
        self._screen.show(step="running", run=view)
        self._on_picture_again()
        self._voice.let_go()
        if start.pain is not None:
            told = TellPain(pain=start.pain, where=start.where)
            await self._place.stored(
                lambda store: people.told_pain(store, worn.runner, told)
            )

    async def _until_stop(self, stream: asyncio.Task[None]) -> TreadwearError | None:
        """Wait until she stops, or it stops by itself; gives what ended it, if any."""
        asked = asyncio.create_task(self._inbox.get())
        await asyncio.wait({asked, stream}, return_when=asyncio.FIRST_COMPLETED)
        await _ended(asked)
        await _ended(stream)
        fault = None if stream.cancelled() else stream.exception()
        if fault is not None and not isinstance(fault, TreadwearError):
            raise fault
        return fault

    async def _end(
        self,
        feed: HeldFeed,
        recorder: Recorder,
        trouble: TreadwearError | None,
    ) -> None:
        self._screen.show(step="saving")
        try:
            await asyncio.to_thread(recorder.finish)
        except TreadwearError as fault:
            trouble = fault
        note = str(trouble) if trouble else ""
        if self._place.settings.analysed_here:
            end = await self._place.stored(
                lambda store: _outcome(store, feed.meta, note)
            )
        else:
            end = _sent(self._place.settings, feed.meta, note)
        self._screen.show(step="ended", end=end)

    # ---- pictures of the run ----

    def _on_picture(self, picture: RunPicture) -> None:
        self._picture = picture
        if self._feed is not None and self._feed.is_open:
            self._on_picture_again()
            return
        if picture.phase is Phase.RUNNING:
            self._runs_already.set()
        context = self._screen.now.context
        if context is not None and self._screen.now.step == "context":
            views = status_views(picture.statuses)
            changed = msgspec.structs.replace(context, sensors=views)
            if changed != context:
                self._screen.show(context=changed)

    def _on_picture_again(self) -> None:
        picture, run = self._picture, self._screen.now.run
        if picture is None or run is None or self._screen.now.step != "running":
            return
        views = status_views(picture.statuses)
        spm = picture.cadence_spm
        run = msgspec.structs.replace(
            run,
            phase=PHASES[picture.phase],
            elapsed_s=max(0, int(picture.t_s - self._began_s)),
            cadence_spm=None if spm is None else round(spm),
            disk=picture.disk.value,
            sensors=views,
            lost=tuple(v.slot for v in views if not v.is_live),
        )
        self._screen.show(run=run)


def _told(meta: SessionMeta, start: Start) -> SessionMeta:
    """Describe the run in her words."""
    has_bends = start.surface in ("road", "track")
    on_belt = start.surface == "treadmill" and start.speed_kmh is not None
    return msgspec.structs.replace(
        meta,
        shoe=people.plain(start.shoe),
        surface=start.surface,
        bends=start.bends if has_bends else "",
        speed_mps=round((start.speed_kmh or 0) / KMH_PER_MPS, 3) if on_belt else None,
        note=people.plain(start.note),
    )


def _outcome(store: SqliteStore, meta: SessionMeta, note: str) -> EndView:
    """Say how the run went, or why that is not known yet."""
    try:
        row = store.session(meta.session)
    except StoreError:
        words = note or "Nothing came from the sensors, so nothing was kept."
        line = RunLine(session=meta.session, when="just now", verdict="", words=words)
        return EndView(line=line)
    has_report = row.state == "ended"
    return EndView(line=run_line(store, row), has_report=has_report, note=note)


def _sent(settings: Settings, meta: SessionMeta, note: str) -> EndView:
    """Say where a run is that a server analyses."""
    words = note or f"All of it is stored at the server, {server_words(settings)}."
    line = RunLine(session=meta.session, when="just now", verdict="", words=words)
    return EndView(line=line)


async def _ended(task: "asyncio.Task[object]") -> None:
    """End a task and wait for it; what it raised stays in it."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.wait({task})
