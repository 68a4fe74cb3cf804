"""Simulated runs with a hip sensor, and their analysis in any portions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from collector.simulated.course import Course
from collector.simulated.hip import TrueHipStep, true_hip_steps
from collector.simulated.radio import RadioTraits
from collector.simulated.source import RunSettings, simulated_run
from collector.simulated.traits import draw_runner
from contract.model import FloatArray, FrameFlag, ImuBatch, Slot
from contract.units import NS_PER_S
from processing.hip.analysis import HipAnalysis
from processing.hip.steps import HipSteps

ORIGIN_NS = 1_763_700_000 * NS_PER_S
NEAR_S = 0.1
ACC_LSB_MPS2, GYRO_LSB_RPS = 0.005, 0.001


@dataclass(frozen=True, eq=False)
class HipRun:
    """What the hip sensor sent in a run, and what really happened."""

    batches: tuple[ImuBatch, ...]
    truth: tuple[TrueHipStep, ...]

    @property
    def rate_hz(self) -> float:
        return self.batches[0].rate_hz

    def samples(self) -> FloatArray:
        """All samples [N, 6], SI units."""
        return np.vstack([batch.si() for batch in self.batches])

    def within(self, begin_s: float, end_s: float) -> tuple[ImuBatch, ...]:
        """Batches of this part of the run, the first said to follow a gap."""
        begin, end = (ORIGIN_NS + round(t * NS_PER_S) for t in (begin_s, end_s))
        first, *rest = (b for b in self.batches if begin <= b.t0_ns < end)
        return (replace(first, flags=first.flags | FrameFlag.GAP_BEFORE), *rest)


@lru_cache(maxsize=32)
def hip_run(
    seed: int,
    seconds: float = 40.0,
    rate_hz: float = 200.0,
    course: Course | None = None,
) -> HipRun:
    """Make (or remember) a run over a perfect radio, four seconds of standing first."""
    radio = RadioTraits(loss=0.0, duplicates=0.0, reordered=0.0)
    settings = RunSettings(rate_hz=rate_hz, radio=radio, course=course)
    traits = draw_runner(seed)
    hip = simulated_run(traits, ORIGIN_NS, seconds, seed, settings, slots=(Slot.HIP,))
    truth = true_hip_steps(traits, seed, seconds, course=course)
    return HipRun(tuple(hip[Slot.HIP].batches()), truth)


def cut(samples: FloatArray, rate_hz: float, size: int = 100) -> tuple[ImuBatch, ...]:
    """Cut samples [N, 6] into batches from the origin on."""
    lsb = np.array([ACC_LSB_MPS2] * 3 + [GYRO_LSB_RPS] * 3)
    counts = np.clip(np.round(samples / lsb), -32768, 32767).astype(np.int16)
    return tuple(
        ImuBatch(
            slot=Slot.HIP,
            epoch=0,
            seq=seq,
            t0_ns=ORIGIN_NS + round(start * NS_PER_S / rate_hz),
            dev_ns=round(start * NS_PER_S / rate_hz),
            rate_hz=rate_hz,
            acc_lsb_mps2=ACC_LSB_MPS2,
            gyro_lsb_rps=GYRO_LSB_RPS,
            counts=counts[start : start + size],
            flags=FrameFlag.CLOCK_SYNCED,
        )
        for seq, start in enumerate(range(0, len(samples), size))
    )


def analysed(
    batches: Sequence[ImuBatch], portion: int | None = None
) -> tuple[HipSteps, HipAnalysis]:
    """Analyse batches, so many at a time (all at once if not said)."""
    hip = HipAnalysis()
    size = portion or max(len(batches), 1)
    parts = [
        hip.push([(batch, batch.t0_ns) for batch in batches[k : k + size]])
        for k in range(0, len(batches), size)
    ]
    return HipSteps.joined([*parts, hip.flush()]), hip


def seconds_of(steps: HipSteps) -> FloatArray:
    """Middles of stance in seconds since the origin."""
    return (steps.mid_ns - ORIGIN_NS) / NS_PER_S


def true_of(steps: HipSteps, truth: Sequence[TrueHipStep]) -> list[TrueHipStep | None]:
    """Give the true step of each step found, None where there is none near."""
    middle = np.array([t.t_ic_s + t.contact_time_s / 2 for t in truth])
    found = []
    for t_s in seconds_of(steps):
        k = int(np.argmin(np.abs(middle - t_s)))
        found.append(truth[k] if abs(middle[k] - t_s) < NEAR_S else None)
    return found


def sides(truth: Sequence[TrueHipStep]) -> list[int]:
    """+1 left, -1 right."""
    return [1 if step.side is Slot.LEFT else -1 for step in truth]
