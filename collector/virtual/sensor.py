"""A sensor in memory: advertises, answers, samples a motion, and fails as told."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from collector.virtual.faults import FaultyPeripheral
from collector.virtual.motion import Motion
from collector.virtual.peripheral import BATTERY, FIRMWARE, SERIAL
from collector.virtual.radio import VirtualRadio
from collector.virtual.sampling import DeviceClock, Sampler, Samples
from contract.model import CountArray

# From the last sample to the notification: a wake-up of the processor and a copy.
_PROCESSING_S = 0.001
_SETTLE_S = 0.02
# Ten minutes of 11 packets a second, for tests that compare what came.
_KEPT_PACKETS = 7000
Fate = Literal["sent", "lost", "unheard"]


@dataclass(frozen=True, slots=True)
class Traits:
    """Who a sensor is.

    Attributes
    ----------
    name : str
        As advertised.
    address : str
        Of its radio.
    serial, firmware : str
        As it says itself; every family has its own way.
    side : str
        left, right, hip or "" (it does not know).
    clock : DeviceClock
        Its clock.
    distance_m : float
        From the host: the signal shows it.
    seed : int
        Of its faults and boot numbers.
    """

    name: str
    address: str
    serial: str = "TW000001"
    firmware: str = "1.0"
    side: str = ""
    clock: DeviceClock = field(default_factory=DeviceClock)
    distance_m: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """One data packet as it left the sensor, and what became of it there.

    ``seq`` is not wrapped and starts anew with ``boot``; ``first_us`` is the device
    clock of the first sample, not wrapped; ``first_s`` the loop's time of it.
    """

    boot: int
    seq: int
    first_us: float
    first_s: float
    counts: CountArray
    fate: Fate


class VirtualSensor(FaultyPeripheral):
    """What all families have in common; a family says how it speaks.

    Parameters
    ----------
    radio : VirtualRadio
        Where it can be heard.
    traits : Traits
        Who it is.
    motion : Motion
        What it feels; sample 0 is the first one that it takes (see `wear`).
    """

    DATA: ClassVar[str] = "data"
    SAMPLES_ON: ClassVar[bool] = False
    """Whether it goes on to sample when the link ends."""

    def __init__(self, radio: VirtualRadio, traits: Traits, motion: Motion) -> None:
        super().__init__(radio, traits.name, traits.address, traits.seed)
        self.traits = traits
        self.serial = traits.serial
        self.battery_pct = 87
        self.told: deque[Told] = deque(maxlen=_KEPT_PACKETS)
        self.written: list[tuple[str, bytes]] = []
        self.boot = 0
        self._motion = motion
        self._felt_since_s: float | None = None
        self._sampler: Sampler | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._boot_s = asyncio.get_running_loop().time()

    # --- what a test or a demo does with it

    async def start(self) -> None:
        """Switch on: it advertises."""
        self.radio.place(self.address, self.traits.distance_m)
        await self.device.power_on()
        await self.device.start_advertising(auto_restart=True)

    async def stop(self) -> None:
        """Switch off for good."""
        self.end_sampling()
        self.radio.cut(self.address)
        # Where a link ended the stack begins to advertise again: let it, then stop it.
        await asyncio.sleep(_SETTLE_S if self.device.connections else 0)
        await self.device.stop_advertising()
        await self.device.power_off()
        self.radio.out_of_range(self.address)

    def wear(self, motion: Motion, at_s: float | None = None) -> None:
        """Feel another motion from now on.

        Its sample 0 is felt at ``at_s`` of the loop's time; None: it is the next sample
        that is taken.
        """
        self._motion, self._felt_since_s = motion, at_s
        if self._sampler is not None:
            self._felt_since_s = self._sampler.feel(motion, at_s)
            self._await_batch(self._sampler)

    def reboot(self, off_s: float = 0.5) -> None:
        """Lose power for a moment: link, counters, clock and settings start anew."""
        loop = asyncio.get_running_loop()
        self.end_sampling()
        self.radio.out_of_range(self.address)
        self.radio.cut(self.address)
        self.boot += 1
        self._boot_s = loop.time() + off_s
        self.on_boot()
        loop.call_later(off_s, self.radio.back_in_range, self.address)

    def told_by_seq(self, boot: int | None = None) -> dict[int, Told]:
        """What was sent since a boot (the present one), by unwrapped counter."""
        wanted = self.boot if boot is None else boot
        return {one.seq: one for one in self.told if one.boot == wanted}

    # --- what a family says

    def on_boot(self) -> None:
        """Forget all that does not outlive a loss of power."""

    def on_read(self, channel: str) -> bytes:
        """Value of a channel of the family's own."""
        raise NotImplementedError(channel)

    def on_write(self, channel: str, value: bytes) -> None:
        """Do what was written to a channel, or raise `att_error`."""
        raise NotImplementedError(channel, value)

    def on_samples(self, samples: Samples) -> None:
        """Send samples."""
        raise NotImplementedError(samples)

    def batch_size(self) -> int:
        """How many samples the next packet has."""
        raise NotImplementedError

    def on_disconnected(self) -> None:
        """The link has ended."""

    # --- what a family uses

    @property
    def motion(self) -> Motion:
        """What it feels."""
        return self._motion

    @property
    def is_sampling(self) -> bool:
        """Whether it samples."""
        return self._sampler is not None

    def device_us(self, loop_s: float | None = None) -> float:
        """What its clock shows now, or at a time of the loop; not wrapped."""
        now_s = asyncio.get_running_loop().time() if loop_s is None else loop_s
        return self.traits.clock.us(now_s - self._boot_s)

    def begin_sampling(self, set_rate_hz: float) -> None:
        """Sample from now on; nothing when it does already."""
        if self._sampler is not None:
            return
        now_s = asyncio.get_running_loop().time()
        if self._felt_since_s is None:
            self._felt_since_s = now_s
        since_s = self._felt_since_s
        self._sampler = Sampler(self._motion, since_s, now_s, set_rate_hz)
        self._await_batch(self._sampler)

    def end_sampling(self) -> None:
        """Sample no more."""
        self._sampler = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def tell(self, samples: Samples, seq: int, *payloads: bytes) -> Told:
        """Notify a data packet, faults included, and keep it in the record.

        One of several notifications counts as lost with any of them.
        """
        fates = [self.notify_data(payload) for payload in payloads]
        told = Told(
            boot=self.boot,
            seq=seq,
            first_us=self.device_us(samples.first_s),
            first_s=samples.first_s,
            counts=samples.counts,
            fate=next((f for f in ("lost", "unheard") if f in fates), "sent"),
        )
        self.told.append(told)
        return told

    def notify_data(self, payload: bytes) -> Fate:
        """Notify on the data channel, faults included."""
        n = self.faults.times_sent()
        heard = [self.notify(self.DATA, payload) for _ in range(n)]
        if not n:
            return "lost"
        return "sent" if any(heard) else "unheard"

    def reply(self, channel: str, payload: bytes) -> None:
        """Notify or indicate an answer; a frozen sensor gives none."""
        if not self.faults.is_frozen:
            self.notify(channel, payload)

    # --- inside

    def read(self, channel: str) -> bytes:
        """Value of a channel."""
        own: dict[str, Callable[[], bytes]] = {
            BATTERY.name: lambda: bytes([self.battery_pct]),
            SERIAL.name: self.serial.encode,
            FIRMWARE.name: self.traits.firmware.encode,
        }
        return own[channel]() if channel in own else self.on_read(channel)

    def write(self, channel: str, value: bytes) -> None:
        """Take what was written, unless it is to be refused."""
        self.written.append((channel, value))
        self.faults.check_write(channel, value)
        self.on_write(channel, value)

    def on_disconnection(self) -> None:
        """The link has ended."""
        self.thaw()
        if not self.SAMPLES_ON:
            self.end_sampling()
        self.on_disconnected()

    def _await_batch(self, sampler: Sampler) -> None:
        if self._timer is not None:
            self._timer.cancel()
        n = self.batch_size()
        loop = asyncio.get_running_loop()
        ready_s = sampler.ready_s(n) + _PROCESSING_S
        self._timer = loop.call_at(ready_s, self._batch_is_ready, sampler, n)

    def _batch_is_ready(self, sampler: Sampler, n: int) -> None:
        self.on_samples(sampler.take(n))
        if self._sampler is sampler:
            self._await_batch(sampler)
