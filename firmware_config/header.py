"""Writes c/treadwear_packet.h, and the README's table, from the table of messages.

    python -m firmware_config.header

The functions that the header declares are written by hand in c/treadwear_packet.c.
"""

from pathlib import Path

from firmware_config.messages import (
    AXES,
    COMMANDS,
    CONTROL_UUID,
    DATA,
    DATA_UUID,
    INFO,
    INFO_UUID,
    MAX_SAMPLES,
    MESSAGES,
    PROFILE_VERSION,
    REPLIES,
    SERVICE_UUID,
    AttError,
    DataFlag,
    Field,
    Message,
)

HERE = Path(__file__).parent
HEADER = HERE / "c" / "treadwear_packet.h"
README = HERE / "README.md"
TABLE_BEGINS, TABLE_ENDS = "<!-- begin messages -->\n", "<!-- end messages -->\n"
_TYPES = {"u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "f32": "float"}

_FUNCTIONS = """\
/* Encoders give the number of bytes written, or 0 if the message cannot be said or does
   not fit into `room`. Decoders give 1, or 0 for bytes that are no such message; then
   what they point to is undefined. None of them keeps or allocates anything. */
size_t tw_data_encode(const struct tw_data *data, uint8_t *out, size_t room);
int tw_data_decode(struct tw_data *data, const uint8_t *in, size_t length);
size_t tw_control_encode(const struct tw_control *said, uint8_t *out, size_t room);
int tw_command_decode(struct tw_control *said, const uint8_t *in, size_t length);
int tw_reply_decode(struct tw_control *said, const uint8_t *in, size_t length);
size_t tw_info_encode(const struct tw_info *info, uint8_t *out, size_t room);
int tw_info_decode(struct tw_info *info, const uint8_t *in, size_t length);
"""


def header_text() -> str:
    """The C header."""
    parts = [
        "/* Generated from firmware_config/messages.py: edit that instead. */",
        "#ifndef TREADWEAR_PACKET_H\n#define TREADWEAR_PACKET_H\n",
        "#include <stddef.h>\n#include <stdint.h>\n",
        '#ifdef __cplusplus\nextern "C" {\n#endif\n',
        _uuids(),
        _numbers(),
        *(_struct(m) for m in MESSAGES if m.fields),
        _control(),
        _FUNCTIONS,
        "#ifdef __cplusplus\n}\n#endif\n",
        "#endif",
    ]
    return "\n".join(parts) + "\n"


def table_text() -> str:
    """The messages as a Markdown table."""
    rows = ["| message | way | bytes | fields, in order |", "|---|---|---|---|"]
    for message in MESSAGES:
        way = "sensor to host" if message.is_from_sensor else "host to sensor"
        told = [f"`u8` opcode 0x{message.opcode:02x}"] if message.opcode else []
        told += [f"`{f.kind}` **{f.name}**: {f.meaning}" for f in message.fields]
        size = str(message.struct.size)
        if message is DATA:
            told.append(f"then n x {AXES} x `i16`: ax ay az gx gy gz")
            size = f"{size} + {2 * AXES} n"
        name = f"{message.name} ({message.channel})"
        rows.append(f"| {name} | {way} | {size} | {'; '.join(told)} |")
    return "\n".join(rows) + "\n"


def with_table(readme: str) -> str:
    """The README with the table as it is now."""
    before, _, rest = readme.partition(TABLE_BEGINS)
    _, _, after = rest.partition(TABLE_ENDS)
    return before + TABLE_BEGINS + table_text() + TABLE_ENDS + after


def write() -> None:
    """Bring the header and the README's table up to date."""
    HEADER.write_text(header_text(), encoding="utf-8")
    README.write_text(with_table(README.read_text("utf-8")), encoding="utf-8")


def _define(name: str, value: object) -> str:
    return f"#define TW_{name.upper()} {value}"


def _uuids() -> str:
    uuids = {
        "service_uuid": SERVICE_UUID,
        "data_uuid": DATA_UUID,
        "control_uuid": CONTROL_UUID,
        "info_uuid": INFO_UUID,
    }
    return "\n".join(_define(name, f'"{uuid}"') for name, uuid in uuids.items()) + "\n"


def _numbers() -> str:
    told: dict[str, object] = {
        "profile_version": PROFILE_VERSION,
        "axes": AXES,
        "max_samples": MAX_SAMPLES,
        "data_head_bytes": DATA.struct.size,
        "data_most_bytes": DATA.struct.size + 2 * AXES * MAX_SAMPLES,
        "info_bytes": INFO.struct.size,
    }
    told |= {f"flag_{flag.name}": int(flag) for flag in DataFlag}
    told |= {f"att_{error.name}": f"0x{error:02x}" for error in AttError}
    for message in (*COMMANDS, *REPLIES):
        told[f"op_{message.name}"] = f"0x{message.opcode:02x}"
        told[f"{message.name}_bytes"] = message.struct.size
    return "\n".join(_define(name, value) for name, value in told.items()) + "\n"


def _struct(message: Message) -> str:
    lines = [_line(f) for f in message.fields if f.name != "reserved"]
    if message is DATA:
        told = "/* ax ay az gx gy gz */"
        lines.append(f"    int16_t counts[TW_MAX_SAMPLES][TW_AXES]; {told}")
    return "\n".join([f"struct tw_{message.name} {{", *lines, "};"]) + "\n"


def _line(field: Field) -> str:
    if field.kind in _TYPES:
        return f"    {_TYPES[field.kind]} {field.name}; /* {field.meaning} */"
    return f"    char {field.name}[{field.size} + 1]; /* {field.meaning} */"


def _control() -> str:
    held = [m for m in (*COMMANDS, *REPLIES) if m.fields]
    lines = [f"        struct tw_{m.name} {m.name};" for m in held]
    said = "/* A command or a reply; those without fields are their opcode alone. */"
    return "\n".join(
        [
            said,
            "struct tw_control {",
            "    uint8_t opcode;",
            "    union {",
            *lines,
            "    } with;",
            "};\n",
        ]
    )


if __name__ == "__main__":
    write()
