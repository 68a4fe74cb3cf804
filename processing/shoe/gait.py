"""One foot's strides become contacts: attitude, mount, events, motion, in this order.

The first running strides are held until there are enough to settle the forward axis and
to know where this foot's events usually lie. A sensor that slips is noticed here: later
strides are turned back, and the angles of the strides in between are taken back.

Strides of many feet are judged side by side: one foot alone has one or two at a time,
and most of the time would go into beginning small computations.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from contract.model import FloatArray, FrameFlag, Slot
from processing.arrays import BoolArray
from processing.contacts import Contacts, StepMotion
from processing.sensor_report import SlipSeen
from processing.settings import Settings, StrideSettings
from processing.shoe.axis_free import SCAN
from processing.shoe.bridge import MADE_UP
from processing.shoe.calibration import AXIS
from processing.shoe.events import ContactEvents, FootMemory, ShoeEventFinder
from processing.shoe.events import sample_counts as event_counts
from processing.shoe.motion import ContactTimes, measure_motion
from processing.shoe.mount import MOUNT, Cues, Refinement, cues, refine
from processing.shoe.segment import refined
from processing.shoe.shock import shock_samples
from processing.shoe.slip import SLIP, SlipWatch
from processing.shoe.stances import Stances, find_stances, sensor_rise_m
from processing.shoe.stances import sample_counts as stance_counts
from processing.shoe.windows import StrideWindows
from processing.timebase import TimeBase

_APART = 10_000_000
"""Numbers of strides in different stretches of samples never meet."""
_HEEL_UP_TO_TOE_OFF_S = 0.02
"""Roughly; it only says how long heel rise is looked at (dev set: 0 to 40 ms)."""
_REMEMBERED = 200
"""Strides that a slip may have to be dated back to."""
FIXED_SETTINGS = (SCAN, AXIS, MOUNT, SLIP)
"""What tunes a shoe's mount and is not handed in; named with every session."""
_SIDE_SIGN = {Slot.LEFT: 1.0, Slot.RIGHT: -1.0}
"""The only place where one foot is mirrored: eversion and toe-out."""


class Stretch(Protocol):
    """An unbroken run of samples, as far as this stage needs it."""

    number: int
    rate_hz: float
    time: TimeBase


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Contacts of some strides, and the mid-swings of those that gave none.

    ``cut_ns``: samples are missing near the contact's begin or end.
    """

    contacts: Contacts
    implausible_ns: list[int]
    cut_ns: list[int]

    @classmethod
    def joined(cls, parts: "Sequence[Judged]") -> "Judged":
        """All of one foot's, in order; nothing when there are no parts."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            Contacts.joined([Contacts.none(), *(part.contacts for part in parts)]),
            [t_ns for part in parts for t_ns in part.implausible_ns],
            [t_ns for part in parts for t_ns in part.cut_ns],
        )


class GaitStage:
    """Finds the contacts of one foot's running strides.

    Strides of many feet are judged side by side (`judge_together`): what is kept from
    one stride to the next is kept per foot, and no row depends on the rows beside it.
    """

    def __init__(self, settings: Settings, slot: Slot) -> None:
        self.refinement: Refinement | None = None
        self.slips: list[SlipSeen] = []
        self.rise_m: float | None = None
        self.settings = settings
        self.side_sign = _SIDE_SIGN[slot]
        self.memory = FootMemory.empty(settings.event)
        self.turn: FloatArray = np.eye(3)
        self._watch = SlipWatch()
        self._seen: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)

    def open(self, strides: StrideWindows) -> None:
        """Settle the forward axis and the sensor's place by the opening strides."""
        stances = find_stances(strides)
        self.rise_m = float(np.median(sensor_rise_m(stances)))
        self.refinement = refine(_cues(strides, stances))
        if self.refinement is not None:
            self.turn = self.refinement.rotation

    def look(self, strides: StrideWindows, found: Cues, stretch: Stretch) -> int | None:
        """Watch the mount; gives how many strides were looked at if it has slipped.

        A slip is noted with its times, and later strides are turned back.
        """
        numbers = strides.number + _APART * stretch.number
        slip = self._watch.push(replace(found, number=numbers))
        times_ns = stretch.time.at(strides.start + strides.midswing)
        for number, t_ns in zip(numbers.tolist(), times_ns.tolist(), strict=True):
            self._seen.append((number, t_ns))
            if slip and number == slip.noticed:
                since = [t for n, t in self._seen if n >= slip.since]
                self.slips.append(SlipSeen(since[0], t_ns, slip.angle_deg))
                break
        if slip is None:
            return None
        self.turn = slip.rotation @ self.turn
        return int(np.searchsorted(numbers, slip.noticed)) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Due:
    """Running strides of one foot that wait to be judged."""

    stage: GaitStage
    strides: StrideWindows
    stretch: Stretch

    @property
    def kind(self) -> tuple[int, ...]:
        """Same for strides that may lie side by side: all count in the same samples."""
        settings, rate_hz = self.stage.settings, self.strides.rate_hz
        return (
            id(settings),
            self.strides.samples.shape[1],
            shock_samples(settings.motion.shock_s, rate_hz),
            *stance_counts(rate_hz),
            *event_counts(settings.event, rate_hz),
        )


