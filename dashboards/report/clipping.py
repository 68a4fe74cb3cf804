"""Shocks at the sensor's limit: how many steps, and what may not be said of them then.

The hardest steps are clipped: of them only a lower bound is known. Where they are
many, left against right is no figure of the runner but of the sensor's range.
"""

from collections import Counter

from contract.rows import BalanceRow
from dashboards.report.data import FEET, ReportData
from dashboards.report.metrics import METRICS, Panel, is_usable, joined, number

CLIPPED_MARK = "‡"
MOST_CLIPPED = 0.1
"""Share of a foot's steps that may be clipped before its shocks are no figure."""
AT_LIMIT = "at the sensor\N{RIGHT SINGLE QUOTATION MARK}s limit"
AT_LEAST = "\N{GREATER-THAN OR EQUAL TO} "
SHOCKS = tuple(m.column for m in METRICS if m.panel is Panel.SHOCK)


def clipped_steps(data: ReportData) -> dict[str, int]:
    """Steps per foot whose shock reached the range of the sensor; feet without none."""
    counts = Counter(s.side for s in data.steps if s.is_clipped)
    return {side: counts[side] for side in FEET if counts[side]}


def limited_feet(data: ReportData) -> dict[str, float]:
    """Share of clipped steps, percent, of the feet where it is too large."""
    steps = Counter(s.side for s in data.steps if s.impact_g is not None)
    return {
        side: 100.0 * n / steps[side]
        for side, n in clipped_steps(data).items()
        if steps[side] and n > MOST_CLIPPED * steps[side]
    }


def limit_words(column: str, data: ReportData) -> str:
    """Say why a metric is not compared; "" where it is, as all that are no shocks."""
    feet = limited_feet(data) if column in SHOCKS else {}
    told = joined(f"{number(pct)} % of {side}" for side, pct in feet.items())
    return f"{AT_LIMIT} in {told} steps" if feet else ""


def compared_row(column: str, data: ReportData) -> BalanceRow | None:
    """Comparison of a metric over the whole run, if it says something of the runner."""
    row = data.balance.get(column)
    return row if is_usable(row) and not limit_words(column, data) else None


def clipped_note(data: ReportData) -> str:
    """Explain the mark beside the shocks; "" when none was clipped."""
    parts = [f"{number(n)} {side} steps" for side, n in clipped_steps(data).items()]
    if not parts:
        return ""
    return (
        f"{CLIPPED_MARK} clipped: in {joined(parts)} the shock reached what the sensor "
        "can measure, so the true peaks are higher."
    )


def clipped_left_out(data: ReportData) -> str:
    """Say that such steps are in no bin; "" when none was clipped."""
    return "clipped steps left out" if clipped_steps(data) else ""
