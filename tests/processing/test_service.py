"""The live loop: what comes over the bus is stored, acknowledged and analysed."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.simulated.traits import draw_runner
from contract import topics
from contract.errors import StoreError
from contract.messages import Ack, LiveTile, SessionMeta, StreamEnd, loads
from contract.model import Slot
from contract.people import Mount
from contract.rows import FindingRow, HipStepRow, SessionRow, StepRow
from contract.verdicts import HIP_ONLY
from processing.history import past_of
from processing.offline import all_rows, analyse_frames, ends_of
from processing.service import ProcessingService
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until
from tests.processing.live_loop import (
    Acks,
    LiveLoop,
    comparable,
    ended,
    in_time,
    offline,
)
from tests.processing.simulated_run import (
    ORIGIN_NS,
    SimulatedRun,
    clean,
    make_run,
    meta_of,
)

DAY_NS = 86_400_000_000_000


def test_a_run_over_the_bus_leaves_the_rows_of_the_analysis_at_once(
    loop: LiveLoop,
) -> None:
    frames, end = loop.frames, loop.end()
    with loop.processing() as service:
        loop.tell(loop.run.meta)
        loop.send(frames)
        loop.tell(end)
        loop.wait_until_closed()
        assert service.is_alive
        assert service.fault is None
        assert service.counters.stored == len(frames)
        assert service.counters.dead_letters == service.counters.duplicates == 0
    assert loop.stored() == offline(end, frames)
    with SqliteStore.open(loop.path, read_only=True) as store:
        assert len(list(store.frames("s1"))) == len(frames)
        assert store.session("s1").state == "ended"


def test_nothing_is_acknowledged_before_it_is_on_disk(
    loop: LiveLoop, acks: Acks
) -> None:
    frames = loop.frames[:300]
    with loop.processing():
        loop.tell(loop.run.meta)
        for part in (frames[::2], frames):
            loop.send(part)
        wait_until(lambda: acks.reach(frames))
    assert acks.unfounded == []


def test_a_missing_frame_holds_the_acknowledgement_back(
    loop: LiveLoop, acks: Acks
) -> None:
    left = [frame for frame in loop.run.frames() if frame.slot is Slot.LEFT][:10]
    with loop.processing() as service:
        loop.send(left[:4] + left[5:])
        wait_until(lambda: service.counters.stored == 9)
    assert acks.last["s1", Slot.LEFT] == Ack(0, 4)
    with loop.processing():
        loop.send([left[4]])
    assert acks.last["s1", Slot.LEFT] == Ack(0, 10)
    assert acks.unfounded == []


def test_a_frame_that_comes_again_is_acknowledged_again_and_stored_once(
    loop: LiveLoop, acks: Acks
) -> None:
    """The first acknowledgement may have been lost with the broker."""
    left = [frame for frame in loop.run.frames() if frame.slot is Slot.LEFT][:3]
    with loop.processing() as service:
        loop.send(left)
        wait_until(lambda: acks.reach(left))
        acks.last.clear()
        loop.send(left[:1])
        wait_until(lambda: bool(acks.last))
        assert (service.counters.stored, service.counters.duplicates) == (3, 1)
    assert acks.last["s1", Slot.LEFT] == Ack(0, 3)


def test_frames_that_come_before_their_description_are_kept_and_analysed_later(
    loop: LiveLoop, acks: Acks
) -> None:
    frames, end = loop.frames, loop.end()
    with loop.processing():
        loop.send(frames)
        wait_until(lambda: acks.reach(frames))
        loop.tell(end)
        loop.wait_until_closed()
    assert loop.stored() == offline(end, frames)


def test_an_end_is_acknowledged_also_when_it_is_told_again_long_after(
    loop: LiveLoop, acks: Acks
) -> None:
    end = loop.end()
    whole = {
        ("s1", Slot.from_word(word)): Ack(place.epoch, place.next_seq, is_over=True)
        for word, place in end.ends.items()
    }
    with loop.processing():
        loop.send(loop.frames)
        loop.tell(end)
        loop.wait_until_closed()
    assert acks.last == whole
    acks.last.clear()
    with loop.processing():  # started again: the session is not in its memory
        loop.tell(end)
        wait_until(lambda: len(acks.last) == len(whole))
    assert acks.last == whole


def test_two_sessions_at_once_do_not_touch_each_other(
    loop: LiveLoop, two_runs: list[SimulatedRun]
) -> None:
    ends = {run.meta.session: ended(run.meta, run.frames()) for run in two_runs}
    with loop.processing():
        for meta in ends.values():
            loop.tell(meta)
        loop.send(in_time(two_runs[0].frames() + two_runs[1].frames()))
        for name in ends:
            loop.wait_until_closed(name)
    for run in two_runs:
        name = run.meta.session
        assert loop.stored(name) == offline(ends[name], in_time(run.frames()))


def test_a_store_that_cannot_be_opened_is_said_before_anything_starts(
    loop: LiveLoop, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    service = ProcessingService(loop.bus, tmp_path / "taken" / "treadwear.db")
    with pytest.raises(StoreError):
        service.start()
    assert not service.is_alive


def test_the_live_tile_goes_from_calibrating_to_live_to_ended(
    loop: LiveLoop,
    simulate: Callable[..., SimulatedRun],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("processing.turns.TILE_EVERY_S", 0.0)
    monkeypatch.setattr("processing.turns.TURN_EVERY_S", 0.01)
    run = simulate(5, 60.0)
    tiles: list[LiveTile] = []
    loop.bus.subscribe(
        topics.ALL_LIVE, lambda _, payload: tiles.append(loads(payload, LiveTile))
    )
    frames = in_time(run.frames())
    with loop.processing() as service:
        loop.tell(run.meta)
        for begin in range(0, len(frames), 40):
            loop.send(frames[begin : begin + 40])
            sent = min(begin + 40, len(frames))
            wait_until(lambda n=sent: service.counters.stored == n)  # type: ignore[misc]
            wait_until(lambda n=begin // 40: len(tiles) > n)  # type: ignore[misc]
        loop.tell(ended(run.meta, frames))
        loop.wait_until_closed()
    states = [state for state, _ in itertools.groupby(tile.state for tile in tiles)]
    assert states == ["calibrating", "warming", "live", "ended"]
    times = [tile.data_t_ns for tile in tiles]
    assert times == sorted(times)
    shown = [tile for tile in tiles if tile.asi_pct is not None]
    assert {tile.state for tile in shown} == {"live"}


def test_a_session_without_any_data_can_end(loop: LiveLoop) -> None:
    meta = SessionMeta(runner="ana", session="s1", origin_ns=5, state="ended")
    with loop.processing():
        loop.tell(meta)
        loop.wait_until_closed()
    with SqliteStore.open(loop.path, read_only=True) as store:
        (row,) = store.rows(SessionRow, "s1")
    assert (row.steps, row.state, row.duration_s) == (0, "ended", 0.0)


def test_ends_name_one_past_the_last_frame(loop: LiveLoop) -> None:
    ends = ends_of(loop.run.frames())
    assert ends["left"] == StreamEnd(0, len(loop.run.batches[Slot.LEFT]))


def sent(loop: LiveLoop, run: SimulatedRun) -> SessionMeta:
    """Send a whole run and wait until it is closed; gives its last description."""
    frames = in_time(run.frames())
    end = ended(run.meta, frames)
    loop.tell(run.meta)
    loop.send(frames)
    loop.tell(end)
    loop.wait_until_closed(run.meta.session)
    return end


def test_how_the_sensors_sat_is_kept_when_the_run_is_over(loop: LiveLoop) -> None:
    with loop.processing():
        end = sent(loop, loop.run)
    analysis = analyse_frames(end, loop.frames).analysis
    assert analysis is not None
    with SqliteStore.open(loop.path, read_only=True) as store:
        kept = {r.record.slot: r.record for r in store.records(Mount, "ana")}
    assert kept == {slot.word: m for slot, m in analysis.mounts().items()}
    assert set(kept) == {"left", "right"}


def test_a_run_is_judged_by_the_runs_before_it_also_when_it_comes_live(
    loop: LiveLoop,
) -> None:
    traits = draw_runner(5, contact_asymmetry_pct=12.0)
    runs = [
        make_run(
            traits,
            40 + day,
            50.0,
            clean(),
            meta_of(f"d{day}", ORIGIN_NS + day * DAY_NS),
        )
        for day in range(2)
    ]
    with loop.processing():
        ends = [sent(loop, run) for run in runs]
    frames = in_time(runs[1].frames())
    with SqliteStore.open(loop.path, read_only=True) as store:
        past = past_of(store, ends[1])
    assert past.mounts
    expected = comparable(all_rows(analyse_frames(ends[1], frames, past=past)))
    assert loop.stored("d1") == expected
    findings = [row for row in expected if isinstance(row, FindingRow)]
    assert findings
    assert {row.since for row in findings} != {
        row.since for row in loop.stored("d0") if isinstance(row, FindingRow)
    }


def test_a_hip_alone_ends_as_hip_only(
    loop: LiveLoop, simulate: Callable[..., SimulatedRun]
) -> None:
    with loop.processing():
        sent(loop, simulate(5, 40.0, slots=(Slot.HIP,)))
    with SqliteStore.open(loop.path, read_only=True) as store:
        assert store.session("s1").verdict == HIP_ONLY
        assert store.rows(StepRow, "s1") == []
        assert len(store.rows(HipStepRow, "s1")) > 80
