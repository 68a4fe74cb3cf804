import struct
from itertools import pairwise

import numpy as np
import pytest

from collector.devices.base import Ask, Read, Step, Subscribe, Wanted, Write, perform
from collector.devices.polar import PolarVeritySense
from collector.devices.polar_frames import ACC, FACTOR, GYRO
from collector.sequence import Packet
from contract.errors import PacketError, SensorError
from contract.units import RAD_PER_DEG, STANDARD_GRAVITY_MPS2
from firmware_config.profile import profile_of
from tests.collector.vendor_encoders import counts_of, polar_delta, polar_raw

RATE_HZ = 208
WANTED = Wanted(RATE_HZ, 16, 2000)
ACC_FACTOR_G, GYRO_FACTOR_DPS = 4.88e-4, 0.07
START_NS = 800_000_000_000_000_000


class PolarSays:
    """Control point: the statuses in turn, then 0; factors as a device in SDK mode."""

    def __init__(self, *statuses: int, factors: bool = True) -> None:
        self.statuses = list(statuses)
        self.factors = {ACC: ACC_FACTOR_G, GYRO: GYRO_FACTOR_DPS} if factors else {}

    def __call__(self, step: Step) -> bytes:
        if isinstance(step, Read):
            return {"battery": b"\x50", "serial": b"0A1B2C3D"}.get(step.channel, b"")
        if not isinstance(step, Ask):
            return b""
        op, kind = step.payload[:2]
        status = self.statuses.pop(0) if self.statuses else 0
        reply = bytes([0xF0, op, kind, status])
        if not status:
            factor = self.factors.get(kind) if op == 2 else None
            said = b"" if factor is None else struct.pack("<f", factor)
            reply += b"\0" + (bytes([FACTOR, 1]) + said if said else b"")
        assert step.is_reply(reply)
        assert not step.is_reply(bytes([0xF0, op, kind ^ 1, 0, 0]))
        return reply


def started(says: PolarSays | None = None) -> PolarVeritySense:
    driver = PolarVeritySense(profile_of("polar-verity-sense"))
    perform(driver.start(WANTED), says or PolarSays())
    return driver


def last_ns(stop: int, rate_hz: float = RATE_HZ) -> int:
    return START_NS + round((stop - 1) / rate_hz * 1e9)


def streamed(
    driver: PolarVeritySense,
    counts: np.ndarray,
    n: int = 40,
    lost: tuple[int, ...] = (),
    rate_hz: float = RATE_HZ,
) -> list[Packet]:
    """Frames of n samples; of acceleration those in ``lost`` do not come."""
    packets: list[Packet] = []
    for number, start in enumerate(range(0, len(counts), n)):
        part = counts[start : start + n]
        stamp = last_ns(start + len(part), rate_hz)
        for kind, columns in ((ACC, slice(0, 3)), (GYRO, slice(3, 6))):
            if number in lost and kind == ACC:
                continue
            payload = polar_delta(kind, stamp, part[:, columns])
            heard = driver.decode("data", payload, stamp - START_NS + 9)
            packets += [p for p in heard if isinstance(p, Packet)]
    return packets


def test_a_run_comes_back_sample_by_sample() -> None:
    counts = counts_of(3, 400)
    packets = streamed(started(), counts)
    assert np.array_equal(np.concatenate([p.counts for p in packets]), counts)
    assert [p.counter for p in packets] == list(range(len(packets)))


@pytest.mark.parametrize("rate_hz", [RATE_HZ * 0.96, RATE_HZ * 1.04])
def test_the_real_rate_shows_in_the_device_times_and_is_no_loss(rate_hz: float) -> None:
    packets = streamed(started(), counts_of(3, 2000), rate_hz=rate_hz)
    assert [p.counter for p in packets] == list(range(len(packets)))
    steady = packets[3:]
    passed_s = (steady[-1].dev_ns - steady[0].dev_ns) / 1e9
    n = sum(len(p.counts) for p in steady[:-1])
    assert n / passed_s == pytest.approx(rate_hz, rel=1e-4)
    ends = [p.dev_ns for p in packets]
    assert all(a < b for a, b in pairwise(ends))


def test_the_last_sample_of_the_first_frame_is_at_its_stamp() -> None:
    (packet,) = streamed(started(), counts_of(3, 40))
    assert packet.dev_ns == pytest.approx(START_NS, abs=1000)


def test_a_lost_frame_is_a_jump_and_nothing_is_made_up() -> None:
    counts = counts_of(3, 400)
    packets = streamed(started(), counts, lost=(4, 5))
    kept = np.concatenate([counts[:160], counts[240:]])
    assert np.array_equal(np.concatenate([p.counts for p in packets]), kept)
    steps = [b.counter - a.counter for a, b in pairwise(packets)]
    assert sorted(steps)[-2:] == [1, 3]


def test_a_frame_that_comes_twice_is_heard_once() -> None:
    driver, part = started(), counts_of(1, 40)
    gyro, acc = (polar_delta(k, last_ns(40), part[:, :3]) for k in (GYRO, ACC))
    assert driver.decode("data", gyro, 0) == []
    assert len(driver.decode("data", acc, 0)) == 1
    assert driver.decode("data", acc, 1) == []


