"""Every vendor's driver against the virtual sensor of its family, over a real stack."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from bleak import BleakClient, BleakScanner

from collector.devices.base import (
    Ask,
    Cadence,
    Driver,
    Heard,
    Read,
    Script,
    Step,
    Subscribe,
    Wanted,
    Write,
)
from collector.devices.families import driver_of
from collector.sequence import Packet
from collector.virtual.backend import installed
from collector.virtual.metawear import VirtualMetaWear
from collector.virtual.motion import Motion, Recorded
from collector.virtual.movesense import VirtualMovesense
from collector.virtual.orphe import VirtualOrpheCore, VirtualOrpheInsole
from collector.virtual.polar import VirtualVeritySense
from collector.virtual.radio import VirtualRadio
from collector.virtual.running_speed import VirtualFootPod
from collector.virtual.sensor import Traits, VirtualSensor
from contract.errors import PacketError
from contract.model import FloatArray
from contract.units import RAD_PER_DEG, STANDARD_GRAVITY_MPS2
from tests.collector.vendor_encoders import counts_of
from tests.collector.virtual_time import on_virtual_time

TRAITS = Traits("a shoe", "F0:00:00:00:00:07", serial="S0000042", side="right")
# Ranges of 16 g and 2000 dps are rounded to counts once more; 16 / 32768 g and the
# datasheet's 0.488 mg are 0.06 % apart.
ROUNDED = 0.15
Made = Callable[[VirtualRadio, Traits, Motion], VirtualSensor]


@dataclass
class Talk:
    """The least that a link does: performs steps, decodes what comes."""

    driver: Driver
    client: BleakClient
    heard: list[Heard] = field(default_factory=list)
    n_malformed: int = 0
    reply: tuple[Ask, asyncio.Future[bytes]] | None = None

    async def perform(self, script: Script) -> None:
        answer: bytes | None = None
        while True:
            try:
                step = next(script) if answer is None else script.send(answer)
            except StopIteration:
                return
            answer = await self.answered(step)

    async def answered(self, step: Step) -> bytes:
        uuid = self.driver.profile.characteristics[step.channel].uuid
        if isinstance(step, Read):
            if self.client.services.get_characteristic(uuid) is None:
                assert step.is_optional
                return b""
            return bytes(await self.client.read_gatt_char(uuid))
        if isinstance(step, Subscribe):
            await self.client.start_notify(uuid, self.listener(step.channel))
        if isinstance(step, Write):
            await self.client.write_gatt_char(uuid, step.payload, step.with_response)
        return await self.asked(step, uuid) if isinstance(step, Ask) else b""

    async def asked(self, step: Ask, uuid: str) -> bytes:
        future = asyncio.get_running_loop().create_future()
        self.reply = step, future
        await self.client.write_gatt_char(uuid, step.payload, response=True)
        async with asyncio.timeout(step.timeout_s):
            return await future

    def listener(self, channel: str) -> Callable[[object, bytearray], None]:
        def on_notification(_: object, data: bytearray) -> None:
            arrival_ns = round(asyncio.get_running_loop().time() * 1e9)
            if self.reply is not None:
                step, future = self.reply
                is_it = channel == step.reply_on and step.is_reply(bytes(data))
                if is_it and not future.done():
                    future.set_result(bytes(data))
            try:
                self.heard += self.driver.decode(channel, bytes(data), arrival_ns)
            except PacketError:
                self.n_malformed += 1

        return on_notification

    @property
    def packets(self) -> list[Packet]:
        return [p for p in self.heard if isinstance(p, Packet)]


async def talked(
    family: str,
    made: Made,
    rate_hz: float,
    seconds: float = 5.0,
    lost_share: float = 0.0,
) -> tuple[Talk, Recorded]:
    """Identify, start, listen for a while, stop."""
    driver, radio = driver_of(family), VirtualRadio()
    counts = counts_of(3, 6000).clip(-25000, 25000)
    motion = Recorded(counts, rate_hz, 0.488e-3, 0.070)
    sensor = made(radio, TRAITS, motion)
    await sensor.start()
    sensor.drop(lost_share)
    stream = driver.profile.stream
    async with installed(radio):
        device = await BleakScanner.find_device_by_address(TRAITS.address, 5)
        assert device is not None
        async with BleakClient(device) as client:
            talk = Talk(driver, client)
            await talk.perform(driver.identify())
            await talk.perform(driver.start(Wanted(stream.rate_hz, 16, 2000)))
            await asyncio.sleep(seconds)
            await talk.perform(driver.stop())
    await sensor.stop()
    return talk, motion


def place_of(felt: FloatArray, recorded: FloatArray, near: int) -> int:
    """First sample of the recording that a packet shows (rounded again), or -1."""
    for start in range(near, min(near + 600, len(recorded) - len(felt))):
        off = recorded[start : start + len(felt)] - felt
        if np.abs(off).max() <= ROUNDED:
            return start
    return -1


def felt_by(talk: Talk) -> list[FloatArray]:
    """Samples of each packet in m/s2 and rad/s."""
    scale = talk.driver.scale
    own = np.repeat([scale.acc_lsb_mps2, scale.gyro_lsb_rps], 3)
    return [packet.counts * own for packet in talk.packets]


def recorded_in(motion: Recorded) -> FloatArray:
    """All that the virtual sensor can feel, in m/s2 and rad/s."""
    acc_mps2 = motion.acc_g_per_count * STANDARD_GRAVITY_MPS2
    sizes = np.repeat([acc_mps2, motion.gyro_dps_per_count * RAD_PER_DEG], 3)
    return np.asarray(motion.counts(0, 6000) * sizes)


def places(talk: Talk, motion: Recorded, n_columns: int = 6) -> list[int]:
    """Where each packet's samples stand in the recording."""
    recorded = recorded_in(motion)[:, :n_columns]
    found, near = [], 0
    for packet in felt_by(talk):
        place = place_of(packet[:, :n_columns], recorded, near)
        assert place >= 0
        found.append(place)
        near = place + len(packet)
    return found


