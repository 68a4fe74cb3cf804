"""The light through a session, the store and the live loop: the same event everywhere.

The run is four minutes at what is six points from the usual of her earlier runs.
"""

from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import msgspec
import pytest

from contract import topics
from contract.bus import MemoryBus
from contract.messages import Event, LiveTile, loads
from contract.rows import BalanceRow, EventRow, Row, SessionRow
from contract.units import NS_PER_S
from contract.verdicts import (
    ALERT_RAISED,
    AS_USUAL,
    MAIN_METRIC,
    RIGHT_LONGER,
    WHOLE_RUN,
)
from processing.conclusion import Conclusion
from processing.history import past_of
from processing.offline import all_rows, analyse_frames, ends_of, reprocess
from processing.past import Past
from processing.pipeline import SessionAnalysis
from processing.settings import METHOD
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until
from tests.processing.live_loop import LiveLoop
from tests.processing.simulated_run import SimulatedRun, remembered_run
from tests.processing.wire_journeys import Journey, travelled

DAY_NS = 86_400 * NS_PER_S


def the_run() -> SimulatedRun:
    return remembered_run(5, 230.0, 200.0, 6.0, "s1")


@lru_cache(maxsize=1)
def earlier_rows() -> tuple[Row, ...]:
    """Six runs of the days before, six points to the left of this one."""
    run = the_run()
    analysis = SessionAnalysis(run.meta)
    for slot, batches in run.batches.items():
        analysis.push(slot, batches)
    now, found = Conclusion.of(analysis, Past()), analysis.compare()[MAIN_METRIC]
    rows: list[Row] = []
    for day in range(1, 7):
        where = {
            "runner": run.meta.runner,
            "session": f"before-{day}",
            "side": "both",
            "time_ns": run.meta.origin_ns - day * DAY_NS,
        }
        size = found.size - 6.0 + (0.3 if day % 2 else -0.3)
        figures = asdict(found) | {"asi_pct": size, "random_half": 0.4}
        kind = {"window": WHOLE_RUN, "metric": MAIN_METRIC, "source": "shoes"}
        rows.append(BalanceRow(**where, **kind, **figures))
        about = SessionRow(
            **where,
            name="",
            shoe=run.meta.shoe,
            state="ended",
            duration_s=1800.0,
            cadence_spm=now.about.cadence_spm,
            speed_mps=now.about.speed_mps,
            steps=5000,
            rejected=0,
            verdict=AS_USUAL,
            source="shoes",
            baseline_runs=5,
            simulated=True,
            method=METHOD,
        )
        rows.append(about)
    return tuple(rows)


def keep_earlier(path: Path) -> None:
    with SqliteStore.open(path) as store:
        store.write(list(earlier_rows()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "treadwear.db"
    keep_earlier(path)
    return path


@pytest.fixture
def past(path: Path) -> Past:
    with SqliteStore.open(path, read_only=True) as store:
        return past_of(store, the_run().meta)


def alerts(rows: set[Row] | list[Row]) -> list[EventRow]:
    found = [r for r in rows if isinstance(r, EventRow) and r.kind.startswith("alert")]
    return sorted(found, key=lambda row: row.time_ns)


def test_a_run_away_from_her_usual_leaves_one_event_with_its_code(past: Past) -> None:
    run = the_run()
    assert len(past.runs["shoes"]) == 6
    rows = all_rows(analyse_frames(run.meta, run.frames(), past=past))
    (alert,) = alerts(rows)
    assert (alert.kind, alert.code) == (ALERT_RAISED, RIGHT_LONGER)
    at_s = (alert.time_ns - run.meta.origin_ns) / NS_PER_S
    assert at_s % 10 == 0
    assert 120 + 60 <= at_s <= 225
    assert alert.text.startswith("Right foot ")


def test_without_earlier_runs_there_is_no_event() -> None:
    run = the_run()
    assert alerts(all_rows(analyse_frames(run.meta, run.frames()))) == []


@pytest.mark.parametrize(
    "journey",
    [
        Journey(seed=1, window=0, repeats=0, n_portions=40, told_at=1, described_at=0),
        Journey(
            seed=2, window=60, repeats=99, n_portions=9, told_at=1, described_at=0.5
        ),
    ],
)
def test_the_event_is_the_same_however_the_run_came(
    past: Past, journey: Journey
) -> None:
    run = the_run()
    expected = alerts(all_rows(analyse_frames(run.meta, run.frames(), past=past)))
    assert alerts(travelled(run, run.frames(), [], journey, past)) == expected != []


def test_a_run_that_is_analysed_again_has_the_same_event(path: Path) -> None:
    run = the_run()
    meta = msgspec.structs.replace(run.meta, state="ended", ends=ends_of(run.frames()))
    with SqliteStore.open(path) as store:
        store.commit_raw(run.frames(), [meta], [], [])
        found = []
        for _ in range(2):
            reprocess(store, "s1")
            found.append(alerts(store.rows(EventRow, "s1")))
    assert found[0] == found[1] != []


@pytest.fixture
def light_loop(path: Path) -> Iterator[LiveLoop]:
    bus = MemoryBus()
    yield LiveLoop(bus, path, the_run())
    bus.close()


def test_of_who_is_not_to_be_watched_the_event_is_stored_and_not_told(
    light_loop: LiveLoop,
) -> None:
    heard: list[bytes] = []
    tiles: list[LiveTile] = []
    hidden = {"name": "Ana", "consent_live": False}
    bus, replaced = light_loop.bus, msgspec.structs.replace
    bus.subscribe(topics.ALL_EVENTS, lambda _, payload: heard.append(payload))
    bus.subscribe(topics.ALL_LIVE, lambda _, p: tiles.append(loads(p, LiveTile)))
    with light_loop.processing():
        light_loop.tell(replaced(light_loop.run.meta, **hidden))
        light_loop.send(light_loop.frames)
        light_loop.tell(replaced(light_loop.end(), **hidden))
        light_loop.wait_until_closed()
        wait_until(lambda: bool(tiles) and tiles[-1].state == "ended")
    assert len(alerts(light_loop.stored())) == 1
    assert heard == []
    assert {(t.name, t.cadence_spm, t.light.text) for t in tiles} == {("", None, "")}


def test_the_live_loop_says_it_on_the_event_topic_and_on_the_tile(
    light_loop: LiveLoop,
) -> None:
    heard: list[tuple[str, Event]] = []
    tiles: list[LiveTile] = []
    bus = light_loop.bus
    bus.subscribe(
        topics.ALL_EVENTS, lambda t, payload: heard.append((t, loads(payload, Event)))
    )
    bus.subscribe(topics.ALL_LIVE, lambda _, p: tiles.append(loads(p, LiveTile)))
    with light_loop.processing() as service:
        light_loop.tell(light_loop.run.meta)
        light_loop.send(light_loop.frames)
        light_loop.tell(light_loop.end())
        light_loop.wait_until_closed()
        wait_until(lambda: bool(tiles) and tiles[-1].state == "ended")
        assert service.counters.dead_letters == 0
    (row,) = alerts(light_loop.stored())
    ((topic, event),) = heard
    assert topic == topics.event("ana", "s1")
    assert (event.kind, event.code) == (ALERT_RAISED, RIGHT_LONGER)
    assert (event.t_ns, event.text) == (row.time_ns, row.text)
    light = tiles[-1].light
    assert (light.state, light.code) == ("check", RIGHT_LONGER)
    assert light.since_ns == row.time_ns
