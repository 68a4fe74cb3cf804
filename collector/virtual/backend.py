"""bleak's backend classes for one virtual host, and how to let bleak use them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import bleak
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner
from bumble.device import Device

from collector.virtual.client import VirtualClient
from collector.virtual.controller import make_device
from collector.virtual.radio import VirtualRadio
from collector.virtual.scanner import VirtualScanner

CENTRAL_ADDRESS = "C0:00:00:00:00:01"
_Backends = tuple[type[BaseBleakScanner], type[BaseBleakClient]]


async def switch_on_central(
    radio: VirtualRadio, address: str = CENTRAL_ADDRESS
) -> Device:
    """The host's Bluetooth on that radio, switched on."""
    central = make_device(radio, "host", address)
    await central.power_on()
    return central


def bumble_backends(central: Device) -> _Backends:
    """Classes for ``backend=`` of `BleakScanner` and `BleakClient`.

    bleak makes the objects itself, so each class carries its central. Call it inside
    the running loop.
    """
    scanner = type("Scanner", (VirtualScanner,), {"central": central, "active": set()})
    parts = {
        "central": central,
        "scanner": scanner,
        "one_at_a_time": asyncio.Lock(),
    }
    client = type("Client", (VirtualClient,), parts)
    return scanner, client


@asynccontextmanager
async def installed(radio: VirtualRadio) -> AsyncIterator[_Backends]:
    """Let all of bleak use a radio for a while, also where no ``backend=`` is given."""
    central = await switch_on_central(radio)
    backends = bumble_backends(central)
    names = ("get_platform_scanner_backend_type", "get_platform_client_backend_type")
    before = {name: getattr(bleak, name) for name in names}
    for name, backend in zip(names, backends, strict=True):
        setattr(bleak, name, lambda backend=backend: (backend, "virtual"))
    try:
        yield backends
    finally:
        for name, own in before.items():
            setattr(bleak, name, own)
        await central.power_off()
