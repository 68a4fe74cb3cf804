"""Which sensor is which: those that are near, all streaming, told apart by moving."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from collector.discovery import Discovery, Sighting
from collector.link import Link
from collector.link_status import LinkState
from collector.sensor_set import Radio
from collector.shake import ShakeMeter, shaken
from contract.model import ImuBatch, Slot
from contract.people import PairedSensor
from firmware_config.profile import profile_of

POLL_S = 0.1
LAST_WAIT_S = 4.0
"""How long the others are waited for once there are enough: three connections."""
AGREED = 4
"""Looks in a row that name the same sensor: 1 second in 100 of a walker's hip looks
like a shake (measured on simulated walkers, tests/collector/test_shake.py)."""
MOST_CANDIDATES = 6
"""Connections that ordinary adapters keep at once; the nearest sensors count."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sensor of the line-up, and what it says of itself so far."""

    sighting: Sighting
    serial: str
    battery_pct: int | None
    side: str
    is_streaming: bool
    trouble: str

    def paired(self, slot: Slot) -> PairedSensor:
        """Remember it as worn there."""
        return PairedSensor(
            slot=slot.word,
            family=self.sighting.family,
            serial=self.serial,
            name=self.sighting.name,
            address=self.sighting.address,
        )


async def look_around(
    discovery: Discovery,
    seconds: float,
    on_change: Callable[[Mapping[str, Sighting]], bool],
    on_other: Callable[[Sighting], None] = lambda _: None,
) -> list[Sighting]:
    """Sensors that can be paired and are near, the strongest signal first.

    Ends early when ``on_change`` (called with all seen so far, by address) says so.
    ``on_other`` gets what is known and sends nothing that a shoe needs.
    Raises `BluetoothError` when there is no Bluetooth.
    """
    seen: dict[str, Sighting] = {}
    is_enough = asyncio.Event()

    def listen(sighting: Sighting) -> None:
        if profile_of(sighting.family).can.streams_imu:
            seen[sighting.address] = sighting
            if on_change(seen):
                is_enough.set()
        else:
            on_other(sighting)

    async with discovery.listening(listen):
        until_s = asyncio.get_running_loop().time() + seconds
        while not is_enough.is_set():
            left_s = until_s - asyncio.get_running_loop().time()
            if left_s <= 0 or discovery.fault is not None:
                break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await is_enough.wait()
    if discovery.fault is not None:
        raise discovery.fault
    return sorted(seen.values(), key=lambda s: -s.rssi_dbm)


class LineUp:
    """Candidates that stream while `streaming` lasts: the first few of the sightings.

    The strongest signal comes first, as `look_around` gives them.
    """

    def __init__(
        self, sightings: Sequence[Sighting], radio: Radio, discovery: Discovery
    ) -> None:
        self._sightings = {s.address: s for s in sightings[:MOST_CANDIDATES]}
        self._radio, self._discovery = radio, discovery
        self._meters: dict[str, ShakeMeter] = {}
        self._links = {a: self._link(s) for a, s in self._sightings.items()}

    @contextlib.asynccontextmanager
    async def streaming(self) -> AsyncIterator["LineUp"]:
        """Connect to all of them for as long as this lasts."""
        tasks = [asyncio.create_task(link.run()) for link in self._links.values()]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def candidates(self) -> dict[str, Candidate]:
        """Each sensor by its address, as it is now."""
        return {address: self._candidate(address) for address in self._links}

    async def enough_streaming(self, needed: int, seconds: float) -> int:
        """Wait until all stream, or as many as needed and no other has followed.

        Gives how many do. Sensors of others may be near and refuse for ever.
        """
        count, since_s, waited_s = 0, 0.0, 0.0
        while count < len(self._links) and waited_s < seconds:
            await asyncio.sleep(POLL_S)
            since_s, waited_s = since_s + POLL_S, waited_s + POLL_S
            now = sum(c.is_streaming for c in self.candidates().values())
            if now != count:
                count, since_s = now, 0.0
            if count >= needed and since_s >= LAST_WAIT_S:
                break
        return count

    async def wait_for_shake(
        self,
        seconds: float,
        known: Sequence[str] = (),
        on_look: Callable[[Mapping[str, float]], None] = lambda _: None,
    ) -> str | None:
        """Address of the sensor that is shaken, of those not yet known; None if none.

        Others must be still: a table that is bumped or a bag that is carried moves
        them all and names nobody. ``on_look`` gets every look at how much they move.
        """
        self._meters.clear()
        waited_s, agreed, before = 0.0, 0, None
        while waited_s < seconds:
            levels = self.levels()
            on_look(levels)
            found = shaken(levels)
            agreed = agreed + 1 if found == before else 1
            if found is not None and found not in known and agreed >= AGREED:
                return found
            before = found
            await asyncio.sleep(POLL_S)
            waited_s += POLL_S
        return None

    def levels(self) -> dict[str, float]:
        """How much each streaming sensor moved in the last second; NaN: not known."""
        return {
            address: self._meters[address].level_mps2
            if address in self._meters
            else math.nan
            for address, candidate in self.candidates().items()
            if candidate.is_streaming
        }

    async def blink(self, address: str) -> None:
        """Blink the LED of one of them."""
        await self._links[address].blink()

    def _keep(self, address: str, batch: ImuBatch) -> None:
        meter = self._meters.get(address)
        if meter is None:
            meter = self._meters[address] = ShakeMeter(batch.rate_hz)
        meter.add(batch.si())

    def _candidate(self, address: str) -> Candidate:
        link = self._links[address]
        facts = link.stream.driver.facts
        return Candidate(
            sighting=self._sightings[address],
            serial=facts.serial,
            battery_pct=facts.battery_pct,
            side=facts.side,
            is_streaming=link.status.state is LinkState.STREAMING,
            trouble=link.status.trouble,
        )

    def _link(self, sighting: Sighting) -> Link:
        address = sighting.address
        # Where it is worn is not known yet, and of no matter here.
        stream = self._radio.stream(Slot.LEFT, sighting.family, lambda: 0)
        return self._radio.link(
            stream,
            self._discovery,
            lambda seen: seen.address == address,
            lambda batch: self._keep(address, batch),
        )
