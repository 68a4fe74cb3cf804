"""The runner's minute before the run, first part: which sensor is on which foot.

First time: find, connect, shake the left shoe, remember. Second time: one step.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from collector.discovery import Discovery, Sighting
from collector.pairing import Candidate, LineUp, look_around
from collector.sensor_set import Radio, wish_for
from contract.errors import NoSensorError, SensorError
from contract.model import Slot
from contract.people import PairedSensor, Pairing
from treadwear.guide import Act, Voice
from treadwear.sensor_tables import LOW_BATTERY_PCT

LONELY_S = 10.0
"""Nothing seen for so long: say what can be done (product.md section 3.1)."""
CONNECT_S = 25.0
"""Three sensors connect in less than 2 s; one that needs three attempts in this."""
KNOWN_S = 8.0
"""Known sensors connect in 1 to 2 s; the second time must not take 15 s."""
SHAKE_S = 30.0
"""Time to find the shoe and shake it, with cold hands."""
SETTLE_S = 1.5
"""Time for the shoe that was shaken to come to rest before the next is asked for."""

PUT_NEAR = "Put the sensors next to this computer."
LOOKING = "Looking for the {} sensors of last time."
NOTHING_FOUND = (
    "Shake each sensor to wake it, or put it on its charger for a moment.",
    "Close the sensor's own app on your phone: a sensor talks to one at a time.",
    "Switch Bluetooth on, on the computer.",
    "Allow treadwear to use Bluetooth there; see treadwear doctor.",
)
"""Ordered: what it is most often comes first (product.md section 3.1)."""


@dataclass(frozen=True, slots=True)
class PairPlan:
    """What is to be paired, and how long it may take.

    ``known`` are the sensors of last time, which are taken as they are if all of them
    are near.
    """

    slots: tuple[Slot, ...]
    known: Pairing | None = None
    search_s: float = LONELY_S
    is_blinking: bool = False


async def pair(plan: PairPlan, radio: Radio, guide: Voice) -> tuple[PairedSensor, ...]:
    """Find the sensors and tell them apart; gives them in the order of the slots.

    Raises `NoSensorError` when there are too few, `SensorError` when they cannot be
    told apart.
    """
    discovery = Discovery(radio.scanner)
    try:
        if plan.known is not None:
            found = await _near_again(plan, plan.known, discovery, guide)
            line_up = LineUp(list(found.values()), radio, discovery)
            async with line_up.streaming():
                again = await _known_again(plan.known, found, line_up, guide)
            if again:
                return again
        sightings = await _search(plan, discovery, guide)
        line_up = LineUp(sightings, radio, discovery)
        async with line_up.streaming():
            return await _tell_apart(plan, line_up, guide)
    finally:
        await discovery.close()


async def _near_again(
    plan: PairPlan, known: Pairing, discovery: Discovery, guide: Voice
) -> dict[str, Sighting]:
    """Sensors of last time by slot, if all of them are near; else none."""
    guide.tell(LOOKING.format(len(known.sensors)))

    def has_all(seen: Mapping[str, Sighting]) -> bool:
        return len(_recognised(known, seen.values())) == len(known.sensors)

    seen = await look_around(discovery, plan.search_s, has_all)
    near = _recognised(known, seen)
    if len(near) < len(known.sensors):
        missing = ", ".join(s.slot for s in known.sensors if s.slot not in near)
        guide.tell(f"Not near: {missing}. Let us look what is there.")
        return {}
    return near


def _recognised(known: Pairing, seen: Iterable[Sighting]) -> dict[str, Sighting]:
    """Sightings of last time's sensors by slot, each counted once.

    All of a family may have one name (MetaWear): an address says more.
    """
    left = {s.address: s for s in seen}
    found: dict[str, Sighting] = {}
    for sensor in known.sensors:
        if sensor.address in left and wish_for(sensor)(left[sensor.address]):
            found[sensor.slot] = left.pop(sensor.address)
    for sensor in known.sensors:
        one = next(filter(wish_for(sensor), left.values()), None)
        if sensor.slot not in found and one is not None:
            found[sensor.slot] = left.pop(one.address)
    return found


async def _known_again(
    known: Pairing, near: Mapping[str, Sighting], line_up: LineUp, guide: Voice
) -> tuple[PairedSensor, ...]:
    """Sensors of last time with the addresses of now; none if one is another.

    They are connected for a moment: that shows their batteries, and who they are.
    """
    if not near:
        return ()
    await line_up.enough_streaming(len(near), KNOWN_S)
    candidates = line_up.candidates()
    again = []
    for sensor in known.sensors:
        candidate = candidates[near[sensor.slot].address]
        if candidate.serial and sensor.serial not in {"", candidate.serial}:
            guide.tell(
                f"{candidate.serial} is not the {sensor.slot} sensor of last time."
            )
            return ()
        slot = Slot.from_word(sensor.slot)
        guide.found(slot, candidate)
        _doubt(slot, candidate, guide)
        if not candidate.is_streaming:
            trouble = candidate.trouble or "no answer yet"
            guide.tell(f"  It is near but not connected: {trouble}.")
        address = candidate.sighting.address
        again.append(msgspec.structs.replace(sensor, address=address))
    return tuple(again)


async def _search(
    plan: PairPlan, discovery: Discovery, guide: Voice
) -> Sequence[Sighting]:
    guide.tell(PUT_NEAR)
    with guide.searching() as show:

        def has_enough(seen: Mapping[str, Sighting]) -> bool:
            show(seen)
            return len(seen) >= len(plan.slots)

        def look(seen: Mapping[str, Sighting]) -> bool:
            show(seen)
            return False

        seconds = plan.search_s
        first_s = min(seconds, _FIRST_LOOK_S)
        found = await look_around(discovery, first_s, look, guide.other)
        if len(found) < len(plan.slots) and seconds > _FIRST_LOOK_S:
            rest_s = seconds - _FIRST_LOOK_S
            found = await look_around(discovery, rest_s, has_enough)
    if len(found) < len(plan.slots):
        raise too_few(len(found), len(plan.slots))
    return found


_FIRST_LOOK_S = 3.0
"""A sensor advertises at least once a second: after three looks all near are seen."""


def too_few(found: int, needed: int) -> NoSensorError:
    """Give the error that says in which order to look for the cause."""
    what = "no sensor was found" if not found else f"only {found} sensor was found"
    if found > 1:
        what = f"only {found} sensors were found"
    steps = " ".join(f"{n}. {words}" for n, words in enumerate(NOTHING_FOUND, 1))
    return NoSensorError(what, f"{needed} are needed and none else answers", steps)


async def _tell_apart(
    plan: PairPlan, line_up: LineUp, guide: Voice
) -> tuple[PairedSensor, ...]:
    if await line_up.enough_streaming(len(plan.slots), CONNECT_S) < len(plan.slots):
        raise _silent(line_up)
    near = line_up.candidates()  # one that is slow to connect may be one of hers
    streaming = {a: c for a, c in near.items() if c.is_streaming}
    guide.near(list(streaming.values()))
    chosen: dict[Slot, str] = {}
    for slot in plan.slots:
        while slot not in chosen:
            left_over = [a for a in near if a not in chosen.values()]
            if len(left_over) == 1 and chosen:
                chosen[slot] = left_over[0]
                continue
            moved = await _ask_for(slot, line_up, guide, chosen)
            chosen[await guide.agree(slot, line_up.candidates()[moved])] = moved
        guide.found(slot, line_up.candidates()[chosen[slot]])
    known = line_up.candidates()
    for slot in plan.slots:
        if plan.is_blinking:
            await line_up.blink(chosen[slot])
        _doubt(slot, known[chosen[slot]], guide)
    return tuple(known[chosen[slot]].paired(slot) for slot in plan.slots)


async def _ask_for(
    slot: Slot, line_up: LineUp, guide: Voice, chosen: Mapping[Slot, str]
) -> str:
    thing = "sensor for the HIP" if slot is Slot.HIP else f"{slot.word.upper()} shoe"
    if chosen:
        await asyncio.sleep(SETTLE_S)
    guide.ask(Act.SHAKE, f"Shake the {thing}, keep the others still.", slot)
    known = list(chosen.values())
    found = await line_up.wait_for_shake(SHAKE_S, known, guide.moving)
    guide.ask(Act.REST, "Put it down.", slot)
    if found is None:
        raise SensorError(
            f"no sensor was shaken alone within {SHAKE_S:.0f} s",
            "none moved, or several moved together",
            "Lay all sensors on the table, pair again, and shake one alone.",
        )
    return found


def _doubt(slot: Slot, candidate: Candidate, guide: Voice) -> None:
    """Say what the runner should know before she goes."""
    if candidate.side in {"left", "right"} and candidate.side != slot.word:
        guide.tell(
            f"  The sensor on the {slot.word} is set up as the {candidate.side} one;"
            f" yours counts: it is the {slot.word} one from now on."
        )
    battery_pct = candidate.battery_pct
    if battery_pct is not None and battery_pct < LOW_BATTERY_PCT:
        guide.tell(
            f"  The {slot.word} sensor's battery is at {battery_pct} %: charge it, or"
            " the run may end early."
        )


def _silent(line_up: LineUp) -> SensorError:
    """Give the error for sensors that are seen and do not stream."""
    every = line_up.candidates().values()
    silent = [c for c in every if not c.is_streaming]
    why = "; ".join(
        f"{c.sighting.name or c.sighting.address}: {c.trouble or 'no answer'}"
        for c in silent
    )
    return SensorError(
        f"{len(silent)} of {len(every)} sensors could be seen but not connected",
        why,
        "Close the sensor's own app on your phone, charge it, then pair again.",
    )
