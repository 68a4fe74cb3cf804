"""Which sensor is which: the one that is shaken, or none; and the whole of `pair`."""

import asyncio
import io
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from msgspec import structs
from rich.console import Console

from collector.discovery import Discovery
from collector.pairing import MOST_CANDIDATES, LineUp, look_around
from collector.sensor_set import Radio
from collector.virtual.backend import bumble_backends, switch_on_central
from collector.virtual.motion import Motion, Recorded, Shaken, Still
from collector.virtual.radio import VirtualRadio
from collector.virtual.treadwear_v1 import VirtualTreadwear
from collector.virtual.wearer import Wearer, virtual_air, worn_sensors
from contract.errors import NoSensorError, SensorError
from contract.model import Slot
from contract.people import PairedSensor, Pairing
from tests.collector.radio_bench import traits
from tests.collector.virtual_time import monotonic_ns, on_virtual_time
from treadwear.guide import Act, Guide
from treadwear.pair import PairPlan, pair

LEFT, RIGHT, HIP = Slot.LEFT, Slot.RIGHT, Slot.HIP
FEET = (LEFT, RIGHT)
RATE_HZ = 208.0


@asynccontextmanager
async def table(
    *motions: Motion, **other: object
) -> AsyncIterator[tuple[list[VirtualTreadwear], Radio, Discovery]]:
    """Sensors on a table, each a bit further away than the one before."""
    air = VirtualRadio()
    scanner, client = bumble_backends(await switch_on_central(air))
    sensors = []
    for n, motion in enumerate(motions, 1):
        who = traits(LEFT, name=f"treadwear {n}", serial=f"TW{n:06d}", seed=n)
        who = replace(who, address=f"F0:00:00:00:00:{n:02X}", distance_m=0.3 * 1.5**n)
        sensors.append(VirtualTreadwear(air, replace(who, **other), motion))
        await sensors[-1].start()
    yield sensors, Radio(scanner, client, monotonic_ns()), Discovery(scanner)
    for sensor in sensors:
        await sensor.stop()


@asynccontextmanager
async def line_up(*motions: Motion) -> AsyncIterator[tuple[list[str], LineUp]]:
    async with table(*motions) as (sensors, radio, discovery):
        seen = await look_around(discovery, 3.0, lambda _: False)
        async with LineUp(seen, radio, discovery).streaming() as found:
            await found.enough_streaming(len(sensors), 20.0)
            yield [sensor.address for sensor in sensors], found
        await discovery.close()


def still(seed: int = 0) -> Still:
    return Still(RATE_HZ, seed=seed)


@on_virtual_time
async def test_the_nearest_sensor_comes_first() -> None:
    async with table(*map(still, range(4))) as (sensors, _, discovery):
        seen = await look_around(discovery, 3.0, lambda _: False)
        assert [s.address for s in seen] == [s.address for s in sensors]
        levels = [s.rssi_dbm for s in seen]
        assert levels == sorted(levels, reverse=True)


@on_virtual_time
async def test_looking_around_ends_as_soon_as_there_are_enough() -> None:
    async with table(still(), still(1)) as (_, _, discovery):
        began_s = asyncio.get_running_loop().time()
        seen = await look_around(discovery, 60.0, lambda seen: len(seen) == 2)
        assert len(seen) == 2
        assert asyncio.get_running_loop().time() - began_s < 5


@on_virtual_time
async def test_the_sensor_that_is_shaken_is_named() -> None:
    async with line_up(still(), Shaken(RATE_HZ), still(2)) as (addresses, found):
        assert await found.wait_for_shake(10.0) == addresses[1]
        assert await found.wait_for_shake(5.0, [addresses[1]]) is None


@on_virtual_time
async def test_two_shoes_in_one_bag_name_nobody() -> None:
    async with line_up(Shaken(RATE_HZ), Shaken(RATE_HZ, seed=1)) as (_, found):
        assert await found.wait_for_shake(10.0) is None
        levels = found.levels()
        assert len(levels) == 2
        assert all(level > 5 for level in levels.values())


@on_virtual_time
async def test_a_bag_that_carries_all_but_one_names_nobody() -> None:
    swung = [Shaken(RATE_HZ, swing_hz=1.8, peak_g=0.8, seed=n) for n in range(2)]
    async with line_up(*swung, still()) as (_, found):
        assert await found.wait_for_shake(10.0) is None


@on_virtual_time
async def test_a_neighbours_sensor_that_refuses_holds_nobody_up() -> None:
    async with table(still(), Shaken(RATE_HZ), still(2)) as (sensors, radio, discovery):
        sensors[2].refuse(0x81)
        seen = await look_around(discovery, 3.0, lambda _: False)
        async with LineUp(seen, radio, discovery).streaming() as found:
            assert await found.enough_streaming(2, 25.0) == 2
            assert await found.wait_for_shake(10.0) == sensors[1].address
            refusing = found.candidates()[sensors[2].address]
            assert "refused" in refusing.trouble
            assert not refusing.is_streaming
            assert sensors[2].address not in found.levels()
        await discovery.close()


