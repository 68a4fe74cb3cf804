"""All sensors of one runner on the radio: one scanner, one link each."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from collector.devices.base import Cadence, Wanted
from collector.devices.families import driver_of
from collector.discovery import Discovery, ScannerBackend, Sighting, Wish
from collector.link import ClientBackend, Link
from collector.link_status import LinkSettings, LinkStatus
from collector.stream import SensorStream
from contract.errors import BluetoothError
from contract.messages import LinkInfo, SensorInfo
from contract.model import FrameFlag, ImuBatch, Slot
from contract.people import PairedSensor
from contract.units import NS_PER_S
from firmware_config.profile import Profile

LEAST_RATE_HZ = 200.0
"""What the analysis was developed and measured at (docs/accuracy.md): faster costs
battery and air, and nobody has shown that it gains anything."""


@dataclass(frozen=True, slots=True)
class Radio:
    """Which Bluetooth and which clock: the platform's own where None.

    ``unix_offset_ns`` is Unix time less the clock: fixed once, so that the session's
    clock never jumps when the computer's is set. Sensors are set to the lowest rate
    they offer from ``least_rate_hz`` on.
    """

    scanner: ScannerBackend | None = None
    client: ClientBackend | None = None
    clock: Callable[[], int] = time.monotonic_ns
    settings: LinkSettings = field(default_factory=LinkSettings)
    flags: FrameFlag = FrameFlag.NONE
    least_rate_hz: float = LEAST_RATE_HZ
    unix_offset_ns: int = field(
        default_factory=lambda: time.time_ns() - time.monotonic_ns()
    )

    def unix_ns(self) -> int:
        """Unix time of now on the session's clock."""
        return self.clock() + self.unix_offset_ns

    def stream(
        self, slot: Slot, family: str, next_epoch: Callable[[], int]
    ) -> SensorStream:
        """Stream of a sensor of that family, on the session's clock."""
        driver = driver_of(family)
        return SensorStream(
            slot,
            driver,
            wanted_of(driver.profile, self.least_rate_hz),
            unix_offset_ns=self.unix_offset_ns,
            next_epoch=next_epoch,
            flags=self.flags,
        )

    def link(
        self,
        stream: SensorStream,
        discovery: Discovery,
        wish: Wish,
        on_batch: Callable[[ImuBatch], None],
        serial: str = "",
    ) -> Link:
        """Link to the sensor that fulfils the wish, over this Bluetooth."""
        link = Link(wish, serial, stream, discovery, on_batch)
        return link.set_up(
            settings=self.settings, clock=self.clock, backend=self.client
        )


@dataclass(frozen=True, slots=True)
class SensorStatus:
    """How one sensor does now.

    ``silent_s`` is how long nothing has come, None before anything did; ``side`` is
    what the sensor itself says, ``clock_bound_s`` how well its clock is known now.
    """

    slot: Slot
    sensor: PairedSensor
    link: LinkStatus
    info: SensorInfo
    wanted_rate_hz: float
    side: str
    clock_bound_s: float
    silent_s: float | None


