"""ORPHE CORE and ORPHE INSOLE: big endian, four samples a packet, the newest first.

Layouts and commands: sensors.md ("ORPHE CORE / INSOLE"), from Orphe-OSS/ORPHE-CORE.js
js/ORPHE-CORE.js and Orphe-OSS/ORPHE-INSOLE.js docs/SENSOR_SPEC.md. The packet's time
stamp is that of its oldest sample, which comes last; the byte after a sample is the
time since the one before it (``parseInsoleSensorValues`` there). The clock is a wall
clock in whole milliseconds without a date.
"""

import struct
from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from collector.devices import sig
from collector.devices.base import (
    Facts,
    Heard,
    Read,
    Scale,
    Script,
    Step,
    Subscribe,
    Wanted,
    Write,
    unwrap,
)
from collector.devices.settings import default_scale, rate_of, scale_of
from collector.devices.stamps import MOST_OFF_NS, Stamp, refuse_implausible
from collector.sequence import Packet
from contract.errors import PacketError, SensorError
from contract.model import CountArray
from contract.units import NS_PER_S
from firmware_config.profile import Profile

DEVICE, VALUES = "device_information", "sensor_values"
NS_PER_MS = 1_000_000
DAY_MS = 86_400_000
_HEAD = struct.Struct(">BHBBBH")
ACC_RANGES_G = (2, 4, 8, 16)
GYRO_RANGES_DPS = (250, 500, 1000, 2000)
# Of the INSOLE's modes the one with motion and pressure at 200 Hz.
MODE_200_HZ = 3
LEAST_DEVICE_BYTES = 10
# It tells three steps only (little, normal, much: ORPHE-CORE.js, device information);
# these stand for them, the lowest as one that is to be charged.
BATTERY_PCT = (10, 50, 90)


@dataclass(frozen=True, slots=True)
class Layout:
    """Samples of one kind of packet: ``motion_at`` is where gyro and acc begin."""

    n: int
    stride: int
    motion_at: int
    lengths: tuple[int, ...]
    step_at: int | None = None


LAYOUTS = {
    50: Layout(4, 21, 8, (92, 104), step_at=20),
    54: Layout(4, 24, 0, (104,)),
    55: Layout(4, 24, 0, (104,)),
    56: Layout(2, 32, 8, (104,)),
}
HEADER_50_HZ = 40


@dataclass(frozen=True, slots=True, eq=False)
class SensorValues:
    """One notification: counts [n, 6] and times, oldest first."""

    serial: int
    t_ms: tuple[int, ...]
    counts: CountArray


def read_sensor_values(payload: bytes) -> SensorValues:
    """Values of a SENSOR_VALUES notification, times in ms since midnight."""
    layout = _layout_of(payload)
    _, serial, hour, minute, second, ms = _HEAD.unpack_from(payload)
    if hour > 23 or minute > 59 or second > 59 or ms > 999:
        raise _broken(f"{hour}:{minute}:{second}.{ms} is no time of the day")
    raw = np.frombuffer(payload, np.uint8, layout.n * layout.stride, _HEAD.size)
    samples = raw.reshape(layout.n, layout.stride)[::-1]
    motion = samples[:, layout.motion_at : layout.motion_at + 12]
    counts = np.ascontiguousarray(motion).view(">i2").astype(np.int16)
    first_ms = ((hour * 60 + minute) * 60 + second) * 1000 + ms
    steps = np.zeros(layout.n, np.int64)
    if layout.step_at is not None:
        steps[1:] = samples[1:, layout.step_at]
    t_ms = (first_ms + np.cumsum(steps)).tolist()
    return SensorValues(serial, tuple(t_ms), counts[:, [3, 4, 5, 0, 1, 2]])


def _layout_of(payload: bytes) -> Layout:
    header = payload[0] if payload else None
    if header == HEADER_50_HZ:
        raise _broken("its 50 Hz mode has samples of 8 bits and no packet counter")
    layout = LAYOUTS.get(header) if header is not None else None
    if layout is None:
        raise _broken(f"its header is {header}")
    if len(payload) not in layout.lengths:
        raise _broken(f"header {header} with {len(payload)} bytes")
    return layout


def _broken(why: str) -> PacketError:
    return PacketError("an ORPHE packet cannot be read", why)


