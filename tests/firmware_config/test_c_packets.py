"""The C of the firmware and the Python of the host say the same, byte for byte."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.errors import PacketError
from firmware_config import header
from firmware_config.messages import COMMANDS, REPLIES
from firmware_config.packet import (
    DataFlag,
    DataPacket,
    Info,
    Missing,
    Pong,
    decode_command,
    decode_data,
    decode_info,
    decode_reply,
    encode_command,
    encode_data,
    encode_info,
    encode_reply,
)

FOLDER = header.HEADER.parent
CONTROL = {m.holds: m for m in (*COMMANDS, *REPLIES)}
Payload = tuple[str, bytes]
FLAGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O1")


@pytest.fixture(scope="module")
def program(
    require: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The C packets with a small program around them, compiled without a warning."""
    compiler = require("gcc", "cc", "clang")
    made = tmp_path_factory.mktemp("c") / "packet_cli"
    sources = [FOLDER / "treadwear_packet.c", FOLDER / "packet_cli.c"]

    done = subprocess.run(
        [compiler, *FLAGS, "-o", made, *sources],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert done.returncode == 0
    return made


def what_c_says(program: Path, payloads: list[Payload]) -> list[str]:
    text = "".join(f"{kind} {payload.hex()}\n" for kind, payload in payloads)
    done = subprocess.run(
        [program], input=text, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def what_python_says(kind: str, payload: bytes) -> str:
    said = {
        "data": say_data,
        "command": say_control,
        "reply": say_control,
        "info": say_info,
    }
    try:
        return said[kind](kind, payload)
    except PacketError:
        return "refused"


def say_data(_: str, payload: bytes) -> str:
    data = decode_data(payload)
    again = encode_data(data).hex()
    values = [data.seq, data.first_us, len(data.counts), int(data.flags)]
    return " ".join(map(str, [again, *values, *data.counts.ravel().tolist()]))


def say_control(kind: str, payload: bytes) -> str:
    if kind == "command":
        said: Any = decode_command(payload)
        again = encode_command(said)
    else:
        said = decode_reply(payload)
        again = encode_reply(said)
    values = [getattr(said, f.name) for f in CONTROL[type(said)].fields]
    return " ".join(map(str, [again.hex(), again[0], *values]))


def say_info(_: str, payload: bytes) -> str:
    info = decode_info(payload)
    sizes = (info.rate_hz, info.acc_g_per_lsb, info.gyro_dps_per_lsb)
    values = [
        *(info.version, info.side, info.ring_packets, info.boot_id),
        *(f"{size:.9g}" for size in sizes),
        *(info.samples_per_packet, info.fw_major, info.fw_minor),
        *(f"[{info.serial}]", f"[{info.imu}]"),
    ]
    return " ".join(map(str, [encode_info(info).hex(), *values]))


def some_messages(chance: np.random.Generator) -> list[Payload]:
    """One good message of every kind, with numbers from the whole of their range."""
    n = int(chance.integers(1, 20))
    counts = chance.integers(-32768, 32768, (n, 6)).astype(np.int16)
    u16, u32 = (int(chance.integers(0, 2**bits)) for bits in (16, 32))
    u8 = int(chance.integers(0, 256))
    data = DataPacket(u16, u32, counts, DataFlag(u8 & 7))
    sizes = chance.uniform(1e-4, 900.0, 3).tolist()
    serial = str(chance.choice(["", "a b~c", "TW000001"]))
    imu = str(chance.choice(["", "LSM6DS3TR-C", "sixteen letters!"]))
    info = Info(u8 % 4, u16, u32, *sizes, n, u8, 255 - u8, serial, imu)
    values = {"u8": u8, "u16": u16, "u32": u32}
    commands = [m.holds(*(values[f.kind] for f in m.fields)) for m in COMMANDS]
    return [
        ("data", encode_data(data)),
        ("info", encode_info(info)),
        ("reply", encode_reply(Pong(u32, u32 // 3))),
        ("reply", encode_reply(Missing(u16, u8))),
        *(("command", encode_command(command)) for command in commands),
    ]


def damaged(chance: np.random.Generator, payload: bytes) -> bytes:
    """Bytes that were cut, lengthened, or have some other bits."""
    how = chance.integers(0, 3)
    if how == 0:
        return payload[: int(chance.integers(0, len(payload)))]
    if how == 1:
        return payload + chance.bytes(int(chance.integers(1, 13)))
    bits = np.unpackbits(np.frombuffer(payload, np.uint8))
    bits[chance.integers(0, len(bits), 3)] ^= 1
    return np.packbits(bits).tobytes()


def test_good_messages_are_the_same_in_c_and_in_python(program: Path) -> None:
    chance = np.random.default_rng(11)
    payloads = [m for _ in range(100) for m in some_messages(chance)]

    said = what_c_says(program, payloads)

    assert said == [what_python_says(*payload) for payload in payloads]
    for line, (_, payload) in zip(said, payloads, strict=True):
        assert line.split(" ")[0] == payload.hex()


def test_damaged_messages_are_refused_by_both_or_by_none(program: Path) -> None:
    chance = np.random.default_rng(12)
    whole = [m for _ in range(150) for m in some_messages(chance)]
    payloads = [(kind, damaged(chance, payload)) for kind, payload in whole]
    kinds = ("data", "command", "reply", "info")
    payloads += [(k, chance.bytes(int(n))) for n in range(64) for k in kinds]

    said = what_c_says(program, payloads)

    assert said == [what_python_says(*payload) for payload in payloads]
    assert 0.4 < said.count("refused") / len(said) < 0.95


def test_every_byte_of_an_info_is_checked_alike(program: Path) -> None:
    good = encode_info(Info(1, 600, 7, 416, 0.5, 0.25, 19, 1, 2, "TW000001", "LSM6"))
    payloads = [
        ("info", good[:place] + bytes([value]) + good[place + 1 :])
        for place in range(len(good))
        for value in (0x00, 0x01, 0x1F, 0x20, 0x7E, 0x7F, 0x80, 0xFF)
    ]

    said = what_c_says(program, payloads)

    assert said == [what_python_says(*payload) for payload in payloads]


def test_the_header_is_the_one_that_the_table_gives() -> None:
    assert header.HEADER.read_text("utf-8") == header.header_text()


def test_the_readme_shows_the_table_as_it_is() -> None:
    readme = header.README.read_text("utf-8")

    assert header.with_table(readme) == readme
    assert header.table_text().count("\n") > len(COMMANDS) + len(REPLIES)
