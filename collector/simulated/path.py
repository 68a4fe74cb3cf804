"""Where a foot's origin is: rolling on the ground or flying between contacts."""

import itertools
import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.interpolate import CubicSpline, PPoly

from collector.simulated.pose import pose
from collector.simulated.stride import Stride
from contract.model import FloatArray, Slot
from contract.units import RAD_PER_DEG

# Contact point on the sole: heel at -8 cm, ball at +11 cm, rolling over within degrees.
HEEL_M, BALL_M, ROCKER_DEG = -0.08, 0.11, 3.0
# Late in stance it goes on from the ball to the tip of the toes.
TOE_M, TOE_PITCH_DEG, TOE_WIDTH_DEG = 0.19, 33.0, 9.0
PITCH_RANGE_DEG = (-200.0, 100.0)
# A damped spring is forgotten when it has decayed to e^-30.
FORGOTTEN = 30.0
EVENT_STEP_S = 0.00025


@cache
def _rolling() -> PPoly:
    """Where the foot's origin is (forward, up) when it has rolled to a pitch in deg.

    Rolling without slip: a turn about the contact point c moves the origin by
    (c sin, -c cos) of the pitch per radian.
    """
    pitch = np.arange(PITCH_RANGE_DEG[0], PITCH_RANGE_DEG[1] + 0.05, 0.1)
    middle, half = (BALL_M + HEEL_M) / 2, (BALL_M - HEEL_M) / 2
    contact_m = middle - half * np.tanh(pitch / ROCKER_DEG)
    toes = 0.5 - 0.5 * np.tanh((pitch + TOE_PITCH_DEG) / TOE_WIDTH_DEG)
    contact_m += (TOE_M - BALL_M) * toes
    angle = pitch * RAD_PER_DEG
    slope = np.stack([contact_m * np.sin(angle), -contact_m * np.cos(angle)], axis=1)
    path = CubicSpline(pitch, slope * RAD_PER_DEG).antiderivative()
    path.c[-1] -= path(0.0)
    return path


def _stance(stride: Stride, pitch: FloatArray) -> FloatArray:
    """Origin of the foot, in world, rolling at its place on the ground."""
    mirror = 1.0 if stride.slot is Slot.LEFT else -1.0
    yaw_deg = mirror * stride.foot.toe_out_deg + stride.spot.heading_deg
    yaw = yaw_deg * RAD_PER_DEG
    rolled: FloatArray = _rolling()(pitch)
    return np.stack(
        [
            stride.spot.x_m + math.cos(yaw) * rolled[:, 0],
            stride.spot.y_m + math.sin(yaw) * rolled[:, 0],
            rolled[:, 1],
        ],
        axis=1,
    )


def _along(stride: Stride, forward: float, left: float, up: float) -> FloatArray:
    """Vector in world from its parts along a stride's own heading."""
    heading = stride.spot.heading_deg * RAD_PER_DEG
    cos, sin = math.cos(heading), math.sin(heading)
    return np.array([cos * forward - sin * left, sin * forward + cos * left, up])


