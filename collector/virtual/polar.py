"""A virtual Polar Verity Sense: PMD service with SDK mode (sensors.md section 2).

Acceleration and angular rate are two streams of their own, each in frames that do not
begin together, stamped at their last sample.
"""

import struct
from dataclasses import dataclass, field

import numpy as np

from collector.virtual.motion import Motion
from collector.virtual.peripheral import (
    BATTERY,
    FIRMWARE,
    INDICATE,
    NOTIFY,
    READ,
    SERIAL,
    WRITE,
    Channel,
)
from collector.virtual.polar_frames import delta_frame, scaled
from collector.virtual.radio import VirtualRadio
from collector.virtual.sampling import Samples
from collector.virtual.sensor import Traits, VirtualSensor
from contract.model import CountArray

_SERVICE = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
_ACC, _GYRO, _SDK = 2, 5, 9
_SETTINGS, _START, _STOP, _SDK_SETTINGS, _STATUS, _SDK_STATUS = 1, 2, 3, 4, 5, 6
_RATE, _RESOLUTION, _RANGE, _CHANNELS, _FACTOR = 0, 1, 2, 4, 5
# Status words of the vendor's SDK (PmdControlPointResponse).
_OK, _UNKNOWN, _NO_SUCH_STREAM, _WRONG_LENGTH, _WRONG_PARAMETER = 0, 1, 2, 4, 5
_ALREADY, _WRONG_STATE = 6, 12
_OFFERED_SDK = {
    _ACC: {_RATE: (26, 52, 104, 208, 416), _RANGE: (2, 4, 8, 16)},
    _GYRO: {_RATE: (26, 52, 104, 208, 416), _RANGE: (250, 500, 1000, 2000)},
}
_OFFERED = {_ACC: {_RATE: (52,), _RANGE: (8,)}, _GYRO: {_RATE: (52,), _RANGE: (2000,)}}
# Features: PPG, ACC, PPI, GYRO, MAG; then SDK mode.
_FEATURES = bytes([0x0F, 0x6E, 0x02]).ljust(17, b"\0")
_FRAME_SAMPLES = 36
# The vendor's devices fill a frame up to an MTU of 232 (sensors.md).
_FRAME_BYTES = 229
_BATCH = 6
# LSM6DSOX-like gyroscope: 70 mdps a count at 2000 dps.
_DPS_PER_COUNT_AND_DPS = 0.000035


@dataclass(slots=True, eq=False)
class _Stream:
    """A stream that was started: its range, size of a count, and what waits."""

    rate_hz: int
    factor: float
    frame_type: int
    waiting: list[CountArray] = field(default_factory=list)

    def frame(self, kind: int, new: CountArray) -> tuple[CountArray, int] | None:
        """Take samples in; give a frame's, when there is one, and how many are left.

        A frame has as many as fit, so that wild motion makes shorter ones.
        """
        self.waiting.append(new)
        samples = np.vstack(self.waiting)
        if len(samples) < _FRAME_SAMPLES:
            return None
        n = _FRAME_SAMPLES
        while len(delta_frame(kind, 0, self.frame_type, samples[:n])) > _FRAME_BYTES:
            n -= 1
        self.waiting = [samples[n:]]
        return samples[:n], len(samples) - n


