from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets.pyshoe import is_run, read_trial
from benchmarks.datasets.wmf import read_run
from collector.cadence import CadenceMeter, Phase, RunState, likeness, period
from collector.recording import read_recording
from collector.simulated.course import Course, Segment
from collector.simulated.source import RunSettings, simulated_run
from collector.simulated.traits import draw_runner
from contract.model import FloatArray, Slot

RATE_HZ = 200.0
# Not a walk to a cadence: ten seconds of tiny steps, 160 a minute at 0.3 m/s.
SHUFFLE = "2017-11-22-11-28-39"


def cadences(
    samples: FloatArray, rate_hz: float, *, is_foot: bool, every_s: float = 0.5
) -> list[float | None]:
    meter = CadenceMeter(rate_hz, is_foot=is_foot)
    found = []
    for begin in range(0, len(samples), round(every_s * rate_hz)):
        meter.add(samples[begin : begin + round(every_s * rate_hz)])
        found.append(meter.cadence_spm)
    return found


def middle(found: Iterable[float | None]) -> float:
    return float(np.median([one for one in found if one is not None]))


def moved(seed: int, slot: Slot, *segments: Segment) -> FloatArray:
    """What a simulated wearer's sensor says after 4 s of standing."""
    seconds = 4.0 + sum(segment.seconds for segment in segments)
    settings = RunSettings(course=Course(segments))
    runs = simulated_run(draw_runner(seed), 0, seconds, seed, settings, slots=(slot,))
    return np.vstack([batch.si() for batch in runs[slot].batches()])


@pytest.mark.parametrize("slot", [Slot.LEFT, Slot.HIP])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_runner_has_the_cadence_of_her_strides(seed: int, slot: Slot) -> None:
    samples = moved(seed, slot, Segment("run", 20.0))
    found = cadences(samples, RATE_HZ, is_foot=slot.is_foot)
    true_spm = 120.0 / draw_runner(seed).stride_time_s
    assert middle(found[20:]) == pytest.approx(true_spm, rel=0.02)
    assert None not in found[20:]


@pytest.mark.parametrize("slot", [Slot.RIGHT, Slot.HIP])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_walker_has_a_walking_cadence(seed: int, slot: Slot) -> None:
    samples = moved(seed, slot, Segment("walk", 20.0))
    found = cadences(samples, RATE_HZ, is_foot=slot.is_foot)[20:]
    assert all(one is not None and 95 < one < 130 for one in found)


@pytest.mark.parametrize("slot", [Slot.LEFT, Slot.HIP])
def test_who_stands_has_no_cadence(slot: Slot) -> None:
    samples = moved(1, slot, Segment("stand", 10.0))
    assert set(cadences(samples, RATE_HZ, is_foot=slot.is_foot)) == {None}


def test_fidgeting_without_rhythm_is_no_cadence() -> None:
    rng = np.random.default_rng(1)
    slow = rng.normal(0, 1, (60, 6)).repeat(40, axis=0) * 3
    found = cadences(slow, RATE_HZ, is_foot=True)
    assert sum(one is None for one in found) > 0.8 * len(found)


@pytest.mark.parametrize("portion", [1, 7, 33, 1000])
def test_portions_of_any_size_give_the_same_cadence(portion: int) -> None:
    samples = moved(2, Slot.LEFT, Segment("run", 10.0))[-1000:]
    meter = CadenceMeter(RATE_HZ, is_foot=True)
    for begin in range(0, len(samples), portion):
        meter.add(samples[begin : begin + portion])
    whole = CadenceMeter(RATE_HZ, is_foot=True)
    whole.add(samples)
    assert meter.cadence_spm == pytest.approx(whole.cadence_spm)


def test_the_first_four_seconds_and_those_after_a_gap_are_silent() -> None:
    samples = moved(2, Slot.LEFT, Segment("run", 10.0))[-1000:]
    meter = CadenceMeter(RATE_HZ, is_foot=True)
    meter.add(samples[:799])
    assert meter.cadence_spm is None
    meter.add(samples[799:])
    assert meter.cadence_spm is not None
    meter.clear()
    assert meter.cadence_spm is None


def test_a_rhythm_is_most_like_itself_one_period_later() -> None:
    wave = np.sin(2 * np.pi * np.arange(200) / 12.5)
    like = likeness(wave, 40)
    assert like[0] == pytest.approx(1.0)
    assert like.max() <= 1 + 1e-9
    assert period(like, 5) == pytest.approx(12.5, abs=0.05)


def course(*parts: tuple[float, float | None]) -> list[tuple[float, Phase, RunState]]:
    """Time, phase and state each half second of parts of (seconds, cadence)."""
    state, t_s, phases = RunState(), 0.0, []
    for seconds, cadence in parts:
        for _ in range(round(seconds * 2)):
            phases.append((t_s, state.update(t_s, cadence), state))
            t_s += 0.5
    return phases


