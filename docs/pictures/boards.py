"""What the Grafana boards ask, and get: drawn plainly, each panel in its place.

No Grafana is at hand where this runs. The queries are the boards' own, the database is
a real influxd with a simulated month, and the page says that it is not Grafana.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from benchmarks.server.asking import Series, View, ask
from benchmarks.server.boards import load, view_of
from benchmarks.server.influxd import running_influxd
from benchmarks.server.month import Month
from dashboards.grafana import run_board, wear_board
from dashboards.grafana.board import Board
from dashboards.grafana.panels import Panel

BOARDS = (wear_board.BOARD, run_board.BOARD)
HERE = Path(__file__).parent
_LEFT, _RIGHT = "#0072B2", "#B84E00"
_OTHERS = ("#15191E", "#5F3193", "#59636F", "#8C63BA")
_MOST_LINES, _MOST_ROWS, _MOST_COLUMNS = 8, 6, 7
_WIDE, _ROW_PX = 600, 22
_EPOCH_MS = 10**12
"""A whole number above it is a time: September 2001 was at 10**12 ms."""


@dataclass(frozen=True, slots=True)
class Line:
    """One curve of a chart."""

    name: str
    points: str
    colour: str
    is_dashed: bool


def pages() -> Iterator[tuple[str, str]]:
    """Name and HTML of each board, filled by a month in a real influxd."""
    with (
        tempfile.TemporaryDirectory() as directory,
        running_influxd(Path(directory)) as influxd,
    ):
        month = Month(time.time_ns(), 6, 20, ahead_s=60.0)
        load(influxd.port, month)
        for board in BOARDS:
            yield board.uid, _page(influxd.port, board, view_of(board, month))


def _page(port: int, board: Board, view: View) -> str:
    pages = Environment(loader=FileSystemLoader(HERE), autoescape=True)
    panels = [_drawn(port, panel, view) for panel in board.panels]
    return pages.get_template("board.html").render(
        title=board.title, question=board.question, panels=panels
    )


def _drawn(port: int, panel: Panel, view: View) -> dict[str, Any]:
    """Give what the template shows of a panel."""
    found = [
        (target, ask(port, view.expand(target.query, panel.interval)))
        for target in panel.targets
    ]
    shown: dict[str, Any] = {
        "title": panel.title.removesuffix(": $shoe"),
        "width": panel.width,
        "empty": panel.empty,
        "tall": max(70, panel.height * _ROW_PX - 60),
    }
    series = [s for _, answer in found for s in answer]
    if panel.kind == "timeseries":
        return shown | _chart(series, shown["tall"]) | {"span": _span(view)}
    figures = _figures(series)
    if panel.kind in {"bargauge", "canvas"}:
        most = max((abs(value) for _, value in figures), default=1.0) or 1.0
        bars = [(n, f"{v:.1f}", round(100 * abs(v) / most)) for n, v in figures]
        return shown | {"bars": bars}
    if panel.kind == "stat":
        words = [(n, f"{v:.1f}") for n, v in figures[:6]] or _words(series)
        return shown | {"figures": words}
    return shown | _table(series)


def _figures(series: Sequence[Series]) -> list[tuple[str, float]]:
    """Newest number of each column."""
    return [
        (" ".join([*s.tags.values(), name]).strip(), float(values[-1]))
        for s in series
        for name in s.columns[1:]
        if (values := [v for v in s.column(name) if _is_number(v)])
    ]


def _words(series: Sequence[Series]) -> list[tuple[str, str]]:
    """Newest word of each column that holds words."""
    return [
        (name, str(s.rows[-1][k]))
        for s in series
        for k, name in enumerate(s.columns)
        if k and s.rows and isinstance(s.rows[-1][k], str)
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _table(series: Sequence[Series]) -> dict[str, Any]:
    if not series:
        return {}
    heads = [*series[0].tags, *series[0].columns[1:]][:_MOST_COLUMNS]
    rows = [
        [_cell(value) for value in [*s.tags.values(), *row[1:]]][:_MOST_COLUMNS]
        for s in series
        for row in s.rows[-_MOST_ROWS:][::-1]
    ]
    return {"heads": heads, "rows": rows[:_MOST_ROWS]}


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, int) and value > _EPOCH_MS:
        return f"{datetime.fromtimestamp(value / 1000, UTC):%d %b %H:%M}"
    return f"{value:.2f}" if isinstance(value, float) else str(value)[:48]


def _chart(series: Sequence[Series], tall: int) -> dict[str, Any]:
    curves = [
        (" ".join([*s.tags.values(), name]), s.column("time"), s.column(name))
        for s in series
        for name in s.columns[1:]
    ][:_MOST_LINES]
    known = [
        (t, v)
        for _, times, values in curves
        for t, v in zip(times, values, strict=True)
        if _is_number(v)
    ]
    if not known:
        return {}
    first, last = min(t for t, _ in known), max(t for t, _ in known)
    low, high = min(v for _, v in known), max(v for _, v in known)
    lines = []
    for number, (name, times, values) in enumerate(curves):
        points = " ".join(
            f"{_WIDE * (t - first) / ((last - first) or 1):.1f},"
            f"{4 + (tall - 8) * (high - v) / ((high - low) or 1):.1f}"
            for t, v in zip(times, values, strict=True)
            if _is_number(v)
        )
        lines.append(Line(name, points, _colour(name, number), "band" in name))
    return {"lines": lines, "low": f"{low:.1f}", "high": f"{high:.1f}"}


def _colour(name: str, number: int) -> str:
    sides = {"left", "right"} & set(name.casefold().split())
    if len(sides) != 1:
        return _OTHERS[number % len(_OTHERS)]
    return _LEFT if "left" in sides else _RIGHT


def _span(view: View) -> str:
    since, until = (
        datetime.fromtimestamp(ms / 1000, UTC) for ms in (view.since_ms, view.until_ms)
    )
    same_day = since.date() == until.date()
    shape = "%H:%M" if same_day else "%d %b"
    return f"{since:{shape}} to {until:{shape}}"
