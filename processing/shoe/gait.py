"""One foot's strides become contacts: attitude, mount, events, motion, in this order.

The first running strides are held until there are enough to settle the forward axis and
to know where this foot's events usually lie. A sensor that slips is noticed here: later
strides are turned back, and the angles of the strides in between are taken back.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from contract.model import FloatArray, FrameFlag, Slot
from processing.contacts import Contacts, StepMotion
from processing.dsp import BoolArray
from processing.sensor_report import SlipSeen
from processing.settings import Settings
from processing.shoe.bridge import MADE_UP
from processing.shoe.events import ContactEvents, ShoeEventFinder
from processing.shoe.motion import ContactTimes, measure_motion
from processing.shoe.mount import Cues, Refinement, cues, refine
from processing.shoe.slip import Slip, SlipWatch
from processing.shoe.stances import Stances, find_stances, sensor_rise_m
from processing.shoe.windows import StrideWindows
from processing.timebase import TimeBase

_APART = 10_000_000
"""Numbers of strides in different stretches of samples never meet."""
_HEEL_UP_TO_TOE_OFF_S = 0.02
"""Roughly; it only says how long heel rise is looked at (dev set: 0 to 40 ms)."""
_REMEMBERED = 200
"""Strides that a slip may have to be dated back to."""
_SIDE_SIGN = {Slot.LEFT: 1.0, Slot.RIGHT: -1.0}
"""The only place where one foot is mirrored: eversion and toe-out."""


class Stretch(Protocol):
    """An unbroken run of samples, as far as this stage needs it."""

    number: int
    time: TimeBase


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Contacts of some strides, and the mid-swings of those that gave none.

    ``cut_ns``: samples are missing near the contact's begin or end.
    """

    contacts: Contacts
    implausible_ns: list[int]
    cut_ns: list[int]


