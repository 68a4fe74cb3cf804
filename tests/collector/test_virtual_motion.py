"""What virtual sensors feel is like what shoes feel, and the same each time."""

import numpy as np
import pytest

from collector.simulated.source import RunSettings, simulated_run
from collector.simulated.traits import draw_runner
from collector.virtual.motion import (
    Motion,
    OneAfterAnother,
    Recorded,
    Shaken,
    SteppingOnTheSpot,
    Still,
    recorded,
    rescale,
)
from collector.virtual.sampling import Sampler
from contract.model import Slot

MOTIONS = [Still(), Shaken(), SteppingOnTheSpot()]


@pytest.mark.parametrize("motion", MOTIONS, ids=lambda m: type(m).__name__)
def test_a_sample_is_the_same_however_it_is_asked_for(motion: Motion) -> None:
    whole = motion.counts(-100, 2000)
    assert whole.dtype == np.int16
    assert whole.shape == (2000, 6)
    assert np.array_equal(motion.counts(400, 300), whole[500:800])


def test_a_still_sensor_feels_one_g_and_its_noise() -> None:
    motion = Still(down=(0.6, 0.0, -0.8))
    feel = motion.counts(0, 5000) * motion.acc_g_per_count
    assert feel[:, :3].mean(axis=0) == pytest.approx([0.6, 0.0, -0.8], abs=0.001)
    assert feel[:, 0].std() == pytest.approx(0.0015, rel=0.1)


def test_a_shaken_sensor_stands_out_from_a_still_one() -> None:
    shaken, still = (np.ptp(m.counts(0, 416), axis=0) for m in (Shaken(), Still()))
    assert shaken[0] > 20 * still[0]
    assert shaken[4] > 20 * still[4]


def test_feet_that_step_on_the_spot_take_turns_and_turn_back() -> None:
    left, right = SteppingOnTheSpot(), SteppingOnTheSpot(phase=0.5)
    n = round(10 * 416 / 0.8)
    blows = [m.counts(0, n)[:, 2] * m.acc_g_per_count > 3.0 for m in (left, right)]
    starts = [np.flatnonzero(np.diff(b.astype(int)) == 1) / 416 for b in blows]
    assert [len(s) for s in starts] == [10, 10]
    order = np.argsort(np.concatenate(starts))
    assert np.array_equal(order % 20 < 10, np.arange(20) % 2 == (order[0] >= 10))
    turned_deg = left.counts(0, n)[:, 4].sum() * left.gyro_dps_per_count / 416
    assert abs(turned_deg) < 1.0


def test_motions_follow_one_another_each_from_its_beginning() -> None:
    first = Recorded(np.full((1, 6), 1, np.int16), 100.0)
    ramp = Recorded(np.arange(600, dtype=np.int16).reshape(100, 6), 100.0)
    both = OneAfterAnother([(first, 2.0), (ramp, 0.5)])
    counts = both.counts(190, 20)
    assert (counts[:10] == 1).all()
    assert np.array_equal(counts[10:], ramp.samples[:10])
    assert np.array_equal(both.counts(400, 1)[0], ramp.samples[0])


def test_a_recording_lies_still_before_and_after_or_begins_again() -> None:
    samples = np.arange(60, dtype=np.int16).reshape(10, 6)
    once, again = Recorded(samples, 100.0), Recorded(samples, 100.0, is_repeated=True)
    assert np.array_equal(once.counts(-2, 14)[[0, -1]], samples[[0, 0]])
    assert np.array_equal(once.counts(8, 2), samples[8:])
    assert np.array_equal(again.counts(8, 4), samples[[8, 9, 0, 1]])


def test_a_simulated_runner_can_be_worn() -> None:
    settings = RunSettings(rate_hz=208.0)
    run = simulated_run(draw_runner(3), 0, 10.0, 3, settings)[Slot.LEFT]
    batches = list(run.batches())
    motion = recorded(batches, run.sensor.true_rate_hz)
    assert motion.rate_hz == pytest.approx(208.0, rel=1e-4)
    assert motion.acc_g_per_count == pytest.approx(16 / 32768)
    assert motion.gyro_dps_per_count == pytest.approx(2000 / 32768)
    assert np.array_equal(motion.counts(0, 20), batches[0].counts[:20])


def test_counts_of_another_size_are_cut_off_at_the_rail() -> None:
    motion = Recorded(np.array([[2048, -32768, 0, 1000, 0, 0]], np.int16), 100.0)
    narrow = rescale(motion.counts(0, 1), motion, 0.000244, 0.0175)
    assert narrow.tolist() == [[4098, -32768, 0, 3488, 0, 0]]


def test_a_sampler_takes_every_other_sample_at_half_the_rate() -> None:
    ramp = np.zeros((100, 6), np.int16)
    ramp[:, 0] = np.arange(100)
    sampler = Sampler(Recorded(ramp, 416.0), 10.0, 10.02, set_rate_hz=208.0)
    taken = sampler.take(3)
    assert taken.counts[:, 0].tolist() == [9, 11, 13]
    assert taken.first_s == pytest.approx(10.0 + 9 / 416)
    assert taken.last_s == pytest.approx(10.0 + 13 / 416)
    assert sampler.ready_s(1) == pytest.approx(10.0 + 15 / 416)


def test_two_samplers_with_beats_of_their_own_agree_on_one_motion() -> None:
    ramp = np.zeros((1000, 6), np.int16)
    ramp[:, 0] = np.arange(1000)
    run = Recorded(ramp, 200.0)
    times = []
    for began_s in (10.0, 10.0031):
        sampler = Sampler(Still(rate_hz=200.0), began_s, began_s, set_rate_hz=200.0)
        sampler.take(7)
        assert sampler.feel(run, 10.05) == 10.05
        taken = sampler.take(40)
        number = int(taken.counts[-1, 0])
        assert number > 10
        times.append(taken.last_s - number / 200.0)
    assert times == pytest.approx([10.05, 10.05])
