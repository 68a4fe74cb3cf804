"""Is the unit right? At rest an accelerometer reads 9.81 m/s2, whatever its mount."""

import math

import numpy as np

from contract.errors import RecordingError
from contract.model import FloatArray
from contract.units import ACC_TO_MPS2, GYRO_TO_RPS, STANDARD_GRAVITY_MPS2

QUIET_WINDOW_S = 1.5
# A foot or a wearer that stands stays below 0.08 rad/s (PyShoe, gaitmap, RBDS).
QUIET_GYRO_RPS = 0.1
# Real sensors at rest read 9.2 to 10.3 (RBDS, PyShoe, gaitmap, Arduino Nano).
REST_RANGE_MPS2 = (8.5, 11.0)
# The median of |f| of moving feet and hips lies within 9.5 to 42 m/s2 (the same sets
# and wearable_my_foot); without a quiet stretch only what no foot can do is refused.
MOVING_RANGE_MPS2 = (5.0, 100.0)
_USUAL_MOVING_MPS2 = (7.0, 60.0)
# 4000 deg/s is the widest range of any shoe sensor on the market, 69.8 rad/s.
MOST_GYRO_RPS = 80.0


def check_units(
    samples: FloatArray, rate_hz: float, name: str, units: tuple[str, str]
) -> None:
    """Refuse samples [N, 6] whose level shows that the stated units are wrong.

    Parameters
    ----------
    samples : FloatArray
        In m/s2 and rad/s if the stated units are right.
    rate_hz : float
        Rate of the samples.
    name : str
        What to call the sensor in the message.
    units : tuple of str
        Stated unit of acceleration and of angular rate.
    """
    acc_unit, gyro_unit = units
    _check_gyro(float(np.abs(samples[:, 3:]).max()), name, gyro_unit)
    rest_mps2 = rest_level(samples, rate_hz)
    if rest_mps2 is not None:
        _check_level(rest_mps2, acc_unit, f"{name}: at rest", is_rest=True)
    else:
        level = float(np.median(np.linalg.norm(samples[:, :3], axis=1)))
        _check_level(level, acc_unit, f"{name}: in the median", is_rest=False)


def rest_level(samples: FloatArray, rate_hz: float) -> float | None:
    """Mean of |f| over the quietest 1.5 s, or None if the sensor never rests."""
    n = max(2, round(QUIET_WINDOW_S * rate_hz))
    if len(samples) < n:
        return None
    gyro = samples[:, 3:] - samples[:, 3:].mean(axis=0)
    sums = _sliding_sum(gyro, n)
    squares = _sliding_sum(gyro**2, n)
    variance = (squares / n - (sums / n) ** 2).sum(axis=1)
    start = int(variance.argmin())
    if math.sqrt(max(0.0, float(variance[start]))) > QUIET_GYRO_RPS:
        return None
    quiet = samples[start : start + n, :3]
    return float(np.linalg.norm(quiet, axis=1).mean())


def _sliding_sum(values: FloatArray, n: int) -> FloatArray:
    total = np.cumsum(np.vstack([np.zeros((1, values.shape[1])), values]), axis=0)
    return np.asarray(total[n:] - total[:-n], dtype=np.float64)


def _check_level(level_mps2: float, unit: str, when: str, *, is_rest: bool) -> None:
    low, high = REST_RANGE_MPS2 if is_rest else MOVING_RANGE_MPS2
    if low <= level_mps2 <= high:
        return
    shown = level_mps2 / ACC_TO_MPS2[unit]
    expected = STANDARD_GRAVITY_MPS2 / ACC_TO_MPS2[unit]
    low, high = REST_RANGE_MPS2 if is_rest else _USUAL_MOVING_MPS2
    fitting = [u for u, f in ACC_TO_MPS2.items() if low <= shown * f <= high]
    what = f"{when} the sensor reads {shown:#.3g}, not near {expected:#.3g} {unit}"
    if fitting:
        why = f"the unit is probably {fitting[0]}"
        raise RecordingError(what, why, f"Add --acc-unit {fitting[0]}.")
    why = "the scale of the acceleration is wrong or gravity was removed"
    raise RecordingError(what, why, "Export the raw acceleration, gravity included.")


def _check_gyro(most_rps: float, name: str, unit: str) -> None:
    if most_rps <= MOST_GYRO_RPS:
        return
    shown = most_rps / GYRO_TO_RPS[unit]
    what = f"{name}: the angular rate reaches {shown:.4g} {unit}"
    if unit == "rad/s":
        raise RecordingError(what, "the unit is probably dps", "Add --gyro-unit dps.")
    why = "no shoe sensor measures more than 4000 dps"
    raise RecordingError(what, why, "Check the scale of the angular rate.")