class GaitStage:
    """Finds the contacts of one foot's running strides."""

    def __init__(self, settings: Settings, slot: Slot) -> None:
        self.refinement: Refinement | None = None
        self.slips: list[SlipSeen] = []
        self.rise_m: float | None = None
        self._settings = settings
        self._side_sign = _SIDE_SIGN[slot]
        self._finder = ShoeEventFinder(settings.event)
        self._watch = SlipWatch()
        self._turn: FloatArray = np.eye(3)
        self._seen: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)

    def open(self, strides: StrideWindows) -> None:
        """Settle the forward axis and the sensor's place by the opening strides."""
        stances = find_stances(strides)
        self.rise_m = float(np.median(sensor_rise_m(stances)))
        self.refinement = refine(_cues(strides, stances))
        if self.refinement is not None:
            self._turn = self.refinement.rotation

    def judge(self, strides: StrideWindows, stretch: Stretch) -> Judged:
        """Contacts of running strides, which follow those of the last call."""
        parts = [Judged(Contacts.none(), [], [])]
        while strides.count:
            turned = strides.turned(self._turn)
            stances = find_stances(turned)
            slip = self._look(turned, stances, stretch)
            done = strides.count
            if slip:
                numbers = strides.number + _APART * stretch.number
                done = int(np.searchsorted(numbers, slip.noticed)) + 1
                turned = turned.select(slice(done))
                stances = find_stances(turned)
                self._turn = slip.rotation @ self._turn
            parts.append(self._contacts(turned, stances, stretch))
            strides = strides.select(slice(done, None))
        contacts = parts[0].contacts
        for part in parts[1:]:
            contacts = contacts.followed_by(part.contacts)
        return Judged(
            contacts,
            [t_ns for part in parts for t_ns in part.implausible_ns],
            [t_ns for part in parts for t_ns in part.cut_ns],
        )

    def _look(
        self, strides: StrideWindows, stances: Stances, stretch: Stretch
    ) -> Slip | None:
        """Watch the mount; a slip is noted with its times."""
        numbers = strides.number + _APART * stretch.number
        counted = replace(strides, number=numbers)
        found = _cues(counted, stances)
        slip = self._watch.push(found)
        times_ns = stretch.time.at(strides.start + strides.midswing)
        for number, t_ns in zip(numbers, times_ns, strict=True):
            self._seen.append((int(number), int(t_ns)))
            if slip and number == slip.noticed:
                since = [t for n, t in self._seen if n >= slip.since]
                self.slips.append(SlipSeen(since[0], int(t_ns), slip.angle_deg))
                break
        return slip

    def _contacts(
        self, strides: StrideWindows, stances: Stances, stretch: Stretch
    ) -> Judged:
        events = self._finder.find(strides, stances)
        # An edge was only a guess that there may be a stance: none there is no loss.
        is_stance = events.is_sharp | ~strides.is_edge
        is_cut = self._is_cut(strides, events, stretch)
        is_plausible = self._plausible(strides, events)
        odd = is_stance & ~is_plausible & ~is_cut
        midswing_ns = stretch.time.at(strides.start + strides.midswing)
        motion = self._motion(strides, stances, events, stretch)
        keep = is_stance & is_plausible & ~is_cut
        place = (strides.start + events.initial_contact)[keep]
        contacts = Contacts(
            ic_ns=stretch.time.at(place),
            contact_s=events.contact_samples()[keep] / strides.rate_hz,
            place_s=place / strides.rate_hz,
            stretch=np.full(len(place), stretch.number, np.intp),
            number=strides.number[keep],
            was_relocated=events.was_relocated[keep],
            is_synced=stretch.time.has(place, FrameFlag.CLOCK_SYNCED),
            motion=motion.select(keep),
        )
        cut = is_cut & ~strides.is_edge
        return Judged(contacts, midswing_ns[odd].tolist(), midswing_ns[cut].tolist())

    def _is_cut(
        self, strides: StrideWindows, events: ContactEvents, stretch: Stretch
    ) -> BoolArray:
        """Whether samples near an event are made up [S]."""
        reach = self._settings.event.gap_reach_s * strides.rate_hz
        cuts = [
            stretch.time.touches(
                strides.start + event - reach, strides.start + event + reach, MADE_UP
            )
            for event in (events.initial_contact, events.toe_off)
        ]
        return cuts[0] | cuts[1]

    def _motion(
        self,
        strides: StrideWindows,
        stances: Stances,
        events: ContactEvents,
        stretch: Stretch,
    ) -> StepMotion:
        place = strides.start + events.initial_contact
        times = ContactTimes(
            events.initial_contact,
            events.toe_off,
            self._is_clipped(place, strides.rate_hz, stretch),
            self._is_clipped(place + strides.length, strides.rate_hz, stretch),
        )
        motion = measure_motion(
            strides, stances, times, self._side_sign, self._settings.motion
        )
        begin = strides.start.astype(float)
        end = begin + stances.next_midstance.astype(float)
        followed = stretch.time.touches(begin, end, MADE_UP)
        return motion.without(StepMotion.BY_STRAPDOWN, followed)

    def _is_clipped(
        self, contact: FloatArray, rate_hz: float, stretch: Stretch
    ) -> BoolArray:
        """Whether the sensor reached its range in the shock of a contact [S]."""
        shock = self._settings.motion.shock_s * rate_hz
        return stretch.time.touches(contact, contact + shock, FrameFlag.CLIPPED)

    def _plausible(self, strides: StrideWindows, events: ContactEvents) -> BoolArray:
        s, contact_s = self._settings.event, events.contact_samples() / strides.rate_hz
        most_s = np.minimum(
            s.most_contact_s, s.most_duty * strides.length / strides.rate_hz
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
        stances.heel_up + _HEEL_UP_TO_TOE_OFF_S * strides.rate_hz,
    )
    return replace(found, is_valid=found.is_valid & stances.is_level)
