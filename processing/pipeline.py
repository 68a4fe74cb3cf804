"""The order of the stages, for one session.

    shoes -> foot (calibrate, cut strides, follow, find events, measure) -> metrics
    hip   -> hip (cut strides, measure, sides) ------------------------------+
                                    asymmetry, wear, placement  <------------+

Live service, replay and offline analysis all come through here. What is asked of an
analysis depends only on the samples it was given, never on how they were portioned.
Strides are cut as samples come and judged when somebody asks, or together with those of
other sessions (`processing.together`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np

from contract.messages import SensorInfo, SessionMeta
from contract.model import ImuBatch, Slot
from contract.people import Mount
from contract.units import NS_PER_S
from processing import metrics, placement, wear
from processing.clocks import CLOCKS_APART, clock_words
from processing.comparisons import (
    Comparisons,
    Pairs,
    Span,
    changes,
    clocks_differ,
    distance_m,
    hip_comparison,
    named_by_shoes,
    windows,
)
from processing.contacts import Contacts, Rejected, StepMotion
from processing.doubts import bounce_words, shoe_words
from processing.hip.analysis import HipAnalysis
from processing.hip.steps import HipSteps
from processing.metrics import Steps
from processing.roll import MeanRoll, RollSums
from processing.sensor_report import SensorReport
from processing.settings import Settings
from processing.shoe.calibration import mount_of
from processing.shoe.foot import FootAnalysis
from processing.shoe.gait import Due, Judged
from processing.shoe.windows import StrideWindows
from processing.wear import TreadDose

FEET = (Slot.LEFT, Slot.RIGHT)
REACH_NS = 3 * NS_PER_S
"""A step's figures depend on no contact further away than this."""

_LATE = 120
"""Contacts kept apart from the earlier ones: a minute and a half of one foot."""

_MIDSWING_TO_CONTACT_NS = 400_000_000
"""From mid-swing to its contact .1 to .26 s pass, to the next one .45 s or more."""


@dataclass(slots=True)
class _Foot:
    analysis: FootAnalysis
    slips: int = 0
    roll: RollSums = field(default_factory=RollSums)
    _early: Contacts = field(default_factory=Contacts.none)
    _late: Contacts = field(default_factory=Contacts.none)

    @property
    def contacts(self) -> Contacts:
        """All so far."""
        return self._early.followed_by(self._late)

    @contacts.setter
    def contacts(self, contacts: Contacts) -> None:
        self._early, self._late = contacts, Contacts.none()

    def add(self, found: Contacts) -> None:
        """Take in what follows; long runs are not copied for every stride."""
        self.roll.add(found.ic_ns, found.motion.roll_deg)
        self._late = self._late.followed_by(found.without_roll())
        if self._late.count > _LATE:
            self.contacts = self.contacts

    def between(self, start_ns: int | None, end_ns: int | None) -> Contacts:
        """Contacts in [start, end)."""
        late = self._late
        if start_ns is not None and late.count and start_ns > int(late.ic_ns[0]):
            return late.between(start_ns, end_ns)
        return self.contacts.between(start_ns, end_ns)

    @property
    def last_ns(self) -> int | None:
        """Latest initial contact."""
        part = self._late if self._late.count else self._early
        return int(part.ic_ns[-1]) if part.count else None


