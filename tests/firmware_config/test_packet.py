"""Messages of our own sensor survive the way through bytes, and nothing else does."""

import struct
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import PacketError
from firmware_config.messages import COMMANDS, INFO, MESSAGES, REPLIES, Message
from firmware_config.packet import (
    AXES,
    MAX_SAMPLES,
    Blink,
    Command,
    Configure,
    DataFlag,
    DataPacket,
    Info,
    Missing,
    Ping,
    Pong,
    Reply,
    Resend,
    Start,
    Stop,
    decode_command,
    decode_data,
    decode_info,
    decode_reply,
    encode_command,
    encode_data,
    encode_info,
    encode_reply,
)

U8, U16, U32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))
SIZES = st.floats(2**-20, 1.0, width=32)
WORDS = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
COMMAND: st.SearchStrategy[Command] = st.one_of(
    st.just(Start()),
    st.just(Stop()),
    st.builds(Configure, U16, U8, U16),
    st.builds(Blink, U8),
    st.builds(Ping, U32),
    st.builds(Resend, U16, U16),
)
REPLY: st.SearchStrategy[Reply] = st.one_of(
    st.builds(Pong, U32, U32), st.builds(Missing, U16, U16)
)
INFOS = st.builds(
    Info,
    side=st.integers(0, 3),
    ring_packets=U16,
    boot_id=U32,
    rate_hz=st.floats(1, 2000, width=32),
    acc_g_per_lsb=SIZES,
    gyro_dps_per_lsb=SIZES,
    samples_per_packet=st.integers(1, MAX_SAMPLES),
    fw_major=U8,
    fw_minor=U8,
    serial=st.text(WORDS, max_size=8),
    imu=st.text(WORDS, max_size=16),
)
A_SENSOR = Info(1, 600, 7, 416.0, 0.5, 0.25, 19, 1, 2, "TW000001", "LSM6DS3TR-C")


@st.composite
def data_packets(draw: st.DrawFn) -> DataPacket:
    n = draw(st.integers(1, MAX_SAMPLES))
    flat = draw(st.binary(min_size=12 * n, max_size=12 * n))
    counts = np.frombuffer(flat, "<i2").reshape(n, AXES)
    return DataPacket(draw(U16), draw(U32), counts, DataFlag(draw(st.integers(0, 7))))


@given(data_packets())
def test_a_data_packet_comes_back_as_it_was(packet: DataPacket) -> None:
    back = decode_data(encode_data(packet))

    assert (back.seq, back.first_us, back.flags) == (
        packet.seq,
        packet.first_us,
        packet.flags,
    )
    assert back.counts.dtype == np.int16
    np.testing.assert_array_equal(back.counts, packet.counts)


@given(COMMAND)
def test_a_command_comes_back_as_it_was(command: Command) -> None:
    assert decode_command(encode_command(command)) == command


@given(REPLY)
def test_a_reply_comes_back_as_it_was(reply: Reply) -> None:
    assert decode_reply(encode_reply(reply)) == reply


@given(INFOS)
def test_the_info_comes_back_as_it_was(info: Info) -> None:
    assert decode_info(encode_info(info)) == info


def test_the_bytes_are_those_of_the_published_layout() -> None:
    """Written out by hand from firmware_config/README.md, not by the table."""
    counts = np.array([[1, -2, 3, -4, 5, -6], [7, 8, 9, 10, 11, 12]], np.int16)
    by_hand = struct.pack("<HIBB12h", 258, 70000, 2, 3, *counts.ravel())
    said = (
        struct.pack("<BBHIfffBBBB", 1, 1, 600, 7, 416, 0.5, 0.25, 19, 1, 2, 0)
        + b"TW000001LSM6DS3TR-C\0\0\0\0\0"
    )

    assert encode_data(DataPacket(258, 70000, counts, DataFlag(3))) == by_hand
    assert encode_info(A_SENSOR) == said
    assert len(said) == 48
    assert encode_command(Start()) == b"\x01"
    assert encode_command(Stop()) == b"\x02"
    assert encode_command(Configure(416, 16, 2000)) == bytes.fromhex("03a00110d007")
    assert encode_command(Blink(5)) == b"\x04\x05"
    assert encode_command(Ping(0x01020304)) == bytes.fromhex("0504030201")
    assert encode_command(Resend(258, 3)) == bytes.fromhex("0602010300")
    assert encode_reply(Pong(1, 2)) == bytes.fromhex("850100000002000000")
    assert encode_reply(Missing(258, 3)) == bytes.fromhex("8602010300")


