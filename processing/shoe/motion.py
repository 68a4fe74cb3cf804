"""How the shoe moved in each contact: strike, pronation, toe-out, stride length, shock.

Angles are against standing and gravity, by attitudes that `processing.attitude` has
followed from mid-stance to mid-stance (angles.md sections 2 to 4). Only the few places
of a stride that a figure is about are looked at, never whole windows, and every stride
by itself.
"""

from dataclasses import dataclass

import numpy as np

from contract.model import FloatArray
from contract.units import DEG_PER_RAD, STANDARD_GRAVITY_MPS2
from processing.arrays import BoolArray, IntArray
from processing.attitude import Level, Turning, rotate, rotate_back
from processing.contacts import StepMotion
from processing.pressure import medial_shares
from processing.settings import FlatFootSettings, MotionSettings
from processing.shoe.flat_foot import (
    closing_deg,
    pitch_error_deg,
    travel_size_m,
)
from processing.shoe.pronation import CELLS, measure_pronation, roll_course
from processing.shoe.shock import measure_shock
from processing.shoe.stances import FORCE_SLACK_MPS2, Stances
from processing.shoe.windows import StrideWindows


@dataclass(frozen=True, slots=True, eq=False)
class ContactTimes:
    """When each window's foot is on the ground.

    Attributes
    ----------
    initial_contact, toe_off : [S]
        In samples of the window, fractions allowed.
    clipped, next_clipped : bool [S]
        Whether an axis of the sensor reached its range within 50 ms of this landing,
        and of the foot's next one (as this one where it is not given).
    """

    initial_contact: FloatArray
    toe_off: FloatArray
    clipped: BoolArray
    next_clipped: BoolArray | None = None

    def samples(self) -> FloatArray:
        """Length of the contact [S]."""
        return self.toe_off - self.initial_contact

    @property
    def is_force_cut(self) -> BoolArray:
        """Whether the force between the mid-stances lacks what the range cut off.

        From one mid-stance to the next the foot lands once: the next time.
        """
        return self.clipped if self.next_clipped is None else self.next_clipped


def strike_type(angle_deg: float) -> str:
    """Name of a foot strike angle by the limits of Altman and Davis (2012)."""
    if angle_deg > 8.0:
        return "heel"
    return "middle" if angle_deg >= -1.6 else "forefoot"


def measure_motion(
    strides: StrideWindows,
    stances: Stances,
    times: ContactTimes,
    side_sign: float | FloatArray,
    settings: MotionSettings,
) -> StepMotion:
    """Motion of each stride's contact; figures that cannot be known are NaN.

    Parameters
    ----------
    strides : StrideWindows
        In the calibrated foot frame, which equals the sole while standing.
    stances : Stances
        Mid-stances of the same windows, attitudes, and gravity and travel between them.
    side_sign : float or [S]
        +1 left foot, -1 right foot.
    """
    s, is_uneven = settings, _is_uneven(stances, times)
    is_known = _is_known(strides, stances, times, s.flat_foot)
    pitch, eversion = _stance_angles(stances, times, side_sign)
    pitch -= np.where(is_uneven, pitch_error_deg(stances, s.flat_foot), 0.0)[:, None]
    contact_s = np.maximum(times.samples(), 1.0) / strides.rates_hz
    pronation = measure_pronation(eversion, contact_s, s.pronation)
    length_m = np.where(
        is_uneven,
        travel_size_m(stances, times.initial_contact + strides.length, s.flat_foot),
        np.sqrt((stances.found.travel_m**2).sum(axis=0)),
    )
    between = np.maximum(stances.next_midstance - stances.midstance, 1)
    speed_mps = length_m * strides.rates_hz / between
    is_going = is_known & (speed_mps >= s.toe_out_speed_mps)
    medial = medial_shares(pitch[:, 0], eversion)
    shock = measure_shock(strides, times.initial_contact, s.shock_s)
    return StepMotion(
        strike_angle_deg=_where(is_known, pitch[:, 0]),
        pitch_at_toe_off_deg=_where(is_known, pitch[:, -1]),
        pronation_excursion_deg=_where(is_known, pronation.excursion_deg),
        pronation_time_pct=_where(is_known, pronation.time_pct),
        pronation_velocity_dps=_where(is_known, pronation.velocity_dps),
        landing_eversion_deg=_where(is_known, pronation.landing_deg),
        toe_out_deg=_where(is_going, _toe_out_deg(stances, side_sign)),
        impact_g=shock.impact_g,
        braking_g=shock.braking_g,
        is_clipped=times.clipped.copy(),
        stride_length_m=_where(is_known, length_m),
        speed_mps=_where(is_known, speed_mps),
        medial_share=_where(is_known[:, None], medial),
        roll_deg=_where(is_known[:, None], roll_course(eversion)),
    )


