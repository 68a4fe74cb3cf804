"""The runner's minute before the run, second part: whether the sensors sit well.

Stand three seconds, take ten steps on the spot. It never blocks: a run whose sensors
were not checked, or not found well, is marked so.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from collector.check_result import CheckResult
from collector.first_step import Felt, lifts
from collector.fit_check import MOST_CLOCK_BOUND_S, Worn, check_fit, check_standing
from collector.sensor_set import Radio, SensorSet, SensorStatus
from contract.errors import SensorError
from contract.model import ImuBatch, Slot
from contract.people import FitCheck, PairedSensor
from contract.units import NS_PER_S
from firmware_config.profile import profile_of
from treadwear.guide import Act, Voice

CONNECT_S = 25.0
CLOCK_S = 20.0
"""Longest wait for the clocks: half a minute after the first packet the bound of usual
links is below 3 ms (benchmarks/clock_links.py)."""
_POLL_S = 0.1
_LOOK_S = 0.2
_OFF_LABEL = 0.1
"""LSM6DS3TR-C and BMI160 data sheets: the rate is within some per cent of its label."""
STAND_S = 3.0
GET_READY_S = 1.0
"""From the word to the deed; what comes in between counts for nothing."""
STEPS_S = 9.0
"""Ten steps on the spot at an easy 75 to 90 a minute, and a moment to begin."""
FAILED = {
    "streaming": "how much came over the radio",
    "stillness": "how still she stood",
    "gravity": "what the sensors feel of gravity",
    "alternation": "left and right in turn",
    "tightness": "how tight the sensors sit",
    "clock": "how well the clocks agree",
}
"""What each of the six checks looks at, in the middle of a sentence."""
VALID_NS = 2 * 3600 * NS_PER_S
"""A check holds for the runs of one outing; afterwards sensors have been off."""


async def check(
    sensors: Sequence[PairedSensor], radio: Radio, guide: Voice
) -> tuple[CheckResult, ...]:
    """Ask for standing and ten steps; gives what was found.

    Raises `SensorError` when a sensor does not stream at all.
    """
    heard: dict[Slot, list[ImuBatch]] = {Slot.from_word(s.slot): [] for s in sensors}
    epochs = dict.fromkeys(heard, -1)

    def next_epoch(slot: Slot) -> int:
        epochs[slot] += 1
        return epochs[slot]

    crew = SensorSet(
        sensors,
        radio,
        on_batch=lambda batch: heard[batch.slot].append(batch),
        next_epoch=next_epoch,
    )
    async with crew.running():
        await _all_there(crew, heard, guide)
        began_ns = await _moves(crew, heard, radio, guide)
        await _clocks(crew, guide)
        worn = [_worn(crew, slot, heard[slot], began_ns) for slot in sorted(heard)]
    return check_fit(worn)


async def _all_there(
    crew: SensorSet, heard: dict[Slot, list[ImuBatch]], guide: Voice
) -> None:
    guide.tell("Connecting.")
    waited_s = 0.0
    while not all(heard.values()) and waited_s < CONNECT_S:
        if crew.fault is not None:
            raise crew.fault
        await asyncio.sleep(_POLL_S)
        waited_s += _POLL_S
    silent = [s for s in crew.status() if not heard[s.slot]]
    if silent:
        names = " and ".join(s.slot.word for s in silent)
        why = "; ".join(s.link.trouble for s in silent if s.link.trouble)
        raise SensorError(
            f"nothing comes from the {names} sensor",
            why or "it is asleep, empty or far away",
            "Shake it, charge it, or pair again.",
        )


async def _clocks(crew: SensorSet, guide: Voice) -> None:
    """Give clocks that are not known yet some time more; not those that never will."""
    waited_s = 0.0
    while waited_s < CLOCK_S and _behind(crew):
        if not waited_s:
            guide.tell("A moment: the sensors' clocks are not known well enough yet.")
        await asyncio.sleep(_POLL_S)
        waited_s += _POLL_S


def _behind(crew: SensorSet) -> bool:
    return any(
        status.clock_bound_s >= MOST_CLOCK_BOUND_S
        and profile_of(status.sensor.family).clock.bits
        for status in crew.status()
    )


async def _moves(
    crew: SensorSet, heard: dict[Slot, list[ImuBatch]], radio: Radio, guide: Voice
) -> int:
    """Lead through the check; gives when the standing began."""
    guide.ask(Act.STAND, "Stand still for three seconds.")
    await asyncio.sleep(GET_READY_S)
    began_ns = radio.unix_ns()
    await _pass(STAND_S, lambda left_s: guide.counting(left_s, None))
    with contextlib.suppress(SensorError):  # the last word is said at the end
        worn = [_worn(crew, slot, heard[slot], began_ns) for slot in sorted(heard)]
        guide.checked(check_standing(worn))
    stepping_ns = radio.unix_ns()
    guide.ask(Act.STEP, "Now ten steps on the spot, beginning with the left foot.")
    await _pass(
        STEPS_S, lambda left_s: guide.counting(left_s, _steps(heard, stepping_ns))
    )
    guide.ask(Act.REST, "Done.")
    return began_ns


async def _pass(seconds: float, on_look: Callable[[float], None]) -> None:
    """Let time pass, and tell now and then how much of it is left."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + seconds
    while (left_s := until_s - loop.time()) > 0:
        on_look(left_s)
        await asyncio.sleep(min(_LOOK_S, left_s))


