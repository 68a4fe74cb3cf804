"""Initial contact and toe-off of a shoe sensor, method of detector.md section 2.

The gyroscope finds the place, the change of vertical force gives the time, and a small
fixed correction takes off what the foot strike shifts. There is no left/right term
anywhere, so a mirrored runner gives mirrored results. Developed on virtual sensors of
13 treadmill runners (RBDS) and checked for consistency on real shoes; not validated
against force plates on real shoe sensors.

Two places differ from detector.md. Toe-off is looked for where the heel has risen by a
given angle, not next to the fastest push-off: in slow running the foot may turn fastest
long after the toes have left, and the fall of force next to that is a wrong one. And
contact is sharpened by the force as well as by the turning, because a soft forefoot
landing bends the turning before it touches.

Every function takes strides side by side [S, L] and treats each row by itself. What
looks beyond a stride is `PhaseMemory` (an event far from where this foot's last strides
had it is looked for again nearby) and the swing axis of the opening strides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from contract.model import FloatArray
from contract.units import DEG_PER_RAD
from processing.arrays import BoolArray, Rate
from processing.dsp import (
    argmax_between,
    lowpass,
    peak_between,
    per_row,
    running_integral,
    value_at,
    vertex,
)
from processing.settings import EventSettings
from processing.shoe.stances import Stances
from processing.shoe.windows import StrideWindows

_NO_FALL = 1e-6
"""m/s2 per sample: without any fall of force the place alone decides."""
_NOWHERE = 9.0
"""Less likely than any place that is looked at."""
_EDGE_SLACK = 0.06
"""Neighbouring strides differ in length by up to so much when a run begins."""


@dataclass(frozen=True, slots=True, eq=False)
class ContactEvents:
    """Events per stride, in samples of its window (fractions allowed).

    Attributes
    ----------
    initial_contact, toe_off : [S]
    was_relocated : bool [S]
        Whether an event was an outlier and was looked up again.
    is_sharp : bool [S]
        Whether both events are about as abrupt as this foot's events usually are; a
        foot that stands or is lifted shows nothing of the kind.
    """

    initial_contact: FloatArray
    toe_off: FloatArray
    was_relocated: BoolArray
    is_sharp: BoolArray

    def contact_samples(self) -> FloatArray:
        """Ground contact in samples [S]."""
        return self.toe_off - self.initial_contact


class PhaseMemory:
    """Where in the stride an event of this foot lay lately.

    The strides of the first call are judged by their common median, each later one by
    the median of up to ``history`` strides before it.
    """

    def __init__(self, history: int) -> None:
        self._history = history
        self._past: FloatArray | None = None

    def expect(self, phases: FloatArray) -> FloatArray:
        """Give the median that judges each of these strides, and remember them."""
        if self._past is None:
            self._past = phases[-self._history :]
            return np.full(len(phases), np.median(phases))
        known = np.concatenate([self._past, phases])
        missing = np.full(self._history - len(self._past), np.nan)
        views = sliding_window_view(
            np.concatenate([missing, known[:-1]]), self._history
        )
        self._past = known[-self._history :]
        return _median_of_known(views)


def _median_of_known(views: FloatArray) -> FloatArray:
    """Median of each row without its NaN: `np.nanmedian` takes 100 us for a few."""
    known = np.sort(views, axis=1)  # NaN go to the end
    count = (~np.isnan(known)).sum(axis=1)
    row = np.arange(len(known))
    middle: FloatArray = (known[row, (count - 1) // 2] + known[row, count // 2]) / 2
    return middle


@dataclass(slots=True)
class FootMemory:
    """What is known of one foot's events: where they lie, how abrupt they are."""

    contact: PhaseMemory
    unload: PhaseMemory
    usual: tuple[float, float] | None = None
    swing_axis: tuple[float, float] | None = None

    @classmethod
    def empty(cls, settings: EventSettings) -> "FootMemory":
        """Nothing known yet."""
        return cls(PhaseMemory(settings.history), PhaseMemory(settings.history))


