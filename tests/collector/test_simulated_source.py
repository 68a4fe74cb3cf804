import hashlib
import itertools

import numpy as np
import pytest

from collector.sequence import Sequencer
from collector.simulated.motion import move
from collector.simulated.radio import RadioTraits, transmit
from collector.simulated.schedule import strides
from collector.simulated.sensor import draw_sensor, quantise, sense
from collector.simulated.source import RunSettings, SimulatedSource, simulated_run
from collector.simulated.traits import draw_runner
from collector.source import Source
from contract.model import FrameFlag, ImuBatch, Slot
from contract.units import NS_PER_S

ORIGIN_NS = 1_763_700_000 * NS_PER_S
CLEAN = RadioTraits(loss=0.0, duplicates=0.0, reordered=0.0)


def a_source(duration_s: float | None, **more: object) -> SimulatedSource:
    settings = RunSettings(**more)  # type: ignore[arg-type]
    runs = simulated_run(draw_runner(8), ORIGIN_NS, duration_s, 8, settings)
    return runs[Slot.RIGHT]


def samples(batches: list[ImuBatch]) -> np.ndarray:
    return np.vstack([batch.si() for batch in batches])


def test_a_simulated_shoe_is_a_source() -> None:
    source: Source = a_source(5)
    assert source.slot is Slot.RIGHT
    assert all(batch.slot is Slot.RIGHT for batch in source.batches())


def test_a_run_is_the_same_each_time_it_is_asked_for() -> None:
    source = a_source(20)
    for one, other in zip(source.batches(), source.batches(), strict=True):
        assert np.array_equal(one.counts, other.counts)
        assert (one.seq, one.t0_ns, one.flags) == (other.seq, other.t0_ns, other.flags)


def test_a_plain_run_is_still_the_one_of_the_first_version() -> None:
    """Stored results of seeds stay comparable: fixed before courses were added."""
    digest = hashlib.sha256()
    for source in simulated_run(draw_runner(1), 10**18, 20, 1).values():
        for batch in source.batches():
            digest.update(batch.counts.tobytes())
            line = f"{batch.seq},{batch.t0_ns},{batch.dev_ns},{int(batch.flags)}"
            digest.update(line.encode())
    assert digest.hexdigest()[:16] == "18c161d58186ef94"


def test_a_run_without_end_begins_like_one_with_an_end() -> None:
    endless = itertools.islice(a_source(None).batches(), 100)
    for one, other in zip(endless, a_source(30).batches(), strict=False):
        assert np.array_equal(one.counts, other.counts)


def test_each_shoe_is_another_device_worn_another_way() -> None:
    runs = simulated_run(draw_runner(8), ORIGIN_NS, 5, 8)
    left, right = (runs[slot].sensor for slot in (Slot.LEFT, Slot.RIGHT))
    assert (left.mount * right.mount.inv()).magnitude() > 0.05
    assert left.clock_ppm != right.clock_ppm


def test_batches_count_up_and_say_that_they_are_simulated() -> None:
    batches = list(a_source(20).batches())
    assert [batch.seq for batch in batches] == list(range(len(batches)))
    assert all(batch.flags & FrameFlag.SIMULATED for batch in batches)


def test_a_still_shoe_reads_one_g_however_it_is_mounted() -> None:
    still = samples(list(a_source(4).batches()))[100:700]
    force = np.linalg.norm(still[:, :3].mean(axis=0))
    assert force == pytest.approx(9.81, rel=0.011)
    assert np.rad2deg(np.abs(still[:, 3:].mean(axis=0))).max() < 1.1


def test_noise_and_counts_do_not_depend_on_the_size_of_blocks() -> None:
    runner, sensor = draw_runner(6), draw_sensor(np.random.default_rng(1), 200.0)
    counts = []
    for per_block in (2, 9):
        own = (s for s in strides(runner, 6) if s.slot is Slot.LEFT)
        motion = itertools.islice(
            move(own, runner.left.sensor_m, per_block), 18 // per_block
        )
        blocks = sense(motion, sensor, np.random.default_rng(2))
        counts.append(np.vstack(list(blocks)).astype(int))
    n = min(map(len, counts))
    assert n > 2000
    assert np.abs(counts[0][:n] - counts[1][:n]).max() <= 1


