from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.devices.base import Read, Step, Subscribe, Wanted, Write, perform
from collector.devices.orphe import Orphe
from collector.sequence import Packet
from contract.errors import PacketError, SensorError
from contract.units import RAD_PER_DEG, STANDARD_GRAVITY_MPS2
from firmware_config.profile import profile_of
from tests.collector.vendor_encoders import ORPHE_DAY_MS, counts_of, orphe_packet

WANTED = Wanted(200, 16, 2000)
CHANNEL = "sensor_values"
NS_PER_MS = 1_000_000


class OrpheSays:
    """Answers as a shoe does: a full battery, worn right, what it was set to."""

    def __init__(self, *, keeps_ranges: bool = False, length: int = 10) -> None:
        self.info = bytearray([2, 1, 0, 1, 60, 0, 3, 4, 1, 0][:length])
        self.keeps_ranges = keeps_ranges

    def __call__(self, step: Step) -> bytes:
        if isinstance(step, Read):
            return bytes(self.info) if step.channel == "device_information" else b""
        if isinstance(step, Write) and step.payload[0] == 1 and not self.keeps_ranges:
            self.info[8:10] = step.payload[7:9]
        return b""


def heard(driver: Orphe, payload: bytes, arrival_ns: int) -> Packet:
    (packet,) = driver.decode(CHANNEL, payload, arrival_ns)
    assert isinstance(packet, Packet)
    return packet


def a_core() -> Orphe:
    return Orphe(profile_of("orphe-core"))


@given(st.sampled_from([50, 55, 56]), st.integers(0, 65535), st.integers(0, 2**32))
def test_what_a_shoe_sends_comes_out_oldest_first(
    header: int, serial: int, seed: int
) -> None:
    counts = counts_of(seed, 2 if header == 56 else 4)
    payload = orphe_packet(header, serial, seed % ORPHE_DAY_MS, counts)
    packet = heard(a_core(), payload, 0)
    assert np.array_equal(packet.counts, counts)
    assert packet.counter == serial
    assert packet.dev_ns == seed % ORPHE_DAY_MS * NS_PER_MS


def test_a_run_over_midnight_and_over_the_end_of_the_counter_goes_on() -> None:
    driver = a_core()
    start_ms, counts = ORPHE_DAY_MS - 1000, counts_of(1, 4)
    packets = [
        heard(
            driver,
            orphe_packet(50, 65500 + k, start_ms + 20 * k, counts),
            (start_ms + 20 * k + 9) * NS_PER_MS,
        )
        for k in range(100)
    ]
    assert [p.counter for p in packets] == list(range(65500, 65600))
    assert {b.dev_ns - a.dev_ns for a, b in pairwise(packets)} == {20 * NS_PER_MS}


def test_an_absence_longer_than_the_counter_is_counted_by_the_clock() -> None:
    driver, counts = a_core(), counts_of(1, 4)
    heard(driver, orphe_packet(50, 100, 0, counts), 0)
    away_ms = 30 * 60 * 1000
    lost = away_ms * 52 // 1000
    late = heard(
        driver, orphe_packet(50, 100 + lost, away_ms, counts), away_ms * NS_PER_MS
    )
    assert late.counter == 100 + lost


def test_a_packet_that_comes_twice_has_one_counter() -> None:
    driver, counts = a_core(), counts_of(1, 4)
    payloads = [orphe_packet(50, 7 + k, 20 * k, counts) for k in (0, 1, 1, 0, 2)]
    counters = [heard(driver, payload, 0).counter for payload in payloads]
    assert counters == [7, 8, 8, 7, 9]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "header"),
        (bytes([99]) + bytes(91), "header is 99"),
        (bytes([50]) + bytes(90), "91 bytes"),
        (bytes([40]) + bytes(91), "50 Hz"),
        (bytes([50, 0, 0, 24]) + bytes(88), "time of the day"),
        (bytes([55, 0, 0, 0, 0, 0, 3, 232]) + bytes(96), "time of the day"),
    ],
)
def test_a_broken_packet_is_refused_with_its_reason(payload: bytes, why: str) -> None:
    with pytest.raises(PacketError, match=why):
        a_core().decode(CHANNEL, payload, 0)


