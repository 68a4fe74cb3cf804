"""Virtual ORPHE CORE and ORPHE INSOLE (design notes, sensors.md section 2, ORPHE).

Big endian; the oldest sample stands last in a packet. The layouts are those that
ORPHE-CORE.js and ORPHE-INSOLE.js (docs/SENSOR_SPEC.md) read.
"""

from typing import ClassVar

import numpy as np

from collector.virtual.faults import att_error
from collector.virtual.motion import Motion, rescale
from collector.virtual.peripheral import (
    FIRMWARE,
    NOTIFY,
    READ,
    SERIAL,
    WRITE,
    Channel,
)
from collector.virtual.radio import VirtualRadio
from collector.virtual.sampling import Samples
from collector.virtual.sensor import Traits, VirtualSensor
from contract.model import CountArray

_INFORMATION = "01a9d6b5-ff6e-444a-b266-0be75e85c064"
_VALUES = "db1b7aca-cda5-4453-a49b-33a53d3f0833"
_ACC_G = (2, 4, 8, 16)
_GYRO_DPS = (250, 500, 1000, 2000)
# LSM6DSOX datasheet: 70 mdps a count at 2000 dps; not 2000 / 32768 = 61.
_DPS_PER_COUNT_AND_DPS = 0.000035
_INFORMATION_BYTES = 20
_DAY_MS = 86_400_000
_REFUSED = 0x80
_PRESSURE = tuple(600 + 10 * place for place in range(6))
_LEFT_RIGHT = {"": 0, "left": 0, "right": 1, "hip": 0}


