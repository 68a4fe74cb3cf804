"""What must be known before the verdict is read: sensors swapped, moved, withheld."""

from contract.units import NS_PER_S
from dashboards.report.cases import SWAPPED
from dashboards.report.data import FEET, ReportData
from dashboards.report.losses import sensor
from dashboards.report.metrics import clock, joined, sentence

MOST_SLIPS = 2
"""Sentences that page 1 has room for; the screen lists all."""


def swap_warning(data: ReportData) -> str:
    """Warn when sensors may sit on the wrong foot; "" when nothing hints at it."""
    found = [e.text for e in data.events if e.kind == SWAPPED]
    if not found:
        return ""
    told = " ".join(dict.fromkeys(sentence(text) for text in found if text.strip()))
    return told or "The left and right sensors may be swapped."


def slip_note(data: ReportData) -> str:
    """Say when a sensor moved on its shoe; "" when none did."""
    slips = [e for e in data.events if e.kind == "slip"]
    told = [
        f"After {clock((e.time_ns - data.session.time_ns) / NS_PER_S)}: "
        f"{sentence(e.text.replace(' deg ', '° '))}"
        for e in slips[:MOST_SLIPS]
    ]
    if more := len(slips) - len(told):
        told.append(f"It happened {more} more times; a screen lists them.")
    return " ".join(told)


def withheld_lines(data: ReportData) -> list[str]:
    """Figures that are not given and why; sensors with the same words share a line."""
    places: dict[str, list[str]] = {}
    for row in data.quality:
        if row.withheld.strip():
            places.setdefault(sentence(row.withheld), []).append(row.side)
    return [f"{_sensors(sides)}. {words}" for words, sides in places.items()]


def _sensors(sides: list[str]) -> str:
    if sorted(sides) == list(FEET):
        return "Both shoe sensors"
    return joined(sensor(side) for side in sides).capitalize()
