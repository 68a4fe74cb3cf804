"""What the service says of itself in a month: live tiles and how the pipeline does."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.server.month import (
    BASELINE_FROM,
    DAY_NS,
    GROWING,
    NEWCOMER,
    Month,
    Run,
    runs_of,
)
from benchmarks.server.month_rows import run_rows
from contract.rows import Row
from contract.service_rows import SERVICE, LiveRow, PipelineRow
from contract.units import NS_PER_S
from contract.verdicts import RIGHT_LONGER
from processing.store.base import Backlog

_QUIET_S = 60.0
"""So long before the end the newcomer was last heard."""
_TOLD_S = 120.0
"""So long a tile goes on after the last data (processing/turns.py)."""
_WARM_S = 60.0
OTHERS_LETTERS = 7
"""Messages that a second process set aside, long ago."""
_DARK: dict[str, Any] = {"light": 0, "light_code": ""}


def month_rows(month: Month) -> Iterator[list[Row | LiveRow | PipelineRow]]:
    """All rows, a run at a time, the service's own last."""
    for run in runs_of(month):
        yield [*run_rows(run), *live_rows(run)]
    yield [*pipeline_rows(month)]


def live_rows(run: Run) -> list[LiveRow]:
    """What her tile showed through the run."""
    every_s, last_s = run.month.live_every_s, run.seconds
    if run.is_going_on:
        is_gone = run.place == NEWCOMER
        last_s += _TOLD_S - _QUIET_S if is_gone else run.month.ahead_s
    rows = [_live(run, at_s) for at_s in np.arange(0.0, last_s, every_s).tolist()]
    return rows if run.is_going_on else [*rows, _ended(run)]


def _ended(run: Run) -> LiveRow:
    """Last word of a run that is over: its sensors were taken off before."""
    silent: dict[str, Any] = (
        {} if run.is_by_hip else {"left_silent_s": 30.0, "right_silent_s": 30.0}
    )
    row = _live(run, run.seconds)
    return replace(row, state="ended", age_s=30.0, **silent)


def _live(run: Run, at_s: float) -> LiveRow:
    figures = _DARK if run.is_by_hip or at_s < _WARM_S else _figures(run, at_s)
    left_s, right_s = _silences(run, at_s)
    return LiveRow(
        **run.where("both", at_s),
        state=_state(run, at_s),
        note="hip only" if run.is_by_hip else "",
        elapsed_s=at_s,
        age_s=min(left_s, right_s),
        cadence_spm=166.0,
        left_silent_s=None if run.is_by_hip else left_s,
        right_silent_s=None if run.is_by_hip else right_s,
        hip_silent_s=0.3 if run.is_by_hip else None,
        waiting_frames=run.place * 3,
        simulated=True,
        **figures,
    )


def _silences(run: Run, at_s: float) -> tuple[float, float]:
    """Silence of both shoes: the first runner loses the left, the newcomer both."""
    heard_s = 0.3
    if not run.is_going_on:
        return heard_s, heard_s
    left_s = max(heard_s, at_s - run.seconds + _QUIET_S / 2.0)
    both_s = max(heard_s, at_s - run.seconds + _QUIET_S)
    if run.place == NEWCOMER:
        return both_s, both_s
    return left_s if run.place == 0 else heard_s, heard_s


def _state(run: Run, at_s: float) -> str:
    if run.is_by_hip:
        return "one_foot"
    return "live" if at_s >= _WARM_S else "warming"


def _figures(run: Run, at_s: float) -> dict[str, Any]:
    asi_pct = run.asi_pct + 0.6 * float(np.sin(at_s / 40.0))
    usual = Run(run.month, run.place, 0).asi_pct
    is_judged = run.number >= BASELINE_FROM and run.place != NEWCOMER
    light = 0 if not is_judged else 1
    if run.place == GROWING and run.number >= run.month.runs - 3:
        light = 3 if at_s > 100.0 else 2
    band = {
        "usual_pct": usual,
        "band_low_pct": usual - 1.6,
        "band_high_pct": usual + 1.6,
        "shift_pct": asi_pct - usual,
    }
    return {
        "asi_pct": asi_pct,
        "ci_low_pct": asi_pct - 1.2,
        "ci_high_pct": asi_pct + 1.2,
        "contact_left_ms": 243.0 * (1.0 - asi_pct / 200.0),
        "contact_right_ms": 243.0 * (1.0 + asi_pct / 200.0),
        "light": light,
        "light_code": RIGHT_LONGER if light == 3 else "",
        **(band if is_judged else {}),
    }


def pipeline_rows(month: Month) -> Iterator[PipelineRow]:
    """How the processing did: started again once, some messages set aside.

    Of several processes the others tell a second later each, were never started again,
    are slower, and write nothing to InfluxDB (treadwear/app.py).
    """
    span_s = month.runs * DAY_NS / NS_PER_S
    ahead_s = month.ahead_s
    for at_s in np.arange(0.0, span_s + ahead_s, month.pipeline_every_s).tolist():
        yield _pipeline(month, at_s, at_s - span_s)
        for number in range(1, month.processes):
            yield _other(month, number, at_s + number, at_s + number - span_s)


def _other(month: Month, number: int, at_s: float, to_end_s: float) -> PipelineRow:
    idle = Backlog()
    return replace(
        _pipeline(month, at_s, to_end_s),
        session=f"{SERVICE}-{number + 1}",
        started_ms=round(month.end_ns / 1e6 + (to_end_s - at_s) * 1e3),
        received=round(20.0 * at_s),
        stored=round(20.0 * at_s),
        dead_letters=OTHERS_LETTERS,
        sessions=2,
        memory_mb=100.0,
        lag_p50_s=0.6,
        lag_p99_s=1.6,
        outbox_rows=idle.rows,
        outbox_bytes=idle.size_bytes,
        outbox_age_s=idle.age_s,
        outbox_refused=idle.refused_rows,
        influx=idle.influx,
    )


def _pipeline(month: Month, at_s: float, to_end_s: float) -> PipelineRow:
    half_s = month.runs * DAY_NS / NS_PER_S - 3.0 * 3600.0
    began_s = half_s if at_s >= half_s else 0.0
    up_s = at_s - began_s
    is_late = to_end_s > -900.0
    return PipelineRow(
        runner=SERVICE,
        session=SERVICE,
        side="both",
        time_ns=month.end_ns + round(to_end_s * NS_PER_S),
        started_ms=round(month.end_ns / 1e6 + (to_end_s - up_s) * 1e3),
        sessions=4,
        received=round(40.0 * up_s),
        stored=round(39.0 * up_s),
        duplicates=round(0.1 * up_s),
        lost=round(up_s / 9000.0),
        dead_letters=round(up_s / 100.0) if is_late else 0,
        refused=0,
        inbox=2,
        failed_sessions=0,
        store_failures=0,
        steps=round(5.5 * up_s),
        lag_p50_s=0.4,
        lag_p99_s=1.1 + 0.1 * float(np.sin(at_s / 600.0)),
        outbox_rows=4000 if is_late else 20,
        outbox_bytes=900_000 if is_late else 4_500,
        outbox_age_s=400.0 if is_late else 0.8,
        outbox_refused=round(up_s / 90.0) if is_late else 0,
        influx="ok",
        memory_mb=140.0,
    )
