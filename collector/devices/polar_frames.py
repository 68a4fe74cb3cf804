"""Frames and control replies of Polar Measurement Data, bytes only.

From sensors.md ("Polar PMD"), checked against the vendor's own tests (AccDataTest.kt,
GyrDataTest.kt in polarofficial/polar-ble-sdk): a frame is type, u64 ns of the LAST
sample since 2000-01-01, frame type (bit 7: delta compressed), samples.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.errors import PacketError
from contract.model import CountArray

ACC, GYRO, SDK_MODE = 2, 5, 9
SDK_ON_OR_START, STOP = 2, 3
_HEAD = struct.Struct("<BQB")
_TYPE_BITS, _DELTA_BIT = 0x3F, 0x80
# 220 bytes of deltas of one bit hold 586 samples; more is a decompression bomb.
MOST_SAMPLES = 600
MOST_DELTA_BITS = 17  # the difference of two numbers of 16 bits

REPLY = 0xF0
ALREADY_IN_STATE, WRONG_STATE = 6, 12
# PmdControlPointResponse.kt in polarofficial/polar-ble-sdk.
STATUS_WORDS = {
    1: "it does not know the command",
    2: "it does not know this kind of measurement",
    3: "it does not support this",
    4: "the command has a wrong length",
    5: "a setting is not valid",
    ALREADY_IN_STATE: "it is in that state already",
    7: "it does not have that resolution",
    8: "it does not have that rate",
    9: "it does not have that range",
    10: "the Bluetooth packets (MTU) are too small",
    11: "it does not have that number of channels",
    WRONG_STATE: "it cannot do so in its present state",
    13: "it is in the charger",
    14: "its memory is full",
}
RATE, RESOLUTION, RANGE, RANGE_MILLI, CHANNELS, FACTOR = range(6)
_SIZES = {RATE: 2, RESOLUTION: 2, RANGE: 2, RANGE_MILLI: 4, CHANNELS: 1, FACTOR: 4}


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One notification: what it measures, when the last sample was, counts [n, 3]."""

    kind: int
    last_ns: int
    frame_type: int
    is_delta: bool
    counts: CountArray


def read_frame(payload: bytes) -> Frame:
    """Frame of acceleration or angular rate; `PacketError` for anything else."""
    if len(payload) <= _HEAD.size:
        raise _broken(f"it has {len(payload)} bytes")
    kind, last_ns, form = _HEAD.unpack_from(payload)
    if last_ns >= 1 << 63:
        raise _broken("its time stamp is out of range")
    is_delta = bool(form & _DELTA_BIT)
    body = payload[_HEAD.size :]
    frame_type = form & ~_DELTA_BIT
    _refuse_unknown(kind & _TYPE_BITS, frame_type, is_delta=is_delta)
    counts = _from_deltas(body) if is_delta else _from_raw(body)
    return Frame(kind & _TYPE_BITS, last_ns, frame_type, is_delta, counts)


def _refuse_unknown(kind: int, frame_type: int, *, is_delta: bool) -> None:
    known = {ACC: {(0, True), (1, True), (1, False)}, GYRO: {(0, True)}}
    if (frame_type, is_delta) not in known.get(kind, set()):
        packed = "compressed" if is_delta else "raw"
        raise _broken(f"measurement {kind} with {packed} frame type {frame_type}")


def _from_raw(body: bytes) -> CountArray:
    if len(body) % 6:
        raise _broken(f"{len(body)} bytes are not samples of 6")
    return np.frombuffer(body, "<i2").astype(np.int16).reshape(-1, 3)


def _from_deltas(body: bytes) -> CountArray:
    if len(body) < 6:
        raise _broken("it ends within its first sample")
    parts = [np.frombuffer(body, "<i2", 3).astype(np.int64)[None, :]]
    at, n = 6, 1
    while at < len(body):
        bits, count = _block(body, at)
        n += count
        if n > MOST_SAMPLES:
            raise _broken(f"it claims {n} samples or more")
        size = (bits * count * 3 + 7) // 8
        if at + 2 + size > len(body):
            raise _broken(f"it ends within a block of {count} deltas of {bits} bits")
        parts.append(_unpacked(body[at + 2 : at + 2 + size], bits, count))
        at += 2 + size
    values = np.cumsum(np.concatenate(parts), axis=0)
    if values.min() < -32768 or values.max() > 32767:
        raise _broken("its deltas lead out of 16 bits")
    return values.astype(np.int16)


def _block(body: bytes, at: int) -> tuple[int, int]:
    if at + 2 > len(body):
        raise _broken("a single byte is left over")
    bits, count = body[at], body[at + 1]
    if bits > MOST_DELTA_BITS:
        raise _broken(f"deltas of {bits} bits")
    return bits, count


def _unpacked(packed: bytes, bits: int, count: int) -> NDArray[np.int64]:
    """Signed little-endian numbers of so many bits, [count, 3]."""
    if bits == 0:
        return np.zeros((count, 3), np.int64)
    raw = np.frombuffer(packed, np.uint8)
    stream = np.unpackbits(raw, count=bits * count * 3, bitorder="little")
    worth = np.int64(1) << np.arange(bits)
    worth[-1] = -worth[-1]
    numbers: NDArray[np.int64] = stream.reshape(count, 3, bits) @ worth
    return numbers


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer of the control point; ``factor`` is the size of a count, if it says so."""

    op: int
    kind: int
    status: int
    factor: float | None = None


def read_reply(payload: bytes) -> Reply:
    """Reply ``F0 op type status more settings``."""
    if len(payload) < 4 or payload[0] != REPLY:
        raise _broken("it is no answer of the control point")
    found = read_settings(payload[5:]) if payload[3] == 0 else {}
    factor = None
    if FACTOR in found:
        factor = struct.unpack("<f", found[FACTOR])[0]
        if not 0 < factor < 100:
            raise _broken(f"a count cannot be worth {factor:g}")
    return Reply(payload[1], payload[2] & _TYPE_BITS, payload[3], factor)


def read_settings(data: bytes) -> Mapping[int, bytes]:
    """Settings ``type, count, values``: the first value of each."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        size = _SIZES.get(data[at])
        count = data[at + 1] if at + 1 < len(data) else 0
        if size is None or count == 0 or at + 2 + count * size > len(data):
            raise _broken(f"setting {data[at]} is unknown or cut off")
        found[data[at]] = data[at + 2 : at + 2 + size]
        at += 2 + count * size
    return found


def start_command(kind: int, rate_hz: float, full_scale: float) -> bytes:
    """Start of a measurement with three channels of 16 bits."""
    head = struct.pack("<BBBBHBBH", 2, kind, RATE, 1, round(rate_hz), RESOLUTION, 1, 16)
    return head + struct.pack("<BBHBBB", RANGE, 1, round(full_scale), CHANNELS, 1, 3)


def _broken(why: str) -> PacketError:
    return PacketError("a Polar frame cannot be read", why)
