"""Each family's virtual sensor speaks its protocol, as read here by hand from bytes.

The layouts are those of the design notes (sensors.md section 2), not those of the
drivers in `collector.devices`, so that each can be held against the other.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakGATTProtocolError

from collector.virtual.backend import installed
from collector.virtual.metawear import VirtualMetaWear
from collector.virtual.motion import Motion, Recorded
from collector.virtual.movesense import VirtualMovesense
from collector.virtual.orphe import VirtualOrpheCore, VirtualOrpheInsole
from collector.virtual.polar import VirtualVeritySense
from collector.virtual.radio import VirtualRadio
from collector.virtual.running_speed import VirtualFootPod
from collector.virtual.sampling import DeviceClock
from collector.virtual.sensor import Traits, VirtualSensor
from tests.collector.virtual_time import on_virtual_time

ORPHE_INFORMATION = "24354f22-1c46-430e-a4ab-a1eeabbcdfc0"
ORPHE_TIME = "f53eeeb1-b2e8-492a-9673-10e0f1c29026"
ORPHE_VALUES = "f3f9c7ce-46ee-4205-89ac-abe64e626c0f"
POLAR_DATA = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"
MOVESENSE_WRITE = "34800001-7185-4d5d-b431-630e7050e8f0"
MOVESENSE_NOTIFY = "34800002-7185-4d5d-b431-630e7050e8f0"
METAWEAR_COMMAND = "326a9001-85cb-9195-d9dd-464cfbbae75a"
METAWEAR_NOTIFY = "326a9006-85cb-9195-d9dd-464cfbbae75a"
RSC_MEASUREMENT = "00002a53-0000-1000-8000-00805f9b34fb"
BATTERY = "00002a19-0000-1000-8000-00805f9b34fb"

WHO = Traits("a sensor", "F0:00:00:00:00:01", serial="S1", side="right")


def felt(rate_hz: float, n: int = 4000) -> Recorded:
    """Counts of which each tells its sample and its axis."""
    draw = np.random.default_rng(7)
    steps = draw.integers(-900, 900, (n, 6))
    counts = np.clip(steps.cumsum(axis=0) % 40000 - 20000, -25000, 25000)
    return Recorded(counts.astype(np.int16), rate_hz)


@asynccontextmanager
async def linked(
    kind: type[VirtualSensor], motion: Motion, traits: Traits = WHO
) -> AsyncIterator[tuple[VirtualSensor, BleakClient]]:
    radio = VirtualRadio()
    sensor = kind(radio, traits, motion)
    await sensor.start()
    async with installed(radio), BleakClient(traits.address) as client:
        yield sensor, client
    await sensor.stop()


async def heard_for(client: BleakClient, uuid: str, seconds: float) -> list[bytes]:
    heard: list[bytes] = []
    await client.start_notify(uuid, lambda _c, data: heard.append(bytes(data)))
    await asyncio.sleep(seconds)
    return heard


def nearly(found: np.ndarray, motion: Recorded, sizes: tuple[float, float]) -> None:
    """Check that ``found`` [n, 6], in g and dps, is how the motion begins."""
    own = motion.counts(0, len(found)).astype(float)
    own[:, :3] *= motion.acc_g_per_count
    own[:, 3:] *= motion.gyro_dps_per_count
    assert np.abs(found - own)[:, :3].max() <= sizes[0]
    assert np.abs(found - own)[:, 3:].max() <= sizes[1]


# --- ORPHE


def orphe_samples(data: bytes, at: int, stride: int, n: int) -> np.ndarray:
    """Samples of a packet in order of time, acc then gyro."""
    rows = [
        struct.unpack_from(">6h", data, at + stride * slot)
        for slot in reversed(range(n))
    ]
    counts = np.array(rows, float)
    return np.hstack([counts[:, 3:] * 16 / 32768, counts[:, :3] * 0.07])


@on_virtual_time
async def test_orphe_core_sends_the_oldest_sample_last_and_steps_in_ms() -> None:
    motion = felt(208.0)
    almost_midnight = DeviceClock(start_us=(86400 - 4) * 1e6)
    who = Traits("CR-3", WHO.address, side="right", clock=almost_midnight)
    async with linked(VirtualOrpheCore, motion, who) as (core, client):
        said = await client.read_gatt_char(ORPHE_INFORMATION)
        assert (len(said), said[1], said[8], said[9]) == (20, 1, 3, 3)
        heard = await heard_for(client, ORPHE_VALUES, 8.0)
        told = list(core.told)
    assert {(len(data), data[0]) for data in heard} == {(92, 50)}
    numbers = [int.from_bytes(data[1:3], "big") for data in heard]
    assert numbers == list(range(len(heard)))
    found = np.vstack([orphe_samples(data, 16, 21, 4) for data in heard])
    nearly(found, motion, (0.0003, 0.036))
    hours = [data[3] for data in heard]
    assert hours[0] == 23
    assert hours[-1] == 0
    clock_ms = [_orphe_ms(data) for data in heard]
    for data, one, ms in zip(heard, told, clock_ms, strict=False):
        assert ms == int(one.first_us / 1000) % 86_400_000
        steps = [data[28 + 21 * slot] for slot in (2, 1, 0)]
        assert 13 <= sum(steps) <= 15


def _orphe_ms(data: bytes) -> int:
    hour, minute, second, ms = struct.unpack_from(">BBBH", data, 3)
    return int(((hour * 60 + minute) * 60 + second) * 1000 + ms)


@on_virtual_time
async def test_orphe_insole_has_three_modes() -> None:
    motion = felt(208.0)
    async with linked(VirtualOrpheInsole, motion) as (insole, client):
        for mode, header, at, stride, n in (
            (1, 50, 16, 21, 4),
            (3, 55, 8, 24, 4),
            (4, 56, 16, 32, 2),
        ):
            command = bytes([0x0D, mode])
            await client.write_gatt_char(ORPHE_INFORMATION, command, response=True)
            insole.wear(motion)
            heard = await heard_for(client, ORPHE_VALUES, 3.0)
            await client.stop_notify(ORPHE_VALUES)
            assert {(len(data), data[0]) for data in heard} == {(104, header)}
            found = np.vstack([orphe_samples(data, at, stride, n) for data in heard])
            thinned = Recorded(motion.samples[:: 2 if n == 2 else 1], 104.0)
            nearly(found, thinned, (0.0003, 0.036))
        with pytest.raises(BleakGATTProtocolError):
            await client.write_gatt_char(ORPHE_INFORMATION, b"\x0d\x09", response=True)


@on_virtual_time
async def test_orphe_takes_time_ranges_and_led() -> None:
    motion = felt(208.0)
    async with linked(VirtualOrpheCore, motion) as (core, client):
        noon = bytes([26, 11, 21, 12, 0, 30, 50])
        await client.write_gatt_char(ORPHE_TIME, noon, response=True)
        read = await client.read_gatt_char(ORPHE_TIME)
        assert read[3:6] == bytes([12, 0, 30])
        settings = bytes([1, 0, 1, 0, 0, 0, 0, 2, 1])
        await client.write_gatt_char(ORPHE_INFORMATION, settings, response=True)
        assert (await client.read_gatt_char(ORPHE_INFORMATION))[8:10] == b"\x02\x01"
        led = bytes([2, 1, 3])
        await client.write_gatt_char(ORPHE_INFORMATION, led, response=True)
        heard = await heard_for(client, ORPHE_VALUES, 1.0)
        assert core.written[-1] == ("device_information", led)
    counts = struct.unpack_from(">6h", heard[0], 16 + 21 * 3)
    wanted = motion.counts(0, 1)[0]
    acc = np.clip(np.rint(wanted[:3] * 2.0), -32768, 32767)
    assert counts[3:] == tuple(acc)
    assert heard[0][3:6] == bytes([12, 0, 30])


# --- Movesense


@pytest.mark.parametrize(("rate_hz", "n"), [(104, 8), (208, 16)])
def test_movesense_sends_two_arrays_in_one_or_two_parts(rate_hz: int, n: int) -> None:
    @on_virtual_time
    async def streams() -> None:
        motion = felt(float(rate_hz))
        async with linked(VirtualMovesense, motion) as (_, client):
            heard: list[bytes] = []
            await client.start_notify(
                MOVESENSE_NOTIFY, lambda _c, d: heard.append(bytes(d))
            )
            path = f"/Meas/IMU6/{rate_hz}".encode()
            await client.write_gatt_char(MOVESENSE_WRITE, b"\x01\x63" + path)
            await asyncio.sleep(5.0)
            await client.write_gatt_char(MOVESENSE_WRITE, b"\x02\x63")
            await asyncio.sleep(1.0)
        assert heard[0] == b"\x01\x63\xc8\x00"
        assert heard[-1] == b"\x01\x63\xc8\x00"
        packets = _joined(heard[1:-1])
        assert len(packets) > 60
        assert max(len(part) for part in heard) <= 244
        shapes = {(len(packet) - 4) // 24 for packet in packets}
        assert shapes == {n}
        arrays = [np.frombuffer(p, "<f4", offset=4).reshape(2, n, 3) for p in packets]
        found = np.vstack([np.hstack([a / 9.81, g]) for a, g in arrays])
        nearly(found, motion, (1e-4, 1e-3))
        stamps_ms = [int.from_bytes(packet[:4], "little") for packet in packets]
        assert np.diff(stamps_ms) == pytest.approx(1000 / 13, abs=1)

    streams()


def _joined(parts: list[bytes]) -> list[bytes]:
    packets: list[bytes] = []
    for part in parts:
        assert part[0] in {2, 3}
        if part[0] == 2:
            packets.append(part[2:])
        else:
            packets[-1] += part[2:]
    return packets


@on_virtual_time
async def test_movesense_tells_its_battery_and_refuses_an_unknown_path() -> None:
    async with linked(VirtualMovesense, felt(104.0)) as (sensor, client):
        sensor.battery_pct = 41
        heard: list[bytes] = []
        await client.start_notify(
            MOVESENSE_NOTIFY, lambda _c, d: heard.append(bytes(d))
        )
        for command in (b"\x04\x07/System/Energy/Level", b"\x01\x08/Meas/Nothing/1"):
            await client.write_gatt_char(MOVESENSE_WRITE, command)
            await asyncio.sleep(0.2)
    assert heard == [b"\x01\x07\xc8\x00\x29", b"\x01\x08\x94\x01"]


# --- MetaWear


METAWEAR_ACC = ("0303290c", "031c01", "03020100", "030101")
METAWEAR_GYRO = ("13032900", "130701", "13020100", "130101")
METAWEAR_OFF = ("030100", "130100")


async def tell_metawear(client: BleakClient, commands: tuple[str, ...]) -> None:
    for command in commands:
        raw = bytes.fromhex(command)
        await client.write_gatt_char(METAWEAR_COMMAND, raw, response=False)


def metawear_samples(heard: list[bytes], module: int, per_unit: float) -> np.ndarray:
    """Samples of one module, in g or degrees per second."""
    parts = [data[2:] for data in heard if data[0] == module]
    return np.frombuffer(b"".join(parts), "<i2").reshape(-1, 3) / per_unit


@on_virtual_time
async def test_metawear_streams_what_was_started_until_it_is_stopped() -> None:
    async with linked(VirtualMetaWear, felt(200.0)) as (_, client):
        heard: list[bytes] = []
        await client.start_notify(METAWEAR_NOTIFY, lambda _c, d: heard.append(bytes(d)))
        await tell_metawear(client, METAWEAR_ACC)
        await asyncio.sleep(0.5)
        assert {data[:2].hex() for data in heard} == {"031c"}
        await tell_metawear(client, METAWEAR_GYRO)
        await asyncio.sleep(0.5)
        assert {(data[:2].hex(), len(data)) for data in heard} == {
            ("031c", 20),
            ("1307", 20),
        }
        await tell_metawear(client, METAWEAR_OFF)
        await asyncio.sleep(0.5)
        n = len(heard)
        await asyncio.sleep(1.0)
        assert len(heard) == n


@on_virtual_time
async def test_metawear_packs_three_samples_of_each() -> None:
    motion = felt(200.0)
    async with linked(VirtualMetaWear, motion) as (_, client):
        heard: list[bytes] = []
        await client.start_notify(METAWEAR_NOTIFY, lambda _c, d: heard.append(bytes(d)))
        await tell_metawear(client, METAWEAR_ACC + METAWEAR_GYRO)
        await asyncio.sleep(3.0)
    acc = metawear_samples(heard, 0x03, 2048)
    turned = metawear_samples(heard, 0x13, 16.4)
    assert len(acc) > len(turned) > 500  # the second was started a little later
    wanted = motion.samples[: len(acc), :3] * motion.acc_g_per_count
    assert np.abs(acc - wanted).max() <= 1 / 4096
    wanted = motion.samples[: len(acc), 3:] * motion.gyro_dps_per_count
    assert np.abs(turned - wanted[-len(turned) :]).max() <= 0.5 / 16.4 + 1e-6


# --- Running Speed and Cadence


@on_virtual_time
async def test_a_foot_pod_speaks_once_a_second() -> None:
    radio = VirtualRadio()
    pod = VirtualFootPod(radio, WHO, speed_mps=3.5, cadence_spm=176)
    await pod.start()
    service = "00001814-0000-1000-8000-00805f9b34fb"
    async with installed(radio):
        found = await BleakScanner.discover(1.0, service_uuids=[service])
        async with BleakClient(found[0]) as client:
            heard = await heard_for(client, RSC_MEASUREMENT, 4.5)
            pod.counts_one_leg = pod.with_stride = True
            await asyncio.sleep(2.0)
            assert await client.read_gatt_char(BATTERY) == b"\x57"
    await pod.stop()
    assert len(heard) in {6, 7}
    assert heard[0] == bytes([4]) + struct.pack("<HB", 896, 176)
    flags, speed, cadence, stride_cm, _ = struct.unpack("<BHBHI", heard[-1])
    assert (flags, speed, cadence, stride_cm) == (7, 896, 88, 239)


@pytest.mark.parametrize(
    ("kind", "uuid"),
    [
        (VirtualOrpheCore, ORPHE_VALUES),
        (VirtualVeritySense, POLAR_DATA),
        (VirtualMovesense, MOVESENSE_NOTIFY),
        (VirtualMetaWear, METAWEAR_NOTIFY),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_family_can_be_made_to_say_nonsense(
    kind: type[VirtualSensor], uuid: str
) -> None:
    @on_virtual_time
    async def nonsense() -> None:
        async with linked(kind, felt(208.0)) as (sensor, client):
            heard: list[bytes] = []
            await client.start_notify(uuid, lambda _c, d: heard.append(bytes(d)))
            sensor.end_sampling()
            heard.clear()
            sensor.say(kind.DATA, b"\xff")
            await asyncio.sleep(0.2)
            assert heard == [b"\xff"]

    nonsense()


@on_virtual_time
async def test_an_orphe_counts_on_after_a_reconnect_but_sent_nothing_in_between() -> (
    None
):
    async with linked(VirtualOrpheCore, felt(208.0)) as (core, client):
        before = await heard_for(client, ORPHE_VALUES, 2.0)
        await core.disconnect()
        await asyncio.sleep(5.0)
        assert not core.is_sampling
        await client.connect()
        after = await heard_for(client, ORPHE_VALUES, 2.0)
    numbers = [int.from_bytes(data[1:3], "big") for data in before + after]
    # What was on its way when the link ended is lost.
    assert sorted(set(numbers)) == numbers
    assert numbers[-1] - len(numbers) < 3
    gap_ms = _orphe_ms(after[0]) - _orphe_ms(before[-1])
    assert gap_ms > 5000


@on_virtual_time
async def test_a_metawear_forgets_its_settings_when_the_link_ends() -> None:
    async with linked(VirtualMetaWear, felt(200.0)) as (board, client):
        start = [bytes.fromhex(c) for c in ("031c01", "03020100", "030101")]
        for raw in start:
            await client.write_gatt_char(METAWEAR_COMMAND, raw, response=False)
        await asyncio.sleep(0.5)
        assert board.is_sampling
        await board.disconnect()
        await asyncio.sleep(0.5)
        await client.connect()
        assert await heard_for(client, METAWEAR_NOTIFY, 1.0) == []
