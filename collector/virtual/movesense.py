"""A virtual Movesense with the GATT sensor data app (sensors.md section 2, Movesense).

Arrays are not interleaved: all accelerations of a packet, then all angular rates.
"""

import struct

import numpy as np

from collector.virtual.peripheral import (
    BATTERY,
    FIRMWARE,
    NOTIFY,
    SERIAL,
    WRITE,
    Channel,
)
from collector.virtual.sampling import Samples
from collector.virtual.sensor import VirtualSensor
from contract.model import CountArray
from contract.units import STANDARD_GRAVITY_MPS2

_SERVICE = "34802252-7185-4d5d-b431-630e7050e8f0"
_HELLO, _SUBSCRIBE, _UNSUBSCRIBE, _GET = 0, 1, 2, 4
_RESULT, _DATA, _DATA_SECOND_PART = 1, 2, 3
_OK, _BAD_REQUEST, _NOT_FOUND = 200, 400, 404
_LEVEL = "/System/Energy/Level"
# Thirteen notifications a second: 8 samples at 104 Hz, 16 at 208 Hz.
_RATES_HZ = {f"/Meas/IMU6/{rate}": rate for rate in (13, 26, 52, 104, 208)}
_NOTIFICATIONS_HZ = 13
_PART_BYTES = 242  # with the head of two bytes: an MTU of 247


class VirtualMovesense(VirtualSensor):
    """Subscribe to /Meas/IMU6, unsubscribe, and ask for the battery."""

    CHANNELS = (
        Channel("write", _SERVICE, "34800001-7185-4d5d-b431-630e7050e8f0", WRITE),
        Channel("notify", _SERVICE, "34800002-7185-4d5d-b431-630e7050e8f0", NOTIFY),
        BATTERY,
        SERIAL,
        FIRMWARE,
    )
    ADVERTISED = (_SERVICE,)
    DATA = "notify"

    reference: int | None = None
    """With which somebody subscribed."""
    number = 0
    """Of the next packet; it is not sent."""
    _rate_hz = 104

    def on_boot(self) -> None:
        """Forget who subscribed."""
        self.reference = None
        self.number = 0

    def on_disconnection(self) -> None:
        """Forget who subscribed."""
        super().on_disconnection()
        self.reference = None

    def on_read(self, channel: str) -> bytes:
        """Nothing of its own can be read."""
        del channel
        return b""

    def on_write(self, channel: str, value: bytes) -> None:
        """Do a command and answer it."""
        del channel
        if len(value) < 2:
            return
        command, reference, path = value[0], value[1], value[2:].decode("ascii")
        if command == _HELLO:
            self._answer(reference, _OK)
        elif command == _SUBSCRIBE:
            self._subscribe(reference, path)
        elif command == _UNSUBSCRIBE:
            self._unsubscribe(reference)
        elif command == _GET and path == _LEVEL:
            self._answer(reference, _OK, bytes([self.battery_pct]))
        else:
            self._answer(reference, _NOT_FOUND)

    def batch_size(self) -> int:
        """Samples of a thirteenth of a second."""
        return self._rate_hz // _NOTIFICATIONS_HZ

    def on_samples(self, samples: Samples) -> None:
        """Send a packet, in two parts where it is too long for one."""
        if self.reference is None:
            return
        first_ms = int(self.device_us(samples.first_s) / 1000) & 0xFFFFFFFF
        body = first_ms.to_bytes(4, "little") + self.floats(samples.counts)
        parts = [bytes([_DATA, self.reference]) + body[:_PART_BYTES]]
        if len(body) > _PART_BYTES:
            second = bytes([_DATA_SECOND_PART, self.reference])
            parts.append(second + body[_PART_BYTES:])
        self.tell(samples, self.number, *parts)
        self.number += 1

    def floats(self, counts: CountArray) -> bytes:
        """Both arrays in m/s2 and deg/s."""
        acc_mps2 = counts[:, :3] * (self.motion.acc_g_per_count * STANDARD_GRAVITY_MPS2)
        gyro_dps = counts[:, 3:] * self.motion.gyro_dps_per_count
        both = np.vstack([acc_mps2, gyro_dps])
        return both.astype("<f4").tobytes()

    def _subscribe(self, reference: int, path: str) -> None:
        if path not in _RATES_HZ:
            self._answer(reference, _NOT_FOUND)
            return
        if self.reference is not None:
            self._answer(reference, _BAD_REQUEST)
            return
        self.reference = reference
        self._rate_hz = _RATES_HZ[path]
        self._answer(reference, _OK)
        self.begin_sampling(self._rate_hz)

    def _unsubscribe(self, reference: int) -> None:
        is_known = reference == self.reference
        if is_known:
            self.reference = None
            self.end_sampling()
        self._answer(reference, _OK if is_known else _NOT_FOUND)

    def _answer(self, reference: int, status: int, value: bytes = b"") -> None:
        head = struct.pack("<BBH", _RESULT, reference, status)
        self.reply("notify", head + value)