class VirtualVeritySense(VirtualSensor):
    """Settings, SDK mode, start, stop, and delta frames.

    Both streams run at one rate; a second one at another is refused.

    Attributes
    ----------
    sends_mg : bool
        Whether accelerations come as frames of type 1, in mG, as in the captures
        without SDK mode; else as type 0, in counts of the factor in g.
    is_sdk : bool
        Whether SDK mode is on; it stays on when the link ends.
    """

    CHANNELS = (
        Channel(
            "control",
            _SERVICE,
            "fb005c81-02e7-f387-1cad-8acd2d8df0c8",
            READ | WRITE | INDICATE,
        ),
        Channel("data", _SERVICE, "fb005c82-02e7-f387-1cad-8acd2d8df0c8", NOTIFY),
        BATTERY,
        SERIAL,
        FIRMWARE,
    )
    # Heart rate is what it advertises (sensors.md, memory).
    ADVERTISED = ("0000180d-0000-1000-8000-00805f9b34fb",)

    def __init__(self, radio: VirtualRadio, traits: Traits, motion: Motion) -> None:
        super().__init__(radio, traits, motion)
        self.sends_mg = False
        self.on_boot()

    def on_boot(self) -> None:
        """Leave SDK mode; nothing streams."""
        self.is_sdk = False
        self.number = 0
        self._streams: dict[int, _Stream] = {}

    def on_disconnection(self) -> None:
        """Stop all streams."""
        super().on_disconnection()
        self._streams.clear()

    def on_read(self, channel: str) -> bytes:
        """What can be measured."""
        del channel
        return _FEATURES

    def on_write(self, channel: str, value: bytes) -> None:
        """Do a command and indicate the answer."""
        del channel
        op = value[0] if value else 0
        kind = value[1] if len(value) > 1 else 0
        status, parameters = self._command(op, kind, value[2:])
        self.reply("control", bytes([0xF0, op, kind, status, 0]) + parameters)

    def batch_size(self) -> int:
        """A part of a frame."""
        return _BATCH

    def on_samples(self, samples: Samples) -> None:
        """Fill frames; send those that are full."""
        parts = {
            _ACC: (samples.counts[:, :3], self.motion.acc_g_per_count),
            _GYRO: (samples.counts[:, 3:], self.motion.gyro_dps_per_count),
        }
        for kind, stream in self._streams.items():
            counts, size = parts[kind]
            if kind == _ACC and stream.frame_type == 1:
                size *= 1000
            full = stream.frame(kind, scaled(counts, size, stream.factor))
            if full is not None:
                self._send(kind, stream, samples, *full)

    def _send(
        self,
        kind: int,
        stream: _Stream,
        newest: Samples,
        frame: CountArray,
        n_left: int,
    ) -> None:
        last_s = newest.last_s - n_left * newest.spacing_s
        first_s = last_s - (len(frame) - 1) * newest.spacing_s
        last_ns = int(self.device_us(last_s) * 1000)
        payload = delta_frame(kind, last_ns, stream.frame_type, frame)
        self.tell(Samples(first_s, newest.spacing_s, frame), self.number, payload)
        self.number += 1

    def _command(self, op: int, kind: int, rest: bytes) -> tuple[int, bytes]:
        if op in {_SDK_STATUS, _STATUS}:
            on = [self.is_sdk] if op == _SDK_STATUS else list(self._streams)
            return _OK, bytes(on)
        if kind == _SDK and op in {_START, _STOP}:
            return self._switch_sdk(is_on=op == _START), b""
        if op not in {_SETTINGS, _SDK_SETTINGS, _START, _STOP} or kind not in _OFFERED:
            return _NO_SUCH_STREAM if kind not in _OFFERED else _UNKNOWN, b""
        if op == _START:
            return self._start(kind, rest)
        if op == _STOP:
            return self._stop(kind), b""
        return _OK, self._settings(kind, is_sdk=op == _SDK_SETTINGS)

    def _switch_sdk(self, *, is_on: bool) -> int:
        if self._streams:
            return _WRONG_STATE
        if self.is_sdk == is_on:
            return _ALREADY
        self.is_sdk = is_on
        return _OK

    def _settings(self, kind: int, *, is_sdk: bool) -> bytes:
        offered = (_OFFERED_SDK if is_sdk or self.is_sdk else _OFFERED)[kind]
        said = b"".join(
            struct.pack(f"<BB{len(values)}H", setting, len(values), *values)
            for setting, values in (
                (_RATE, offered[_RATE]),
                (_RESOLUTION, (16,)),
                (_RANGE, offered[_RANGE]),
            )
        )
        return said + bytes([_CHANNELS, 1, 3])

    def _start(self, kind: int, rest: bytes) -> tuple[int, bytes]:
        wanted = _understood(rest)
        if wanted is None:
            return _WRONG_LENGTH, b""
        if kind in self._streams:
            return _ALREADY, b""
        offered = (_OFFERED_SDK if self.is_sdk else _OFFERED)[kind]
        if any(wanted.get(setting) not in offered[setting] for setting in offered):
            return _WRONG_PARAMETER, b""
        if any(other.rate_hz != wanted[_RATE] for other in self._streams.values()):
            return _WRONG_STATE, b""
        stream = self._stream(kind, wanted[_RATE], wanted[_RANGE])
        self._streams[kind] = stream
        self.begin_sampling(wanted[_RATE])
        return _OK, struct.pack("<BBf", _FACTOR, 1, stream.factor)

    def _stream(self, kind: int, rate_hz: int, full_scale: int) -> _Stream:
        if kind == _GYRO:
            return _Stream(rate_hz, full_scale * _DPS_PER_COUNT_AND_DPS, 0)
        if self.sends_mg:
            return _Stream(rate_hz, 1.0, 1)
        return _Stream(rate_hz, full_scale / 32768, 0)

    def _stop(self, kind: int) -> int:
        if self._streams.pop(kind, None) is None:
            return _ALREADY
        if not self._streams:
            self.end_sampling()
        return _OK


def _understood(rest: bytes) -> dict[int, int] | None:
    """Settings in type, count, value; None when they break off."""
    wanted: dict[int, int] = {}
    at = 0
    while at < len(rest):
        size = 1 if rest[at] == _CHANNELS else 2
        value = rest[at + 2 : at + 2 + size]
        if len(rest) < at + 2 or rest[at + 1] != 1 or len(value) < size:
            return None
        wanted[rest[at]] = int.from_bytes(value, "little")
        at += 2 + size
    return wanted
