"""Running Speed and Cadence: what a foot pod makes of the run itself, once a second.

RSC Measurement 0x2A53 (Bluetooth SIG; sensors.md "RSC"): flags, speed in 1/256 m/s,
steps per minute, then stride length in cm if bit 0 is set and distance in dm if bit 1
is. There are no samples: it is a source to check our own cadence and speed against.
"""

import math
import struct
from dataclasses import dataclass

from collector.devices import sig
from collector.devices.base import (
    Cadence,
    Facts,
    Heard,
    Scale,
    Script,
    Subscribe,
    Wanted,
)
from contract.errors import PacketError
from firmware_config.profile import Profile

MEASUREMENT = "measurement"
_HEAD = struct.Struct("<BHB")
_HAS_STRIDE, _HAS_DISTANCE, _IS_RUNNING = 1, 2, 4
# Some pods count one leg (sensors.md). Runners take 140 to 220 steps a minute, so that
# one leg makes 70 to 110: our own border lies between.
LEAST_RUNNING_SPM = 120
# Walkers begin to run near 2 m/s (Hreljac 1993, as remembered: 2.07 m/s).
LEAST_RUNNING_MPS = 2.1


@dataclass(frozen=True, slots=True)
class Measurement:
    """One notification as it is; None where the pod does not say."""

    speed_mps: float
    cadence_spm: int
    is_running: bool
    stride_m: float | None = None
    distance_m: float | None = None


def read_measurement(payload: bytes) -> Measurement:
    """Fields of an RSC Measurement; `PacketError` if the length does not fit."""
    flags = payload[0] if payload else 0
    has_stride, has_distance = bool(flags & _HAS_STRIDE), bool(flags & _HAS_DISTANCE)
    length = _HEAD.size + 2 * has_stride + 4 * has_distance
    if len(payload) != length:
        raise PacketError(
            "a Running Speed and Cadence measurement cannot be read",
            f"it has {len(payload)} bytes instead of {length}",
        )
    _, speed, cadence = _HEAD.unpack_from(payload)
    stride_m = distance_m = None
    if has_stride:
        stride_m = struct.unpack_from("<H", payload, _HEAD.size)[0] / 100
    if has_distance:
        distance_m = struct.unpack_from("<I", payload, length - 4)[0] / 10
    is_running = bool(flags & _IS_RUNNING)
    return Measurement(speed / 256, cadence, is_running, stride_m, distance_m)


def steps_per_minute(found: Measurement) -> float:
    """Steps of both feet: twice what a pod says that counts one leg of a runner."""
    is_run = found.is_running or found.speed_mps >= LEAST_RUNNING_MPS
    is_one_leg = is_run and 0 < found.cadence_spm < LEAST_RUNNING_SPM
    return found.cadence_spm * (2.0 if is_one_leg else 1.0)


class RunningSpeed:
    """Driver; there is nothing to configure."""

    continues = False
    scale = Scale(math.nan, math.nan)

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.facts = Facts()

    def identify(self) -> Script:
        """Read battery, serial number and firmware."""
        self.facts = yield from sig.asked(self.profile, self.facts)

    def start(self, wanted: Wanted) -> Script:
        """Listen; rate and ranges do not apply."""
        del wanted
        yield Subscribe(MEASUREMENT)

    def stop(self) -> Script:
        """Nothing to write."""
        yield from ()

    def blink(self) -> Script:
        """The profile has no LED."""
        yield from ()

    def decode(self, channel: str, payload: bytes, arrival_ns: int) -> list[Heard]:
        """Cadence of both feet, and speed."""
        del arrival_ns
        if channel != MEASUREMENT:
            return []
        found = read_measurement(payload)
        return [Cadence(found.speed_mps, steps_per_minute(found))]

    def ping(self, token: int) -> None:
        """No."""
        del token

    def resend(self, first: int, last: int) -> None:
        """No."""
        del first, last
