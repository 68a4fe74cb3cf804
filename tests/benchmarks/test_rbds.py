import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets import rbds
from benchmarks.datasets.rbds_motion import strike_type, summarise_motion
from contract.model import Slot
from tests.benchmarks.simple_runs import TRUE_ASI_PCT, exactly, late, scored, true_run

LEFT, RIGHT = Slot.LEFT, Slot.RIGHT


def test_a_perfect_analysis_has_no_error() -> None:
    figures = rbds.summarise([scored()])
    assert figures["found_pct"] == 100
    assert figures["swapped_steps"] == 0
    for name in (
        "contact_bias_ms",
        "contact_bias_sd_ms",
        "contact_within_sd_ms",
        "ic_bias_ms",
        "to_bias_ms",
        "asi_rmse_points",
        "strike_bias_deg",
        "excursion_rmse_deg",
        "speed_bias_pct",
    ):
        assert figures[name] == pytest.approx(0, abs=1e-6), name
    assert figures["asi_covered_pct"] == 100
    assert figures["strike_type_agrees_pct"] == 100


def test_feet_taken_for_each_other_are_counted_and_not_found() -> None:
    truth = true_run()
    crossed = {LEFT: exactly(truth[RIGHT]), RIGHT: exactly(truth[LEFT])}
    figures = rbds.summarise([scored(crossed)])
    assert figures["found_pct"] == 0
    assert figures["swapped_steps"] == 80


def test_late_events_show_as_their_own_bias_and_in_the_contact_time() -> None:
    truth = true_run()
    said = {
        LEFT: late(exactly(truth[LEFT]), contact_ms=4.0, off_ms=10.0),
        RIGHT: exactly(truth[RIGHT]),
    }
    figures = rbds.summarise([scored(said)])
    assert figures["ic_bias_ms"] == pytest.approx(2.0, abs=1e-3)
    assert figures["to_bias_ms"] == pytest.approx(5.0, abs=1e-3)
    assert figures["contact_bias_ms"] == pytest.approx(3.0, abs=1e-3)
    assert figures["contact_bias_sd_ms"] == pytest.approx(3.0, abs=1e-3)
    assert figures["contact_worst_bias_ms"] == pytest.approx(6.0, abs=1e-3)


def test_strides_that_are_missing_lower_what_was_found() -> None:
    truth = true_run()
    half = exactly(truth[LEFT])
    half = replace(half, ic_ns=half.ic_ns[::2], contact_time_s=half.contact_time_s[::2])
    half = replace(
        half,
        strike_angle_deg=half.strike_angle_deg[::2],
        pronation_excursion_deg=half.pronation_excursion_deg[::2],
    )
    figures = rbds.summarise([scored({LEFT: half, RIGHT: exactly(truth[RIGHT])})])
    assert figures["found_pct"] == 75
    assert figures["contact_bias_ms"] == pytest.approx(0, abs=1e-6)


def test_a_foot_without_any_step_is_not_found_and_breaks_nothing() -> None:
    truth = true_run()
    none = np.empty(0)
    silent = replace(
        exactly(truth[LEFT]),
        ic_ns=np.empty(0, np.int64),
        contact_time_s=none,
        strike_angle_deg=none,
        pronation_excursion_deg=none,
        speed_mps=none,
    )
    trial = rbds.compare_trial(
        "11_run35", {LEFT: silent, RIGHT: exactly(truth[RIGHT])}, truth, None
    )
    figures = rbds.summarise([trial])
    assert figures["found_pct"] == 50
    assert figures["asi_given_trials"] == 0


def test_an_error_that_a_runner_has_at_every_speed_is_no_change_within_the_runner() -> (
    None
):
    trials = [
        scored(name=name, asi_pct=TRUE_ASI_PCT + error)
        for name, error in (("01_run25", 2.0), ("01_run35", 2.0), ("03_run25", -2.0))
    ]
    figures = rbds.summarise(trials)
    assert figures["asi_rmse_points"] == pytest.approx(2.0)
    assert figures["asi_change_points"] == pytest.approx(0.0, abs=1e-9)


