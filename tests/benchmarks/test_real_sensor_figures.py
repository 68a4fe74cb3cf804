from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets import pyshoe, sacral, sensortile, walking
from benchmarks.datasets.pyshoe import Path3d, RunScore, stride_errors_pct
from contract.model import Slot
from tests.benchmarks.simple_runs import exactly, true_run


def walked_path(true_m: float) -> tuple[Path3d, object]:
    """A sensor that stands during contacts and advances ``true_m`` in each swing."""
    truth = true_run(12)[Slot.LEFT]
    t_s = np.arange(4.0, 15.0, 0.005)
    strides = np.clip((t_s[:, None] - truth.t_to_s) / 0.46, 0, 1).sum(axis=1)
    position_m = np.column_stack([true_m * strides, 0 * t_s, 0 * t_s])
    said = exactly(truth)
    stride_s = np.append(np.diff(truth.t_ic_s), np.nan)
    return Path3d(t_s, position_m), replace(said, stride_time_s=stride_s)


def test_a_stride_length_that_is_two_percent_short_shows_as_that() -> None:
    path, said = walked_path(2.0)
    short = replace(said, stride_length_m=np.full(12, 1.96))
    errors = stride_errors_pct(short, path)
    assert errors[:-1] == pytest.approx(np.full(11, -2.0), abs=0.05)
    assert np.isnan(errors[-1]), "the last stride has no end"


def test_figures_of_the_real_shoe_are_over_trials_and_count_other_gaits() -> None:
    run = RunScore("a", 20, 20, 320.0, -1.0, 18, -2.0, 2.5)
    few = replace(run, name="b", strides=9, smooth_less_raw_ms=18.0, contact_ms=370.0)
    figures = pyshoe.summarise([run, few], other_steps=3, others=19)
    assert figures["smooth_change_worst_ms"] == 1.0, "nine strides make no median"
    assert figures["contact_most_median_ms"] == 370.0
    assert figures["other_steps"] == 3


def test_contacts_by_force_leave_out_what_the_ends_cut_off() -> None:
    force = np.zeros(2500)
    for start in (-50, 300, 700, 2400):
        t = np.arange(140)
        inside = (start + t >= 0) & (start + t < 2500)
        force[(start + t)[inside]] = 2.5 * np.sin(np.pi * t / 140)[inside]
    begin_s, end_s = sacral.true_contacts(force)
    assert begin_s == pytest.approx([0.604, 1.404], abs=0.004)
    assert end_s - begin_s == pytest.approx([0.272, 0.272], abs=0.008)


def acted(tilt_deg: float, rng: np.random.Generator) -> np.ndarray:
    """Stances flat on the floor at a lateral tilt, between swings about y."""
    tilt = np.radians(tilt_deg)
    up = 9.81 * np.array([0.0, np.sin(tilt), np.cos(tilt)])
    still = np.hstack([np.tile(up, (40, 1)), np.zeros((40, 3))])
    swing = np.zeros((60, 6))
    swing[:, :3], swing[:, 4] = 20.0, 6 * np.sin(np.linspace(0, 2 * np.pi, 60))
    return np.tile(np.vstack([still, swing]), (7, 1)) + rng.normal(0, 0.02, (700, 6))


def test_tilts_to_either_side_get_opposite_signs() -> None:
    rng = np.random.default_rng(1)
    normal = [acted(3.0, rng) for _ in range(3)]
    others = {"in": [acted(11.0, rng)], "out": [acted(1.0, rng)]}
    tilts = sensortile.lateral_tilts_deg(normal, others)
    assert abs(tilts["in"][0]) == pytest.approx(8.0, abs=0.3)
    assert abs(tilts["out"][0]) == pytest.approx(2.0, abs=0.3)
    assert tilts["in"][0] * tilts["out"][0] < 0


@pytest.mark.data
def test_real_walkers_give_no_running_step(recordings: Path) -> None:
    figures = walking.figures(recordings)
    assert figures["walkers"] == 2
    assert figures["running_steps"] == 0
    assert figures["walking_strides"] > 100


@pytest.mark.data
def test_acted_pronation_and_supination_have_opposite_signs(recordings: Path) -> None:
    figures = sensortile.figures(recordings / "pronation_sensortile")
    assert figures["opposite_signs"] == 1
    assert figures["over_pronation_deg"] > 3


@pytest.mark.data
def test_the_real_sacral_sensor_finds_the_contacts_of_the_plate(
    recordings: Path,
) -> None:
    figures = sacral.figures(recordings / "sacral_grf")
    assert figures["true_contacts"] > 200
    assert figures["found_pct"] > 95
