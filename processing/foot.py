"""One foot's path: batches in, ground contacts out, in any portions.

Calibrate once on the first seconds of movement, then cut strides, keep the running
ones, find their events. Everything depends on sample indices and never on how batches
arrive, so live and offline give the same contacts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from contract.model import FloatArray, FrameFlag, ImuBatch
from contract.units import NS_PER_S
from processing.bout import RunningFilter
from processing.calibration import Calibration, calibrate
from processing.contacts import (
    IMPLAUSIBLE,
    NO_CALIBRATION,
    TOO_SLOW_RATE,
    WALKING,
    Contacts,
    Rejected,
)
from processing.dsp import BoolArray
from processing.events.shoe import ContactEvents, ShoeEventFinder
from processing.segment import StrideCutter
from processing.settings import CalibrationSettings, EventSettings, Settings
from processing.timebase import TimeBase
from processing.windows import StrideWindows


@dataclass(slots=True)
class FootReport:
    """What was seen of one foot so far."""

    rate_hz: float | None = None
    samples: int = 0
    frames: int = 0
    clipped: int = 0
    gaps: int = 0
    lost_ns: int = 0
    first_ns: int | None = None
    last_ns: int = 0
    steps: int = 0
    walking: int = 0
    rejected: int = 0
    calibration: Calibration | None = None
    refusal: str = ""
    new_rejects: list[Rejected] = field(default_factory=list)

    @property
    def strides(self) -> int:
        """Strides seen, with or without a step."""
        return self.steps + self.rejected

    def see(self, batch: ImuBatch, t_ns: int) -> None:
        """Count a batch that begins at ``t_ns``."""
        if self.first_ns is None:
            self.first_ns, self.rate_hz = t_ns, batch.rate_hz
        self.frames += 1
        self.samples += batch.n
        self.clipped += bool(batch.flags & FrameFlag.CLIPPED)
        self.last_ns = t_ns + round(batch.n * NS_PER_S / batch.rate_hz)

    def reject(self, times_ns: Sequence[int], reason: str) -> None:
        """Note strides that gave no step."""
        self.rejected += len(times_ns)
        self.walking += len(times_ns) if reason == WALKING else 0
        self.new_rejects += [Rejected(int(t), reason) for t in times_ns]


class FootAnalysis:
    """Turns one shoe sensor's batches, in order, into ground contacts."""

    def __init__(self, settings: Settings) -> None:
        self.report = FootReport()
        self._settings = settings
        self._events = _EventStage(settings.event)
        self._warm_up: _WarmUp | None = None
        self._stretches: list[_Stretch] = []
        self._epoch = -1

    def push(self, batches: Sequence[tuple[ImuBatch, int]]) -> Contacts:
        """Take in the next batches, each with its start on the session's clock (ns)."""
        found = Contacts.none()
        waiting: list[FloatArray] = []
        for batch, t_ns in batches:
            if self._begins_stretch(batch):
                found = found.followed_by(self._advance(waiting))
                waiting = []
                found = found.followed_by(self._begin_stretch(batch, t_ns))
            self.report.see(batch, t_ns)
            self._stretches[-1].time.add(batch.n, t_ns)
            waiting.append(batch.si())
        return found.followed_by(self._advance(waiting))

    def flush(self) -> Contacts:
        """Give what only waited for more samples; nothing may be pushed afterwards."""
        if not self._stretches or self.report.refusal:
            return Contacts.none()
        found = Contacts.none()
        if self.report.calibration is None:
            found = self._calibrate(self.report.samples)
        if self.report.calibration is None:
            self._refuse(NO_CALIBRATION)
            return found
        return found.followed_by(self._close(self._stretches[-1]))

    def _begins_stretch(self, batch: ImuBatch) -> bool:
        """Whether samples are missing before it, or the sensor connected anew."""
        is_first = not self._stretches or batch.epoch != self._epoch
        self._epoch = batch.epoch
        return is_first or bool(batch.flags & FrameFlag.GAP_BEFORE)

    def _begin_stretch(self, batch: ImuBatch, t_ns: int) -> Contacts:
        found = Contacts.none()
        if self._stretches:
            self.report.gaps += 1
            self.report.lost_ns += max(0, t_ns - self.report.last_ns)
            if self.report.calibration is not None:
                found = self._close(self._stretches.pop())
        elif batch.rate_hz < self._settings.event.least_rate_hz:
            self._refuse(TOO_SLOW_RATE)
        number = self._events.stretches
        self._events.stretches += 1
        stretch = _Stretch(number, batch.rate_hz, self._settings)
        stretch.calibration = self.report.calibration
        self._stretches.append(stretch)
        if self._warm_up is None:
            self._warm_up = _WarmUp(batch.rate_hz, self._settings.calibration)
        return found

    def _advance(self, samples: list[FloatArray]) -> Contacts:
        if not samples or self.report.refusal or self._warm_up is None:
            return Contacts.none()
        joined = np.concatenate(samples)
        stretch = self._stretches[-1]
        if self.report.calibration is not None:
            return self._events.find(stretch, stretch.push(joined), self.report)
        stretch.held.append(joined)
        ready = self._warm_up.add(joined)
        return self._calibrate(ready) if ready else Contacts.none()

    def _calibrate(self, count: int) -> Contacts:
        """Calibrate on the first ``count`` samples, then catch up with what waited."""
        held = np.concatenate([part for s in self._stretches for part in s.held])
        rate_hz = self._stretches[0].rate_hz
        calibration = calibrate(held[:count], rate_hz, self._settings.calibration)
        if calibration is None:
            return Contacts.none()
        self.report.calibration = calibration
        found = Contacts.none()
        for stretch in self._stretches:
            stretch.calibration = calibration
            strides = stretch.push(np.concatenate(stretch.held or [np.empty((0, 6))]))
            stretch.held.clear()
            found = found.followed_by(self._events.find(stretch, strides, self.report))
            if stretch is not self._stretches[-1]:
                found = found.followed_by(self._close(stretch))
        del self._stretches[:-1]
        return found

    def _close(self, stretch: "_Stretch") -> Contacts:
        found = self._events.find(stretch, stretch.flush(), self.report)
        return found.followed_by(self._events.finish(stretch, self.report))

    def _refuse(self, reason: str) -> None:
        self.report.refusal = reason
        self.report.reject([self.report.first_ns or 0], reason)


