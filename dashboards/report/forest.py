"""Left against right, every metric: table rows with their small drawing."""

from collections import Counter
from dataclasses import dataclass

from contract.rows import BalanceRow, BaselineRow
from dashboards.report.bars import forest_axis, forest_limit, forest_row, ink_class
from dashboards.report.clipping import (
    AT_LEAST,
    CLIPPED_MARK,
    clipped_steps,
    limit_words,
    limited_feet,
)
from dashboards.report.data import FEET, ReportData
from dashboards.report.metrics import (
    METRICS,
    Metric,
    Panel,
    is_known,
    is_usable,
    number,
    reading,
    signed,
)

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


LIMITED_PANEL = "shock: a sensor with a larger range is needed"


@dataclass(frozen=True)
class ComparedRow:
    """One metric left against right, as text and a small drawing.

    ``limit`` says why there is nothing but the means: the sensor's range was too small.
    """

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
    limit: str = ""


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
    known = [row for metric, row in shown if not limit_words(metric.column, data)]
    limit = forest_limit(panel, known)
    rows = (
        _limited(metric, row, why, data)
        if (why := limit_words(metric.column, data))
        else _compared(metric, row, limit, data)
        for metric, row in shown
    )
    axis = forest_axis(limit) if known else ""
    return ComparedPanel(tuple(rows), axis, panel.value if known else LIMITED_PANEL)


def _own(data: ReportData, metric: Metric) -> BaselineRow | None:
    own = data.baseline.get(metric.column)
    return own if own and is_known(own.usual, own.band_low, own.band_high) else None


def _compared(
    metric: Metric,
    row: BalanceRow,
    limit: float,
    data: ReportData,
) -> ComparedRow:
    own = _own(data, metric)
    digits = 0 if metric.panel is Panel.VELOCITY else 1
    return ComparedRow(
        label=_label(metric, data),
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


def _limited(
    metric: Metric, row: BalanceRow, why: str, data: ReportData
) -> ComparedRow:
    """Both means as bounds where they are no more; no size, no interval, no dot."""
    left, right = bounded_means(metric, row, data)
    return ComparedRow(
        label=_label(metric, data),
        left=left,
        right=right,
        size="",
        interval="",
        usual="",
        mdc="",
        reading="",
        ink="N",
        plot="",
        is_flagged=False,
        limit=why,
    )


def _label(metric: Metric, data: ReportData) -> str:
    is_clipped = metric.panel is Panel.SHOCK and clipped_steps(data)
    mark = f" {CLIPPED_MARK}" if is_clipped else ""
    return f"{metric.label}, {metric.unit}{mark}"


def _band(own: BaselineRow, digits: int) -> str:
    return (
        f"{signed(own.band_low, digits)} \N{HORIZONTAL ELLIPSIS} "
        f"{signed(own.band_high, digits)}"
    )


def _ink(metric: Metric, row: BalanceRow, own: BaselineRow | None) -> str:
    """Class of the reading's colour: grey where it is nothing new or says nothing."""
    is_quiet = not own.is_new if own else metric.panel.is_own_only
    return "N" if is_quiet else ink_class(row)


def bounded_means(metric: Metric, row: BalanceRow, data: ReportData) -> tuple[str, str]:
    """Mean of each foot; of one at the sensor's limit only that it is no less."""
    feet = limited_feet(data)
    left, right = (
        f"{AT_LEAST}{metric.text(mean)}"
        if side in feet
        else mean_words(metric, mean, spread)
        for side, mean, spread in (
            ("left", row.left, row.left_sd),
            ("right", row.right, row.right_sd),
        )
    )
    return left, right


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