def test_a_stamp_that_leaps_or_goes_back_is_refused_and_the_stream_goes_on() -> None:
    driver, part = started(), counts_of(1, 40)[:, :3]
    driver.decode("data", polar_delta(ACC, last_ns(80), part), 0)
    for stamp in (last_ns(40), START_NS + 99 * 10**9):
        with pytest.raises(PacketError):
            driver.decode("data", polar_delta(ACC, stamp, part), 5)
    driver.decode("data", polar_delta(ACC, last_ns(120), part), 200_000_000)
    heard = driver.decode("data", polar_delta(GYRO, last_ns(120), part), 200_000_000)
    n = sum(len(p.counts) for p in heard if isinstance(p, Packet))
    assert n >= 39  # the first may lie a nanosecond before the first angular rate


def test_the_start_turns_the_sdk_mode_on_and_asks_for_both() -> None:
    driver = PolarVeritySense(profile_of("polar-verity-sense"))
    steps = perform(driver.start(WANTED), PolarSays())
    assert steps[:2] == [Subscribe("control"), Subscribe("data")]
    asked = [s.payload.hex() for s in steps if isinstance(s, Ask)]
    assert asked == [
        "0209",
        "02020001d00001011000" + "02011000040103",
        "02050001d00001011000" + "0201d007040103",
    ]
    assert driver.scale.acc_lsb_mps2 == pytest.approx(
        ACC_FACTOR_G * STANDARD_GRAVITY_MPS2
    )
    assert driver.scale.gyro_lsb_rps == pytest.approx(GYRO_FACTOR_DPS * RAD_PER_DEG)
    assert not driver.continues


def test_a_refusal_is_told_in_words() -> None:
    with pytest.raises(
        SensorError, match=r"acceleration because it does not have that"
    ):
        started(PolarSays(0, 8))
    with pytest.raises(SensorError, match="angular rate because it is in the charger"):
        started(PolarSays(0, 0, 13))
    with pytest.raises(SensorError, match="SDK mode because it does not support this"):
        started(PolarSays(3))
    with pytest.raises(SensorError, match="does not say why"):
        started(PolarSays(0, 99))


def test_one_that_streams_already_is_stopped_and_started_again() -> None:
    says = PolarSays(6, 6, 0, 0)
    driver = PolarVeritySense(profile_of("polar-verity-sense"))
    steps = perform(driver.start(WANTED), says)
    asked = [s.payload[:2].hex() for s in steps if isinstance(s, Ask)]
    assert asked == ["0209", "0202", "0302", "0202", "0205"]


def test_what_streams_already_is_stopped_for_the_sdk_mode() -> None:
    driver = PolarVeritySense(profile_of("polar-verity-sense"))
    steps = perform(driver.start(WANTED), PolarSays(12))
    asked = [s.payload[:2].hex() for s in steps if isinstance(s, Ask)]
    assert asked == ["0209", "0302", "0305", "0209", "0202", "0205"]


def test_a_nonsense_reply_is_a_refusal() -> None:
    driver = PolarVeritySense(profile_of("polar-verity-sense"))
    with pytest.raises(SensorError, match="answers badly"):
        perform(driver.start(WANTED), lambda step: b"\xf0" * isinstance(step, Ask))


def test_milli_g_become_counts_of_the_scale() -> None:
    part = np.tile(np.array([[1000, -500, 3]], dtype=np.int16), (40, 1))
    for says, payload in (
        (PolarSays(factors=False), polar_raw(ACC, last_ns(40), part)),
        (PolarSays(factors=False), polar_delta(ACC, last_ns(40), part, 1)),
    ):
        driver = started(says)
        driver.decode("data", polar_delta(GYRO, last_ns(40), part), 0)
        (packet,) = driver.decode("data", payload, 0)
        assert isinstance(packet, Packet)
        found = packet.counts[0, :3] * driver.scale.acc_lsb_mps2
        expected = np.array([1.0, -0.5, 0.003]) * STANDARD_GRAVITY_MPS2
        assert np.abs(found - expected).max() <= driver.scale.acc_lsb_mps2 / 2


def test_a_factor_of_one_counts_milli_g() -> None:
    says = PolarSays()
    says.factors[ACC] = 1.0
    driver = started(says)
    assert driver.scale.acc_lsb_mps2 == pytest.approx(STANDARD_GRAVITY_MPS2 / 1000)
    part = counts_of(1, 40)[:, :3]
    driver.decode("data", polar_delta(GYRO, last_ns(40), part), 0)
    (packet,) = driver.decode("data", polar_delta(ACC, last_ns(40), part, 1), 0)
    assert isinstance(packet, Packet)
    assert np.array_equal(packet.counts[:, :3], part)
    with pytest.raises(PacketError, match="does not fit the factor"):
        driver.decode("data", polar_delta(ACC, last_ns(80), part, 0), 0)


def test_the_stop_ends_both_and_the_sdk_mode() -> None:
    steps = perform(started().stop(), PolarSays())
    assert steps == [Write("control", bytes([3, kind])) for kind in (2, 5, 9)]


def test_it_says_who_it_is_and_how_full() -> None:
    driver = PolarVeritySense(profile_of("polar-verity-sense"))
    perform(driver.identify(), PolarSays())
    assert (driver.facts.serial, driver.facts.battery_pct) == ("0A1B2C3D", 80)
    assert perform(driver.blink(), PolarSays()) == []
    assert driver.ping(1) is None
    assert driver.resend(0, 1) is None
    assert driver.decode("control", b"\xf0\x02\x02\x00", 0) == []