def refine_together(
    rough: Sequence[StrideWindows], settings: StrideSettings
) -> list[StrideWindows]:
    """Refine strides of several feet; all windows must have the same length."""
    done = refined(StrideWindows.side_by_side(rough), settings)
    places = _places([part.count for part in rough])
    return [
        replace(done.select(at), own_rates_hz=None, rate_hz=part.rate_hz)
        for part, at in zip(rough, places, strict=True)
    ]


def judge_together(due: Sequence[Due]) -> list[Judged]:
    """Contacts of the strides of each foot; all must be of one kind."""
    parts: list[list[Judged]] = [[] for _ in due]
    waiting = [(k, one) for k, one in enumerate(due) if one.strides.count]
    while waiting:
        later = []
        for (k, one), (judged, rest) in zip(
            waiting, _judge([one for _, one in waiting]), strict=True
        ):
            parts[k].append(judged)
            if rest.count:
                later.append((k, replace(one, strides=rest)))
        waiting = later
    return [Judged.joined(part) for part in parts]


def _judge(due: Sequence[Due]) -> list[tuple[Judged, StrideWindows]]:
    """Judge strides until a sensor slips; gives the strides that are left, too."""
    turned = [one.strides.turned(one.stage.turn) for one in due]
    whole = StrideWindows.side_by_side(turned)
    stances = find_stances(whole)
    places = _places([part.count for part in turned])
    found = _cues(whole, stances)
    done = []
    for one, part, place in zip(due, turned, places, strict=True):
        count = one.stage.look(part, found.select(place), one.stretch)
        done.append(part.count if count is None else count)
    if any(n < part.count for n, part in zip(done, turned, strict=True)):
        turned = [p.select(slice(n)) for p, n in zip(turned, done, strict=True)]
        whole = StrideWindows.side_by_side(turned)
        stances = find_stances(whole)
    judged = _Side(due, whole, stances, _places(done)).judged()
    rest = [
        one.strides.select(slice(n, None)) for one, n in zip(due, done, strict=True)
    ]
    return list(zip(judged, rest, strict=True))


