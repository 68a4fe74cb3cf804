"""Keep one sensor connected: find, connect, configure, stream, and again, for ever.

What breaks in the field, and why each step is as it is: sensors.md section 3. The two
modules that touch bleak are this one and `collector.discovery`.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakError,
    BleakGATTProtocolError,
)

from collector.devices.base import Ask, Read, Script, Step, Subscribe, Write
from collector.discovery import (
    RADIO_FAULTS,
    Discovery,
    Sighting,
    Wish,
    bluetooth_fault,
)
from collector.link_status import LinkSettings, LinkState, LinkStatus, Schedule
from collector.stream import SensorStream
from contract.errors import BluetoothError, SensorError, TreadwearError
from contract.model import ImuBatch
from contract.units import NS_PER_S

ClientBackend = type[BaseBleakClient]
"""What bleak takes for ``backend``: another Bluetooth than the platform's."""

_LOG = logging.getLogger(__name__)
_LEAST_WORDS = 3
"""Notifications that must stay away, one after another, before it counts as silence."""
_MOST_EARLY = 256
"""Notifications kept while the start script still runs: seconds of any sensor."""


class Link:
    """One sensor, for as long as `run` is not cancelled.

    Parameters
    ----------
    wish : Wish
        Which sighting is this sensor.
    serial : str
        What it must say of itself; "" takes any.
    stream : SensorStream
        What understands it, and how it is to stream.
    discovery : Discovery
        The scanner.
    on_batch : callable
        Gets each batch; must return at once.
    """

    def __init__(
        self,
        wish: Wish,
        serial: str,
        stream: SensorStream,
        discovery: Discovery,
        on_batch: Callable[[ImuBatch], None],
    ) -> None:
        self.stream, self.status = stream, LinkStatus()
        self._wish, self._serial = wish, serial
        self._discovery, self._on_batch = discovery, on_batch
        self._settings = LinkSettings()
        self._clock: Callable[[], int] = time.monotonic_ns
        self._backend: ClientBackend | None = None
        self._others: set[str] = set()
        self._early: deque[tuple[str, bytes, int]] | None = None
        self._asked: tuple[Ask, asyncio.Future[bytes]] | None = None
        self._live: BleakClient | None = None
        self._token = 0

    def set_up(
        self,
        *,
        settings: LinkSettings | None = None,
        clock: Callable[[], int] | None = None,
        backend: ClientBackend | None = None,
    ) -> "Link":
        """Use another patience, host clock or bleak backend; before `run`."""
        self._settings = settings or self._settings
        self._clock = clock or self._clock
        self._backend = backend
        return self

    async def run(self) -> None:
        """Stream until cancelled; then stop the sensor and give all that waits."""
        delay_s = self._settings.first_delay_s
        try:
            while True:
                before = self.status.connections
                try:
                    await self._connection()
                except (*RADIO_FAULTS, TreadwearError) as fault:
                    self._note(fault)
                except Exception as fault:  # noqa: BLE001 - must not end other links
                    _LOG.warning("an unexpected fault of a link", exc_info=True)
                    self._note(fault)
                _check_cancelled()
                if self.status.connections > before:
                    delay_s = self._settings.first_delay_s
                self.status.state = LinkState.WAITING
                await asyncio.sleep(delay_s)
                delay_s = min(2 * delay_s, self._settings.most_delay_s)
        finally:
            self.status.state = LinkState.STOPPED
            self._hand_on(self.stream.close())

    async def blink(self) -> None:
        """Blink the sensor's LED, if it streams and has one."""
        if self._live is not None:
            await self._perform(self._live, self.stream.driver.blink())

    # ---- one connection ----

    async def _connection(self) -> None:
        self.status.state = LinkState.SEARCHING
        sighting = await self._discovery.find(self._is_mine)
        self.status.rssi_dbm, self.status.address = sighting.rssi_dbm, sighting.address
        is_down = asyncio.Event()
        client = self._client(sighting, is_down)
        try:
            async with self._discovery.quiet():
                self.status.state = LinkState.CONNECTING
                async with asyncio.timeout(self._settings.connect_s + 1):
                    await client.connect()
            async with asyncio.timeout(self._settings.connect_s):
                await self._start(client, sighting)
            await self._stream(client, is_down)
        finally:
            self._asked, self._early, self._live = None, None, None
            self.status.state = LinkState.WAITING
            await self._leave(client)

    def _is_mine(self, sighting: Sighting) -> bool:
        return sighting.address not in self._others and self._wish(sighting)

    def _client(self, sighting: Sighting, is_down: asyncio.Event) -> BleakClient:
        def down(_: BleakClient) -> None:
            is_down.set()
            if self._asked is not None:
                self._asked[1].cancel()

        timeout_s = self._settings.connect_s
        if self._backend is None:
            return BleakClient(sighting.device, down, timeout=timeout_s)
        return BleakClient(
            sighting.device, down, timeout=timeout_s, backend=self._backend
        )

    async def _start(self, client: BleakClient, sighting: Sighting) -> None:
        self._early = deque(maxlen=_MOST_EARLY)
        driver = self.stream.driver
        await self._perform(client, driver.identify())
        found = driver.facts.serial
        if self._serial and found and found != self._serial:
            self._others.add(sighting.address)
            raise SensorError(
                f"sensor {found} answered where {self._serial} was meant",
                "it has the same name or took over its address",
                "Pair again if you changed sensors: treadwear pair.",
            )
        await self._perform(client, driver.start(self.stream.wanted))
        self._started_ns = self._clock()
        self._hand_on(self.stream.connected())
        early, self._early = self._early, None
        for channel, payload, arrival_ns in early or ():
            self._hand_on(self.stream.hear(channel, payload, arrival_ns))
        self._live = client
        self.status.state, self.status.trouble = LinkState.STREAMING, ""
        self.status.connections += 1

    async def _stream(self, client: BleakClient, is_down: asyncio.Event) -> None:
        """Look after the link until it is down."""
        settings = self._settings
        due = Schedule(settings, self._clock())
        while not is_down.is_set():
            _check_cancelled()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(settings.look_s):
                    await is_down.wait()
                raise SensorError("the connection was lost", "", "It is tried again.")
            now_ns = self._clock()
            if now_ns - self._heard_ns > self._stall_s * NS_PER_S:
                why = f"nothing came for {self._stall_s:g} s"
                raise SensorError("the sensor fell silent", why, "It is tried again.")
            async with asyncio.timeout(settings.connect_s):
                await self._look_after(client, due, now_ns)

    @property
    def _stall_s(self) -> float:
        """Longest silence: a foot pod speaks once a second, and a word may be lost."""
        stream = self.stream.driver.profile.stream
        spacing_s = stream.samples_per_notification / self.stream.wanted.rate_hz
        return max(self._settings.stall_s, _LEAST_WORDS * spacing_s)

    @property
    def _heard_ns(self) -> int:
        """When something came that was understood: garbage is as bad as silence."""
        return max(self._started_ns, self.stream.last_arrival_ns or 0)

    async def _look_after(
        self, client: BleakClient, due: Schedule, now_ns: int
    ) -> None:
        """Ask for missing packets, the sensor's clock and its battery."""
        driver = self.stream.driver
        for first, last in self.stream.to_ask(now_ns):
            if step := driver.resend(first, last):
                await self._step(client, step)
        self._hand_on(self.stream.give_up())
        if now_ns >= due.ping_ns and (ping := driver.ping(self._token)):
            await asyncio.sleep(due.ping_delay_s())
            self.stream.pinged(self._token, self._clock())
            await self._step(client, ping)
            self._token = (self._token + 1) % 2**32
            due.pinged(now_ns)
        if now_ns >= due.facts_ns:
            # A sensor that streams and does not tell its battery streams all the same.
            with contextlib.suppress(BleakGATTProtocolError, SensorError):
                await self._perform(client, driver.identify())
            due.asked_facts(now_ns)

    async def _leave(self, client: BleakClient) -> None:
        """Stop the sensor if it can still hear, and disconnect."""
        with contextlib.suppress(*RADIO_FAULTS, SensorError):
            if client.is_connected:
                async with asyncio.timeout(self._settings.stall_s):
                    await self._perform(client, self.stream.driver.stop())
        with contextlib.suppress(*RADIO_FAULTS):
            async with asyncio.timeout(self._settings.stall_s):
                await client.disconnect()

    # ---- steps of a driver ----

    async def _perform(self, client: BleakClient, script: Script) -> None:
        with contextlib.closing(script), contextlib.suppress(StopIteration):
            step = next(script)
            while True:
                step = script.send(await self._step(client, step))

    async def _step(self, client: BleakClient, step: Step) -> bytes:
        match step:
            case Subscribe(channel):
                await self._subscribe(client, channel)
            case Read(channel, is_optional):
                place = self._place(client, channel)
                if place is None and is_optional:
                    return b""
                return bytes(await client.read_gatt_char(_there(place, channel)))
            case Write(channel, payload, with_response):
                place = _there(self._place(client, channel), channel)
                await client.write_gatt_char(place, payload, response=with_response)
            case Ask():
                return await self._ask(client, step)
        return b""

    async def _ask(self, client: BleakClient, ask: Ask) -> bytes:
        reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked = ask, reply
        try:
            await self._step(client, Write(ask.channel, ask.payload))
            async with asyncio.timeout(ask.timeout_s):
                return await reply
        except TimeoutError:
            why = f"no answer within {ask.timeout_s:g} s"
            raise SensorError("the sensor does not answer", why) from None
        except asyncio.CancelledError:
            if reply.cancelled() and not _is_cancelling():
                raise SensorError("the connection was lost") from None
            raise
        finally:
            self._asked = None

    async def _subscribe(self, client: BleakClient, channel: str) -> None:
        """AcquireNotify first: StartNotify multiplies callbacks after reconnects.

        That is bleak issue 2002; some devices need StartNotify (issue 1885).
        """
        place = _there(self._place(client, channel), channel)

        def on_notification(_: BleakGATTCharacteristic, data: bytearray) -> None:
            arrival_ns = self._clock()
            self._on_notification(channel, bytes(data), arrival_ns)

        try:
            await client.start_notify(
                place, on_notification, bluez={"use_start_notify": False}
            )
        except BleakError:
            if not client.is_connected:
                raise
            await client.start_notify(
                place, on_notification, bluez={"use_start_notify": True}
            )

    def _on_notification(self, channel: str, payload: bytes, arrival_ns: int) -> None:
        if self._asked is not None:
            ask, reply = self._asked
            if channel == ask.reply_on and ask.is_reply(payload) and not reply.done():
                reply.set_result(payload)
                return
        if self._early is not None:
            self._early.append((channel, payload, arrival_ns))
            return
        self._hand_on(self.stream.hear(channel, payload, arrival_ns))

    def _place(
        self, client: BleakClient, channel: str
    ) -> BleakGATTCharacteristic | None:
        wanted = self.stream.driver.profile.characteristics.get(channel)
        if wanted is None:
            return None
        return client.services.get_characteristic(wanted.uuid)

    def _hand_on(self, batches: Sequence[ImuBatch]) -> None:
        for batch in batches:
            self._on_batch(batch)

    def _note(self, fault: Exception) -> None:
        """Keep in words what went wrong; it is tried again in any case."""
        if isinstance(fault, BluetoothError):
            self.status.trouble = str(fault)
        elif isinstance(fault, TreadwearError):
            self.status.trouble = fault.what
        elif isinstance(fault, BleakGATTProtocolError):
            self.status.trouble = f"the sensor refused a setting ({fault.args[1]})"
        elif isinstance(fault, BleakBluetoothNotAvailableError):
            self.status.trouble = str(bluetooth_fault(fault))
        elif isinstance(fault, TimeoutError):
            self.status.trouble = "the connection did not come about"
        elif "disconnected" in str(fault).lower():
            self.status.trouble = "the connection was lost"
        else:
            self.status.trouble = f"Bluetooth: {str(fault) or type(fault).__name__}"
        _LOG.info("%s: %s", self.status.address or "link", self.status.trouble)


def _there(
    place: BleakGATTCharacteristic | None, channel: str
) -> BleakGATTCharacteristic:
    if place is None:
        what = f"the sensor has no characteristic for {channel!r}"
        why = "its firmware is another than the profile describes"
        raise SensorError(what, why, "Update its firmware.")
    return place


def _check_cancelled() -> None:
    """Raise a cancellation that was swallowed.

    `asyncio.wait_for` of Python 3.11 loses one that comes together with a result, and
    then a run could not be ended.
    """
    if _is_cancelling():
        raise asyncio.CancelledError


def _is_cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