class SensorSet:
    """Streams from these sensors for as long as `running` lasts.

    Parameters
    ----------
    sensors : sequence of PairedSensor
        Which ones; one per slot.
    radio : Radio
        Which Bluetooth.
    on_batch : callable
        Gets each batch; must return at once.
    next_epoch : callable
        Number of a new epoch of a slot.
    has_pod : bool
        Also listen to a foot pod that is near, as a check of speed and cadence.
    """

    def __init__(
        self,
        sensors: Sequence[PairedSensor],
        radio: Radio,
        *,
        on_batch: Callable[[ImuBatch], None],
        next_epoch: Callable[[Slot], int],
        has_pod: bool = False,
    ) -> None:
        self._radio = radio
        self._discovery = Discovery(radio.scanner)
        self._sensors = {Slot.from_word(sensor.slot): sensor for sensor in sensors}
        self._links = {
            slot: self._link(slot, sensor, on_batch, next_epoch)
            for slot, sensor in self._sensors.items()
        }
        self._pod = self._pod_link() if has_pod else None

    async def run(self) -> None:
        """Stream until cancelled; then everything that waited was handed on."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for slot, link in self._links.items():
                    tasks.create_task(link.run(), name=f"link {slot.word}")
                if self._pod is not None:
                    tasks.create_task(self._pod.run(), name="link foot pod")
        finally:
            await self._discovery.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Stream on a task of its own for as long as this lasts."""
        task = asyncio.create_task(self.run(), name="sensors")
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def fault(self) -> BluetoothError | None:
        """Why no sensor can be found at all, if that is so."""
        return self._discovery.fault

    def status(self) -> list[SensorStatus]:
        """How each sensor does, in the order of the slots."""
        return [self._status(slot) for slot in sorted(self._links)]

    def pod(self) -> tuple[Cadence, int] | None:
        """What the foot pod said last, and when on the host's clock; None: nothing."""
        stream = self._pod.stream if self._pod else None
        if stream is None or stream.cadence is None or stream.last_arrival_ns is None:
            return None
        return stream.cadence, stream.last_arrival_ns

    def infos(self) -> dict[str, SensorInfo]:
        """What the session's description says of its sensors."""
        return {status.slot.word: status.info for status in self.status()}

    def _link(
        self,
        slot: Slot,
        sensor: PairedSensor,
        on_batch: Callable[[ImuBatch], None],
        next_epoch: Callable[[Slot], int],
    ) -> Link:
        stream = self._radio.stream(slot, sensor.family, lambda: next_epoch(slot))
        wish = wish_for(sensor)
        return self._radio.link(stream, self._discovery, wish, on_batch, sensor.serial)

    def _pod_link(self) -> Link:
        """Link to whichever foot pod is near; it is worn anywhere and sends no IMU."""
        stream = self._radio.stream(Slot.HIP, POD_FAMILY, lambda: 0)
        return self._radio.link(stream, self._discovery, _is_pod, lambda _: None)

    def _status(self, slot: Slot) -> SensorStatus:
        link, sensor = self._links[slot], self._sensors[slot]
        heard_ns = link.stream.last_arrival_ns
        silent_s = None
        if heard_ns is not None:
            silent_s = (self._radio.clock() - heard_ns) / NS_PER_S
        return SensorStatus(
            slot=slot,
            sensor=sensor,
            link=link.status,
            info=sensor_info(link.stream, sensor, silent_s or 0.0),
            wanted_rate_hz=link.stream.wanted.rate_hz,
            side=link.stream.driver.facts.side,
            clock_bound_s=link.stream.clock_bound_s,
            silent_s=silent_s,
        )


_SILENCE_S = 2.0
"""As the link's own patience: shorter silences are packets that are late."""
POD_FAMILY = "running-speed-cadence"


def _is_pod(sighting: Sighting) -> bool:
    return sighting.family == POD_FAMILY


def wish_for(sensor: PairedSensor) -> Wish:
    """Whether a sighting may be that sensor: its address, or its name and family."""

    def is_it(sighting: Sighting) -> bool:
        if sighting.family != sensor.family:
            return False
        # Without a serial number nothing would tell a namesake from the sensor.
        is_namesake = bool(sensor.serial) and sighting.name == sensor.name
        return sighting.address == sensor.address or is_namesake

    return is_it


def wanted_of(profile: Profile, least_rate_hz: float = LEAST_RATE_HZ) -> Wanted:
    """How a family is to stream: its default ranges, the lowest rate that is enough."""
    rates_hz = profile.stream.rates_hz
    enough_hz = [rate for rate in rates_hz if rate >= least_rate_hz]
    return Wanted(
        rate_hz=min(enough_hz, default=max(rates_hz)),
        acc_range_g=profile.acc.default if profile.acc else 0.0,
        gyro_range_dps=profile.gyro.default if profile.gyro else 0.0,
    )


def sensor_info(
    stream: SensorStream, sensor: PairedSensor, silent_s: float
) -> SensorInfo:
    """What is to be told of a sensor and its link so far.

    A silence that lasts counts as lost until it turns out to be repaired.
    """
    facts, counts = stream.driver.facts, stream.counts
    bound_s = stream.mean_clock_bound_s
    return SensorInfo(
        family=sensor.family,
        serial=sensor.serial or facts.serial,  # a namesake may have answered last
        firmware=facts.firmware,
        rate_hz=stream.rate_hz,
        link=LinkInfo(
            received=counts.received,
            duplicate=counts.duplicate,
            lost=counts.lost,
            repaired=counts.repaired,
            malformed=counts.malformed,
            reconnects=counts.reconnects,
            lost_s=round(
                counts.lost_s + (silent_s if silent_s > _SILENCE_S else 0.0), 3
            ),
            battery_pct=facts.battery_pct,
            clock_bound_ms=None if bound_s is None else round(1000 * bound_s, 3),
        ),
    )
