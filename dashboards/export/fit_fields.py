"""Fields of a FIT activity: one record a second, for watches' sites and programs.

Fields that the FIT profile knows are written natively, so that every program shows
them; numbers, units, scales and offsets are of Garmin's profile 21 (record message,
global number 20). ``stance_time_balance`` is told as the share of the left foot: the
profile does not say which foot it means, Garmin's own pages show "L 50.1 / R 49.9", and
no file of a real watch was at hand to make sure. Therefore the signed difference is
always written too, as a field of our own.

Our own fields have names that do not change, because programs list them by name. None
of them names a native field as its equal: none means the very same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contract.errors import StoreError
from contract.model import FloatArray
from contract.units import NS_PER_S

FIT_EPOCH_S = 631_065_600
"""FIT counts seconds from 1989-12-31T00:00:00Z (Garmin FIT SDK, type date_time)."""
TIMESTAMP = 253
"""Number of the timestamp field in every message."""
_HALF_CIRCLE = 2**31 / 180  # positions are in semicircles


@dataclass(frozen=True, slots=True)
class Native:
    """A field of the profile's record message.

    ``scale`` turns our unit into the integer of the file, ``offset`` is added before.
    """

    number: int
    figure: str
    dtype: str
    scale: float
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Own:
    """A developer field: its place in our list, its name and its unit, as a float."""

    number: int
    figure: str
    name: str
    units: str


NATIVE = (
    Native(0, "latitude_deg", "<i4", _HALF_CIRCLE),
    Native(1, "longitude_deg", "<i4", _HALF_CIRCLE),
    Native(2, "altitude_m", "<u2", 5.0, 500.0),
    Native(3, "heart_rate_bpm", "u1", 1.0),
    Native(4, "whole_cadence_rpm", "u1", 1.0),
    Native(5, "distance_m", "<u4", 100.0),
    Native(6, "speed_mps", "<u2", 1000.0),
    Native(39, "vertical_oscillation_m", "<u2", 10_000.0),  # tenths of a millimetre
    Native(40, "duty_factor", "<u2", 10_000.0),  # hundredths of a percent
    Native(41, "contact_time_s", "<u2", 10_000.0),  # tenths of a millisecond
    Native(53, "rest_cadence_rpm", "u1", 128.0),
    Native(84, "left_share_pct", "<u2", 100.0),
    Native(85, "step_length_m", "<u2", 10_000.0),  # tenths of a millimetre
)
"""Native fields of a record, in the order of their numbers."""

OWN = (
    Own(0, "asymmetry_pct", "TW GCT Asymmetry", "%"),
    Own(1, "pronation_excursion_deg_left", "TW Pronation Left", "deg"),
    Own(2, "pronation_excursion_deg_right", "TW Pronation Right", "deg"),
    Own(3, "pronation_velocity_dps_left", "TW Pronation Velocity L", "deg/s"),
    Own(4, "pronation_velocity_dps_right", "TW Pronation Velocity R", "deg/s"),
    Own(5, "strike_angle_deg_left", "TW Footstrike L", "deg"),
    Own(6, "strike_angle_deg_right", "TW Footstrike R", "deg"),
    Own(7, "impact_g_left", "TW Impact L", "g"),
    Own(8, "impact_g_right", "TW Impact R", "g"),
    Own(9, "braking_g_left", "TW Braking L", "g"),
    Own(10, "braking_g_right", "TW Braking R", "g"),
    Own(11, "flight_pct", "TW Flight Ratio", "%"),
    Own(12, "quality_pct", "TW Quality", "%"),
)
"""Our own fields: numbers and names stay as they are, new ones come at the end."""


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """A run to be written.

    Attributes
    ----------
    session : str
        Its id; a number made of it tells files apart.
    t_ns : int array [N]
        Full seconds of Unix time; where some are left out, the runner paused.
    figures : mapping of str to array [N]
        One value per second, NaN where unknown; names as in `NATIVE` and `OWN`, and
        ``cadence_spm`` and ``stride_length_m``, which the file tells per leg.
    """

    session: str
    t_ns: NDArray[np.int64]
    figures: Mapping[str, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.t_ns):
            why = "no step of it is known"
            raise StoreError(f"session {self.session!r} cannot be a FIT file", why)


def per_leg(figures: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Give what is known, with what FIT tells in its own way: cadence, step length."""
    found = {name: f for name, f in figures.items() if np.isfinite(f).any()}
    if "cadence_spm" in found:
        rpm = found["cadence_spm"] / 2
        found["whole_cadence_rpm"] = np.floor(rpm)
        found["rest_cadence_rpm"] = rpm - np.floor(rpm)
    if "stride_length_m" in found:
        found["step_length_m"] = found["stride_length_m"] / 2
    return found


def written(figures: Mapping[str, FloatArray]) -> tuple[list[Native], list[Own]]:
    """Which fields a file of these figures has."""
    return (
        [n for n in NATIVE if n.figure in figures],
        [o for o in OWN if o.figure in figures],
    )


def packed_records(
    activity: Activity, figures: Mapping[str, FloatArray]
) -> NDArray[np.void]:
    """Bytes of every record, field by field: time, native, our own."""
    native, own = written(figures)
    layout = [("t", "<u4")]
    layout += [(f"n{n.number}", n.dtype) for n in native]
    layout += [(f"o{o.number}", "<u4") for o in own]
    records = np.zeros(len(activity.t_ns), dtype=layout)
    records["t"] = activity.t_ns // NS_PER_S - FIT_EPOCH_S
    for n in native:
        records[f"n{n.number}"] = as_integers(figures[n.figure], n)
    for o in own:
        records[f"o{o.number}"] = _as_float_bits(figures[o.figure])
    return records


def as_integers(values: FloatArray, found: Native) -> NDArray[np.int64]:
    """Values as a file holds them; the largest integer of its kind says "unknown"."""
    info = np.iinfo(np.dtype(found.dtype))
    scaled = np.round((values + found.offset) * found.scale)
    fits = np.isfinite(scaled) & (scaled >= info.min) & (scaled < info.max)
    return np.where(fits, np.nan_to_num(scaled), info.max).astype(np.int64)


def _as_float_bits(values: FloatArray) -> NDArray[np.uint32]:
    """Bits of 32-bit floats; all ones say "unknown"."""
    bits = values.astype("<f4").view("<u4")
    return np.where(np.isfinite(values), bits, np.uint32(0xFFFFFFFF))