def test_a_counter_or_a_clock_that_leaps_is_refused_and_the_next_packet_is_read() -> (
    None
):
    driver, counts = a_core(), counts_of(1, 4)
    heard(driver, orphe_packet(50, 7, 0, counts), 0)
    with pytest.raises(PacketError, match="serial number"):
        driver.decode(CHANNEL, orphe_packet(50, 9000, 20, counts), 20 * NS_PER_MS)
    with pytest.raises(PacketError, match="credible"):
        driver.decode(CHANNEL, orphe_packet(50, 8, 99_000, counts), 20 * NS_PER_MS)
    assert heard(driver, orphe_packet(50, 8, 20, counts), 20 * NS_PER_MS).counter == 8


def test_the_start_sets_the_ranges_and_keeps_all_else() -> None:
    driver = a_core()
    steps = perform(driver.start(WANTED), OrpheSays())
    writes = [s.payload for s in steps if isinstance(s, Write)]
    assert writes == [bytes([1, 1, 60, 0, 1, 3, 4, 3, 3])]
    assert steps[-1] == Subscribe(CHANNEL)
    assert (driver.facts.battery_pct, driver.facts.side) == (90, "right")
    assert not driver.continues


@pytest.mark.parametrize(
    ("step", "percent"), [(0, 10), (1, 50), (2, 90), (3, None), (87, None)]
)
def test_its_battery_has_three_steps_only(step: int, percent: int | None) -> None:
    driver, says = a_core(), OrpheSays()
    says.info[0] = step
    perform(driver.identify(), says)
    assert driver.facts.battery_pct == percent


def test_an_insole_is_set_to_200_hz_too() -> None:
    steps = perform(Orphe(profile_of("orphe-insole")).start(WANTED), OrpheSays())
    assert Write("device_information", b"\x0d\x03") in steps


def test_a_count_of_its_gyro_is_70_thousandths_of_a_degree_per_second() -> None:
    driver = a_core()
    perform(driver.start(WANTED), OrpheSays())
    assert driver.scale.gyro_lsb_rps == pytest.approx(0.07 * RAD_PER_DEG)
    whole_g = 16 / 32768 * STANDARD_GRAVITY_MPS2
    assert driver.scale.acc_lsb_mps2 == pytest.approx(whole_g, rel=1e-3)


def test_a_shoe_that_keeps_its_ranges_is_not_believed() -> None:
    with pytest.raises(SensorError, match="other ranges"):
        perform(a_core().start(WANTED), OrpheSays(keeps_ranges=True))


def test_a_shoe_without_its_device_information_is_not_started() -> None:
    with pytest.raises(SensorError, match="how it is set"):
        perform(a_core().start(WANTED), OrpheSays(length=4))


def test_what_the_family_does_not_offer_is_refused_before_anything_is_written() -> None:
    for wanted in (Wanted(1000, 16, 2000), Wanted(200, 24, 2000), Wanted(200, 16, 9)):
        with pytest.raises(SensorError, match="cannot be set"):
            perform(a_core().start(wanted), OrpheSays())


def test_the_lamp_goes_out_when_the_run_starts() -> None:
    driver = a_core()
    assert perform(driver.blink(), OrpheSays()) == [
        Write("device_information", bytes([2, 1, 1]))
    ]
    off = Write("device_information", bytes([2, 0, 0]))
    assert off in perform(driver.start(WANTED), OrpheSays())
    assert perform(driver.stop(), OrpheSays()) == []


def test_a_start_forgets_counter_and_clock() -> None:
    driver, counts = a_core(), counts_of(1, 4)
    heard(driver, orphe_packet(50, 60000, 80_000_000, counts), 0)
    perform(driver.start(WANTED), OrpheSays())
    assert heard(driver, orphe_packet(50, 3, 5, counts), 9).counter == 3


def test_it_can_neither_be_pinged_nor_asked_again() -> None:
    driver = a_core()
    assert driver.ping(1) is None
    assert driver.resend(1, 2) is None
    assert driver.decode("step_analysis", b"\x00\x02", 0) == []


def test_who_it_is_comes_from_its_own_and_the_standard_services() -> None:
    driver, says = a_core(), OrpheSays()
    said = {"serial": b"CR-00123\0", "firmware": b"1.2.3"}

    def answer(step: Step) -> bytes:
        known = isinstance(step, Read) and said.get(step.channel)
        return known or says(step)

    perform(driver.identify(), answer)
    facts = driver.facts
    assert (facts.serial, facts.firmware) == ("CR-00123", "1.2.3")
    assert (facts.battery_pct, facts.side) == (90, "right")
