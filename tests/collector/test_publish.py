"""Frames and descriptions go out once, in order, and are forgotten when stored."""

import time

import msgspec
import pytest

from contract import topics
from contract.messages import Ack, SessionMeta, StreamEnd, dumps
from contract.model import Slot
from tests.collector.bench import HIP, LEFT, Bench, Processing, in_order
from tests.patience import wait_until

META = SessionMeta(runner="ana", session="s1", origin_ns=5)


def ended_after(n: int) -> SessionMeta:
    """The session when its left shoe has sent that many frames."""
    ends = {"left": StreamEnd(0, n)}
    return msgspec.structs.replace(META, state="ended", ends=ends)


def is_empty_later(bench: Bench) -> bool:
    """Turn the clock by 0.1 s and look whether all has been acknowledged."""
    bench.now_s += 0.1
    return not bench.spool.held_frames


def test_frames_arrive_once_and_in_order_when_all_is_well(bench: Bench) -> None:
    bench.fill(LEFT, range(1000))
    bench.fill(HIP, range(10))
    bench.steps()
    assert bench.arrived() == in_order(1000)
    assert bench.arrived(HIP) == in_order(10)
    assert bench.spool.held_frames == 0
    counts = bench.publisher.counts
    assert (counts.sent, counts.resent, counts.acked) == (1010, 0, 1010)


def test_no_more_than_the_window_is_under_way(bench: Bench) -> None:
    bench.processing.is_there = False
    bench.fill(LEFT, range(500))
    bench.steps(times=20, each_s=0.1)
    assert bench.arrived() == in_order(200)


def test_duplicate_and_old_acknowledgements_change_nothing(bench: Bench) -> None:
    bench.fill(LEFT, range(10))
    bench.steps()
    topic = topics.ack("ana", "s1", Slot.LEFT)
    bench.processing.is_there = False
    bench.fill(LEFT, range(10, 20))
    bench.steps()
    for next_seq in (10, 10, 3, 0):
        bench.bus.publish(topic, dumps(Ack(0, next_seq)))
    bench.steps()
    assert bench.spool.held_frames == 10
    assert bench.publisher.counts.resent == 0


@pytest.mark.parametrize(
    "payload",
    [dumps(Ack(0, 201)), dumps(Ack(0, 400)), dumps(Ack(7, 0)), b"", b"{}", b"\xff"],
)
def test_an_acknowledgement_beyond_what_was_sent_is_ignored(
    bench: Bench, payload: bytes
) -> None:
    bench.processing.is_there = False
    bench.fill(LEFT, range(500))
    bench.steps()
    bench.bus.publish(topics.ack("ana", "s1", Slot.LEFT), payload)
    bench.bus.publish(topics.ack("bob", "s9", Slot.LEFT), dumps(Ack(0, 3)))
    bench.steps()
    assert bench.spool.held_frames == 500


def test_a_later_epoch_waits_until_the_earlier_is_stored(bench: Bench) -> None:
    bench.processing.is_there = False
    bench.fill(LEFT, range(5), epoch=0)
    bench.fill(LEFT, range(5), epoch=1)
    bench.steps(times=10, each_s=1.0)
    assert {epoch for epoch, _ in bench.arrived()} == {0}
    bench.processing.is_there = True
    bench.steps(times=10, each_s=1.0)
    assert bench.processing.stored[LEFT] == in_order(5) + in_order(5, epoch=1)


def test_a_refusing_bus_is_tried_again(bench: Bench) -> None:
    bench.fill(LEFT, range(30))
    bench.bus.refusals = 3
    bench.steps()
    assert bench.arrived() == in_order(30)
    assert bench.publisher.counts.refused == 3


def test_a_session_is_described_at_once_and_again_after_a_reconnect(
    bench: Bench,
) -> None:
    bench.spool.put_meta(META)
    bench.steps()
    assert bench.processing.metas == [META]
    bench.bus.come_back()
    bench.steps()
    assert bench.processing.metas == [META, META]
    late = Processing(bench.bus)
    assert late.metas == [META]  # retained


