"""What one foot's path hands on: ground contacts on the session's clock, rejections."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import ClassVar

import numpy as np

from contract.model import FloatArray
from processing.arrays import BoolArray, IntArray, NsArray

ROLL_PCT = tuple(range(0, 101, 5))
"""Places of a contact, percent of it, at which the shoe's roll is kept."""


@dataclass(frozen=True, slots=True, eq=False)
class StepMotion:
    """How the shoe moved in each contact [n]; NaN where it cannot be said.

    Angles are against standing and gravity, degrees. Pronation is the shoe's eversion:
    the medial edge going down, in either foot.

    Attributes
    ----------
    strike_angle_deg, pitch_at_toe_off_deg : [n]
        Pitch, + = toes up.
    pronation_excursion_deg, pronation_time_pct, pronation_velocity_dps : [n]
        Eversion from initial contact to its maximum in the first 60 % of contact, when
        that is (% of contact), and the fastest eversion until then.
    landing_eversion_deg : [n]
        Signed eversion from initial contact to half of contact: negative in a sensor
        that sits on the other foot than it says.
    toe_out_deg : [n]
        Shoe against its direction of travel, + = toes outward.
    impact_g, braking_g : [n]
        Peaks within 50 ms of initial contact.
    is_clipped : bool [n]
        Whether one of them reached the sensor's range.
    stride_length_m, speed_mps : [n]
        From this mid-stance to the next.
    medial_share : [n, 3]
        Share of the force on the medial side while it passes heel, mid and forefoot.
    roll_deg : [n, 21]
        Eversion at the places `ROLL_PCT` of contact; [n, 0] once it has gone into the
        mean of the run (`processing.roll`).
    """

    strike_angle_deg: FloatArray
    pitch_at_toe_off_deg: FloatArray
    pronation_excursion_deg: FloatArray
    pronation_time_pct: FloatArray
    pronation_velocity_dps: FloatArray
    landing_eversion_deg: FloatArray
    toe_out_deg: FloatArray
    impact_g: FloatArray
    braking_g: FloatArray
    is_clipped: BoolArray
    stride_length_m: FloatArray
    speed_mps: FloatArray
    medial_share: FloatArray
    roll_deg: FloatArray

    BY_AXIS: ClassVar = (
        "pronation_excursion_deg",
        "pronation_time_pct",
        "pronation_velocity_dps",
        "toe_out_deg",
        "medial_share",
        "roll_deg",
    )
    """Figures that need a good forward axis."""
    BY_ATTITUDE: ClassVar = (
        *BY_AXIS,
        "strike_angle_deg",
        "pitch_at_toe_off_deg",
        "landing_eversion_deg",
    )
    """Figures that need to know how the sensor sits."""
    BY_STRAPDOWN: ClassVar = (*BY_ATTITUDE, "stride_length_m", "speed_mps")
    """Figures that follow the foot from stance to stance."""

    @classmethod
    def unknown(cls, count: int) -> "StepMotion":
        """Nothing known of so many contacts."""
        one_each = {name: np.full(count, np.nan) for name in _MOTION}
        one_each["is_clipped"] = np.zeros(count, bool)
        one_each["medial_share"] = np.full((count, 3), np.nan)
        one_each["roll_deg"] = np.full((count, len(ROLL_PCT)), np.nan)
        return cls(**one_each)

    def without(self, names: Collection[str], where: BoolArray) -> "StepMotion":
        """The same with some figures unknown in the contacts where that holds [n]."""
        if not where.any():
            return self
        kept = {name: getattr(self, name) for name in _MOTION}
        for name in names:
            hidden = where.reshape(-1, *[1] * (kept[name].ndim - 1))
            kept[name] = np.where(hidden, np.nan, kept[name])
        return StepMotion(**kept)

    def select(self, keep: BoolArray | slice) -> "StepMotion":
        """Contacts where ``keep`` holds."""
        return StepMotion(*(getattr(self, name)[keep] for name in _MOTION))

    @classmethod
    def joined(cls, parts: "Sequence[StepMotion]") -> "StepMotion":
        """All contacts of one or more parts, in order."""
        columns = ([getattr(part, name) for part in parts] for name in _MOTION)
        return cls(*(np.concatenate(column) for column in columns))


_MOTION = tuple(field.name for field in fields(StepMotion))


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """Ground contacts of one foot in order of time, one entry each.

    Attributes
    ----------
    ic_ns : int64 [n]
        Initial contact, nanoseconds on the session's clock.
    contact_s : [n]
        Ground contact time, by the sensor's own sample count.
    place_s : [n]
        Initial contact by the sensor's own sample count within the stretch.
    stretch, number : int [n]
        Unbroken stretch of samples and place of the stride in it: the next stride of
        the same foot has the same stretch and the next number.
    was_relocated : bool [n]
        Whether an event was an outlier and was looked up again.
    is_synced : bool [n]
        Whether the sensor's clock was known well enough to compare it with others.
    motion : StepMotion [n]
    """

    ic_ns: NsArray
    contact_s: FloatArray
    place_s: FloatArray
    stretch: IntArray
    number: IntArray
    was_relocated: BoolArray
    is_synced: BoolArray
    motion: StepMotion

    @classmethod
    @cache
    def none(cls) -> "Contacts":
        """Nothing yet."""
        whole, real = np.empty(0, np.int64), np.empty(0)
        place, no = np.empty(0, np.intp), np.empty(0, bool)
        return cls(whole, real, real, place, place, no, no, StepMotion.unknown(0))

    @property
    def count(self) -> int:
        """Number of contacts."""
        return len(self.ic_ns)

    def followed_by(self, later: "Contacts") -> "Contacts":
        """These contacts and then those."""
        return self.joined([self, later])

    @classmethod
    def joined(cls, parts: "Sequence[Contacts]") -> "Contacts":
        """All contacts of one or more parts, in order."""
        parts = [part for part in parts if part.count] or parts[:1]
        if len(parts) == 1:
            return parts[0]
        own = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in _OWN
        }
        return cls(**own, motion=StepMotion.joined([part.motion for part in parts]))

    def without_roll(self) -> "Contacts":
        """The same without the courses of the roll: they need the most memory."""
        motion = replace(self.motion, roll_deg=self.motion.roll_deg[:, :0])
        return replace(self, motion=motion)

    def between(self, start_ns: int | None, end_ns: int | None) -> "Contacts":
        """Contacts in [start, end); None leaves that end open."""
        first, last = (
            None if t is None else int(np.searchsorted(self.ic_ns, t))
            for t in (start_ns, end_ns)
        )
        keep = slice(first, last)
        kept = {name: getattr(self, name)[keep] for name in _OWN}
        return Contacts(**kept, motion=self.motion.select(keep))


_OWN = tuple(field.name for field in fields(Contacts) if field.name != "motion")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A stride that gave no step: its mid-swing on the session's clock, and why."""

    t_ns: int
    reason: str


WALKING = "stride of walking, not running"
TOO_QUICK = "stride shorter than running strides are"
ISOLATED = "single stride without running before or after"
IMPLAUSIBLE = "contact time not plausible for running"
NEAR_GAP = "samples are missing within the stride"
TOO_SLOW_RATE = "sampling rate too low for contact times"
NOT_THE_LACES = "the sensor does not move as on the laces, perhaps it is at the heel"
DEAD_AXIS = "an axis of the sensor gives no signal"
NO_CALIBRATION = "too little movement to find the sensor's axes"
