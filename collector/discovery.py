"""Who is near: the one owner of the Bluetooth scanner in this process.

Two scans at once in one process disturb each other on Linux (one gets InProgress, the
other finds nothing; sensors.md section 1), and connecting while scanning is fragile.
So there is one scan, for all who wait, and it rests while a connection is made.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakError,
)

from contract.errors import BluetoothError
from firmware_config.profile import Profile, profiles


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One advertisement of a sensor of a family that is known.

    ``device`` is what a connection is made from: it must be fresh.
    """

    address: str
    name: str
    family: str
    rssi_dbm: int
    device: BLEDevice


RADIO_FAULTS = (BleakError, OSError, EOFError, AssertionError, KeyError)
"""What bleak raises when Bluetooth fails. The last three come from its BlueZ side when
the bus or the sensor goes in the middle of a call (hbldh/bleak issues 409 and 1921: end
of file, 406: assertion, 1435: missing key). `TimeoutError` is an `OSError`."""

ScannerBackend = type[BaseBleakScanner]
"""What bleak takes for ``backend``: another Bluetooth than the platform's."""

Wish = Callable[[Sighting], bool]
"""Whether a sighting is the sensor that somebody waits for."""


class Discovery:
    """The scanner, shared by all links of this process.

    Parameters
    ----------
    backend : class, optional
        bleak's scanner backend; the platform's own without it.
    """

    def __init__(self, backend: ScannerBackend | None = None) -> None:
        self._backend = backend
        self._listeners: set[Callable[[Sighting], None]] = set()
        self._radio = asyncio.Lock()
        self._scan: asyncio.Task[None] | None = None
        self._fault: BluetoothError | None = None
        self._is_wanted_quiet = asyncio.Event()
        self._is_quiet = asyncio.Event()
        self._is_quiet.set()
        self._one_scan = asyncio.Lock()  # one that is ended takes time to stop
        self._may_scan = asyncio.Event()
        self._may_scan.set()

    @contextlib.asynccontextmanager
    async def listening(
        self, listener: Callable[[Sighting], None]
    ) -> AsyncIterator[None]:
        """Call the listener with each sighting for as long as this lasts."""
        self._listeners.add(listener)
        self._wake()
        try:
            yield
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                await self._end_scan()

    async def find(self, wish: Wish) -> Sighting:
        """Wait for a sighting of now that fulfils the wish.

        Raises `BluetoothError` when there is no Bluetooth that could see one.
        """
        found: asyncio.Future[Sighting] = asyncio.get_running_loop().create_future()

        def listen(sighting: Sighting) -> None:
            if not found.done() and wish(sighting):
                found.set_result(sighting)

        async with self.listening(listen):
            scan = self._scan
            waiting: set[asyncio.Future[Any]] = (
                {found} if scan is None else {found, scan}
            )
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if not found.done():
                raise self._fault or BluetoothError("the search for sensors ended")
            return found.result()

    @contextlib.asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        """One connection at a time, with the scanner at rest."""
        async with self._radio:
            self._may_scan.clear()
            self._is_wanted_quiet.set()
            try:
                # A scanner that hangs must not hold every link up for ever.
                async with asyncio.timeout(_QUIET_S):
                    await self._is_quiet.wait()
                yield
            finally:
                self._is_wanted_quiet.clear()
                self._may_scan.set()

    async def close(self) -> None:
        """End the scan, whoever waits."""
        await self._end_scan()

    @property
    def fault(self) -> BluetoothError | None:
        """Why nothing can be seen, if that is so."""
        return self._fault

    def _wake(self) -> None:
        if self._scan is None or self._scan.done():
            self._fault = None
            self._scan = asyncio.create_task(self._run(), name="scan")

    async def _run(self) -> None:
        """Scan whenever that is allowed, until nobody listens."""
        async with self._one_scan:
            try:
                while True:
                    await self._may_scan.wait()
                    self._is_quiet.clear()
                    async with self._scanning():
                        await self._is_wanted_quiet.wait()
                    self._is_quiet.set()
            except RADIO_FAULTS as fault:
                # One that is ended already says nothing about the one that follows.
                if self._scan is asyncio.current_task():
                    self._fault = bluetooth_fault(fault)
            finally:
                self._is_quiet.set()

    @contextlib.asynccontextmanager
    async def _scanning(self) -> AsyncIterator[None]:
        """Scan; half a start or half a stop would leave the radio scanning."""
        scanner = self._scanner()
        starting = asyncio.ensure_future(scanner.start())
        try:
            await _to_its_end(starting)
            yield
        finally:
            if not starting.cancelled() and starting.exception() is None:
                await _to_its_end(asyncio.ensure_future(scanner.stop()))

    def _scanner(self) -> BleakScanner:
        if self._backend is None:
            return BleakScanner(self._on_advertisement)
        return BleakScanner(self._on_advertisement, backend=self._backend)

    def _on_advertisement(self, device: BLEDevice, data: AdvertisementData) -> None:
        profile = family_of(data.local_name or device.name or "", data.service_uuids)
        if profile is None:
            return
        name = data.local_name or device.name or ""
        sighting = Sighting(device.address, name, profile.family, data.rssi, device)
        for listener in list(self._listeners):
            listener(sighting)

    async def _end_scan(self) -> None:
        scan, self._scan = self._scan, None
        if scan is not None:
            scan.cancel()
            await asyncio.gather(scan, return_exceptions=True)


