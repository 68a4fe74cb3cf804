"""Orientation of a foot through its strides, from pulses of angular rate."""

import itertools
from dataclasses import dataclass

import numpy as np

from collector.simulated.pulses import Pulse, turn
from collector.simulated.stride import Stride
from collector.simulated.traits import FootTraits
from contract.model import FloatArray, Slot
from contract.units import RAD_PER_DEG

# Toes-down before a landing on mid- or forefoot, none for a clear heel strike; the heel
# then sinks slowly.
PRELANDING_DEG, PRELANDING_LEAD_S = -9.0, 0.005
BALL_FIRST_DEG, HEEL_FIRST_DEG = 2.0, 10.0
HEEL_DROP = 2.5
# Standing between two stops is no contact to take a push-off's time from.
LONGEST_CONTACT_S = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """Angles (deg; eversion as roll of the foot frame) and their rates (deg/s)."""

    pitch: FloatArray
    roll: FloatArray
    yaw: FloatArray
    pitch_rate: FloatArray
    roll_rate: FloatArray
    yaw_rate: FloatArray


def pose(window: list[Stride], t_s: FloatArray) -> Pose:
    """Give the orientation at ascending times within a window of strides."""
    first = window[0]
    mirror = 1.0 if first.slot is Slot.LEFT else -1.0
    pitch_pulses, eversion_pulses, yaw_pulses = _pulses(window)
    pitch, pitch_rate = turn(first.strike_deg, pitch_pulses, t_s)
    eversion, eversion_rate = turn(first.eversion_ic_deg, eversion_pulses, t_s)
    yaw, yaw_rate = turn(_yaw_deg(first), yaw_pulses, t_s)
    return Pose(
        pitch,
        mirror * eversion,
        mirror * yaw,
        pitch_rate,
        mirror * eversion_rate,
        mirror * yaw_rate,
    )


def _yaw_deg(stride: Stride) -> float:
    """Direction of the toes in stance, counted outward from the world's x axis."""
    heading_deg = stride.spot.heading_deg
    if stride.slot is Slot.RIGHT:
        heading_deg = -heading_deg
    return stride.foot.toe_out_deg + heading_deg


def _pulses(
    window: list[Stride],
) -> tuple[list[Pulse], list[Pulse], list[Pulse]]:
    pitch: list[Pulse] = []
    eversion: list[Pulse] = []
    yaw: list[Pulse] = []
    for stride, following in itertools.pairwise(window):
        swing_s = following.t_ic_s - stride.t_to_s
        # Standing is no contact of a run: its push-off takes the time of the next one.
        timed = following if stride.is_standing else stride
        contact_s = min(timed.contact_time_s, LONGEST_CONTACT_S)
        pitch += _pitch_pulses(stride, following, contact_s)
        eversion += _eversion_pulses(stride, following, contact_s)
        for place, sign in ((0.2, 1), (0.75, -1)):
            mu_s = stride.t_to_s + place * swing_s
            width_s = 0.08 * swing_s
            area_deg = sign * stride.foot.swing_yaw_deg
            yaw.append(Pulse(mu_s, width_s, width_s, area_deg))
        turned_deg = _yaw_deg(following) - _yaw_deg(stride)
        if turned_deg:
            # A runner in a turn sets the foot down in its new direction.
            mu_s, width_s = stride.t_to_s + 0.5 * swing_s, 0.12 * swing_s
            yaw.append(Pulse(mu_s, width_s, width_s, turned_deg))
    return pitch, eversion, yaw


def _pitch_pulses(stride: Stride, following: Stride, contact_s: float) -> list[Pulse]:
    """Pitch from the landing of a stride until just before the next one.

    Shapes as in rbds (foot markers on a treadmill): slap, push-off with its peak before
    toe-off, a second toe-down pulse as the knee bends, and a flat top of toe-up rate in
    swing that ends sharply at the next contact.
    """
    foot, coming = stride.foot, following.foot
    to_s, swing_s = stride.t_to_s, following.t_ic_s - stride.t_to_s
    before = _prelanding_deg(coming)
    half = (following.strike_deg - stride.pushoff_deg - foot.flexion_deg - before) / 2
    end_s = following.t_ic_s - coming.recovery_lead_s
    return [
        _landing(stride),
        Pulse(
            to_s + stride.pushoff_lag_s,
            foot.pushoff_rise * contact_s,
            foot.pushoff_fall_s,
            stride.pushoff_deg,
        ),
        Pulse(
            to_s + foot.flexion_at * swing_s,
            0.09 * swing_s,
            0.10 * swing_s,
            foot.flexion_deg,
        ),
        Pulse(to_s + 0.50 * swing_s, 0.11 * swing_s, 0.19 * swing_s, half),
        Pulse(end_s, 0.15 * swing_s, coming.recovery_fall_s, half),
        Pulse(following.t_ic_s - PRELANDING_LEAD_S, 0.020, 0.010, before),
    ]


