"""What breaks in the field, over the virtual radio: nothing lost, or each loss told."""

import asyncio

import numpy as np
import pytest

from collector.virtual.motion import Still
from collector.virtual.radio import Air, VirtualRadio
from collector.virtual.treadwear_v1 import VirtualTreadwear
from contract.model import Slot
from tests.collector.radio_bench import (
    Bench,
    assert_counted_up,
    bench,
    collecting,
    gaps,
    now_s,
    paired,
    samples,
    sent,
    traits,
)
from tests.collector.virtual_time import on_virtual_time

LEFT, RIGHT, HIP = Slot.LEFT, Slot.RIGHT, Slot.HIP


def assert_whole(found: Bench, slot: Slot) -> None:
    """Every sample that the sensor took since it was first heard has come, once."""
    came = samples(found.batches(slot))
    took = sent(list(found[slot].told))
    start = 0
    while not np.array_equal(took[start : start + 40], came[:40]):
        start += 1
    assert np.array_equal(took[start : start + len(came)], came)
    assert gaps(found.batches(slot)) == []
    assert_counted_up(found.batches(slot))


@on_virtual_time
async def test_three_sensors_stream_every_sample_they_take() -> None:
    async with bench(LEFT, RIGHT, HIP) as found:
        await found.until_streaming()
        await asyncio.sleep(10)
        for slot in (LEFT, RIGHT, HIP):
            assert_whole(found, slot)
            assert found.link(slot).lost == 0
            assert len(samples(found.batches(slot))) > 9 * 208


@on_virtual_time
async def test_a_sensor_that_disconnects_is_back_soon_and_nothing_is_missing() -> None:
    async with bench(LEFT, RIGHT) as found:
        await found.until_streaming()
        await asyncio.sleep(5)
        await found[LEFT].disconnect()
        await found.until(lambda: not found.is_live(LEFT))

        took_s = await found.until_streaming(LEFT)
        await found.until_repaired(LEFT)

        assert took_s <= 1.5
        assert_whole(found, LEFT)
        link = found.link(LEFT)
        assert (link.reconnects, link.lost) == (1, 0)
        assert link.repaired > 0


@on_virtual_time
async def test_six_seconds_out_of_range_lose_nothing() -> None:
    async with bench(LEFT, RIGHT) as found:
        await found.until_streaming()
        await asyncio.sleep(5)
        found[LEFT].out_of_range()
        await asyncio.sleep(6)
        assert found.is_live(RIGHT)
        found[LEFT].back_in_range()

        took_s = await found.until_streaming(LEFT)
        await found.until_repaired(LEFT)

        assert took_s <= 1.5
        assert_whole(found, LEFT)
        assert_whole(found, RIGHT)
        assert found.link(LEFT).lost == 0


@on_virtual_time
async def test_a_minute_out_of_range_loses_what_the_ring_let_go_and_says_so() -> None:
    async with bench(LEFT) as found:
        await found.until_streaming()
        await asyncio.sleep(5)
        found[LEFT].out_of_range()
        await asyncio.sleep(75)
        found[LEFT].back_in_range()
        await found.until_streaming(LEFT)
        await asyncio.sleep(25)

        link, batches = found.link(LEFT), found.batches(LEFT)
        took = len(sent(list(found[LEFT].told)))
        missing = took - len(samples(batches))

        assert link.lost > 0
        assert link.repaired > 400
        assert len(gaps(batches)) >= 1
        assert_counted_up(batches)
        # The tail that is still under way is no more than a second of packets.
        assert 0 <= missing - 19 * link.lost < 19 * 11
        assert link.lost_s == pytest.approx(link.lost * 19 / 208, abs=0.2)


@on_virtual_time
async def test_a_reboot_begins_a_new_epoch_behind_a_gap() -> None:
    async with bench(LEFT) as found:
        await found.until_streaming()
        await asyncio.sleep(6)
        found[LEFT].reboot(off_s=0.5)
        await found.until(lambda: not found.is_live(LEFT))
        await found.until_streaming(LEFT)
        await asyncio.sleep(6)

        batches = found.batches(LEFT)
        assert found.epochs[LEFT] == 1
        assert gaps(batches) == [(1, 0)]
        assert_counted_up(batches)
        assert found.link(LEFT).lost_s > 0.5
        for epoch in (0, 1):
            took = sent([t for t in found[LEFT].told if t.boot == epoch])
            came = samples([b for b in batches if b.epoch == epoch])
            assert np.array_equal(took[: len(came)], came)
        times = [b.t0_ns for b in batches]
        assert times == sorted(times)


@on_virtual_time
async def test_doubled_notifications_count_once() -> None:
    async with bench(LEFT) as found:
        await found.until_streaming()
        found[LEFT].duplicate(0.3)
        await asyncio.sleep(10)

        assert_whole(found, LEFT)
        assert found.link(LEFT).duplicate > 20
        assert found.link(LEFT).lost == 0


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
def test_lost_packets_are_asked_for_and_come(share: float) -> None:
    @on_virtual_time
    async def lossy() -> None:
        async with bench(LEFT) as found:
            await found.until_streaming()
            found[LEFT].drop(share)
            await asyncio.sleep(60)
            found[LEFT].drop(0.0)
            await found.until_repaired(LEFT)

            lost_at_first = sum(t.fate == "lost" for t in found[LEFT].told)
            assert lost_at_first > 100 * share
            assert_whole(found, LEFT)
            assert found.link(LEFT).lost == 0
            assert found.link(LEFT).repaired >= lost_at_first

    lossy()


