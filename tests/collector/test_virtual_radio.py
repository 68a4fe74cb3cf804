"""The virtual radio, seen through bleak's public functions only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import bleak
import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError

from collector.virtual.backend import (
    bumble_backends,
    installed,
    switch_on_central,
)
from collector.virtual.motion import Still
from collector.virtual.radio import Air, VirtualRadio
from collector.virtual.sensor import Traits
from collector.virtual.treadwear_v1 import VirtualTreadwear
from firmware_config.packet import (
    CONTROL_UUID,
    DATA_UUID,
    SERVICE_UUID,
    Start,
    encode_command,
)
from tests.collector.virtual_time import on_virtual_time

BATTERY_UUID = "00002a19-0000-1000-8000-00805f9b34fb"
SERIAL_UUID = "00002a25-0000-1000-8000-00805f9b34fb"
FIRMWARE_UUID = "00002a26-0000-1000-8000-00805f9b34fb"
LEFT = Traits("treadwear L", "F0:00:00:00:00:01", serial="TW000001", distance_m=0.5)
RIGHT = Traits("treadwear R", "F0:00:00:00:00:02", serial="TW000002", distance_m=8.0)


@asynccontextmanager
async def shoes(
    *traits: Traits, air: Air | None = None
) -> AsyncIterator[list[VirtualTreadwear]]:
    radio = VirtualRadio(air)
    found = [VirtualTreadwear(radio, one, Still()) for one in traits]
    for sensor in found:
        await sensor.start()
    async with installed(radio):
        yield found
    for sensor in found:
        await sensor.stop()


def now() -> float:
    return asyncio.get_running_loop().time()


@on_virtual_time
async def test_a_scan_tells_name_service_and_who_is_nearer() -> None:
    async with shoes(LEFT, RIGHT):
        found = await BleakScanner.discover(1.0, return_adv=True)
    assert {device.name for device, _ in found.values()} == {LEFT.name, RIGHT.name}
    near, far = found[LEFT.address][1], found[RIGHT.address][1]
    assert near.service_uuids == [SERVICE_UUID]
    assert far.local_name == "treadwear R"
    assert -100 < far.rssi < near.rssi - 10 < 0


@on_virtual_time
async def test_two_sensors_of_the_same_name_are_two() -> None:
    twin = Traits(LEFT.name, RIGHT.address)
    async with shoes(LEFT, twin):
        found = await BleakScanner.discover(1.0)
    assert sorted(device.address for device in found) == [LEFT.address, RIGHT.address]
    assert {device.name for device in found} == {LEFT.name}


@on_virtual_time
async def test_a_scan_for_a_service_does_not_find_others() -> None:
    async with shoes(LEFT):
        others = ["0000180d-0000-1000-8000-00805f9b34fb"]
        assert await BleakScanner.discover(1.0, service_uuids=others) == []
        found = await BleakScanner.discover(1.0, service_uuids=[SERVICE_UUID])
    assert [device.address for device in found] == [LEFT.address]


@on_virtual_time
async def test_a_second_scan_does_not_end_the_first() -> None:
    async with shoes(LEFT):
        heard: list[float] = []
        async with BleakScanner(lambda _device, _said: heard.append(now())):
            assert await BleakScanner.discover(0.5)
            second_ended_s = now()
            await asyncio.sleep(1.0)
    assert max(heard) > second_ended_s + 0.5


@on_virtual_time
async def test_battery_serial_and_firmware_can_be_read() -> None:
    async with shoes(LEFT) as (left,), BleakClient(LEFT.address) as client:
        left.battery_pct = 3
        assert await client.read_gatt_char(BATTERY_UUID) == b"\x03"
        assert await client.read_gatt_char(SERIAL_UUID) == b"TW000001"
        assert await client.read_gatt_char(FIRMWARE_UUID) == b"1.0"
        assert client.mtu_size == 247
        assert client.name == LEFT.name


@on_virtual_time
async def test_a_refused_write_names_the_att_error() -> None:
    async with shoes(LEFT) as (left,), BleakClient(LEFT.address) as client:
        with pytest.raises(BleakGATTProtocolError) as unknown:
            await client.write_gatt_char(CONTROL_UUID, b"\x77", response=True)
        left.refuse(0x81, starting_with=b"\x01", times=1)
        start = encode_command(Start())
        with pytest.raises(BleakGATTProtocolError) as refused:
            await client.write_gatt_char(CONTROL_UUID, start, response=True)
        await client.write_gatt_char(CONTROL_UUID, start, response=True)
        assert left.is_sampling
    assert (unknown.value.code, refused.value.code) == (0x80, 0x81)


@on_virtual_time
async def test_what_was_asked_fails_when_the_sensor_hangs_up() -> None:
    async with shoes(LEFT) as (left,), BleakClient(LEFT.address) as client:
        left.out_of_range()
        asked_s = now()
        with pytest.raises(BleakError, match="disconnected"):
            await client.read_gatt_char(BATTERY_UUID)
        assert now() - asked_s == pytest.approx(1.0)
        assert not client.is_connected
        with pytest.raises(BleakError):
            await client.read_gatt_char(BATTERY_UUID)


@on_virtual_time
async def test_after_a_connect_that_never_completes_another_sensor_connects() -> None:
    async with shoes(LEFT, RIGHT) as (left, right):
        left.ignore_connects()
        with pytest.raises(TimeoutError):
            await BleakClient(LEFT.address, timeout=3.0).connect()
        async with BleakClient(RIGHT.address, timeout=3.0) as client:
            assert await client.read_gatt_char(SERIAL_UUID) == b"TW000002"
        left.ignore_connects(is_deaf=False)
        async with BleakClient(LEFT.address, timeout=3.0) as client:
            assert await client.read_gatt_char(SERIAL_UUID) == b"TW000001"
        assert (left.n_connections, right.n_connections) == (1, 1)


@on_virtual_time
async def test_a_sensor_out_of_range_is_not_found() -> None:
    async with shoes(LEFT) as (left,):
        left.out_of_range()
        assert await BleakScanner.discover(1.0) == []
        with pytest.raises((BleakDeviceNotFoundError, TimeoutError)):
            await BleakClient(LEFT.address, timeout=2.0).connect()
        left.back_in_range()
        async with BleakClient(LEFT.address, timeout=2.0) as client:
            assert client.is_connected


@on_virtual_time
async def test_a_disconnection_by_the_sensor_is_told_at_once() -> None:
    async with shoes(LEFT) as (left,):
        gone: list[float] = []
        client = BleakClient(LEFT.address, lambda _client: gone.append(now()))
        await client.connect()
        hung_up_s = now()
        await left.disconnect()
        await asyncio.sleep(0.1)
        assert gone == [pytest.approx(hung_up_s, abs=0.02)]
        assert not client.is_connected
        await client.connect()
        assert await client.read_gatt_char(BATTERY_UUID) == bytes([87])
        await client.disconnect()
        assert len(gone) == 2


@on_virtual_time
async def test_out_of_range_ends_the_link_after_the_supervision_time() -> None:
    async with shoes(LEFT, air=Air(supervision_s=2.5)) as (left,):
        gone: list[float] = []
        client = BleakClient(LEFT.address, lambda _client: gone.append(now()))
        await client.connect()
        left_s = now()
        left.out_of_range()
        await asyncio.sleep(60.0)
        assert gone == [pytest.approx(left_s + 2.5)]
        assert not left.device.connections
        left.back_in_range()
        found = await BleakScanner.find_device_by_address(LEFT.address, 2.0)
        assert found is not None
        async with BleakClient(found) as again:
            assert await again.read_gatt_char(SERIAL_UUID) == b"TW000001"


@on_virtual_time
async def test_a_host_that_hangs_up_out_of_range_is_forgotten_by_the_sensor() -> None:
    async with shoes(LEFT) as (left,):
        client = BleakClient(LEFT.address)
        await client.connect()
        left.out_of_range()
        await client.disconnect()
        await asyncio.sleep(0.2)
        assert left.device.connections
        left.back_in_range()
        await asyncio.sleep(1.1)
        assert not left.device.connections
        async with BleakClient(LEFT.address, timeout=3.0) as again:
            assert again.is_connected


@on_virtual_time
async def test_notifications_come_on_the_grid_of_the_connection_interval() -> None:
    interval_s = 0.030
    async with (
        shoes(LEFT, air=Air(interval_s=interval_s)) as (left,),
        BleakClient(LEFT.address) as client,
    ):
        came: list[float] = []
        await client.start_notify(DATA_UUID, lambda _c, _d: came.append(now()))
        await client.write_gatt_char(CONTROL_UUID, encode_command(Start()))
        await asyncio.sleep(10.0)
        told = [one.first_s for one in left.told]
    assert len(came) > 100
    phases = [(t - came[0] + interval_s / 2) % interval_s for t in came]
    assert phases == pytest.approx(len(came) * [interval_s / 2], abs=1e-6)
    # Packets are made every 91 ms, so that they wait for 0 to 30 ms.
    waits = [c - t for t, c in zip(told, came, strict=False)]
    assert interval_s * 0.8 < max(waits) - min(waits) <= interval_s


@on_virtual_time
async def test_a_bad_radio_delays_but_keeps_the_order() -> None:
    bad = Air(repeat_share=0.4, host_jitter_s=0.02)
    async with shoes(LEFT, air=bad) as (left,), BleakClient(LEFT.address) as client:
        came: list[bytes] = []
        await client.start_notify(DATA_UUID, lambda _c, d: came.append(bytes(d)))
        await client.write_gatt_char(CONTROL_UUID, encode_command(Start()))
        await asyncio.sleep(20.0)
        left.end_sampling()
        await asyncio.sleep(1.0)
        n_told = len(left.told)
    seqs = [int.from_bytes(data[:2], "little") for data in came]
    assert seqs == list(range(n_told))


@on_virtual_time
async def test_a_second_out_of_range_within_the_supervision_time_loses_nothing() -> (
    None
):
    async with shoes(LEFT) as (left,), BleakClient(LEFT.address) as client:
        came: list[int] = []
        await client.start_notify(
            DATA_UUID, lambda _c, d: came.append(int.from_bytes(d[:2], "little"))
        )
        await client.write_gatt_char(CONTROL_UUID, encode_command(Start()))
        for _ in range(3):
            await asyncio.sleep(1.0)
            left.out_of_range()
            await asyncio.sleep(0.8)
            left.back_in_range()
        left.end_sampling()
        await asyncio.sleep(0.5)
        assert client.is_connected
        assert came == list(range(len(left.told)))


@on_virtual_time
async def test_backends_can_be_given_by_hand_and_bleak_is_left_as_it_was() -> None:
    before = bleak.get_platform_client_backend_type
    radio = VirtualRadio()
    sensor = VirtualTreadwear(radio, LEFT, Still())
    await sensor.start()
    async with installed(radio):
        assert bleak.get_platform_client_backend_type is not before
    assert bleak.get_platform_client_backend_type is before
    central = await switch_on_central(radio, "C0:00:00:00:00:02")
    scanner, client = bumble_backends(central)
    found = await BleakScanner.find_device_by_name(LEFT.name, 1.0, backend=scanner)
    assert found is not None
    async with BleakClient(found, backend=client) as linked:
        assert linked.is_connected
    await sensor.stop()


def test_the_same_seed_gives_the_same_arrivals_to_the_last_digit() -> None:
    runs: list[list[tuple[float, bytes]]] = [[], []]

    @on_virtual_time
    async def stream(came: list[tuple[float, bytes]]) -> None:
        bad = Air(repeat_share=0.2, host_jitter_s=0.01)
        async with shoes(LEFT, RIGHT, air=bad) as (left, _):
            left.drop(0.1)
            for who in (LEFT, RIGHT):
                client = BleakClient(who.address)
                await client.connect()
                await client.start_notify(
                    DATA_UUID, lambda _c, data: came.append((now(), bytes(data)))
                )
                await client.write_gatt_char(CONTROL_UUID, encode_command(Start()))
            await asyncio.sleep(10.0)

    for run in runs:
        stream(run)
    assert len(runs[0]) > 200
    assert runs[0] == runs[1]
