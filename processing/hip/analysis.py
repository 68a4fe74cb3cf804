"""The hip sensor's path: batches in, running steps out, in any portions.

Cut strides of two steps at the humps of force, measure them, keep those of running,
vote on left and right. Everything depends on sample indices and never on how batches
arrive, so live and offline give the same steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from contract.model import FloatArray, FrameFlag, ImuBatch
from processing.arrays import IntArray
from processing.contacts import NEAR_GAP, TOO_SLOW_RATE
from processing.hip.contact import HipContactSettings
from processing.hip.pelvis import pelvis_motion
from processing.hip.side import SideSettings, SideVote
from processing.hip.standing import Standing, StandingSearch
from processing.hip.steps import HipSteps, steps_of
from processing.hip.strides import HipStrides, RunningCompany, why_not_running
from processing.hip.windows import HipCutter, HipWindows
from processing.sensor_report import SensorReport
from processing.timebase import TimeBase

NO_STANDING = "pelvis angles withheld: no standing found before the run"
NO_FORWARD = "pelvis angles withheld: the strides do not agree where forward is"
SENSOR_TURNED = "pelvis angles withheld: the sensor has turned since standing"

_PORTION = 60_000
"""Samples analysed at once; only bounds the memory."""


@dataclass(frozen=True, slots=True)
class HipSettings:
    """All settings of the hip's analysis."""

    contact: HipContactSettings = field(default_factory=HipContactSettings)
    side: SideSettings = field(default_factory=SideSettings)
    working_hz: float = 100.0
    """Faster sensors are averaged down to about this: nothing above 20 Hz is used."""
    least_rate_hz: float = 80.0
    """Slower sensors are refused, like the shoes' (algorithms.md section 6)."""
    standing_s: float = 1.5
    """Quiet time that gives the standing pose, as for the shoes (detector.md 2.1)."""


class HipAnalysis:
    """Turns the hip sensor's batches, in order, into running steps.

    Attributes
    ----------
    report : SensorReport
        Counts of the sensor; ``rejected`` are strides, ``steps`` are steps.
    """

    def __init__(self, settings: HipSettings | None = None) -> None:
        self.report = SensorReport()
        self._settings = settings or HipSettings()
        self._stretches = 0
        self._stretch: _Stretch | None = None
        self._epoch = -1
        self._judge = _Judge(self._settings, self.report)

    @property
    def withheld(self) -> str:
        """Say why there are no pelvis angles; empty when there are, or no steps."""
        return self._judge.withheld

    def push(self, batches: Sequence[tuple[ImuBatch, int]]) -> HipSteps:
        """Take in the next batches, each with its start on the session's clock (ns)."""
        found: list[HipSteps] = []
        waiting: list[FloatArray] = []
        held = 0
        for batch, t_ns in batches:
            begins = self._begins_stretch(batch)
            if begins or held >= _PORTION:
                found.append(self._advance(waiting))
                waiting, held = [], 0
            if begins:
                found.append(self._begin_stretch(batch, t_ns))
            self.report.see([(batch, t_ns)])
            if self._stretch is not None:
                self._stretch.time.add([batch.n], [t_ns], [int(batch.flags)])
                waiting.append(batch.si())
                held += batch.n
        return HipSteps.joined([*found, self._advance(waiting)])

    def flush(self) -> HipSteps:
        """Give what only waited for more samples; nothing may be pushed afterwards."""
        return HipSteps.joined([self._close(), self._judge.flush()])

    def _begins_stretch(self, batch: ImuBatch) -> bool:
        """Whether samples are missing before it, or the sensor connected anew."""
        is_first = self.report.first_ns is None or batch.epoch != self._epoch
        self._epoch = batch.epoch
        return is_first or bool(batch.flags & FrameFlag.GAP_BEFORE)

    def _begin_stretch(self, batch: ImuBatch, t_ns: int) -> HipSteps:
        found = HipSteps.none()
        if self.report.refusal:
            return found
        if self._stretch is not None:
            self.report.gaps += 1
            self.report.lost_ns += max(0, t_ns - self.report.last_ns)
            found = self._close()
        elif batch.rate_hz < self._settings.least_rate_hz:
            self.report.refuse(TOO_SLOW_RATE)
            return found
        self._stretch = self._judge.opened(
            _Stretch(self._stretches, batch.rate_hz, self._settings)
        )
        self._stretches += 1
        return found

    def _advance(self, samples: list[FloatArray]) -> HipSteps:
        if not samples or self._stretch is None:
            return HipSteps.none()
        windows = self._stretch.push(np.concatenate(samples))
        return self._judge.push(self._stretch, windows)

    def _close(self) -> HipSteps:
        stretch, self._stretch = self._stretch, None
        if stretch is None:
            return HipSteps.none()
        return self._judge.finish(stretch)


