"""What each running stride says of how its sensor sits, and the forward axis by it.

Two things hold in every stride whatever the sensor's axes are. At mid-stance the foot
is flat on the ground, so "up" is the sole's normal to within a few degrees; and while
the heel rises the horizontal part of "up" points from the toes to the heel (angles.md
section 3). Together they fix how the sensor sits, without any event, axis or side.
"""

from dataclasses import dataclass, fields

import numpy as np

from contract.model import FloatArray
from processing.arrays import BoolArray, IntArray
from processing.attitude import Level, Turning, up_at
from processing.shoe.heel_rise import (
    MAD_TO_SD,
    STRAIGHT_DEG,
    half_turn,
    heading_deg,
    heel_rise,
)
from processing.shoe.windows import StrideWindows


@dataclass(frozen=True, slots=True)
class MountSettings:
    """When strides decide about a mount."""

    strides: int = 20
    """Running strides that settle the forward axis..."""
    least_strides: int = 15
    """... of which so many must be straight with a heel rise: their direction scatters
    by 1 to 6 deg (dev set), so that its middle is known to 2 deg or better."""
    heel_rise_points: int = 24
    """Looks between mid-stance and shortly after toe-off: 8 ms apart, at most 6 deg."""
    heel_rise_ends_s: float = 0.05
    """After toe-off; the tilt passes 55 deg some 20 ms after it (angles.md 2.6)."""


MOUNT = MountSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Cues:
    """What strides say of the mount, in the frame of their samples.

    Attributes
    ----------
    up : [3, S]
        Against gravity at the stride's own mid-stance.
    toe : [3, S]
        From heel to toe as heel rise shows it, at a right angle to ``up``.
    azimuth_rad : [S]
        The same direction about z, tilt taken from z, + = left of x: what calibration
        goes by. Usable while z is the sole's normal.
    number : int [S]
        Numbers of the strides.
    is_valid : bool [S]
        Straight, finite, and a heel rise was seen.
    """

    up: FloatArray
    toe: FloatArray
    azimuth_rad: FloatArray
    number: IntArray
    is_valid: BoolArray

    def select(self, keep: BoolArray | IntArray | slice) -> "Cues":
        """Strides where ``keep`` holds."""
        return Cues(*(getattr(self, name)[..., keep] for name in _CUES))

    def followed_by(self, later: "Cues") -> "Cues":
        """These strides and then those."""
        pairs = ((getattr(self, name), getattr(later, name)) for name in _CUES)
        return Cues(*(np.concatenate(pair, axis=-1) for pair in pairs))


_CUES = tuple(field.name for field in fields(Cues))


def cues(
    strides: StrideWindows,
    turning: Turning,
    found: Level,
    midstance: IntArray,
    next_midstance: IntArray,
    toe_off: FloatArray,
) -> Cues:
    """Read off what each stride says of the mount.

    Parameters
    ----------
    turning, found
        Attitudes of the windows and gravity between their two mid-stances.
    midstance, next_midstance : int [S]
        Samples of the window.
    toe_off : [S]
        Need not be exact: it only ends the search.
    """
    up = up_at(turning, found, midstance)
    end = toe_off + MOUNT.heel_rise_ends_s * strides.rates_hz
    rising = up_at(turning, found, _looks(midstance, next_midstance, end))
    own, own_seen = heel_rise(rising, up[:, None])
    fixed, fixed_seen = heel_rise(rising, _ALONG_Z)
    turn_deg = _turn_deg(turning, found, midstance, next_midstance)
    is_valid = own_seen & (np.abs(turn_deg) < STRAIGHT_DEG)
    is_valid &= np.isfinite(up).all(axis=0)
    azimuth = np.where(fixed_seen, np.arctan2(fixed[1], fixed[0]), np.nan)
    return Cues(up, own, azimuth, strides.number, is_valid)


_ALONG_Z = np.array([0.0, 0.0, 1.0])[:, None, None]


def _looks(begin: IntArray, last: IntArray, end: FloatArray) -> IntArray:
    """Samples [M, S] from mid-stance to the end of heel rise."""
    way = np.where(np.isfinite(end), np.clip(end - begin, 0, last - begin), 0.0)
    share = np.linspace(0.0, 1.0, MOUNT.heel_rise_points)[:, None]
    return np.asarray(np.round(begin + share * way)).astype(np.intp)


def _turn_deg(
    turning: Turning, found: Level, begin: IntArray, end: IntArray
) -> FloatArray:
    """Change of heading between two samples [S]."""
    row = np.arange(len(begin))
    one, two = (turning.quaternion[:, k, row] for k in (begin, end))
    return half_turn(heading_deg(two, found.up) - heading_deg(one, found.up))


@dataclass(frozen=True, slots=True, eq=False)
class Refinement:
    """The forward axis as running strides show it.

    Attributes
    ----------
    rotation : [3, 3]
        Turns samples of the calibrated frame into the refined one.
    azimuth_deg : float
        By how much the axis was turned, + = to the left.
    spread_deg : float
        Scatter between the strides (robust SD).
    strides : int
        Strides that took part.
    """

    rotation: FloatArray
    azimuth_deg: float
    spread_deg: float
    strides: int


def refine(found: Cues) -> Refinement | None:
    """Forward by the first running strides; None while too few are straight.

    The first calibration may have been made on walking; running decides.
    """
    is_usable = found.is_valid & np.isfinite(found.azimuth_rad)
    usable = found.select(is_usable).select(slice(MOUNT.strides))
    count = len(usable.number)
    if count < MOUNT.least_strides:
        return None
    azimuth = usable.azimuth_rad
    middle = float(np.median(azimuth))
    spread = MAD_TO_SD * float(np.degrees(np.median(np.abs(azimuth - middle))))
    return Refinement(_about_z(middle), float(np.degrees(middle)), spread, count)


def _about_z(angle_rad: float) -> FloatArray:
    """Coordinates in axes that are turned to the left by an angle."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