@pytest.mark.parametrize("rate_hz", [100.0, 200.0])
def test_the_device_samples_at_its_own_rate(rate_hz: float) -> None:
    source = a_source(30, rate_hz=rate_hz, radio=CLEAN)
    n = sum(len(packet.counts) for packet in source.packets())
    assert n == pytest.approx(30 * rate_hz, abs=20)
    assert source.sensor.true_rate_hz == pytest.approx(rate_hz, rel=61e-6)


def test_values_beyond_the_range_are_clipped() -> None:
    sensor = draw_sensor(np.random.default_rng(1), 200.0)
    counts = quantise(np.array([[1e3, -1e3, 0.0, 1e2, -1e2, 0.0]]), sensor)
    assert counts.tolist() == [[32767, -32768, 0, 32767, -32768, 0]]


def test_host_time_is_the_time_of_the_run() -> None:
    source = a_source(90, radio=CLEAN)
    batches = list(source.batches())
    synced = [b for b in batches if b.flags & FrameFlag.CLOCK_SYNCED]
    assert len(synced) > 0.3 * len(batches)
    for batch in synced:
        since_ns = batch.dev_ns - source.sensor.clock_ns
        true_s = source.sensor.true_s(round(since_ns * 200 / NS_PER_S))
        assert (batch.t0_ns - ORIGIN_NS) / NS_PER_S == pytest.approx(true_s, abs=0.005)


def test_sample_times_within_and_between_batches_never_overlap() -> None:
    for one, other in itertools.pairwise(a_source(60).batches()):
        last_ns = one.t0_ns + (one.n - 1) / one.rate_hz * NS_PER_S
        assert last_ns < other.t0_ns


def test_a_bad_link_loses_samples_but_never_order_and_every_gap_is_marked() -> None:
    bad = RadioTraits(loss=0.05, burst_packets=3, duplicates=0.05, reordered=0.05)
    source = a_source(120, radio=bad)
    batches = list(source.batches())
    packet_ns = 20 * NS_PER_S / 200
    gaps = 0
    for one, other in itertools.pairwise(batches):
        missing = round((other.dev_ns - one.dev_ns) / packet_ns) - 1
        assert missing >= 0
        assert bool(other.flags & FrameFlag.GAP_BEFORE) is (missing > 0)
        gaps += missing > 0
    assert gaps > 5


def test_loss_follows_its_share() -> None:
    sensor = draw_sensor(np.random.default_rng(1), 200.0)
    chunks = (np.zeros((2000, 6), np.int16) for _ in range(100))
    radio = RadioTraits(loss=0.1, burst_packets=2, duplicates=0.0)
    came = sum(1 for _ in transmit(chunks, sensor, radio, np.random.default_rng(3)))
    assert came / 10_000 == pytest.approx(0.9, abs=0.02)


def test_loss_changes_nothing_in_the_samples_that_arrive() -> None:
    lossy = a_source(40, radio=RadioTraits(loss=0.1))
    whole = {b.dev_ns: b.counts for b in a_source(40, radio=CLEAN).batches()}
    for batch in lossy.batches():
        assert np.array_equal(batch.counts, whole[batch.dev_ns])


def test_packets_arrive_out_of_order_and_the_sequencer_puts_them_right() -> None:
    source = a_source(60, radio=RadioTraits(loss=0.0, reordered=0.1))
    packets = list(source.packets())
    arrivals = [packet.arrival_ns for packet in packets]
    assert arrivals == sorted(arrivals)
    counters = [packet.counter for packet in packets]
    assert counters != sorted(counters)
    sequencer = Sequencer()
    ordered = [p for packet in packets for p in sequencer.push(packet)]
    ordered += sequencer.flush()
    assert [p.counter for p in ordered] == sorted(p.counter for p in ordered)
