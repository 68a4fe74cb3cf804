"""Seconds that the queries of every board take, on a month of twenty runners.

Run it with ``python -m benchmarks.server.boards``.

The rows go into a real influxd 1.6.7, then each board asks what it asks when it opens,
six at a time as a browser does. What Grafana itself and the drawing take is not in it.
"""

import argparse
import http.client
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server.asking import ALL, View, ask, questions, seconds
from benchmarks.server.influxd import DATABASE, Influxd, running_influxd
from benchmarks.server.month import GROWING, Month, Run
from benchmarks.server.month_service import month_rows
from dashboards.grafana.board import Board
from dashboards.grafana.generate import BOARDS
from dashboards.grafana.run_tables import RUN_UID
from processing.store.lines import to_lines

TARGET_S = 1.0
"""Issue 5: a month of 20 runners fills every board's queries in so long."""
_AT_ONCE = 6
"""Requests that a browser has under way to one server."""
_BATCH = 5000
_TIMES = 3


@dataclass(frozen=True, slots=True)
class Loaded:
    """What went in, and how long the writes took."""

    lines: int
    seconds: float


def load(port: int, month: Month) -> Loaded:
    """Write a month into an influxd; only the writes are timed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60.0)
    lines, took_ns = 0, 0
    try:
        for rows in month_rows(month):
            said = to_lines(rows)
            lines += len(said)
            for k in range(0, len(said), _BATCH):
                took_ns += _write(connection, said[k : k + _BATCH])
    finally:
        connection.close()
    return Loaded(lines, seconds(took_ns))


def _write(connection: http.client.HTTPConnection, lines: Sequence[str]) -> int:
    body = "\n".join(lines).encode()
    begin_ns = time.perf_counter_ns()
    connection.request("POST", f"/write?db={DATABASE}&precision=n", body)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != http.client.NO_CONTENT:
        raise RuntimeError(f"influxd said {answer.status}: {said[:500]!r}")
    return time.perf_counter_ns() - begin_ns


def view_of(board: Board, month: Month) -> View:
    """A board as one opens it: one runner, or all; a run at its own time."""
    run = Run(month, GROWING, month.runs - 2)
    if board.uid == RUN_UID:
        begin_ms = run.start_ns // 1_000_000
        end_ms = begin_ms + round(run.seconds * 1e3)
        chosen = {"runner": run.runner, "session": run.session}
        return View(begin_ms, end_ms, chosen)
    everyone = {"runners": ALL, "shoe": ALL, "runs": ALL}
    return View.of(board, time.time_ns(), runner=run.runner, **everyone)


def time_board(port: int, board: Board, month: Month) -> dict[str, float]:
    """Seconds of all queries of a board, six at a time and one by one; worst of 3."""
    asked = [query for _, query in questions(board, view_of(board, month))]
    together, apart = [], []
    for _ in range(_TIMES):
        begin_ns = time.perf_counter_ns()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda query: ask(port, query), asked))
        together.append(time.perf_counter_ns() - begin_ns)
        begin_ns = time.perf_counter_ns()
        for query in asked:
            ask(port, query)
        apart.append(time.perf_counter_ns() - begin_ns)
    return {
        "queries": float(len(asked)),
        "together_s": seconds(max(together)),
        "one_by_one_s": seconds(max(apart)),
    }


def slowest(port: int, board: Board, month: Month, most: int = 3) -> list[str]:
    """Give the slowest queries of a board, each with its seconds."""
    found = []
    for title, query in questions(board, view_of(board, month)):
        begin_ns = time.perf_counter_ns()
        ask(port, query)
        found.append((seconds(time.perf_counter_ns() - begin_ns), title))
    return [f"{took:.3f} s  {title}" for took, title in sorted(found)[::-1][:most]]


def measure(runners: int = 20, runs: int = 30) -> dict[str, float]:
    """Figures by name: lines written, seconds per board."""
    with (
        tempfile.TemporaryDirectory() as directory,
        running_influxd(Path(directory)) as influxd,
    ):
        return _measure(influxd, runners, runs)


def _measure(influxd: Influxd, runners: int, runs: int) -> dict[str, float]:
    month = Month(time.time_ns(), runners, runs, ahead_s=900.0)
    loaded = load(influxd.port, month)
    figures = {
        "lines": float(loaded.lines),
        "lines_per_s": loaded.lines / loaded.seconds,
        "write_s": loaded.seconds,
    }
    for board in BOARDS:
        for name, value in time_board(influxd.port, board, month).items():
            figures[f"{board.uid}_{name}"] = value
        print(
            board.title,
            *slowest(influxd.port, board, month),
            sep="\n    ",
            file=sys.stderr,
        )
    return figures


def main() -> None:
    """Print the figures and whether each board keeps the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runners", type=int, default=20)
    parser.add_argument("--runs", type=int, default=30)
    given = parser.parse_args()
    figures = measure(given.runners, given.runs)
    for name in ("lines", "write_s", "lines_per_s"):
        print(f"{name}: {figures[name]:.0f}")
    for board in BOARDS:
        took = figures[f"{board.uid}_together_s"]
        word = "kept" if took <= TARGET_S else "MISSED"
        print(
            f"{board.title}: {figures[f'{board.uid}_queries']:.0f} queries,"
            f" {took:.3f} s six at a time, "
            f"{figures[f'{board.uid}_one_by_one_s']:.3f} s one by one,"
            f" target {TARGET_S:.0f} s {word}"
        )


if __name__ == "__main__":
    main()
