"""Strides whose mean force is no vertical: what the flat foot at mid-stance still says.

Where a landing is harder than the sensor's range, part of the force between two
mid-stances is missing: the mean leans back, strike angles come out 2 to 5 deg and
strides 2 to 12 % wrong (simulated runners, 16 g). The flat foot then says where up is,
as well as gravity but for the slope of the road (angles.md section 2), and velocity
that is missing at the next mid-stance was lost in one landing, not little by little.
"""

import numpy as np

from contract.model import FloatArray
from contract.units import DEG_PER_RAD, RAD_PER_DEG, STANDARD_GRAVITY_MPS2
from processing.attitude import rotate, up_at
from processing.settings import FlatFootSettings
from processing.shoe.stances import Stances


def closing_deg(stances: Stances) -> FloatArray:
    """How far the sole's tilt differs at both mid-stances, by the gyroscope [S]."""
    row = np.arange(len(stances.midstance))
    normal = np.array([0.0, 0.0, 1.0])[:, None]
    here, there = (
        rotate(stances.turning.quaternion[:, at, row], normal)
        for at in (stances.midstance, stances.next_midstance)
    )
    cosine = (here * there).sum(axis=0)
    closing: FloatArray = DEG_PER_RAD * np.arccos(np.clip(cosine, -1.0, 1.0))
    return closing


def pitch_error_deg(stances: Stances, settings: FlatFootSettings) -> FloatArray:
    """How far the pitch is above what a flat foot shows at mid-stance [S]."""
    toes = up_at(stances.turning, stances.found, stances.midstance)[0]
    flat: FloatArray = DEG_PER_RAD * np.arcsin(np.clip(toes, -1.0, 1.0))
    return flat - settings.pitch_deg


def travel_size_m(
    stances: Stances, next_contact: FloatArray, settings: FlatFootSettings
) -> FloatArray:
    """Level distance from mid-stance to mid-stance [S].

    Parameters
    ----------
    next_contact : [S]
        Initial contact that follows, in samples of the window.
    """
    turning, begin, end = stances.turning, stances.midstance, stances.next_midstance
    row = np.arange(len(begin))
    samples, rate_hz = end - begin, turning.rate_hz
    up = _flat_foot_up(stances, settings)
    fall_mps2 = STANDARD_GRAVITY_MPS2 * up
    start_mps = turning.velocity[:, begin, row]
    seconds = samples / rate_hz
    lost_mps = turning.velocity[:, end, row] - start_mps - fall_mps2 * seconds
    moved = turning.path[:, end, row] - turning.path[:, begin, row]
    # Gravity summed twice, sample by sample as the path is.
    moved = moved - start_mps * seconds
    moved = moved - fall_mps2 * seconds * (samples + 1) / 2 / rate_hz
    since_s = (end - next_contact) / rate_hz - settings.impact_s
    moved = moved - lost_mps * np.maximum(since_s, 0.0)
    level = moved - up * (moved * up).sum(axis=0)
    size: FloatArray = np.sqrt((level * level).sum(axis=0))
    return size


def _flat_foot_up(stances: Stances, settings: FlatFootSettings) -> FloatArray:
    """Up in the frame of the window's first sample [3, S], the foot's roll kept."""
    pitch = settings.pitch_deg * RAD_PER_DEG
    up = up_at(stances.turning, stances.found, stances.midstance)
    across = np.sqrt(up[1] ** 2 + up[2] ** 2)
    flat = up * (np.cos(pitch) / np.where(across > 0, across, 1.0))
    flat[0] = np.sin(pitch)
    row = np.arange(len(stances.midstance))
    return rotate(stances.turning.quaternion[:, stances.midstance, row], flat)