@on_virtual_time
async def test_of_a_crowd_the_nearest_are_lined_up_and_all_are_seen() -> None:
    async with table(*map(still, range(8))) as (sensors, radio, discovery):
        seen = await look_around(discovery, 3.0, lambda _: False)
        assert len(seen) == 8
        lined_up = LineUp(seen, radio, discovery).candidates()
        assert list(lined_up) == [s.address for s in sensors[:MOST_CANDIDATES]]


@on_virtual_time
async def test_before_anything_moved_nothing_is_known() -> None:
    async with table(still()) as (_, radio, discovery):
        seen = await look_around(discovery, 2.0, lambda _: False)
        async with LineUp(seen, radio, discovery).streaming() as found:
            assert found.levels() == {}
            await found.enough_streaming(1, 10.0)
            assert all(map(math.isnan, found.levels().values()))
        await discovery.close()


# --- the whole of `treadwear pair`


class Door:
    """The front door: a runner with her sensors, and what she is told."""

    def __init__(self, worn: Wearer) -> None:
        self.worn, self.asked = worn, list[tuple[Act, Slot | None]]()
        self.words = io.StringIO()
        self.obeys = True
        self.radio = Radio(worn.scanner, worn.client, monotonic_ns())

    def do(self, act: Act, slot: Slot | None) -> None:
        self.asked.append((act, slot))
        if act is Act.SHAKE and slot is not None and self.obeys:
            self.worn.shake(slot)
        else:
            self.worn.rest()

    async def pair(self, plan: PairPlan) -> tuple[PairedSensor, ...]:
        console = Console(file=self.words, width=200)
        return await pair(plan, self.radio, Guide(console, self.do))

    @property
    def said(self) -> str:
        return self.words.getvalue()


@asynccontextmanager
async def door(*slots: Slot) -> AsyncIterator[Door]:
    motions = {s: Recorded(Still(RATE_HZ).counts(0, 400), RATE_HZ) for s in slots}
    async with virtual_air() as air, worn_sensors(air, motions) as worn:
        yield Door(worn)


def expected(worn: Wearer, *slots: Slot) -> list[tuple[str, str]]:
    return [(slot.word, worn.sensors[slot].serial) for slot in slots]


def found_of(sensors: tuple[PairedSensor, ...]) -> list[tuple[str, str]]:
    return [(sensor.slot, sensor.serial) for sensor in sensors]


@pytest.mark.parametrize("slots", [FEET, (*FEET, HIP)], ids=["feet", "feet and hip"])
def test_the_first_time_she_shakes_one_shoe_after_the_other(
    slots: tuple[Slot, ...],
) -> None:
    @on_virtual_time
    async def first_time() -> None:
        async with door(*slots) as front:
            found = await front.pair(PairPlan(slots))
            assert found_of(found) == expected(front.worn, *slots)
            assert all(one.address.startswith("F") for one in found)
            shaken = [slot for act, slot in front.asked if act is Act.SHAKE]
            assert shaken == list(slots[:-1])  # the last one is what is left over
            assert "Shake the LEFT shoe, keep the others still." in front.said
            assert "battery 87 %" in front.said

    first_time()


@on_virtual_time
async def test_the_second_time_takes_one_step() -> None:
    async with door(*FEET) as front:
        known = Pairing(time_ns=0, sensors=await front.pair(PairPlan(FEET)))
        front.asked.clear()
        front.worn.sensors[LEFT].battery_pct = 12
        assert await front.pair(PairPlan(FEET, known)) == known.sensors
        assert front.asked == []
        assert "battery 12 % charge it" in front.said


@on_virtual_time
async def test_another_sensor_under_a_known_name_is_not_taken_for_it() -> None:
    async with door(*FEET) as front:
        known = Pairing(time_ns=0, sensors=await front.pair(PairPlan(FEET)))
        front.asked.clear()
        front.worn.sensors[LEFT].serial = "TW999999"
        found = await front.pair(PairPlan(FEET, known))
        assert "TW999999 is not the left sensor of last time" in front.said
        assert front.asked != []  # she is asked to shake again
        assert found[0].serial == "TW999999"


@on_virtual_time
async def test_known_sensors_are_known_again_in_a_crowd() -> None:
    """At a club evening there are more sensors near than a computer can connect."""
    async with door(*FEET) as front:
        known = Pairing(time_ns=0, sensors=await front.pair(PairPlan(FEET)))
        air, others = front.worn.sensors[LEFT].radio, []
        for n in range(7):
            who = traits(LEFT, name=f"treadwear {n}", serial=f"X{n}", distance_m=0.1)
            who = replace(who, address=f"FA:00:00:00:00:{n:02X}")
            others.append(VirtualTreadwear(air, who, still(n)))
            await others[-1].start()
        assert await front.pair(PairPlan(FEET, known)) == known.sensors
        for other in others:
            await other.stop()


