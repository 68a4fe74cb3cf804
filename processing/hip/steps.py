"""Steps as the hip sensor knows them, and what it cannot know."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from contract.model import FloatArray
from contract.units import DEG_PER_RAD
from processing.arrays import BoolArray, IntArray, NsArray
from processing.hip.side import Heading
from processing.hip.standing import Standing
from processing.hip.strides import HipStrides

SideArray = NDArray[np.int8]

CONTACT_LIMIT = (
    "Contact time at the hip is an estimate: from runner to runner it is off by 25 ms "
    "(standard deviation), so compare your own runs only."
)
SIDES_LIMIT = (
    "A hip sensor cannot tell how long each foot stays on the ground: no left/right "
    "difference of contact time is shown."
)
PELVIS_LIMIT = (
    "Pelvis angles are against how you stood at the start, and move with the belt the "
    "sensor sits on: look at changes, not at the size."
)
HIP_LIMITS = (CONTACT_LIMIT, SIDES_LIMIT, PELVIS_LIMIT)
"""What a report with hip figures must say."""

STEP_TIME_SYSTEMATIC_SD_S = 0.008
"""Error of the hip's left/right difference of step time against force plates, RMS over
33 trials of 13 runners: as large as the usual difference itself (8.9 ms). For
`processing.asymmetry.compare`."""

_NEXT_STEP_NS = 500_000_000
"""Steps further apart than running's .48 s are not neighbours."""
_LEAST_UPRIGHT = 0.866
"""Cosine of 30 deg: runners lean up to 14 deg from standing, more is a sensor that has
turned since."""


@dataclass(frozen=True, slots=True, eq=False)
class HipSteps:
    """Running steps in order of time, one entry each; NaN where not known.

    Attributes
    ----------
    mid_ns : int64 [n]
        Middle of stance on the session's clock.
    step_time_s : [n]
        To the next step, from loading to loading.
    contact_time_estimate_s, vertical_oscillation_m : [n]
    pelvic_drop_deg : [n]
        Most the swing side drops in contact, against standing.
    pelvic_tilt_deg : [n]
        Mean forward tilt in contact, against standing.
    pelvic_rotation_deg : [n]
        Range of turning within the stride.
    side : int8 [n]
        +1 left, -1 right, 0 unknown.
    side_confidence : [n]
    is_synced : bool [n]
    stretch : int [n]
    """

    mid_ns: NsArray
    step_time_s: FloatArray
    contact_time_estimate_s: FloatArray
    vertical_oscillation_m: FloatArray
    pelvic_drop_deg: FloatArray
    pelvic_tilt_deg: FloatArray
    pelvic_rotation_deg: FloatArray
    side: SideArray
    side_confidence: FloatArray
    is_synced: BoolArray
    stretch: IntArray

    @classmethod
    def none(cls) -> "HipSteps":
        """Nothing yet."""
        kinds = {
            "mid_ns": np.int64,
            "side": np.int8,
            "is_synced": np.bool_,
            "stretch": np.intp,
        }
        return cls(
            **{f.name: np.empty(0, kinds.get(f.name, np.float64)) for f in fields(cls)}
        )

    @property
    def count(self) -> int:
        """Number of steps."""
        return len(self.mid_ns)

    def select(self, keep: BoolArray | slice) -> "HipSteps":
        """Steps where ``keep`` holds."""
        return HipSteps(*(getattr(self, f.name)[keep] for f in fields(self)))

    @classmethod
    def joined(cls, parts: "Sequence[HipSteps]") -> "HipSteps":
        """All steps of the parts, in order."""
        every = [cls.none(), *parts]
        arrays = ([getattr(p, f.name) for p in every] for f in fields(cls))
        return cls(*(np.concatenate(each) for each in arrays))


def step_time_pairs(steps: HipSteps) -> tuple[FloatArray, FloatArray]:
    """Step times of left steps and of the right steps that follow them, [pairs] each.

    Only neighbours whose sides are known are paired.
    """
    is_pair = (
        (steps.side[:-1] == 1)
        & (steps.side[1:] == -1)
        & (np.diff(steps.mid_ns) < _NEXT_STEP_NS)
        & (np.diff(steps.stretch) == 0)
    )
    return steps.step_time_s[:-1][is_pair], steps.step_time_s[1:][is_pair]


def steps_of(
    strides: HipStrides, heading: Heading, standing: Standing | None, rate_hz: float
) -> HipSteps:
    """Turn judged strides into steps."""
    motion, own = strides.motion, strides.is_own
    # Steps alternate, so the second stance of a stride is the other foot's.
    side = heading.side[:, None] * np.array([1.0, -1.0, 1.0])
    step_s = np.full(own.shape, np.nan)
    between = np.diff(motion.loading, axis=1)
    # Two humps of one loading have no time between them, which is no step.
    step_s[:, :2] = np.where(between > 0, between, np.nan) / rate_hz
    drop, tilt = _angles_deg(strides, heading, standing, side)
    values = (
        strides.mid_ns,
        step_s,
        (motion.end - motion.start) / rate_hz,
        motion.rise_m,
        drop,
        tilt,
        motion.rotation_deg,
        side.astype(np.int8),
        np.where(side == 0, 0.0, 1.0) * heading.confidence[:, None],
        strides.is_synced,
        strides.stretch,
    )
    return HipSteps(*(_spread(value, own) for value in values))


def _spread(value: np.ndarray, own: BoolArray) -> np.ndarray:
    """Values [n] of the own steps, from one per stance or one per stride."""
    each = value if value.ndim > 1 else np.repeat(value[:, None], own.shape[1], axis=1)
    return each[own]


def _angles_deg(
    strides: HipStrides, heading: Heading, standing: Standing | None, side: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Pelvic drop and tilt of each stance [S, 3] against standing."""
    unknown = np.full(side.shape, np.nan)
    if standing is None:
        return unknown, unknown
    up, z = strides.motion.up, standing.up
    ahead = heading.forward
    x = ahead - z * _along(ahead, z)[:, None]
    size = np.sqrt(_along(x, x))
    is_known = heading.has_forward & (size > 0)
    x = x / np.where(is_known, size, 1.0)[:, None]
    y = np.stack([z[j] * x[:, k] - z[k] * x[:, j] for j, k in _CYCLE], axis=1)
    forward, left, high = (
        np.ascontiguousarray(_along(up, axis))
        for axis in (x[:, None, None], y[:, None, None], z)
    )
    is_known = is_known[:, None] & (high.min(axis=2) > _LEAST_UPRIGHT)
    # Left side up and front down are positive turns about x and y.
    roll = np.arctan2(left, high) * DEG_PER_RAD
    tilt = np.arcsin(np.clip(-forward, -1.0, 1.0)) * DEG_PER_RAD
    drop = (roll * side[:, :, None]).max(axis=2)
    has_drop = is_known & (side != 0)
    return (
        np.where(has_drop, drop, np.nan),
        np.where(is_known, tilt.mean(axis=2), np.nan),
    )


_CYCLE = ((1, 2), (2, 0), (0, 1))


def _along(a: FloatArray, b: FloatArray) -> FloatArray:
    """Scalar products over the last axis."""
    product: FloatArray = (
        a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]
    )
    return product
