"""What was not acknowledged goes again: after silence, a lost line, a restart."""

from pathlib import Path

from collector.spool import Spool
from contract import topics
from contract.messages import Ack, dumps
from contract.model import Slot
from tests.collector.bench import LEFT, Bench, in_order


def test_without_progress_frames_go_again_from_the_acknowledged_one(
    bench: Bench,
) -> None:
    bench.fill(LEFT, range(40))
    bench.steps()
    bench.processing.is_there = False
    bench.fill(LEFT, range(40, 100))
    bench.steps()
    bench.processing.arrivals.clear()
    bench.now_s += 2.9
    bench.steps()
    assert bench.arrived() == []
    bench.now_s += 0.2
    bench.steps()
    assert bench.arrived() == in_order(50, first=40)
    assert bench.publisher.counts.resent == 10


def test_processing_that_was_away_for_an_hour_gets_everything(bench: Bench) -> None:
    bench.processing.is_there = False
    for seq in range(600):
        bench.fill(LEFT, range(seq, seq + 1))
        bench.publisher.step()
        bench.now_s += 6.0
    # Ten a probe, not the whole window: the broker's queue must not fill.
    assert len(bench.arrived()) < 200 + 600 * 12
    bench.processing.is_there = True
    bench.steps(times=20, each_s=1.0)
    assert bench.processing.stored[LEFT] == in_order(600)
    assert bench.spool.held_frames == 0


def test_after_a_reconnect_frames_go_again_at_once(bench: Bench) -> None:
    bench.processing.is_there = False
    bench.fill(LEFT, range(50))
    bench.steps()
    bench.bus.is_away = True
    bench.steps()
    bench.processing.arrivals.clear()
    bench.processing.is_there = True
    bench.bus.come_back()
    bench.steps()
    assert bench.processing.stored[LEFT] == in_order(50)
    assert bench.arrived() == in_order(50)


def test_lost_acknowledgements_only_cost_a_resend(bench: Bench) -> None:
    bench.bus.loses = lambda topic: topic.endswith("/ack")
    bench.fill(LEFT, range(30))
    bench.steps()
    assert bench.spool.held_frames == 30
    bench.bus.loses = lambda _: False
    bench.steps(times=5, each_s=1.0)
    assert bench.spool.held_frames == 0
    assert bench.processing.stored[LEFT] == in_order(30)


def test_a_restarted_collector_goes_on_with_the_same_spool(tmp_path: Path) -> None:
    first = Bench(Spool(tmp_path / "spool.db"))
    first.bus.loses = lambda topic: topic.endswith("/ack")
    first.fill(LEFT, range(100))
    first.steps()
    first.spool._connection.close()  # as the end of its process does
    second = Bench(Spool(tmp_path / "spool.db"))
    second.processing = first.processing
    second.processing.bus = second.bus = first.bus
    second.bus.loses = lambda _: False
    second.publisher = second.new_publisher()
    second.steps()
    assert second.spool.held_frames == 0
    assert second.processing.stored[LEFT] == in_order(100)
    second.spool.close()


def test_a_retained_acknowledgement_saves_a_restarted_collector_the_resend(
    bench: Bench,
) -> None:
    bench.fill(LEFT, range(100))
    topic = topics.ack("ana", "s1", Slot.LEFT)
    bench.bus.publish(topic, dumps(Ack(0, 60)), retain=True)
    bench.processing.next[LEFT] = (0, 60)
    bench.publisher = bench.new_publisher()
    bench.steps()
    assert bench.arrived() == in_order(100, first=60)
