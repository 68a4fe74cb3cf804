from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from contract.model import ImuBatch, Slot
from contract.rows import (
    BalanceRow,
    EventRow,
    HipStepRow,
    QualityRow,
    RejectionRow,
    SessionRow,
    StepRow,
    WearRow,
)
from contract.units import NS_PER_S
from contract.verdicts import (
    CLEARLY,
    HIP_ONLY,
    NO_CLEAR_DIFFERENCE,
    NO_RUNNING,
    NOT_ENOUGH,
    ONE_FOOT,
    SLIGHTLY,
)
from contract.wire import decode, encode
from processing.asymmetry import Comparison
from processing.metrics import METRICS
from processing.offline import all_rows, analyse_frames
from processing.outcome import activity, calibration_words
from processing.pipeline import FEET
from processing.sensor_report import SensorReport
from processing.settings import METHOD, BalanceSettings
from processing.store.base import LostFrames, RawFrame
from processing.verdict import judge

Simulate = Callable[..., Any]
SETTINGS = BalanceSettings()


@pytest.fixture(scope="module")
def run(simulate: Simulate) -> Any:  # noqa: ANN401
    return simulate(5, 60.0, asymmetry_pct=8.0)


@pytest.fixture(scope="module")
def rows(run: Any) -> list[Any]:  # noqa: ANN401
    return list(all_rows(analyse_frames(run.meta, run.frames())))


def of(rows: list[Any], kind: type) -> list[Any]:
    return [row for row in rows if isinstance(row, kind)]


def test_steps_are_stored_by_the_time_of_their_contact(
    run: Any,  # noqa: ANN401
    rows: list[Any],
) -> None:
    steps = of(rows, StepRow)
    true_s = {s.side.word: [] for s in run.truth.steps}  # type: ignore[var-annotated]
    for step in run.truth.steps:
        true_s[step.side.word].append(step.t_ic_s)
    assert len(steps) > 100
    for row in steps:
        at_s = (row.time_ns - run.meta.origin_ns) / NS_PER_S
        assert min(abs(at_s - t) for t in true_s[row.side]) < 0.06


def test_every_step_is_stored_once(rows: list[Any]) -> None:
    keys = [(row.side, row.time_ns) for row in of(rows, StepRow)]
    assert len(set(keys)) == len(keys)


def test_what_is_not_known_of_a_step_is_none_and_never_a_number(
    rows: list[Any],
) -> None:
    steps = sorted(of(rows, StepRow), key=lambda row: row.time_ns)
    assert steps[0].impulse_bws is None
    assert steps[-1].step_time_s is None
    assert all(row.contact_time_s > 0 for row in steps)


