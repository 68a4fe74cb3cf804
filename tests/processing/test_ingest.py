import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import wire
from contract.messages import Ack
from contract.model import FrameFlag, ImuBatch, Slot
from processing.ingest import StreamOrder
from processing.session import LiveSession
from processing.settings import Settings
from processing.store.base import LostFrames, RawFrame

GAP = FrameFlag.GAP_BEFORE
Given = list[tuple[int, int, bool]]


def frame(seq: int, epoch: int = 0) -> ImuBatch:
    counts = np.full((1, 6), seq, np.int16)
    return ImuBatch(Slot.LEFT, epoch, seq, seq, seq, 200.0, 0.005, 0.001, counts)


def taken(order: StreamOrder) -> Given:
    """Epoch, seq and gap flag of what comes out."""
    return [(b.epoch, b.seq, bool(b.flags & GAP)) for b in order.take()]


def seqs(order: StreamOrder) -> list[int]:
    return [seq for _, seq, _ in taken(order)]


def test_frames_in_order_pass_at_once() -> None:
    order = StreamOrder()
    for seq in range(3):
        assert order.accept(frame(seq))
        assert taken(order) == [(0, seq, False)]
    assert order.ack == Ack(0, 3)


def test_nothing_is_acknowledged_before_the_first_frame() -> None:
    assert StreamOrder().ack is None


def test_a_frame_that_comes_again_is_counted_and_dropped() -> None:
    order = StreamOrder()
    assert order.accept(frame(0))
    assert not order.accept(frame(0))
    assert order.accept(frame(2))
    assert not order.accept(frame(2))
    assert order.duplicates == 2
    assert seqs(order) == [0]


def test_an_early_frame_waits_and_is_not_acknowledged() -> None:
    order = StreamOrder()
    order.accept(frame(0))
    order.accept(frame(2))
    assert order.ack == Ack(0, 1)
    assert seqs(order) == [0]
    order.accept(frame(1))
    assert order.ack == Ack(0, 3)
    assert taken(order) == [(0, 1, False), (0, 2, False)]
    assert order.reordered == 1


def test_what_is_lost_for_ever_is_skipped_and_marked() -> None:
    order = StreamOrder()
    for seq in (0, 3, 4):
        order.accept(frame(seq))
    order.lose(0, 1, 2)
    assert taken(order) == [(0, 0, False), (0, 3, True), (0, 4, False)]
    assert order.ack == Ack(0, 5)


def test_a_loss_may_be_told_before_what_follows_it() -> None:
    order = StreamOrder()
    order.lose(0, 0, 4)
    assert order.ack == Ack(0, 5)
    order.accept(frame(5))
    assert taken(order) == [(0, 5, True)]


def test_a_frame_that_came_before_its_loss_was_told_is_used_in_its_place() -> None:
    order = StreamOrder()
    for seq in (0, 4, 7):
        order.accept(frame(seq))
    order.lose(0, 1, 6)
    assert taken(order) == [(0, 0, False), (0, 4, True), (0, 7, True)]


def test_a_frame_that_was_given_up_and_comes_late_is_not_taken_out_of_order() -> None:
    order = StreamOrder()
    order.accept(frame(0))
    order.lose(0, 1, 2)
    order.accept(frame(3))
    assert not order.accept(frame(1))
    assert seqs(order) == [0, 3]


def test_a_new_epoch_ends_the_old_one_and_marks_only_where_frames_are_missing() -> None:
    order = StreamOrder()
    for seq in (0, 2, 3):
        order.accept(frame(seq))
    order.accept(frame(0, epoch=1))
    expected = [(0, 0, False), (0, 2, True), (0, 3, False), (1, 0, False)]
    assert taken(order) == expected
    assert order.ack == Ack(1, 1)


def test_an_old_epoch_is_over_for_good() -> None:
    order = StreamOrder()
    order.accept(frame(0, epoch=2))
    assert not order.accept(frame(7, epoch=1))
    order.lose(1, 0, 9)
    assert seqs(order) == [0]
    assert order.ack == Ack(2, 1)


def test_an_impossible_loss_changes_nothing() -> None:
    order = StreamOrder()
    order.lose(0, 5, 3)
    assert order.ack is None


def test_a_place_is_reached_when_everything_below_it_has_come() -> None:
    order = StreamOrder()
    order.accept(frame(0, epoch=1))
    assert order.has_reached(1, 1)
    assert order.has_reached(0, 99)
    assert not order.has_reached(1, 2)


@given(data=st.data(), n=st.integers(1, 30))
@settings(max_examples=100)
def test_whatever_the_wire_does_each_frame_comes_out_once_in_order(
    data: st.DataObject, n: int
) -> None:
    is_lost = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    sent = [seq for seq in range(n) if not is_lost[seq]]
    again = data.draw(
        st.lists(st.sampled_from(sent), max_size=9) if sent else st.just([])
    )
    told = [("lose", seq) for seq in range(n) if is_lost[seq]]
    news = [("frame", seq) for seq in sent + again] + told
    order = StreamOrder()
    out: Given = []
    for what, seq in data.draw(st.permutations(news)):
        if what == "frame":
            order.accept(frame(seq))
        else:
            order.lose(0, seq, seq)
        out += taken(order)
    assert out == [(0, seq, seq > 0 and is_lost[seq - 1]) for seq in sent]
    assert order.ack == Ack(0, n)


def restored(frames: list[ImuBatch], lost: list[LostFrames]) -> LiveSession:
    session = LiveSession(Settings())
    raw = [
        RawFrame("ana", "s1", b.slot, b.epoch, b.seq, wire.encode(b))
        for b in sorted(frames, key=lambda b: (b.epoch, b.seq))
    ]
    session.restore(raw, lost)
    return session


@given(
    news=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 12), st.integers(-1, 4)),
        max_size=40,
    )
)
@settings(max_examples=200)
def test_a_stream_read_back_from_disk_comes_out_as_it_did_live(
    news: list[tuple[int, int, int]],
) -> None:
    """Epochs come one after the other; within one, frames and losses come anyhow."""
    order, kept, lost = StreamOrder(), [], []
    for epoch, seq, span in sorted(news, key=lambda piece: piece[0]):
        if span < 0 or span > 1:  # frames are commoner than losses
            if order.accept(frame(seq, epoch)):
                kept.append(frame(seq, epoch))
        else:
            order.lose(epoch, seq, seq + span)
            lost.append(LostFrames("s1", Slot.LEFT, epoch, seq, seq + span))
    again = restored(kept, lost).stream(Slot.LEFT)
    assert taken(again) == taken(order)
    assert again.ack == order.ack


def test_reading_back_does_not_invent_reordered_frames() -> None:
    kept = [frame(seq) for seq in (0, 3, 4, 5)]
    again = restored(kept, [LostFrames("s1", Slot.LEFT, 0, 1, 2)])
    assert again.stream(Slot.LEFT).reordered == 0
