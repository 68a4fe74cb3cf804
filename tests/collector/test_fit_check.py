from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import bilinear, lfilter
from scipy.spatial.transform import Rotation

from benchmarks.datasets.pyshoe import is_run, read_trial
from collector.check_result import CheckResult
from collector.first_step import first_foot
from collector.fit_check import Worn, check_fit, late_share, step_phase
from collector.recording import read_recording
from collector.simulated.course import Course, Segment
from collector.simulated.source import FEET, RunSettings, simulated_run
from collector.simulated.traits import draw_runner
from collector.simulated.worn import both_on, swapped
from contract.model import FloatArray, Slot

FINE_HZ, RATE_HZ = 2000.0, 208.0
STRIDE_S, STAND_S, STRIDES = 1.0, 3.0, 5
NAMES = ["streaming", "stillness", "gravity", "alternation", "tightness", "clock"]


@dataclass(frozen=True)
class Clip:
    """How a sensor hangs on its laces: a mass on a spring."""

    hz: float = 55.0
    damping: float = 0.25

    def shake(self, force: FloatArray) -> FloatArray:
        omega = 2 * np.pi * self.hz
        damped = 2 * self.damping * omega
        b, a = bilinear([damped, omega**2], [1, damped, omega**2], FINE_HZ)
        return force[0] + lfilter(b, a, force - force[0], axis=0)


def pulse(t_s: FloatArray, begin_s: float, length_s: float) -> FloatArray:
    share = np.clip((t_s - begin_s) / length_s, 0.0, 1.0)
    return np.sin(np.pi * share) ** 2


