"""Find the foot frame of a sensor that was clipped on somehow.

Standing gives gravity and gyro bias; the axis the foot swings about gives "left"; the
heel that rises after push-off gives "forward", and the way a stride goes must agree.
Method: detector.md sections 2.1 to 2.3, forward by angles.md section 1.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d
from scipy.signal import butter, find_peaks, sosfiltfilt

from contract.model import FloatArray
from contract.units import STANDARD_GRAVITY_MPS2
from processing.dsp import BoolArray, IntArray, lowpass, moving_sum
from processing.frames import FootFrame, foot_axes, unit
from processing.settings import CalibrationSettings
from processing.strapdown import displacements

_QUIET_SPIN_RPS = 2.618  # 150 deg/s, as much unrest as one g of force (detector.md 2.3)
_STRIDE_S = (0.45, 1.6)  # running and walking strides
_NEXT_PERIOD = 0.8  # a multiple of the period correlates almost as well: take the first
_MOST_STRIDES = 40
_CLEAR_AXIS_RATIO = 3.0  # below, the swing axis is doubtful (detector.md 7)
_STANCE_S = 0.75  # a walking foot is still for less than this on either side
_DRIFT_HZ = 0.25  # slower changes of the integrated pitch are gyro bias
_TILT_PERCENT = (3.0, 97.0)  # both ends of the tilt, less single glitches


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The frame and how far it can be trusted.

    Attributes
    ----------
    frame : FootFrame
    has_standing : bool
        Whether a quiet stretch gave gravity and bias.
    was_moved : bool
        Gravity in mid-stance contradicts standing: the pod moved, or stood otherwise.
    axis_ratio : float
        How clearly the foot swings about one axis.
    signs_agree : bool
        Whether strides go where the heel rise says "forward" is.
    speed_mps : float
        Median strapdown speed, 0 when no stride could be integrated.
    """

    frame: FootFrame
    has_standing: bool
    was_moved: bool
    axis_ratio: float
    signs_agree: bool
    speed_mps: float

    def doubts(self) -> list[str]:
        """Say in words what is wrong with it; empty when it is good."""
        found = [] if self.has_standing else ["no standing found"]
        if self.was_moved:
            found.append("sensor moved after standing")
        if self.axis_ratio < _CLEAR_AXIS_RATIO:
            found.append("swing axis unclear")
        if not self.signs_agree:
            found.append("forward direction unsure")
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Rest:
    bias_rps: FloatArray
    up: FloatArray
    is_standing: bool


def calibrate(
    samples: FloatArray, rate_hz: float, settings: CalibrationSettings
) -> Calibration | None:
    """Foot frame from the beginning of a recording, or None when the foot hardly moved.

    Parameters
    ----------
    samples : [N, 6]
        Specific force (m/s2) and angular rate (rad/s) in the sensor's axes.
    """
    least = settings.least_moving_s * rate_hz
    if len(samples) < least:
        return None
    spin = np.linalg.norm(samples[:, 3:], axis=1)
    is_moving = _moving(spin, rate_hz, settings.moving_rps)
    if is_moving.sum() < least:
        return None
    rest = _find_rest(samples, int(np.argmax(is_moving)), rate_hz, settings)
    level = samples - np.concatenate([np.zeros(3), rest.bias_rps])
    up, was_moved = rest.up, False
    lateral, ratio = _swing_axis(level[is_moving, 3:], up)
    period = _period(lowpass(level[:, 3:] @ lateral, 15.0, rate_hz)[is_moving], rate_hz)
    still, unrest = _midstances(level, is_moving, period, rate_hz)
    if not len(still):
        return None
    stance_up = _stance_gravity(level, still, unrest, rate_hz)
    if not rest.is_standing or _angle_deg(stance_up, up) > settings.moved_deg:
        was_moved = rest.is_standing
        up = stance_up
        lateral, ratio = _swing_axis(level[is_moving, 3:], up)
    pitch_up_rps = -(level[:, 3:] @ lateral)
    lateral = lateral * _heel_rise_sign(pitch_up_rps, is_moving, still, rate_hz)
    axes = foot_axes(lateral, up)
    is_forward, speed = _forward(level, still, axes, rate_hz)
    agree = is_forward or speed < settings.sign_speed_mps
    frame = FootFrame(axes, rest.bias_rps)
    return Calibration(frame, rest.is_standing, was_moved, ratio, agree, speed)