def test_a_full_packet_fits_a_notification_of_an_mtu_of_247() -> None:
    full = DataPacket(0, 0, np.zeros((MAX_SAMPLES, AXES), np.int16))

    assert len(encode_data(full)) == 236
    assert len(encode_data(full)) + 3 <= 247


DECODERS = (decode_data, decode_command, decode_reply, decode_info)


@given(st.binary(max_size=260))
def test_any_bytes_are_a_message_or_are_refused_with_a_reason(payload: bytes) -> None:
    refused = []
    for decode in DECODERS:
        try:
            decode(payload)
        except PacketError as fault:
            refused.append(fault)

    assert len(refused) >= 2  # no bytes are right on three channels at once
    assert all(fault.why for fault in refused)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "0 bytes"),
        (bytes(8), "0 samples"),
        (bytes(6) + b"\x14\0" + bytes(240), "20 samples"),
        (bytes(6) + b"\x02\0" + bytes(23), "2 samples need 32 bytes, 31 came"),
        (bytes(6) + b"\x02\0" + bytes(25), "2 samples need 32 bytes, 33 came"),
    ],
)
def test_a_broken_data_packet_says_what_is_wrong(payload: bytes, reason: str) -> None:
    with pytest.raises(PacketError, match=reason):
        decode_data(payload)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty"),
        (b"\x07", "no opcode 0x07"),
        (b"\x85" + bytes(8), "no opcode 0x85"),
        (b"\x01\x00", "2 bytes, not 1"),
        (b"\x05\x00", "2 bytes, not 5"),
    ],
)
def test_a_broken_command_says_what_is_wrong(payload: bytes, reason: str) -> None:
    with pytest.raises(PacketError, match=reason):
        decode_command(payload)


def test_a_command_is_no_reply() -> None:
    with pytest.raises(PacketError, match="no opcode 0x01"):
        decode_reply(encode_command(Start()))


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (0, b"\x02", "version 2"),
        (1, b"\x04", "side 4"),
        (8, b"\x00\x00\xc0\x7f", "rate_hz is nan"),
        (12, bytes(4), "acc_g_per_lsb is 0"),
        (16, b"\x00\x00\x80\xff", "gyro_dps_per_lsb is -inf"),
        (20, b"\x00", "0 samples"),
        (20, b"\x14", "20 samples"),
        (24, b"\xff", "serial"),
        (33, b"\x00", "imu"),
    ],
)
def test_an_info_that_makes_no_sense_is_refused(
    place: int, value: bytes, reason: str
) -> None:
    good = encode_info(A_SENSOR)
    bad = good[:place] + value + good[place + len(value) :]

    with pytest.raises(PacketError, match=reason):
        decode_info(bad)


def test_an_info_of_another_length_is_refused() -> None:
    with pytest.raises(PacketError, match="47 bytes, not 48"):
        decode_info(encode_info(A_SENSOR)[:-1])


@pytest.mark.parametrize("n", [0, MAX_SAMPLES + 1])
def test_a_packet_of_no_or_too_many_samples_is_not_written(n: int) -> None:
    with pytest.raises(PacketError, match="not"):
        encode_data(DataPacket(0, 0, np.zeros((n, AXES), np.int16)))


@pytest.mark.parametrize(
    "command", [Configure(70000, 16, 2000), Blink(-1), Resend(0, 1 << 16)]
)
def test_a_number_that_does_not_fit_its_field_is_not_written(command: Command) -> None:
    with pytest.raises(PacketError):
        encode_command(command)


def test_a_serial_number_that_is_too_long_is_not_cut_in_silence() -> None:
    with pytest.raises(PacketError, match="over 8 bytes"):
        encode_info(Info(0, 1, 1, 416, 0.5, 0.5, 19, 1, 0, "TW0000001", ""))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.name)
def test_a_dataclass_holds_the_fields_of_its_row_in_the_table(message: Message) -> None:
    held = {f.name for f in fields(message.holds)}
    told = {f.name for f in message.fields} - {"reserved"}

    assert held - {"counts"} == told - ({"n"} if message.name == "data" else set())


def test_opcodes_are_different_and_replies_have_the_high_bit() -> None:
    opcodes = [m.opcode for m in (*COMMANDS, *REPLIES)]

    assert len(set(opcodes)) == len(opcodes)
    assert all((m.opcode or 0) & 0x80 for m in REPLIES)
    assert not any((m.opcode or 0) & 0x80 for m in COMMANDS)
    assert INFO.struct.size == 48