def foot_path(window: list[Stride], t_s: FloatArray, pitch: FloatArray) -> FloatArray:
    """Give the origin of the foot in world at each time of a block.

    ``pitch`` is the foot's pitch (deg) at these times.
    """
    around = (-EVENT_STEP_S, 0.0, EVENT_STEP_S)
    events = [t + d for s in window for t in (s.t_ic_s, s.t_release_s) for d in around]
    at_events = pose(window, np.array(events)).pitch.reshape(-1, 2, 3)
    path = np.zeros((len(t_s), 3))
    edges = np.searchsorted(t_s, [(s.t_ic_s, s.t_release_s) for s in window])
    edges[0, 0] = 0
    for k, (stride, following) in enumerate(itertools.pairwise(window)):
        contact, flight = edges[k], slice(edges[k][1], edges[k + 1][0])
        on_ground = slice(contact[0], contact[1])
        path[on_ground] = _stance(stride, pitch[on_ground])
        landing = _State.on_ground(following, at_events[k + 1, 0])
        leaving = _State.on_ground(stride, at_events[k, 1])
        leaving = leaving.released(stride)
        path[flight] = _fly(stride, following, (leaving, landing), t_s[flight])
        path += _impact(following, landing, t_s)
    return path


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """Place, velocity and acceleration of the foot at an event."""

    place: FloatArray
    velocity: FloatArray
    acceleration: FloatArray

    @classmethod
    def on_ground(cls, stride: Stride, pitch: FloatArray) -> "_State":
        before, now, after = _stance(stride, pitch)
        bend = (after - 2 * now + before) / EVENT_STEP_S**2
        return cls(now, (after - before) / (2 * EVENT_STEP_S), bend)

    def released(self, stride: Stride) -> "_State":
        """Let the hip pull instead of the ground pushing."""
        pull = _along(stride, stride.foot.pull_mps2, 0.0, 0.0)
        return _State(self.place, self.velocity, pull)


def _fly(
    stride: Stride,
    following: Stride,
    ends: tuple[_State, _State],
    t_s: FloatArray,
) -> FloatArray:
    """Quintic between the two events, lifted to the foot's clearance and swayed."""
    leaving, landing = ends
    swing_s = following.t_ic_s - stride.t_release_s
    coming = following.foot
    braking = _along(following, -coming.braking_mps2, 0.0, 0.0)
    velocity = _along(following, *following.preimpact_mps)
    arrival = _State(landing.place, velocity, braking)
    quintic = _quintic(leaving, arrival, swing_s)
    highest = float(_evaluate(quintic, np.linspace(0, 1, 21))[:, 2].max())
    mirror = 1.0 if stride.slot is Slot.LEFT else -1.0
    missing = max(coming.clearance_m - highest, 0.0)
    way = _along(stride, 0.0, mirror * coming.sway_m, missing)
    share = (t_s - stride.t_release_s) / swing_s
    flown: FloatArray = _evaluate(quintic, share) + _bump(share)[:, None] * way
    return flown


def _bump(share: FloatArray | float) -> FloatArray:
    return np.asarray(64 * (share * (1 - share)) ** 3)


def _quintic(leaving: _State, arrival: _State, time_s: float) -> FloatArray:
    """Coefficients [6, 3] over the share of the time, from the states at both ends."""
    p0, v0, a0 = leaving.place, leaving.velocity * time_s, leaving.acceleration
    a0 = a0 * time_s**2
    v1, a1 = arrival.velocity * time_s, arrival.acceleration * time_s**2
    rest = arrival.place - p0 - v0 - a0 / 2
    speed, bend = v1 - v0 - a0, a1 - a0
    return np.stack(
        [
            p0,
            v0,
            a0 / 2,
            10 * rest - 4 * speed + bend / 2,
            -15 * rest + 7 * speed - bend,
            6 * rest - 3 * speed + bend / 2,
        ]
    )


def _evaluate(coefficients: FloatArray, share: FloatArray) -> FloatArray:
    powers = share[:, None] ** np.arange(6)
    return np.asarray(powers @ coefficients)


def _impact(stride: Stride, landing: _State, t_s: FloatArray) -> FloatArray:
    """How far heel pad and midsole give way after a contact."""
    foot = stride.foot
    push = _along(stride, *stride.preimpact_mps) - landing.velocity
    omega = 2 * math.pi * foot.impact_hz
    decay, ring = (
        foot.impact_damping * omega,
        omega * math.sqrt(1 - foot.impact_damping**2),
    )
    away = np.zeros((len(t_s), 3))
    ends = [stride.t_ic_s, stride.t_ic_s + FORGOTTEN / decay]
    first, last = np.searchsorted(t_s, ends)
    tau = t_s[first:last] - stride.t_ic_s
    away[first:last] = (np.exp(-decay * tau) * np.sin(ring * tau) / ring)[:, None]
    return away * push