def test_balance_is_told_for_the_run_and_for_each_half_minute(
    run: Any,  # noqa: ANN401
    rows: list[Any],
) -> None:
    contact = [r for r in of(rows, BalanceRow) if r.metric == "contact_time_s"]
    starts = {(r.window, (r.time_ns - run.meta.origin_ns) // NS_PER_S) for r in contact}
    thirds = {start for start in starts if start[0].endswith("_third")}
    assert starts - thirds == {("run", 0), ("change", 0), ("30s", 0), ("30s", 30)}
    assert [w for w, _ in sorted(thirds, key=lambda t: t[1])] == [
        "first_third",
        "last_third",
    ]
    (whole,) = (r for r in contact if r.window == "run")
    parts = [r for r in contact if r.window == "30s"]
    assert whole.side == "both"
    assert abs(sum(r.n_pairs for r in parts) - whole.n_pairs) <= 6
    assert whole.ci_low <= run.truth.asi_pct <= whole.ci_high
    assert whole.asi_pct > 0


def test_every_metric_is_compared_over_the_run(rows: list[Any]) -> None:
    whole = {r.metric: r for r in of(rows, BalanceRow) if r.window == "run"}
    assert list(METRICS) == [name for name in METRICS if name in whole]
    for name, row in whole.items():
        rule = METRICS[name]
        assert row.ci_unit == rule.ci_unit
        assert (row.asi_pct is None) is not rule.is_ratio
        assert row.ci_low <= row.size <= row.ci_high
        assert row.left_sd is not None
        assert row.source == "shoes"


def test_a_window_tells_its_speed_and_how_much_each_foot_varies(
    rows: list[Any],
) -> None:
    steps = of(rows, StepRow)
    for row in of(rows, BalanceRow):
        if row.window == "change":
            said = row.left_cv_pct, row.symmetry_angle_pct, row.speed_mps
            assert said == (None, None, None)
            continue
        assert 2.0 < row.speed_mps < 5.0
        assert (row.left_cv_pct is None) == (not METRICS[row.metric].is_ratio)
        if row.asi_pct is not None:
            assert row.right_cv_pct == pytest.approx(100 * row.right_sd / row.right)
            # For small values the symmetry angle is the index over pi (algorithms.md).
            angle = row.asi_pct / np.pi
            assert row.symmetry_angle_pct == pytest.approx(angle, rel=0.02, abs=1e-9)
    whole = next(r for r in of(rows, BalanceRow) if r.window == "run")
    speeds = [s.speed_mps for s in steps if s.speed_mps]
    assert whole.speed_mps == pytest.approx(np.median(speeds))


def test_the_load_of_each_shoe_names_the_shoe(rows: list[Any]) -> None:
    loads = {row.side: row for row in of(rows, WearRow)}
    assert set(loads) == {"left", "right"}
    assert all(row.shoe == "blue" for row in loads.values())
    # Each foot carries the body for half of the time: about half a stride per step.
    for row in loads.values():
        assert row.dose_per_step_bws == pytest.approx(0.35, abs=0.06)
        assert row.dose_bws == pytest.approx(row.steps * row.dose_per_step_bws)


def test_the_quality_of_each_sensor_adds_up(run: Any, rows: list[Any]) -> None:  # noqa: ANN401
    for row in of(rows, QualityRow):
        batches = run.batches[Slot.from_word(row.side)]
        assert row.frames == len(batches)
        assert row.samples == sum(batch.n for batch in batches)
        assert row.strides == row.steps + row.rejected
        assert (row.activity, row.calibration) == ("running", "good")
        assert row.gaps == row.lost_s == row.duplicates == row.reordered == 0
        assert row.rate_hz == pytest.approx(200, abs=0.1)


def test_the_session_row_sums_it_up(run: Any, rows: list[Any]) -> None:  # noqa: ANN401
    (row,) = of(rows, SessionRow)
    assert row.time_ns == run.meta.origin_ns
    assert row.steps == len(of(rows, StepRow))
    assert row.rejected == len(of(rows, RejectionRow))
    assert row.state == "ended"
    assert row.method == METHOD
    assert row.simulated
    assert row.verdict == CLEARLY
    assert row.duration_s == pytest.approx(60, abs=0.2)
    assert row.cadence_spm == pytest.approx(run.truth.cadence_spm, rel=0.01)


def left_without(run: Any, gone: range) -> list[RawFrame]:  # noqa: ANN401
    return [f for f in run.frames() if f.slot is Slot.RIGHT or f.seq not in gone]


def test_a_gap_is_counted_with_the_time_it_covers(run: Any) -> None:  # noqa: ANN401
    frames = left_without(run, range(200, 260))
    lost = LostFrames("s1", Slot.LEFT, 0, 200, 259)
    analysed = all_rows(analyse_frames(run.meta, frames, [lost]))
    quality = {r.side: r for r in of(list(analysed), QualityRow)}
    assert (quality["left"].gaps, quality["right"].gaps) == (1, 0)
    assert quality["left"].lost_s == pytest.approx(6.0, abs=0.05)


def test_what_follows_a_frame_that_may_still_come_is_not_analysed(run: Any) -> None:  # noqa: ANN401
    frames = left_without(run, range(200, 260))
    analysed = all_rows(analyse_frames(run.meta, frames))
    quality = {r.side: r for r in of(list(analysed), QualityRow)}
    assert quality["left"].frames == 200
    assert quality["right"].frames == len(run.batches[Slot.RIGHT])


@pytest.fixture(scope="module")
def with_hip(simulate: Simulate) -> Any:  # noqa: ANN401
    return simulate(5, 60.0, slots=tuple(Slot))


def test_a_hip_sensor_beside_shoes_adds_its_own_steps_and_changes_none_of_theirs(
    with_hip: Any,  # noqa: ANN401
) -> None:
    found = list(all_rows(analyse_frames(with_hip.meta, with_hip.frames())))
    shoes = with_hip.only(*FEET)
    alone = list(all_rows(analyse_frames(shoes.meta, shoes.frames())))
    for kind in (StepRow, BalanceRow, WearRow):
        assert of(found, kind) == of(alone, kind)
    hip = of(found, HipStepRow)
    feet = {row.foot for row in hip}
    assert len(hip) > 100
    assert feet == {"left", "right"}, "the shoes know which foot it is"
    (row,) = (r for r in of(found, QualityRow) if r.side == "hip")
    assert (row.activity, row.calibration) == ("running", "good")


def test_a_hip_alone_gives_cadence_and_no_contact_time_of_left_and_right(
    with_hip: Any,  # noqa: ANN401
) -> None:
    alone = with_hip.only(Slot.HIP)
    found = list(all_rows(analyse_frames(alone.meta, alone.frames())))
    (about,) = of(found, SessionRow)
    assert (about.verdict, about.source) == (HIP_ONLY, "hip")
    assert about.cadence_spm == pytest.approx(with_hip.truth.cadence_spm, rel=0.01)
    assert about.distance_m is None
    assert {r.metric for r in of(found, BalanceRow)} <= {"step_time_s"}
    assert {r.source for r in of(found, BalanceRow)} <= {"hip"}
    assert not of(found, StepRow)
    assert not of(found, WearRow)


def test_every_step_of_a_good_run_has_its_angles_shock_and_length(
    run: Any,  # noqa: ANN401
    rows: list[Any],
) -> None:
    steps = sorted(of(rows, StepRow), key=lambda row: row.time_ns)
    inner = steps[4:-4]
    for name in ("strike_angle_deg", "pronation_excursion_deg", "toe_out_deg"):
        known = [v for s in inner if (v := getattr(s, name)) is not None]
        assert len(known) > 0.9 * len(inner), name
    for row in inner:
        assert (row.strike_type is None) is (row.strike_angle_deg is None)
        assert row.impact_g is not None
    lengths = [s.stride_length_m for s in inner if s.stride_length_m]
    speeds = [s.speed_mps for s in inner if s.speed_mps]
    true = [s.speed_mps for s in run.truth.steps if s.t_ic_s > 10]
    assert np.median(speeds) == pytest.approx(np.median(true), rel=0.05)
    stride_s = 120 / run.truth.cadence_spm
    assert np.median(lengths) == pytest.approx(np.median(true) * stride_s, rel=0.05)


def test_the_belts_speed_stands_above_the_measured_one(run: Any) -> None:  # noqa: ANN401
    meta = msgspec.structs.replace(run.meta, speed_mps=3.0)
    found = list(all_rows(analyse_frames(meta, run.frames())))
    (about,) = of(found, SessionRow)
    assert about.speed_mps == 3.0
    strides = [s for s in of(found, StepRow) if s.stride_time_s is not None]
    assert len(strides) > 80
    for row in strides:
        assert row.speed_mps == 3.0
        assert row.stride_length_m == pytest.approx(3.0 * row.stride_time_s)
    assert about.distance_m == pytest.approx(3.0 * (60 - 4), rel=0.08)


def test_a_recording_too_slow_for_contact_times_says_so_everywhere(
    simulate: Simulate,
) -> None:
    slow = simulate(1, 40.0, rate_hz=50.0)
    found = list(all_rows(analyse_frames(slow.meta, slow.frames())))
    assert not of(found, StepRow)
    assert not of(found, BalanceRow)
    assert {r.reason for r in of(found, RejectionRow)} == {
        "sampling rate too low for contact times"
    }
    (row,) = of(found, SessionRow)
    assert row.verdict == NOT_ENOUGH
    assert row.cadence_spm is None


def test_one_foot_gives_steps_but_no_comparison(run: Any) -> None:  # noqa: ANN401
    left = [frame for frame in run.frames() if frame.slot is Slot.LEFT]
    found = list(all_rows(analyse_frames(run.meta, left)))
    assert len(of(found, StepRow)) > 50
    assert not of(found, BalanceRow)
    assert of(found, SessionRow)[0].verdict == ONE_FOOT


def test_shoes_that_only_stood_give_no_verdict(run: Any) -> None:  # noqa: ANN401
    standing = [frame for frame in run.frames() if frame.seq < 35]
    (row,) = of(list(all_rows(analyse_frames(run.meta, standing))), SessionRow)
    assert row.verdict == NOT_ENOUGH
    assert row.steps == 0


@pytest.mark.parametrize(
    ("report", "word"),
    [
        (SensorReport(), "still"),
        (SensorReport(steps=50, walking=10, rejected=10), "running"),
        (SensorReport(steps=10, walking=50, rejected=50), "walking"),
        (SensorReport(refusal="too slow", walking=9), "unknown"),
    ],
)
def test_the_activity_is_what_the_strides_mostly_were(
    report: SensorReport, word: str
) -> None:
    assert activity(report) == word


def test_a_calibration_that_is_not_there_yet_says_so() -> None:
    assert calibration_words(SensorReport(), is_foot=True) == "not done yet"
    for is_foot in (True, False):
        refused = SensorReport(refusal="too slow")
        assert calibration_words(refused, is_foot=is_foot) == "too slow"


def comparison(asi: float, half: float, n_pairs: int = 200) -> Comparison:
    return Comparison(
        left=0.25,
        right=0.25,
        left_sd=None,
        right_sd=None,
        difference=0.0,
        asi_pct=asi,
        ci_low=asi - half,
        ci_high=asi + half,
        random_half=half,
        systematic_half=0.0,
        ci_unit="%",
        n_pairs=n_pairs,
        n_eff=float(n_pairs),
    )


@pytest.mark.parametrize(
    ("asi", "half", "word"),
    [
        (0.5, 2.0, NO_CLEAR_DIFFERENCE),
        (-0.5, 2.0, NO_CLEAR_DIFFERENCE),
        (10.0, 12.0, NO_CLEAR_DIFFERENCE),
        (2.5, 2.0, SLIGHTLY),
        (-2.5, 2.0, SLIGHTLY),
        (3.0, 2.0, SLIGHTLY),
        (5.1, 2.0, CLEARLY),
        (-8.0, 3.0, CLEARLY),
    ],
)
def test_the_verdict_says_only_what_the_interval_allows(
    asi: float, half: float, word: str
) -> None:
    assert judge(comparison(asi, half), 1.0, SETTINGS) == word


def test_without_enough_good_data_there_is_no_verdict() -> None:
    good = comparison(8.0, 2.0)
    assert judge(None, 1.0, SETTINGS) == NOT_ENOUGH
    assert judge(comparison(8.0, 2.0, 29), 1.0, SETTINGS) == NOT_ENOUGH
    assert judge(good, 0.69, SETTINGS) == NOT_ENOUGH
    assert judge(good, 0.71, SETTINGS) == CLEARLY


def test_frames_that_are_gone_for_good_are_told_with_their_number(
    run: Any,  # noqa: ANN401
) -> None:
    frames = [f for f in run.frames() if f.slot is Slot.RIGHT or not 50 <= f.seq < 60]
    lost = [LostFrames(run.meta.session, Slot.LEFT, 0, 50, 59)]
    events = of(list(all_rows(analyse_frames(run.meta, frames, lost))), EventRow)
    assert [(e.side, e.kind) for e in events] == [("left", "gap")]
    assert events[0].text.startswith("10 frames of the left sensor are gone")


@pytest.mark.parametrize("frames", [1, 2, 20])
def test_a_moment_of_data_is_too_little_and_no_crash(
    run: Any,  # noqa: ANN401
    frames: int,
) -> None:
    begin = [f for f in run.frames() if f.seq < frames]
    one = [replace(f, payload=encode(few(f.payload, 3))) for f in begin[:1]]
    for part in (begin, one):
        found = list(all_rows(analyse_frames(run.meta, part)))
        assert of(found, StepRow) == []
        assert of(found, SessionRow)[0].verdict in (NO_RUNNING, NOT_ENOUGH)


def few(payload: bytes, count: int) -> ImuBatch:
    batch = decode(payload)
    return replace(batch, counts=batch.counts[:count])
