"""What a person wants of a sensor, held against what the family's profile offers."""

from dataclasses import replace

from collector.devices.base import Scale, Wanted
from contract.errors import SensorError
from firmware_config.profile import Profile, Ranges


def scale_of(profile: Profile, wanted: Wanted) -> Scale:
    """Size of one count at the ranges wanted; `SensorError` if not offered."""
    acc = _offered(profile, profile.acc, wanted.acc_range_g, "g")
    gyro = _offered(profile, profile.gyro, wanted.gyro_range_dps, "degrees per second")
    return Scale(
        profile.acc_lsb_mps2(wanted.acc_range_g),
        profile.gyro_lsb_rps(wanted.gyro_range_dps),
        acc.rail_counts,
        gyro.rail_counts,
    )


def default_scale(profile: Profile) -> Scale:
    """Size of one count at the default ranges."""
    scale = Scale(profile.acc_lsb_mps2(), profile.gyro_lsb_rps())
    if profile.acc is not None and profile.gyro is not None:
        acc_rail, gyro_rail = profile.acc.rail_counts, profile.gyro.rail_counts
        scale = replace(scale, acc_rail=acc_rail, gyro_rail=gyro_rail)
    return scale


def rate_of(profile: Profile, wanted: Wanted) -> float:
    """Rate wanted, if the family has it; else `SensorError`."""
    offered = profile.stream.rates_hz
    if wanted.rate_hz not in offered:
        raise _not_offered(profile, f"{wanted.rate_hz:g} Hz", offered)
    return wanted.rate_hz


def _offered(
    profile: Profile, ranges: Ranges | None, full_scale: float, unit: str
) -> Ranges:
    offered = ranges.offered if ranges else ()
    if ranges is None or full_scale not in offered:
        raise _not_offered(profile, f"a range of {full_scale:g} {unit}", offered)
    return ranges


def _not_offered(
    profile: Profile, what: str, offered: tuple[float, ...]
) -> SensorError:
    return SensorError(
        f"{profile.title} cannot be set to {what}",
        f"it offers {', '.join(f'{value:g}' for value in offered) or 'none'}",
        "See what each family can do with: treadwear sensors.",
    )
