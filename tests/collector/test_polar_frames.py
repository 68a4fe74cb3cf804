import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.devices.polar_frames import (
    ACC,
    FACTOR,
    GYRO,
    MOST_SAMPLES,
    read_frame,
    read_reply,
    read_settings,
    start_command,
)
from contract.errors import PacketError
from tests.collector.vendor_encoders import counts_of, polar_delta, polar_raw

HEAD = bytes([ACC]) + bytes(8)


@given(st.integers(0, 2**32), st.integers(1, 100), st.integers(1, 40))
def test_compressed_samples_come_back_exactly(seed: int, n: int, block: int) -> None:
    counts = counts_of(seed, n)[:, 3:]
    frame = read_frame(polar_delta(GYRO, seed * 10**9, counts, block=block))
    assert (frame.kind, frame.last_ns, frame.is_delta) == (GYRO, seed * 10**9, True)
    assert np.array_equal(frame.counts, counts)


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_raw_samples_come_back_exactly(seed: int, n: int) -> None:
    counts = counts_of(seed, n)[:, :3]
    frame = read_frame(polar_raw(ACC, 5, counts))
    assert (frame.frame_type, frame.is_delta) == (1, False)
    assert np.array_equal(frame.counts, counts)


def test_deltas_from_one_end_of_the_range_to_the_other_come_back() -> None:
    counts = np.array([[-32768, 32767, 0], [32767, -32768, 1]], dtype=np.int16)
    assert np.array_equal(read_frame(polar_delta(ACC, 1, counts)).counts, counts)


def test_deltas_of_no_bits_repeat_the_sample() -> None:
    frame = read_frame(HEAD + b"\x80" + struct.pack("<3h", 1, 2, 3) + bytes([0, 4]))
    assert frame.counts.tolist() == [[1, 2, 3]] * 5


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "0 bytes"),
        (HEAD + b"\x01", "10 bytes"),
        (bytes([ACC]) + b"\xff" * 8 + b"\x01" + bytes(6), "out of range"),
        (bytes([0]) + bytes(8) + b"\x00" + bytes(9), "measurement 0"),
        (bytes([GYRO]) + bytes(8) + b"\x01" + bytes(6), "raw frame type 1"),
        (HEAD + b"\x83" + bytes(6), "compressed frame type 3"),
        (HEAD + b"\x01" + bytes(7), "samples of 6"),
        (HEAD + b"\x80" + bytes(5), "first sample"),
        (HEAD + b"\x80" + bytes(6) + b"\x08", "single byte"),
        (HEAD + b"\x80" + bytes(6) + b"\x08\x0a" + bytes(29), "within a block"),
        (HEAD + b"\x80" + bytes(6) + b"\x20\x01" + bytes(12), "32 bits"),
        (HEAD + b"\x80" + bytes(6) + b"\x00\xff" * 100, f"claims {255 * 3 + 1}"),
        (HEAD + b"\x80" + b"\xff\x7f" * 3 + b"\x02\x01\x15", "16 bits"),
    ],
)
def test_a_broken_frame_is_refused_with_its_reason(payload: bytes, why: str) -> None:
    with pytest.raises(PacketError, match=why):
        read_frame(payload)


def test_a_frame_cannot_blow_up_the_memory() -> None:
    n_blocks = (244 - 16) // 2
    with pytest.raises(PacketError):
        read_frame(HEAD + b"\x80" + bytes(6) + b"\x00\xff" * n_blocks)
    assert n_blocks * 255 > MOST_SAMPLES


def test_commands_are_the_bytes_that_devices_were_seen_to_take() -> None:
    seen = "0202000134000101100002010800040103"  # issues 331 and 443: 52 Hz, 8 g
    assert start_command(ACC, 52, 8).hex() == seen
    assert start_command(
        GYRO, 416, 2000
    ).hex() == "02050001a00101011000 0201d007040103".replace(" ", "")


def test_a_reply_tells_the_size_of_a_count() -> None:
    settings = bytes([0, 1]) + struct.pack("<H", 416) + bytes([4, 1, 3])
    factor = bytes([FACTOR, 1]) + struct.pack("<f", 2.44e-4)
    reply = read_reply(bytes([0xF0, 2, 2, 0, 0]) + settings + factor)
    assert (reply.op, reply.kind, reply.status) == (2, 2, 0)
    assert reply.factor == pytest.approx(2.44e-4)
    assert read_reply(bytes.fromhex("f002020000")).factor is None
    assert read_reply(bytes.fromhex("f0020508")).status == 8


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xf0\x02\x02",
        b"\x01\x02\x02\x00\x00",
        b"\xf0\x02\x02\x00\x00\x05",
        b"\xf0\x02\x02\x00\x00\x05\x00",
        b"\xf0\x02\x02\x00\x00\x09\x01\x00",
        b"\xf0\x02\x02\x00\x00\x05\x01" + struct.pack("<f", float("nan")),
        b"\xf0\x02\x02\x00\x00\x05\x01" + struct.pack("<f", -1.0),
    ],
)
def test_a_broken_reply_is_refused(payload: bytes) -> None:
    with pytest.raises(PacketError):
        read_reply(payload)


def test_of_a_list_of_settings_the_first_value_counts() -> None:
    found = read_settings(bytes([0, 2]) + struct.pack("<HH", 52, 104))
    assert found == {0: struct.pack("<H", 52)}
