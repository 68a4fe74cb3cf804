"""Every compared metric with every figure, for a screen: paper has no room for it."""

from contract.rows import BalanceRow, BaselineRow
from dashboards.report.clipping import AT_LIMIT, limit_words
from dashboards.report.data import ReportData
from dashboards.report.forest import bounded_means, mean_words, span
from dashboards.report.metrics import (
    METRICS,
    Metric,
    Panel,
    is_known,
    is_usable,
    number,
    signed,
)

HEADINGS = (
    "Metric", "Left mean ± SD", "Right mean ± SD", "CV left | right, %",
    "R \N{MINUS SIGN} L", "Index, %", "Symmetry angle, %", "95 % CI",
    "± sensor | steps",
    "Pairs (effective)", "Own usual", "z", "MDC", "Beyond spread of steps", "Flag",
)  # fmt: skip
NONE = "\N{EN DASH}"


def sheet_rows(data: ReportData) -> list[list[str]]:
    """Give a row for each metric that was compared over the whole run."""
    return [
        _limited(metric, row, data)
        if limit_words(metric.column, data)
        else _row(metric, row, data.baseline.get(metric.column))
        for metric in METRICS
        if (row := data.balance.get(metric.column)) and is_usable(row)
    ]


def _limited(metric: Metric, row: BalanceRow, data: ReportData) -> list[str]:
    """Name and both means; every figure that compares them is left out."""
    known = [f"{metric.label}, {metric.unit}", *bounded_means(metric, row, data)]
    rest = len(HEADINGS) - len(known) - 2
    return [*known, NONE, AT_LIMIT, *[NONE] * rest]


def _row(metric: Metric, row: BalanceRow, own: BaselineRow | None) -> list[str]:
    digits = 0 if metric.panel is Panel.VELOCITY else 1
    known = own if own and is_known(own.usual, own.band_low, own.band_high) else None
    return [
        f"{metric.label}, {metric.unit}",
        mean_words(metric, row.left, row.left_sd),
        mean_words(metric, row.right, row.right_sd),
        f"{_share(row.left_cv_pct)} | {_share(row.right_cv_pct)}",
        metric.signed_text(row.difference),
        signed(row.asi_pct) if row.asi_pct is not None else NONE,
        _share(row.symmetry_angle_pct, is_signed=True),
        span(row.ci_low, row.ci_high, digits),
        f"{number(row.systematic_half, digits)} | {number(row.random_half, digits)}",
        f"{number(row.n_pairs)} ({number(row.n_eff)})",
        _usual(known, digits),
        _share(known.z if known else None, is_signed=True),
        number(known.mdc, digits) if known else NONE,
        "yes" if is_beyond_spread(row) else "no",
        "yes" if known and known.is_flagged else NONE,
    ]


def _share(value: float | None, *, is_signed: bool = False) -> str:
    if value is None:
        return NONE
    return signed(value) if is_signed else number(value, 1)


def _usual(own: BaselineRow | None, digits: int) -> str:
    if own is None:
        return NONE
    return (
        f"{signed(own.usual, digits)} {span(own.band_low, own.band_high, digits)}, "
        f"{number(own.runs)} runs"
    )


def is_beyond_spread(row: BalanceRow) -> bool:
    """Whether the feet differ by more than the steps of one foot do."""
    spreads = [sd for sd in (row.left_sd, row.right_sd) if sd is not None]
    return bool(spreads) and abs(row.difference) > max(spreads)
