"""Our own sensor over a session: told apart after a reboot, continued after a gap."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.devices.base import (
    NotThere,
    PingReply,
    Read,
    Script,
    Step,
    Subscribe,
    Wanted,
    Write,
    perform,
)
from collector.devices.treadwear_v1 import TreadwearV1
from collector.sequence import Packet
from contract.errors import PacketError, SensorError
from contract.units import NS_PER_S, RAD_PER_DEG, STANDARD_GRAVITY_MPS2
from firmware_config.packet import (
    Blink,
    Command,
    Configure,
    DataFlag,
    DataPacket,
    Info,
    Missing,
    Ping,
    Pong,
    Resend,
    Start,
    Stop,
    decode_command,
    encode_data,
    encode_info,
    encode_reply,
)
from firmware_config.profile import profile_of

WANTED = Wanted(416, 16, 2000)
FRESH = Info(
    1, 600, 0xB007, 104, 0.000061, 0.00875, 19, 1, 4, "TW000042", "LSM6DS3TR-C"
)
SET = replace(FRESH, rate_hz=416, acc_g_per_lsb=0.000488, gyro_dps_per_lsb=0.07)
PERIOD_US = 45673  # 19 samples at 416 Hz
MINUTE_US = 60_000_000


@dataclass
class Shoe:
    """The sensor's side: what it says of itself, and what it was told."""

    info: Info = FRESH
    after: Info = SET
    told: list[Command] = field(default_factory=list)

    def answer(self, step: Step) -> bytes:
        if isinstance(step, Write):
            command = decode_command(step.payload)
            self.told.append(command)
            if isinstance(command, Configure):
                self.info = self.after
        if step == Read("info"):
            return encode_info(self.info)
        if step == Read("battery", is_optional=True):
            return b"\x03"
        return b""


def started(shoe: Shoe | None = None) -> TreadwearV1:
    driver = TreadwearV1(profile_of("treadwear-v1"))
    perform(driver.start(WANTED), (shoe or Shoe()).answer)
    return driver


def data(counter: int, us: int, flags: DataFlag = DataFlag.NONE) -> bytes:
    """Packet with those numbers, which wrap here as they do in the sensor."""
    counts = np.full((19, 6), counter % 1000, np.int16)
    return encode_data(DataPacket(counter % 2**16, us % 2**32, counts, flags))


def hear(driver: TreadwearV1, counter: int, flags: DataFlag = DataFlag.NONE) -> Packet:
    """Let a packet arrive that was sent in time since the start of the sensor."""
    us = counter * PERIOD_US
    heard = driver.decode("data", data(counter, us, flags), us * 1000 + 20_000_000)
    (packet,) = heard
    assert isinstance(packet, Packet)
    assert packet.dev_ns == us * 1000
    return packet


def test_a_sensor_is_configured_before_it_starts() -> None:
    shoe = Shoe()
    driver = TreadwearV1(profile_of("treadwear-v1"))

    steps = perform(driver.start(WANTED), shoe.answer)

    assert steps[:3] == [Read("info"), Subscribe("control"), Subscribe("data")]
    assert shoe.told == [Stop(), Configure(416, 16, 2000), Start()]
    assert steps[-2] == Read("info")  # the scale is read after the change
    assert not driver.continues


def test_the_scale_is_what_the_sensor_says_after_it_was_set() -> None:
    scale = started().scale

    g = 0.000488 * STANDARD_GRAVITY_MPS2
    assert scale.acc_lsb_mps2 == pytest.approx(g, rel=1e-6)
    assert scale.gyro_lsb_rps == pytest.approx(0.07 * RAD_PER_DEG, rel=1e-6)


def test_a_chip_of_another_maker_has_its_own_scale() -> None:
    bosch = replace(SET, acc_g_per_lsb=1 / 2048, gyro_dps_per_lsb=1 / 16.4)

    assert started(Shoe(after=bosch)).scale.gyro_lsb_rps == pytest.approx(
        RAD_PER_DEG / 16.4, rel=1e-6
    )


