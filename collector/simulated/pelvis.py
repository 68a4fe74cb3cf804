"""How a pelvis moves: angles by harmonics of the stride, forces contact by contact.

The vertical force of a running contact is the two-mass model (Clark, Ryan & Weyand
2017): the leg's blow early, the body's force over the whole contact, between a raised
cosine and half a sine. Impulses balance gravity and the flights around, so the bounce
neither grows nor drifts; the pelvis moves somewhat more than the whole body. Walking
rides highest on one leg and lowest on two. World and frame: x forward, y left, z up.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from collector.simulated.pose import Pose
from collector.simulated.stride import Spot, Stride
from collector.simulated.traits import HipTraits
from contract.model import FloatArray, Slot
from contract.units import DEG_PER_RAD, RAD_PER_DEG, STANDARD_GRAVITY_MPS2

# Share of body mass that meets the ground first (Clark 2017).
LEG_SHARE = 0.08
# Half a flight's fall is caught, or its rise pushed, within this time where no running
# contact does it; gaits change over the same time.
CATCH_S = 0.25
# The lowest point of walking lies in double support, about a tenth of a step after
# contact.
DOUBLE_SUPPORT_PHASE = 0.1
# Steps of one runner differ; contact times that a threshold reads off the hip then
# scatter by 4 to 6 ms, as in rbds.
YAW_CV, YAW_PHASE_SD_DEG, DROP_CV = 0.15, 8.0, 0.15
SWAY_CV, BRAKE_CV, SINE_SD = 0.3, 0.2, 0.15


@dataclass(frozen=True, slots=True)
class Support:
    """A time on the ground of one foot, or of both where the runner stands.

    ``wobble`` is how this step differs from others, with SD 1 each: turning, its
    phase, drop, push to the middle, braking and shape of the force.
    """

    slot: Slot
    t_ic_s: float
    t_to_s: float
    spot: Spot
    wobble: tuple[float, ...]

    @property
    def mirror(self) -> float:
        """Give +1 for the left foot, -1 for the right."""
        return 1.0 if self.slot is Slot.LEFT else -1.0

    @property
    def is_run(self) -> bool:
        """Whether flights surround it."""
        return self.spot.gait == "run"


def supports(strides: Iterator[Stride], seed: int) -> Iterator[Support]:
    """Give the contacts of the body; the two feet that stand are one support."""
    rng = np.random.default_rng([seed, 2, int(Slot.HIP)])
    for stride in strides:
        until_s = stride.t_to_s
        if stride.is_standing:
            until_s = max(until_s, next(strides).t_to_s)
        wobble = tuple(rng.normal(size=6).tolist())
        yield Support(stride.slot, stride.t_ic_s, until_s, stride.spot, wobble)


@dataclass(frozen=True, slots=True, eq=False)
class _Course:
    """What changes slowly, at each time; ``turning`` is in rad/s, angles in deg."""

    phase: FloatArray
    yaw_sine: FloatArray
    yaw_cosine: FloatArray
    drop: FloatArray
    tilt: FloatArray
    walk_mps2: FloatArray
    heading: FloatArray
    lean: FloatArray
    speed_mps: FloatArray
    turning: FloatArray


def _course(window: list[Support], hip: HipTraits, t_s: FloatArray) -> _Course:
    """Interpolate between the contacts, without overshoot (a stand stays still)."""
    times, rows = [], []
    phase = 0.0
    for support, following in itertools.pairwise([*window, window[-1]]):
        phase = _next_phase(phase, support)
        values = _values(support, following, hip)
        times.append(support.t_ic_s)
        rows.append((phase, *values))
        if support.spot.gait == "stand":
            # Still from a moment after the landing until a moment before it goes on.
            times[-1] = support.t_ic_s + (CATCH_S if support.t_ic_s else 0.0)
            times.append(support.t_to_s - CATCH_S)
            phase = _next_phase(phase, following) - 0.25
            rows.append((phase, *values))
    spline = PchipInterpolator(np.array(times), np.array(rows))
    inside = np.clip(t_s, times[0], times[-1])
    turning = spline.derivative()(inside)[:, 6] * RAD_PER_DEG
    columns: list[FloatArray] = [*spline(inside).T, turning]
    return _Course(*columns)


def _next_phase(phase: float, support: Support) -> float:
    """Half a stride on, and whole at each left contact."""
    whole = 0.0 if support.slot is Slot.LEFT else 0.5
    return math.floor(phase - whole + 1e-9) + 1.0 + whole


def _values(support: Support, following: Support, hip: HipTraits) -> tuple[float, ...]:
    spot = support.spot
    if spot.gait == "stand":
        return (0.0, 0.0, 0.0, 0.0, 0.0, spot.heading_deg, 0.0, 0.0)
    walks = spot.gait == "walk"
    share, phase_deg, drop, tilt = (
        (hip.walk_share, hip.walk_yaw_phase_deg, 0.5, 0.3)
        if walks
        else (1.0, hip.yaw_phase_deg, 1.0, 1.0)
    )
    wobble = support.wobble
    yaw = share * hip.yaw_deg * (1 + YAW_CV * wobble[0])
    at = (phase_deg + YAW_PHASE_SD_DEG * wobble[1]) * RAD_PER_DEG
    step_s = max(following.t_ic_s - support.t_ic_s, CATCH_S)
    bounce = hip.walk_bounce_m / 2 * (2 * math.pi / step_s) ** 2 if walks else 0.0
    turn_deg = following.spot.heading_deg - spot.heading_deg
    pull_mps2 = spot.speed_mps * turn_deg * RAD_PER_DEG / step_s
    lean_deg = math.atan2(pull_mps2, STANDARD_GRAVITY_MPS2) * DEG_PER_RAD
    return (
        yaw * math.cos(at),
        yaw * math.sin(at),
        drop * (1 + DROP_CV * wobble[2]),
        tilt * hip.tilt_deg,
        bounce,
        spot.heading_deg,
        lean_deg,
        spot.speed_mps,
    )


def pelvis(
    window: list[Support], hip: HipTraits, t_s: FloatArray
) -> tuple[Pose, FloatArray]:
    """Give the pelvis' orientation and its acceleration in world, without gravity.

    Times step evenly; angles are as in `collector.simulated.pose.Pose`: pitch + leans
    back, roll + left side up, yaw + to the left.
    """
    course = _course(window, hip, t_s)
    turn = 2 * np.pi * course.phase
    yaw = course.yaw_sine * np.sin(turn) + course.yaw_cosine * np.cos(turn)
    roll = course.drop * (
        hip.drop_left_deg * _hump(turn, hip)
        - hip.drop_right_deg * _hump(turn + np.pi, hip)
    )
    rock = hip.rock_deg * np.sin(3 * turn + hip.rock_phase_deg * RAD_PER_DEG)
    nod = hip.nod_deg * np.sin(2 * turn) + hip.nod_twice_deg * np.sin(4 * turn)
    roll += course.drop * rock
    pitch = -course.tilt - course.drop * nod
    step_s = float(t_s[1] - t_s[0])
    angles = (pitch, roll - course.lean, course.heading + yaw)
    rates = (np.gradient(angle, step_s) for angle in angles)
    return Pose(*angles, *rates), _acceleration(window, hip, course, t_s)


def _hump(turn: FloatArray, hip: HipTraits) -> FloatArray:
    """One smooth hump a stride, in the stance that begins where ``turn`` is whole."""
    lag = hip.drop_lag_deg * RAD_PER_DEG
    return np.asarray(np.maximum(np.sin(turn - lag), 0.0) ** 2)


def _acceleration(
    window: list[Support], hip: HipTraits, course: _Course, t_s: FloatArray
) -> FloatArray:
    forward, left, up = np.zeros((3, len(t_s)))
    # Before the first standing there is nothing that could fly.
    earlier = [window[0], *window]
    for before, now, following in zip(earlier, window, window[1:], strict=False):
        _push(_Contact(before, now, following, hip), (forward, left, up), t_s)
    steps = 2 * np.pi * (2 * course.phase - DOUBLE_SUPPORT_PHASE)
    up = hip.rise * up + course.walk_mps2 * np.cos(steps)
    left += course.speed_mps * course.turning
    heading = course.heading * RAD_PER_DEG
    cos, sin = np.cos(heading), np.sin(heading)
    return np.stack([cos * forward - sin * left, sin * forward + cos * left, up], 1)


@dataclass(frozen=True, slots=True)
class _Contact:
    before: Support
    now: Support
    following: Support
    hip: HipTraits

    @property
    def flights_s(self) -> tuple[float, float]:
        gaps = (
            self.now.t_ic_s - self.before.t_to_s,
            self.following.t_ic_s - self.now.t_to_s,
        )
        return max(gaps[0], 0.0), max(gaps[1], 0.0)


def _push(
    contact: _Contact,
    axes: tuple[FloatArray, FloatArray, FloatArray],
    t_s: FloatArray,
) -> None:
    """Add one contact, and the flight after it, to the body's acceleration."""
    forward, left, up = axes
    now, hip, g = contact.now, contact.hip, STANDARD_GRAVITY_MPS2
    before_s, after_s = contact.flights_s
    ic_s, to_s = now.t_ic_s, now.t_to_s
    contact_s = to_s - ic_s
    up[slice(*np.searchsorted(t_s, (to_s, to_s + after_s)))] -= g
    gain_mps = contact.following.spot.speed_mps - now.spot.speed_mps
    if now.spot.gait == "stand":
        _pulse(forward, t_s, (to_s - 2 * CATCH_S, to_s), gain_mps)
    else:
        _pulse(forward, t_s, (ic_s, to_s), gain_mps)
        on_ground = slice(*np.searchsorted(t_s, (ic_s, to_s)))
        share = (t_s[on_ground] - ic_s) / contact_s
        sway = hip.sway_mps2 * (1 + SWAY_CV * now.wobble[3])
        lost_mps = hip.brake_share * (1 + BRAKE_CV * now.wobble[4]) * now.spot.speed_mps
        brake = lost_mps * math.pi / contact_s
        forward[on_ground] -= brake * np.sin(2 * np.pi * share)
        aside = sway * np.sin(np.pi * share)
        aside += hip.swing_mps2 * np.sin(2 * np.pi * share)
        left[on_ground] -= now.mirror * aside
    if not now.is_run:
        _pulse(up, t_s, (ic_s, ic_s + CATCH_S), g * before_s / 2)
        _pulse(up, t_s, (to_s - CATCH_S, to_s), g * after_s / 2)
        return
    up[slice(*np.searchsorted(t_s, (ic_s, to_s)))] -= g
    whole_mps = g * (contact_s + (before_s + after_s) / 2)
    blow_mps = LEG_SHARE * (hip.blow_mps + 2 * g * hip.blow_s)
    _pulse(up, t_s, (ic_s, ic_s + 2 * hip.blow_s), blow_mps)
    sine = min(max(hip.sine_share + SINE_SD * now.wobble[5], 0.0), 1.0)
    body_mps = whole_mps - blow_mps
    _pulse(up, t_s, (ic_s, to_s), (1 - sine) * body_mps)
    _half_sine(up, t_s, (ic_s, to_s), sine * body_mps)


def _pulse(
    axis: FloatArray, t_s: FloatArray, ends_s: tuple[float, float], change_mps: float
) -> None:
    """Add a raised cosine whose integral is a change of velocity."""
    part = slice(*np.searchsorted(t_s, ends_s))
    time_s = ends_s[1] - ends_s[0]
    turn = 2 * np.pi * (t_s[part] - ends_s[0]) / time_s
    axis[part] += change_mps / time_s * (1 - np.cos(turn))


def _half_sine(
    axis: FloatArray, t_s: FloatArray, ends_s: tuple[float, float], change_mps: float
) -> None:
    """Add half a sine whose integral is a change of velocity."""
    part = slice(*np.searchsorted(t_s, ends_s))
    time_s = ends_s[1] - ends_s[0]
    share = (t_s[part] - ends_s[0]) / time_s
    axis[part] += change_mps / time_s * np.pi / 2 * np.sin(np.pi * share)
