"""Find the foot frame of a sensor that was clipped on somehow.

Standing gives gravity and gyro bias. The strides that follow are cut where the foot is
stillest and followed by the gyroscope alone; the mean force between two mid-stances is
gravity. While the heel rises the foot turns about its own toe break, so the horizontal
part of "up" points to the heel: that is the forward axis, its sign included. The way
strides go must agree. Nothing depends on the axes the sensor happens to have: turning a
whole recording gives the same foot. Method: angles.md sections 1 and 3.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from scipy.ndimage import maximum_filter1d

from contract.model import FloatArray
from contract.people import Mount
from contract.units import DEG_PER_RAD, NS_PER_S
from processing.arrays import BoolArray
from processing.dsp import lowpass, moving_sum
from processing.frames import FootFrame, foot_axes, unit
from processing.settings import CalibrationSettings
from processing.shoe.axis_free import SCAN, Strides, find_strides
from processing.shoe.heel_rise import (
    MAD_TO_SD,
    STRAIGHT_DEG,
    heel_rise,
    length,
    tilt_and_toe,
)
from processing.shoe.mount import Refinement

Origin = Literal["standing", "earlier run", "flat foot"]
"""What the sole's normal was taken from."""


@dataclass(frozen=True, slots=True)
class AxisSettings:
    """When a foot frame is believed, and where its axes are taken from."""

    good_spread_deg: float = 6.0
    """Worse is "calibration poor" (angles.md 3.4)."""
    good_strides: int = 15
    """So many that scatter by 6 deg give a middle to within 2 deg (SD), half of what
    the axis is off by between feet (angles.md 1, which asks for 20)."""
    least_straight: int = 10
    """With fewer straight strides, and more that turn, all are used (prototype)."""
    moved_deg: float = 25.0
    """Standing further than this from the flat foot of the strides: the sensor was
    moved. The two differ by 0 to 9 deg in 76 feet of running, by 0 to 7 on real
    shoes; what a foot may roll in comes on top."""
    known_up_deg: float = 14.0
    """The same comparison for a stored mount, which must not take in another one: a
    foot that rolls in strongly lies 11 deg (SD 1.3) tilted at mid-stance (angles.md 6,
    acted)."""
    known_azimuth_deg: float = 6.0
    """Forward of one mount, from run to run: SD 2 deg between speeds (angles.md 1)."""


