"""A virtual Verity Sense speaks PMD, as read here bit by bit (sensors.md section 2)."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from bleak import BleakClient

from collector.virtual.backend import installed
from collector.virtual.motion import Recorded
from collector.virtual.polar import VirtualVeritySense
from collector.virtual.polar_frames import delta_frame
from collector.virtual.radio import VirtualRadio
from collector.virtual.sampling import DeviceClock
from collector.virtual.sensor import Traits
from contract.model import CountArray
from tests.collector.virtual_time import on_virtual_time

POLAR_CONTROL = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
POLAR_DATA = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"
CLOCK = DeviceClock(start_us=8e14, skew_ppm=20.0)
WHO = Traits("Polar Sense", "F0:00:00:00:00:01", clock=CLOCK)


def felt(rate_hz: float, n: int = 4000) -> Recorded:
    """A motion that wanders, with a jump from rail to rail now and then."""
    draw = np.random.default_rng(7)
    steps = draw.integers(-900, 900, (n, 6)).cumsum(axis=0)
    return Recorded((steps % 56000 - 28000).astype(np.int16), rate_hz)


@asynccontextmanager
async def linked(
    motion: Recorded,
) -> AsyncIterator[tuple[VirtualVeritySense, BleakClient]]:
    radio = VirtualRadio()
    sensor = VirtualVeritySense(radio, WHO, motion)
    await sensor.start()
    async with installed(radio), BleakClient(WHO.address) as client:
        yield sensor, client
    await sensor.stop()


def polar_start(kind: int, rate_hz: int, full_scale: int) -> bytes:
    settings = struct.pack(
        "<BBHBBHBBHBBB", 0, 1, rate_hz, 1, 1, 16, 2, 1, full_scale, 4, 1, 3
    )
    return bytes([2, kind]) + settings


def polar_frame(data: bytes) -> tuple[int, int, int, np.ndarray]:
    """Kind, stamp, frame type and counts of a delta frame, bit by bit."""
    kind, stamp, frame = struct.unpack_from("<BQB", data)
    rows = [list(struct.unpack_from("<3h", data, 10))]
    at = 16
    while at < len(data):
        n_bits, count = data[at], data[at + 1]
        size = -(-n_bits * 3 * count // 8)
        stream = int.from_bytes(data[at + 2 : at + 2 + size], "little")
        for number in range(3 * count):
            value = (stream >> (number * n_bits)) & ((1 << n_bits) - 1)
            value -= (value >> (n_bits - 1)) << n_bits
            if number % 3 == 0:
                rows.append(list(rows[-1]))
            rows[-1][number % 3] += value
        at += 2 + size
    return kind, stamp, frame, np.array(rows, float)


class PolarTalk:
    """A client that asks at the control point and hears both streams."""

    def __init__(self, client: BleakClient) -> None:
        self.client = client
        self.answers: list[bytes] = []
        self.frames: list[bytes] = []

    async def listen(self) -> None:
        await self.client.start_notify(
            POLAR_CONTROL, lambda _c, d: self.answers.append(bytes(d))
        )
        await self.client.start_notify(
            POLAR_DATA, lambda _c, d: self.frames.append(bytes(d))
        )

    async def ask(self, command: bytes) -> bytes:
        await self.client.write_gatt_char(POLAR_CONTROL, command, response=True)
        await asyncio.sleep(0.2)
        answer = self.answers.pop()
        assert answer[:3] == bytes([0xF0, *command[:2]])
        return answer[3:]


@pytest.mark.parametrize("sends_mg", [False, True])
def test_polar_streams_both_in_sdk_mode_stamped_at_the_last_sample(
    sends_mg: bool,
) -> None:
    @on_virtual_time
    async def streams() -> None:
        motion = felt(416.0)
        async with linked(motion) as (sense, client):
            sense.sends_mg = sends_mg
            talk = PolarTalk(client)
            await talk.listen()
            features = await client.read_gatt_char(POLAR_CONTROL)
            assert features[1] & 0x24 == 0x24
            assert features[2] & 0x02
            assert (await talk.ask(polar_start(2, 416, 16)))[0] == 5
            assert await talk.ask(b"\x02\x09") == b"\0\0"
            acc = await talk.ask(polar_start(2, 416, 16))
            gyro = await talk.ask(polar_start(5, 416, 2000))
            await asyncio.sleep(5.0)
            assert (await talk.ask(b"\x03\x02"))[0] == 0
            assert (await talk.ask(b"\x03\x05"))[0] == 0
            assert not sense.is_sampling
        factors = [struct.unpack("<BBf", answer[2:])[2] for answer in (acc, gyro)]
        _check_polar(talk.frames, factors, motion, 1 if sends_mg else 0)

    streams()


def _check_polar(
    frames: list[bytes], factors: list[float], motion: Recorded, frame_type: int
) -> None:
    read = [polar_frame(data) for data in frames]
    acc = [one for one in read if one[0] == 2]
    gyro = [one for one in read if one[0] == 5]
    assert len(acc) > 50
    assert len(gyro) > 50
    assert {one[2] for one in acc} == {0x80 | frame_type}
    assert all(len(data) <= 229 for data in frames)
    unit = 1000 if frame_type else 1
    own = motion.samples.astype(float)
    found = np.vstack([one[3] for one in acc]) * factors[0] / unit
    wanted = own[: len(found), :3] * motion.acc_g_per_count
    assert np.abs(found - wanted).max() <= 0.0006
    sizes = np.array([len(one[3]) for one in acc])
    assert sizes.max() == 36
    assert sizes.min() < 36
    steps_ns = np.diff([one[1] for one in acc])
    assert steps_ns == pytest.approx(sizes[1:] / 416 * 1e9 * 1.00002, abs=300)
    # The angular rate began later: its frames do not begin together with the others.
    turned = np.vstack([one[3] for one in gyro]) * factors[1]
    late_ns = gyro[0][1] - acc[0][1]
    late = round(late_ns * 416 / 1e9 / 1.00002) + len(acc[0][3]) - len(gyro[0][3])
    assert late > 0
    wanted = own[late : late + len(turned), 3:] * motion.gyro_dps_per_count
    assert np.abs(turned - wanted).max() <= 0.036


@on_virtual_time
async def test_polar_offers_little_without_sdk_mode_and_says_what() -> None:
    async with linked(felt(52.0)) as (_, client):
        talk = PolarTalk(client)
        await talk.listen()
        plain = await talk.ask(b"\x01\x02")
        sdk = await talk.ask(b"\x04\x02")
        assert plain[2:] == bytes.fromhex("0001 3400 0101 1000 0201 0800 0401 03")
        assert len(sdk) > len(plain)
        seen_on_a_device = bytes.fromhex("020200013400010110000201080004 0103")
        assert (await talk.ask(seen_on_a_device))[:2] == b"\0\0"
        assert (await talk.ask(seen_on_a_device))[0] == 6
        assert (await talk.ask(b"\x02\x09"))[0] == 12
        assert (await talk.ask(b"\x02\x63"))[0] == 2
        await asyncio.sleep(3.0)
        assert talk.frames


def test_polar_frames_hold_the_largest_steps_and_those_of_the_vendor() -> None:
    far = np.array([[-32768, 0, 32767], [32767, -1, -32768], [32767, -1, -32768]])
    frame = delta_frame(2, 101, 1, far.astype(np.int16))
    assert np.array_equal(polar_frame(frame)[3], far)
    # GyrDataTest.kt of the vendor: 3-bit differences (shared golden vector).
    small: CountArray = np.array([[-22, 8, 13], [-23, 11, 16]], np.int16)
    theirs = bytes.fromhex("05ffffffffffffff7f80eaff08000d000301df00")
    ours = delta_frame(5, 2**63 - 1, 0, small)
    assert ours[:18] == theirs[:18]
    assert np.array_equal(polar_frame(theirs)[3], small)
    assert np.array_equal(polar_frame(ours)[3], small)