def test_it_says_who_it_is_without_being_started() -> None:
    shoe = Shoe()
    driver = TreadwearV1(profile_of("treadwear-v1"))

    perform(driver.identify(), shoe.answer)

    assert driver.facts.serial == "TW000042"
    assert driver.facts.firmware == "1.4"
    assert driver.facts.side == "left"
    assert driver.facts.battery_pct == 3
    assert shoe.told == []


def test_a_sensor_that_kept_its_settings_is_not_stopped_on_return() -> None:
    shoe = Shoe()
    driver = started(shoe)
    shoe.told.clear()

    perform(driver.start(WANTED), shoe.answer)

    assert driver.continues
    assert shoe.told == [Start()]


def test_a_sensor_that_another_app_has_set_is_set_again() -> None:
    shoe = Shoe()
    driver = started(shoe)
    shoe.info = FRESH
    shoe.told.clear()

    perform(driver.start(WANTED), shoe.answer)

    assert driver.continues
    assert shoe.told == [Stop(), Configure(416, 16, 2000), Start()]


def test_a_reboot_begins_anew() -> None:
    shoe = Shoe()
    driver = started(shoe)
    hear(driver, 70_000)
    shoe.info = replace(FRESH, boot_id=1)
    shoe.after = replace(SET, boot_id=1)

    perform(driver.start(WANTED), shoe.answer)

    assert not driver.continues
    assert Configure(416, 16, 2000) in shoe.told[3:]
    assert hear(driver, 0).counter == 0


def test_a_reboot_is_still_a_reboot_when_the_first_return_fails_half_way() -> None:
    shoe = Shoe()
    driver = started(shoe)
    shoe.info = shoe.after = replace(SET, boot_id=1)
    lost = driver.start(WANTED)
    next(lost)
    lost.send(encode_info(shoe.info))
    lost.close()  # the connection went in the middle of the script

    perform(driver.start(WANTED), shoe.answer)

    assert not driver.continues


@pytest.mark.parametrize(
    "after",
    [
        replace(SET, rate_hz=104),
        replace(SET, acc_g_per_lsb=0.000061),
        replace(SET, gyro_dps_per_lsb=0.00875),
    ],
)
def test_a_sensor_that_did_not_take_its_settings_is_told_of(after: Info) -> None:
    with pytest.raises(SensorError, match="did not take its settings"):
        started(Shoe(after=after))


@pytest.mark.parametrize("said", [b"", bytes(48), b"\x01" * 47])
def test_a_sensor_that_says_nothing_sensible_of_itself_is_refused(said: bytes) -> None:
    driver = TreadwearV1(profile_of("treadwear-v1"))

    def answer(step: Step) -> bytes:
        return said if step == Read("info") else b""

    scripts: list[Script] = [driver.start(WANTED), driver.identify()]
    for script in scripts:
        with pytest.raises(SensorError, match="does not say what it is"):
            perform(script, answer)


@pytest.mark.parametrize(
    "wanted", [Wanted(400, 16, 2000), Wanted(416, 12, 2000), Wanted(416, 16, 300)]
)
def test_what_is_not_offered_is_refused_before_a_word_is_sent(wanted: Wanted) -> None:
    shoe = Shoe()
    driver = TreadwearV1(profile_of("treadwear-v1"))

    with pytest.raises(SensorError):
        perform(driver.start(wanted), shoe.answer)

    assert shoe.told == []


def test_counter_and_clock_go_on_over_their_wraps() -> None:
    driver = started()

    heard = [hear(driver, counter).counter for counter in range(65_400, 65_700)]

    assert heard == list(range(65_400, 65_700))
    wrap = 2**32 // PERIOD_US
    assert wrap > 65_700
    assert hear(driver, wrap).counter == wrap
    assert hear(driver, wrap + 1).counter == wrap + 1


@pytest.mark.parametrize("minutes", [1, 20, 40, 80, 300])
def test_an_outage_of_any_length_leaves_the_numbers_right(minutes: int) -> None:
    driver = started()
    for counter in range(100, 200):
        hear(driver, counter)

    later = 200 + minutes * MINUTE_US // PERIOD_US

    assert hear(driver, later).counter == later


