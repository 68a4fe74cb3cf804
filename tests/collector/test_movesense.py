import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.devices.base import Ask, Read, Step, Subscribe, Wanted, Write, perform
from collector.devices.movesense import Movesense
from collector.sequence import Packet
from contract.errors import PacketError, SensorError
from contract.units import DEG_PER_RAD
from firmware_config.profile import profile_of
from tests.collector.vendor_encoders import (
    Counts,
    counts_of,
    in_two_parts,
    movesense_data,
)

WANTED = Wanted(208, 16, 2000)
NS_PER_MS = 1_000_000


class MovesenseSays:
    """Replies with a status, and with 64 % when it is asked for its battery."""

    def __init__(self, status: int = 200) -> None:
        self.status = status

    def __call__(self, step: Step) -> bytes:
        if isinstance(step, Read):
            return b"204730000081" if step.channel == "serial" else b""
        if not isinstance(step, Ask):
            return b""
        code, reference = step.payload[:2]
        reply = bytes([1, reference]) + self.status.to_bytes(2, "little")
        assert step.is_reply(reply)
        assert not step.is_reply(b"\x02" + reply[1:])
        return reply + (b"\x40" if code == 4 else b"")


def a_sensor() -> Movesense:
    return Movesense(profile_of("movesense"))


def sent(driver: Movesense, t_ms: int, counts: Counts) -> bytes:
    """The counts as the floats that a sensor would send."""
    acc = counts[:, :3] * driver.scale.acc_lsb_mps2
    gyro = counts[:, 3:] * driver.scale.gyro_lsb_rps * DEG_PER_RAD
    return movesense_data(t_ms, acc, gyro)


def heard(
    driver: Movesense, notifications: list[bytes], arrival_ns: int = 0
) -> list[Packet]:
    found = [p for n in notifications for p in driver.decode("notify", n, arrival_ns)]
    return [p for p in found if isinstance(p, Packet)]


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_what_a_sensor_sends_comes_back_to_the_count(seed: int, n: int) -> None:
    driver, counts = a_sensor(), counts_of(seed, n)
    (packet,) = heard(driver, [sent(driver, seed, counts)])
    assert np.array_equal(packet.counts, counts)
    assert packet.dev_ns == seed * NS_PER_MS


@given(st.integers(2, 40), st.integers(7, 120))
def test_a_packet_in_two_parts_is_joined(n: int, cut: int) -> None:
    driver, counts = a_sensor(), counts_of(cut, n)
    whole = sent(driver, 77, counts)
    cut = min(cut, len(whole) - 1)
    if (cut - 6) % 24 == 0:
        cut += 1
    packets = heard(driver, in_two_parts(whole, cut))
    assert [p.counts.tolist() for p in packets] == [counts.tolist()]


def test_a_first_part_as_long_as_a_whole_packet_is_told_apart_after_one() -> None:
    driver, counts = a_sensor(), counts_of(1, 16)
    packets = []
    for k in range(20):
        parts = in_two_parts(sent(driver, 80 * k, counts), 6 + 24 * 8)
        packets += heard(driver, parts, 80 * k * NS_PER_MS)
    assert all(np.array_equal(p.counts, counts) for p in packets[1:])
    assert len(packets) == 20


def test_a_stray_second_part_does_not_end_the_stream() -> None:
    driver, counts = a_sensor(), counts_of(1, 8)
    packets = heard(driver, [sent(driver, 0, counts), b"\x03\x63" + bytes(20)])
    for k in range(1, 10):
        packets += heard(driver, [sent(driver, 40 * k, counts)], 40 * k * NS_PER_MS)
    assert [p.counts.tolist() for p in packets] == [counts.tolist()] * len(packets)
    assert len(packets) >= 7
    assert packets[-1].dev_ns == 360 * NS_PER_MS
    lost = packets[-1].counter + 1 - len(packets)
    assert lost == 10 - len(packets)


def test_a_lost_second_part_costs_one_packet_and_the_counter_says_so() -> None:
    driver, counts = a_sensor(), counts_of(1, 16)
    notifications = []
    for k in range(6):
        parts = in_two_parts(sent(driver, 77 * k, counts), 200)
        notifications.append(parts[:1] if k == 3 else parts)
    packets = [
        p for k, n in enumerate(notifications) for p in heard(driver, n, 77 * k * 10**6)
    ]
    assert [p.counter for p in packets] == [0, 1, 2, 4, 5]


def test_halves_of_two_packets_are_not_joined() -> None:
    driver, counts = a_sensor(), counts_of(1, 16)
    first, second = (in_two_parts(sent(driver, 77 * k, counts), 200) for k in (0, 1))
    assert heard(driver, first[:1]) == []
    with pytest.raises(PacketError, match="not of one packet"):
        driver.decode("notify", second[1], 77 * NS_PER_MS)
    assert len(heard(driver, in_two_parts(sent(driver, 154, counts), 200))) == 1