class Orphe:
    """Driver of both families; what differs is the mode that an INSOLE is set to."""

    continues = False

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.scale: Scale = default_scale(profile)
        self.facts = Facts()
        self._is_blinking = False
        self._rate_hz = profile.stream.real_rate_hz or profile.stream.rate_hz
        self._newest: tuple[int, Stamp] | None = None

    def identify(self) -> Script:
        """Read battery, side and, where they are, serial number and firmware."""
        self.facts = yield from sig.asked(self.profile, self.facts)
        yield from self._device()

    def _device(self) -> Generator[Step, bytes, bytes]:
        info = yield Read(DEVICE)
        if len(info) < LEAST_DEVICE_BYTES:
            raise SensorError(
                f"{self.profile.title} does not say how it is set",
                f"its device information has {len(info)} bytes",
                "Charge it, then switch it off and on again.",
            )
        side = "right" if info[1] & 1 else "left"
        self.facts = replace(self.facts, side=side)
        if info[0] < len(BATTERY_PCT):
            self.facts = replace(self.facts, battery_pct=BATTERY_PCT[info[0]])
        return info

    def start(self, wanted: Wanted) -> Script:
        """Set the ranges (and an INSOLE's mode), keeping all else, and listen."""
        rate_hz = rate_of(self.profile, wanted)
        self.scale = scale_of(self.profile, wanted)
        self._forget(rate_hz)
        info = yield from self._device()
        ranges = (
            ACC_RANGES_G.index(int(wanted.acc_range_g)),
            GYRO_RANGES_DPS.index(int(wanted.gyro_range_dps)),
        )
        kept = (info[1], info[4], 0, info[3], info[6], info[7])
        yield Write(DEVICE, bytes([1, *kept, *ranges]))
        if self.profile.family == "orphe-insole":
            yield Write(DEVICE, bytes([0x0D, MODE_200_HZ]))
        yield from self._dark()
        info = yield from self._device()
        if tuple(info[8:10]) != ranges:
            raise SensorError(f"{self.profile.title} kept other ranges than asked for")
        yield Subscribe(VALUES)

    def _forget(self, rate_hz: float) -> None:
        stream = self.profile.stream
        is_label = rate_hz == stream.rate_hz
        self._rate_hz = (is_label and stream.real_rate_hz) or rate_hz
        self._newest = None

    def stop(self) -> Script:
        """Nothing to write: it sends to whoever listens. The lamp goes out."""
        yield from self._dark()

    def _dark(self) -> Script:
        if self._is_blinking:
            yield Write(DEVICE, bytes([2, 0, 0]))
        self._is_blinking = False

    def blink(self) -> Script:
        """Light the LED; it goes out with the start or the stop."""
        self._is_blinking = True
        yield Write(DEVICE, bytes([2, 1, 1]))

    def decode(self, channel: str, payload: bytes, arrival_ns: int) -> list[Heard]:
        """Packet of a SENSOR_VALUES notification; other channels say nothing here."""
        if channel != VALUES:
            return []
        values = read_sensor_values(payload)
        stamp = self._unwrapped(values.t_ms[0], arrival_ns)
        counter = self._counter(values, stamp)
        if self._newest is None or counter > self._newest[0]:
            self._newest = (counter, stamp)
        return [Packet(counter, stamp.dev_ns, arrival_ns, values.counts)]

    def _unwrapped(self, t_ms: int, arrival_ns: int) -> Stamp:
        """Time of the day, on the day that lies nearest to where it is expected."""
        if self._newest is None:
            return Stamp(t_ms * NS_PER_MS, arrival_ns)
        before = self._newest[1]
        expected_ms = before.expected_ns(arrival_ns) // NS_PER_MS
        days = (expected_ms - t_ms + DAY_MS // 2) // DAY_MS
        stamp = Stamp((t_ms + days * DAY_MS) * NS_PER_MS, arrival_ns)
        refuse_implausible(stamp, before)
        return stamp

    def _counter(self, values: SensorValues, stamp: Stamp) -> int:
        if self._newest is None:
            return values.serial
        counter, before = self._newest
        packets_per_s = self._rate_hz / len(values.counts)
        passed = (stamp.dev_ns - before.dev_ns) * packets_per_s / NS_PER_S
        expected = counter + round(passed)
        found = unwrap(values.serial, 16, expected)
        if abs(found - expected) > packets_per_s * MOST_OFF_NS / NS_PER_S:
            raise _broken(f"its serial number {values.serial} does not fit its time")
        return found

    def ping(self, token: int) -> None:
        """No: it has no two-way time."""
        del token

    def resend(self, first: int, last: int) -> None:
        """No: only the INSOLE's slower FIFO mode could."""
        del first, last
