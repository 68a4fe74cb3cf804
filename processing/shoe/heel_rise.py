"""Which way a foot points, seen while its heel rises.

After mid-stance the foot turns about its own toe break, so the horizontal part of "up"
points from the toes to the heel whatever axes the sensor has. Where the tilt has grown
from 30 to 55 deg this finds the forward axis to 4 deg (SD), while the axis of most
rotation is 10 deg off on both feet (angles.md section 1).
"""

import numpy as np

from contract.model import FloatArray
from processing.arrays import BoolArray

HEEL_RISE_DEG = (30.0, 55.0)
"""Tilt from the sole's normal at which the foot turns about its toe break: chosen among
16 windows on the 13 development runners; its neighbours do as well (angles.md 1)."""
STRAIGHT_DEG = 10.0
"""Change of heading in a stride up to which it counts as straight: the direction moves
.19 deg per deg of turn (angles.md 1, real running in circles)."""
MAD_TO_SD = 1.4826


def tilt_and_toe(up: FloatArray, normal: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Tilt [...] of ``up`` [3, ...] from a normal, and what points to the toes then.

    The second, [3, ...], lies at a right angle to the normal; its length is the sine of
    the tilt.
    """
    along = up[0] * normal[0] + up[1] * normal[1] + up[2] * normal[2]
    tilt_deg = np.degrees(np.arccos(np.clip(along, -1.0, 1.0)))
    return tilt_deg, normal * along - up


def heel_rise(
    up: FloatArray, normal: FloatArray, use: BoolArray | None = None
) -> tuple[FloatArray, BoolArray]:
    """Mean direction to the toes [3, S] while the tilt grows, and whether it was seen.

    Samples of ``up`` [3, M, S] count by the sine of their tilt, which is how well they
    know the direction; ``use`` [M, S] leaves some out.
    """
    tilt, toe = tilt_and_toe(up, normal)
    counts = (tilt > HEEL_RISE_DEG[0]) & (tilt < HEEL_RISE_DEG[1])
    counts[1:] &= tilt[1:] > tilt[:-1]
    counts[0] = False
    if use is not None:
        counts &= use
    # A running sum: a plain one adds in another order when there is but one stride.
    total = np.cumsum(np.where(counts, toe, 0.0), axis=1)[:, -1]
    size = length(total)
    is_seen = counts.any(axis=0) & (size > 0)
    return total / np.where(is_seen, size, 1.0), is_seen


def heading_deg(quaternion: FloatArray, up: FloatArray) -> FloatArray:
    """Turn about ``up`` [3, S] that an attitude [4, S] holds, -180 to 180."""
    along = quaternion[1] * up[0] + quaternion[2] * up[1] + quaternion[3] * up[2]
    return half_turn(2 * np.degrees(np.arctan2(along, quaternion[0])))


def half_turn(angle_deg: FloatArray) -> FloatArray:
    """Give angles as -180 to 180."""
    return np.asarray((angle_deg + 180.0) % 360.0 - 180.0)


def length(vector: FloatArray) -> FloatArray:
    """Length of vectors [3, ...]."""
    return np.asarray(np.sqrt((vector * vector).sum(axis=0)))
