"""Whatever the radio does, what comes is what was sent, in order, once, or a gap."""

import asyncio
import copy
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.devices.base import Driver, Wanted, perform
from collector.devices.treadwear_v1 import TreadwearV1
from collector.link_status import LinkSettings
from collector.stream import HOLD_S, RING_WINDOW, SensorStream
from contract.errors import SpoolError
from contract.model import CountArray, FrameFlag, ImuBatch, Slot
from firmware_config.messages import DataFlag, DataPacket, Info, Missing
from firmware_config.packet import encode_data, encode_info, encode_reply
from firmware_config.profile import profile_of
from tests.collector.test_families_stream import FAMILIES, LEFT, worn
from tests.collector.virtual_time import run

N, SAMPLES, RATE_HZ = 60, 19, 208.0
PERIOD_US = round(SAMPLES / RATE_HZ * 1e6)
WANTED = Wanted(208, 16, 2000)
INFO = Info(1, 600, 0xB007, 208, 0.000488, 0.07, 19, 1, 4, "TW000042", "LSM6DS3TR-C")


def stream_of(
    driver: Driver, next_epoch: Callable[[], int] = lambda: 0
) -> SensorStream:
    return SensorStream(
        Slot.LEFT, driver, WANTED, unix_offset_ns=10**18, next_epoch=next_epoch
    )


def v1() -> TreadwearV1:
    """Driver of our own sensor that was started at a counter near its end."""
    driver = TreadwearV1(profile_of("treadwear-v1"))
    perform(driver.start(WANTED), lambda _: encode_info(INFO))
    return driver


def told(n: int) -> CountArray:
    """Samples of packet ``n``: each says which one it is."""
    numbers = np.arange(n * SAMPLES, (n + 1) * SAMPLES, dtype=np.int16)
    return np.stack([numbers, *5 * [np.zeros_like(numbers)]], axis=1)


def notification(n: int, *, is_again: bool = False) -> bytes:
    flags = DataFlag.RESENT if is_again else DataFlag(0)
    seq, first_us = (65500 + n) % 65536, (2**32 - 10**6 + n * PERIOD_US) % 2**32
    return encode_data(DataPacket(seq, first_us, told(n), flags))


@dataclass
class Shoe:
    """One of our own sensors, heard at the time when it speaks."""

    stream: SensorStream
    batches: list[ImuBatch]
    heard: int = 0

    def say(self, n: int, at: int, *, is_again: bool = False) -> None:
        payload = notification(n, is_again=is_again)
        self.heard += 1
        self.batches += self.stream.hear("data", payload, (at + 1) * PERIOD_US * 1000)

    def has_not(self, n: int, at: int) -> None:
        payload = encode_reply(Missing((65500 + n) % 65536, 1))
        arrival_ns = (at + 1) * PERIOD_US * 1000
        self.batches += self.stream.hear("control", payload, arrival_ns)

    def numbers(self) -> list[int]:
        return np.concatenate([b.counts[:, 0] for b in self.batches]).tolist()


def shoe() -> Shoe:
    stream = stream_of(v1())
    stream.connected()
    return Shoe(stream, [])


def jumps(batches: Sequence[ImuBatch]) -> list[int]:
    """Frames before which samples are missing."""
    ends = {b.seq + 1: int(b.counts[-1, 0]) + 1 for b in batches}
    begun = {b.seq: int(b.counts[0, 0]) for b in batches}
    return [seq for seq in begun if seq in ends and begun[seq] != ends[seq]]


FATES = st.lists(
    st.sampled_from(["sent", "sent", "sent", "lost", "twice", "late", "not there"]),
    min_size=N,
    max_size=N,
)


