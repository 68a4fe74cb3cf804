"""The run itself: sensors stream to disk, a line each says how they do."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from collector.cadence import RUNNING_SPM, CadenceMeter, Phase, RunState
from collector.devices.base import Cadence
from collector.sensor_set import Radio, SensorSet, SensorStatus
from contract import topics
from contract.errors import SpoolError
from contract.messages import FootPod, SensorInfo, SessionMeta
from contract.model import FrameFlag, ImuBatch, Slot
from contract.people import PairedSensor
from contract.units import NS_PER_S
from treadwear.about_runner import AboutRunner
from treadwear.guide import Act, Disk, RunPicture, Voice
from treadwear.pair import too_few
from treadwear.sensor_tables import STALE_S

LOOK_S = 0.5
TELL_EVERY_S = 10.0
"""How often the session's description says how the links do."""
READY_S = 60.0
"""Sensors are waited for so long before the run is said to begin without some."""


class Feed(Protocol):
    """Where the batches of a run go: the collector's feeder, or one that waits."""

    @property
    def meta(self) -> SessionMeta:
        """The session, as it was described last."""

    @property
    def fault(self) -> SpoolError | None:
        """Why nothing can be recorded any more, if that is so."""

    @property
    def fed_frames(self) -> int:
        """Frames that are safe on disk."""

    @property
    def is_refused(self) -> bool:
        """Whether the disk takes nothing now."""

    def next_epoch(self, slot: Slot, /) -> int:
        """Number of a new epoch of one sensor."""

    def push(self, batch: ImuBatch, /) -> None:
        """Take a batch; returns at once."""

    def describe(self, meta: SessionMeta, /) -> None:
        """Say more of the session."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What is streamed: sensors, and when it ends by itself (None: with ctrl-C).

    ``has_pod``: a foot pod is listened to as well, as a check of speed and cadence.
    """

    sensors: tuple[PairedSensor, ...]
    seconds: float | None = None
    stops_by_itself: bool = True
    has_pod: bool = False


def run_meta(
    about: AboutRunner,
    sensors: Sequence[PairedSensor],
    *,
    shoe: str,
    origin_ns: int,
    unverified: str,
    is_virtual: bool,
) -> SessionMeta:
    """Describe a run that begins now, under an id of its own."""
    return SessionMeta(
        runner=about.runner,
        session=topics.new_session_id(),
        origin_ns=origin_ns,
        name=about.name,
        shoe=shoe,
        mass_kg=about.mass_kg,
        sensors={s.slot: SensorInfo(family=s.family, serial=s.serial) for s in sensors},
        unverified=unverified,
        simulated=is_virtual,
        consent_live=about.consent_live,
    )


class RunWatch:
    """Whether she runs, from any sensor that is heard: shoes if there are some."""

    def __init__(self, slots: tuple[Slot, ...]) -> None:
        feet = tuple(slot for slot in slots if slot.is_foot)
        self._slots = feet or slots[:1]
        self._meters: dict[Slot, CadenceMeter] = {}
        self._state = RunState()
        self.cadence_spm: float | None = None

    @property
    def phase(self) -> Phase:
        """Where the run stands."""
        return self._state.phase

    def see(self, batch: ImuBatch) -> None:
        """Take in what a sensor says."""
        if batch.slot not in self._slots:
            return
        meter = self._meters.get(batch.slot)
        if meter is None:
            meter = CadenceMeter(batch.rate_hz, is_foot=batch.slot.is_foot)
            self._meters[batch.slot] = meter
        if batch.flags & FrameFlag.GAP_BEFORE:
            meter.clear()
        meter.add(batch.si())

    def look(self, t_s: float, *, live: Collection[Slot]) -> Phase:
        """Update the state; a silent sensor says nothing, so nothing is paused."""
        meters = [m for slot, m in self._meters.items() if slot in live]
        if not meters:
            self.cadence_spm = None
            return self.phase
        found = [m.cadence_spm for m in meters]
        self.cadence_spm = max((c for c in found if c is not None), default=None)
        return self._state.update(t_s, self.cadence_spm)


class PodWatch:
    """What a foot pod says while she runs."""

    def __init__(self) -> None:
        self._said: list[Cadence] = []
        self._last_ns = 0

    def look(self, said: tuple[Cadence, int] | None, *, is_running: bool) -> None:
        """Take in its last word, each once; standing and walking do not count."""
        if said is None or said[1] == self._last_ns:
            return
        cadence, self._last_ns = said
        if is_running and cadence.cadence_spm >= RUNNING_SPM:
            self._said.append(cadence)

    def mean(self) -> FootPod | None:
        """Means of the run; None before it said anything."""
        n = len(self._said)
        if not n:
            return None
        return FootPod(
            speed_mps=sum(c.speed_mps for c in self._said) / n,
            cadence_spm=sum(c.cadence_spm for c in self._said) / n,
            readings=n,
        )


