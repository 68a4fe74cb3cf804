"""Boards on the rows of a real analysis: what it gives is what they ask for."""

import http.client
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.server.asking import ALL, View, ask
from benchmarks.server.influxd import DATABASE, running_influxd
from dashboards.grafana import run_board, wear_board
from processing.offline import all_rows, analyse_frames
from processing.store.lines import to_lines
from tests.dashboards.grafana_month import wrong
from tests.processing.live_loop import ended
from tests.processing.simulated_run import SimulatedRun, remembered_run

pytestmark = pytest.mark.services

NOT_IN_A_FIRST_MINUTE = {
    "Kilometre by kilometre",
    "What happened on the way",
    "What stands out",
    "Do this week",
    "Against the runner's own earlier runs",
    "How good the data are",  # a simulated sensor has no battery
}
"""What a single minute without earlier runs leaves empty, in whole or in a column."""


def _lines(run: SimulatedRun) -> list[str]:
    frames = run.frames()
    return to_lines(all_rows(analyse_frames(ended(run.meta, frames), frames)))


def _write(port: int, lines: list[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30.0)
    try:
        words = f"/write?db={DATABASE}&precision=n"
        connection.request("POST", words, "\n".join(lines).encode())
        assert connection.getresponse().status == http.client.NO_CONTENT
    finally:
        connection.close()


def test_a_minute_of_running_fills_all_that_a_minute_can(
    tmp_path: Path, require: Callable[..., str]
) -> None:
    require("influxd")
    run = remembered_run(5, 50.0, 200.0, 4.0, "s1")
    begin_ms = run.meta.origin_ns // 1_000_000
    chosen = {"runner": run.meta.runner, "session": "s1", "shoe": ALL, "runs": ALL}
    view = View(begin_ms, begin_ms + 120_000, chosen)
    empty = {}
    with running_influxd(tmp_path / "influxd") as influxd:
        _write(influxd.port, _lines(run))
        for board in (run_board.BOARD, wear_board.BOARD):
            for panel in board.panels:
                for target in panel.targets:
                    found = ask(influxd.port, view.expand(target.query, panel.interval))
                    if said := wrong(target, found):
                        empty[panel.title] = said
    usual = "Ground contact, left against right, run by run: $shoe"
    assert empty.pop(usual) == "nothing comes back"  # the band of no earlier runs
    assert empty.pop("How good the data are") == "no value at all in ['Battery']"
    assert set(empty) <= NOT_IN_A_FIRST_MINUTE
