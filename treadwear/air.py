"""Which Bluetooth the commands use: the computer's own, or sensors in memory.

With ``--virtual`` everything is real but the air, the sensors and the runner: the same
bleak calls, a Bluetooth stack in this process (bumble), and sensors that speak our own
profile from a recording or from a simulated runner.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

from collector.recording import read_recording
from collector.replay import RecordingSource
from collector.sensor_set import Radio
from collector.simulated.radio import RadioTraits
from collector.simulated.source import RunSettings, simulated_run
from collector.simulated.traits import RunnerTraits, draw_runner
from collector.source import Source
from contract.errors import UsageError
from contract.model import FrameFlag, ImuBatch, Slot
from contract.units import NS_PER_S
from treadwear.guide import Act, Wearer

try:
    from collector.virtual.motion import Recorded, recorded
    from collector.virtual.wearer import VirtualAir, foot_pod, virtual_air, worn_sensors
    from collector.virtual.wearer import Wearer as VirtualWearer
except ModuleNotFoundError as fault:  # the extra is not installed
    _MISSING = fault.name or "bumble"
else:
    _MISSING = ""

__all__ = [
    "RATE_HZ",
    "RUN_S",
    "SIMULATED",
    "air",
    "check_installed",
    "motions_of",
    "radio_in",
    "simulated_motions",
    "virtual_air",
    "worn_sensors",
]

SIMULATED = "runner"
"""What ``--virtual`` names for a simulated runner instead of a recording."""
RATE_HZ = 208.0
CHIP_OFF = 1.0005
"""No chip runs at its label to the last digit: at exactly 200 Hz packets of 19 samples
would be in step with the connection's 15 ms, which hides the clock (sensors.md 3)."""
LIMP_PCT = 6.0
"""Of the simulated runner: something to be seen in the report."""
RUN_S = 300.0
"""Length of the simulated run where nobody says how long; then it begins again."""
_LOSSLESS = RadioTraits(loss=0.0, duplicates=0.0, reordered=0.0)


@asynccontextmanager
async def air(
    source: str | None,
    slots: tuple[Slot, ...],
    least_rate_hz: float,
    seconds: float | None = None,
    *,
    has_pod: bool = False,
) -> AsyncIterator[tuple[Radio, Wearer | None]]:
    """The Bluetooth to use, and who wears the sensors if they are virtual."""
    if source is None:
        yield Radio(least_rate_hz=least_rate_hz), None
        return
    check_installed()
    logging.getLogger("bumble").setLevel(logging.CRITICAL)  # it tells every byte
    motions = await asyncio.to_thread(motions_of, source, slots, seconds)
    async with (
        virtual_air() as around,
        worn_sensors(around, motions) as worn,
        foot_pod(around) if has_pod else nullcontext(),
    ):
        radio = radio_in(around, least_rate_hz)
        yield radio, lambda act, slot: obey(worn, act, slot)


def check_installed() -> None:
    """Raise `UsageError` if virtual sensors cannot be had here."""
    if _MISSING:
        raise UsageError(
            "virtual sensors need a Bluetooth stack in memory",
            f"the package {_MISSING} is not installed",
            "Install it into the same environment: pip install bumble.",
        )


def radio_in(around: "VirtualAir", least_rate_hz: float) -> Radio:
    """The collector's Bluetooth in that air; call it inside the running loop."""
    # The air has the loop's time, which is the computer's unless a test bends it.
    loop = asyncio.get_running_loop()
    return Radio(
        scanner=around.scanner,
        client=around.client,
        clock=lambda: round(loop.time() * NS_PER_S),
        flags=FrameFlag.SIMULATED,
        least_rate_hz=least_rate_hz,
        unix_offset_ns=time.time_ns() - round(loop.time() * NS_PER_S),
    )


def obey(worn: "VirtualWearer", act: Act, slot: Slot | None) -> None:
    """Let a virtual runner do what a real one is asked to."""
    if act is Act.SHAKE and slot is not None:
        worn.shake(slot)
        return
    deeds = {
        Act.REST: worn.rest,
        Act.STAND: worn.stand,
        Act.STEP: worn.step,
        Act.RUN: worn.run,
    }
    deeds[act]()


def motions_of(
    source: str, slots: tuple[Slot, ...], seconds: float | None
) -> dict[Slot, "Recorded"]:
    """What each virtual sensor feels: a simulated runner or a recording."""
    if source == SIMULATED:
        return _simulated(slots, seconds)
    if not Path(source).is_dir():
        raise UsageError(
            f"--virtual {source} is no recording",
            "there is no such directory",
            f"Name a recording directory, or the word {SIMULATED}.",
        )
    recording = read_recording(Path(source))
    missing = [slot.word for slot in slots if slot not in recording.tracks]
    if missing:
        raise UsageError(
            f"{source} has no {' and no '.join(missing)} sensor",
            f"it holds {', '.join(slot.word for slot in recording.tracks)}",
            "Name another recording for --virtual.",
        )
    sources = {s: RecordingSource(recording, s, origin_ns=0) for s in slots}
    return {
        slot: _motion(source, recording.tracks[slot].rate_hz * CHIP_OFF)
        for slot, source in sources.items()
    }


def _simulated(
    slots: tuple[Slot, ...], seconds: float | None
) -> dict[Slot, "Recorded"]:
    traits = draw_runner(1, contact_asymmetry_pct=LIMP_PCT)
    return simulated_motions(traits, 1, seconds or RUN_S, slots)


def simulated_motions(
    traits: RunnerTraits, seed: int, seconds: float, slots: tuple[Slot, ...]
) -> dict[Slot, "Recorded"]:
    """What the sensors of a simulated runner feel, from standing on."""
    settings = RunSettings(rate_hz=RATE_HZ, radio=_LOSSLESS)
    run = simulated_run(traits, 0, seconds, seed, settings, slots=slots)
    return {slot: _motion(source, RATE_HZ) for slot, source in run.items()}


def _motion(source: Source, rate_hz: float) -> "Recorded":
    batches: list[ImuBatch] = list(source.batches())
    return recorded(batches, rate_hz)
