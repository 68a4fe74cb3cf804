"""What is asked for again: each missing packet, a few times, never a flood."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from collector.repair import ASK_NS, EACH_NS, MOST_ASKS, Repairs, as_ranges

SECOND = 10**9


def test_a_missing_packet_is_asked_for_at_once_and_then_once_in_a_while() -> None:
    repairs = Repairs()
    assert repairs.to_ask([(7, 9)], 0) == [(7, 9)]
    assert repairs.to_ask([(7, 9)], ASK_NS // 2) == []
    assert repairs.to_ask([(7, 9)], ASK_NS + 3 * EACH_NS) == [(7, 9)]


def test_what_came_in_between_is_not_asked_for_again() -> None:
    repairs = Repairs()
    repairs.to_ask([(7, 9)], 0)
    assert repairs.to_ask([(7, 7), (9, 9)], 2 * SECOND) == [(7, 7), (9, 9)]


def test_a_new_loss_does_not_wait_for_an_old_one() -> None:
    repairs = Repairs()
    repairs.to_ask([(7, 9)], 0)
    assert repairs.to_ask([(7, 9), (20, 20)], SECOND // 4) == [(20, 20)]


def test_many_that_are_under_way_get_the_time_that_the_radio_needs() -> None:
    repairs = Repairs()
    repairs.to_ask([(0, 299)], 0)
    assert repairs.to_ask([(0, 299)], 10 * SECOND) == []
    assert repairs.to_ask([(0, 299)], 12 * SECOND) == [(0, 299)]


def test_after_four_times_a_packet_is_hopeless_and_none_before_it_is_waited_for() -> (
    None
):
    repairs = Repairs()
    for turn in range(MOST_ASKS):
        assert repairs.hopeless() is None
        assert repairs.to_ask([(7, 9)], turn * 2 * SECOND) == [(7, 9)]
    assert repairs.to_ask([(7, 9)], MOST_ASKS * 2 * SECOND) == []
    assert repairs.hopeless() == 9
    repairs.to_ask([], MOST_ASKS * 2 * SECOND)
    assert repairs.hopeless() is None


@given(st.sets(st.integers(0, 400), max_size=60))
def test_ranges_are_the_same_numbers_in_as_few_pieces_as_can_be(
    counters: set[int],
) -> None:
    ranges = as_ranges(sorted(counters))
    assert [c for a, b in ranges for c in range(a, b + 1)] == sorted(counters)
    assert all(b + 1 < c for (_, b), (c, _) in pairwise(ranges))


@given(
    st.lists(
        st.tuples(st.sets(st.integers(0, 30), max_size=12), st.floats(0, 3)),
        max_size=30,
    )
)
def test_nothing_is_asked_for_that_is_not_missing_nor_more_often_than_four_times(
    looks: list[tuple[set[int], float]],
) -> None:
    """However long the sensor says nothing, or answers a part."""
    repairs, now_ns, times = Repairs(), 0, dict.fromkeys(range(31), 0)
    for missing, later_s in looks:
        now_ns += round(later_s * SECOND)
        times = {c: n if c in missing else 0 for c, n in times.items()}
        for first, last in repairs.to_ask(as_ranges(sorted(missing)), now_ns):
            for counter in range(first, last + 1):
                assert counter in missing
                times[counter] += 1
    assert all(n <= MOST_ASKS for n in times.values())
