"""One foot's path: batches in, ground contacts out, in any portions.

Calibrate once on the first seconds of movement, then cut strides, keep the running
ones, find their events. Everything depends on sample indices and never on how batches
arrive, so live and offline give the same contacts.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from contract.model import FloatArray, FrameFlag, ImuBatch, Slot, samples_of
from contract.people import Mount
from contract.units import NS_PER_S
from processing.contacts import (
    DEAD_AXIS,
    IMPLAUSIBLE,
    NEAR_GAP,
    NO_CALIBRATION,
    NOT_THE_LACES,
    TOO_SLOW_RATE,
    Contacts,
)
from processing.sensor_report import SensorReport
from processing.settings import Settings
from processing.shoe.bout import RunningFilter
from processing.shoe.bridge import MADE_UP, bridge
from processing.shoe.calibration import Calibration, calibrate
from processing.shoe.gait import Due, GaitStage, Judged, judge_together
from processing.shoe.segment import StrideCutter, refined
from processing.shoe.warm_up import WarmUp, portions
from processing.shoe.windows import StrideWindows
from processing.timebase import TimeBase

_GAP = int(FrameFlag.GAP_BEFORE)
"""As a plain number: this is asked of every frame, and an IntFlag takes its time."""

_MOST_DUE = 100
"""Strides that wait at most to be judged: 14 kB each, and a foot takes 85 a minute."""


class FootAnalysis:
    """Turns one shoe sensor's batches, in order, into ground contacts."""

    def __init__(
        self, settings: Settings, slot: Slot, known: Mount | None = None
    ) -> None:
        self.report = SensorReport()
        self._settings = settings
        self._known = known
        self._gait = _Gait(settings, slot, self.report)
        self._warm_up: WarmUp | None = None
        self._stretches: list[_Stretch] = []
        self._begun = 0
        self._rough: list[StrideWindows] = []
        self._latest: ImuBatch | None = None

    @property
    def calibration(self) -> Calibration | None:
        """How the sensor sits, refined by the first running strides."""
        return self._gait.calibration

    def push(self, batches: Sequence[tuple[ImuBatch, int]]) -> Contacts:
        """Take in the next batches, each with its start on the session's clock (ns)."""
        return Contacts.joined([self.cut(batches), self.settle()])

    def cut(self, batches: Sequence[tuple[ImuBatch, int]]) -> Contacts:
        """Do the same, but most of the strides cut wait: see `settle`."""
        parts = [Contacts.none()]
        for portion in portions(batches):
            parts += self._take(portion)
            if sum(rough.count for rough in self._rough) > _MOST_DUE:
                parts.append(self.settle())
        return Contacts.joined(parts)

    @property
    def waits(self) -> bool:
        """Whether strides wait to be settled."""
        return bool(self._rough) or self.due is not None

    @property
    def rough(self) -> StrideWindows | None:
        """Strides that wait to be refined; None when there are none."""
        return StrideWindows.joined(self._rough) if self._rough else None

    @property
    def due(self) -> Due | None:
        """Strides that wait to be judged; None when there are none."""
        return self._gait.due()

    def find(self, strides: StrideWindows) -> Contacts:
        """Take back the strides that waited, refined; the running ones are due then."""
        self._rough.clear()
        return self._gait.find(self._stretches[-1], strides)

    def settle(self, judged: Judged | None = None) -> Contacts:
        """Contacts of the strides that waited, judged here or by the caller."""
        rough = self.rough
        if rough is None:
            return self._gait.settle(judged)
        found = self.find(refined(rough, self._settings.stride))
        return found.followed_by(self._gait.settle())

    def _take(self, portion: Sequence[tuple[ImuBatch, int]]) -> list[Contacts]:
        """Take in frames that follow one another; before the first may be a gap."""
        batch, t_ns = portion[0]
        before: list[Contacts] = []
        waiting = [b for b, _ in portion]
        made_up = self._bridge(batch, t_ns)
        if made_up is not None:
            earlier_ns = batch.t0_ns - made_up.t0_ns
            time = self._stretches[-1].time
            time.add([made_up.n], [t_ns - earlier_ns], [int(MADE_UP)])
            waiting.insert(0, made_up)
        elif self._begins_stretch(batch):
            before.append(self._begin_stretch(batch, t_ns))
        self.report.see(portion)
        self._stretches[-1].time.add(
            [b.n for b, _ in portion],
            [t_ns for _, t_ns in portion],
            [int(b.flags) & ~_GAP for b, _ in portion],
        )
        self._latest = portion[-1][0]
        return [*before, self._advance(waiting)]

    def _bridge(self, batch: ImuBatch, t_ns: int) -> ImuBatch | None:
        """Samples to fill a short gap with; None if there is no gap or a long one."""
        latest = self._latest
        is_gap = int(batch.flags) & _GAP
        if not is_gap or latest is None or latest.epoch != batch.epoch:
            return None
        made_up = bridge(latest, batch)
        if made_up is not None:
            self.report.gaps += 1
            self.report.lost_ns += max(0, t_ns - self.report.last_ns)
        return made_up

    def flush(self) -> Contacts:
        """Give what only waited for more samples; nothing may be pushed afterwards."""
        if not self._stretches or self.report.refusal:
            return Contacts.none()
        found = Contacts.none()
        if self.calibration is None:
            found = self._calibrate(None)
        if self.calibration is None:
            self.report.refuse(NO_CALIBRATION)
            return found
        return found.followed_by(self._close(self._stretches[-1]))

    def _begins_stretch(self, batch: ImuBatch) -> bool:
        """Whether samples are missing before it, or the sensor connected anew."""
        latest = self._latest
        is_new = latest is None or latest.epoch != batch.epoch
        return is_new or int(batch.flags) & _GAP != 0

    def _begin_stretch(self, batch: ImuBatch, t_ns: int) -> Contacts:
        found = Contacts.none()
        if self._stretches:
            self.report.gaps += 1
            self.report.lost_ns += max(0, t_ns - self.report.last_ns)
            if self.calibration is not None:
                found = self._close(self._stretches[-1])
                self._stretches.pop()
        elif batch.rate_hz < self._settings.event.least_rate_hz:
            self.report.refuse(TOO_SLOW_RATE)
        stretch = _Stretch(self._begun, batch.rate_hz, self._settings)
        self._begun += 1
        stretch.calibration = self.calibration
        self._stretches.append(stretch)
        if self._warm_up is None:
            self._warm_up = WarmUp(batch.rate_hz, self._settings.calibration)
        return found

    def _advance(self, batches: list[ImuBatch]) -> Contacts:
        if not batches or self.report.refusal or self._warm_up is None:
            return Contacts.none()
        joined = samples_of(batches)
        stretch = self._stretches[-1]
        if self.calibration is not None:
            rough = stretch.cut(joined)
            self._rough += [rough] if rough.count else []
            return Contacts.none()
        stretch.held.append(joined)
        ready = self._warm_up.add(joined)
        if len(self._stretches) == 1:
            stretch.forget_before(self._warm_up.idle_until)
        return self._calibrate(ready) if ready else Contacts.none()

    def _calibrate(self, count: int | None) -> Contacts:
        """Calibrate on the first samples (None: all), then catch up with the rest."""
        held = np.concatenate([part for s in self._stretches for part in s.held])
        until = None if count is None else count - self._stretches[0].begin
        rate_hz = self._stretches[0].rate_hz
        if len(held) and (np.ptp(held[:until], axis=0) == 0).any():
            self.report.refuse(
                DEAD_AXIS
            )  # a foot that runs turns and shakes every axis
            return Contacts.none()
        calibration = calibrate(
            held[:until], rate_hz, self._settings.calibration, self._known
        )
        if calibration is None:
            return Contacts.none()
        self._gait.calibrated(calibration)
        found = Contacts.none()
        for stretch in self._stretches:
            stretch.calibration = calibration
            rough = stretch.cut(np.concatenate(stretch.held or [np.empty((0, 6))]))
            stretch.held.clear()
            strides = refined(rough, self._settings.stride)
            found = found.followed_by(self._gait.find(stretch, strides))
            if stretch is not self._stretches[-1]:
                found = found.followed_by(self._close(stretch))
        del self._stretches[:-1]
        return found

    def _close(self, stretch: "_Stretch") -> Contacts:
        if self.report.refusal:
            return Contacts.none()
        before = self.settle()
        found = self._gait.find(stretch, stretch.flush())
        settled = self._gait.settle()
        return Contacts.joined([before, found, settled, self._gait.finish(stretch)])


