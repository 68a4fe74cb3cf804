"""Three sensors for two minutes: gaps, clocks, processor time."""

import asyncio
import time
from dataclasses import dataclass

import numpy as np
from bleak import BleakClient, BleakScanner

from benchmarks.bluetooth.capture import Capture
from benchmarks.bluetooth.shoes import SLOTS, Shoes, shoes
from collector.sensor_set import SensorSet
from collector.virtual.treadwear_v1 import VirtualTreadwear
from contract.model import FrameFlag, ImuBatch, Slot
from contract.units import NS_PER_S
from firmware_config.packet import (
    CONTROL_UUID,
    DATA_UUID,
    INFO_UUID,
    Configure,
    Start,
    encode_command,
)

_SETTLE_S = 5.0


@dataclass(frozen=True, slots=True)
class Streamed:
    """What two minutes gave.

    Attributes
    ----------
    gaps, lost : int
        Places where samples are missing, and packets that are.
    cpu_share : float
        Of one core, for sensors, radio and collector together.
    clock_error_ms : float
        Largest error of left against right over the last ten seconds.
    clock_bound_ms : float
        What was published for it: both bounds together.
    """

    gaps: int
    lost: int
    cpu_share: float
    clock_error_ms: float
    clock_bound_ms: float


async def stream(seconds: float) -> Streamed:
    """Stream through the collector."""
    async with shoes() as worn:
        came: list[ImuBatch] = []
        # Host times are Unix times; the truth is on the loop's clock.
        radio = worn.radio
        epochs = dict.fromkeys(SLOTS, 0)
        crew = SensorSet(
            worn.wearer.paired(),
            radio,
            on_batch=came.append,
            next_epoch=epochs.__getitem__,
        )
        task = asyncio.create_task(crew.run())
        await asyncio.sleep(_SETTLE_S)
        cpu_s, wall_s = time.process_time(), time.monotonic()
        await asyncio.sleep(seconds - _SETTLE_S)
        cpu_s, wall_s = time.process_time() - cpu_s, time.monotonic() - wall_s
        links = [s.info.link for s in crew.status()]
        bounds_ms = [1000 * s.clock_bound_s for s in crew.status()]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return Streamed(
            gaps=sum(bool(b.flags & FrameFlag.GAP_BEFORE) for b in came),
            lost=sum(link.lost for link in links if link),
            cpu_share=cpu_s / wall_s,
            clock_error_ms=_clock_error_ms(came, worn, radio.unix_offset_ns),
            clock_bound_ms=sum(bounds_ms[:2]),
        )


def _clock_error_ms(came: list[ImuBatch], worn: Shoes, offset_ns: int) -> float:
    """How far left and right are apart in host time, at worst, in the last 10 s."""
    late = {
        slot: _late_ms(
            [b for b in came if b.slot is slot], worn.wearer.sensors[slot], offset_ns
        )
        for slot in (Slot.LEFT, Slot.RIGHT)
    }
    n = min(map(len, late.values()))
    apart = late[Slot.LEFT][-n:] - late[Slot.RIGHT][-n:]
    return float(np.abs(apart[-70:]).max())


def _late_ms(
    batches: list[ImuBatch], sensor: VirtualTreadwear, offset_ns: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Stamp of each frame less the true time of its first sample."""
    true_s = {round(told.first_us): told.first_s for told in sensor.told}
    late = [
        (b.t0_ns - offset_ns) / NS_PER_S - true_s[b.dev_ns // 1000]
        for b in batches
        if b.dev_ns // 1000 in true_s
    ]
    return 1000 * np.array(late)


async def listen_bare(seconds: float) -> tuple[float, Capture]:
    """Take the same notifications with bleak alone; processor share, and they."""
    notifications: list[tuple[int, bytes, int]] = []
    infos: dict[int, bytes] = {}
    async with shoes() as worn:
        clients = [await _listen(worn, s, infos, notifications) for s in SLOTS]
        await asyncio.sleep(_SETTLE_S)
        cpu_s, wall_s = time.process_time(), time.monotonic()
        await asyncio.sleep(seconds - _SETTLE_S)
        cpu_s, wall_s = time.process_time() - cpu_s, time.monotonic() - wall_s
        for client in clients:
            await client.disconnect()
    return cpu_s / wall_s, Capture(infos, notifications)


async def _listen(
    worn: Shoes,
    slot: Slot,
    infos: dict[int, bytes],
    notifications: list[tuple[int, bytes, int]],
) -> BleakClient:
    address = worn.wearer.sensors[slot].traits.address
    device = await BleakScanner.find_device_by_address(
        address, timeout=10.0, backend=worn.wearer.scanner
    )
    if device is None:
        raise RuntimeError(f"the virtual sensor {address} cannot be seen")
    client = BleakClient(device, backend=worn.wearer.client)
    await client.connect()
    await client.start_notify(
        DATA_UUID,
        lambda _, data: notifications.append(
            (int(slot), bytes(data), time.monotonic_ns())
        ),
    )
    configure = encode_command(Configure(416, 16, 2000))
    await client.write_gatt_char(CONTROL_UUID, configure, response=True)
    infos[int(slot)] = bytes(await client.read_gatt_char(INFO_UUID))
    await client.write_gatt_char(CONTROL_UUID, encode_command(Start()), response=True)
    return client
