import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from collector.devices.two_streams import Piece, TwoStreams
from collector.sequence import Packet

RATE_HZ = 100.0
STEP_NS = 10_000_000


def piece(first: int, n: int, *, shift_ns: int = 0, gap: bool = False) -> Piece:
    """Samples whose counts are their own numbers, so that what is made up shows."""
    numbers = np.arange(first, first + n, dtype=np.int64)
    counts = np.repeat(numbers[:, None] * 5, 3, axis=1).astype(np.int16)
    t_ns = numbers * STEP_NS + shift_ns
    return Piece(t_ns, counts, int(t_ns[-1]) + 1000, gap)


def samples(packets: list[Packet]) -> list[int]:
    return [int(row[0]) // 5 for p in packets for row in p.counts]


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=12),
    st.lists(st.integers(1, 12), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_in_whatever_pieces_they_come_every_sample_that_both_have_leaves_once(
    acc_sizes: list[int], gyro_sizes: list[int], chance: object
) -> None:
    streams = TwoStreams(RATE_HZ)
    both = [("acc", n) for n in acc_sizes] + [("gyro", n) for n in gyro_sizes]
    chance.shuffle(both)  # type: ignore[attr-defined]
    at = {"acc": 0, "gyro": 0}
    packets = []
    for name, n in both:
        add = streams.add_acc if name == "acc" else streams.add_gyro
        packets += add(piece(at[name], n))
        at[name] += n
    n_both = min(at["acc"], at["gyro"])
    assert samples(packets) == list(range(n_both))
    assert [p.counter for p in packets] == list(range(len(packets)))
    counts = np.concatenate([p.counts for p in packets])
    assert np.array_equal(counts[:, :3], counts[:, 3:])
    first_ns = [p.dev_ns for p in packets]
    starts = np.cumsum([0] + [len(p.counts) for p in packets])[:-1]
    assert first_ns == [int(s) * STEP_NS for s in starts]


def test_angular_rate_between_two_samples_is_interpolated() -> None:
    streams = TwoStreams(RATE_HZ)
    streams.add_gyro(piece(0, 10, shift_ns=-4_000_000))
    (packet,) = streams.add_acc(piece(0, 9))
    assert packet.counts[:, 3].tolist() == [5 * k + 2 for k in range(9)]


def test_nothing_is_made_up_where_angular_rates_are_lost() -> None:
    streams = TwoStreams(RATE_HZ)
    packets = streams.add_gyro(piece(0, 10)) + streams.add_acc(piece(0, 10))
    packets += streams.add_acc(piece(10, 10)) + streams.add_acc(piece(20, 10))
    packets += streams.add_gyro(piece(20, 10, gap=True))
    assert samples(packets) == [*range(10), *range(20, 30)]
    assert [p.counter for p in packets] == [0, 2]


def test_lost_accelerations_are_a_jump_of_the_counter_by_their_number() -> None:
    streams = TwoStreams(RATE_HZ)
    packets = streams.add_gyro(piece(0, 60))
    for first in (0, 10, 40):
        packets += streams.add_acc(piece(first, 10, gap=first == 40))
    assert samples(packets) == [*range(20), *range(40, 50)]
    assert [p.counter for p in packets] == [0, 1, 4]


def test_a_piece_that_straddles_a_gap_leaves_as_two_packets() -> None:
    streams = TwoStreams(RATE_HZ)
    streams.add_gyro(piece(0, 8))
    streams.add_gyro(piece(14, 10, gap=True))
    packets = streams.add_acc(piece(0, 20))
    assert samples(packets) == [*range(8), *range(14, 20)]
    assert packets[1].counter >= 2
    assert packets[1].dev_ns == 14 * STEP_NS


def test_before_the_first_angular_rate_there_is_no_packet_and_no_gap() -> None:
    streams = TwoStreams(RATE_HZ)
    packets = streams.add_acc(piece(0, 10)) + streams.add_gyro(piece(5, 10))
    assert samples(packets) == list(range(5, 10))
    assert [p.counter for p in packets] == [0]


def test_memory_stays_small_when_one_of_the_two_stops() -> None:
    only_acc, only_gyro = TwoStreams(RATE_HZ), TwoStreams(RATE_HZ)
    for first in range(0, 5000, 10):
        assert only_acc.add_acc(piece(first, 10)) == []
        assert only_gyro.add_gyro(piece(first, 10)) == []
    assert sum(len(p.t_ns) for p in only_acc._moved) <= 2 * RATE_HZ
    assert len(only_gyro._turned.t_ns) <= 2 * RATE_HZ
    back = only_acc.add_gyro(piece(4900, 120))
    assert samples(back) == list(range(4900, 5000))


def test_when_the_one_that_stopped_comes_back_the_counter_tells_the_gap() -> None:
    streams = TwoStreams(RATE_HZ)
    packets = streams.add_gyro(piece(0, 10)) + streams.add_acc(piece(0, 10))
    for first in range(10, 1010, 10):
        packets += streams.add_acc(piece(first, 10))
    packets += streams.add_gyro(piece(1000, 20, gap=True))
    assert samples(packets) == [*range(10), *range(1000, 1010)]
    assert packets[-1].counter == 1 + 99
