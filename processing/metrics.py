"""From ground contacts of both feet to one line of figures per step.

Contact, stride and swing time come from one foot's own sample count and need no clock
in common; step time, flight time, impulse and peak force compare the two feet's clocks
and are given only where both were known well enough.
"""

from dataclasses import dataclass, fields

import numpy as np

from contract.model import FloatArray
from contract.units import NS_PER_S
from processing.arrays import BoolArray, IntArray, NsArray
from processing.contacts import Contacts, StepMotion
from processing.rules import METRICS

__all__ = ["METRICS", "Steps", "measure"]

_STEP_S = (0.2, 0.6)
"""Time from one foot's contact to the other's in running: half of the strides that are
taken for running (.42 to .95 s), give or take a strong limp."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Figures per step of one foot, all [n]; NaN where not known.

    Names and units are those of the step row, and of `StepMotion`, which comes with the
    contacts as it is (less the course of the roll). ``partner`` is the index of the
    other foot's next contact, -1 where there is none.
    """

    ic_ns: NsArray
    contact_time_s: FloatArray
    stride_time_s: FloatArray
    swing_time_s: FloatArray
    duty_factor: FloatArray
    flight_time_s: FloatArray
    step_time_s: FloatArray
    cadence_spm: FloatArray
    impulse_bws: FloatArray
    peak_force_bw: FloatArray
    quality: FloatArray
    partner: IntArray
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


def measure(foot: Contacts, other: Contacts) -> Steps:
    """Figures of one foot's steps, given the other foot's contacts around them.

    Steps are paired even where a clock is doubtful: for that it need not be exact.
    """
    contact_s = foot.contact_s
    stride_s = _stride_times(foot)
    after = _next_contact(foot, other)
    step_s = _seconds_to(foot.ic_ns, other.ic_ns, after)
    step_s[(step_s < _STEP_S[0]) | (step_s > _STEP_S[1])] = np.nan
    partner = np.where(np.isnan(step_s), -1, after)
    step_s = np.where(_is_synced(foot, other, partner), step_s, np.nan)
    flight_s = step_s - contact_s
    impulse_bws = contact_s + (_flight_before(foot, other) + flight_s) / 2
    return Steps(
        ic_ns=foot.ic_ns,
        contact_time_s=contact_s,
        stride_time_s=stride_s,
        swing_time_s=stride_s - contact_s,
        duty_factor=contact_s / stride_s,
        flight_time_s=flight_s,
        step_time_s=step_s,
        cadence_spm=120.0 / stride_s,
        impulse_bws=impulse_bws,
        # A vertical force shaped like half a sine (Morin 2005): 0.7 to 6.9 % low
        # against force plates, alike in both feet (algorithms.md section 5).
        peak_force_bw=np.pi / 2 * impulse_bws / contact_s,
        quality=np.where(foot.was_relocated, 0.5, 1.0),
        partner=partner,
        **{name: getattr(foot.motion, name) for name in _MOTION},
    )


_MOTION = {f.name for f in fields(StepMotion)} & {f.name for f in fields(Steps)}


def _is_synced(foot: Contacts, other: Contacts, index: IntArray) -> BoolArray:
    """Whether the clock is known at each own contact and the other's at ``index``."""
    if not other.count:
        return np.zeros(foot.count, bool)
    synced: BoolArray = foot.is_synced & other.is_synced[index] & (index >= 0)
    return synced


def _stride_times(foot: Contacts) -> FloatArray:
    """To the next contact, where that is the very next stride of the same stretch."""
    stride_s = np.full(foot.count, np.nan)
    follows = (np.diff(foot.number) == 1) & (np.diff(foot.stretch) == 0)
    stride_s[:-1][follows] = np.diff(foot.place_s)[follows]
    return stride_s


def _next_contact(foot: Contacts, other: Contacts) -> IntArray:
    """Index of the first contact of the other foot after each own one, -1 for none."""
    index = np.searchsorted(other.ic_ns, foot.ic_ns, side="right")
    return np.where(index < other.count, index, -1)


def _seconds_to(start_ns: NsArray, times_ns: NsArray, index: IntArray) -> FloatArray:
    if not len(times_ns):
        return np.full(len(start_ns), np.nan)
    seconds = (times_ns[index] - start_ns) / NS_PER_S
    return np.where(index >= 0, seconds, np.nan)


def _flight_before(foot: Contacts, other: Contacts) -> FloatArray:
    """From the other foot's last toe-off to the own contact."""
    if not other.count:
        return np.full(foot.count, np.nan)
    index = np.searchsorted(other.ic_ns, foot.ic_ns) - 1
    step_s = (foot.ic_ns - other.ic_ns[index]) / NS_PER_S
    is_step = _is_synced(foot, other, index)
    is_step &= (step_s >= _STEP_S[0]) & (step_s <= _STEP_S[1])
    return np.where(is_step, step_s - other.contact_s[index], np.nan)