class _Stretch:
    """An unbroken run of samples of one sensor.

    What lies before sample ``begin`` was given up: nothing moved there.
    """

    def __init__(self, number: int, rate_hz: float, settings: Settings) -> None:
        self.number = number
        self.rate_hz = rate_hz
        self.begin = 0
        self.time = TimeBase(rate_hz)
        self.held: list[FloatArray] = []
        self.calibration: Calibration | None = None
        self.running = RunningFilter(settings.stride)
        self.waiting: StrideWindows | None = None
        self._settings = settings
        self._cutter = StrideCutter(rate_hz, settings.stride)

    def forget_before(self, sample: int) -> None:
        """Give up the samples held before this one, counted from the first."""
        if sample <= self.begin:
            return
        whole = np.concatenate(self.held)
        self.held = [whole[sample - self.begin :].copy()]
        self.begin = sample
        self._cutter = StrideCutter(self.rate_hz, self._settings.stride, sample)

    def cut(self, samples: FloatArray) -> StrideWindows:
        """Strides completed by these samples (sensor frame), still to be refined."""
        assert self.calibration is not None  # noqa: S101 - the caller calibrates first
        return self._cutter.cut(self.calibration.frame.apply(samples))

    def flush(self) -> StrideWindows:
        """Strides that only waited for more samples."""
        return self._cutter.flush()

    def midswing_ns(self, strides: StrideWindows) -> list[int]:
        """When these strides were at mid-swing."""
        return [int(t) for t in self.time.at(strides.start + strides.midswing)]