async def _to_its_end(work: asyncio.Future[None]) -> None:
    """Wait for something that ends though its task is cancelled meanwhile."""
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work}, timeout=_MOST_ENDING_S)
        work.cancel()  # nothing if it has ended
        await asyncio.gather(work, return_exceptions=True)
        raise


_MOST_ENDING_S = 5.0
"""Longest time that a scan may take to begin or end; it takes a tenth of a second."""


def family_of(name: str, services: list[str]) -> Profile | None:
    """Family that an advertisement belongs to; the service says more than the name."""
    advertised = {service.lower() for service in services}
    for profile in profiles().values():
        if advertised & set(profile.find.services):
            return profile
    for profile in profiles().values():
        if any(name.startswith(prefix) for prefix in profile.find.name_prefixes):
            return profile
    return None


_QUIET_S = 10.0
_BUSY = "Another program searches for Bluetooth devices; close it and try again."
_SWITCH_ON = "Switch Bluetooth on, then: treadwear doctor."
_ALLOW = "Allow this terminal to use Bluetooth in the system's settings."
_INSTALL = "On Linux install and start BlueZ (package bluez), then: treadwear doctor."
_REASONS = {
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: (
        "this computer has no Bluetooth adapter",
        "Plug in a Bluetooth adapter (4.2 or newer), then: treadwear doctor.",
    ),
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: (
        "the Bluetooth adapter is too old for such sensors",
        "Plug in an adapter of Bluetooth 4.2 or newer, then: treadwear doctor.",
    ),
    BleakBluetoothNotAvailableReason.POWERED_OFF: ("it is switched off", _SWITCH_ON),
    BleakBluetoothNotAvailableReason.DENIED_BY_USER: ("it was not allowed", _ALLOW),
    BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM: (
        "the system does not allow it",
        _ALLOW,
    ),
    BleakBluetoothNotAvailableReason.DENIED_BY_UNKNOWN: ("it is not allowed", _ALLOW),
}


def bluetooth_fault(fault: Exception) -> BluetoothError:
    """What a fault of the Bluetooth system means for the person at the door."""
    what = "Bluetooth cannot be used"
    if isinstance(fault, BleakBluetoothNotAvailableError):
        said = str(fault.args[0])  # its own words also name the reason as Python does
        return BluetoothError(what, *_REASONS.get(fault.reason, (said, _SWITCH_ON)))
    if isinstance(fault, FileNotFoundError | ConnectionRefusedError):
        # bleak reaches BlueZ over D-Bus, whose socket is not there.
        return BluetoothError(what, "no Bluetooth service answers here", _INSTALL)
    if "InProgress" in str(fault):
        return BluetoothError(what, "the scanner is taken", _BUSY)
    if isinstance(fault, PermissionError):
        return BluetoothError(what, "the system does not allow it", _ALLOW)
    return BluetoothError(what, str(fault) or type(fault).__name__, _SWITCH_ON)
