"""One scanner for all who look, and what is wrong with Bluetooth said to each."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from bleak.backends.client import BaseBleakClient
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakError,
    BleakGATTProtocolError,
)

from collector.discovery import Discovery, ScannerBackend, Sighting, bluetooth_fault
from collector.link_status import LinkSettings
from collector.pairing import look_around
from collector.virtual.backend import bumble_backends, switch_on_central
from collector.virtual.motion import Still
from collector.virtual.radio import VirtualRadio
from collector.virtual.treadwear_v1 import VirtualTreadwear
from contract.errors import BluetoothError
from contract.model import Slot
from tests.collector.radio_bench import Bench, bench, collecting, paired, traits
from tests.collector.virtual_time import on_virtual_time

LEFT, RIGHT, HIP = Slot.LEFT, Slot.RIGHT, Slot.HIP
Reason = BleakBluetoothNotAvailableReason


class Radio:
    """A virtual radio with sensors, and a scanner that can be out of order."""

    def __init__(self) -> None:
        self.air = VirtualRadio()
        self.scans = self.most_scans = self.began = 0
        self.fault: Exception | None = None
        self.stop_fault: Exception | None = None
        self.stop_s = 0.0

    async def sensors(self, *slots: Slot) -> list[VirtualTreadwear]:
        found = [VirtualTreadwear(self.air, traits(s), Still(208.0)) for s in slots]
        for sensor in found:
            await sensor.start()
        return found

    async def scanner(self) -> ScannerBackend:
        """The virtual radio's scanner, counted, and failing as told."""
        usual, _ = bumble_backends(await switch_on_central(self.air))
        return counting(usual, self)


def counting(usual: ScannerBackend, radio: Radio) -> ScannerBackend:
    class Counted(usual):  # type: ignore[valid-type, misc]
        async def start(self) -> None:
            if radio.fault is not None:
                raise radio.fault
            radio.scans, radio.began = radio.scans + 1, radio.began + 1
            radio.most_scans = max(radio.most_scans, radio.scans)
            await super().start()

        async def stop(self) -> None:
            await asyncio.sleep(radio.stop_s)
            await super().stop()
            radio.scans -= 1
            if radio.stop_fault is not None:
                raise radio.stop_fault

    return Counted


def named(slot: Slot) -> Callable[[Sighting], bool]:
    return lambda sighting: sighting.address == traits(slot).address


@on_virtual_time
async def test_all_who_look_share_one_scan() -> None:
    radio = Radio()
    sensors = await radio.sensors(LEFT, RIGHT)
    discovery, seen = Discovery(await radio.scanner()), list[str]()
    async with discovery.listening(lambda s: seen.append(s.address)):
        found = await asyncio.gather(*(discovery.find(named(s)) for s in (LEFT, RIGHT)))
        assert radio.scans == 1
    assert [s.name for s in found] == ["treadwear left", "treadwear right"]
    assert set(seen) == {sensor.address for sensor in sensors}
    assert (radio.scans, radio.began) == (0, 1)


@on_virtual_time
async def test_the_scan_rests_while_a_connection_is_made_and_then_goes_on() -> None:
    radio = Radio()
    await radio.sensors(LEFT)
    discovery = Discovery(await radio.scanner())
    searching = asyncio.create_task(discovery.find(named(RIGHT)))
    await asyncio.sleep(1)
    for _ in range(2):
        async with discovery.quiet():
            assert radio.scans == 0
            await asyncio.sleep(1)
            assert radio.scans == 0
        await asyncio.sleep(0.1)
        assert radio.scans == 1
    await radio.sensors(RIGHT)
    assert (await searching).name == "treadwear right"


@on_virtual_time
async def test_only_one_connection_is_made_at_a_time() -> None:
    discovery, inside = Discovery(await Radio().scanner()), list[int]()

    async def connect() -> None:
        async with discovery.quiet():
            inside.append(1)
            assert sum(inside) == 1
            await asyncio.sleep(1)
            inside.pop()

    await asyncio.gather(*(connect() for _ in range(4)))


@on_virtual_time
async def test_a_scan_that_takes_long_to_end_is_never_beside_another() -> None:
    radio = Radio()
    await radio.sensors(LEFT)
    radio.stop_s = 2.0
    discovery = Discovery(await radio.scanner())

    async def look(after_s: float) -> str:
        await asyncio.sleep(after_s)
        async with discovery.quiet():
            await asyncio.sleep(0.1)
        return (await discovery.find(named(LEFT))).name

    found = await asyncio.gather(*(look(0.7 * n) for n in range(6)))
    assert found == 6 * ["treadwear left"]
    assert (radio.most_scans, radio.scans) == (1, 0)