class _Gait:
    """Runs the gait stage; holds the first strides until enough are there."""

    def __init__(self, settings: Settings, slot: Slot, report: SensorReport) -> None:
        self._settings = settings
        self._report = report
        self._stage = GaitStage(settings, slot)
        self.calibration: Calibration | None = None
        self._is_open = False
        self._last_stretch = -1
        self._due: list[Due] = []
        self._last_ns: deque[int] = deque(maxlen=8)

    def calibrated(self, calibration: Calibration) -> None:
        """Take what is now known of how the sensor sits."""
        self.calibration = calibration
        self._report.calibration = calibration

    def find(self, stretch: _Stretch, strides: StrideWindows) -> Contacts:
        """Contacts of the strides that can be judged now."""
        running, others = stretch.running.push(strides)
        for dropped, reason in others:
            # A swing that fell into a gap makes two strides look like a long one.
            is_cut = stretch.time.touches(
                dropped.start + dropped.midswing,
                dropped.start + dropped.midswing + dropped.length,
                MADE_UP,
            )
            for part, why in ((is_cut, NEAR_GAP), (~is_cut, reason)):
                times_ns = stretch.midswing_ns(dropped.select(part))
                self._report.reject(times_ns, why)
        if stretch.waiting is not None:
            running = stretch.waiting.followed_by(running)
            stretch.waiting = None
        opening = self._settings.event.opening
        if self._is_open:
            self._wait(stretch, running)
            return Contacts.none()
        if running.count < opening:
            stretch.waiting = running
            return Contacts.none()
        first = running.select(slice(opening))
        self._open(first)
        self._wait(stretch, first)
        found = self.settle()
        self._wait(stretch, running.select(slice(opening, None)))
        return found

    def finish(self, stretch: _Stretch) -> Contacts:
        """Judge what waited at the end of a stretch."""
        for dropped, reason in stretch.running.flush():
            self._report.reject(stretch.midswing_ns(dropped), reason)
        waiting, stretch.waiting = stretch.waiting, None
        if waiting is None or not waiting.count:
            return Contacts.none()
        self._open(waiting)
        self._wait(stretch, waiting)
        return self.settle()

    def due(self) -> Due | None:
        """Strides that wait, as one; they are of one stretch."""
        if len(self._due) > 1:
            strides = StrideWindows.joined([one.strides for one in self._due])
            self._due = [replace(self._due[0], strides=strides)]
        return self._due[0] if self._due else None

    def settle(self, judged: Judged | None = None) -> Contacts:
        """Take what became of the strides that wait; None: judge them now."""
        due = self.due()
        if due is None:
            return Contacts.none()
        if judged is None:
            judged = judge_together([due])[0]
        self._due.clear()
        self._report.reject(judged.implausible_ns, IMPLAUSIBLE)
        self._report.reject(judged.cut_ns, NEAR_GAP)
        self._report.steps += judged.contacts.count
        self._report.slips = list(self._stage.slips)
        self._count_lost(judged.contacts)
        return judged.contacts

    def _open(self, strides: StrideWindows) -> None:
        """Settle what the first running strides decide."""
        self._is_open = True
        self._stage.open(strides)
        refinement = self._stage.refinement
        if refinement is not None and self.calibration is not None:
            self.calibrated(self.calibration.refined(refinement))
        rise_m = self._stage.rise_m
        low, high = self._settings.event.laces_rise_m
        if rise_m is not None and not low < rise_m < high:
            self._report.refuse(NOT_THE_LACES)

    def _wait(self, stretch: _Stretch, strides: StrideWindows) -> None:
        """Put strides in line to be judged."""
        if strides.count and not self._report.refusal:
            self._due.append(Due(self._stage, strides, stretch))

    def _count_lost(self, contacts: Contacts) -> None:
        """Count the strides that fell into a gap between two stretches of running."""
        for stretch, t_ns in zip(
            contacts.stretch.tolist(), contacts.ic_ns.tolist(), strict=True
        ):
            if stretch != self._last_stretch:
                self._report.reject(self._lost_before(t_ns), NEAR_GAP)
                self._last_ns.clear()
                self._last_stretch = stretch
            self._last_ns.append(t_ns)

    def _lost_before(self, first_ns: int) -> list[int]:
        """When the strides were that lie between the last contacts and this one."""
        if len(self._last_ns) < 2:
            return []
        last_ns = self._last_ns[-1]
        longest_ns = self._settings.stride.longest_gap_s * NS_PER_S
        if first_ns - last_ns > longest_ns:
            return []
        stride_ns = float(np.median(np.diff(self._last_ns)))
        lost = round((first_ns - last_ns) / stride_ns) - 1
        return [last_ns + round((k + 1) * stride_ns) for k in range(lost)]
