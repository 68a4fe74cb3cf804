import numpy as np
import pytest

from benchmarks import perturbation
from benchmarks.datasets.robustness import Outcome, compare
from benchmarks.hour import track_of
from collector.recording import Recording, RecordingMeta
from contract.model import Slot

RATE_HZ = 200.0
FEET = (Slot.LEFT, Slot.RIGHT)


@pytest.fixture
def clean() -> Recording:
    """Twelve seconds: three of standing, then a wave on every axis."""
    rng = np.random.default_rng(3)
    moving = 30 * rng.standard_normal((1800, 6))
    still = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (600, 1))
    samples = np.vstack([still, moving])
    meta = RecordingMeta(rate_hz=RATE_HZ, standing_s=3.0, acc_range_g=32.0)
    tracks = {slot: track_of(samples, RATE_HZ) for slot in FEET}
    return Recording("clean", meta, tracks)


def sizes(recording: Recording, slot: Slot = Slot.LEFT) -> np.ndarray:
    samples = recording.tracks[slot].samples
    return np.linalg.norm(samples[:, :3], axis=1)


def test_another_mount_turns_vectors_and_keeps_their_size(clean: Recording) -> None:
    rng = np.random.default_rng(0)
    for other in (
        perturbation.randomly_mounted(clean, rng),
        perturbation.upside_down(clean),
    ):
        assert sizes(other) == pytest.approx(sizes(clean))
        here, there = (r.tracks[Slot.LEFT].samples[0, :3] for r in (clean, other))
        assert not np.allclose(here, there)


def test_half_the_rate_has_half_the_samples_over_the_same_time(
    clean: Recording,
) -> None:
    half = perturbation.half_rate(clean)
    assert half.meta.rate_hz == 100.0
    assert len(half.tracks[Slot.LEFT].t_s) == 1200
    assert half.duration_s == pytest.approx(clean.duration_s, abs=0.01)


def test_a_smaller_range_cuts_force_off_and_leaves_rotation(clean: Recording) -> None:
    small = perturbation.clipped(clean, 2.0)
    samples = small.tracks[Slot.RIGHT].samples
    assert np.abs(samples[:, :3]).max() == pytest.approx(2 * 9.81)
    assert (samples[:, 3:] == clean.tracks[Slot.RIGHT].samples[:, 3:]).all()


def test_without_standing_the_first_sample_moves(clean: Recording) -> None:
    run = perturbation.without_standing(clean)
    assert run.start_s == pytest.approx(3.5)
    assert run.meta.standing_s is None


def test_lost_frames_leave_gaps_of_whole_frames(clean: Recording) -> None:
    gappy = perturbation.with_losses(clean, 0.05, np.random.default_rng(1))
    spacing = np.round(np.diff(gappy.tracks[Slot.LEFT].t_s) * RATE_HZ).astype(int)
    gaps = spacing[spacing > 1] - 1
    assert len(gaps) > 3
    assert (gaps % 10 == 0).all()


def test_a_stop_is_standing_between_two_halves_of_the_run(clean: Recording) -> None:
    stop = perturbation.with_stop(clean)
    track = stop.tracks[Slot.LEFT]
    assert stop.duration_s == pytest.approx(clean.duration_s + 3 * 2.8, abs=0.1)
    assert np.diff(track.t_s) == pytest.approx(np.full(len(track.t_s) - 1, 0.005))
    middle = (track.t_s > 8.0) & (track.t_s < 15.0)
    assert np.linalg.norm(track.samples[middle, :3], axis=1) == pytest.approx(9.81)


def test_a_longer_run_is_the_same_running_again(clean: Recording) -> None:
    long = perturbation.repeated(clean, 3)
    before, after = (r.tracks[Slot.LEFT].samples for r in (clean, long))
    assert len(after) == 2400 + 2 * 1600, "4 s of standing are not repeated"
    assert np.array_equal(after[-1600:], before[-1600:])


def test_a_slip_turns_the_second_half_of_one_sensor_only(clean: Recording) -> None:
    rng = np.random.default_rng(5)
    slipped = perturbation.with_slip(clean, Slot.LEFT, 30.0, rng)
    before, after = (r.tracks[Slot.LEFT].samples[:, :3] for r in (clean, slipped))
    assert (before[:1200] == after[:1200]).all()
    assert not np.allclose(before[1250:], after[1250:])
    assert sizes(slipped) == pytest.approx(sizes(clean))
    right = (r.tracks[Slot.RIGHT].samples for r in (clean, slipped))
    assert np.array_equal(*right)


def test_the_change_is_against_the_clean_recording_of_the_same_runner() -> None:
    before = [Outcome(100, (240.0, 250.0), (9.0, 9.0), (8.0, 8.0), 4.0)]
    after = [Outcome(90, (243.0, 250.0), (9.0, 11.0), (8.0, 8.0), 3.0)]
    figures = compare(before, after)
    assert figures["steps_pct"] == 90
    assert figures["contact_change_ms"] == 1.5
    assert figures["contact_change_sd_ms"] == 1.5
    assert figures["strike_change_rms_deg"] == pytest.approx(np.sqrt(2))
    assert figures["asi_change_worst_points"] == 1


def test_an_asymmetry_that_is_no_longer_given_is_counted() -> None:
    before = [Outcome(100, (240.0, 250.0), (9.0, 9.0), (8.0, 8.0), 4.0)] * 2
    gone = Outcome(
        0, (float("nan"),) * 2, (float("nan"),) * 2, (8.0, 8.0), float("nan")
    )
    figures = compare(before, [before[0], gone])
    assert figures["asi_given_pct"] == 50
    assert figures["asi_change_rms_points"] == 0