def test_lost_packets_are_counted_by_the_clock_which_may_wrap() -> None:
    driver, counts = a_sensor(), counts_of(1, 16)
    start_ms = 2**32 - 100
    packets = []
    for k in (0, 1, 2, 3, 4, 9, 10):
        t_ms = start_ms + round(k * 16 / 208 * 1000)
        packets += heard(driver, [sent(driver, t_ms, counts)], t_ms * NS_PER_MS)
    assert [p.counter for p in packets] == [0, 1, 2, 3, 4, 9, 10]
    assert packets[-1].dev_ns > 2**32 * NS_PER_MS


@pytest.mark.parametrize("rate_hz", [200.0, 216.0])
def test_a_rate_that_is_not_the_label_is_no_loss(rate_hz: float) -> None:
    driver, counts = a_sensor(), counts_of(1, 8)
    packets = []
    for k in range(500):
        t_ms = round(k * 8 / rate_hz * 1000)
        packets += heard(driver, [sent(driver, t_ms, counts)], t_ms * NS_PER_MS)
    assert [p.counter for p in packets] == list(range(500))


def test_a_packet_that_comes_twice_is_heard_once() -> None:
    driver = a_sensor()
    payload = sent(driver, 5, counts_of(1, 8))
    assert len(heard(driver, [payload, payload])) == 1


def test_beyond_the_rail_a_value_stays_at_the_rail() -> None:
    driver = a_sensor()
    acc, gyro = np.full((1, 3), 1e6), np.full((1, 3), -1e6)
    (packet,) = heard(driver, [movesense_data(0, acc, gyro)])
    assert packet.counts.tolist() == [[32767] * 3 + [-32768] * 3]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "neither"),
        (b"\x02", "neither"),
        (b"\x07\x63\x00", "neither"),
        (b"\x02\x63\x00\x00", "time stamp"),
        (b"\x02\x63" + bytes(4) + b"\x00\x00\xc0\x7f" * 6, "no numbers"),
        (b"\x02\x63" + bytes(4) + b"\x01\x00\x80\x7f" * 6, "no numbers"),  # signalling
    ],
)
def test_a_broken_notification_is_refused_with_its_reason(
    payload: bytes, why: str
) -> None:
    with pytest.raises(PacketError, match=why):
        a_sensor().decode("notify", payload, 0)


def test_parts_that_do_not_fit_are_refused_and_the_next_packet_is_read() -> None:
    driver, counts = a_sensor(), counts_of(1, 16)
    parts = in_two_parts(sent(driver, 5, counts), 200)
    assert heard(driver, parts[:1]) == []
    with pytest.raises(PacketError, match="whole samples"):
        driver.decode("notify", parts[1][:-1], 0)
    assert len(heard(driver, in_two_parts(sent(driver, 82, counts), 200))) == 1


def test_the_start_subscribes_to_six_axes_and_the_stop_ends_it() -> None:
    driver = a_sensor()
    steps = perform(driver.start(WANTED), MovesenseSays())
    assert steps[0] == Subscribe("notify")
    asked = [s.payload for s in steps if isinstance(s, Ask)]
    assert asked[-1] == b"\x01\x63/Meas/IMU6/208"
    assert perform(driver.stop(), MovesenseSays()) == [Write("write", b"\x02\x63")]
    assert not driver.continues


def test_a_refused_rate_is_told() -> None:
    with pytest.raises(SensorError, match="208 Hz because it answers with status 404"):
        perform(a_sensor().start(WANTED), MovesenseSays(404))


def test_its_battery_is_asked_for_where_the_standard_service_is_not_there() -> None:
    driver = a_sensor()
    perform(driver.identify(), MovesenseSays())
    assert (driver.facts.battery_pct, driver.facts.serial) == (None, "204730000081")
    steps = perform(driver.start(WANTED), MovesenseSays())
    assert driver.facts.battery_pct == 64
    asked = [s.payload for s in steps if isinstance(s, Ask)]
    assert asked[0] == b"\x04\x64/System/Energy/Level"
    steps = perform(driver.start(WANTED), MovesenseSays())
    assert len([s for s in steps if isinstance(s, Ask)]) == 1


def test_a_battery_that_is_not_told_is_not_known() -> None:
    driver, says = a_sensor(), MovesenseSays()

    def answer(step: Step) -> bytes:
        is_battery = isinstance(step, Ask) and step.payload[0] == 4
        return b"\x01\x64\x94\x01" if is_battery else says(step)

    perform(driver.start(WANTED), answer)
    assert driver.facts.battery_pct is None


def test_answers_and_other_references_are_no_samples() -> None:
    driver = a_sensor()
    for payload in (b"\x01\x63\xc8\x00", b"\x02\x99" + bytes(28)):
        assert driver.decode("notify", payload, 0) == []
    assert driver.decode("battery", b"\x02", 0) == []
    assert perform(driver.blink(), MovesenseSays()) == []
    assert driver.ping(1) is None
    assert driver.resend(0, 1) is None
