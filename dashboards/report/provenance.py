"""Where the figures come from, in one paragraph, and how to compute them again."""

from contract.rows import QualityRow
from dashboards.report.data import FEET, ReportData
from dashboards.report.metrics import (
    is_known,
    joined,
    number,
    sentence,
    shortened,
    signed,
)
from dashboards.report.words import SIGN

NOT_BETWEEN_BRANDS = "Values differ between brands."
HASH_SHOWN = 12
"""Hex digits on paper: 48 bits tell any two runs apart; the JSON has all of them."""


def provenance_lines(data: ReportData) -> list[str]:
    """Say sensors, losses, calibration, accuracy, sign and method, a sentence each."""
    feet = [q for q in data.quality if q.side in (*FEET, "hip") and q.samples > 0]
    told = [*(_sensor(q, data) for q in feet), _accuracy(data), SIGN, _method(data)]
    return [line for line in told if line]


def provenance_short(data: ReportData) -> list[str]:
    """Say what paper has room for: sensors with their rate and losses, and the method.

    Calibration, links, accuracy and signs are in `provenance_lines`.
    """
    feet = [q for q in data.quality if q.side in (*FEET, "hip") and q.samples > 0]
    told = [sentence(", ".join(_basics(q, data))) for q in feet]
    return [*told, NOT_BETWEEN_BRANDS, _method(data)]


def _sensor(row: QualityRow, data: ReportData) -> str:
    parts = _basics(row, data)
    parts.append(f"at the range limit {_share(row.clipped, row.frames)}")
    parts += _link(row, data)
    if row.calibration:
        parts.append(f"calibration {shortened(row.calibration)}")
    if row.mount:
        parts.append(f"axes from {shortened(row.mount)}")
    return sentence(", ".join(parts))


def _basics(row: QualityRow, data: ReportData) -> list[str]:
    """Name a sensor, its rate and what it lost."""
    info = data.meta.sensors.get(row.side) if data.meta else None
    name = "hip" if row.side == "hip" else f"{row.side} shoe"
    parts = []
    if info and info.family not in ("", "unknown"):
        firmware = f", firmware {shortened(info.firmware, 16)}" if info.firmware else ""
        parts.append(f"{shortened(info.family, 20)}{firmware}")
    if is_known(row.rate_hz):
        parts.append(f"{number(row.rate_hz)} Hz")
    parts.append(f"lost {_share(row.lost_s, data.session.duration_s)}")
    return [f"{name}: {parts[0]}", *parts[1:]]


def _link(row: QualityRow, data: ReportData) -> list[str]:
    link = data.links.get(row.side)
    battery = row.battery_pct if link is None else link.battery_pct
    clock = row.clock_bound_ms if link is None else link.clock_bound_ms
    told = [f"battery {number(battery)} %"] if is_known(battery) else []
    return [*told, f"clock ± {number(clock, 1)} ms"] if is_known(clock) else told


def _share(part: float, whole: float) -> str:
    if not is_known(part, whole) or whole <= 0:
        return "not known"
    return f"{number(100.0 * part / whole, 1)} %"


def _accuracy(data: ReportData) -> str:
    bias = data.advice.bias
    if bias is None or data.session.source != "shoes":
        return ""
    return (
        f"Contact time against force plates: {signed(bias.bias_ms)} ms (SD "
        f"{number(bias.sd_ms, 1)}, {bias.source}). {NOT_BETWEEN_BRANDS}"
    )


def _method(data: ReportData) -> str:
    session = data.session
    tuned = shortened(session.settings_hash or "", HASH_SHOWN).rstrip("…")
    raw = data.advice.raw_sha256[:HASH_SHOWN]
    parts = [f"method {shortened(session.method, 30)}"]
    parts += [f"settings {tuned}"] if tuned else []
    parts += [f"raw sha256 {raw}\N{HORIZONTAL ELLIPSIS}"] if raw else []
    return sentence(joined(parts))