def _prelanding_deg(foot: FootTraits) -> float:
    flat = (HEEL_FIRST_DEG - foot.strike_deg) / (HEEL_FIRST_DEG - BALL_FIRST_DEG)
    return PRELANDING_DEG * min(max(flat, 0.0), 1.0)


def _landing(stride: Stride) -> Pulse:
    """Slap of a heel strike; after a landing on the ball the heel sinks more slowly."""
    foot = stride.foot
    slow = 1.0 if foot.strike_deg > 0 else HEEL_DROP
    return Pulse(
        stride.t_ic_s + slow * stride.landing_lag_s,
        foot.landing_rise_s,
        slow * foot.landing_fall_s,
        -stride.strike_deg,
    )


def _eversion_pulses(
    stride: Stride, following: Stride, contact_s: float
) -> list[Pulse]:
    """Eversion: most of it at once (rbds: peak rate 15 ms after contact)."""
    foot = stride.foot
    swing_s = following.t_ic_s - stride.t_to_s
    gained, peak_s = stride.eversion_deg, foot.eversion_peak * contact_s
    tilt = foot.swing_roll_deg
    closing = following.eversion_ic_deg - stride.eversion_ic_deg + tilt
    ic_s, to_s, quick_s = stride.t_ic_s, stride.t_to_s, foot.roll_in_s
    back, away = -0.8 * gained, -0.2 * gained - tilt
    return [
        Pulse(ic_s + 1.7 * quick_s, quick_s, 1.5 * quick_s, 0.7 * gained),
        Pulse(ic_s + 0.55 * peak_s, 0.15 * peak_s, 0.2 * peak_s, 0.3 * gained),
        Pulse(to_s - 0.25 * contact_s, 0.1 * contact_s, 0.12 * contact_s, back),
        Pulse(to_s + 0.35 * swing_s, 0.12 * swing_s, 0.12 * swing_s, away),
        Pulse(to_s + 0.8 * swing_s, 0.1 * swing_s, 0.08 * swing_s, closing),
    ]


def rotations(now: Pose) -> FloatArray:
    """Give the matrices [n, 3, 3] that turn foot axes into world axes."""
    yaw, theta, phi = (angle * RAD_PER_DEG for angle in (now.yaw, -now.pitch, now.roll))
    cy, sy, ct, st = np.cos(yaw), np.sin(yaw), np.cos(theta), np.sin(theta)
    cp, sp = np.cos(phi), np.sin(phi)
    rows = (
        (cy * ct, cy * st * sp - sy * cp, cy * st * cp + sy * sp),
        (sy * ct, sy * st * sp + cy * cp, sy * st * cp - cy * sp),
        (-st, ct * sp, ct * cp),
    )
    matrix = np.empty((len(yaw), 3, 3))
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            matrix[:, i, j] = value
    return matrix


def body_rates(now: Pose) -> FloatArray:
    """Give rad/s [n, 3] in the foot frame from the rates of yaw, pitch and roll."""
    theta, phi = -now.pitch * RAD_PER_DEG, now.roll * RAD_PER_DEG
    yaw_rate, theta_rate = now.yaw_rate, -now.pitch_rate
    rates = np.stack(
        [
            now.roll_rate - yaw_rate * np.sin(theta),
            theta_rate * np.cos(phi) + yaw_rate * np.cos(theta) * np.sin(phi),
            yaw_rate * np.cos(theta) * np.cos(phi) - theta_rate * np.sin(phi),
        ],
        axis=1,
    )
    return rates * RAD_PER_DEG
