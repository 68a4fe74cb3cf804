"""Garbage in every family: a typed error or nothing, and the stream goes on."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.devices.base import Cadence, Driver, Heard
from collector.devices.metawear import MetaWear
from collector.devices.movesense import Movesense
from collector.devices.orphe import Orphe
from collector.devices.polar import PolarVeritySense
from collector.devices.polar_frames import ACC, GYRO
from collector.devices.running_speed import RunningSpeed
from collector.sequence import Packet
from contract.errors import PacketError
from firmware_config.profile import profile_of
from tests.collector.vendor_encoders import (
    counts_of,
    in_two_parts,
    metawear_packed,
    movesense_data,
    orphe_packet,
    polar_delta,
    rsc_measurement,
)

COUNTS = counts_of(9, 40)
MS = 1_000_000


@dataclass(frozen=True)
class Family:
    """A driver and what its sensor sends in the k-th tenth of a second."""

    driver: Callable[[], Driver]
    channel: str
    sent: Callable[[int], list[bytes]]


def orphe(k: int) -> list[bytes]:
    return [orphe_packet(50, 5 * k + i, 100 * k + 20 * i, COUNTS[:4]) for i in range(5)]


def polar(k: int) -> list[bytes]:
    stamp = 10**18 + 100 * MS * k
    part = COUNTS[:21]
    return [
        polar_delta(ACC, stamp, part[:, :3]),
        polar_delta(GYRO, stamp, part[:, 3:]),
    ]


def movesense(k: int) -> list[bytes]:
    acc, gyro = COUNTS[:21, :3] / 1000, COUNTS[:21, 3:] / 100
    return in_two_parts(movesense_data(100 * k, acc, gyro), 200)


def metawear(k: int) -> list[bytes]:
    del k
    part = COUNTS[:3]
    return [
        metawear_packed(b"\x03\x1c", part[:, :3]),
        metawear_packed(b"\x13\x07", part[:, 3:]),
    ]


def foot_pod(k: int) -> list[bytes]:
    return [rsc_measurement(3.0, 170 + k % 5, 100)]


FAMILIES = {
    "orphe-core": Family(
        lambda: Orphe(profile_of("orphe-core")), "sensor_values", orphe
    ),
    "polar": Family(
        lambda: PolarVeritySense(profile_of("polar-verity-sense")), "data", polar
    ),
    "movesense": Family(
        lambda: Movesense(profile_of("movesense")), "notify", movesense
    ),
    "metawear": Family(lambda: MetaWear(profile_of("metawear")), "notify", metawear),
    "foot-pod": Family(
        lambda: RunningSpeed(profile_of("running-speed-cadence")),
        "measurement",
        foot_pod,
    ),
}


def bent(real: bytes, cut: int, flips: list[int]) -> bytes:
    """A real notification cut off and with bits turned."""
    found = bytearray(real[: len(real) - cut % len(real)])
    for flip in flips:
        found[flip // 8 % len(found)] ^= 1 << flip % 8
    return bytes(found)


def listen(driver: Driver, family: Family, first: int, last: int) -> list[Heard]:
    return [
        heard
        for k in range(first, last)
        for payload in family.sent(k)
        for heard in driver.decode(family.channel, payload, 100 * MS * k)
    ]


def state_of(driver: Driver) -> bytes:
    kept = {name: value for name, value in vars(driver).items() if name != "profile"}
    return pickle.dumps(kept)


GARBAGE = st.tuples(
    st.binary(max_size=250),
    st.integers(0, 300),
    st.lists(st.integers(0, 2000), max_size=6),
    st.booleans(),
)


@pytest.mark.parametrize("name", FAMILIES)
@given(st.lists(GARBAGE, min_size=1, max_size=8))
def test_garbage_is_a_typed_error_and_the_stream_goes_on(
    name: str, garbage: list[tuple[bytes, int, list[int], bool]]
) -> None:
    family = FAMILIES[name]
    driver = family.driver()
    assert listen(driver, family, 0, 3)
    for number, (noise, cut, flips, is_noise) in enumerate(garbage):
        real = family.sent(3)[number % len(family.sent(3))]
        payload = noise if is_noise else bent(real, cut, flips)
        before = state_of(driver)
        heard = heard_or_none(driver, family.channel, payload)
        if heard is None:
            assert state_of(driver) == before
        else:
            check_whole(heard)
    # What looked like a real packet may have moved the clock by up to 10 s.
    heard_later = listen(driver, family, 110, 140)
    check_whole(heard_later)
    assert len(heard_later) >= 20


def heard_or_none(driver: Driver, channel: str, payload: bytes) -> list[Heard] | None:
    """What is heard; None for a typed error, and nothing else may be raised."""
    try:
        return driver.decode(channel, payload, 300 * MS)
    except PacketError:
        return None


def check_whole(heard: list[Heard]) -> None:
    for one in heard:
        if isinstance(one, Packet):
            assert one.counts.dtype == np.int16
            assert one.counts.shape == (len(one.counts), 6)
            assert 0 < len(one.counts) <= 600
            assert isinstance(one.counter, int)
            assert isinstance(one.dev_ns, int)
        else:
            assert isinstance(one, Cadence)


@pytest.mark.parametrize("name", FAMILIES)
def test_memory_does_not_grow_with_the_length_of_a_run(name: str) -> None:
    family = FAMILIES[name]
    driver = family.driver()
    listen(driver, family, 0, 50)
    after_5_s = len(state_of(copy.deepcopy(driver)))
    listen(driver, family, 50, 1000)
    assert len(state_of(driver)) < 1.3 * after_5_s + 500


@pytest.mark.parametrize("name", FAMILIES)
def test_other_channels_say_nothing(name: str) -> None:
    driver = FAMILIES[name].driver()
    assert driver.decode("battery", b"\x01\x02\x03", 0) == []
