"""Which driver speaks for which family: the one list to extend for a new one."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from collector.devices.base import Driver
from collector.devices.metawear import MetaWear
from collector.devices.movesense import Movesense
from collector.devices.orphe import Orphe
from collector.devices.polar import PolarVeritySense
from collector.devices.running_speed import RunningSpeed
from collector.devices.treadwear_v1 import TreadwearV1
from contract.errors import ProfileError
from firmware_config.profile import Profile, profile_of

DRIVERS: Mapping[str, Callable[[Profile], Driver]] = MappingProxyType(
    {
        "treadwear-v1": TreadwearV1,
        "orphe-core": Orphe,
        "orphe-insole": Orphe,
        "polar-verity-sense": PolarVeritySense,
        "movesense": Movesense,
        "metawear": MetaWear,
        "running-speed-cadence": RunningSpeed,
    }
)


def driver_of(family: str) -> Driver:
    """Give a new driver of that family; `ProfileError` for one that has none."""
    profile = profile_of(family)
    if family not in DRIVERS:
        raise ProfileError(
            f"the sensor family {family} has a profile but no driver",
            next_step="Add one to collector/devices/families.py.",
        )
    return DRIVERS[family](profile)
