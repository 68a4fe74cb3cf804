"""Write the tables of docs/ again from the code: ``make docs``, or with ``--check``.

What stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->`` is generated, so
that no document can say something else than the code does.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer.main

from contract import schema, topics, wire
from firmware_config.profile import Profile, by_choice
from treadwear import cli
from treadwear.settings import Settings

HERE = Path(__file__).resolve().parent
_BLOCK = re.compile(
    r"(?P<head><!-- begin (?P<name>\w+) -->\n).*?(?P<tail><!-- end (?P=name) -->)",
    re.DOTALL,
)
_MEANINGS = {
    "runner": "pseudonym of the runner (tag)",
    "session": "the run (tag)",
    "side": "left, right, hip, or both where a row is about the pair (tag)",
    "time_ns": "Unix time of what the row is about",
}


def main() -> int:
    """Write the documents that are not current; with ``--check`` only name them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    is_check = parser.parse_args().check
    stale = [path for path in sorted(HERE.glob("*.md")) if _is_stale(path, is_check)]
    for path in stale:
        verb = "is not current: run make docs" if is_check else "written"
        sys.stdout.write(f"docs/{path.name} {verb}\n")
    return int(is_check and bool(stale))


def _is_stale(path: Path, is_check: bool) -> bool:
    old = path.read_text(encoding="utf-8")
    new = _BLOCK.sub(_filled, old)
    if new != old and not is_check:
        path.write_text(new, encoding="utf-8")
    return new != old


def _filled(block: re.Match[str]) -> str:
    text = BLOCKS[block["name"]]().strip("\n")
    return f"{block['head']}\n{text}\n\n{block['tail']}"


def rows() -> str:
    """Tables of all measurements, from `contract.schema`."""
    return "\n\n".join(_measurement(m) for m in schema.MEASUREMENTS.values())


def service_rows() -> str:
    """Tables of the measurements about the service, which only InfluxDB has."""
    return "\n\n".join(_measurement(m) for m in schema.SERVICE_MEASUREMENTS.values())


def _measurement(found: schema.Measurement) -> str:
    more = [tag for tag in found.tags if tag not in schema.TAGS]
    also = f" More tags in InfluxDB: {', '.join(more)}." if more else ""
    lines = [
        f"### `{found.name}`",
        "",
        (found.row.__doc__ or "").strip().split("\n\n")[0],
        f"Key: {', '.join(found.keys)}.{also}",
        "",
        "| column | kind | unit | meaning |",
        "|---|---|---|---|",
    ]
    for c in found.columns:
        kind = f"{c.kind} or nothing" if c.is_optional else c.kind
        unit = "ns" if c.name == "time_ns" else c.unit
        meaning = c.text or _MEANINGS[c.name]
        meaning += " (not sent to InfluxDB)" if c.is_private else ""
        lines.append(f"| `{c.name}` | {kind} | {unit} | {meaning} |")
    return "\n".join(lines)


def topic_table() -> str:
    """Table of topics, from the docstring of `contract.topics`."""
    doc = topics.__doc__ or ""
    return "\n".join(line for line in doc.splitlines() if line.startswith("|"))


def frame() -> str:
    """Layout of the wire frame, from the docstring of `contract.wire`."""
    doc = wire.__doc__ or ""
    lines = [line.strip("\n") for line in doc.splitlines() if line.startswith("    ")]
    return "\n".join(["```text", *(line[4:] for line in lines), "```"])


def commands() -> str:
    """Every command with its arguments and flags, from the command line itself."""
    group: Any = typer.main.get_command(cli.make_app())
    parts = [_command(f"treadwear {n}", c) for n, c in group.commands.items()]
    return "\n\n".join([_command("treadwear", group), *parts])


def _command(name: str, command: Any) -> str:  # noqa: ANN401 - typer has its own click
    text = re.sub(r"\s+", " ", command.help or "").strip()
    lines = [f"## `{name}`", "", text, ""]
    table = [_parameter(p) for p in command.params if "--help" not in p.opts]
    if table:
        lines += ["| argument or flag | default | meaning |", "|---|---|---|", *table]
    return "\n".join(lines).rstrip()


def _parameter(found: Any) -> str:  # noqa: ANN401 - typer has its own click
    is_argument = found.param_type_name == "argument"
    name = found.name.upper() if is_argument else ", ".join(found.opts)
    if not is_argument and found.metavar:
        name += f" {found.metavar}"
    default = "" if found.default in (None, False, "", ()) else f"`{found.default}`"
    if found.required:
        default = "required"
    return f"| `{name}` | {default} | {found.help or ''} |"


def settings() -> str:
    """Every setting with its variable, from `treadwear.settings`."""
    lines = [
        "| in treadwear.toml | environment | default |",
        "|---|---|---|",
    ]
    return "\n".join([*lines, *_setting_lines()])


def _setting_lines() -> Iterator[str]:
    for name, found in Settings.model_fields.items():
        default = "" if found.default is None else f"`{found.default}`"
        if name == "data_dir":
            default = "the user data directory of your system"
        yield f"| `{name}` | `TREADWEAR_{name.upper()}` | {default} |"


def sensor_facts() -> str:
    """What each family of sensors sends and has, from its profile."""
    columns = ("counts packets", "sends again", "own clock", "battery", "side", "LED")
    heading = f"| sensor | samples a second | {' | '.join(columns)} |"
    lines = [heading, "|---" * (2 + len(columns)) + "|"]
    return "\n".join([*lines, *map(_sensor_line, by_choice())])


def _sensor_line(found: Profile) -> str:
    stream, can = found.stream, found.can
    rates = ", ".join(f"{rate:g}" for rate in stream.rates_hz)
    if stream.real_rate_hz:
        rates = f"{rates}, really {stream.real_rate_hz:g}"
    has = (
        found.sequence.bits > 0,
        can.resend,
        found.clock.bits > 0,
        can.battery,
        can.tells_side,
        can.led,
    )
    words = " | ".join("yes" if is_so else "no" for is_so in has)
    return f"| {found.title} | {rates} | {words} |"


def sensor_advice() -> str:
    """How to wake each family of sensors and what it cannot do, from its profile."""
    lines = ["| sensor | wake it | it cannot |", "|---|---|---|"]
    for found in by_choice():
        cannot = " · ".join(found.advice.cannot)
        lines.append(f"| {found.title} | {found.advice.wake} | {cannot} |")
    return "\n".join(lines)


BLOCKS: dict[str, Callable[[], str]] = {
    "rows": rows,
    "service_rows": service_rows,
    "topics": topic_table,
    "frame": frame,
    "commands": commands,
    "settings": settings,
    "sensor_facts": sensor_facts,
    "sensor_advice": sensor_advice,
}


if __name__ == "__main__":
    sys.exit(main())
