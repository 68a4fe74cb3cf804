"""What the standard services say: battery, serial number and firmware version.

Battery Level 0x2A19 is one byte in per cent; Serial Number String 0x2A25 and Firmware
Revision String 0x2A26 are UTF-8 (Bluetooth SIG, GATT Specification Supplement).
"""

from collections.abc import Generator
from dataclasses import replace

from collector.devices.base import Facts, Read, Step
from firmware_config.profile import Profile

BATTERY, SERIAL, FIRMWARE = "battery", "serial", "firmware"


def asked(profile: Profile, facts: Facts) -> Generator[Step, bytes, Facts]:
    """Read those that the profile names; what is not there stays as it was."""
    for channel in (BATTERY, SERIAL, FIRMWARE):
        if channel in profile.characteristics:
            value = yield Read(channel, is_optional=True)
            facts = _with(facts, channel, value)
    return facts


def _with(facts: Facts, channel: str, value: bytes) -> Facts:
    if not value:
        return facts
    if channel == BATTERY:
        return with_battery(facts, value[0])
    text = value.decode("utf-8", "replace").strip("\0 ")
    if channel == SERIAL:
        return replace(facts, serial=text or facts.serial)
    return replace(facts, firmware=text or facts.firmware)


def with_battery(facts: Facts, percent: int) -> Facts:
    """Facts with a battery level; one above 100 % is not one."""
    return replace(facts, battery_pct=percent) if percent <= 100 else facts