class _WarmUp:
    """Says when enough movement has been seen to calibrate, to the sample."""

    def __init__(self, rate_hz: float, settings: CalibrationSettings) -> None:
        self._block = round(rate_hz)
        self._settings = settings
        self._rest = np.empty(0)
        self._seen = 0
        self._moving = 0

    def add(self, samples: FloatArray) -> int:
        """Samples to calibrate on once there are enough, else 0."""
        spin = np.linalg.norm(samples[:, 3:], axis=1)
        self._rest = np.concatenate([self._rest, spin])
        while len(self._rest) >= self._block:
            block, self._rest = np.split(self._rest, [self._block])
            self._seen += self._block
            self._moving += bool(block.mean() > self._settings.moving_rps)
            if self._moving >= self._settings.span_s:
                return self._seen
        return 0


class _Stretch:
    """An unbroken run of samples of one sensor."""

    def __init__(self, number: int, rate_hz: float, settings: Settings) -> None:
        self.number = number
        self.rate_hz = rate_hz
        self.time = TimeBase(rate_hz)
        self.held: list[FloatArray] = []
        self.calibration: Calibration | None = None
        self.running = RunningFilter(settings.stride)
        self.waiting: StrideWindows | None = None
        self._cutter = StrideCutter(rate_hz, settings.stride)

    def push(self, samples: FloatArray) -> StrideWindows:
        """Strides completed by these samples (sensor frame)."""
        assert self.calibration is not None  # noqa: S101 - the caller calibrates first
        return self._cutter.push(self.calibration.frame.apply(samples))

    def flush(self) -> StrideWindows:
        """Strides that only waited for more samples."""
        return self._cutter.flush()

    def midswing_ns(self, strides: StrideWindows) -> list[int]:
        """When these strides were at mid-swing."""
        return [int(t) for t in self.time.at(strides.start + strides.midswing)]


class _EventStage:
    """Finds events of running strides; holds the first ones until enough are there."""

    def __init__(self, settings: EventSettings) -> None:
        self.stretches = 0
        self._settings = settings
        self._finder = ShoeEventFinder(settings)
        self._is_open = False

    def find(
        self, stretch: _Stretch, strides: StrideWindows, report: FootReport
    ) -> Contacts:
        """Contacts of the strides that can be judged now."""
        running, others = stretch.running.push(strides)
        for dropped, reason in others:
            report.reject(stretch.midswing_ns(dropped), reason)
        if stretch.waiting is not None:
            running = stretch.waiting.followed_by(running)
            stretch.waiting = None
        if self._is_open:
            return self._judge(stretch, running, report)
        if running.count < self._settings.opening:
            stretch.waiting = running
            return Contacts.none()
        self._is_open = True
        first = slice(self._settings.opening)
        rest = slice(self._settings.opening, None)
        opening = self._judge(stretch, running.select(first), report)
        return opening.followed_by(self._judge(stretch, running.select(rest), report))

    def finish(self, stretch: _Stretch, report: FootReport) -> Contacts:
        """Judge what waited at the end of a stretch."""
        for dropped, reason in stretch.running.flush():
            report.reject(stretch.midswing_ns(dropped), reason)
        waiting, stretch.waiting = stretch.waiting, None
        if waiting is None or not waiting.count:
            return Contacts.none()
        self._is_open = True
        return self._judge(stretch, waiting, report)

    def _judge(
        self, stretch: _Stretch, strides: StrideWindows, report: FootReport
    ) -> Contacts:
        if not strides.count:
            return Contacts.none()
        events = self._finder.find(strides)
        # An edge was only a guess that there may be a stance: none there is no loss.
        is_stance = events.is_sharp | ~strides.is_edge
        is_plausible = self._plausible(strides, events)
        odd = strides.select(is_stance & ~is_plausible)
        report.reject(stretch.midswing_ns(odd), IMPLAUSIBLE)
        return self._contacts(
            stretch, strides, events, is_stance & is_plausible, report
        )

    def _plausible(self, strides: StrideWindows, events: ContactEvents) -> BoolArray:
        s, contact_s = self._settings, events.contact_samples() / strides.rate_hz
        most_s = np.minimum(
            s.most_contact_s, s.most_duty * strides.length / strides.rate_hz
        )
        return (contact_s > s.least_contact_s) & (contact_s < most_s)

    @staticmethod
    def _contacts(
        stretch: _Stretch,
        strides: StrideWindows,
        events: ContactEvents,
        keep: BoolArray,
        report: FootReport,
    ) -> Contacts:
        place = (strides.start + events.initial_contact)[keep]
        report.steps += len(place)
        return Contacts(
            ic_ns=stretch.time.at(place),
            contact_s=events.contact_samples()[keep] / strides.rate_hz,
            place_s=place / strides.rate_hz,
            stretch=np.full(len(place), stretch.number, np.intp),
            number=strides.number[keep],
            was_relocated=events.was_relocated[keep],
        )