@on_virtual_time
async def test_a_sensor_of_last_time_that_is_missing_is_named() -> None:
    async with door(*FEET) as front:
        known = Pairing(time_ns=0, sensors=await front.pair(PairPlan(FEET)))
        front.worn.sensors[RIGHT].out_of_range()
        with pytest.raises(NoSensorError, match="only 1 sensor was found"):
            await front.pair(PairPlan(FEET, known))
        assert "Not near: right." in front.said
        front.worn.sensors[RIGHT].back_in_range()
        assert await front.pair(PairPlan(FEET, known)) == known.sensors


@on_virtual_time
async def test_what_she_should_know_before_she_goes_is_said() -> None:
    async with door(*FEET) as front:
        left, right = (front.worn.sensors[slot] for slot in FEET)
        left.battery_pct = 3
        right.traits = replace(right.traits, side="left")
        found = await front.pair(PairPlan(FEET, is_blinking=True))
        assert found_of(found) == expected(front.worn, *FEET)
        assert "The left sensor's battery is at 3 %: charge it" in front.said
        assert "The sensor on the right is set up as the left one" in front.said
        await asyncio.sleep(0.5)
        assert (left.n_blinks, right.n_blinks) == (1, 1)


@on_virtual_time
async def test_nothing_near_gives_ordered_advice() -> None:
    async with door(*FEET) as front:
        for sensor in front.worn.sensors.values():
            sensor.out_of_range()
        with pytest.raises(NoSensorError) as refusal:
            await front.pair(PairPlan(FEET))
        assert refusal.value.exit_code == 3
        said = str(refusal.value)
        assert said.startswith("no sensor was found because 2 are needed")
        places = [said.index(words) for words in ("1. Shake", "2. Close", "3. Switch")]
        assert places == sorted(places)


@on_virtual_time
async def test_one_sensor_is_not_enough_for_two_feet() -> None:
    async with door(LEFT) as front:
        with pytest.raises(NoSensorError, match="only 1 sensor was found because 2"):
            await front.pair(PairPlan(FEET))


@on_virtual_time
async def test_who_shakes_nothing_is_told_what_to_do() -> None:
    async with door(*FEET) as front:
        front.obeys = False
        with pytest.raises(SensorError, match=r"no sensor was shaken alone.*Lay all"):
            await front.pair(PairPlan(FEET))
        assert front.asked == [(Act.SHAKE, LEFT), (Act.REST, LEFT)]


@on_virtual_time
async def test_sensors_that_are_seen_and_refuse_are_named_with_the_reason() -> None:
    async with door(*FEET) as front:
        front.worn.sensors[RIGHT].refuse(0x81)
        with pytest.raises(SensorError, match=r"1 of 2 sensors.*702: the sensor refus"):
            await front.pair(PairPlan(FEET))


@on_virtual_time
async def test_a_sensor_that_moved_to_another_address_is_known_by_its_name() -> None:
    async with door(*FEET) as front:
        sensors = await front.pair(PairPlan(FEET))
        moved = tuple(
            structs.replace(one, address="F9:99:99:99:99:99") for one in sensors
        )
        known = Pairing(time_ns=0, sensors=moved)
        assert await front.pair(PairPlan(FEET, known)) == sensors


@on_virtual_time
async def test_a_shoe_that_is_slow_to_connect_is_not_taken_for_a_neighbours() -> None:
    """A neighbour's sensor streams at once; her right one refuses for half a minute."""
    async with door(*FEET) as front:
        right = front.worn.sensors[RIGHT]
        who = traits(LEFT, name="treadwear 9", serial="X9", address="FA:00:00:00:00:09")
        other = VirtualTreadwear(right.radio, who, still(9))
        await other.start()
        right.refuse(0x81)
        asyncio.get_running_loop().call_later(14, right.accept)
        found = await front.pair(PairPlan(FEET))
        assert found_of(found) == expected(front.worn, *FEET)
        await other.stop()


@on_virtual_time
async def test_one_of_two_namesakes_is_not_taken_for_both() -> None:
    """Every sensor of some families has the same name; one of them is off."""
    async with door(*FEET) as front:
        sensors = await front.pair(PairPlan(FEET))
        known = Pairing(
            time_ns=0,
            sensors=tuple(
                structs.replace(one, name="treadwear 701") for one in sensors
            ),
        )
        await front.worn.sensors[RIGHT].stop()
        with pytest.raises(NoSensorError):
            await front.pair(PairPlan(FEET, known, search_s=5.0))
        assert "Not near: right" in front.said
        await front.worn.sensors[RIGHT].start()
