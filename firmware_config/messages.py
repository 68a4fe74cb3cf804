"""Our own GATT profile v1: one table, from which Python and C are both made.

`firmware_config.packet` packs and unpacks by the table, `firmware_config.header` writes
the C header from it. Little endian throughout. firmware_config/README.md shows it.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any, Literal

from contract.model import CountArray

SERVICE_UUID = "a3c87500-8ed3-4bdf-8a39-a01bebede295"
DATA_UUID = "a3c87501-8ed3-4bdf-8a39-a01bebede295"
CONTROL_UUID = "a3c87502-8ed3-4bdf-8a39-a01bebede295"
INFO_UUID = "a3c87503-8ed3-4bdf-8a39-a01bebede295"

PROFILE_VERSION = 1
# 8 + 19 x 12 = 236 bytes: with 3 of ATT they fit an MTU of 247, the largest that fits
# one link-layer packet of 251 bytes.
MAX_SAMPLES = 19
AXES = 6
SAMPLE_BYTES = 2 * AXES
SIDES = ("", "left", "right", "hip")


class DataFlag(IntFlag):
    """Flags of a data packet; a bit that is not known here is kept and ignored."""

    NONE = 0
    RESENT = 1
    CLIPPED = 2
    OVERFLOW = 4


class AttError(IntEnum):
    """How the sensor refuses a command, as an ATT application error."""

    UNKNOWN = 0x80
    NOT_OFFERED = 0x81
    STREAMING = 0x82


@dataclass(frozen=True, slots=True, eq=False)
class DataPacket:
    """Consecutive samples: ``counts`` are int16 [n, 6], ax ay az gx gy gz."""

    seq: int
    first_us: int
    counts: CountArray
    flags: DataFlag = DataFlag.NONE


@dataclass(frozen=True, slots=True)
class Start:
    """Stream."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Stream no more."""


@dataclass(frozen=True, slots=True)
class Configure:
    """Set rate and ranges, while not streaming."""

    rate_hz: int
    acc_range_g: int
    gyro_range_dps: int


@dataclass(frozen=True, slots=True)
class Blink:
    """Blink the LED."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Ask for the device clock."""

    token: int


@dataclass(frozen=True, slots=True)
class Resend:
    """Ask for packets again."""

    first_seq: int
    count: int


@dataclass(frozen=True, slots=True)
class Pong:
    """The device clock when the ping came in."""

    token: int
    device_us: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Packets that were asked for and are no longer in the ring."""

    first_seq: int
    count: int


@dataclass(frozen=True, slots=True)
class Info:
    """What the sensor is and how it is set; read it again after `Configure`."""

    side: int
    ring_packets: int
    boot_id: int
    rate_hz: float
    acc_g_per_lsb: float
    gyro_dps_per_lsb: float
    samples_per_packet: int
    fw_major: int
    fw_minor: int
    serial: str
    imu: str
    version: int = PROFILE_VERSION


Command = Start | Stop | Configure | Blink | Ping | Resend
Reply = Pong | Missing
Kind = Literal["u8", "u16", "u32", "f32", "text8", "text16"]
Channel = Literal["data", "control", "info"]
_CODES = {"u8": "B", "u16": "H", "u32": "I", "f32": "f", "text8": "8s", "text16": "16s"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field; ``reserved`` is written as 0 and not looked at."""

    name: str
    kind: Kind
    meaning: str

    @property
    def size(self) -> int:
        """Bytes it takes."""
        return struct.calcsize(f"<{_CODES[self.kind]}")


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its way, its opcode (None: it is alone there) and its fields.

    After the fields of ``data`` stand n x 6 x i16.
    """

    name: str
    holds: type[Any]
    channel: Channel
    is_from_sensor: bool
    opcode: int | None
    fields: tuple[Field, ...]

    @property
    def struct(self) -> struct.Struct:
        """Layout, with the opcode first where there is one."""
        head = "" if self.opcode is None else "B"
        return struct.Struct("<" + head + "".join(_CODES[f.kind] for f in self.fields))


_FIRST = Field("first_seq", "u16", "first packet")
_COUNT = Field("count", "u16", "how many packets from there on")
_TOKEN = Field("token", "u32", "any number, comes back in the pong")

DATA = Message(
    "data",
    DataPacket,
    "data",
    True,
    None,
    (
        Field("seq", "u16", "counts packets, also while nobody listens"),
        Field("first_us", "u32", "device clock of the first sample, wraps at 2^32"),
        Field("n", "u8", f"samples that follow, 1 to {MAX_SAMPLES}"),
        Field("flags", "u8", "1 resent, 2 clipped, 4 packets before it were dropped"),
    ),
)
COMMANDS = (
    Message("start", Start, "control", False, 0x01, ()),
    Message("stop", Stop, "control", False, 0x02, ()),
    Message(
        "configure",
        Configure,
        "control",
        False,
        0x03,
        (
            Field("rate_hz", "u16", "nominal samples a second"),
            Field("acc_range_g", "u8", "full scale of the accelerometer, g"),
            Field("gyro_range_dps", "u16", "full scale of the gyroscope, deg/s"),
        ),
    ),
    Message(
        "blink",
        Blink,
        "control",
        False,
        0x04,
        (Field("seconds", "u8", "for how long"),),
    ),
    Message("ping", Ping, "control", False, 0x05, (_TOKEN,)),
    Message("resend", Resend, "control", False, 0x06, (_FIRST, _COUNT)),
)
REPLIES = (
    Message(
        "pong",
        Pong,
        "control",
        True,
        0x85,
        (_TOKEN, Field("device_us", "u32", "device clock when the ping came in")),
    ),
    Message("not_there", Missing, "control", True, 0x86, (_FIRST, _COUNT)),
)
INFO = Message(
    "info",
    Info,
    "info",
    True,
    None,
    (
        Field("version", "u8", f"of this profile, {PROFILE_VERSION}"),
        Field("side", "u8", "0 unknown, 1 left, 2 right, 3 hip"),
        Field("ring_packets", "u16", "packets that can be sent again"),
        Field("boot_id", "u32", "random at each start: another one is a reboot"),
        Field("rate_hz", "f32", "nominal rate as set"),
        Field("acc_g_per_lsb", "f32", "datasheet size of a count as set, g"),
        Field("gyro_dps_per_lsb", "f32", "datasheet size of a count as set, deg/s"),
        Field("samples_per_packet", "u8", "most samples of a data packet"),
        Field("fw_major", "u8", "firmware"),
        Field("fw_minor", "u8", "firmware"),
        Field("reserved", "u8", "0"),
        Field("serial", "text8", "ASCII, padded with zeros"),
        Field("imu", "text16", "part number, ASCII, padded with zeros"),
    ),
)
MESSAGES = (DATA, *COMMANDS, *REPLIES, INFO)