class ShoeEventFinder:
    """Finds the events of several feet whose strides lie side by side.

    Parameters
    ----------
    feet : sequence of (FootMemory, int)
        Memory of each foot and its number of strides.
    """

    def __init__(
        self,
        settings: EventSettings,
        feet: Sequence[tuple[FootMemory, int]],
    ) -> None:
        self._settings = settings
        self._feet = feet

    def find(self, strides: StrideWindows, stances: Stances) -> ContactEvents:
        """Events of these strides, which follow those of the last call."""
        first, last = sample_counts(self._settings, strides.rate_hz)
        events = self._find(strides.part(first, last), stances.heel_up - first)
        return replace(
            events,
            initial_contact=events.initial_contact + first,
            toe_off=events.toe_off + first,
        )

    def _find(self, strides: StrideWindows, heel_up: FloatArray) -> ContactEvents:
        """Events in samples of these windows."""
        s, rate_hz = self._settings, strides.rates_hz
        pitch = self._swing_rate_dps(strides)
        force = strides.vertical_mps2()
        # Each row is filtered by itself: both signals in one go.
        both = lowpass(np.stack([pitch, force], axis=1), s.cutoff_hz, rate_hz)
        pitch, smooth = both[:, 0].copy(), both[:, 1].copy()
        bend = _bend(pitch)
        rise = np.gradient(smooth, axis=1)

        onset, moved_contact = self._find_onset(strides, bend, rise)
        slow_rise = np.gradient(lowpass(force, s.unload_hz, rate_hz), axis=1)
        unload, moved_off = self._find_unload(strides, heel_up, -slow_rise)
        reach = s.sharpen_s * rate_hz
        sharp = self._onset(strides, bend, rise, s.rise_weight)
        contact, off = _near(sharp, onset, reach), _near(-rise, unload, reach)
        is_sharp = self._judge(value_at(bend, contact), value_at(-rise, off))
        contact = contact + _contact_correction(pitch, contact, rate_hz, s)
        off = off + s.toe_off_offset_ms * rate_hz / 1e3
        return ContactEvents(contact, off, moved_contact | moved_off, is_sharp)

    def _swing_rate_dps(self, strides: StrideWindows) -> FloatArray:
        """Toe-up rotation [S, L] about the axis that the foot swings about.

        It lies 10 deg from the shoe's own left-right axis (angles.md section 1), and
        the landing shows more clearly about it; taken from the first call's strides.
        """
        axes = np.empty((strides.count, 2))
        for foot, part in self._parts():
            if foot.swing_axis is None:
                foot.swing_axis = swing_axis(strides.samples[part])
            axes[part] = foot.swing_axis
        x, y = axes[:, :1], axes[:, 1:]
        turned = x * strides.samples[:, :, 3] + y * strides.samples[:, :, 4]
        rate: FloatArray = -DEG_PER_RAD * turned
        return rate

    def _judge(self, bend: FloatArray, fall: FloatArray) -> BoolArray:
        """Compare with the medians of this foot's opening strides."""
        usual = np.empty((len(bend), 2))
        for foot, part in self._parts():
            if foot.usual is None:
                foot.usual = float(np.median(bend[part])), float(np.median(fall[part]))
            usual[part] = foot.usual
        least = self._settings.least_sharpness
        return (bend > least * usual[:, 0]) & (fall > least * usual[:, 1])

    def _parts(self) -> Iterator[tuple[FootMemory, slice]]:
        """Each foot with its strides among all."""
        begin = 0
        for foot, own in self._feet:
            yield foot, slice(begin, begin + own)
            begin += own

    def _find_onset(
        self, strides: StrideWindows, bend: FloatArray, rise: FloatArray
    ) -> tuple[FloatArray, BoolArray]:
        """Where the pitch rate turns up and the force rises: both, each by its SD."""
        onset = self._onset(strides, bend, rise, 1.0)
        low, high = _phase_window(strides, self._settings.contact_phase)
        found = argmax_between(onset, low, high).astype(float)
        phase = (found - strides.midswing) / strides.length
        expected = [f.contact.expect(phase[p]) for f, p in self._parts()]
        return self._settle(strides, onset, found, np.concatenate(expected))

    def _onset(
        self, strides: StrideWindows, bend: FloatArray, rise: FloatArray, weight: float
    ) -> FloatArray:
        low, high = _phase_window(strides, self._settings.contact_phase)
        by_bend, by_rise = _spread(bend, low, high), _spread(rise, low, high)
        onset: FloatArray = bend / by_bend[:, None] + rise * (weight / by_rise)[:, None]
        return onset

    def _find_unload(
        self, strides: StrideWindows, heel_up: FloatArray, fall: FloatArray
    ) -> tuple[FloatArray, BoolArray]:
        """Steepest fall of force about where the risen heel says that toe-off is."""
        s, rate_hz = self._settings, strides.rates_hz
        place = heel_up + s.heel_up_to_unload_s * rate_hz
        scatter = s.unload_sd_s * per_row(rate_hz)
        away = (np.arange(fall.shape[1]) - place[:, None]) / scatter
        is_near = np.abs(away) < s.unload_reach_sd
        steepest = np.where(is_near, fall, 0.0).max(axis=1)
        share = np.maximum(fall / np.maximum(steepest, _NO_FALL)[:, None], -1.0)
        likely = np.where(is_near, share - 0.5 * away * away, -_NOWHERE)
        found = likely.argmax(axis=1).astype(float)
        phase = (found - strides.midswing) / strides.length
        expected = [f.unload.expect(phase[p]) for f, p in self._parts()]
        return self._settle(strides, fall, found, np.concatenate(expected))

    def _settle(
        self,
        strides: StrideWindows,
        y: FloatArray,
        place: FloatArray,
        usual: FloatArray,
    ) -> tuple[FloatArray, BoolArray]:
        """Look again near the usual phase where the place found is far from it."""
        reach = self._settings.outlier_s * strides.rates_hz + _edge_slack(strides)
        expected = strides.midswing + usual * strides.length
        again = peak_between(y, np.round(expected - reach), np.round(expected + reach))
        is_far = np.abs(place - expected) > reach
        is_there = value_at(y, again) > self._settings.least_echo * value_at(y, place)
        is_outlier = is_far & is_there
        return np.where(is_outlier, again, place), is_outlier