@on_virtual_time
async def test_who_gives_up_looking_ends_the_scan_and_nobody_else() -> None:
    radio = Radio()
    discovery = Discovery(await radio.scanner())
    impatient, patient = (
        asyncio.create_task(discovery.find(named(s))) for s in (LEFT, RIGHT)
    )
    await asyncio.sleep(1)
    impatient.cancel()
    await asyncio.sleep(1)
    assert radio.scans == 1
    await radio.sensors(RIGHT)
    assert (await patient).name == "treadwear right"
    assert radio.scans == 0


@on_virtual_time
async def test_a_wish_is_met_by_what_is_there_now_and_not_by_what_was() -> None:
    radio = Radio()
    (sensor,) = await radio.sensors(LEFT)
    discovery = Discovery(await radio.scanner())
    await discovery.find(named(LEFT))
    sensor.out_of_range()
    again = asyncio.create_task(discovery.find(named(LEFT)))
    await asyncio.sleep(30)
    assert not again.done()
    sensor.back_in_range()
    async with asyncio.timeout(2):
        await again


FAULTS = {
    "no adapter": (
        BleakBluetoothNotAvailableError("x", Reason.NO_BLUETOOTH),
        "no Bluetooth adapter.*Plug in",
    ),
    "too old": (
        BleakBluetoothNotAvailableError("x", Reason.NO_BLE_CENTRAL_ROLE),
        "too old.*4.2",
    ),
    "off": (
        BleakBluetoothNotAvailableError("x", Reason.POWERED_OFF),
        "switched off.*Switch Bluetooth on",
    ),
    "denied": (
        BleakBluetoothNotAvailableError("x", Reason.DENIED_BY_USER),
        "not allowed.*Allow this terminal",
    ),
    "denied by the system": (
        BleakBluetoothNotAvailableError("x", Reason.DENIED_BY_SYSTEM),
        "system does not allow.*Allow this terminal",
    ),
    "denied, who knows why": (
        BleakBluetoothNotAvailableError("x", Reason.DENIED_BY_UNKNOWN),
        "not allowed.*Allow this terminal",
    ),
    "unknown": (
        BleakBluetoothNotAvailableError("the moon is full", Reason.UNKNOWN),
        "because the moon is full\\. Switch",
    ),
    "no BlueZ": (FileNotFoundError(2, "No such file"), "no Bluetooth service.*BlueZ"),
    "BlueZ is down": (ConnectionRefusedError(), "no Bluetooth service.*BlueZ"),
    "forbidden": (PermissionError(13, "denied"), "system does not allow"),
    "busy": (BleakError("InProgress"), "scanner is taken"),
    "the bus is gone": (EOFError(), "EOFError"),
    "an assertion": (AssertionError(), "AssertionError"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_why_there_is_no_bluetooth_is_said_to_all_who_look(name: str) -> None:
    fault, words = FAULTS[name]

    @on_virtual_time
    async def looked() -> None:
        radio = Radio()
        radio.fault = fault
        discovery = Discovery(await radio.scanner())
        found = await asyncio.gather(
            discovery.find(named(LEFT)),
            discovery.find(named(RIGHT)),
            look_around(discovery, 5.0, lambda _: False),
            return_exceptions=True,
        )
        assert [type(one) for one in found] == 3 * [BluetoothError]
        for one in found:
            assert isinstance(one, BluetoothError)
            assert one.exit_code == 3
            with pytest.raises(BluetoothError, match=words):
                raise one

    looked()


def test_words_for_the_runner_never_show_how_python_names_a_reason() -> None:
    for reason in Reason:
        said = str(bluetooth_fault(BleakBluetoothNotAvailableError("off", reason)))
        assert "Reason" not in said
        assert said.startswith("Bluetooth cannot be used because ")


@on_virtual_time
async def test_what_a_scan_says_while_it_is_ended_is_no_fault_of_the_next() -> None:
    """BlueZ refuses to stop a scan that something else has stopped already."""
    radio = Radio()
    await radio.sensors(LEFT)
    discovery = Discovery(await radio.scanner())
    radio.stop_s, radio.stop_fault = 1.0, BleakError("org.bluez.Error.NotReady")
    glance = asyncio.create_task(look_around(discovery, 1.0, lambda _: False))
    await asyncio.sleep(1.5)
    assert radio.scans == 1
    found = await look_around(discovery, 4.0, lambda _: False)
    assert found
    assert [s.name for s in await glance] == [s.name for s in found]


@on_virtual_time
async def test_links_stream_again_once_bluetooth_is_back() -> None:
    radio = Radio()
    radio.fault = BleakBluetoothNotAvailableError("off", Reason.POWERED_OFF)
    scanner = await radio.scanner()
    known = {s: traits(s) for s in (LEFT, RIGHT)}
    sensors = {
        s: VirtualTreadwear(radio.air, t, Still(208.0)) for s, t in known.items()
    }
    pairs = [paired(s, t) for s, t in known.items()]
    async with collecting(radio.air, dict(sensors), pairs) as found:
        found.crew._discovery._backend = scanner
        await asyncio.sleep(20)
        for slot in known:
            assert "switched off" in found.status(slot).link.trouble
        radio.fault = None
        # The longest pause between two attempts is five seconds.
        assert await found.until_streaming() < 5 + 3
        assert found.status(LEFT).link.trouble == ""
        assert radio.most_scans == 1


@on_virtual_time
async def test_a_scan_that_is_given_up_while_it_begins_does_not_go_on() -> None:
    radio = Radio()
    discovery = Discovery(await radio.scanner())
    for turns in range(6):
        looking = asyncio.create_task(discovery.find(named(LEFT)))
        for _ in range(turns):
            await asyncio.sleep(0)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        assert radio.scans == 0


# --- Bluetooth that fails in the middle of a call


class Reads:
    """What becomes of reads: a fault, or never an answer, so many times."""

    fault: Exception | None = None
    hangs = False
    times = 0

    async def meet(self) -> None:
        if self.times == 0:
            return
        self.times -= 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.fault is not None:
            raise self.fault


def failing(usual: type[BaseBleakClient], reads: Reads) -> type[BaseBleakClient]:
    class Failing(usual):  # type: ignore[valid-type, misc]
        async def read_gatt_char(self, *which: object, **how: object) -> bytearray:
            await reads.meet()
            return bytearray(await super().read_gatt_char(*which, **how))

    return Failing


@asynccontextmanager
async def failing_left() -> AsyncIterator[tuple[Bench, Reads]]:
    """Two shoes; reads of the left one can be made to fail."""
    reads = Reads()
    async with bench(LEFT, RIGHT) as found:
        link = found.crew._links[LEFT]
        assert link._backend is not None
        link.set_up(
            settings=LinkSettings(facts_s=5.0),
            clock=link._clock,
            backend=failing(link._backend, reads),
        )
        yield found, reads


@pytest.mark.parametrize(
    "fault",
    [
        EOFError(),
        AssertionError(),
        KeyError("org.bluez.GattService1"),
        BleakError("org.bluez.Error.Failed"),
        ConnectionResetError(),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_call_that_ends_badly_costs_one_attempt_and_no_other_sensor(
    fault: Exception,
) -> None:
    @on_virtual_time
    async def ends_badly() -> None:
        async with failing_left() as (found, reads):
            reads.fault, reads.times = fault, 2
            await found.until(lambda: bool(found.status(LEFT).link.trouble))
            assert not found.status(LEFT).link.trouble.endswith(": ")
            await found.until_streaming(seconds=10)
            assert (found.link(LEFT).reconnects, found.link(RIGHT).reconnects) == (0, 0)

    ends_badly()


@on_virtual_time
async def test_a_read_that_is_never_answered_is_given_up() -> None:
    async with failing_left() as (found, reads):
        reads.hangs, reads.times = True, 1
        await found.until_streaming(seconds=20)


@on_virtual_time
async def test_a_sensor_that_no_longer_tells_its_battery_streams_all_the_same() -> None:
    async with failing_left() as (found, reads):
        await found.until_streaming()
        reads.fault, reads.times = BleakGATTProtocolError(0x80), 1
        await asyncio.sleep(8)
        assert reads.times == 0
        assert found.link(LEFT).reconnects == 0
        assert found.link(LEFT).battery_pct == 87
        assert found.is_live(LEFT)
