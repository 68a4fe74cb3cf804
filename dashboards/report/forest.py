"""Left against right, every metric: table rows with their small drawing."""

from collections import Counter
from dataclasses import dataclass

from contract.rows import BalanceRow, BaselineRow
from dashboards.report.bars import forest_axis, forest_limit, forest_row, ink_class
from dashboards.report.data import FEET, ReportData
from dashboards.report.metrics import (
    METRICS,
    Metric,
    Panel,
    is_known,
    is_usable,
    joined,
    number,
    reading,
    signed,
)

CLIPPED_MARK = "‡"
MOST_CLIPPED = 0.1
"""Share of a foot's steps that may be missing from the bins of shocks."""
ON_PAPER = (
    "contact_time_s",
    "flight_time_s",
    "step_time_s",
    "impact_g",
    "braking_g",
    "pronation_excursion_deg",
    "strike_angle_deg",
    "toe_out_deg",
    "pronation_velocity_dps",
)
"""What page 2 has room for (product.md 3.3); `dashboards.report.sheet` has them all."""


@dataclass(frozen=True)
class ComparedRow:
    """One metric left against right, as text and a small drawing."""

    label: str
    left: str
    right: str
    size: str
    interval: str
    usual: str
    mdc: str
    reading: str
    ink: str
    plot: str
    is_flagged: bool


@dataclass(frozen=True)
class ComparedPanel:
    """Metrics on one scale, with their axis and what it counts."""

    rows: tuple[ComparedRow, ...]
    axis: str
    words: str


def compared(data: ReportData) -> list[ComparedPanel]:
    """Metrics that page 2 compares over the whole run, scale by scale."""
    return [panel for p in Panel if (panel := _panel(p, data)).rows]


def _panel(panel: Panel, data: ReportData) -> ComparedPanel:
    shown = [
        (metric, row)
        for metric in METRICS
        if metric.panel is panel
        and metric.column in ON_PAPER
        and (row := data.balance.get(metric.column))
        and is_usable(row)
    ]
    limit = forest_limit(panel, [row for _, row in shown])
    is_clipped = bool(clipped_steps(data))
    rows = (
        _compared(metric, row, limit, _own(data, metric), is_clipped=is_clipped)
        for metric, row in shown
    )
    return ComparedPanel(tuple(rows), forest_axis(limit), panel.value)


def _own(data: ReportData, metric: Metric) -> BaselineRow | None:
    own = data.baseline.get(metric.column)
    return own if own and is_known(own.usual, own.band_low, own.band_high) else None


def _compared(
    metric: Metric,
    row: BalanceRow,
    limit: float,
    own: BaselineRow | None,
    *,
    is_clipped: bool,
) -> ComparedRow:
    mark = f" {CLIPPED_MARK}" if is_clipped and metric.panel is Panel.SHOCK else ""
    digits = 0 if metric.panel is Panel.VELOCITY else 1
    return ComparedRow(
        label=f"{metric.label}, {metric.unit}{mark}",
        left=mean_words(metric, row.left, row.left_sd),
        right=mean_words(metric, row.right, row.right_sd),
        size=signed(row.size, digits),
        interval=span(row.ci_low, row.ci_high, digits),
        usual=_band(own, digits) if own else "",
        mdc=number(own.mdc, digits) if own else "",
        reading=reading(metric, row, own),
        ink=_ink(metric, row, own),
        plot=forest_row(row, limit, own),
        is_flagged=bool(own and own.is_flagged),
    )


def _band(own: BaselineRow, digits: int) -> str:
    return (
        f"{signed(own.band_low, digits)} \N{HORIZONTAL ELLIPSIS} "
        f"{signed(own.band_high, digits)}"
    )


def _ink(metric: Metric, row: BalanceRow, own: BaselineRow | None) -> str:
    """Class of the reading's colour: grey where it is nothing new or says nothing."""
    is_quiet = not own.is_new if own else metric.panel.is_own_only
    return "N" if is_quiet else ink_class(row)


def mean_words(metric: Metric, mean: float, sd: float | None) -> str:
    """Mean and spread in the shown unit."""
    text = metric.text(mean)
    return f"{text} ± {metric.text(sd)}" if is_known(sd) else text


def span(low: float, high: float, digits: int) -> str:
    """Write an interval with the signs of its ends."""
    return f"[{signed(low, digits)}, {signed(high, digits)}]"


def baseline_runs(data: ReportData) -> str:
    """How many earlier runs the own bands rest on, as text; "" without any."""
    runs = sorted({row.runs for row in data.baseline.values()})
    if not runs:
        return ""
    ends = (runs[0], runs[-1])
    return number(runs[0]) if len(runs) == 1 else "\N{EN DASH}".join(map(number, ends))


def clipped_steps(data: ReportData) -> dict[str, int]:
    """Steps per foot whose shock reached the range of the sensor; feet without none."""
    counts = Counter(s.side for s in data.steps if s.is_clipped)
    return {side: counts[side] for side in FEET if counts[side]}


def is_much_clipped(data: ReportData) -> bool:
    """Whether so many shocks of a foot were clipped that the rest is no picture of it.

    Clipped are the hardest steps: without them a foot seems to land more softly.
    """
    steps = Counter(s.side for s in data.steps if s.impact_g is not None)
    clipped = clipped_steps(data)
    return any(n > MOST_CLIPPED * steps[side] for side, n in clipped.items())


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


def landing_words(data: ReportData) -> str:
    """Share of heel, middle and forefoot landings of each foot; "" when unknown."""
    parts = []
    for side in FEET:
        kinds = Counter(s.strike_type for s in data.steps if s.side == side)
        kinds.pop(None, None)
        total = sum(kinds.values())
        shares = [
            f"{number(100.0 * count / total)} % {kind}"
            for kind, count in kinds.most_common()
        ]
        if shares:
            parts.append(f"{side} {', '.join(shares)}")
    return "; ".join(parts)