def test_a_packet_sent_again_lies_behind() -> None:
    driver = started()
    hear(driver, 65_530)
    hear(driver, 65_540)

    again = driver.decode(
        "data", data(65_533, 65_533 * PERIOD_US, DataFlag.RESENT), 65_600 * 45_673_000
    )

    assert isinstance(again[0], Packet)
    assert again[0].counter == 65_533
    assert again[0].dev_ns == 65_533 * PERIOD_US * 1000
    assert hear(driver, 65_541).counter == 65_541


def test_packets_sent_again_after_half_an_hour_lie_behind() -> None:
    driver = started()
    hear(driver, 10)
    gap = 30 * MINUTE_US // PERIOD_US
    hear(driver, 10 + gap)
    late_ns = (12 + gap) * PERIOD_US * 1000

    for counter in (11, 12, 9 + gap):
        payload = data(counter, counter * PERIOD_US, DataFlag.RESENT)
        (again,) = driver.decode("data", payload, late_ns)
        assert isinstance(again, Packet)
        assert again.counter == counter
        assert again.dev_ns == counter * PERIOD_US * 1000


def test_a_ping_brings_the_clock_over_its_wrap() -> None:
    driver = started()
    counter = 2**32 // PERIOD_US
    hear(driver, counter)
    us = 2**32 + 500

    ping = driver.ping(7)
    heard = driver.decode("control", encode_reply(Pong(7, us % 2**32)), us * 1000)

    assert ping is not None
    assert decode_command(ping.payload) == Ping(7)
    assert heard == [PingReply(7, us * 1000)]


def test_a_ping_before_the_first_packet_starts_the_clock() -> None:
    driver = started()

    first = driver.decode("control", encode_reply(Pong(1, 5000)), NS_PER_S)

    assert first == [PingReply(1, 5_000_000)]


def test_what_is_lost_for_good_is_named_by_its_whole_counter() -> None:
    driver = started()
    hear(driver, 65_530)
    hear(driver, 65_550)

    heard = driver.decode("control", encode_reply(Missing(65_531, 10)), 0)

    assert heard == [NotThere(65_531, 65_540)]


def test_packets_are_asked_for_again_by_their_wrapped_counter() -> None:
    asked = started().resend(65_536, 65_538)

    assert asked is not None
    assert decode_command(asked.payload) == Resend(0, 3)


def test_no_more_is_asked_for_than_the_sensor_keeps() -> None:
    asked = started().resend(100, 9_000)

    assert asked is not None
    assert decode_command(asked.payload) == Resend(100, 600)


def test_nothing_is_asked_for_where_nothing_is_missing_or_kept() -> None:
    assert started().resend(5, 4) is None
    assert started(Shoe(after=replace(SET, ring_packets=0))).resend(1, 5) is None
    assert TreadwearV1(profile_of("treadwear-v1")).resend(1, 5) is None


def test_it_blinks_and_stops_when_told() -> None:
    driver = started()
    shoe = Shoe()

    perform(driver.blink(), shoe.answer)
    perform(driver.stop(), shoe.answer)

    assert isinstance(shoe.told[0], Blink)
    assert shoe.told[1:] == [Stop()]


@given(st.lists(st.tuples(st.sampled_from(["data", "control"]), st.binary())))
def test_rubbish_changes_nothing(noise: list[tuple[str, bytes]]) -> None:
    driver = started()
    hear(driver, 65_000)

    for channel, payload in noise:
        if len(payload) % 12 == 8 or len(payload) in {5, 9}:
            continue  # may be a message by chance
        with pytest.raises(PacketError):
            driver.decode(channel, payload, 0)

    assert hear(driver, 66_000).counter == 66_000


@pytest.mark.parametrize(
    ("channel", "payload"),
    [
        ("control", encode_reply(Missing(7, 0))),
        ("control", b"\x01"),
        ("data", data(5, 5)[:-1]),
        ("info", encode_info(SET)),
    ],
)
def test_what_breaks_the_protocol_is_refused(channel: str, payload: bytes) -> None:
    driver = started()
    hear(driver, 65_000)

    with pytest.raises(PacketError):
        driver.decode(channel, payload, 0)

    assert hear(driver, 66_000).counter == 66_000