def _places(counts: Sequence[int]) -> list[slice]:
    """Where each foot's strides are among all."""
    ends = np.cumsum(counts).tolist()
    return [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Turned strides of several feet side by side, with their stances."""

    due: Sequence[Due]
    strides: StrideWindows
    stances: Stances
    places: Sequence[slice]

    @property
    def settings(self) -> Settings:
        return self.due[0].stage.settings

    def judged(self) -> list[Judged]:
        """Contacts of each foot."""
        strides, events = self.strides, self._events()
        is_stance = events.is_sharp | ~strides.is_edge
        is_cut = self._is_cut(events)
        is_plausible = self._plausible(events)
        odd = is_stance & ~is_plausible & ~is_cut
        keep = is_stance & is_plausible & ~is_cut
        motion = self._motion(events)
        # An edge was only a guess that there may be a stance: none there is no loss.
        cut = is_cut & ~strides.is_edge
        found = []
        for one, at in zip(self.due, self.places, strict=True):
            midswing = (strides.start + strides.midswing)[at]
            found.append(
                Judged(
                    self._contacts(one.stretch, at, keep, events, motion),
                    one.stretch.time.at(midswing[odd[at]]).tolist(),
                    one.stretch.time.at(midswing[cut[at]]).tolist(),
                )
            )
        return found

    def _events(self) -> ContactEvents:
        counts = [at.stop - at.start for at in self.places]
        memories = [one.stage.memory for one in self.due]
        feet = list(zip(memories, counts, strict=True))
        return ShoeEventFinder(self.settings.event, feet).find(
            self.strides, self.stances
        )

    def _contacts(
        self,
        stretch: Stretch,
        at: slice,
        keep: BoolArray,
        events: ContactEvents,
        motion: StepMotion,
    ) -> Contacts:
        """Contacts of one foot, of its strides that are kept."""
        chosen = at.start + np.flatnonzero(keep[at])
        rate_hz = stretch.rate_hz
        place = self.strides.start[chosen] + events.initial_contact[chosen]
        return Contacts(
            ic_ns=stretch.time.at(place),
            contact_s=events.contact_samples()[chosen] / rate_hz,
            place_s=place / rate_hz,
            stretch=np.full(len(place), stretch.number, np.intp),
            number=self.strides.number[chosen],
            was_relocated=events.was_relocated[chosen],
            is_synced=stretch.time.has(place, FrameFlag.CLOCK_SYNCED),
            motion=motion.select(chosen),
        )

    def _touched(
        self, begin: FloatArray, end: FloatArray, flag: FrameFlag
    ) -> BoolArray:
        """Whether a batch between two places carries a flag, by each foot's time."""
        touched = [
            one.stretch.time.touches(begin[at], end[at], flag)
            for one, at in zip(self.due, self.places, strict=True)
        ]
        return np.concatenate(touched)

    def _is_cut(self, events: ContactEvents) -> BoolArray:
        """Whether samples near an event are made up [S]."""
        start, rates_hz = self.strides.start, self.strides.rates_hz
        reach = self.settings.event.gap_reach_s * rates_hz
        cuts = [
            self._touched(start + event - reach, start + event + reach, MADE_UP)
            for event in (events.initial_contact, events.toe_off)
        ]
        return cuts[0] | cuts[1]

    def _motion(self, events: ContactEvents) -> StepMotion:
        strides, settings = self.strides, self.settings.motion
        place = strides.start + events.initial_contact
        times = ContactTimes(
            events.initial_contact,
            events.toe_off,
            self._is_clipped(place),
            self._is_clipped(place + strides.length),
        )
        counts = [at.stop - at.start for at in self.places]
        signs = np.repeat([one.stage.side_sign for one in self.due], counts)
        motion = measure_motion(strides, self.stances, times, signs, settings)
        begin = strides.start.astype(float)
        end = begin + self.stances.next_midstance.astype(float)
        return motion.without(
            StepMotion.BY_STRAPDOWN, self._touched(begin, end, MADE_UP)
        )

    def _is_clipped(self, contact: FloatArray) -> BoolArray:
        """Whether the sensor reached its range in the shock of a contact [S]."""
        shock = self.settings.motion.shock_s * self.strides.rates_hz
        return self._touched(contact, contact + shock, FrameFlag.CLIPPED)

    def _plausible(self, events: ContactEvents) -> BoolArray:
        s, rates_hz = self.settings.event, self.strides.rates_hz
        contact_s = events.contact_samples() / rates_hz
        most_s = np.minimum(
            s.most_contact_s, s.most_duty * self.strides.length / rates_hz
        )
        return (contact_s > s.least_contact_s) & (contact_s < most_s)


def _cues(strides: StrideWindows, stances: Stances) -> Cues:
    """What strides say of the mount; only those whose gravity was measured count."""
    found = cues(
        strides,
        stances.turning,
        stances.found,
        stances.midstance,
        stances.next_midstance,
        stances.heel_up + _HEEL_UP_TO_TOE_OFF_S * strides.rates_hz,
    )
    return replace(found, is_valid=found.is_valid & stances.is_level)
