from itertools import pairwise

import numpy as np
import pytest

from collector.devices.base import Read, Step, Subscribe, Wanted, Write, perform
from collector.devices.metawear import MetaWear
from collector.sequence import Packet
from contract.errors import PacketError, SensorError
from firmware_config.profile import profile_of
from tests.collector.vendor_encoders import Counts, counts_of, metawear_packed

ACC, GYRO = b"\x03\x1c", b"\x13\x07"
PERIOD_NS = 5_000_000


def no_answer(step: Step) -> bytes:
    return b"\x37" if step == Read("battery", is_optional=True) else b""


def started() -> MetaWear:
    driver = MetaWear(profile_of("metawear"))
    perform(driver.start(Wanted(200, 16, 2000)), no_answer)
    return driver


def streamed(driver: MetaWear, counts: Counts, lost: range = range(0)) -> list[Packet]:
    """Three samples at a time, evenly; those whose number is lost do not come."""
    packets: list[Packet] = []
    for number, start in enumerate(range(0, len(counts), 3)):
        if number in lost:
            continue
        part = counts[start : start + 3]
        arrival_ns = (start + 3) * PERIOD_NS
        for head, columns in ((ACC, slice(0, 3)), (GYRO, slice(3, 6))):
            payload = metawear_packed(head, part[:, columns])
            heard = driver.decode("notify", payload, arrival_ns)
            packets += [p for p in heard if isinstance(p, Packet)]
    return packets


def test_a_run_comes_back_sample_by_sample_at_the_rate() -> None:
    counts = counts_of(5, 3000)
    packets = streamed(started(), counts)
    assert np.array_equal(np.concatenate([p.counts for p in packets]), counts)
    assert [p.counter for p in packets] == list(range(len(packets)))
    steps = [b.dev_ns - a.dev_ns for a, b in pairwise(packets)]
    assert steps == pytest.approx([3 * PERIOD_NS] * len(steps), abs=1000)


def test_a_long_loss_is_a_jump_of_the_counter_a_second_later() -> None:
    counts = counts_of(5, 3000)
    packets = streamed(started(), counts, lost=range(400, 420))
    jumps = {b.counter - a.counter for a, b in pairwise(packets)} - {1}
    assert len(jumps) == 1
    assert 18 <= jumps.pop() - 1 <= 22
    assert packets[-1].dev_ns == pytest.approx(2998 * PERIOD_NS, abs=3e6)


def test_the_start_sets_rate_and_ranges_then_starts_both() -> None:
    driver = MetaWear(profile_of("metawear"))
    steps = perform(driver.start(Wanted(100, 8, 500)), no_answer)
    assert steps[0] == Subscribe("notify")
    written = [s.payload.hex() for s in steps if isinstance(s, Write)]
    assert written == [
        "03032808",
        "13032802",
        "031c01",
        "130701",
        "03020100",
        "13020100",
        "030101",
        "130101",
    ]
    assert not driver.continues


def test_the_stop_ends_both() -> None:
    written = [s.payload for s in perform(started().stop(), no_answer)]  # type: ignore[union-attr]
    assert b"\x03\x01\x00" in written
    assert b"\x13\x01\x00" in written


def test_a_rate_that_it_does_not_have_is_refused() -> None:
    with pytest.raises(SensorError, match="cannot be set"):
        perform(started().start(Wanted(416, 16, 2000)), no_answer)


@pytest.mark.parametrize(
    "payload", [b"", b"\x03", b"\x07\x1c", ACC + bytes(17), GYRO + bytes(19)]
)
def test_a_broken_notification_is_refused(payload: bytes) -> None:
    with pytest.raises(PacketError, match="MetaWear notification"):
        started().decode("notify", payload, 0)


def test_an_answer_of_a_register_is_no_sample() -> None:
    driver = started()
    assert driver.decode("notify", b"\x03\x80\x01", 0) == []
    assert driver.decode("battery", b"\x03\x1c", 0) == []


def test_it_says_how_full_it_is_and_cannot_do_more() -> None:
    driver = started()
    perform(driver.identify(), no_answer)
    assert driver.facts.battery_pct == 0x37
    assert perform(driver.blink(), no_answer) == []
    assert driver.ping(1) is None
    assert driver.resend(0, 1) is None
