"""Small encoders of the vendors' notifications, written apart from the decoders."""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int16]
Values = NDArray[np.float64]
ORPHE_DAY_MS = 86_400_000


def counts_of(seed: int, n: int) -> Counts:
    """A little of a run: smooth, with bursts to the ends of the range."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(0, 900, (n, 6)), axis=0)
    walk[rng.random(n) < 0.05] *= 9
    return walk.clip(-32768, 32767).astype(np.int16)


def orphe_packet(
    header: int, serial: int, t_ms: int, counts: Counts, step_ms: int = 5
) -> bytes:
    """SENSOR_VALUES of a CORE (50) or an INSOLE; counts oldest first."""
    t_ms %= ORPHE_DAY_MS
    seconds, ms = divmod(t_ms, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    head = struct.pack(">BHBBBH", header, serial % 65536, hour, minute, second, ms)
    body = b""
    for at, row in reversed(list(enumerate(counts.tolist()))):
        motion = struct.pack(">6h", *row[3:], *row[:3])
        quaternion = struct.pack(">4h", 16384, 0, 0, 0)
        pressure = struct.pack(">6H", *range(100, 106))
        body += {
            50: quaternion + motion + bytes([step_ms if at else 0]),
            55: motion + pressure,
            56: quaternion + motion + pressure,
        }[header]
    return (head + body).ljust(92 if header == 50 else 104, b"\0")


def polar_raw(kind: int, last_ns: int, counts: Counts) -> bytes:
    """Raw frame of type 1."""
    body = counts.astype("<i2").tobytes()
    return bytes([kind]) + last_ns.to_bytes(8, "little") + b"\x01" + body


def polar_delta(
    kind: int, last_ns: int, counts: Counts, frame_type: int = 0, block: int = 20
) -> bytes:
    """Delta frame: the first sample, then blocks as narrow as their deltas allow."""
    head = bytes([kind]) + last_ns.to_bytes(8, "little") + bytes([0x80 | frame_type])
    body = counts[0].astype("<i2").tobytes()
    deltas = np.diff(counts.astype(int), axis=0)
    for start in range(0, len(deltas), block):
        body += packed_block(deltas[start : start + block].ravel().tolist())
    return head + body


def packed_block(numbers: Sequence[int]) -> bytes:
    """One block: width, count, numbers packed from the lowest bit on."""
    width = max(1, *(max(n, ~n).bit_length() + 1 for n in numbers))
    whole = 0
    for place, number in enumerate(numbers):
        whole |= (number & (1 << width) - 1) << place * width
    size = (width * len(numbers) + 7) // 8
    return bytes([width, len(numbers) // 3]) + whole.to_bytes(size, "little")


def movesense_data(
    t_ms: int, acc: Counts, gyro: Counts, reference: int = 0x63
) -> bytes:
    """One DATA notification from values in m/s2 and degrees per second."""
    values = [*acc.ravel().tolist(), *gyro.ravel().tolist()]
    body = struct.pack(f"<I{len(values)}f", t_ms % 2**32, *values)
    return bytes([2, reference]) + body


def in_two_parts(notification: bytes, first: int) -> list[bytes]:
    """What a long notification is sent as."""
    return [notification[:first], b"\x03" + notification[1:2] + notification[first:]]


def metawear_packed(head: bytes, counts: Counts) -> bytes:
    """Three samples of one of the two."""
    return head + counts.astype("<i2").tobytes()


def rsc_measurement(
    speed_mps: float,
    cadence: int,
    stride_cm: int | None = None,
    *,
    running: bool = True,
) -> bytes:
    """RSC Measurement with or without a stride length."""
    flags = (stride_cm is not None) | running << 2
    head = struct.pack("<BHB", flags, round(speed_mps * 256), cadence)
    return head + (b"" if stride_cm is None else struct.pack("<H", stride_cm))
