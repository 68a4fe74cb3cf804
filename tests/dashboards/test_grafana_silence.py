"""The alert that a sensor is silent: how long it stays, and when it ends."""

import http.client
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from benchmarks.server.asking import View
from benchmarks.server.influxd import DATABASE
from benchmarks.server.month_service import live_rows
from contract.service_rows import LiveRow
from contract.units import NS_PER_S
from dashboards.grafana.alerts import RUNNING, Rule
from processing.store.lines import to_lines
from processing.turns import LIVE_ROW_EVERY_S, LIVE_ROW_UNTIL_S
from tests.dashboards.grafana_month import Club, club

pytestmark = pytest.mark.services
DAY_S = 86_400
LAST_S = 300.0
"""When the last data of these runs come, from their start."""


@pytest.fixture(scope="module")
def them(
    tmp_path_factory: pytest.TempPathFactory, require: Callable[..., str]
) -> Iterator[Club]:
    with club(tmp_path_factory.mktemp("influxd"), require) as started:
        yield started


def _rule(name: str) -> Rule:
    (rule,) = [r for r in RUNNING if r.uid == f"treadwear-{name}"]
    return rule


def _start_ns(them: Club) -> int:
    """Long before the month: nobody else is running then."""
    return them.month.end_ns - 100 * DAY_S * NS_PER_S


def _row(them: Club, runner: str, at_s: float, *, is_hip: bool = False) -> LiveRow:
    """What a tile shows of a runner whose data stop, and what it goes on to say."""
    silent_s = max(0.3, at_s - LAST_S)
    heard = None if is_hip else silent_s
    return replace(
        live_rows(them.run(back=1))[0],
        runner=runner,
        session=f"run-of-{runner}",
        time_ns=_start_ns(them) + round(at_s * NS_PER_S),
        state="live",
        elapsed_s=min(at_s, LAST_S),
        age_s=silent_s,
        light=1,
        left_silent_s=heard,
        right_silent_s=heard,
        hip_silent_s=silent_s if is_hip else None,
    )


def _write(them: Club, rows: list[LiveRow]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", them.port, timeout=30.0)
    try:
        body = "\n".join(to_lines(rows)).encode()
        connection.request("POST", f"/write?db={DATABASE}&precision=n", body)
        assert connection.getresponse().status == http.client.NO_CONTENT
    finally:
        connection.close()


def _times(until_s: float) -> list[float]:
    return [k * LIVE_ROW_EVERY_S for k in range(int(until_s / LIVE_ROW_EVERY_S))]


def _firing(them: Club, name: str, at_s: float) -> set[str]:
    """Runners for whom a rule fires so long after the start of these runs."""
    rule = _rule(name)
    at_ms = _start_ns(them) // 1_000_000 + round(1000 * at_s)
    view = View(at_ms - 1000 * rule.since_s, at_ms)
    found = them.ask(view.expand(rule.target.query))
    assert all(len(series.rows) == 1 for series in found)
    assert all(v is not None for series in found for v in series.column("Value"))
    return {
        series.tags["runner"]
        for series in found
        if series.column("Value")[-1] > rule.above
    }


@pytest.fixture(scope="module")
def cut_off(them: Club) -> Club:
    """One collector dies, one run ends, one goes on, one is by the hip alone."""
    gone = [_row(them, "gone", at) for at in _times(LAST_S + LIVE_ROW_UNTIL_S)]
    over = [_row(them, "over", at) for at in _times(LAST_S + 30.0)]
    over.append(replace(_row(them, "over", LAST_S + 31.0), state="ended"))
    on = [replace(_row(them, "on", at), left_silent_s=0.2) for at in _times(3000.0)]
    on = [replace(row, right_silent_s=0.2) for row in on]
    hip = [
        _row(them, "hip", at, is_hip=True) for at in _times(LAST_S + LIVE_ROW_UNTIL_S)
    ]
    _write(them, [*gone, *over, *on, *hip])
    return them


def test_a_silent_sensor_is_told_within_half_a_minute(cut_off: Club) -> None:
    assert _firing(cut_off, "silent-left", LAST_S) == set()
    assert "gone" in _firing(cut_off, "silent-left", LAST_S + 20.0)


@pytest.mark.parametrize("after_s", [60.0, 180.0, 600.0, 1000.0])
def test_a_dead_collector_is_told_long_after_its_rows_have_ended(
    cut_off: Club, after_s: float
) -> None:
    for side in ("left", "right"):
        assert _firing(cut_off, f"silent-{side}", LAST_S + after_s) == {"gone"}
    assert _firing(cut_off, "silent-hip", LAST_S + after_s) == {"hip"}


def test_after_seventeen_minutes_it_is_over(cut_off: Club) -> None:
    most_s = LIVE_ROW_UNTIL_S + 15 * 60
    assert most_s / 60 == pytest.approx(17.0)
    assert _firing(cut_off, "silent-left", LAST_S + most_s + 1.0) == set()


def test_a_run_that_was_ended_is_silent_for_nobody(cut_off: Club) -> None:
    assert "over" in _firing(cut_off, "silent-left", LAST_S + 28.0)
    assert "over" not in _firing(cut_off, "silent-left", LAST_S + 32.0)
    assert "over" not in _firing(cut_off, "silent-left", LAST_S + 600.0)


def test_a_sensor_that_is_back_is_silent_no_longer(cut_off: Club) -> None:
    back = replace(_row(cut_off, "gone", LAST_S + 1100.0), left_silent_s=0.4)
    _write(cut_off, [back])
    assert _firing(cut_off, "silent-left", LAST_S + 1101.0) == set()
    assert _firing(cut_off, "silent-right", LAST_S + 1101.0) == {"gone"}
