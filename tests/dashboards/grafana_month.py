"""A small month in a real influxd, and what comes back for each query of a board."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server.asking import ALL, Series, View, ask
from benchmarks.server.boards import load
from benchmarks.server.influxd import running_influxd
from benchmarks.server.month import GROWING, Month, Run
from dashboards.grafana.board import Board
from dashboards.grafana.queries import Target
from dashboards.grafana.run_tables import RUN_UID

MINUTES_AHEAD = 10.0
"""Rows of live tiles go on for so long, so that a slow test still meets fresh ones."""


@dataclass(frozen=True)
class Club:
    """The influxd with the month in it."""

    port: int
    month: Month

    def ask(self, query: str) -> list[Series]:
        return ask(self.port, query)

    def run(self, place: int = GROWING, back: int = 1) -> Run:
        return Run(self.month, place, self.month.runs - 1 - back)

    def view(self, board: Board, place: int = GROWING, back: int = 1) -> View:
        """The board as it opens: of one runner, or of all where it shows many."""
        run = self.run(place, back)
        if board.uid == RUN_UID:
            begin_ms = run.start_ns // 1_000_000
            end_ms = begin_ms + round(run.seconds * 1e3)
            return View(
                begin_ms, end_ms, {"runner": run.runner, "session": run.session}
            )
        everyone = {"runners": ALL, "shoe": ALL, "runs": ALL}
        return View.of(board, time.time_ns(), runner=run.runner, **everyone)

    def answer(self, board: Board, target: Target, interval: str = "") -> list[Series]:
        return self.ask(self.view(board).expand(target.query, interval))


@contextmanager
def club(directory: Path, require: Callable[..., str]) -> Iterator[Club]:
    require("influxd")
    month = Month(
        time.time_ns(),
        runners=4,
        runs=8,
        minutes=6.0,
        live_every_s=2.0,
        pipeline_every_s=20.0,
        ahead_s=60.0 * MINUTES_AHEAD,
        processes=2,
    )
    with running_influxd(directory) as influxd:
        load(influxd.port, month)
        yield Club(influxd.port, month)


def wrong(target: Target, found: list[Series]) -> str:
    """What of a target's promise its answer does not keep; empty when all is well."""
    if not found:
        return "nothing comes back"
    for series in found:
        if series.columns != ("time", *target.columns):
            return f"columns are {series.columns}"
        if set(series.tags) != set(target.tags):
            return f"tags are {set(series.tags)}"
    empty = [
        name
        for name in target.columns
        if all(value is None for series in found for value in series.column(name))
    ]
    return f"no value at all in {empty}" if empty else ""
