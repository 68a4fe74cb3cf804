"""Tables of figures as text for the terminal and as the page docs/accuracy.md."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.datasets import Figures
from benchmarks.targets import Row, Sheet

NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure as it is shown."""

    words: str
    prototype: str
    target: str
    reached: str
    verdict: str


def number(value: float | None) -> str:
    """A figure to about three digits; a word where it is not known."""
    if value is None or not math.isfinite(value):
        return NOT_MEASURED
    if value == round(value) or abs(value) > 100:
        return f"{value:.0f}"
    # Shares near 100 % need their decimals as small figures do.
    return f"{value:.2f}" if abs(value) < 10 or abs(value) > 95 else f"{value:.1f}"


def line(row: Row, figures: Figures) -> Line:
    """A figure beside its target."""
    value = figures.get(row.key, math.nan)
    target = f"{row.target} {row.unit}".strip() if row.target else ""
    if not math.isfinite(value):
        return Line(row.words, row.prototype, target, NOT_MEASURED, "")
    is_met = row.target is None or row.target.is_met(value)
    verdict = "" if row.target is None else "reached" if is_met else "missed"
    shown = f"{_judged(row, value)} {row.unit}".strip()
    return Line(row.words, row.prototype, target, shown, verdict)


def _judged(row: Row, value: float) -> str:
    """The figure with as many digits as its verdict needs to be seen."""
    shown = number(value)
    if row.target and row.target.is_met(float(shown)) != row.target.is_met(value):
        return f"{value:.4f}"
    return shown


def missed(sheet: Sheet, figures: Figures) -> list[Row]:
    """Rows whose target is not reached, or whose figure is not measured."""
    return [
        row
        for row in sheet.rows
        if row.target and not row.target.is_met(figures.get(row.key, math.nan))
    ]


def text_table(sheet: Sheet, figures: Figures) -> str:
    """A sheet for the terminal."""
    shown = [line(row, figures) for row in sheet.rows]
    wide = max(len(one.words) for one in shown)
    rows = [
        f"  {one.words:{wide}s}  {one.reached:>15s}  {one.target:>20s}  {one.verdict}"
        for one in shown
    ]
    return "\n".join([sheet.title, *(row.rstrip() for row in rows)])


def markdown_table(sheet: Sheet, figures: Figures) -> str:
    """A sheet for the page."""
    rows = [
        (one.words, one.prototype, one.target, one.reached, one.verdict)
        for one in (line(row, figures) for row in sheet.rows)
    ]
    heads = ("figure", "prototype", "target", "reached", "")
    return f"{sheet.about}\n\n{grid(heads, rows)}"


def grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Any table in markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def matrix(
    corner: str, columns: Mapping[str, str], lines: Mapping[str, Figures]
) -> tuple[list[str], list[list[str]]]:
    """Heads and rows: one line per condition, one column per figure (key: words)."""
    heads = [corner, *columns.values()]
    rows = [
        [words, *(number(figures[key]) if key in figures else "" for key in columns)]
        for words, figures in lines.items()
    ]
    return heads, rows


def text_grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The same for the terminal."""
    wide = [max(len(row[k]) for row in [heads, *rows]) for k in range(len(heads))]
    lines = []
    for row in [heads, *rows]:
        first, *rest = row
        cells = [first.ljust(wide[0])]
        cells += [cell.rjust(w) for cell, w in zip(rest, wide[1:], strict=True)]
        lines.append("  " + "  ".join(cells))
    return "\n".join(lines)