class LiveRun:
    """One run from its sensors to the feeder.

    Parameters
    ----------
    plan : RunPlan
        What to stream.
    radio : Radio
        Which Bluetooth.
    begin : callable
        Begins the session and gives where its batches go; called when the first sensor
        streams, so that nothing is stored of a run that no sensor came to.
    guide : Voice
        Speaks to the runner.
    """

    def __init__(
        self,
        plan: RunPlan,
        radio: Radio,
        begin: Callable[[], Feed],
        guide: Voice,
    ) -> None:
        self._plan, self._radio, self._begin = plan, radio, begin
        self._guide = guide
        self._feeder: Feed | None = None
        slots = tuple(Slot.from_word(sensor.slot) for sensor in plan.sensors)
        self.watch = RunWatch(slots)
        self._pod = PodWatch()
        self.sensors = SensorSet(
            plan.sensors,
            radio,
            on_batch=self._on_batch,
            next_epoch=self._next_epoch,
            has_pod=plan.has_pod,
        )

    async def stream(self) -> None:
        """Stream until the time is over, the run stops, or it is cancelled."""
        try:
            async with self.sensors.running() as task:
                await self._until_ready(task)
                words = "Stand a moment, then run."
                self._guide.ask(Act.RUN, words)
                await self._until_over(task)
        finally:
            self._tell()

    def _next_epoch(self, slot: Slot) -> int:
        if self._feeder is None:
            self._feeder = self._begin()
        return self._feeder.next_epoch(slot)

    def _on_batch(self, batch: ImuBatch) -> None:
        if self._feeder is not None:
            self._feeder.push(batch)
        self.watch.see(batch)

    async def _until_ready(self, task: asyncio.Task[None]) -> None:
        """Wait until every sensor sends, or say which one is missing and begin.

        Raises `NoSensorError` if there is none, `BluetoothError` without Bluetooth.
        """
        until_s = self._now_s() + READY_S
        with self._guide.running() as show:
            while missing := [s for s in self.sensors.status() if not is_live(s)]:
                if self.sensors.fault is not None and self._feeder is None:
                    raise self.sensors.fault  # later it is tried again, as links are
                if self._now_s() > until_s:
                    break
                show(self._picture())
                await self._pause(task)
        if self._feeder is None:
            raise too_few(0, len(self._plan.sensors))
        if missing:
            names = " and the ".join(s.slot.word for s in missing)
            noun = "sensors are" if len(missing) > 1 else "sensor is"
            self._guide.tell(f"The {names} {noun} not there yet; going on without.")

    async def _until_over(self, task: asyncio.Task[None]) -> None:
        began_s = told_s = self._now_s()
        with self._guide.running() as show:
            while True:
                if self._feeder is not None and self._feeder.fault is not None:
                    raise self._feeder.fault
                now_s = self._now_s()
                live = {s.slot for s in self.sensors.status() if is_live(s)}
                phase = self.watch.look(now_s, live=live)
                self._pod.look(self.sensors.pod(), is_running=phase is Phase.RUNNING)
                if self._plan.seconds and now_s - began_s >= self._plan.seconds:
                    return
                if phase is Phase.STOPPED and self._plan.stops_by_itself:
                    return
                if now_s - told_s >= TELL_EVERY_S:
                    self._tell()
                    told_s = now_s
                show(self._picture())
                await self._pause(task)

    async def _pause(self, task: asyncio.Task[None]) -> None:
        """Let time pass; raise what ended the sensors, if anything did."""
        await asyncio.wait({task}, timeout=LOOK_S)
        if task.done():
            task.result()

    def _tell(self) -> None:
        """Say in the session's description how the links do."""
        if self._feeder is None:
            return
        meta = self._feeder.meta
        infos, pod = self.sensors.infos(), self._pod.mean()
        meta = msgspec.structs.replace(meta, sensors=infos, foot_pod=pod)
        self._feeder.describe(meta)

    def _picture(self) -> RunPicture:
        return RunPicture(
            phase=self.watch.phase,
            cadence_spm=self.watch.cadence_spm,
            disk=self._disk(),
            frames=self._feeder.fed_frames if self._feeder else 0,
            statuses=tuple(self.sensors.status()),
            t_s=self._now_s(),
        )

    def _disk(self) -> Disk:
        """Whether what comes is safe."""
        if self._feeder is None:
            return Disk.NOTHING
        if self._feeder.is_refused:
            return Disk.REFUSED
        return Disk.SAFE if self._feeder.fed_frames else Disk.RECEIVING

    def _now_s(self) -> float:
        return self._radio.clock() / NS_PER_S


def is_live(status: SensorStatus) -> bool:
    """Whether something has come lately."""
    return status.silent_s is not None and status.silent_s < STALE_S
