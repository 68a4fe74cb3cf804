r"""Wire frame v1: one batch of samples of one sensor as bytes, little endian.

    offset size type  field
         0    2 bytes magic "TW"
         2    1 u8    version = 1
         3    1 u8    flags: 1 clock synced, 2 gap before, 4 clipped, 8 simulated
         4    4 u32   epoch         one per sensor connection, increasing
         8    4 u32   seq           frame counter within the epoch, from 0
        12    8 i64   t0_ns         host-aligned Unix time of the first sample
        20    8 i64   dev_ns        device clock of the first sample, unwrapped
        28    4 f32   rate_hz       measured device rate
        32    2 u16   n             number of samples
        34    1 u8    slot          1 left, 2 right, 3 hip
        35    1 u8    reserved = 0
        36    4 f32   acc_lsb_mps2  size of one count
        40    4 f32   gyro_lsb_rps  size of one count
        44  12n i16   samples       n x (ax ay az gx gy gz)
    44+12n    4 u32   crc32         over all that stands before

Decoding is pure and never allocates more than the payload holds.
"""

import struct
import zlib

import numpy as np

from contract.errors import FrameError, FrameFault
from contract.model import FrameFlag, ImuBatch, Slot

VERSION = 1
MAGIC = b"TW"
MAX_SAMPLES = 0xFFFF
RATE_RANGE_HZ = (10.0, 2000.0)
# One count of +-16384 g or +-2 000 000 deg/s full scale: nothing real is coarser.
MAX_ACC_LSB_MPS2 = 5.0
MAX_GYRO_LSB_RPS = 1.0

_HEADER = struct.Struct("<2sBBIIqqfHBBff")
_CRC = struct.Struct("<I")
_SLOTS = frozenset(slot.value for slot in Slot)
HEADER_BYTES = _HEADER.size
OVERHEAD_BYTES = _HEADER.size + _CRC.size
SAMPLE_BYTES = 12


def encode(batch: ImuBatch) -> bytes:
    """Bytes of a batch; `decode` gives it back (scales as 32-bit floats)."""
    if not 0 < batch.n <= MAX_SAMPLES:
        fault = FrameFault.LENGTH if batch.n else FrameFault.EMPTY
        raise FrameError(fault, f"a frame holds 1 to {MAX_SAMPLES} samples")
    body = (
        _HEADER.pack(
            MAGIC,
            VERSION,
            int(batch.flags),
            batch.epoch,
            batch.seq,
            batch.t0_ns,
            batch.dev_ns,
            batch.rate_hz,
            batch.n,
            int(batch.slot),
            0,
            batch.acc_lsb_mps2,
            batch.gyro_lsb_rps,
        )
        + batch.counts.astype("<i2", copy=False).tobytes()
    )
    return body + _CRC.pack(zlib.crc32(body))


def decode(payload: bytes) -> ImuBatch:
    """Batch held by a frame; raises `FrameError` with the reason, nothing else."""
    _check_envelope(payload)
    _, _, flags, epoch, seq, t0_ns, dev_ns, rate_hz, n, slot, _, acc_lsb, gyro_lsb = (
        _HEADER.unpack_from(payload)
    )
    if n == 0:
        raise FrameError(FrameFault.EMPTY)
    if len(payload) != OVERHEAD_BYTES + SAMPLE_BYTES * n:
        need = OVERHEAD_BYTES + SAMPLE_BYTES * n
        why = f"{n} samples need {need} bytes, {len(payload)} came"
        raise FrameError(FrameFault.LENGTH, why)
    (crc,) = _CRC.unpack_from(payload, len(payload) - _CRC.size)
    if crc != zlib.crc32(payload[: -_CRC.size]):
        raise FrameError(FrameFault.CHECKSUM, "bits changed on the way")
    _check_values(rate_hz, acc_lsb, gyro_lsb, slot)
    samples = np.frombuffer(payload, "<i2", count=6 * n, offset=HEADER_BYTES)
    return ImuBatch(
        slot=Slot(slot),
        epoch=epoch,
        seq=seq,
        t0_ns=t0_ns,
        dev_ns=dev_ns,
        rate_hz=rate_hz,
        acc_lsb_mps2=acc_lsb,
        gyro_lsb_rps=gyro_lsb,
        counts=samples.reshape(n, 6),
        flags=FrameFlag(flags & 0x0F),
    )


def place(payload: bytes) -> tuple[int, int] | None:
    """Epoch and seq of a frame that came as it was sent, even if `decode` refuses it.

    None when the bytes are damaged or of another version: then a frame sent again may
    be good, or its numbers cannot be read.
    """
    try:
        _check_envelope(payload)
    except FrameError:
        return None
    (crc,) = _CRC.unpack_from(payload, len(payload) - _CRC.size)
    if crc != zlib.crc32(payload[: -_CRC.size]):
        return None
    fields = _HEADER.unpack_from(payload)
    return fields[3], fields[4]


def _check_envelope(payload: bytes) -> None:
    if len(payload) < OVERHEAD_BYTES:
        why = f"{len(payload)} bytes came, a frame has at least {OVERHEAD_BYTES}"
        raise FrameError(FrameFault.TOO_SHORT, why)
    if payload[:2] != MAGIC:
        raise FrameError(FrameFault.MAGIC, f'it starts with {payload[:2]!r}, not "TW"')
    if payload[2] != VERSION:
        raise FrameError(
            FrameFault.VERSION, f"speaks v{payload[2]}, this is v{VERSION}"
        )


def _check_values(rate_hz: float, acc_lsb: float, gyro_lsb: float, slot: int) -> None:
    low, high = RATE_RANGE_HZ  # NaN is within no range, so "not within" catches it
    if not low <= rate_hz <= high:
        raise FrameError(FrameFault.RATE, f"it says {rate_hz} Hz")
    for name, lsb, most in (
        ("acceleration", acc_lsb, MAX_ACC_LSB_MPS2),
        ("angular rate", gyro_lsb, MAX_GYRO_LSB_RPS),
    ):
        if not 0 < lsb <= most:
            raise FrameError(FrameFault.SCALE, f"one count of {name} is {lsb}")
    if slot not in _SLOTS:
        raise FrameError(FrameFault.SLOT, f"slot {slot}")