def sample_counts(settings: EventSettings, rate_hz: float) -> tuple[int, int]:
    """First and last whole sample that is looked at, of each window."""
    first_s, last_s = settings.looked_at_s
    return round(first_s * rate_hz), round(last_s * rate_hz)


def swing_axis(samples: FloatArray) -> tuple[float, float]:
    """Level axis (x, y) with the most rotation in windows [S, L, 6], y to the left."""
    x, y = samples[:, :, 3].ravel(), samples[:, :, 4].ravel()
    angle = 0.5 * np.arctan2(2 * float(x @ y), float(y @ y) - float(x @ x))
    return float(np.sin(angle)), float(np.cos(angle))


def _phase_window(
    strides: StrideWindows, phase: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """First and last sample of a range of phases; wider where the phase is a guess."""
    low, high = (strides.midswing + p * strides.length for p in phase)
    slack = _edge_slack(strides)
    return np.floor(low - slack), high + slack


def _edge_slack(strides: StrideWindows) -> FloatArray:
    """How much further to look at edges, whose length is that of a neighbour [S]."""
    return np.where(strides.is_edge, _EDGE_SLACK * strides.length, 0.0)


def _bend(y: FloatArray) -> FloatArray:
    """Second derivative per sample squared."""
    bend: FloatArray = np.gradient(np.gradient(y, axis=1), axis=1)
    return bend


def _spread(y: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Standard deviation of each row within [low, high]; 1 where it is flat."""
    index = np.arange(y.shape[1])
    inside = (index >= low[:, None]) & (index <= high[:, None])
    n = np.maximum(inside.sum(axis=1), 1)
    mean = np.where(inside, y, 0.0).sum(axis=1) / n
    square = np.where(inside, (y - mean[:, None]) ** 2, 0.0).sum(axis=1) / n
    return np.where(square > 0, np.sqrt(np.maximum(square, 1e-30)), 1.0)


def _near(y: FloatArray, place: FloatArray, reach: Rate) -> FloatArray:
    """Sub-sample maximum within ``reach`` samples of a place."""
    low, high = np.round(place - reach), np.round(place + reach)
    return vertex(y, argmax_between(y, low, high))


def _contact_correction(
    pitch: FloatArray, contact: FloatArray, rate_hz: Rate, s: EventSettings
) -> FloatArray:
    """Samples to add to the raw contact: a heel striker's signal comes 10 ms late.

    "Slap" is how far the foot rotates toe-down around contact, "lift" how far it
    rotates toe-up just before; both from the gyroscope alone (detector.md 2.8).
    """
    toe_down = running_integral(np.minimum(pitch, 0.0)) / per_row(rate_hz)
    turned = running_integral(pitch) / per_row(rate_hz)

    def over(total: FloatArray, span_s: tuple[float, float]) -> FloatArray:
        begin, end = (contact + t * rate_hz for t in span_s)
        return value_at(total, end) - value_at(total, begin)

    shift_ms = (
        s.contact_offset_ms
        + s.contact_per_slap_ms * over(toe_down, s.slap_s)
        + s.contact_per_lift_ms * over(turned, s.lift_s)
    )
    return shift_ms * rate_hz / 1e3
