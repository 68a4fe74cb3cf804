import pytest

from collector.devices.stamps import (
    Stamp,
    packets_lost,
    refuse_backward,
    refuse_implausible,
)
from contract.errors import PacketError

S = 1_000_000_000


def test_the_first_stamp_of_a_connection_is_taken_as_it_is() -> None:
    refuse_implausible(Stamp(99 * S, 0), None)
    refuse_backward(Stamp(0, 0), None)


def test_a_burst_after_the_sensor_was_out_of_range_is_credible() -> None:
    refuse_implausible(Stamp(1 * S, 6 * S), Stamp(0, 0))
    refuse_implausible(Stamp(7 * S, 6 * S), Stamp(1 * S, 6 * S))


@pytest.mark.parametrize("dev_s", [-10, 11, 10_000])
def test_a_stamp_ten_seconds_off_is_not(dev_s: int) -> None:
    with pytest.raises(PacketError, match="off the one before"):
        refuse_implausible(Stamp(dev_s * S, S), Stamp(0, 0))


def test_time_does_not_go_back() -> None:
    refuse_backward(Stamp(5, 9), Stamp(5, 8))
    with pytest.raises(PacketError, match="goes back"):
        refuse_backward(Stamp(4, 9), Stamp(5, 8))


@pytest.mark.parametrize(
    ("missing", "n", "lost"),
    [
        (0, 8, 0),
        (0.32, 8, 0),  # a label that is 4 % wrong
        (-3, 8, 0),
        (8, 8, 1),
        (7.5, 8, 1),
        (24, 8, 3),
        (1, 1, 1),
        (0.4, 1, 0),
        (20, 60, 1),  # a frame of 20 lost before one of 60
        (5, 60, 0),
    ],
)
def test_missing_samples_are_told_from_a_rate_that_is_not_the_label(
    missing: float, n: int, lost: int
) -> None:
    assert packets_lost(missing, n) == lost
