"""Figures of one foot by itself, where there is no other to compare it with."""

from collections.abc import Sequence
from statistics import median

from contract.rows import StepRow
from dashboards.report.clipping import AT_LEAST, limit_words
from dashboards.report.data import ReportData
from dashboards.report.metrics import METRICS, Metric, is_known, number

HEADINGS = ("Metric", "Median", "Steps")


def single_rows(data: ReportData, side: str) -> list[list[str]]:
    """Name, median over the steps, and how many steps it rests on, per metric."""
    steps = [step for step in data.steps if step.side == side]
    found = ((metric, _known(steps, metric)) for metric in METRICS)
    return [
        [_label(metric), _median(metric, values, data), number(len(values))]
        for metric, values in found
        if values
    ]


def _median(metric: Metric, values: Sequence[float], data: ReportData) -> str:
    """Write the median; of shocks at the sensor's limit it is a bound."""
    least = AT_LEAST if limit_words(metric.column, data) else ""
    return f"{least}{metric.text(median(values))}"


def _known(steps: Sequence[StepRow], metric: Metric) -> list[float]:
    values = (getattr(step, metric.column) for step in steps)
    return [v for v in values if is_known(v)]


def _label(metric: Metric) -> str:
    only = " (own runs only)" if metric.panel.is_own_only else ""
    return f"{metric.label}, {metric.unit}{only}"