class SessionAnalysis:
    """All that is known of one session, growing as batches come.

    Parameters
    ----------
    mounts : mapping of Slot to Mount
        How the sensors sat in an earlier run, for a run without standing.
    """

    def __init__(
        self,
        meta: SessionMeta,
        settings: Settings | None = None,
        mounts: Mapping[Slot, Mount] | None = None,
    ) -> None:
        self.meta = meta
        self.settings = settings or Settings()
        known = mounts or {}
        self._parts = {
            s: _Foot(FootAnalysis(self.settings, s, known.get(s))) for s in FEET
        }
        self._hip = HipAnalysis()
        self._hip_steps = HipSteps.none()
        self._changed_from_ns: int | None = None
        self._measured_last: tuple[object, dict[Slot, Steps]] | None = None

    def push(self, slot: Slot, batches: Sequence[ImuBatch]) -> None:
        """Take in the next batches of one sensor, in order."""
        origin_ns = self.meta.origin_ns
        timed = [(batch, batch.t0_ns - origin_ns) for batch in batches]
        if slot.is_foot:
            foot = self._parts[slot]
            self._extend(foot, foot.analysis.cut(timed))
        else:
            self._extend_hip(self._hip.push(timed))

    def flush(self) -> None:
        """Finish what only waited for more data; nothing may be pushed afterwards."""
        for foot in self._feet.values():
            self._extend(foot, foot.analysis.flush())
        self._extend_hip(self._hip.flush())

    @property
    def _feet(self) -> dict[Slot, _Foot]:
        """Both feet, no stride of them waiting to be judged."""
        self._judge_all()
        return self._parts

    def _judge_all(self) -> None:
        for foot in self._parts.values():
            if foot.analysis.waits:
                self._extend(foot, foot.analysis.settle())

    def rough(self) -> list[tuple[Slot, StrideWindows]]:
        """Strides that wait to be refined, by foot."""
        waiting = ((slot, foot.analysis.rough) for slot, foot in self._parts.items())
        return [(slot, rough) for slot, rough in waiting if rough is not None]

    def find(self, slot: Slot, strides: StrideWindows) -> None:
        """Take a foot's strides that waited, refined."""
        foot = self._parts[slot]
        self._extend(foot, foot.analysis.find(strides))

    def due(self) -> list[tuple[Slot, Due]]:
        """Strides that wait to be judged, by foot."""
        waiting = ((slot, foot.analysis.due) for slot, foot in self._parts.items())
        return [(slot, due) for slot, due in waiting if due is not None]

    def settle(self, slot: Slot, judged: Judged) -> None:
        """Take what became of a foot's strides that waited."""
        foot = self._parts[slot]
        self._extend(foot, foot.analysis.settle(judged))

    def _extend(self, foot: _Foot, found: Contacts) -> None:
        self._measured_last = None
        if found.count:
            self._note_change(int(found.ic_ns[0]))
            foot.add(self._trusted(foot, found))
        slips = foot.analysis.report.slips
        for slip in slips[foot.slips :]:
            self._take_back(foot, slip.since_ns, slip.noticed_ns)
        foot.slips = len(slips)

    def _trusted(self, foot: _Foot, found: Contacts) -> Contacts:
        """Leave out the figures that the calibration is not good enough for."""
        calibration = foot.analysis.calibration
        if calibration is None or not calibration.pronation_doubt():
            return found
        everywhere = np.ones(found.count, bool)
        motion = found.motion.without(StepMotion.BY_AXIS, everywhere)
        return replace(found, motion=motion)

    def _take_back(self, foot: _Foot, since_ns: int, until_ns: int) -> None:
        """Forget the angles of the strides before a slip was noticed."""
        contacts = foot.contacts
        last_ns = until_ns + _MIDSWING_TO_CONTACT_NS
        where = (contacts.ic_ns >= since_ns) & (contacts.ic_ns <= last_ns)
        motion = contacts.motion.without(StepMotion.BY_ATTITUDE, where)
        foot.contacts = replace(contacts, motion=motion)
        foot.roll.take_back(since_ns, last_ns)
        self._note_change(since_ns)

    def _extend_hip(self, found: HipSteps) -> None:
        if found.count:
            self._note_change(int(found.mid_ns[0]))
            self._hip_steps = HipSteps.joined([self._hip_steps, found])

    def _note_change(self, t_ns: int) -> None:
        first, known = t_ns - REACH_NS, self._changed_from_ns
        self._changed_from_ns = first if known is None else min(first, known)

    def take_changed_from(self) -> int | None:
        """Time from which step figures are new or have changed since the last call."""
        self._judge_all()
        changed, self._changed_from_ns = self._changed_from_ns, None
        return changed

    def take_rejected(self) -> dict[Slot, list[Rejected]]:
        """Rejections since the last call, by sensor."""
        taken = {}
        for slot, report in self._all_reports().items():
            taken[slot], report.new_rejects = report.new_rejects, []
        return taken

    def reports(self) -> dict[Slot, SensorReport]:
        """What was seen of each sensor that sent anything."""
        return {slot: r for slot, r in self._all_reports().items() if r.frames}

    def _all_reports(self) -> dict[Slot, SensorReport]:
        feet = {s: f.analysis.report for s, f in self._feet.items()}
        return feet | {Slot.HIP: self._hip.report}

    def last_contact_ns(self) -> int | None:
        """Latest initial contact of either foot (session's clock)."""
        ends = [foot.last_ns for foot in self._feet.values()]
        return max((end for end in ends if end is not None), default=None)

    @property
    def source(self) -> str:
        """What the figures of this session come from: shoes, hip or none."""
        if any(foot.last_ns is not None for foot in self._feet.values()):
            return "shoes"
        return "hip" if self._hip_steps.count else "none"

    def contacts(self, slot: Slot) -> Contacts:
        """Contacts of a foot so far."""
        return self._feet[slot].contacts

    def _both(self) -> tuple[Contacts, Contacts]:
        return self.contacts(Slot.LEFT), self.contacts(Slot.RIGHT)

    def steps(
        self, since_ns: int | None = None, until_ns: int | None = None
    ) -> dict[Slot, Steps]:
        """Figures per step of both feet, all or of a span (session's clock)."""
        self._judge_all()
        key = (since_ns, until_ns, self.meta.speed_mps)
        if self._measured_last is None or self._measured_last[0] != key:
            # Who shows a span asks for it more than once: remember the latest.
            left, right = (self._parts[s].between(since_ns, until_ns) for s in FEET)
            both = {
                Slot.LEFT: self._measured(left, right),
                Slot.RIGHT: self._measured(right, left),
            }
            self._measured_last = key, both
        return self._measured_last[1]

    def _measured(self, foot: Contacts, other: Contacts) -> Steps:
        """Figures of one foot; a speed that was given stands above the measured one."""
        steps = metrics.measure(foot, other)
        speed_mps = self.meta.speed_mps
        if speed_mps is None:
            return steps
        return replace(
            steps,
            speed_mps=np.full(foot.count, speed_mps),
            stride_length_m=speed_mps * steps.stride_time_s,
        )

    @property
    def hip_steps(self) -> HipSteps:
        """Steps as the hip saw them; where shoes know the foot, they have the say."""
        feet = {}
        for sign, slot in ((1, Slot.LEFT), (-1, Slot.RIGHT)):
            contacts = self.contacts(slot)
            span_ns = np.round(contacts.contact_s * NS_PER_S).astype(np.int64)
            feet[sign] = contacts.ic_ns, contacts.ic_ns + span_ns
        return named_by_shoes(self._hip_steps, feet)

    def compare(
        self,
        start_ns: int | None = None,
        end_ns: int | None = None,
        names: Collection[str] = metrics.METRICS,
    ) -> Comparisons:
        """Each metric left against right, over left steps begun in [start, end)."""
        balance = self.settings.balance
        if start_ns is None or end_ns is None:
            return self._pairs(start_ns, end_ns).compare(balance, names=names)
        pairs = self._pairs(start_ns - REACH_NS, end_ns + REACH_NS)
        return pairs.compare(balance, (start_ns, end_ns), names)

    def _pairs(self, start_ns: int | None = None, end_ns: int | None = None) -> Pairs:
        steps = self.steps(start_ns, end_ns)
        return Pairs(steps[Slot.LEFT], steps[Slot.RIGHT])

    def compare_by_hip(self) -> Comparisons:
        """Step time left against right, where only the hip can tell."""
        if self.source != "hip":
            return {}
        return hip_comparison(self._hip_steps, self.settings.balance)

    def compare_windows(self) -> list[tuple[str, Span, Comparisons]]:
        """Kilometres, thirds and the change between them: window, span, figures.

        All of them grow with the run and are final only at its end.
        """
        pairs = self._pairs()
        found = [
            (name, span, pairs.compare(self.settings.balance, span))
            for name, spans in windows(pairs.left).items()
            for span in spans
        ]
        third = {name: c for name, _, c in found if name.endswith("_third")}
        if len(third) == 2:
            moved = changes(third["first_third"], third["last_third"])
            found.append(("change", (0, 0), moved))
        return found

    def tread(self) -> dict[Slot, TreadDose]:
        """Modelled load of each shoe and its zones over the whole session."""
        return {
            slot: wear.tread_dose(
                steps.impulse_bws, steps.strike_angle_deg, steps.medial_share
            )
            for slot, steps in self.steps().items()
        }

    def rolls(self) -> dict[Slot, MeanRoll]:
        """Mean roll over contact of each shoe whose roll is known."""
        balance = self.settings.balance
        found = {slot: foot.roll.mean(balance) for slot, foot in self._feet.items()}
        return {slot: roll for slot, roll in found.items() if roll is not None}

    def distances_m(self) -> dict[Slot, float]:
        """How far each foot ran, by its strides; 0 where none was measured."""
        return {
            slot: float(distance_m(s)[-1]) if len(s.ic_ns) else 0.0
            for slot, s in self.steps().items()
        }

    def mounts(self) -> dict[Slot, Mount]:
        """How the shoe sensors sit, where it is known well enough to be used again."""
        found = {}
        for slot, foot in self._feet.items():
            calibration = foot.analysis.calibration
            if calibration is None or calibration.doubts():
                continue
            sensor = self.meta.sensors.get(slot.word, SensorInfo())
            mount = mount_of(
                calibration,
                self.meta.origin_ns,
                self.meta.shoe,
                slot.word,
                sensor.serial,
            )
            found[slot] = msgspec.structs.replace(mount, family=sensor.family)
        return found

    def one_foot_words(self) -> str:
        """Say that both sensors seem to be on one foot; empty if not."""
        return placement.both_on_one_foot(*self._both())

    def swap_words(self) -> str:
        """Say that the sensors seem to be on the wrong feet; empty if not."""
        return placement.swap_suspected(*self._both())

    def withheld(self) -> dict[Slot, str]:
        """Say for each sensor which figures are not given or are doubtful, and why."""
        across = clock_words(*self._both()) or self._apart()
        said: dict[Slot, str] = {}
        for slot, report in self.reports().items():
            if slot is Slot.HIP:
                words = [self._hip.withheld, bounce_words(self._hip_steps)]
            else:
                words = [*shoe_words(report), across]
            said[slot] = "; ".join(word for word in words if word)
        return said

    def _apart(self) -> str:
        """Doubt clocks by which one step takes much longer than the other."""
        pairs = self._pairs()
        found = pairs.compare_all(self.settings.balance)
        return CLOCKS_APART if clocks_differ(found) else ""
