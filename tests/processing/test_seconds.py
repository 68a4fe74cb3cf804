"""A run second by second: means of the steps around, and nothing where none are."""

import numpy as np
import pytest

from contract.rows import HipStepRow, RejectionRow, StepRow
from contract.track import TrackPoint
from contract.units import NS_PER_S
from processing.seconds import distance_m, run_seconds, track_figures

BEGIN_S = 1_763_000_000
WHO = {"runner": "ana", "session": "s1"}


def ns(since_s: float) -> int:
    return round((BEGIN_S + since_s) * NS_PER_S)


def steps(seconds: float, **figures: float) -> list[StepRow]:
    """Left and right steps in turn, every 0.35 s; right is longer by 10 ms."""
    told = {"flight_time_s": 0.11, "step_time_s": 0.35, "duty_factor": 0.34} | figures
    return [
        StepRow(
            **WHO,
            side="right" if k % 2 else "left",
            time_ns=ns(0.35 * k),
            contact_time_s=0.245 if k % 2 else 0.235,
            cadence_spm=171.0,
            speed_mps=3.0,
            quality=1.0,
            **told,
        )
        for k in range(int(seconds / 0.35))
    ]


def test_left_and_right_are_told_with_one_sign() -> None:
    figures = run_seconds(steps(60)).figures
    assert figures["contact_time_s_left"] == pytest.approx(0.235)
    assert figures["contact_time_s"] == pytest.approx(0.24)
    assert figures["left_share_pct"] == pytest.approx(100 * 0.235 / 0.48)
    assert figures["asymmetry_pct"] == pytest.approx(100 * 0.010 / 0.240)
    assert figures["flight_pct"] == pytest.approx(100 * 0.11 / 0.35)
    assert figures["quality_pct"] == pytest.approx(100)


def test_there_is_one_value_for_every_second_of_the_run() -> None:
    found = run_seconds(steps(60))
    assert list(found.t_ns) == [ns(k) for k in range(60)]
    assert all(len(values) == 60 for values in found.figures.values())


def test_nothing_is_known_in_a_pause() -> None:
    rows = steps(100)
    paused = [r for r in rows if not 30 <= r.time_ns / NS_PER_S - BEGIN_S < 60]
    contact = run_seconds(paused).figures["contact_time_s"]
    assert np.isnan(contact[36:54]).all()
    assert np.isfinite(contact[:34]).all()


def test_a_figure_that_nobody_knows_is_left_out() -> None:
    figures = run_seconds(steps(20)).figures
    assert "impact_g_left" not in figures
    assert "vertical_oscillation_m" not in figures
    assert "impact_g_left" in run_seconds(steps(20, impact_g=9.0)).figures


def test_one_foot_alone_is_not_compared() -> None:
    left = [r for r in steps(20) if r.side == "left"]
    figures = run_seconds(left).figures
    assert "asymmetry_pct" not in figures
    assert figures["contact_time_s_left"] == pytest.approx(0.235)


def test_rejected_strides_lower_the_quality_where_they_are() -> None:
    lost = [
        RejectionRow(**WHO, side="left", time_ns=ns(20 + k), reason="gap")
        for k in range(10)
    ]
    quality = run_seconds(steps(60), rejections=lost).figures["quality_pct"]
    assert quality[25] < 80
    assert quality[45:] == pytest.approx(100)


def test_strides_that_the_hip_lost_do_not_count_against_the_shoes() -> None:
    lost = [RejectionRow(**WHO, side="hip", time_ns=ns(20), reason="gap")]
    quality = run_seconds(steps(60), rejections=lost).figures["quality_pct"]
    assert quality == pytest.approx(100)


def test_a_hip_alone_gives_cadence_and_oscillation() -> None:
    hip = [
        HipStepRow(
            **WHO,
            side="hip",
            time_ns=ns(0.35 * k),
            foot="unknown",
            cadence_spm=171.0,
            vertical_oscillation_m=0.08,
            contact_time_estimate_s=0.25,
            side_confidence=0.0,
        )
        for k in range(100)
    ]
    assert set(run_seconds([], hip).figures) == {
        "cadence_spm",
        "vertical_oscillation_m",
        "quality_pct",
    }


def test_a_run_without_steps_has_no_seconds() -> None:
    assert len(run_seconds([]).t_ns) == 0


def test_distance_ends_where_the_run_ends() -> None:
    speed = np.array([np.nan, 3.0, 3.0, np.nan, 3.0])
    assert distance_m(speed, 10.0) == pytest.approx([0, 10 / 3, 20 / 3, 20 / 3, 10])
    assert distance_m(speed, None)[-1] == pytest.approx(9.0)
    assert distance_m(np.array([np.nan]), 10.0)[-1] == 0


def test_a_watch_tells_what_is_near_and_nothing_else() -> None:
    points = [
        TrackPoint(ns(1.2), heart_rate_bpm=150.0, latitude_deg=52.0),
        TrackPoint(ns(30), heart_rate_bpm=None, latitude_deg=53.0),
    ]
    seconds = run_seconds(steps(60)).t_ns
    told = track_figures(seconds, points)
    assert told["heart_rate_bpm"][:7] == pytest.approx(150)
    assert np.isnan(told["heart_rate_bpm"][7:]).all()
    assert told["latitude_deg"][[1, 29]] == pytest.approx([52, 53])
    assert np.isnan(told["latitude_deg"][[15, 40]]).all()
    assert track_figures(seconds, points[:1])["latitude_deg"][2] == 52.0
    assert "altitude_m" not in told
    assert track_figures(seconds, ()) == {}