def stepping(seed: int, late_s: float, clip: Clip) -> FloatArray:
    """Stand, lift the foot five times by 12 cm with the toes down, and land."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(0, STAND_S + STRIDES * STRIDE_S + 1.5, 1 / FINE_HZ)
    pitch, height, blow = (np.zeros(len(t_s)) for _ in range(3))
    for k in range(STRIDES):
        lift_s = STAND_S + late_s + k * STRIDE_S + rng.normal(0, 0.01)
        pitch += np.radians(35) * pulse(t_s, lift_s, 0.42)
        height += 0.12 * pulse(t_s, lift_s, 0.42)
        blow += 50.0 * pulse(t_s, lift_s + 0.42, 0.014)
    up = np.gradient(np.gradient(height, t_s), t_s) + 9.81 + blow
    force = np.column_stack([np.sin(pitch) * up, np.zeros(len(up)), np.cos(pitch) * up])
    rate = np.zeros_like(force)
    rate[:, 1] = np.gradient(pitch, t_s)
    mount = Rotation.from_euler("ZYX", rng.uniform(-40, 40, 3), degrees=True)
    turned = [clip.shake(force) @ mount.as_matrix(), rate @ mount.as_matrix()]
    at_s = np.arange(t_s[0], t_s[-1], 1 / RATE_HZ)
    fine = np.hstack(turned).T
    sampled = np.column_stack([np.interp(at_s, t_s, one) for one in fine])
    noise = rng.normal(0, [0.015] * 3 + [0.001] * 3, sampled.shape)
    return sampled + noise + np.radians([0, 0, 0, 0.5, -0.7, 0.3])


def worn(
    slot: Slot, late_s: float | None = None, clip: Clip | None = None, **facts: object
) -> Worn:
    turn_s = {Slot.LEFT: 0.0, Slot.RIGHT: STRIDE_S / 2}[slot]
    samples = stepping(int(slot), turn_s if late_s is None else late_s, clip or Clip())
    t_s = 100.0 + np.arange(len(samples)) / RATE_HZ
    plain = Worn(slot, t_s, samples, RATE_HZ, clock_bound_s=0.001)
    return replace(plain, **facts)  # type: ignore[arg-type]


def feet(**changed: Worn) -> list[Worn]:
    own = {slot.word: worn(slot) for slot in FEET}
    return list({**own, **changed}.values())


def failed(results: tuple[CheckResult, ...]) -> list[str]:
    assert [result.name for result in results] == NAMES
    for result in results:
        assert result.sentence.endswith(".")
        assert result.sentence.count(". ") == 0
        assert result.is_good is not False or result.advice.endswith(".")
    return [result.name for result in results if not result.is_good]


def test_well_worn_shoes_pass_every_check() -> None:
    assert failed(check_fit(feet())) == []


def test_a_sensor_that_sends_nine_tenths_fails_the_stream_check_only() -> None:
    right = worn(Slot.RIGHT)
    came = np.arange(len(right.t_s)) % 10 != 9
    slow = replace(right, t_s=right.t_s[came], samples=right.samples[came])
    results = check_fit(feet(right=slow))
    assert failed(results) == ["streaming"]
    assert "right shoe" in results[0].sentence


def test_a_sensor_that_stops_half_way_fails_the_stream_check() -> None:
    left = worn(Slot.LEFT)
    half = replace(left, t_s=left.t_s[:900], samples=left.samples[:900])
    assert "streaming" in failed(check_fit(feet(left=half)))


def test_who_never_stands_still_is_asked_to() -> None:
    restless = worn(Slot.LEFT)
    swaying = 0.1 * np.sin(2 * np.pi * 1.3 * restless.t_s)
    restless.samples[:, 3] += swaying
    assert failed(check_fit(feet(left=restless))) == ["stillness"]


def test_a_gyroscope_far_off_zero_is_told() -> None:
    biased = worn(Slot.RIGHT)
    biased.samples[:, 4] += np.radians(20)
    results = check_fit(feet(right=biased))
    assert failed(results) == ["stillness"]
    assert "deg/s" in results[1].sentence


@pytest.mark.parametrize("factor", [0.5, 0.93, 2.0])
def test_a_wrong_range_fails_the_gravity_check_only(factor: float) -> None:
    wrong = worn(Slot.RIGHT)
    wrong.samples[:, :3] *= factor
    assert failed(check_fit(feet(right=wrong))) == ["gravity"]


def test_both_sensors_on_one_foot_move_together() -> None:
    results = check_fit(feet(right=worn(Slot.RIGHT, late_s=0.0)))
    assert failed(results) == ["alternation"]
    assert "same foot" in results[3].sentence


def test_a_limping_rhythm_is_still_left_and_right_in_turn() -> None:
    assert failed(check_fit(feet(right=worn(Slot.RIGHT, late_s=0.42)))) == []


def test_a_foot_that_does_not_step_is_named() -> None:
    lazy = worn(Slot.RIGHT)
    standing = np.tile(lazy.samples[:300], (10, 1))[: len(lazy.samples)]
    results = check_fit(feet(right=replace(lazy, samples=standing)))
    assert "right shoe took no steps" in results[3].sentence


def test_a_swap_shows_where_sensors_know_their_own_side() -> None:
    honest = [replace(one, side=one.slot.word) for one in feet()]
    assert failed(check_fit(honest)) == []
    left, right = feet()
    crossed = [replace(left, side="right"), replace(right, side="left")]
    assert failed(check_fit(crossed)) == ["alternation"]


def test_the_foot_that_is_lifted_first_shows_a_swap() -> None:
    left, right = feet()
    assert "the left one first" in check_fit([left, right])[3].sentence
    crossed = [replace(left, slot=Slot.RIGHT), replace(right, slot=Slot.LEFT)]
    results = check_fit(crossed)
    assert failed(results) == ["alternation"]
    assert "may be swapped" in results[3].sentence


def test_where_no_foot_is_clearly_first_a_swap_is_not_claimed_to_be_seen() -> None:
    left = worn(Slot.LEFT)
    began = replace(left, samples=left.samples + np.radians([0, 0, 0, 120.0, 0, 0]))
    right = worn(Slot.RIGHT)
    also = replace(right, samples=right.samples + np.radians([0, 0, 0, 120.0, 0, 0]))
    assert first_foot((began.t_s, began.samples), (also.t_s, also.samples)) is None


def test_one_shoe_alone_cannot_take_turns() -> None:
    assert check_fit(feet()[:1])[3].is_good is None


@pytest.mark.parametrize("clip", [Clip(30.0, 0.05), Clip(35.0, 0.04), Clip(50.0, 0.03)])
def test_a_loose_clip_rings_after_each_landing(clip: Clip) -> None:
    results = check_fit(feet(left=worn(Slot.LEFT, clip=clip)))
    assert failed(results) == ["tightness"]
    assert "left shoe" in results[4].sentence


@pytest.mark.parametrize("hz", [45.0, 60.0, 80.0])
def test_a_firm_clip_of_any_stiffness_passes(hz: float) -> None:
    share = late_share(worn(Slot.LEFT, clip=Clip(hz)))
    assert share is not None
    assert share < 0.09


def test_slow_sensors_cannot_show_whether_they_sit_tight() -> None:
    slow = [
        replace(one, t_s=one.t_s[::2], samples=one.samples[::2], rate_hz_expected=104.0)
        for one in feet()
    ]
    results = check_fit(slow)
    assert failed(results) == ["tightness"]
    assert results[4].is_good is None


def test_one_foot_set_down_too_softly_leaves_tightness_open() -> None:
    soft = worn(Slot.RIGHT)
    soft.samples[:, :3] = soft.samples[:, :3].mean(axis=0)
    results = check_fit(feet(right=soft))
    assert results[4].is_good is None
    assert "hardly hit" in results[4].sentence


@pytest.mark.parametrize(("bound_s", "is_good"), [(0.012, False), (np.inf, None)])
def test_a_clock_not_known_to_5_ms_is_told(
    bound_s: float, is_good: bool | None
) -> None:
    results = check_fit(feet(left=worn(Slot.LEFT, clock_bound_s=bound_s)))
    assert failed(results) == ["clock"]
    assert results[5].is_good is is_good


def test_a_low_battery_is_mentioned_and_fails_nothing() -> None:
    results = check_fit(feet(left=worn(Slot.LEFT, battery_pct=3)))
    assert failed(results) == []
    assert "3 %" in results[0].sentence


def test_nothing_at_all_is_an_answer_too() -> None:
    nothing = [
        Worn(slot, np.zeros(0), np.zeros((0, 6)), RATE_HZ, np.inf) for slot in FEET
    ]
    assert set(NAMES) == set(failed(check_fit(nothing)))
    assert set(NAMES) == set(failed(check_fit([])))


def simulated(
    seed: int, how: Mapping[Slot, object], slots: tuple[Slot, ...] = FEET
) -> list[Worn]:
    settings = RunSettings(
        course=Course((Segment("walk", 60.0, 0.8),)),
        worn=how,  # type: ignore[arg-type]
    )
    sources = simulated_run(draw_runner(seed), 10**18, 13, seed, settings, slots=slots)
    found = []
    for slot, source in sources.items():
        batches = list(source.batches())
        samples = np.vstack([batch.si() for batch in batches])
        t_s = np.concatenate(
            [(b.t0_ns - 10**18) / 1e9 + np.arange(b.n) / b.rate_hz for b in batches]
        )
        found.append(Worn(slot, t_s, samples, 200.0, 0.002))
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_simulated_shoes_of_a_slow_walker_pass(seed: int) -> None:
    assert failed(check_fit(simulated(seed, {}))) == []


def test_a_hip_sensor_stands_streams_and_keeps_time_but_takes_no_steps() -> None:
    assert failed(check_fit(simulated(1, {}, tuple(Slot)))) == []
    results = check_fit(simulated(1, {}, (Slot.HIP,)))
    assert failed(results) == ["alternation", "tightness"]
    assert {result.is_good for result in results[3:5]} == {None}


@pytest.mark.parametrize("seed", [1, 2])
def test_simulated_sensors_on_one_shoe_are_found(seed: int) -> None:
    assert failed(check_fit(simulated(seed, both_on(Slot.LEFT)))) == ["alternation"]


def test_swapped_shoes_step_in_turn_like_any() -> None:
    left, right = simulated(1, swapped())
    phase, _ = step_phase(left, right)
    assert phase is not None
    assert phase > 0.4


@pytest.mark.data
def test_firm_sensors_on_real_shoes_are_not_called_loose(recordings: Path) -> None:
    shares = []
    for path in is_run(recordings / "pyshoe_vicon"):
        for track in read_trial(path)[0].tracks.values():
            one = Worn(Slot.RIGHT, track.t_s, track.samples, 200.0, 0.0)
            shares.append(late_share(one))
    known = np.array([share for share in shares if share is not None])
    assert len(known) == 28
    assert known.max() < 0.1


@pytest.mark.data
@pytest.mark.parametrize("name", ["gaitmap_walk", "tripod_walk/PWS"])
def test_feet_of_a_real_walker_step_in_turn(recordings: Path, name: str) -> None:
    tracks = read_recording(recordings / name).tracks
    left, right = (
        Worn(slot, tracks[slot].t_s, tracks[slot].samples, tracks[slot].rate_hz, 0.0)
        for slot in FEET
    )
    phase, _ = step_phase(left, right)
    assert phase is not None
    assert phase > 0.4