AXIS = AxisSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The frame and how far it can be trusted.

    Attributes
    ----------
    frame : FootFrame
    origin : str
        What the sole's normal was taken from.
    has_standing : bool
        Whether a quiet stretch was found.
    was_moved : bool
        Standing contradicts the flat foot: the sensor was moved, or stood otherwise.
    axis_spread_deg : float
        Scatter of the forward axis between strides (robust SD).
    strides : int
        Strides that the axis was taken from.
    signs_agree : bool
        Whether strides go where the heel rise says "forward" is.
    speed_mps : float
        Median strapdown speed, 0 when no stride could be integrated.
    taken_from_ns : int
        When the earlier run was, 0 if none was needed.
    was_turning : bool
        Whether hardly a stride went straight on.
    """

    frame: FootFrame
    origin: Origin
    has_standing: bool
    was_moved: bool
    axis_spread_deg: float
    strides: int
    signs_agree: bool
    speed_mps: float
    taken_from_ns: int = 0
    was_turning: bool = False

    @property
    def is_against_standing(self) -> bool:
        """Whether angles count from how the runner stood, now or in an earlier run."""
        return self.origin != "flat foot"

    def doubts(self) -> list[str]:
        """Say in words what is wrong with it; empty when it is good."""
        found = [] if self.has_standing else ["no standing found"]
        if self.was_moved:
            found.append("sensor moved after standing")
        if self.axis_spread_deg > AXIS.good_spread_deg:
            found.append("forward axis unclear")
        if self.strides < AXIS.good_strides:
            found.append(f"only {self.strides} strides to find the forward axis")
        if not self.signs_agree:
            found.append("forward direction unsure")
        if self.was_turning:
            found.append("hardly a straight stride to find the forward axis")
        return found

    def pronation_doubt(self) -> str:
        """Why pronation may not be shown; empty when it may.

        A forward axis that is off by 5 deg changes it by 1.3 deg (angles.md 2). The
        sole's normal hardly matters: pronation is a difference within one contact.
        """
        if not self.signs_agree:
            return "forward direction of the sensor unsure"
        if self.was_turning:
            return "the runner kept turning while the sensor's axes were found"
        if self.axis_spread_deg > AXIS.good_spread_deg:
            return (
                "forward axis of the sensor scatters by "
                f"{self.axis_spread_deg:.1f} deg, {AXIS.good_spread_deg:.0f} are good"
            )
        if self.strides < AXIS.good_strides:
            return (
                f"forward axis of the sensor rests on {self.strides} strides, "
                f"{AXIS.good_strides} are needed"
            )
        return ""

    def mount_words(self) -> str:
        """Say where the sensor's axes come from."""
        if self.origin == "standing":
            return "standing"
        missing = "nobody stood still"
        if self.has_standing:
            missing = "standing does not fit the strides"
        if self.origin == "flat foot":
            return f"flat foot at mid-stance: {missing}"
        day = datetime.fromtimestamp(self.taken_from_ns // NS_PER_S, UTC).date()
        why = "no standing found" if not self.has_standing else missing
        return f"taken from the run of {day.isoformat()} ({why})"

    def refined(self, by: Refinement) -> "Calibration":
        """Turn the forward axis to where running strides show it."""
        axes = by.rotation @ self.frame.axes
        return replace(
            self,
            frame=FootFrame(axes, self.frame.gyro_bias_rps),
            axis_spread_deg=by.spread_deg,
            strides=by.strides,
            was_turning=False,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Rest:
    bias_rps: FloatArray
    up: FloatArray
    is_standing: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Forward:
    toe: FloatArray
    spread_deg: float
    strides: int
    was_turning: bool


def calibrate(
    samples: FloatArray,
    rate_hz: float,
    settings: CalibrationSettings,
    known: Mount | None = None,
) -> Calibration | None:
    """Foot frame from the beginning of a recording, or None when the foot hardly moved.

    Parameters
    ----------
    samples : [N, 6]
        Specific force (m/s2) and angular rate (rad/s) in the sensor's axes.
    known : Mount, optional
        How this sensor sat on this shoe in an earlier run; used when nobody stood still
        and what is seen does not contradict it.
    """
    least = settings.least_moving_s * rate_hz
    if len(samples) < least:
        return None
    spin = np.linalg.norm(samples[:, 3:], axis=1)
    is_moving = _moving(spin, rate_hz, settings.moving_rps)
    if is_moving.sum() < least:
        return None
    rest = _find_rest(samples, int(np.argmax(is_moving)), rate_hz, settings)
    strides, bias = find_strides(
        samples, rest.bias_rps if rest.is_standing else None, rate_hz
    )
    if strides is None:
        return None
    return _judged(strides, rest, bias, known, settings)


def mount_of(
    calibration: Calibration, time_ns: int, shoe: str, slot: str, serial: str
) -> Mount:
    """Give what is stored of a calibration, for a run without standing."""
    bx, by, bz = (float(b) for b in calibration.frame.gyro_bias_rps)
    return Mount(
        time_ns=time_ns,
        shoe=shoe,
        slot=slot,
        serial=serial,
        axes=tuple(float(a) for a in calibration.frame.axes.ravel()),
        gyro_bias_rps=(bx, by, bz),
        axis_spread_deg=calibration.axis_spread_deg,
        strides=calibration.strides,
    )


def _judged(
    strides: Strides,
    rest: _Rest,
    bias_rps: FloatArray,
    known: Mount | None,
    settings: CalibrationSettings,
) -> Calibration | None:
    """Choose the sole's normal, then forward; None when no heel rises."""
    flat = _middle(strides.up[:, 0])
    was_moved = rest.is_standing and _angle_deg(flat, rest.up) > AXIS.moved_deg
    origin: Origin = "flat foot"
    up, taken_from_ns = flat, 0
    if rest.is_standing and not was_moved:
        origin, up = "standing", rest.up
    forward = _forward(strides, up)
    if forward is None:
        return None
    axes = foot_axes(np.cross(up, forward.toe), up)
    if origin == "flat foot" and known is not None and _fits(known, strides, flat):
        origin, taken_from_ns = "earlier run", known.time_ns
        axes = np.reshape(known.axes, (3, 3))
    ahead = axes[0] @ strides.travel_m
    speed = float(np.median(length(strides.travel_m) / strides.seconds))
    return Calibration(
        frame=FootFrame(axes, bias_rps),
        origin=origin,
        has_standing=rest.is_standing,
        was_moved=was_moved,
        axis_spread_deg=forward.spread_deg,
        strides=forward.strides,
        signs_agree=bool(np.median(ahead) >= 0) or speed < settings.sign_speed_mps,
        speed_mps=speed,
        taken_from_ns=taken_from_ns,
        was_turning=forward.was_turning,
    )


def _fits(known: Mount, strides: Strides, flat: FloatArray) -> bool:
    """Whether a stored mount agrees with the strides seen."""
    axes = np.reshape(known.axes, (3, 3))
    if _angle_deg(axes[2], flat) > AXIS.known_up_deg:
        return False
    seen = _forward(strides, axes[2])
    return seen is not None and _angle_deg(axes[0], seen.toe) < AXIS.known_azimuth_deg


def _moving(spin_rps: FloatArray, rate_hz: float, least_rps: float) -> BoolArray:
    """Where the foot is on its way, mid-stances of walking included [N]."""
    is_turning = lowpass(spin_rps, 1.0, rate_hz) > least_rps
    reach = 2 * round(_STANCE_S * rate_hz) + 1
    return np.asarray(maximum_filter1d(is_turning.astype(np.int8), reach)) > 0


_STANCE_S = 0.75  # a walking foot is still for less than this on either side


def _find_rest(
    samples: FloatArray, first_move: int, rate_hz: float, settings: CalibrationSettings
) -> _Rest:
    """Quietest stretch shortly before the first movement, else of all there is."""
    n = int(settings.standing_s * rate_hz)
    search = int(settings.standing_search_s * rate_hz)
    for begin, end in ((max(0, first_move - search), first_move), (0, len(samples))):
        part = samples[begin:end]
        if len(part) <= n:
            continue
        gyro = part[:, 3:].T
        variance = moving_sum(gyro**2, n) / n - (moving_sum(gyro, n) / n) ** 2
        at = int(np.argmin(variance.sum(axis=0)))
        quiet = part[at : at + n].mean(axis=0)
        sd = float(np.sqrt(max(variance[:, at].sum(), 0.0)))
        if sd < settings.standing_gyro_sd_rps:
            return _Rest(quiet[3:], unit(quiet[:3]), is_standing=True)
    return _Rest(np.zeros(3), np.zeros(3), is_standing=False)


def _forward(strides: Strides, up: FloatArray) -> _Forward | None:
    """Direction of the toes: away from where "up" leans while the heel rises."""
    is_straight = np.abs(strides.heading_deg) < STRAIGHT_DEG
    enough = min(AXIS.least_straight, len(is_straight) / 2)
    was_turning = bool(is_straight.sum() < enough)
    use = strides.is_inside & (is_straight | was_turning)
    normal = up[:, None, None]
    tilt, toe = tilt_and_toe(strides.up, normal)
    # The largest tilt of a stride is always heel-up, so it gives the sign (angles.md).
    steep = use & (tilt >= _STEEP * np.percentile(tilt[use], 98))
    ahead = unit(toe[:, steep].mean(axis=1))
    along = np.tensordot(ahead, toe, 1)
    rise, is_seen = heel_rise(strides.up, normal, use & (along > 0))
    if is_seen.sum() < SCAN.least_strides:
        return None
    left = np.cross(up, ahead)
    azimuth = np.arctan2(left @ rise, ahead @ rise)[is_seen]
    middle = float(np.median(azimuth))
    spread = MAD_TO_SD * float(np.median(np.abs(azimuth - middle))) * DEG_PER_RAD
    forward = np.cos(middle) * ahead + np.sin(middle) * left
    return _Forward(forward, spread, int(is_seen.sum()), was_turning)


_STEEP = 0.8  # of nearly the largest tilt: surely the heel's side (prototype)


def _middle(directions: FloatArray) -> FloatArray:
    """Mean of the nearer half of directions [3, S], whatever axes they are given in."""
    middle = unit(directions.mean(axis=1))
    for _ in range(3):
        near = middle @ directions
        middle = unit(directions[:, near >= np.median(near)].mean(axis=1))
    return middle


def _angle_deg(a: FloatArray, b: FloatArray) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0))))