@given(FATES, st.lists(st.integers(1, 12), min_size=N, max_size=N))
def test_samples_are_handed_on_in_order_each_once_and_each_jump_is_flagged(
    fates: list[str], later: list[int]
) -> None:
    found = shoe()
    again: dict[int, list[tuple[int, str]]] = {}
    for n, (fate, delay) in enumerate(zip(fates, later, strict=True)):
        if fate in {"sent", "twice"}:
            found.say(n, n)
        if fate in {"twice", "late", "not there"}:
            again.setdefault(n + delay, []).append((n, fate))
        for late_n, late_fate in again.pop(n, []):
            if late_fate == "not there":
                found.has_not(late_n, n)
            else:
                found.say(late_n, n, is_again=True)
    found.batches += found.stream.close()

    numbers = found.numbers() if found.batches else []
    assert numbers == sorted(set(numbers))
    assert jumps(found.batches) == [
        b.seq for b in found.batches if b.flags & FrameFlag.GAP_BEFORE
    ]
    assert [b.seq for b in found.batches] == list(range(len(found.batches)))
    counts = found.stream.counts
    assert counts.received == found.heard
    assert counts.received == len(numbers) // SAMPLES + counts.duplicate
    if numbers:
        away = numbers[-1] - numbers[0] + 1 - len(numbers)
        assert counts.lost == away // SAMPLES


@given(st.permutations(range(1, 10)), st.sets(st.integers(1, 9)))
def test_what_comes_in_any_order_leaves_as_if_it_had_come_in_order(
    order: list[int], doubled: set[int]
) -> None:
    found = shoe()
    found.say(0, 0)
    for at, n in enumerate(order, 1):
        for _ in range(1 + (n in doubled)):
            found.say(n, at, is_again=True)
    found.batches += found.stream.close()
    assert found.numbers() == list(range(10 * SAMPLES))
    assert found.stream.counts.lost == 0
    assert found.stream.counts.duplicate == len(doubled)


def test_times_go_on_evenly_over_what_was_sent_again() -> None:
    found = shoe()
    for n in range(N):
        if n % 7 != 3:
            found.say(n, n)
        if n % 7 == 5:
            found.say(n - 2, n, is_again=True)
    found.batches += found.stream.close()
    for before, after in pairwise(found.batches[1:]):
        passed_s = (after.t0_ns - before.t0_ns) / 1e9
        assert passed_s == pytest.approx(before.n / RATE_HZ, rel=0.01)


def test_a_buffer_that_is_full_for_a_moment_costs_no_sample_at_a_reconnect() -> None:
    epochs = iter([0, None, 1])

    def next_epoch() -> int:
        epoch = next(epochs)
        if epoch is None:
            raise SpoolError("the disk is full")
        return epoch

    driver = v1()
    stream = stream_of(driver, next_epoch)
    found = Shoe(stream, stream.connected())
    for n in range(11):
        found.say(n, n)
    perform(driver.start(WANTED), lambda _: encode_info(replace(INFO, boot_id=7)))
    with pytest.raises(SpoolError):
        stream.connected()
    found.batches += stream.connected()
    assert found.numbers() == list(range(11 * SAMPLES))
    assert stream.counts.reconnects == 1


def test_a_sensor_whose_clock_stands_is_not_kept_in_memory_for_ever() -> None:
    found = shoe()
    for n in range(100):
        frozen = encode_data(DataPacket(n, 5, told(n), DataFlag(0)))
        found.batches += found.stream.hear("data", frozen, n * PERIOD_US * 1000)
        waiting = sum(len(packet.counts) for packet in found.stream._ready)
        assert waiting <= HOLD_S * RATE_HZ + SAMPLES
    found.batches += found.stream.close()
    assert len(found.numbers()) > 90 * SAMPLES


def with_count(n: int, seq: int, first_us: int) -> bytes:
    return encode_data(DataPacket(seq % 65536, first_us % 2**32, told(n), DataFlag(0)))


@pytest.mark.parametrize(
    ("seq_off", "clock_off_us"), [(4096, 0), (-300, 0), (0, 2**28), (0, -(2**27))]
)
def test_one_header_that_cannot_be_true_costs_one_packet_and_no_time(
    seq_off: int, clock_off_us: int
) -> None:
    found = shoe()
    for n in range(N):
        seq, first_us = 65500 + n, 2**32 - 10**6 + n * PERIOD_US
        if n == 30:
            seq, first_us = seq + seq_off, first_us + clock_off_us
        arrival_ns = (n + 1) * PERIOD_US * 1000
        found.batches += found.stream.hear(
            "data", with_count(n, seq, first_us), arrival_ns
        )
    found.batches += found.stream.close()
    missing = set(range(N * SAMPLES)) - set(found.numbers())
    assert missing == set(range(30 * SAMPLES, 31 * SAMPLES))
    counts = found.stream.counts
    assert counts.lost == 1
    assert counts.malformed + counts.duplicate == 1
    assert counts.lost_s == pytest.approx(SAMPLES / RATE_HZ, abs=0.02)