def _where(is_known: BoolArray, figure: FloatArray) -> FloatArray:
    return np.where(is_known, figure, np.nan)


def _is_uneven(stances: Stances, times: ContactTimes) -> BoolArray:
    """Whether the mean force between the mid-stances is no vertical [S].

    It is one g long where all of it was measured and both ends were equally still.
    """
    off_mps2 = np.abs(stances.found.force_mps2 - STANDARD_GRAVITY_MPS2)
    uneven: BoolArray = times.is_force_cut | (off_mps2 > FORCE_SLACK_MPS2)
    return uneven


def _is_known(
    strides: StrideWindows,
    stances: Stances,
    times: ContactTimes,
    settings: FlatFootSettings,
) -> BoolArray:
    """Whether tilt and way of the shoe can be told: both mid-stances are real [S]."""
    off_mps2 = np.abs(stances.found.force_mps2 - STANDARD_GRAVITY_MPS2)
    is_inside = stances.next_midstance < strides.samples.shape[1] - 1
    is_later = stances.next_midstance > times.toe_off
    is_whole = is_inside & is_later & ~strides.is_edge
    is_closed = closing_deg(stances) <= settings.closing_deg
    known: BoolArray = is_whole & is_closed & (off_mps2 <= settings.missing_mps2)
    return known


def _stance_angles(
    stances: Stances, times: ContactTimes, side_sign: float | FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Pitch (toes up) and eversion (medial edge down) over contact, [S, cells + 1]."""
    phase = np.arange(CELLS + 1)[:, None] / CELLS
    contact = times.samples()
    up = _up_between(stances, times.initial_contact + phase * contact)
    pitch = DEG_PER_RAD * np.arcsin(np.clip(up[0], -1.0, 1.0))
    roll = DEG_PER_RAD * np.arctan2(up[1], up[2])
    return pitch.T, np.ascontiguousarray((side_sign * roll).T)


def _up_between(stances: Stances, place: FloatArray) -> FloatArray:
    """Up in the foot's frame [3, M, S] at fractional samples [M, S]."""
    quaternion = stances.turning.quaternion
    last = quaternion.shape[1] - 2
    before = np.clip(place, 0, last).astype(np.intp)
    rest = np.clip(place - before, 0.0, 1.0)
    stride = np.arange(place.shape[-1])
    here = quaternion[:, before, stride]
    here += rest * (quaternion[:, before + 1, stride] - here)
    size = np.sqrt(here[0] ** 2 + here[1] ** 2 + here[2] ** 2 + here[3] ** 2)
    here /= np.where(size > 0, size, np.nan)  # zero where nothing was followed
    return rotate_back(here, stances.found.up[:, None, :])


def _toe_out_deg(stances: Stances, side_sign: float | FloatArray) -> FloatArray:
    """Shoe against its way from mid-stance to mid-stance, + = toes outward [S].

    The mean of both ends: on a bend the foot points off the straight line between them
    by as much at one end as at the other, the other way round.
    """
    angles = [
        _heading_deg(stances.turning, stances.found, at)
        for at in (stances.midstance, stances.next_midstance)
    ]
    turn = (angles[1] - angles[0] + 180.0) % 360.0 - 180.0
    return side_sign * ((angles[0] + turn / 2 + 180.0) % 360.0 - 180.0)


def _heading_deg(turning: Turning, found: Level, sample: IntArray) -> FloatArray:
    """Toes to the left of the direction of travel at one sample [S]."""
    stride = np.arange(len(sample))
    toes = rotate(turning.quaternion[:, sample, stride], _FORWARD)
    up, way = found.up, found.travel_m
    ahead = (toes * way).sum(axis=0)
    left = (
        (up[1] * way[2] - up[2] * way[1]) * toes[0]
        + (up[2] * way[0] - up[0] * way[2]) * toes[1]
        + (up[0] * way[1] - up[1] * way[0]) * toes[2]
    )
    heading: FloatArray = DEG_PER_RAD * np.arctan2(left, ahead)
    return heading


_FORWARD = np.array([1.0, 0.0, 0.0])[:, None]
