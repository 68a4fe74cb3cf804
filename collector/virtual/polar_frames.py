"""Polar's PMD data frames as the sensor makes them (sensors.md section 2, Polar)."""

import struct

import numpy as np
import numpy.typing as npt

from contract.model import CountArray, FloatArray

DELTA = 0x80
# A block of differences has its own width in bits; the vendor's captures have blocks
# of about ten samples (sensors.md, vectors of issues 331 and 443).
BLOCK_SAMPLES = 10


def delta_frame(kind: int, last_ns: int, frame_type: int, samples: CountArray) -> bytes:
    """Frame with the first sample whole and the others as differences.

    ``samples`` are int16 [n, 3]; ``last_ns`` is the time of the last one.
    """
    head = struct.pack("<BQB", kind, last_ns, frame_type | DELTA)
    whole: bytes = samples[0].astype("<i2").tobytes()
    wide = samples.astype(np.int32)
    steps = wide[1:] - wide[:-1]
    starts = range(0, len(steps), BLOCK_SAMPLES)
    blocks = [_block(steps[start : start + BLOCK_SAMPLES]) for start in starts]
    return head + whole + b"".join(blocks)


def _block(steps: npt.NDArray[np.int32]) -> bytes:
    """Differences in as few bits as the largest needs, the first in the lowest bits."""
    largest = max(int(steps.max()), -int(steps.min()) - 1, 0)
    n_bits = largest.bit_length() + 1
    values = steps.ravel() & ((1 << n_bits) - 1)
    bits = (values[:, None] >> np.arange(n_bits)) & 1
    packed = np.packbits(bits.astype(np.uint8).ravel(), bitorder="little")
    return bytes([n_bits, len(steps)]) + packed.tobytes()


def scaled(values: CountArray, size: float, factor: float) -> CountArray:
    """Counts of ``size`` as counts of ``factor``, cut off at the rails."""
    wanted: FloatArray = np.clip(np.rint(values * (size / factor)), -32768, 32767)
    return np.asarray(wanted, dtype=np.int16)