def _steps(heard: Mapping[Slot, Sequence[ImuBatch]], since_ns: int) -> int:
    """How often the shoes were lifted so far."""
    late = {
        slot: [b for b in batches if b.t0_ns >= since_ns]
        for slot, batches in heard.items()
        if slot.is_foot
    }
    return sum(lifts(*_felt(kept, since_ns)) for kept in late.values() if kept)


def _felt(batches: Sequence[ImuBatch], since_ns: int) -> Felt:
    times = [
        (b.t0_ns - since_ns) / NS_PER_S + np.arange(b.n) / b.rate_hz for b in batches
    ]
    return np.concatenate(times), np.concatenate([b.si() for b in batches])


def _worn(
    crew: SensorSet, slot: Slot, batches: Sequence[ImuBatch], began_ns: int
) -> Worn:
    """What one sensor felt while she stood and stepped."""
    end_ns = began_ns + round((STAND_S + STEPS_S) * NS_PER_S)
    kept = [b for b in batches if began_ns <= b.t0_ns < end_ns]
    status = next(s for s in crew.status() if s.slot is slot)
    link = status.info.link
    if not kept:
        raise SensorError(f"nothing came from the {slot.word} sensor while it counted")
    t_s, samples = _felt(kept, began_ns)
    return Worn(
        slot=slot,
        t_s=t_s,
        samples=samples,
        rate_hz_expected=_expected_hz(status),
        clock_bound_s=status.clock_bound_s,
        battery_pct=link.battery_pct if link else None,
        side=status.side,
    )


def _expected_hz(status: SensorStatus) -> float:
    """Samples that must come: as measured, if that is near to what was set.

    Crystals make a chip up to some per cent slower than its label, and lose nothing.
    """
    rate_hz, wanted_hz = status.info.rate_hz, status.wanted_rate_hz
    is_near = rate_hz is not None and abs(rate_hz / wanted_hz - 1) < _OFF_LABEL
    return rate_hz if is_near and rate_hz is not None else wanted_hz


def kept_check(
    results: Sequence[CheckResult],
    sensors: Sequence[PairedSensor],
    shoe: str,
    time_ns: int,
) -> FitCheck:
    """Remember what was found, and of which sensors."""
    failed = tuple(r.name for r in results if r.is_good is False)
    return FitCheck(time_ns=time_ns, shoe=shoe, serials=serials(sensors), failed=failed)


def serials(sensors: Sequence[PairedSensor]) -> tuple[str, ...]:
    """What identifies these sensors, in the order of the slots."""
    ordered = sorted(sensors, key=lambda s: Slot.from_word(s.slot))
    return tuple(s.serial or s.address for s in ordered)


def why_unverified(
    check: FitCheck | None, sensors: Sequence[PairedSensor], now_ns: int
) -> str:
    """Say why nobody knows whether the sensors sit well; "" when they do."""
    if check is None or check.serials != serials(sensors):
        return "the sensors were not checked before this run"
    if now_ns - check.time_ns > VALID_NS:
        return "the sensors were last checked more than two hours before this run"
    if check.failed:
        about = " and ".join(FAILED.get(name, name) for name in check.failed)
        return f"the check before it was not content with {about}"
    return ""
