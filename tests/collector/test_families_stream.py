"""Each family over the real collector: what it took is what comes, or it is said."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

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
    for (first, n), (later, _) in pairwise(found_at):
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


@pytest.mark.parametrize("family", STAMPED)
def test_each_loss_is_a_gap_of_its_length_and_nothing_is_made_up(family: str) -> None:
    @on_virtual_time
    async def lossy() -> None:
        async with worn(family) as found:
            await asyncio.sleep(5)
            found[LEFT].drop(0.05)
            await asyncio.sleep(15)
            found[LEFT].drop(0.0)
            await asyncio.sleep(3)
            batches = found.batches(LEFT)
            shift = 0.6 if family == "polar-verity-sense" else 0.0
            found_at = places(found, batches, shift)
            assert_in_order(found_at)
            assert jumps(found_at) == [seq for _, seq in gaps(batches)]
            rate_hz, link = FAMILIES[family].rate_hz, found.link(LEFT)
            missing = found_at[-1][0] + found_at[-1][1] - found_at[0][0]
            missing -= sum(n for _, n in found_at)
            if family == "treadwear-v1":
                assert missing == 0
                assert link.repaired > 5
            else:
                assert missing > 0.02 * 15 * rate_hz
            # Stamps of whole milliseconds say each of some sixty gaps to half of one.
            assert link.lost_s == pytest.approx(missing / rate_hz, rel=0.03, abs=0.01)

    lossy()


def jumps(found_at: list[tuple[int, int]]) -> list[int]:
    """Frames that do not begin where the one before ended."""
    both = enumerate(pairwise(found_at), 1)
    return [seq for seq, ((first, n), (later, _)) in both if later != first + n]


@on_virtual_time
async def test_a_metawear_tells_of_a_loss_when_the_count_stays_behind() -> None:
    """Single losses it cannot see (metawear.py); a second of silence it can."""
    async with worn("metawear") as found:
        await asyncio.sleep(15)
        found[LEFT].freeze()
        await asyncio.sleep(1.0)
        found[LEFT].thaw()
        await asyncio.sleep(4)

        assert len(gaps(found.batches(LEFT))) == 1
        assert found.link(LEFT).lost_s == pytest.approx(1.0, abs=0.1)
        assert found.link(LEFT).reconnects == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_a_sensor_that_comes_back_streams_in_three_seconds_behind_a_gap(
    family: str,
) -> None:
    @on_virtual_time
    async def comes_back() -> None:
        async with worn(family) as found:
            await asyncio.sleep(4)
            left_s = now_s()
            await found[LEFT].disconnect()
            await found.until(lambda: not found.is_live(LEFT))
            await found.until_streaming()
            silence_s = now_s() - left_s
            await asyncio.sleep(3)

            assert silence_s <= 3.0
            is_new = family in FORGETFUL
            assert found.epochs == {LEFT: int(is_new)}
            assert gaps(found.batches(LEFT)) == ([(1, 0)] if is_new else [])
            link = found.link(LEFT)
            assert link.reconnects == 1
            lost_s = silence_s if is_new else 0.0
            assert link.lost_s == pytest.approx(lost_s, abs=0.3)
            times = [batch.t0_ns for batch in found.batches(LEFT)]
            assert times == sorted(times)

    comes_back()


@pytest.mark.parametrize("family", STAMPED)
def test_what_the_radio_says_twice_counts_once(family: str) -> None:
    @on_virtual_time
    async def doubled() -> None:
        async with worn(family) as found:
            await asyncio.sleep(3)
            found[LEFT].duplicate(0.3)
            await asyncio.sleep(10)
            batches = found.batches(LEFT)
            shift = 0.6 if family == "polar-verity-sense" else 0.0
            found_at = places(found, batches, shift)
            assert_in_order(found_at)
            assert jumps(found_at) == []
            assert gaps(batches) == []
            assert found.link(LEFT).lost_s == 0

    doubled()


@on_virtual_time
async def test_a_metawear_that_is_heard_twice_is_no_faster_for_it() -> None:
    async with worn("metawear") as found:
        await asyncio.sleep(3)
        found[LEFT].duplicate(0.3)
        await asyncio.sleep(12)
        assert found.link(LEFT).duplicate > 300
        assert gaps(found.batches(LEFT)) == []
        assert found.status(LEFT).info.rate_hz == pytest.approx(203.0, rel=1e-3)
        assert_same(found, found.batches(LEFT))


def refuse(sensor: VirtualSensor, family: str) -> None:
    """Let a sensor refuse what its family is told first."""
    channels = {"movesense": "write", "metawear": "command"}
    known = {"polar-verity-sense": "control", "treadwear-v1": "control"} | channels
    sensor.refuse(0x81, channel=known.get(family, "device_information"))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_configuration_that_is_refused_is_said_and_tried_again(family: str) -> None:
    @on_virtual_time
    async def refused() -> None:
        async with worn(family) as found:
            refuse(found[LEFT], family)
            found[LEFT].reboot(off_s=0.2)
            await found.until(
                lambda: "refused" in found.status(LEFT).link.trouble, seconds=15
            )
            assert not found.is_live(LEFT)
            found[LEFT].accept()
            await found.until_streaming(seconds=15)
            assert found.status(LEFT).link.trouble == ""

    refused()


@asynccontextmanager
async def pod_worn() -> AsyncIterator[tuple[Bench, VirtualFootPod]]:
    who = Traits("a pod", "F0:00:00:00:00:01", "S1", "2.1", seed=1)
    pod = VirtualFootPod(VirtualRadio(), who, speed_mps=3.5, cadence_spm=176)
    known = [paired(LEFT, who, "running-speed-cadence")]
    async with collecting(pod.radio, {LEFT: pod}, known) as found:
        await found.until(lambda: found.status(LEFT).silent_s is not None)
        yield found, pod


@on_virtual_time
async def test_a_foot_pod_tells_its_cadence_and_no_samples() -> None:
    async with pod_worn() as (found, pod):
        pod.counts_one_leg = True
        await asyncio.sleep(10)
        stream = found.crew._links[LEFT].stream
        assert stream.cadence is not None
        assert stream.cadence.cadence_spm == 176
        assert stream.cadence.speed_mps == pytest.approx(3.5, abs=1 / 256)
        assert found.came == []
        assert found.link(LEFT).battery_pct == 87
        assert found.link(LEFT).reconnects == 0


@on_virtual_time
async def test_a_foot_pod_that_misses_a_word_or_two_is_not_connected_anew() -> None:
    async with pod_worn() as (found, pod):
        for words in (1, 2):
            await asyncio.sleep(5)
            pod.drop(1.0)
            await asyncio.sleep(words)
            pod.drop(0.0)
        await asyncio.sleep(5)
        assert found.link(LEFT).reconnects == 0

        pod.freeze()
        await found.until(lambda: found.link(LEFT).reconnects == 1, seconds=8)