def test_an_interval_beside_the_truth_does_not_cover_it() -> None:
    trials = [scored(), scored(asi_pct=TRUE_ASI_PCT + 3.0, half=1.0)]
    assert rbds.summarise(trials)["asi_covered_pct"] == 50


def test_speeds_are_kept_apart() -> None:
    table = rbds.by_speed([scored(name="01_run25"), scored(name="01_run35")])
    assert list(table) == ["2.5 m/s", "3.5 m/s"]
    assert table["2.5 m/s"]["trials"] == 1
    # The same analysis says 3.5 m/s in both: right on one belt, 40 % too much on one.
    assert table["2.5 m/s"]["speed_bias_pct"] == pytest.approx(40)
    assert table["3.5 m/s"]["speed_bias_pct"] == pytest.approx(0)


def test_an_angle_that_is_too_large_on_one_foot_is_a_left_right_error() -> None:
    truth = true_run()
    said = {slot: exactly(truth[slot]) for slot in truth}
    said[RIGHT] = replace(
        said[RIGHT], pronation_excursion_deg=said[RIGHT].pronation_excursion_deg + 3
    )
    figures = rbds.summarise([scored(said)])
    assert figures["excursion_left_right_rmse_deg"] == pytest.approx(3)
    assert figures["excursion_bias_deg"] == pytest.approx(1.5)


def test_the_foot_with_the_faulty_markers_is_left_out_of_angles() -> None:
    feet = scored(name="03_run25").feet
    figures = summarise_motion([[foot.motion for foot in feet]])
    assert figures["strike_feet"] == 1
    assert np.isnan(figures["strike_left_right_rmse_deg"])


def test_angles_that_the_analysis_does_not_give_are_unknown_and_not_zero() -> None:
    truth = true_run()
    said = {
        slot: replace(exactly(truth[slot]), strike_angle_deg=np.full(40, np.nan))
        for slot in truth
    }
    figures = rbds.summarise([scored(said)])
    assert np.isnan(figures["strike_bias_deg"])
    assert np.isnan(figures["strike_type_agrees_pct"])


@pytest.mark.parametrize(
    ("angle_deg", "word"), [(12.0, "heel"), (3.0, "middle"), (-5.0, "forefoot")]
)
def test_strike_types_follow_the_angle(angle_deg: float, word: str) -> None:
    assert strike_type(angle_deg) == word


def test_the_mislabelled_contact_goes_to_its_own_foot(tmp_path: Path) -> None:
    directory = tmp_path / "27_run35"
    directory.mkdir()
    names = ["side", "t_ic", "t_to", "pitch_ic_deg", "ev_excursion_deg", "yaw_ic_deg"]
    with (directory / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerow(["L", 6.18, 6.41, 5.0, 9.0, 0.0])
        writer.writerow(["L", 6.537, 6.77, "", "", ""])
    as_labelled = rbds.read_truth(directory, put_right=False)
    assert [len(as_labelled[slot].t_ic_s) for slot in (LEFT, RIGHT)] == [2, 0]
    right = rbds.read_truth(directory)
    assert [len(right[slot].t_ic_s) for slot in (LEFT, RIGHT)] == [1, 1]
    assert np.isnan(right[RIGHT].angles["pitch_ic_deg"]).all()


@pytest.mark.data
def test_one_real_trial_gives_figures_of_both_feet(recordings: Path) -> None:
    trial = rbds.score_trial(recordings / "rbds_virtual" / "23_run35")
    figures = rbds.summarise([trial])
    assert figures["found_pct"] > 95
    assert abs(figures["contact_bias_ms"]) < 15
    assert {foot.slot for foot in trial.feet} == {LEFT, RIGHT}
