"""Our own sensor in memory keeps to the profile, byte for byte, and fails as told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest
from bleak import BleakClient
from bleak.exc import BleakGATTProtocolError

from collector.virtual.backend import installed
from collector.virtual.motion import Motion, Recorded, Shaken, Still
from collector.virtual.radio import VirtualRadio
from collector.virtual.sampling import DeviceClock
from collector.virtual.sensor import Traits
from collector.virtual.treadwear_v1 import VirtualTreadwear
from firmware_config.packet import (
    CONTROL_UUID,
    DATA_UUID,
    INFO_UUID,
    Blink,
    Command,
    Configure,
    DataFlag,
    DataPacket,
    Info,
    Missing,
    Ping,
    Pong,
    Reply,
    Resend,
    Start,
    Stop,
    decode_data,
    decode_info,
    decode_reply,
    encode_command,
)
from tests.collector.virtual_time import on_virtual_time

SHOE = Traits("treadwear L", "F0:00:00:00:00:01", serial="TW000001", side="left")


@dataclass
class Talk:
    """A client that keeps what it hears."""

    client: BleakClient
    data: list[DataPacket] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    async def listen(self) -> None:
        await self.client.start_notify(
            DATA_UUID, lambda _c, d: self.data.append(decode_data(bytes(d)))
        )
        await self.client.start_notify(
            CONTROL_UUID, lambda _c, d: self.replies.append(decode_reply(bytes(d)))
        )

    async def tell(self, command: Command) -> None:
        payload = encode_command(command)
        await self.client.write_gatt_char(CONTROL_UUID, payload, response=True)

    async def info(self) -> Info:
        return decode_info(bytes(await self.client.read_gatt_char(INFO_UUID)))

    @property
    def seqs(self) -> list[int]:
        return [packet.seq for packet in self.data]


@asynccontextmanager
async def a_shoe(
    motion: Motion | None = None, traits: Traits = SHOE, ring_packets: int = 600
) -> AsyncIterator[tuple[VirtualTreadwear, Talk]]:
    radio = VirtualRadio()
    sensor = VirtualTreadwear(radio, traits, motion or Shaken(), ring_packets)
    await sensor.start()
    async with installed(radio), BleakClient(traits.address) as client:
        talk = Talk(client)
        await talk.listen()
        yield sensor, talk
    await sensor.stop()


@on_virtual_time
async def test_every_packet_comes_as_it_was_sent_and_as_it_was_felt() -> None:
    draw = np.random.default_rng(5)
    felt = draw.integers(-32000, 32000, (5000, 6)).astype(np.int16)
    felt[19 * 7, 2] = -32768
    async with a_shoe(Recorded(felt, 416.0)) as (shoe, talk):
        await talk.tell(Configure(416, 16, 2000))
        await talk.tell(Start())
        await asyncio.sleep(10.0)
        told = shoe.told_by_seq()
        assert len(talk.data) >= 10 * 416 / 19 - 2
        for packet in talk.data:
            one = told[packet.seq]
            assert np.array_equal(packet.counts, one.counts)
            assert packet.first_us == int(one.first_us)
            clipped = DataFlag.CLIPPED if packet.seq == 7 else DataFlag.NONE
            assert packet.flags == clipped
        came = np.vstack([packet.counts for packet in talk.data])
        assert np.array_equal(came, felt[: len(came)])


@on_virtual_time
async def test_the_device_clock_runs_at_its_own_speed_and_wraps() -> None:
    clock = DeviceClock(start_us=2**32 - 2e6, skew_ppm=100.0)
    traits = Traits(SHOE.name, SHOE.address, clock=clock)
    async with a_shoe(Still(), traits) as (shoe, talk):
        await talk.tell(Configure(416, 16, 2000))
        await talk.tell(Start())
        await asyncio.sleep(30.0)
        first, last = talk.data[0], talk.data[-1]
        assert last.first_us < first.first_us
        passed_us = (last.first_us - first.first_us) % 2**32
        samples = 19 * (len(talk.data) - 1)
        assert passed_us == pytest.approx(samples / 416 * 1e6 * 1.0001, abs=2)
        assert shoe.device_us() > 2**32


@on_virtual_time
async def test_info_tells_serial_side_boot_and_the_size_of_counts() -> None:
    async with a_shoe(Still(acc_g_per_count=32 / 32768)) as (shoe, talk):
        info = await talk.info()
        assert (info.serial, info.side, info.ring_packets) == ("TW000001", 1, 600)
        assert info == shoe.info()
        assert info.acc_g_per_lsb == pytest.approx(32 / 32768)
        assert info.gyro_dps_per_lsb == pytest.approx(2000 / 32768)
        await talk.tell(Configure(104, 8, 500))
        narrow = await talk.info()
        assert narrow.rate_hz == 104
        assert narrow.acc_g_per_lsb == pytest.approx(0.000244)
        assert narrow.gyro_dps_per_lsb == pytest.approx(0.0175)


@on_virtual_time
async def test_other_ranges_and_rates_give_other_counts_of_the_same_motion() -> None:
    async with a_shoe(Still(down=(0.0, -1.0, 0.0))) as (_, talk):
        await talk.tell(Configure(104, 8, 500))
        await talk.tell(Start())
        await asyncio.sleep(5.0)
        counts = np.vstack([packet.counts for packet in talk.data])
        assert counts[:, 1].mean() * 0.000244 == pytest.approx(-1.0, abs=0.001)
        assert 104 * 4.5 < len(counts) <= 104 * 5


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", 0x80),
        (b"\x77", 0x80),
        (b"\x01\x00", 0x80),
        (encode_command(Configure(200, 16, 2000)), 0x81),
        (encode_command(Configure(208, 12, 2000)), 0x81),
    ],
)
def test_what_it_does_not_know_or_offer_is_refused(payload: bytes, code: int) -> None:
    @on_virtual_time
    async def refused() -> None:
        async with a_shoe() as (_, talk):
            with pytest.raises(BleakGATTProtocolError) as fault:
                await talk.client.write_gatt_char(CONTROL_UUID, payload, response=True)
            assert fault.value.code == code

    refused()


@on_virtual_time
async def test_it_is_not_configured_while_it_streams_but_after_a_stop() -> None:
    async with a_shoe() as (shoe, talk):
        await talk.tell(Start())
        with pytest.raises(BleakGATTProtocolError) as fault:
            await talk.tell(Configure(416, 16, 2000))
        assert fault.value.code == 0x82
        await talk.tell(Stop())
        await talk.tell(Configure(416, 16, 2000))
        assert shoe.configured == Configure(416, 16, 2000)


@on_virtual_time
async def test_lost_notifications_leave_holes_in_the_numbers_and_can_be_resent() -> (
    None
):
    async with a_shoe() as (shoe, talk):
        shoe.drop(0.2)
        await talk.tell(Start())
        await asyncio.sleep(30.0)
        shoe.drop(0.0)
        await talk.tell(Stop())
        lost = [one.seq for one in shoe.told if one.fate == "lost"]
        assert 0.1 < len(lost) / len(shoe.told) < 0.3
        assert sorted({*talk.seqs, *lost}) == list(range(shoe.seq))
        assert not set(talk.seqs) & set(lost)
        for seq in lost:
            await talk.tell(Resend(seq, 1))
        await asyncio.sleep(3.0)
        again = [packet for packet in talk.data if packet.flags & DataFlag.RESENT]
        assert [packet.seq for packet in again] == lost
        told = shoe.told_by_seq()
        assert all(np.array_equal(p.counts, told[p.seq].counts) for p in again)


@on_virtual_time
async def test_what_is_no_longer_in_the_ring_is_said_so() -> None:
    async with a_shoe(ring_packets=20) as (shoe, talk):
        await talk.tell(Start())
        await asyncio.sleep(10.0)
        await talk.tell(Stop())
        oldest = shoe.seq - 20
        await talk.tell(Resend(oldest - 5, 7))
        await talk.tell(Resend(shoe.seq + 3, 2))
        await asyncio.sleep(1.0)
    assert talk.replies == [Missing(oldest - 5, 5), Missing(shoe.seq + 3, 2)]
    again = [packet.seq for packet in talk.data if packet.flags & DataFlag.RESENT]
    assert again == [oldest, oldest + 1]


@on_virtual_time
async def test_live_packets_keep_coming_while_many_are_resent() -> None:
    async with a_shoe() as (shoe, talk):
        await talk.tell(Configure(416, 16, 2000))
        await talk.tell(Start())
        await asyncio.sleep(20.0)
        asked_at = len(talk.data)
        await talk.tell(Resend(0, 300))
        await asyncio.sleep(6.0)
        later = talk.data[asked_at:]
        live = [p.seq for p in later if not p.flags & DataFlag.RESENT]
        assert live == list(range(live[0], live[0] + len(live)))
        assert live[-1] >= shoe.seq - 2
        assert sum(1 for p in later if p.flags & DataFlag.RESENT) == 300


@on_virtual_time
async def test_duplicates_come_twice() -> None:
    async with a_shoe() as (shoe, talk):
        shoe.duplicate(1.0)
        await talk.tell(Start())
        await asyncio.sleep(5.0)
    assert talk.seqs[:6] == [0, 0, 1, 1, 2, 2]


@on_virtual_time
async def test_a_frozen_sensor_stays_connected_and_says_nothing() -> None:
    async with a_shoe() as (shoe, talk):
        await talk.tell(Start())
        await asyncio.sleep(2.0)
        shoe.freeze()
        await asyncio.sleep(0.1)
        n = len(talk.data)
        await talk.tell(Ping(1))
        await asyncio.sleep(10.0)
        assert (len(talk.data), talk.replies) == (n, [])
        assert talk.client.is_connected
        shoe.thaw()
        await asyncio.sleep(1.0)
        assert len(talk.data) > n


@on_virtual_time
async def test_a_ping_is_answered_by_the_device_clock() -> None:
    async with a_shoe() as (shoe, talk):
        before_us = shoe.device_us()
        await talk.tell(Ping(0xDEADBEEF))
        await asyncio.sleep(0.1)
        (pong,) = talk.replies
        assert isinstance(pong, Pong)
        assert pong.token == 0xDEADBEEF
        assert before_us < pong.device_us < shoe.device_us()


@on_virtual_time
async def test_the_led_blinks_when_asked() -> None:
    async with a_shoe() as (shoe, talk):
        await talk.tell(Blink(3))
        assert shoe.n_blinks == 1


@on_virtual_time
async def test_it_samples_on_while_nobody_listens_and_can_send_it_later() -> None:
    async with a_shoe() as (shoe, talk):
        await talk.tell(Start())
        await asyncio.sleep(5.0)
        shoe.out_of_range()
        await asyncio.sleep(6.0)
        shoe.back_in_range()
        boot_id = shoe.info().boot_id
        async with BleakClient(SHOE.address) as client:
            later = Talk(client)
            await later.listen()
            assert (await later.info()).boot_id == boot_id
            await asyncio.sleep(1.0)
            gap = range(talk.seqs[-1] + 1, later.seqs[0])
            assert len(gap) == pytest.approx(6.0 * 208 / 19, rel=0.2)
            await later.tell(Resend(gap.start, len(gap)))
            await asyncio.sleep(3.0)
            got = sorted({*talk.seqs, *later.seqs})
            assert got == list(range(len(got)))


@on_virtual_time
async def test_a_reboot_starts_numbers_and_clock_anew_and_empties_the_ring() -> None:
    async with a_shoe() as (shoe, talk):
        await talk.tell(Configure(416, 16, 2000))
        await talk.tell(Start())
        await asyncio.sleep(5.0)
        before, boot_id = shoe.device_us(), shoe.info().boot_id
        shoe.reboot(off_s=0.5)
        await asyncio.sleep(2.0)
        assert not talk.client.is_connected
        assert not shoe.is_sampling
        async with BleakClient(SHOE.address) as client:
            later = Talk(client)
            await later.listen()
            assert (await later.info()).boot_id != boot_id
            await later.tell(Start())
            await later.tell(Resend(0, 1))
            await asyncio.sleep(1.0)
            assert later.seqs[:2] == [0, 1]
            assert later.replies == [Missing(0, 1)]
            assert shoe.device_us() < before
        assert {one.boot for one in shoe.told} == {0, 1}


@on_virtual_time
async def test_any_bytes_can_be_put_into_its_mouth() -> None:
    async with a_shoe() as (shoe, talk):
        heard: list[bytes] = []
        await talk.client.stop_notify(DATA_UUID)
        await talk.client.start_notify(DATA_UUID, lambda _c, d: heard.append(bytes(d)))
        shoe.say("data", b"\x00\x01nonsense")
        await asyncio.sleep(0.1)
    assert heard == [b"\x00\x01nonsense"]


@on_virtual_time
async def test_packets_can_have_random_sizes() -> None:
    async with a_shoe() as (shoe, talk):
        shoe.batch = (6, 10)
        await talk.tell(Start())
        await asyncio.sleep(10.0)
        sizes = {len(packet.counts) for packet in talk.data}
    assert sizes == {6, 7, 8, 9, 10}


@on_virtual_time
async def test_two_feet_feel_the_same_run_at_the_same_time() -> None:
    ramp = np.zeros((4000, 6), np.int16)
    ramp[:, 0] = np.arange(4000)
    right = Traits("treadwear R", "F0:00:00:00:00:02")
    radio = VirtualRadio()
    shoes = [VirtualTreadwear(radio, who, Still()) for who in (SHOE, right)]
    began_s = asyncio.get_running_loop().time() + 5.0
    for shoe in shoes:
        await shoe.start()
        shoe.wear(Recorded(ramp, 208.0), at_s=began_s)
    async with installed(radio):
        for shoe in shoes:
            async with BleakClient(shoe.address) as client:
                await Talk(client).tell(Start())
                await asyncio.sleep(10.0)
    for shoe in shoes:
        last = shoe.told[-1]
        assert last.counts[0, 0] == round((last.first_s - began_s) * 208.0)
        await shoe.stop()


@on_virtual_time
async def test_another_motion_begins_at_its_beginning() -> None:
    ramp = np.zeros((4000, 6), np.int16)
    ramp[:, 0] = np.arange(4000)
    quiet = Recorded(np.full((1, 6), -7, np.int16), 208.0)
    async with a_shoe(quiet) as (shoe, talk):
        await talk.tell(Start())
        await asyncio.sleep(3.0)
        shoe.wear(Recorded(ramp, 208.0))
        await asyncio.sleep(3.0)
        counts = np.vstack([packet.counts for packet in talk.data])
    felt = counts[counts[:, 0] >= 0, 0]
    assert np.array_equal(felt, np.arange(len(felt)))
    assert len(felt) > 500