def last(*parts: tuple[float, float | None]) -> Phase:
    return course(*parts)[-1][1]


def test_ten_seconds_at_running_cadence_start_a_run() -> None:
    phases = course((5, None), (12, 165.0))
    started = [t_s for t_s, phase, _ in phases if phase is Phase.RUNNING]
    assert started[0] == 15.0
    assert phases[-1][2].started_s == 5.0


def test_nine_seconds_are_a_dash_for_the_bus() -> None:
    dashes = [(9.0, 170.0), (3.0, 90.0)] * 5
    assert last(*dashes) is Phase.WAITING


@pytest.mark.parametrize("cadence", [100.0, 118.0, 130.0, 139.0])
def test_walking_for_an_hour_starts_nothing(cadence: float) -> None:
    assert last((3600, cadence)) is Phase.WAITING


def test_a_traffic_light_pauses_and_the_next_stride_goes_on() -> None:
    assert last((20, 165.0), (10, None)) is Phase.PAUSED
    assert last((20, 165.0), (10, 60.0)) is Phase.PAUSED
    assert last((20, 165.0), (10, None), (1, 160.0)) is Phase.RUNNING


def test_a_stumble_is_no_pause() -> None:
    phases = course((20, 165.0), (2.5, None), (10, 165.0))
    assert Phase.PAUSED not in {phase for _, phase, _ in phases}


def test_a_walk_in_between_does_not_pause_the_run() -> None:
    assert last((20, 165.0), (120, 112.0)) is Phase.RUNNING


def test_four_minutes_of_pause_end_the_run_for_good() -> None:
    assert last((20, 165.0), (240, None)) is Phase.PAUSED
    assert last((20, 165.0), (244, None)) is Phase.STOPPED
    assert last((20, 165.0), (244, None), (60, 170.0)) is Phase.STOPPED


def test_a_simulated_walk_then_run_then_stop_goes_through_all_phases() -> None:
    samples = moved(
        4, Slot.LEFT, Segment("walk", 20), Segment("run", 25), Segment("stand", 12)
    )
    state = RunState()
    found = cadences(samples, RATE_HZ, is_foot=True)
    phases = [state.update(0.5 * k, one) for k, one in enumerate(found)]
    assert set(phases[:60]) == {Phase.WAITING}
    assert Phase.RUNNING in phases[60:98]
    assert phases[-1] is Phase.PAUSED
    assert state.started_s is not None
    assert 24.0 < state.started_s < 31.0


@pytest.mark.data
def test_a_real_run_shows_its_171_steps_once_the_rate_is_measured(
    recordings: Path,
) -> None:
    """Labelled 100 Hz, really 89: the label would have said 190 (README: 171)."""
    (track,) = read_run(recordings / "wearable_my_foot").tracks.values()
    real_hz = (len(track.t_s) - 1) / (track.t_s[-1] - track.t_s[0])
    found = cadences(track.samples, real_hz, is_foot=True)
    assert middle(found) == pytest.approx(171.0, rel=0.02)
    assert sum(one is None for one in found) < 0.1 * len(found)
    state = RunState()
    assert Phase.RUNNING in [state.update(0.5 * k, one) for k, one in enumerate(found)]


@pytest.mark.data
def test_real_walkers_never_start_a_run(recordings: Path) -> None:
    runs = {
        path: read_trial(path)[0]
        for path, ran in is_run(recordings / "pyshoe_vicon").items()
        if not ran and path.stem != SHUFFLE
    }
    walks = [
        read_recording(recordings / "gaitmap_walk"),
        *runs.values(),
        read_recording(recordings / "tripod_walk" / "PWS"),
    ]
    for walk in walks:
        for slot, track in walk.tracks.items():
            found = cadences(track.samples, track.rate_hz, is_foot=slot.is_foot)
            state = RunState()
            for k, one in enumerate(found):
                assert state.update(0.5 * k, one) is Phase.WAITING


@pytest.mark.data
def test_shuffling_in_quick_tiny_steps_looks_like_running(recordings: Path) -> None:
    """Known and accepted: cadence is all that starts a run."""
    recording, _ = read_trial(recordings / "pyshoe_vicon" / f"{SHUFFLE}.npz")
    (track,) = recording.tracks.values()
    found = cadences(track.samples, 200.0, is_foot=True)
    assert middle(found[7:24]) == pytest.approx(160.0, abs=5.0)


@pytest.mark.data
def test_real_runners_in_a_small_room_run_at_running_cadence(recordings: Path) -> None:
    middles = [
        middle(cadences(track.samples, 200.0, is_foot=True))
        for path, ran in is_run(recordings / "pyshoe_vicon").items()
        if ran
        for track in read_trial(path)[0].tracks.values()
    ]
    assert len(middles) == 9
    assert min(middles) > 140.0
