"""What is lost, damaged or poison stops nothing: it is set aside with its reason."""

from dataclasses import replace

import pytest

from contract import topics
from contract.messages import Event, dumps
from contract.model import ImuBatch, Slot
from contract.verdicts import FAILED
from processing.offline import reprocess
from processing.pipeline import SessionAnalysis
from processing.store.base import LostFrames
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until
from tests.processing.live_loop import Acks, LiveLoop, ended, in_time, offline
from tests.processing.simulated_run import SimulatedRun


def test_losses_that_the_collector_tells_do_not_stop_the_flow(
    loop: LiveLoop, acks: Acks
) -> None:
    lost = LostFrames("s1", Slot.LEFT, 0, 100, 104)
    frames = [f for f in loop.frames if f.slot is Slot.RIGHT or not 100 <= f.seq < 105]
    end = ended(loop.run.meta, frames)
    gap = Event(kind="gap", t_ns=0, slot="left", first_seq=100, last_seq=104)
    with loop.processing() as service:
        loop.tell(end)
        loop.send(frames)
        loop.bus.publish(topics.event("ana", "s1"), dumps(gap))
        loop.wait_until_closed()
        assert service.counters.lost == 5
    assert acks.unfounded == []
    assert loop.stored() == offline(end, frames, [lost])


def test_a_damaged_frame_is_set_aside_and_its_good_copy_used(
    loop: LiveLoop, acks: Acks
) -> None:
    frames, end = loop.frames, loop.end()
    payload = bytearray(frames[50].payload)
    payload[70] ^= 4
    with loop.processing():
        loop.tell(end)
        damaged = replace(frames[50], payload=bytes(payload))
        loop.send([*frames[:50], damaged, *frames[51:]])
        wait_until(lambda: acks.reach(frames[:50]))
        assert not acks.reach(frames)
        loop.send([frames[50]])
        loop.wait_until_closed()
    with SqliteStore.open(loop.path, read_only=True) as store:
        (letter,) = store.dead_letters()
    assert "checksum" in letter.reason
    assert loop.stored() == offline(end, frames)


def test_a_poison_frame_is_set_aside_given_up_and_stops_nobody(
    loop: LiveLoop, acks: Acks
) -> None:
    """It arrives as it was sent, each time: waiting for a better one never ends."""
    frames = loop.frames
    bad = frames[50]
    frames = [frame for frame in frames if frame is not bad]
    batch = next(b for b in loop.run.batches[bad.slot] if b.seq == bad.seq)
    poison = loop.run.frame(replace(batch, t0_ns=2**62))
    end = ended(loop.run.meta, frames)
    with loop.processing() as service:
        loop.tell(end)
        loop.send([*frames[:50], poison, *frames[50:]])
        loop.wait_until_closed()
        assert service.counters.dead_letters == 1
    assert acks.unfounded == []
    gone = LostFrames("s1", bad.slot, bad.epoch, bad.seq, bad.seq)
    assert loop.stored() == offline(end, frames, [gone])


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (topics.meta("ana", "s1"), b"{"),
        (topics.meta("ana", "s1"), b'{"runner": "ben"}'),
        (topics.event("ana", "s1"), b"[]"),
        (topics.imu("ana", "s9", Slot.LEFT), b"TW"),
    ],
)
def test_bad_messages_are_kept_with_their_reason_and_the_service_lives(
    loop: LiveLoop, topic: str, payload: bytes
) -> None:
    with loop.processing() as service:
        loop.bus.publish(topic, payload)
        wait_until(lambda: service.counters.dead_letters == 1)
        assert service.is_alive
    with SqliteStore.open(loop.path, read_only=True) as store:
        (letter,) = store.dead_letters()
    assert (letter.topic, letter.payload) == (topic, payload)
    assert letter.reason


def test_a_bug_in_one_session_does_not_stop_the_others(
    loop: LiveLoop,
    acks: Acks,
    two_runs: list[SimulatedRun],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    push = SessionAnalysis.push

    def fails_for_s1(
        analysis: SessionAnalysis, slot: Slot, batches: list[ImuBatch]
    ) -> None:
        if analysis.meta.session == "s1":
            raise ZeroDivisionError
        push(analysis, slot, batches)

    monkeypatch.setattr(SessionAnalysis, "push", fails_for_s1)
    with loop.processing() as service:
        for run in two_runs:
            loop.tell(ended(run.meta, run.frames()))
            loop.send(run.frames())
        loop.wait_until_closed("s2")
        wait_until(lambda: acks.reach(two_runs[0].frames()))
        wait_until(lambda: service.counters.failed_sessions == 1)
        loop.wait_until_closed("s1")
    monkeypatch.undo()
    with SqliteStore.open(loop.path) as store:
        assert store.session("s1").verdict == FAILED
        reprocess(store, "s1")
    meta = ended(two_runs[0].meta, two_runs[0].frames())
    assert loop.stored("s1") == offline(meta, in_time(two_runs[0].frames()))
