"""What the spool had to drop is told, and the rest arrives under any loss."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.spool import Spool
from contract import topics
from contract.messages import Event, loads
from tests.collector.bench import LEFT, Bench, Place, in_order


def test_a_full_spool_reports_the_loss_and_goes_on(small: Bench) -> None:
    small.bus.is_away = True
    small.fill(LEFT, range(50))
    small.steps()
    small.bus.come_back()
    small.steps()
    assert small.processing.stored[LEFT] == in_order(50, first=30)
    (gap,) = small.processing.gaps
    assert (gap.kind, gap.slot) == ("gap", "left")
    assert (gap.epoch, gap.first_seq, gap.last_seq) == (0, 0, 29)
    assert small.spool.gaps(LEFT) == []
    assert small.publisher.counts.dropped == 30


def test_a_loss_among_frames_under_way_is_reported(small: Bench) -> None:
    small.fill(LEFT, range(10))
    small.steps()
    small.processing.is_there = False
    small.fill(LEFT, range(10, 25))
    small.steps()
    small.fill(LEFT, range(25, 60))
    small.steps(times=5)
    small.processing.is_there = True
    small.steps(times=10, each_s=1.0)
    assert small.processing.stored[LEFT] == in_order(10) + in_order(60, first=40)
    assert small.processing.gaps[-1].last_seq == 39
    assert small.spool.held_frames == 0
    assert small.spool.gaps(LEFT) == []


def test_a_loss_is_told_again_until_acknowledged_past(small: Bench) -> None:
    small.bus.loses = lambda topic: topic.endswith("/event")
    small.fill(LEFT, range(30))
    small.steps(times=8, each_s=1.0)
    assert small.spool.gaps(LEFT) != []
    small.bus.loses = lambda _: False
    small.steps(times=8, each_s=1.0)
    assert small.spool.gaps(LEFT) == []
    assert small.processing.stored[LEFT] == in_order(30, first=10)


def test_an_epoch_lost_as_a_whole_does_not_stop_the_next(small: Bench) -> None:
    small.bus.is_away = True
    small.fill(LEFT, range(8), epoch=0)
    small.fill(LEFT, range(20), epoch=1)
    small.bus.come_back()
    small.steps(times=10, each_s=1.0)
    assert small.processing.stored[LEFT] == in_order(20, epoch=1)
    assert small.spool.gaps(LEFT) == []


def test_a_loss_in_a_later_epoch_is_told_after_the_earlier_one(small: Bench) -> None:
    small.processing.is_there = False
    small.fill(LEFT, range(8), epoch=0)
    small.fill(LEFT, range(30), epoch=1)
    told: list[int] = []
    small.bus.subscribe(
        topics.ALL_EVENTS, lambda _, p: told.append(loads(p, Event).epoch)
    )
    small.steps(times=2)
    assert told == [0]
    small.processing.is_there = True
    small.steps(times=8, each_s=1.0)
    assert 1 in told
    assert small.processing.stored[LEFT] == in_order(30, epoch=1, first=10)


def test_the_next_epoch_goes_on_even_if_nobody_acknowledges_a_loss(
    small: Bench,
) -> None:
    small.bus.loses = lambda topic: topic.endswith("/event")
    small.fill(LEFT, range(8), epoch=0)
    small.fill(LEFT, range(20), epoch=1)
    small.publisher.step()
    assert small.arrived() == []
    small.steps(times=10, each_s=1.0)
    assert small.processing.stored[LEFT] == in_order(20, epoch=1)


Action = tuple[str, int]


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["frames", "frames", "epoch", "step", "refuse", "lose", "away", "back"]
        ),
        st.integers(1, 60),
    ),
    max_size=40,
)


@given(actions=ACTIONS, lossy=st.integers(0, 2**32 - 1), share=st.floats(0, 0.7))
@settings(max_examples=40)
def test_every_frame_arrives_in_order_per_epoch_under_any_loss(
    actions: list[Action], lossy: int, share: float
) -> None:
    chance = np.random.default_rng(lossy)
    with TemporaryDirectory() as directory:
        spool = Spool(Path(directory) / "spool.db")
        try:
            check_all_arrives(Bench(spool), actions, lambda: chance.random() < share)
        finally:
            spool.close()


def check_all_arrives(
    bench: Bench, actions: list[Action], is_lost: Callable[[], bool]
) -> None:
    epoch, seq, appended = 0, 0, []
    for action, amount in actions:
        if action == "frames":
            bench.fill(LEFT, range(seq, seq + amount), epoch)
            appended += in_order(seq + amount, epoch, seq)
            seq += amount
        elif action == "epoch":
            epoch, seq = epoch + 1, 0
        elif action == "refuse":
            bench.bus.refusals = amount
        elif action == "lose":
            bench.bus.loses = lambda _: is_lost()
        elif action == "away":
            bench.processing.is_there = False
        elif action == "back":
            bench.processing.is_there = True
            bench.bus.come_back()
        bench.steps(times=2, each_s=amount / 10)
        first = list(dict.fromkeys(bench.arrived()))
        assert no_epoch_begins_early(bench, appended), first
    bench.bus.loses, bench.bus.refusals = lambda _: False, 0
    bench.processing.is_there = True
    bench.steps(times=60, each_s=1.0)
    assert bench.processing.stored.get(LEFT, []) == appended
    assert set(bench.arrived()) == set(appended)
    assert bench.spool.held_frames == 0


def no_epoch_begins_early(bench: Bench, appended: list[Place]) -> bool:
    """Whether processing had all of each epoch before the next one came."""
    begun = max((epoch for epoch, _ in bench.arrived()), default=0)
    stored = set(bench.processing.stored.get(LEFT, []))
    return all(place in stored for place in appended if place[0] < begun)