@on_virtual_time
async def test_two_sensors_of_one_name_are_told_apart_by_their_numbers() -> None:
    who = [traits(LEFT, name="treadwear"), traits(RIGHT, name="treadwear")]
    async with bench(LEFT, RIGHT, who=who) as found:
        await found.until_streaming()
        await asyncio.sleep(5)

        for slot in (LEFT, RIGHT):
            assert found.status(slot).info.serial == found[slot].serial
            assert_whole(found, slot)


@on_virtual_time
async def test_another_sensor_at_the_known_address_is_left_alone() -> None:
    """A namesake that took over the address; the right one has a new address."""
    usual = traits(LEFT)
    moved = traits(LEFT, address="F9:00:00:00:00:09")
    other = traits(RIGHT, name=usual.name, address=usual.address, serial="TW999999")
    radio = VirtualRadio()
    sensors = {
        LEFT: VirtualTreadwear(radio, moved, Still(208.0)),
        RIGHT: VirtualTreadwear(radio, other, Still(208.0)),
    }
    known = [paired(LEFT, usual)]
    async with collecting(radio, dict(sensors), known, starts=False) as found:
        await sensors[RIGHT].start()
        await found.until(lambda: "TW999999" in found.status(LEFT).link.trouble)
        await sensors[LEFT].start()
        await found.until_streaming(LEFT)
        await asyncio.sleep(5)

        assert found.status(LEFT).info.serial == usual.serial
        assert np.array_equal(
            samples(found.batches(LEFT))[:20], sent(list(found[LEFT].told))[:20]
        )


@on_virtual_time
async def test_a_refused_setting_is_said_and_tried_again() -> None:
    async with bench(LEFT, RIGHT) as found:
        found[LEFT].refuse(0x81)
        await found.until_streaming(RIGHT)
        await asyncio.sleep(5)

        assert not found.is_live(LEFT)
        assert "refused" in found.status(LEFT).link.trouble
        found[LEFT].accept()
        await found.until_streaming(LEFT)
        assert found.status(LEFT).link.trouble == ""


@on_virtual_time
async def test_a_nearly_empty_battery_is_known() -> None:
    async with bench(LEFT) as found:
        found[LEFT].battery_pct = 3
        await found.until_streaming()

        assert found.link(LEFT).battery_pct == 3


@on_virtual_time
async def test_a_sensor_that_falls_silent_is_connected_anew() -> None:
    async with bench(LEFT) as found:
        await found.until_streaming()
        await asyncio.sleep(5)
        began_s = now_s()
        found[LEFT].freeze()
        await found.until(lambda: found.link(LEFT).reconnects == 1)
        assert now_s() - began_s < 2.0 + 1.5
        await found.until_repaired(LEFT)

        assert_whole(found, LEFT)


@on_virtual_time
async def test_a_connection_that_never_comes_holds_nobody_up_for_long() -> None:
    async with bench(LEFT, RIGHT) as found:
        found[LEFT].ignore_connects()
        took_s = await found.until_streaming(RIGHT)
        assert took_s < 15
        await asyncio.sleep(15)
        assert not found.is_live(LEFT)
        assert "did not come about" in found.status(LEFT).link.trouble

        found[LEFT].ignore_connects(is_deaf=False)
        await found.until_streaming(LEFT, seconds=40)
        assert found.is_live(RIGHT)


@on_virtual_time
async def test_garbage_is_counted_and_the_stream_goes_on() -> None:
    async with bench(LEFT) as found:
        await found.until_streaming()
        for payload in (b"", b"\x00", b"\xff" * 236, bytes(range(100))):
            found[LEFT].say("data", payload)
            found[LEFT].say("control", payload)
            await asyncio.sleep(1)

        # An empty notification is no ATT error; the driver still refuses it.
        assert found.link(LEFT).malformed == 8
        assert_whole(found, LEFT)


@on_virtual_time
async def test_a_slow_link_streams_all_the_same() -> None:
    """A phone that grants 90 ms between connection events only."""
    async with bench(LEFT, RIGHT, air=Air(interval_s=0.09)) as found:
        await found.until_streaming()
        await asyncio.sleep(20)

        for slot in (LEFT, RIGHT):
            assert_whole(found, slot)
            assert found.link(slot).lost == 0


@on_virtual_time
async def test_a_sensor_that_never_comes_back_is_not_told_as_lossless() -> None:
    async with bench(LEFT) as found:
        await found.until_streaming()
        await asyncio.sleep(5)
        found[LEFT].out_of_range()
        await asyncio.sleep(30)

        assert found.link(LEFT).lost_s == pytest.approx(30, abs=1)
