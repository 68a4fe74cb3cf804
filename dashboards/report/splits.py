"""How left and right developed: thirds of the run, their change, kilometres."""

from contract.rows import BalanceRow
from dashboards.report.data import KILOMETRE, PARTS, ReportData
from dashboards.report.metrics import UNKNOWN, is_usable, number, signed

COLUMNS = {
    "contact_time_s": "Contact, %",
    "pronation_excursion_deg": "Pronation exc., °",
    "strike_angle_deg": "Strike angle, °",
}
"""Metrics with room beside each other; all others are in the rows."""

NAMES = {
    "first_third": "First third",
    "last_third": "Last third",
    "change": "Change, last less first",
}
FEW_KILOMETRES = 5
"""More are folded away; on paper the thirds stand for them."""


def headings() -> list[str]:
    """Headings of both tables."""
    return ["Part", *COLUMNS.values(), "Pairs"]


def part_rows(data: ReportData) -> list[list[str]]:
    """First third, last third and change; then kilometres while they are few."""
    found = [
        (NAMES[part], {b.metric: b for b in data.splits if b.window == part})
        for part in PARTS
    ]
    rows = [_row(name, by) for name, by in found if _is_shown(by)]
    kilometres = kilometre_rows(data)
    return rows + (kilometres if len(kilometres) <= FEW_KILOMETRES else [])


def folded_rows(data: ReportData) -> list[list[str]]:
    """Kilometres when they are many."""
    kilometres = kilometre_rows(data)
    return kilometres if len(kilometres) > FEW_KILOMETRES else []


def kilometre_rows(data: ReportData) -> list[list[str]]:
    """One row per kilometre."""
    rows = [b for b in data.splits if b.window == KILOMETRE]
    starts = sorted({b.time_ns for b in rows})
    found = [{b.metric: b for b in rows if b.time_ns == start} for start in starts]
    return [_row(f"Km {k}", by) for k, by in enumerate(found, 1) if _is_shown(by)]


def _is_shown(by: dict[str, BalanceRow]) -> bool:
    return any(is_usable(by.get(metric)) for metric in COLUMNS)


def _row(name: str, by: dict[str, BalanceRow]) -> list[str]:
    pairs = max((b.n_pairs for m, b in by.items() if m in COLUMNS), default=0)
    return [name, *(_cell(by.get(metric)) for metric in COLUMNS), number(pairs)]


def _cell(row: BalanceRow | None) -> str:
    if not row or not is_usable(row):
        return UNKNOWN
    return f"{signed(row.size)} [{signed(row.ci_low)}, {signed(row.ci_high)}]"