@pytest.mark.parametrize(
    ("family", "made", "rate_hz"),
    [
        ("orphe-core", VirtualOrpheCore, 208.0),
        ("orphe-insole", VirtualOrpheInsole, 208.0),
        ("polar-verity-sense", VirtualVeritySense, 208.0),
        ("movesense", VirtualMovesense, 208.0),
    ],
)
@on_virtual_time
async def test_what_a_shoe_feels_arrives_without_a_gap(
    family: str, made: Made, rate_hz: float
) -> None:
    talk, motion = await talked(family, made, rate_hz)
    assert talk.n_malformed == 0
    assert talk.driver.facts.serial == TRAITS.serial
    assert talk.driver.facts.battery_pct
    packets = talk.packets
    counters = [p.counter - packets[0].counter for p in packets]
    assert counters == list(range(len(packets)))
    found = places(talk, motion)
    sizes = [len(p.counts) for p in packets]
    assert np.array_equal(np.diff(found), sizes[:-1])
    assert sum(sizes) > 4.5 * rate_hz
    passed_s = (packets[-1].dev_ns - packets[0].dev_ns) / 1e9
    assert sum(sizes[:-1]) / passed_s == pytest.approx(rate_hz, rel=3e-3)


@on_virtual_time
async def test_without_times_angular_rate_lies_within_a_few_samples() -> None:
    talk, motion = await talked("metawear", VirtualMetaWear, 200.0)
    packets, felt, recorded = talk.packets, felt_by(talk), recorded_in(motion)
    assert [p.counter for p in packets] == list(range(len(packets)))
    found = places(talk, motion, n_columns=3)
    assert np.array_equal(np.diff(found), [len(one) for one in felt[:-1]])
    assert sum(map(len, felt)) > 4.5 * 200
    for place, one in zip(found, felt, strict=True):
        near = recorded[max(0, place - 3) : place + len(one) + 3, 3:]
        assert np.all(one[:, 3:] <= near.max(axis=0) + ROUNDED)
        assert np.all(one[:, 3:] >= near.min(axis=0) - ROUNDED)


@pytest.mark.parametrize(
    ("family", "made"),
    [
        ("orphe-core", VirtualOrpheCore),
        ("polar-verity-sense", VirtualVeritySense),
        ("movesense", VirtualMovesense),
    ],
)
@on_virtual_time
async def test_what_the_radio_loses_is_a_jump_of_the_counter(
    family: str, made: Made
) -> None:
    talk, motion = await talked(family, made, 208.0, 20, lost_share=0.1)
    packets, found = talk.packets, places(talk, motion)
    is_jump = np.diff([p.counter for p in packets]) > 1
    sizes = np.array([len(p.counts) for p in packets])
    assert np.array_equal(np.diff(found) > sizes[:-1], is_jump)
    assert is_jump.sum() >= 5


@on_virtual_time
async def test_a_foot_pod_says_the_cadence_of_both_feet() -> None:
    def a_pod(radio: VirtualRadio, traits: Traits, motion: Motion) -> VirtualFootPod:
        del motion
        pod = VirtualFootPod(radio, traits, 3.0, 172)
        pod.counts_one_leg = True
        return pod

    talk, _ = await talked("running-speed-cadence", a_pod, 1.0)
    assert len(talk.heard) >= 4
    assert set(talk.heard) == {Cadence(3.0, 172)}
