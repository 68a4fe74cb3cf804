import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.sequence import REORDER_WINDOW, Packet, Sequencer


def a_packet(counter: int) -> Packet:
    counts = np.full((2, 6), counter % 1000, dtype=np.int16)
    return Packet(counter, counter * 100, counter * 100 + 7, counts)


def sent_through(counters: list[int], window: int = REORDER_WINDOW) -> list[Packet]:
    sequencer = Sequencer(window)
    released = [p for c in counters for p in sequencer.push(a_packet(c))]
    return released + sequencer.flush()


def flagged(packets: list[Packet]) -> list[int]:
    return [p.counter for p in packets if p.gap_before]


def test_packets_in_order_leave_in_order_without_a_gap() -> None:
    released = sent_through(list(range(40)))
    assert [p.counter for p in released] == list(range(40))
    assert flagged(released) == []


def test_a_swap_at_the_very_start_is_put_right() -> None:
    assert [p.counter for p in sent_through([9, 7, 8, 10, 11])] == [7, 8, 9, 10, 11]


def test_a_lost_packet_is_marked_on_the_one_that_follows_it() -> None:
    released = sent_through([0, 1, 2, 4, 5, 8, *range(9, 20)])
    assert flagged(released) == [4, 8]


def test_a_packet_is_given_up_once_the_window_is_passed() -> None:
    sequencer = Sequencer(window=2)
    for counter in (0, 1, 2, 3):
        sequencer.push(a_packet(counter))
    assert sequencer.push(a_packet(5)) == []
    assert [p.counter for p in sequencer.push(a_packet(7))] == [5]
    assert sequencer.push(a_packet(4)) == []
    assert sequencer.counts.late == 1
    assert sequencer.counts.missing == 1


def test_a_gap_of_a_day_costs_no_memory_and_no_time() -> None:
    far = 10**9
    released = sent_through([*range(10), *range(far, far + 10)])
    assert flagged(released) == [far]


def test_every_copy_of_a_packet_after_the_first_is_counted_and_dropped() -> None:
    sequencer = Sequencer()
    for counter in (0, 1, 1, 2, 0, 3, 4, 5, 6, 6, 2):
        sequencer.push(a_packet(counter))
    sequencer.flush()
    assert sequencer.counts.duplicate == 4
    assert sequencer.counts.released == 7


@st.composite
def radio_weather(draw: st.DrawFn) -> tuple[list[int], set[int]]:
    """Order of arrival: late by less than the window, some doubled, some lost."""
    count = draw(st.integers(1, 60))
    delays = draw(st.lists(st.integers(0, 4), min_size=count, max_size=count))
    lost = draw(st.sets(st.integers(0, count - 1)))
    twice = draw(st.sets(st.integers(0, count - 1)))
    arrivals = [(c + delays[c], c) for c in range(count) if c not in lost]
    arrivals += [(c + delays[c] + 1, c) for c in twice - lost]
    return [c for _, c in sorted(arrivals)], lost


@settings(deadline=None)
@given(radio_weather())
def test_every_packet_leaves_once_in_order_with_exact_gaps(
    weather: tuple[list[int], set[int]],
) -> None:
    arrivals, lost = weather
    released = sent_through(arrivals)
    counters = [p.counter for p in released]
    assert counters == sorted(set(arrivals))
    steps = itertools.pairwise(counters)
    assert flagged(released) == [b for a, b in steps if b - a > 1]
    assert not lost & set(counters)


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), max_size=80), st.integers(1, 6))
def test_any_order_at_all_keeps_time_and_tells_each_missing_packet(
    arrivals: list[int], window: int
) -> None:
    sequencer = Sequencer(window)
    released = [p for c in arrivals for p in sequencer.push(a_packet(c))]
    released += sequencer.flush()
    counters = [p.counter for p in released]
    assert counters == sorted(set(counters))
    counts = sequencer.counts
    assert counts.released == len(counters)
    assert counts.received == counts.released + counts.duplicate + counts.late
    if counters:
        assert counts.missing == counters[-1] - counters[0] + 1 - len(counters)
