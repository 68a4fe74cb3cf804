"""The sensors and how their radio did: a table for page 2, a line for page 1."""

import shlex
from dataclasses import dataclass
from typing import Any

import msgspec

from contract.messages import LinkInfo, SensorInfo, SessionMeta
from dashboards.report.data import ReportData
from dashboards.report.metrics import UNKNOWN, number, shortened
from dashboards.report.tables import PLACES, Cell

LONGEST_WORD = 36
"""A UUID, the longest thing that a sensor goes by; paper cuts it to one line."""
INKS = {"left": "L", "right": "R"}


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One sensor that was on the radio: where it was worn, and its cells."""

    place: str
    ink: str
    cells: tuple[Cell, ...]


def link_rows(data: ReportData) -> list[LinkRow]:
    """Tell of each sensor that was on the radio: left, right, hip, then others."""
    sensors = data.meta.sensors if data.meta else {}
    return [
        LinkRow(_place_name(side), INKS.get(side, ""), _cells(sensors[side], link))
        for side, link in data.links.items()
    ]


def unverified_note(data: ReportData) -> str:
    """Say why nobody knows whether the sensors sat well, and what to do; or ""."""
    why = data.meta.unverified.strip().rstrip(".") if data.meta else ""
    if not why:
        return ""
    session = data.session
    shoe = f" --shoe {shlex.quote(session.shoe)}" if session.shoe else ""
    command = f"treadwear check --runner {session.runner}{shoe}"
    return (
        f"{why}. Next time, run \N{LEFT DOUBLE QUOTATION MARK}{command}"
        "\N{RIGHT DOUBLE QUOTATION MARK} before you start: it says what to put right."
    )


def link_facts(meta: SessionMeta | None) -> dict[str, Any]:
    """Give the same as plain values, as they were told: for the report's JSON."""
    known = meta.sensors if meta else {}
    sensors = {
        side: msgspec.to_builtins(sensor)
        for side, sensor in known.items()
        if sensor.link is not None
    }
    return {"unverified": meta.unverified if meta else "", "sensors": sensors}


def _place_name(side: str) -> str:
    return PLACES.get(side) or _word(side)


def _cells(sensor: SensorInfo, link: LinkInfo) -> tuple[Cell, ...]:
    battery = link.battery_pct
    return (
        ("Family", _word(sensor.family)),
        ("Serial", _word(sensor.serial)),
        ("Firmware", _word(sensor.firmware)),
        ("Rate, Hz", number(sensor.rate_hz, 1)),
        ("Packets", number(link.received)),
        ("Lost", number(link.lost)),
        ("Lost, s", number(link.lost_s, 1)),
        ("Repaired", number(link.repaired)),
        ("Twice", number(link.duplicate)),
        ("Malformed", number(link.malformed)),
        ("Reconnects", number(link.reconnects)),
        ("Battery", UNKNOWN if battery is None else f"{battery} %"),
        ("Clock, ± ms", number(link.clock_bound_ms, 1)),
    )


def _word(text: str) -> str:
    return shortened(text, LONGEST_WORD) or UNKNOWN
