"""Bytes of our own GATT profile v1: messages to bytes and back.

Decoding is pure, and whatever comes: it gives a message or raises `PacketError`.
"""

import math
import struct
from typing import Any, cast

import numpy as np

from contract.errors import PacketError
from firmware_config.messages import (
    AXES,
    COMMANDS,
    CONTROL_UUID,
    DATA,
    DATA_UUID,
    INFO,
    INFO_UUID,
    MAX_SAMPLES,
    PROFILE_VERSION,
    REPLIES,
    SAMPLE_BYTES,
    SERVICE_UUID,
    SIDES,
    AttError,
    Blink,
    Command,
    Configure,
    DataFlag,
    DataPacket,
    Field,
    Info,
    Message,
    Missing,
    Ping,
    Pong,
    Reply,
    Resend,
    Start,
    Stop,
)

__all__ = [
    "AXES",
    "CONTROL_UUID",
    "DATA_UUID",
    "INFO_UUID",
    "MAX_SAMPLES",
    "PROFILE_VERSION",
    "SAMPLE_BYTES",
    "SERVICE_UUID",
    "SIDES",
    "AttError",
    "Blink",
    "Command",
    "Configure",
    "DataFlag",
    "DataPacket",
    "Info",
    "Missing",
    "Ping",
    "Pong",
    "Reply",
    "Resend",
    "Start",
    "Stop",
    "decode_command",
    "decode_data",
    "decode_info",
    "decode_reply",
    "encode_command",
    "encode_data",
    "encode_info",
    "encode_reply",
]

DATA_HEAD_BYTES = DATA.struct.size
INFO_BYTES = INFO.struct.size
_DATA = DATA.struct
_INFO = INFO.struct
_BY_OPCODE = {m.opcode: (m, m.struct) for m in (*COMMANDS, *REPLIES)}
_BY_TYPE = {m.holds: (m, m.struct) for m in (*COMMANDS, *REPLIES)}


def encode_data(packet: DataPacket) -> bytes:
    """Bytes of a data packet."""
    n = len(packet.counts)
    if packet.counts.shape != (n, AXES) or not 1 <= n <= MAX_SAMPLES:
        raise _refused("data", f"counts are {packet.counts.shape}, not (1..19, 6)")
    head = _pack("data", _DATA, packet.seq, packet.first_us, n, int(packet.flags))
    return head + packet.counts.astype("<i2", copy=False).tobytes()


def decode_data(payload: bytes) -> DataPacket:
    """Data packet in a notification of the data characteristic."""
    if len(payload) < DATA_HEAD_BYTES:
        need = DATA_HEAD_BYTES + SAMPLE_BYTES
        raise _refused("data", f"it has {len(payload)} bytes, the least is {need}")
    seq, first_us, n, flags = _DATA.unpack_from(payload)
    if not 1 <= n <= MAX_SAMPLES:
        raise _refused("data", f"it says {n} samples, not 1 to {MAX_SAMPLES}")
    need = DATA_HEAD_BYTES + SAMPLE_BYTES * n
    if len(payload) != need:
        why = f"{n} samples need {need} bytes, {len(payload)} came"
        raise _refused("data", why)
    counts = np.frombuffer(payload, "<i2", offset=DATA_HEAD_BYTES).reshape(n, AXES)
    return DataPacket(seq, first_us, counts, DataFlag(flags))


def encode_command(command: Command) -> bytes:
    """Bytes of a command, for the control characteristic."""
    return _encode_message(command)


def decode_command(payload: bytes) -> Command:
    """Command in a write to the control characteristic."""
    return cast("Command", _decode_message(payload, COMMANDS, "command"))


def encode_reply(reply: Reply) -> bytes:
    """Bytes of what the sensor notifies on the control characteristic."""
    return _encode_message(reply)


def decode_reply(payload: bytes) -> Reply:
    """Reply in a notification of the control characteristic."""
    return cast("Reply", _decode_message(payload, REPLIES, "reply"))


def encode_info(info: Info) -> bytes:
    """Bytes of the info characteristic; refuses what `decode_info` refuses."""
    payload = _pack("info", _INFO, *(_info_value(info, f) for f in INFO.fields))
    decode_info(payload)
    return payload


def decode_info(payload: bytes) -> Info:
    """What the info characteristic says."""
    if len(payload) != INFO_BYTES:
        why = f"it has {len(payload)} bytes, not {INFO_BYTES}"
        raise _refused("info", why)
    names = [f.name for f in INFO.fields]
    says: dict[str, Any] = dict(zip(names, _INFO.unpack(payload), strict=True))
    del says["reserved"]
    if says["version"] != PROFILE_VERSION:
        why = f"it speaks version {says['version']}, this is {PROFILE_VERSION}"
        raise _refused("info", why)
    _check_info(says)
    says |= {name: _text(name, says[name]) for name in ("serial", "imu")}
    return Info(**says)


def _check_info(says: dict[str, Any]) -> None:
    if says["side"] >= len(SIDES):
        raise _refused("info", f"it says side {says['side']}")
    if not 1 <= says["samples_per_packet"] <= MAX_SAMPLES:
        raise _refused("info", f"it says {says['samples_per_packet']} samples a packet")
    for name in ("rate_hz", "acc_g_per_lsb", "gyro_dps_per_lsb"):
        if not (math.isfinite(says[name]) and says[name] > 0):
            raise _refused("info", f"its {name} is {says[name]}")


def _info_value(info: Info, field: Field) -> object:
    if field.name == "reserved":
        return 0
    value = getattr(info, field.name)
    if not isinstance(value, str):
        return value
    if len(value) > field.size:
        raise _refused("info", f"{field.name} {value!r} is over {field.size} bytes")
    return value.encode("utf-8")


def _text(name: str, padded: bytes) -> str:
    text = padded.rstrip(b"\0")
    if any(not 0x20 <= byte < 0x7F for byte in text):
        raise _refused("info", f"its {name} is not plain ASCII: {padded.hex()}")
    return text.decode("ascii")


def _encode_message(message: Command | Reply) -> bytes:
    kind, layout = _BY_TYPE[type(message)]
    values = [getattr(message, field.name) for field in kind.fields]
    return _pack(kind.name, layout, kind.opcode, *values)


def _decode_message(
    payload: bytes, known: tuple[Message, ...], what: str
) -> Command | Reply:
    if not payload:
        raise _refused(what, "it is empty")
    kind, layout = _BY_OPCODE.get(payload[0], (None, None))
    if kind is None or layout is None or kind not in known:
        raise _refused(what, f"there is no opcode 0x{payload[0]:02x}")
    if len(payload) != layout.size:
        why = f"it has {len(payload)} bytes, not {layout.size}"
        raise _refused(kind.name, why)
    found: Command | Reply = kind.holds(*layout.unpack(payload)[1:])
    return found


def _pack(what: str, layout: struct.Struct, *values: object) -> bytes:
    try:
        return layout.pack(*values)
    except (struct.error, OverflowError) as fault:
        raise _refused(what, str(fault)) from fault


def _refused(what: str, why: str) -> PacketError:
    return PacketError(f"not a {what} packet of treadwear v1", why)
