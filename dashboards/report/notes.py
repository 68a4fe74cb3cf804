"""What must be known before the verdict is read: sensors swapped, moved, withheld."""

from contract.units import NS_PER_S
from dashboards.report.cases import is_on_one_foot
from dashboards.report.data import ReportData
from dashboards.report.losses import sensor
from dashboards.report.metrics import clock, joined, sentence

MOST_SLIPS = 2
"""Sentences that page 1 has room for; page 2 lists all."""


def swap_warning(data: ReportData) -> str:
    """Warn when sensors may sit on the wrong foot; "" when nothing hints at it."""
    found = [e for e in data.events if e.kind == "swap_suspected"]
    if not found:
        return ""
    # The verdict itself says it when both are on one foot.
    told = dict.fromkeys(sentence(e.text) for e in found if not is_on_one_foot(e))
    if not told and any(map(is_on_one_foot, found)):
        return ""
    words = " ".join(text for text in told if text)
    return words or "The left and right sensors may be swapped."


def slip_note(data: ReportData) -> str:
    """Say when a sensor moved on its shoe; "" when none did."""
    slips = [e for e in data.events if e.kind == "slip"]
    told = [
        f"After {clock((e.time_ns - data.session.time_ns) / NS_PER_S)}: "
        f"{sentence(e.text)}"
        for e in slips[:MOST_SLIPS]
    ]
    if more := len(slips) - len(told):
        told.append(f"It happened {more} more times; page 2 lists them.")
    return " ".join(told)


def withheld_lines(data: ReportData) -> list[str]:
    """Figures that are not given and why; sensors with the same words share a line."""
    places: dict[str, list[str]] = {}
    for row in data.quality:
        if row.withheld.strip():
            places.setdefault(sentence(row.withheld), []).append(sensor(row.side))
    return [
        f"{joined(sensors).capitalize()}. {words}" for words, sensors in places.items()
    ]