def test_the_description_of_a_running_session_says_what_waits_on_disk(
    bench: Bench,
) -> None:
    bench.bus.loses = lambda topic: topic.endswith("/ack")
    bench.spool.put_meta(META)
    bench.fill(LEFT, range(30))
    bench.steps()
    assert bench.processing.metas[-1].waiting_frames == 30
    bench.bus.loses = lambda _: False
    bench.bus.come_back()
    bench.steps(times=5, each_s=1.0)
    bench.bus.come_back()
    bench.steps()
    assert bench.processing.metas[-1].waiting_frames == 0


def test_an_ended_session_is_described_until_processing_has_all(bench: Bench) -> None:
    bench.bus.loses = lambda topic: topic.endswith("/ack")
    bench.spool.put_meta(META)
    bench.fill(LEFT, range(30))
    ended = ended_after(30)
    bench.spool.put_meta(ended)
    bench.steps()
    assert bench.spool.metas() == [ended]
    bench.publisher = bench.new_publisher()  # restarted
    bench.bus.loses = lambda _: False
    bench.steps(times=5, each_s=1.0)
    assert bench.spool.metas() == []
    assert bench.processing.metas[-1] == ended


def test_an_end_that_was_lost_is_told_again_once_all_is_stored(bench: Bench) -> None:
    bench.processing.is_there = False
    bench.bus.loses = lambda topic: topic.endswith("/meta")
    bench.fill(LEFT, range(5))
    ended = ended_after(5)
    bench.spool.put_meta(ended)
    bench.steps()
    bench.bus.loses = lambda _: False
    bench.processing.is_there = True
    bench.steps(times=7, each_s=1.0)
    assert bench.processing.metas == [ended]
    assert bench.spool.metas() == []


def test_a_session_is_kept_until_its_end_is_known_to_be_stored(bench: Bench) -> None:
    bench.bus.loses = lambda topic: topic.endswith("/meta")
    bench.fill(LEFT, range(5))
    ended = ended_after(5)
    bench.spool.put_meta(ended)
    bench.steps(times=30, each_s=1.0)
    assert bench.spool.is_stored("ana", "s1")
    assert bench.spool.metas() == [ended]
    bench.publisher = bench.new_publisher()  # a later process, with no frame left
    bench.bus.loses = lambda _: False
    bench.steps(times=5, each_s=1.0)
    assert bench.processing.metas == [ended]
    assert bench.spool.metas() == []


def test_a_run_stopped_before_its_first_frame_is_told_to_have_ended(
    bench: Bench,
) -> None:
    ended = msgspec.structs.replace(META, state="ended")
    bench.spool.put_meta(META)
    # It is stopped in the very moment in which its beginning is told.
    bench.bus.subscribe(topics.ALL_META, lambda *_: bench.spool.put_meta(ended))
    bench.steps(times=3)
    assert bench.processing.metas[0] == META
    assert bench.processing.metas[-1] == ended


def test_the_thread_sends_without_being_stepped(bench: Bench) -> None:
    bench.publisher.start()
    bench.fill(LEFT, range(500))
    bench.publisher.wake()
    wait_until(lambda: not bench.spool.held_frames)
    bench.publisher.close()
    assert bench.processing.stored[LEFT] == in_order(500)


def test_another_thread_fault_than_the_bus_does_not_end_sending(bench: Bench) -> None:
    # The disk refuses to forget frames for a while: an acknowledgement cannot be kept.
    bench.fill(LEFT, range(5))
    bench.spool._connection.execute("PRAGMA query_only = ON")
    bench.publisher.start()
    time.sleep(0.3)
    bench.spool._connection.execute("PRAGMA query_only = OFF")
    bench.now_s += 10
    wait_until(lambda: is_empty_later(bench))
    bench.publisher.close()
    assert bench.processing.stored[LEFT] == in_order(5)
