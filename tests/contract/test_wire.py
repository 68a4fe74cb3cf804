"""The wire frame: what goes in comes out, and damage is named, never a crash."""

import math
import struct
import zlib
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from contract import wire
from contract.errors import FrameError, FrameFault
from contract.model import FrameFlag, ImuBatch, Slot

U32 = st.integers(0, 2**32 - 1)
I64 = st.integers(-(2**63), 2**63 - 1)
FLAGS = st.integers(0, 15).map(FrameFlag)
RATES_HZ = st.floats(10.0, 2000.0, width=32)
ACC_LSB = st.floats(2.0**-40, 5.0, width=32)
GYRO_LSB = st.floats(2.0**-40, 1.0, width=32)
COUNTS = st.integers(1, 40).flatmap(lambda n: arrays(np.int16, (n, 6)))
BATCHES = st.builds(
    ImuBatch,
    slot=st.sampled_from(Slot),
    epoch=U32,
    seq=U32,
    t0_ns=I64,
    dev_ns=I64,
    rate_hz=RATES_HZ,
    acc_lsb_mps2=ACC_LSB,
    gyro_lsb_rps=GYRO_LSB,
    counts=COUNTS,
    flags=FLAGS,
)
FIELDS = tuple(name for name in ImuBatch.__slots__ if name != "counts")


def a_batch(n: int = 3, **changes: object) -> ImuBatch:
    values: dict[str, Any] = {
        "slot": Slot.LEFT,
        "epoch": 3,
        "seq": 1200,
        "t0_ns": 1_795_000_000_000_000_000,
        "dev_ns": 77,
        "rate_hz": 200.0,
        "acc_lsb_mps2": 0.0048828125,
        "gyro_lsb_rps": 0.0009765625,
        "counts": np.arange(6 * n, dtype=np.int16).reshape(n, 6),
        "flags": FrameFlag.CLOCK_SYNCED | FrameFlag.SIMULATED,
    }
    return ImuBatch(**(values | changes))


def fault_of(payload: bytes) -> FrameFault:
    with pytest.raises(FrameError) as caught:
        wire.decode(payload)
    return caught.value.fault


def patched(offset: int, layout: str, value: float) -> bytes:
    """Give a frame with one field changed and a checksum that fits."""
    body = bytearray(wire.encode(a_batch())[:-4])
    struct.pack_into(layout, body, offset, value)
    return bytes(body) + struct.pack("<I", zlib.crc32(body))


@given(batch=BATCHES)
def test_a_batch_survives_the_wire(batch: ImuBatch) -> None:
    back = wire.decode(wire.encode(batch))
    for name in FIELDS:
        assert getattr(back, name) == getattr(batch, name), name
    assert back.counts.dtype == np.int16
    np.testing.assert_array_equal(back.counts, batch.counts)


@given(batch=BATCHES)
def test_a_frame_survives_decoding(batch: ImuBatch) -> None:
    frame = wire.encode(batch)
    assert wire.encode(wire.decode(frame)) == frame


def test_the_bytes_are_those_of_the_layout_table() -> None:
    batch = a_batch(1, counts=np.array([[1, -1, 2, -2, 3, -3]], dtype=np.int16))
    body = (
        b"TW\x01\x09"
        + struct.pack("<II", 3, 1200)
        + struct.pack("<qq", 1_795_000_000_000_000_000, 77)
        + struct.pack("<fHBB", 200.0, 1, 1, 0)
        + struct.pack("<ff", 0.0048828125, 0.0009765625)
        + struct.pack("<6h", 1, -1, 2, -2, 3, -3)
    )
    assert wire.encode(batch) == body + struct.pack("<I", zlib.crc32(body))
    assert (wire.HEADER_BYTES, wire.OVERHEAD_BYTES) == (44, 48)


def test_the_largest_frame_survives_and_one_sample_more_is_refused() -> None:
    full = np.zeros((wire.MAX_SAMPLES, 6), np.int16)
    assert wire.decode(wire.encode(a_batch(counts=full))).n == wire.MAX_SAMPLES
    with pytest.raises(FrameError, match="1 to 65535") as caught:
        wire.encode(a_batch(counts=np.zeros((wire.MAX_SAMPLES + 1, 6), np.int16)))
    assert caught.value.fault is FrameFault.LENGTH


def test_counts_of_the_other_byte_order_mean_the_same() -> None:
    swapped = a_batch().counts.astype(">i2")
    assert wire.encode(a_batch(counts=swapped)) == wire.encode(a_batch())


