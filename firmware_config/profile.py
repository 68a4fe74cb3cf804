"""What a family of sensors is and says: one TOML file each, read and checked here.

A profile holds facts (UUIDs, rates, ranges, datasheet sensitivities, axes, what the
sensor can do); how its bytes are read is code, in `collector.devices`.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

import msgspec

from contract.errors import ProfileError
from contract.units import RAD_PER_DEG, STANDARD_GRAVITY_MPS2

_UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_FAMILY = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Uuid = Annotated[str, msgspec.Meta(pattern=_UUID)]
"""A Bluetooth UUID, 128 bits, small letters."""
_Positive = Annotated[float, msgspec.Meta(gt=0)]
_Words = Annotated[str, msgspec.Meta(min_length=1)]
_Bits = Annotated[int, msgspec.Meta(ge=0, le=64)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A TOML table in which a mistyped name is a fault."""


class Find(_Table, frozen=True, kw_only=True):
    """How a sensor shows itself in an advertisement: by any of these."""

    name_prefixes: tuple[_Words, ...] = ()
    services: tuple[Uuid, ...] = ()


class Stream(_Table, frozen=True, kw_only=True):
    """Rates: as the label says, all that can be set, and what is really sent."""

    rate_hz: _Positive
    rates_hz: tuple[_Positive, ...]
    real_rate_hz: _Positive | None = None
    samples_per_notification: Annotated[int, msgspec.Meta(ge=1)]


class Ranges(_Table, frozen=True, kw_only=True):
    """Full scales that can be set and the datasheet's size of one count at each.

    ``default`` is used; accelerations in g and mg, angular rates in dps and mdps.
    ``rail_counts`` is the count from which on a value may be cut off.
    """

    default: _Positive
    offered: tuple[_Positive, ...]
    milli_per_count: tuple[_Positive, ...]
    rail_counts: Annotated[int, msgspec.Meta(ge=1, le=32768)] = 32700
    source: _Words

    def per_count(self, full_scale: float) -> float:
        """Size of one count at a full scale, in g or dps; KeyError if not offered."""
        known = dict(zip(self.offered, self.milli_per_count, strict=True))
        return known[full_scale] / 1000


class Clock(_Table, frozen=True, kw_only=True):
    """The sensor's own clock: its bits (0: none), and which sample it stamps."""

    bits: _Bits
    tick_ns: Annotated[int, msgspec.Meta(ge=1)] = 1
    stamps: Literal["first sample", "last sample", "nothing"]
    note: str = ""


class Sequence(_Table, frozen=True, kw_only=True):
    """The sensor's own packet counter: its bits (0: none)."""

    bits: _Bits
    note: str = ""


class Can(_Table, frozen=True, kw_only=True):
    """What the sensor can do besides streaming."""

    led: bool = False
    ping: bool = False
    resend: bool = False
    battery: bool = False
    tells_side: bool = False
    streams_imu: bool = True


class Axes(_Table, frozen=True, kw_only=True):
    """Where the sensor's x, y and z point when it is worn as shown."""

    x: _Words
    y: _Words
    z: _Words


class Worn(_Table, frozen=True, kw_only=True):
    """Axes on a shoe and on the hip."""

    shoe: Axes
    hip: Axes


class Advice(_Table, frozen=True, kw_only=True):
    """For the person who buys or wears it; ``choice`` 1 is to be looked at first."""

    choice: Annotated[int, msgspec.Meta(ge=1)]
    verdict: _Words
    wake: _Words
    cannot: tuple[_Words, ...]


class Characteristic(_Table, frozen=True, kw_only=True):
    """One characteristic that the collector uses."""

    service: Uuid
    uuid: Uuid


class Profile(_Table, frozen=True, kw_only=True):
    """One family of sensors."""

    family: Annotated[str, msgspec.Meta(pattern=_FAMILY)]
    title: _Words
    find: Find
    characteristics: dict[str, Characteristic]
    stream: Stream
    acc: Ranges | None = None
    gyro: Ranges | None = None
    clock: Clock
    sequence: Sequence
    can: Can
    axes: Worn
    advice: Advice
    sources: tuple[_Words, ...]

    def acc_lsb_mps2(self, range_g: float | None = None) -> float:
        """Size of one count of acceleration at that range, or at the default one."""
        ranges = _known(self.acc, self.family, "acc")
        return ranges.per_count(range_g or ranges.default) * STANDARD_GRAVITY_MPS2

    def gyro_lsb_rps(self, range_dps: float | None = None) -> float:
        """Size of one count of angular rate at that range, or at the default one."""
        ranges = _known(self.gyro, self.family, "gyro")
        return ranges.per_count(range_dps or ranges.default) * RAD_PER_DEG


def _known(ranges: Ranges | None, family: str, what: str) -> Ranges:
    if ranges is None:
        raise ProfileError(f"the sensor family {family} has no [{what}]")
    return ranges


@cache
def profiles() -> Mapping[str, Profile]:
    """All families that are known, by name, in alphabetical order."""
    folder = resources.files("firmware_config") / "profiles"
    files = sorted(
        (f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name
    )
    found = [read_profile(f.read_text(encoding="utf-8"), f.name) for f in files]
    return {profile.family: profile for profile in found}


def by_choice() -> list[Profile]:
    """All families, the one to look at first at the beginning."""
    return sorted(profiles().values(), key=lambda profile: profile.advice.choice)


def profile_of(family: str) -> Profile:
    """Profile of a family; `ProfileError` names those that are known."""
    known = profiles()
    if family not in known:
        raise ProfileError(
            f"there is no sensor family {family!r}",
            f"known are {', '.join(known)}",
            "See them with: treadwear sensors.",
        )
    return known[family]


def read_profile(text: str, name: str) -> Profile:
    """Profile in a TOML text; `ProfileError` names the file and the field at fault."""
    try:
        profile = msgspec.convert(tomllib.loads(text), Profile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as fault:
        raise _refused(name, str(fault)) from fault
    if name != f"{profile.family}.toml":
        raise _refused(name, f"its family is {profile.family!r}, the file is {name!r}")
    _check(profile, name)
    return profile


def _check(profile: Profile, name: str) -> None:
    if not (profile.find.name_prefixes or profile.find.services):
        raise _refused(name, "[find] says neither a name nor a service")
    if profile.stream.rate_hz not in profile.stream.rates_hz:
        raise _refused(name, f"rate_hz {profile.stream.rate_hz:g} is not in rates_hz")
    for what in ("acc", "gyro"):
        ranges: Ranges | None = getattr(profile, what)
        if ranges is None:
            if profile.can.streams_imu:
                raise _refused(name, f"[{what}] is missing")
            continue
        if len(ranges.offered) != len(ranges.milli_per_count):
            n, m = len(ranges.offered), len(ranges.milli_per_count)
            raise _refused(name, f"[{what}] offers {n} ranges and {m} sizes of a count")
        if ranges.default not in ranges.offered:
            raise _refused(name, f"[{what}] default {ranges.default:g} is not offered")


def _refused(name: str, why: str) -> ProfileError:
    next_step = f"Correct firmware_config/profiles/{name}."
    return ProfileError(f"the sensor profile {name} cannot be used", why, next_step)


def facts(profile: Profile) -> dict[str, Any]:
    """The profile as plain values, for JSON."""
    found: dict[str, Any] = msgspec.to_builtins(profile)
    return found