class VirtualOrpheCore(VirtualSensor):
    """Header 50: four samples with orientation, 92 bytes, a step in ms for each.

    Attributes
    ----------
    number : int
        Serial number of the next packet, not wrapped; it outlives a disconnection.
    n_blinks : int
        How often the LED was switched on.
    """

    CHANNELS = (
        Channel(
            "device_information",
            _INFORMATION,
            "24354f22-1c46-430e-a4ab-a1eeabbcdfc0",
            READ | WRITE,
        ),
        Channel(
            "date_time",
            _INFORMATION,
            "f53eeeb1-b2e8-492a-9673-10e0f1c29026",
            READ | WRITE,
        ),
        Channel(
            "sensor_values", _VALUES, "f3f9c7ce-46ee-4205-89ac-abe64e626c0f", NOTIFY
        ),
        Channel(
            "step_analysis", _VALUES, "4eb776dc-cf99-4af7-b2d3-ad0f791a79dd", NOTIFY
        ),
        SERIAL,
        FIRMWARE,
    )
    DATA = "sensor_values"
    PACKET_BYTES: ClassVar[int] = 92
    QUATERNION_ONE: ClassVar[int] = 32767
    HEADERS: ClassVar[dict[int, int]] = {1: 50}

    def __init__(self, radio: VirtualRadio, traits: Traits, motion: Motion) -> None:
        super().__init__(radio, traits, motion)
        self.n_blinks = 0
        self.on_boot()

    # --- what the base asks for

    def on_boot(self) -> None:
        """Count from 0, in the vendor's default mode, at 16 g and 2000 dps."""
        self.number = 0
        self.mode = max(self.HEADERS)
        self._ranges = 3, 3
        self._clock_ms = 0.0
        self._last_ms = 0

    def batch_size(self) -> int:
        """Four samples, or two at half the rate."""
        return 2 if self.HEADERS[self.mode] == 56 else 4

    def on_subscribe(self, channel: str, *, is_on: bool) -> None:
        """Stream while somebody listens."""
        if channel != self.DATA:
            return
        if is_on:
            self.begin_sampling(self._rate_hz())
        else:
            self.end_sampling()

    def on_read(self, channel: str) -> bytes:
        """Device information, or date and time."""
        if channel == "date_time":
            return self._date_time()
        said = bytearray(_INFORMATION_BYTES)
        said[0] = 0 if self.battery_pct < 20 else 1 if self.battery_pct < 60 else 2
        said[1] = _LEFT_RIGHT[self.traits.side]
        said[8:10] = self._ranges
        return bytes(said)

    def on_write(self, channel: str, value: bytes) -> None:
        """Settings, LED, resets, mode; or the time."""
        if channel == "date_time":
            self._set_time(value)
        elif value[:1] == b"\x01" and len(value) >= 9:
            self._set_ranges(value[7], value[8])
        elif value[:1] == b"\x02" and len(value) >= 3:
            self.n_blinks += value[1]
        elif value[:1] == b"\x0d" and len(value) >= 2:
            self._set_mode(value[1])
        elif value[:1] not in {b"\x03", b"\x04"}:
            raise att_error(_REFUSED)

    def on_samples(self, samples: Samples) -> None:
        """Send a packet."""
        counts = self._own_counts(samples)
        payload = self._packet(samples, counts)
        self.tell(samples, self.number, payload)
        self.number += 1

    # --- settings

    def _rate_hz(self) -> float:
        return 100.0 if self.HEADERS[self.mode] == 56 else 200.0

    def _set_ranges(self, acc: int, gyro: int) -> None:
        if acc >= len(_ACC_G) or gyro >= len(_GYRO_DPS):
            raise att_error(_REFUSED)
        self._ranges = acc, gyro

    def _set_mode(self, mode: int) -> None:
        if mode not in self.HEADERS:
            raise att_error(_REFUSED)
        self.mode = mode
        if self.is_sampling:
            self.end_sampling()
            self.begin_sampling(self._rate_hz())

    def _set_time(self, value: bytes) -> None:
        """Year, month, day, hour, minute, second, hundredths."""
        if len(value) < 7:
            raise att_error(_REFUSED)
        hour, minute, second, hundredth = value[3:7]
        wanted_ms = ((hour * 60 + minute) * 60 + second) * 1000 + 10 * hundredth
        self._clock_ms = wanted_ms - self.device_us() / 1000

    def _date_time(self) -> bytes:
        hour, minute, second, ms = _time_of_day(self._ms(None))
        return bytes([26, 11, 21, hour, minute, second, ms // 10])

    def _ms(self, loop_s: float | None) -> int:
        return int(self.device_us(loop_s) / 1000 + self._clock_ms)

    # --- packets

    def _own_counts(self, samples: Samples) -> CountArray:
        acc_g = _ACC_G[self._ranges[0]] / 32768
        gyro_dps = _GYRO_DPS[self._ranges[1]] * _DPS_PER_COUNT_AND_DPS
        return rescale(samples.counts, self.motion, acc_g, gyro_dps)

    def _packet(self, samples: Samples, counts: CountArray) -> bytes:
        header = self.HEADERS[self.mode]
        times = [
            self._ms(samples.first_s + number * samples.spacing_s)
            for number in range(len(counts))
        ]
        steps = np.diff([self._last_ms or times[0], *times]).clip(0, 255)
        self._last_ms = times[-1]
        hour, minute, second, ms = _time_of_day(times[0])
        head = bytes([header, *(self.number & 0xFFFF).to_bytes(2, "big")])
        head += bytes([hour, minute, second]) + ms.to_bytes(2, "big")
        slots = [
            self._slot(header, sample, int(step))
            for sample, step in zip(counts, steps, strict=True)
        ]
        body = b"".join(reversed(slots))
        return (head + body).ljust(self.PACKET_BYTES, b"\0")

    def _slot(self, header: int, sample: CountArray, step_ms: int) -> bytes:
        turned = np.array([self.QUATERNION_ONE, 0, 0, 0], ">i2").tobytes()
        moved = np.concatenate([sample[3:], sample[:3]]).astype(">i2").tobytes()
        pressed = np.array(_PRESSURE, ">u2").tobytes()
        if header == 50:
            return turned + moved + bytes([step_ms])
        return (moved if header == 55 else turned + moved) + pressed


class VirtualOrpheInsole(VirtualOrpheCore):
    """Modes 1 (header 50), 3 (55, with pressure) and 4 (56, 100 Hz); 104 bytes."""

    PACKET_BYTES = 104
    QUATERNION_ONE = 16384
    HEADERS: ClassVar[dict[int, int]] = {1: 50, 3: 55, 4: 56}


def _time_of_day(total_ms: int) -> tuple[int, int, int, int]:
    second, ms = divmod(total_ms % _DAY_MS, 1000)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return hour, minute, second, ms