def _moving(spin_rps: FloatArray, rate_hz: float, least_rps: float) -> BoolArray:
    """Where the foot is on its way, mid-stances of walking included [N]."""
    is_turning = lowpass(spin_rps, 1.0, rate_hz) > least_rps
    reach = 2 * round(_STANCE_S * rate_hz) + 1
    return np.asarray(maximum_filter1d(is_turning.astype(np.int8), reach)) > 0


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
    # Nobody stood still: the mean force over whole strides is a first guess at "up".
    return _Rest(np.zeros(3), unit(samples[:, :3].mean(axis=0)), is_standing=False)


def _swing_axis(spin_rps: FloatArray, up: FloatArray) -> tuple[FloatArray, float]:
    """Level axis with the most rotation [3], and its lead over the second axis."""
    level = spin_rps - np.outer(spin_rps @ up, up)
    strength, axes = np.linalg.eigh(level.T @ level)
    return axes[:, -1], float(strength[-1] / max(strength[-2], 1e-9))


def _period(pitch_rps: FloatArray, rate_hz: float) -> float:
    """Stride period in samples: first strong peak of the autocorrelation."""
    x = pitch_rps - pitch_rps.mean()
    spectrum = np.fft.rfft(x, 2 * len(x))
    similarity = np.fft.irfft(np.abs(spectrum) ** 2)
    low, high = (int(s * rate_hz) for s in _STRIDE_S)
    part = similarity[low:high]
    peaks = find_peaks(part, height=_NEXT_PERIOD * part.max())[0]
    return float(low + (peaks[0] if len(peaks) else np.argmax(part)))


def _midstances(
    samples: FloatArray, is_moving: BoolArray, period: float, rate_hz: float
) -> tuple[IntArray, FloatArray]:
    """Quietest moments of the strides, one each, without knowing any axis."""
    smooth = lowpass(np.ascontiguousarray(samples.T), 30.0, rate_hz)
    force = np.linalg.norm(smooth[:3], axis=0)
    spin = np.linalg.norm(smooth[3:], axis=0)
    g = STANDARD_GRAVITY_MPS2
    unrest = (spin / _QUIET_SPIN_RPS) ** 2 + ((force - g) / g) ** 2
    width = int(0.06 * rate_hz)
    unrest = np.convolve(unrest, np.ones(width) / width, "same")
    still = find_peaks(-unrest, distance=max(1.0, 0.7 * period))[0]
    return still[is_moving[still]], unrest


def _stance_gravity(
    samples: FloatArray, still: IntArray, unrest: FloatArray, rate_hz: float
) -> FloatArray:
    """Direction of the force at the better half of the mid-stances [3]."""
    good = still[unrest[still] <= np.median(unrest[still])]
    force = lowpass(np.ascontiguousarray(samples[:, :3].T), 10.0, rate_hz)
    return unit(np.median(force[:, good], axis=1))


def _angle_deg(a: FloatArray, b: FloatArray) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0))))


def _forward(
    samples: FloatArray, still: IntArray, axes: FloatArray, rate_hz: float
) -> tuple[bool, float]:
    """Whether strides go along +x, and how fast (m/s; 0 when none was followed)."""
    length = np.diff(still)
    usual = float(np.median(length)) if len(length) else 0.0
    keep = np.flatnonzero((length > 0.8 * usual) & (length < 1.25 * usual))
    keep = keep[:_MOST_STRIDES]
    if not len(keep):
        return True, 0.0
    turned = FootFrame(axes, np.zeros(3)).apply(samples)
    path = np.median(displacements(turned, still[keep], length[keep], rate_hz), axis=0)
    return bool(path[0] >= 0), float(np.hypot(path[0], path[1])) / (usual / rate_hz)


def _heel_rise_sign(
    pitch_rps: FloatArray, is_moving: BoolArray, still: IntArray, rate_hz: float
) -> float:
    """Sign that makes the largest tilt of a stride the heel going up.

    The heel rises 50 to 90 deg after push-off, the toes hardly 30 before landing, in
    walking and running alike; right on all development recordings, where the direction
    of travel fails in slow walking (angles.md 1 uses the same fact).
    """
    drift = butter(1, _DRIFT_HZ / (rate_hz / 2), "high", output="sos")
    tilt = sosfiltfilt(drift, np.cumsum(pitch_rps) / rate_hz)
    ends = np.percentile(tilt[is_moving], _TILT_PERCENT)
    toe_down, toe_up = ends - np.median(tilt[still])
    return 1.0 if -toe_down >= toe_up else -1.0