def test_a_sensor_that_really_jumps_is_believed_after_three_packets() -> None:
    found = shoe()
    for n in range(N):
        later_us = 5_000_000 if n >= 30 else 0
        payload = with_count(n, 65500 + n, 2**32 - 10**6 + n * PERIOD_US + later_us)
        arrival_ns = (n + 1) * PERIOD_US * 1000
        found.batches += found.stream.hear("data", payload, arrival_ns)
    found.batches += found.stream.close()
    assert found.stream.counts.malformed == 3
    assert len(found.numbers()) == (N - 3) * SAMPLES


# --- every family, and bytes that no sensor sends

Word = tuple[str, bytes, int]


@functools.cache
def talk_of(family: str) -> tuple[Driver, tuple[Word, ...]]:
    """Driver of a virtual sensor that streams, and what it says in the next 6 s."""

    async def listen() -> tuple[Driver, tuple[Word, ...]]:
        async with worn(family) as found:
            stream = found.crew._links[LEFT].stream
            driver, words, hear = (
                copy.deepcopy(stream.driver),
                list[Word](),
                stream.hear,
            )

            def overheard(*word: str | bytes | int) -> list[ImuBatch]:
                words.append(word)  # type: ignore[arg-type]
                return hear(*word)  # type: ignore[arg-type]

            stream.hear = overheard  # type: ignore[method-assign, assignment]
            await asyncio.sleep(6)
            return driver, tuple(words)

    return run(listen())


V1_CLOCK_TOP = {46, 47}
"""Bits of half an hour: of them the driver believes one (see its tests)."""


def bent(real: bytes, cut: int, flips: list[int]) -> bytes:
    """A real notification that breaks off, with bits turned."""
    payload = bytearray(real[: len(real) - cut % len(real)])
    for flip in set(flips) - V1_CLOCK_TOP:
        payload[flip // 8 % len(payload)] ^= 1 << flip % 8
    return bytes(payload)


GARBAGE = st.lists(
    st.one_of(
        st.binary(max_size=244),
        st.tuples(
            st.integers(0, 250), st.lists(st.integers(0, 1951), min_size=1, max_size=4)
        ),
        st.tuples(st.just(0), st.lists(st.integers(0, 95), min_size=1, max_size=2)),
        st.tuples(st.integers(1, 250), st.just([])),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=15)
@given(garbage=GARBAGE)
def test_bytes_that_break_the_protocol_never_end_a_stream(
    family: str, garbage: list[bytes | tuple[int, list[int]]]
) -> None:
    driver, words = talk_of(family)
    stream = stream_of(copy.deepcopy(driver))
    batches = stream.connected()
    third = len(words) // 3
    for number, word in enumerate(words):
        if third <= number < third + len(garbage):
            bad = garbage[number - third]
            payload = bad if isinstance(bad, bytes) else bent(word[1], *bad)
            batches += stream.hear(word[0], payload, word[2])
        batches += stream.hear(*word)
    batches += stream.close()
    check_went_on(stream, batches, words)


def check_went_on(
    stream: SensorStream, batches: list[ImuBatch], words: Sequence[Word]
) -> None:
    places = [(batch.epoch, batch.seq) for batch in batches]
    assert places == [(0, seq) for seq in range(len(batches))]
    assert len(stream._sequencer._waiting) <= RING_WINDOW
    heard_ns = stream.last_arrival_ns
    assert heard_ns is not None
    if words[-1][2] - heard_ns > LinkSettings().stall_s * 1e9:
        return  # it fell silent: the link sees that and connects anew
    assert stream.rate_hz == pytest.approx(206, rel=0.025)
    late_s = (words[-1][2] + 10**18 - batches[-1].t0_ns) / 1e9
    assert abs(late_s) < 1
    # One broken word in six seconds of talk costs no more than half a second each.
    assert sum(batch.n for batch in batches) > 208 * (6 - 6 * 0.5)
