"""What the service says of itself, and of the runners who are out now."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from contract.messages import LinkInfo, SensorInfo
from contract.model import Slot
from contract.rows import QualityRow, SessionRow, StepRow
from contract.service_rows import SERVICE
from processing.health import Lags, StepWatch
from processing.offline import all_rows, analyse_frames
from processing.service import ProcessingService
from processing.session import LiveSession
from processing.settings import Settings
from processing.store.base import Backlog
from processing.tile import live_tile
from tests.patience import wait_until
from tests.processing.live_loop import LiveLoop
from tests.processing.simulated_run import SimulatedRun

Simulate = Callable[..., SimulatedRun]
NOW_NS = 1_763_700_000_000_000_000
S_NS = 1_000_000_000


def step(side: str, t_s: float, contact_s: float = 0.25) -> StepRow:
    return StepRow(
        runner="ana",
        session="s1",
        side=side,
        time_ns=NOW_NS + round(t_s * S_NS),
        contact_time_s=contact_s,
        is_clipped=False,
        quality=1.0,
    )


def test_a_step_is_late_from_its_toe_off_to_its_row() -> None:
    lags = Lags()
    lags.note(np.array([NOW_NS - 1.5 * S_NS, NOW_NS - 0.5 * S_NS]), NOW_NS)
    p50_s, p99_s = lags.percentiles()
    assert p50_s == pytest.approx(1.0, abs=1e-6)
    assert p99_s == pytest.approx(1.49, abs=1e-6)


def test_steps_of_a_recording_say_nothing_of_how_late_it_is() -> None:
    lags = Lags()
    lags.note(np.array([NOW_NS - 86_400.0 * S_NS]), NOW_NS)
    assert lags.percentiles() == (None, None)


def test_only_the_last_minute_counts() -> None:
    lags = Lags()
    lags.note(np.array([NOW_NS - 30.0 * S_NS]), NOW_NS)
    lags.note(np.array([NOW_NS + 69.0 * S_NS]), NOW_NS + 70 * S_NS)
    assert lags.percentiles()[1] == pytest.approx(1.0, abs=1e-6)


def test_a_step_that_is_written_again_is_no_new_one() -> None:
    """And the first ones waited for the calibration: that is no lateness."""
    watch = StepWatch()
    assert watch.look([step("left", 1.0), step("left", 1.7)]) == (2, [])
    again = [step("left", 1.7), step("left", 2.4), step("right", 2.0)]
    count, ends_ns = watch.look(again)
    assert count == 2
    assert ends_ns == [pytest.approx(NOW_NS + 2.65 * S_NS)]


def test_health_counts_what_was_done(loop: LiveLoop) -> None:
    backlog = Backlog(rows=7, size_bytes=70, age_s=1.0, influx="ok")
    service = ProcessingService(loop.bus, loop.path, backlog=lambda: backlog)
    service.start()
    try:
        loop.tell(loop.run.meta)
        loop.send(loop.frames)
        loop.tell(loop.end())
        loop.wait_until_closed()
        steps = sum(isinstance(row, StepRow) for row in loop.stored())
        wait_until(lambda: service.health().inbox == 0)
        row = service.health()
    finally:
        service.stop()
    assert (row.runner, row.session, row.side) == (SERVICE, SERVICE, "both")
    assert row.received == len(loop.frames) + 2
    assert row.stored == len(loop.frames)
    assert row.steps == steps > 50
    assert (row.outbox_rows, row.influx) == (7, "ok")
    assert row.sessions == 1
    assert row.refused == row.dead_letters == row.failed_sessions == 0


def watched(run: SimulatedRun) -> LiveSession:
    session = analyse_frames(run.meta, run.frames())
    assert session.analysis is not None
    session.tile = live_tile(session.analysis, is_over=False)
    return session


def test_a_live_row_tells_for_how_long_each_sensor_is_silent(
    simulate: Simulate,
) -> None:
    run = simulate(5, 40.0)
    left = run.batches[Slot.LEFT]
    cut = replace(run, batches={**run.batches, Slot.LEFT: left[:-50]})
    last = run.batches[Slot.RIGHT][-1]
    now_ns = last.t0_ns + round(last.n / last.rate_hz * S_NS) + 2 * S_NS
    row = watched(cut).live_row(now_ns)
    assert row is not None
    assert row.time_ns == now_ns
    assert row.age_s == pytest.approx(2.0, abs=0.01)
    assert row.right_silent_s == pytest.approx(2.0, abs=0.01)
    assert row.left_silent_s == pytest.approx(7.0, abs=0.3)
    assert row.hip_silent_s is None
    assert row.simulated


def test_there_is_no_live_row_of_who_does_not_want_to_be_watched(
    simulate: Simulate,
) -> None:
    run = simulate(5, 40.0)
    hidden = replace(run, meta=msgspec.structs.replace(run.meta, consent_live=False))
    assert watched(hidden).live_row(NOW_NS) is None
    assert LiveSession(Settings()).live_row(NOW_NS) is None


def test_a_session_says_when_it_was_and_how_its_links_did(simulate: Simulate) -> None:
    run = simulate(5, 40.0)
    link = LinkInfo(lost=3, reconnects=1, battery_pct=81, clock_bound_ms=0.7)
    meta = msgspec.structs.replace(run.meta, sensors={"left": SensorInfo(link=link)})
    rows = all_rows(analyse_frames(meta, run.frames()))
    quality = {row.side: row for row in rows if isinstance(row, QualityRow)}
    left, right = quality["left"], quality["right"]
    assert (left.packets_lost, left.reconnects) == (3, 1)
    assert (left.battery_pct, left.clock_bound_ms) == (81, 0.7)
    assert (right.packets_lost, right.battery_pct) == (None, None)
    (session,) = (row for row in rows if isinstance(row, SessionRow))
    first_ns = min(batches[0].t0_ns for batches in run.batches.values())
    assert session.begin_ms == first_ns // 1_000_000
    assert session.end_ms is not None
    assert session.begin_ms is not None
    took_s = (session.end_ms - session.begin_ms) / 1e3
    assert took_s == pytest.approx(session.duration_s, abs=0.002)