def test_samples_come_out_in_si_units() -> None:
    batch = a_batch(
        1,
        acc_lsb_mps2=0.5,
        gyro_lsb_rps=0.25,
        counts=np.array([[2, 4, 6, 4, 8, 12]], np.int16),
    )
    np.testing.assert_array_equal(
        wire.decode(wire.encode(batch)).si(), [[1, 2, 3, 1, 2, 3]]
    )


def expected_fault_of_flip(byte: int) -> set[FrameFault]:
    if byte < 2:
        return {FrameFault.MAGIC}
    if byte == 2:
        return {FrameFault.VERSION}
    if byte in (32, 33):  # the sample count
        return {FrameFault.LENGTH, FrameFault.EMPTY}
    return {FrameFault.CHECKSUM}


def test_each_flipped_bit_is_noticed() -> None:
    frame = wire.encode(a_batch())
    for bit in range(8 * len(frame)):
        broken = bytearray(frame)
        broken[bit // 8] ^= 1 << bit % 8
        assert fault_of(bytes(broken)) in expected_fault_of_flip(bit // 8), bit


def test_each_truncation_is_noticed() -> None:
    frame = wire.encode(a_batch())
    for n in range(len(frame)):
        is_short = n < wire.OVERHEAD_BYTES
        expected = FrameFault.TOO_SHORT if is_short else FrameFault.LENGTH
        assert fault_of(frame[:n]) is expected, n


@given(more=st.binary(min_size=1, max_size=30))
def test_bytes_after_the_frame_are_noticed(more: bytes) -> None:
    assert fault_of(wire.encode(a_batch()) + more) is FrameFault.LENGTH


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version_is_refused_by_name(version: int) -> None:
    with pytest.raises(FrameError, match=f"speaks v{version}, this is v1") as caught:
        wire.decode(patched(2, "<B", version))
    assert caught.value.fault is FrameFault.VERSION


NO_NUMBERS = [math.nan, math.inf, -math.inf]


@pytest.mark.parametrize("rate_hz", [*NO_NUMBERS, 0, -100, 9.99, 2000.1, 3e38])
def test_an_impossible_rate_is_refused(rate_hz: float) -> None:
    assert fault_of(patched(28, "<f", rate_hz)) is FrameFault.RATE


@pytest.mark.parametrize("offset", [36, 40])
@pytest.mark.parametrize("lsb", [*NO_NUMBERS, 0.0, -0.0, -0.005, 5.1, 3e38])
def test_an_absurd_scale_is_refused(offset: int, lsb: float) -> None:
    assert fault_of(patched(offset, "<f", lsb)) is FrameFault.SCALE


@pytest.mark.parametrize("slot", [0, 4, 255])
def test_an_unknown_slot_is_refused(slot: int) -> None:
    assert fault_of(patched(34, "<B", slot)) is FrameFault.SLOT


def test_a_frame_without_samples_is_refused_on_both_sides() -> None:
    assert fault_of(patched(32, "<H", 0)) is FrameFault.EMPTY
    with pytest.raises(FrameError) as caught:
        wire.encode(a_batch(0))
    assert caught.value.fault is FrameFault.EMPTY


def test_flags_of_the_future_are_ignored() -> None:
    assert wire.decode(patched(3, "<B", 0xF1)).flags is FrameFlag.CLOCK_SYNCED


@given(payload=st.binary(max_size=300))
@settings(max_examples=500)
def test_random_bytes_are_refused_and_nothing_worse(payload: bytes) -> None:
    fault_of(payload)


@given(
    values=st.tuples(
        st.integers(0, 255), U32, U32, I64, I64, st.floats(width=32),
        st.integers(0, 4), st.integers(0, 255), st.integers(0, 255),
        st.floats(width=32), st.floats(width=32),
    ),
    samples=st.binary(max_size=48),
)  # fmt: skip
@settings(max_examples=500)
def test_any_header_with_a_right_checksum_is_a_frame_or_a_frame_error(
    values: tuple[float, ...], samples: bytes
) -> None:
    body = struct.pack("<2sBBIIqqfHBBff", b"TW", 1, *values) + samples
    try:
        batch = wire.decode(body + struct.pack("<I", zlib.crc32(body)))
    except FrameError:
        return
    assert 12 * batch.n == len(samples)
    assert 10.0 <= batch.rate_hz <= 2000.0
    assert np.isfinite(batch.si()).all()