class _Stretch:
    """An unbroken run of samples, thinned to the working rate."""

    def __init__(self, number: int, rate_hz: float, settings: HipSettings) -> None:
        # A sensor of nominal 200 Hz may run at 198 Hz and is thinned all the same.
        self._every = max(1, int(rate_hz / settings.working_hz + 0.05))
        self.number = number
        self.rate_hz = rate_hz / self._every
        self.time = TimeBase(rate_hz)
        self.search: StandingSearch | None = None
        self.cutter = HipCutter(self.rate_hz, settings.contact)
        self._rest = np.empty((0, 6))

    def push(self, samples: FloatArray) -> HipWindows:
        """Take in samples [n, 6]; give the strides now complete."""
        samples = np.concatenate([self._rest, samples])
        count = len(samples) // self._every
        whole, self._rest = np.split(samples, [count * self._every])
        thin = whole[:: self._every].copy()
        for k in range(1, self._every):
            thin += whole[k :: self._every]
        thin /= self._every
        if self.search is not None:
            self.search.push(thin)
        return self.cutter.push(thin)

    def places(self, sample: FloatArray) -> FloatArray:
        """Places in the sensor's own samples, at the middle of those averaged."""
        return sample * self._every + (self._every - 1) / 2


class _Judge:
    """From stride windows to steps; remembers standing, company and sides."""

    def __init__(self, settings: HipSettings, report: SensorReport) -> None:
        self.withheld = ""
        self._settings = settings
        self._report = report
        self._company = RunningCompany(settings.side.meeting)
        self._vote = SideVote(settings.side)
        self._is_open = False
        self._waiting: list[HipStrides] = []
        self._standing: Standing | None = None
        self._has_begun = False
        self._has_forward = self._has_angles = False
        self._rate_hz = settings.working_hz

    def opened(self, stretch: _Stretch) -> _Stretch:
        """Have standing looked for in a new stretch as long as nothing moved yet."""
        if not self._has_begun:
            least_s = self._settings.standing_s
            stretch.search = StandingSearch(stretch.rate_hz, least_s)
        return stretch

    def push(self, stretch: _Stretch, windows: HipWindows) -> HipSteps:
        """Judge strides of a stretch."""
        if not windows.count:
            return HipSteps.none()
        self._begin(stretch, int(windows.start[0] + windows.stance[0, 0]))
        self._rate_hz = stretch.rate_hz
        contact = self._settings.contact
        strides = self._measured(stretch, windows)
        why_not = [
            NEAR_GAP if why and is_cut_off else why
            for why, is_cut_off in zip(
                why_not_running(strides, stretch.rate_hz, contact),
                stretch.cutter.is_cut_off(windows).tolist(),
                strict=True,
            )
        ]
        running, others = self._company.push(strides, why_not)
        self._drop(others)
        return self._steps(running)

    def finish(self, stretch: _Stretch) -> HipSteps:
        """Judge what a stretch still holds at its end."""
        found = self.push(stretch, stretch.cutter.flush())
        self._drop(self._company.flush())
        if stretch.search is not None:
            self._standing = stretch.search.before(stretch.cutter.seen)
        return found

    def flush(self) -> HipSteps:
        """Judge what waited for an opening that never came."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return HipSteps.none()
        strides = HipStrides.joined(waiting)
        return self._judged(strides, strides.count)

    def _begin(self, stretch: _Stretch, first: int) -> None:
        """Standing is what came before the first stride, and stays so."""
        self._has_begun = True
        if stretch.search is not None:
            self._standing = stretch.search.before(first) or self._standing
            stretch.search = None

    def _measured(self, stretch: _Stretch, windows: HipWindows) -> HipStrides:
        bias = self._standing.gyro_bias_rps if self._standing else np.zeros(3)
        contact = self._settings.contact
        motion = pelvis_motion(windows, stretch.rate_hz, bias, contact)
        place = stretch.places(windows.start[:, None] + motion.middle)
        return HipStrides(
            motion=motion,
            mid_ns=stretch.time.at(place.ravel()).reshape(place.shape),
            is_own=windows.is_own,
            is_odd=windows.is_odd,
            is_synced=stretch.time.has(place[:, 0], FrameFlag.CLOCK_SYNCED),
            stretch=_numbers(windows, stretch.number),
            bout=windows.bout,
            run=_numbers(windows, -1),
        )

    def _drop(self, others: Sequence[tuple[HipStrides, str]]) -> None:
        for strides, reason in others:
            self._report.reject([int(t) for t in strides.mid_ns[:, 0]], reason)

    def _steps(self, running: HipStrides) -> HipSteps:
        if not running.count:
            return HipSteps.none()
        if self._is_open:
            return self._judged(running, 0)
        self._waiting.append(running)
        if sum(part.count for part in self._waiting) < self._settings.side.opening:
            return HipSteps.none()
        waiting, self._waiting = self._waiting, []
        return self._judged(HipStrides.joined(waiting), self._settings.side.opening)

    def _judged(self, strides: HipStrides, opening: int) -> HipSteps:
        self._is_open = True
        heading = self._vote.judge(strides, opening)
        steps = steps_of(strides, heading, self._standing, self._rate_hz)
        self._report.steps += steps.count
        self._has_forward = self._has_forward or bool(heading.has_forward.any())
        self._has_angles = self._has_angles or bool(
            np.isfinite(steps.pelvic_tilt_deg).any()
        )
        self.withheld = self._why_no_angles()
        return steps

    def _why_no_angles(self) -> str:
        if self._standing is None:
            return NO_STANDING
        if not self._has_forward:
            return NO_FORWARD
        return "" if self._has_angles else SENSOR_TURNED


def _numbers(windows: HipWindows, number: int) -> IntArray:
    return np.full(windows.count, number, np.intp)
