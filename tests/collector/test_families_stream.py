"""Each family over the real collector: what it took is what comes, or it is said."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
import pytest

from collector.virtual.metawear import VirtualMetaWear
from collector.virtual.motion import Recorded
from collector.virtual.movesense import VirtualMovesense
from collector.virtual.orphe import VirtualOrpheCore, VirtualOrpheInsole
from collector.virtual.polar import VirtualVeritySense
from collector.virtual.radio import VirtualRadio
from collector.virtual.running_speed import VirtualFootPod
from collector.virtual.sampling import DeviceClock
from collector.virtual.sensor import Traits, VirtualSensor
from collector.virtual.treadwear_v1 import VirtualTreadwear
from contract.model import FloatArray, ImuBatch, Slot
from contract.units import RAD_PER_DEG, STANDARD_GRAVITY_MPS2
from tests.collector.radio_bench import Bench, collecting, gaps, now_s, paired
from tests.collector.virtual_time import on_virtual_time

LEFT = Slot.LEFT
SKEW_PPM = 20.0


@dataclass(frozen=True)
class Family:
    """A virtual sensor whose real rate is not what its label says."""

    kind: type[VirtualSensor]
    name: str
    rate_hz: float
    battery_pct: int = 87
    side: str = ""
    rate_off: float = 1e-3
    refusal: str = "refused a setting"


FAMILIES = {
    "orphe-core": Family(VirtualOrpheCore, "CR-3", 208.3, 90, "left"),
    "orphe-insole": Family(VirtualOrpheInsole, "INS-1", 208.3, 90, "left"),
    "polar-verity-sense": Family(VirtualVeritySense, "Polar Sense 1", 205.0),
    "movesense": Family(VirtualMovesense, "Movesense 1", 205.0),
    # It has no clock: its rate is that of its arrivals, learned within seconds.
    "metawear": Family(VirtualMetaWear, "MetaWear", 203.0),
    "treadwear-v1": Family(VirtualTreadwear, "treadwear 1", 205.0, side="left"),
}
STAMPED = sorted(set(FAMILIES) - {"metawear"})
FORGETFUL = sorted(set(FAMILIES) - {"treadwear-v1"})


def swinging(rate_hz: float) -> Recorded:
    """A minute that is smooth (some families interpolate) and never the same."""
    t_s = np.arange(round(60 * rate_hz)) / rate_hz
    swing = [np.sin(2 * np.pi * f * t_s**1.02) for f in (0.9, 1.1, 1.3, 0.7, 1.7, 1.9)]
    counts = 9000 * np.stack(swing, axis=1)
    return Recorded(np.rint(counts).astype(np.int16), rate_hz)


@asynccontextmanager
async def worn(family: str) -> AsyncIterator[Bench]:
    """One sensor of a family that streams, with the collector at work."""
    facts = FAMILIES[family]
    clock = DeviceClock(start_us=5e6, skew_ppm=SKEW_PPM)
    who = Traits(facts.name, "F0:00:00:00:00:01", "S1", "2.1", "left", clock, seed=1)
    sensor = facts.kind(VirtualRadio(), who, swinging(facts.rate_hz))
    crew = collecting(sensor.radio, {LEFT: sensor}, [paired(LEFT, who, family)])
    async with crew as found:
        await found.until_streaming()
        yield found


def si(batches: list[ImuBatch]) -> FloatArray:
    return np.vstack([batch.si() for batch in batches])


def taken(found: Bench) -> FloatArray:
    """What the sensor felt since its first sample, in SI units."""
    motion = found[LEFT].motion
    counts = motion.counts(0, 12000).astype(np.float64)
    counts[:, :3] *= motion.acc_g_per_count * STANDARD_GRAVITY_MPS2
    counts[:, 3:] *= motion.gyro_dps_per_count * RAD_PER_DEG
    return counts


def places(
    found: Bench, batches: list[ImuBatch], shift: float = 0.0
) -> list[tuple[int, int]]:
    """First sample and length of each frame; fails if it is not what was taken.

    The sensor began with its motion; each sample that came lies within one count (and
    the sensor's own rounding) of that of its number, which the device time tells.
    ``shift``: angular rates may be of so many samples before or after.
    """
    took = taken(found)
    rate_hz = FAMILIES[found.status(LEFT).sensor.family].rate_hz / (1 + SKEW_PPM * 1e-6)
    allowed = _allowed(found, batches[0])
    allowed[3:] += shift * np.abs(np.diff(took, axis=0)).max(axis=0)[3:]
    begin_ns = found[LEFT].told[0].first_us * 1000
    found_at = []
    for batch in batches:
        about = round((batch.dev_ns - begin_ns) * rate_hz / 1e9)
        found_at.append((_place(took, batch, about, allowed), batch.n))
    return found_at


def _allowed(found: Bench, batch: ImuBatch) -> FloatArray:
    """Half a count of the sensor's and half a count of ours."""
    own = found[LEFT].motion
    acc_mps2 = batch.acc_lsb_mps2 + own.acc_g_per_count * STANDARD_GRAVITY_MPS2
    gyro_rps = batch.gyro_lsb_rps + own.gyro_dps_per_count * RAD_PER_DEG
    return np.array(3 * [0.51 * acc_mps2] + 3 * [0.51 * gyro_rps])


def _place(took: FloatArray, batch: ImuBatch, about: int, allowed: FloatArray) -> int:
    came = batch.si()
    near = range(max(0, about - 8), about + 9)
    for first in sorted(near, key=lambda place: abs(place - about)):
        there = took[first : first + batch.n]
        # ORPHE: 0.488 mg a count (datasheet) where the virtual sensor has 16 g / 32768.
        if (np.abs(there - came) <= allowed + 0.7e-3 * np.abs(there)).all():
            return first
    raise AssertionError(f"frame {batch.seq} is not what was taken near {about}")


def assert_in_order(found_at: list[tuple[int, int]]) -> None:
    """Each sample once, and forward."""
    for (first, n), (later, _) in zip(found_at, found_at[1:], strict=False):
        assert later >= first + n


@pytest.mark.parametrize("family", FAMILIES)
def test_a_runner_gets_the_real_rate_and_every_sample(family: str) -> None:
    @on_virtual_time
    async def streams() -> None:
        facts = FAMILIES[family]
        async with worn(family) as found:
            await asyncio.sleep(20)
            status, batches = found.status(LEFT), found.batches(LEFT)
            assert status.info.rate_hz == pytest.approx(facts.rate_hz, rel=1e-3)
            assert abs(status.wanted_rate_hz / facts.rate_hz - 1) > 0.014
            link = found.link(LEFT)
            assert (link.lost, link.malformed, link.duplicate) == (0, 0, 0)
            assert gaps(batches) == []
            assert len(si(batches)) > 19.5 * facts.rate_hz
            told = (status.info.serial, status.info.firmware, status.side)
            assert told == ("S1", "2.1", facts.side)
            assert link.battery_pct == facts.battery_pct
            assert_same(found, batches)

    streams()


def assert_same(found: Bench, batches: list[ImuBatch]) -> None:
    """All that came is all that was taken, from one sample on."""
    family = found.status(LEFT).sensor.family
    if family == "metawear":  # its device time is that of arrivals
        assert_same_values(taken(found), si(batches), batches[0])
        return
    # Before the second frame a Polar sensor's times are those of its label.
    n_guessed = 6 if family == "polar-verity-sense" else 0
    found_at = places(found, batches[:n_guessed], shift=0.6) if n_guessed else []
    found_at += places(found, batches[n_guessed:])
    assert_in_order(found_at)
    first, last = found_at[0], found_at[-1]
    assert last[0] + last[1] - first[0] == sum(n for _, n in found_at)


def assert_same_values(took: FloatArray, came: FloatArray, batch: ImuBatch) -> None:
    """MetaWear: the two streams are timed apart, so values are between two samples."""
    n, off = len(came), np.inf
    for first in range(12):
        off = min(off, np.abs(took[first : first + n, :3] - came[:, :3]).max())
    assert off <= 1.1 * batch.acc_lsb_mps2
