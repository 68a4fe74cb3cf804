"""Rows of one drawn run, as its analysis would give them."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from benchmarks.server.month import BASELINE_FROM, GROWING, METRICS, NEWCOMER, Run
from contract.rows import (
    BalanceRow,
    BaselineRow,
    EventRow,
    ExerciseRow,
    FindingRow,
    HipStepRow,
    QualityRow,
    RejectionRow,
    Row,
    SessionRow,
    StepRow,
    WearRow,
)
from contract.verdicts import ALERT_CLEARED, ALERT_RAISED, RIGHT_LONGER

_ZONES = {
    "heel_medial_bws": 0.13,
    "heel_lateral_bws": 0.17,
    "mid_medial_bws": 0.09,
    "mid_lateral_bws": 0.12,
    "fore_medial_bws": 0.27,
    "fore_lateral_bws": 0.22,
}


def run_rows(run: Run) -> list[Row]:
    """All rows that the analysis of one run gives."""
    rows: list[Row] = [_session(run), *_quality(run), *_events(run)]
    if run.is_by_hip:
        return [*rows, *_hip_steps(run), *_windows(run, ("step_time_s",))]
    rows += [*_steps(run, "left"), *_steps(run, "right"), *_wear(run)]
    rows += _windows(run, tuple(METRICS))
    rows += [*_baselines(run), *_findings(run), *_plan(run)]
    rows.append(RejectionRow(**run.where("left", 3.3), reason="stride too long"))
    return rows


def _session(run: Run) -> SessionRow:
    begin_ms = run.start_ns // 1_000_000
    judged = run.number >= BASELINE_FROM and not run.is_by_hip
    verdict = "hip only" if run.is_by_hip else "no clear difference"
    return SessionRow(
        **run.where("both"),
        name="a name that stays at home",
        shoe=run.shoe,
        state="running" if run.is_going_on else "ended",
        duration_s=run.seconds,
        cadence_spm=166.0 + run.place % 9,
        speed_mps=2.9,
        distance_m=2.9 * run.seconds,
        steps=round(run.seconds * 2.77),
        rejected=4,
        verdict="as usual" if judged else verdict,
        source="hip" if run.is_by_hip else "shoes",
        baseline_runs=min(run.number, 12) if judged else 0,
        simulated=True,
        method="bench",
        begin_ms=begin_ms,
        end_ms=begin_ms + round(run.seconds * 1e3),
    )


def _steps(run: Run, side: str) -> list[StepRow]:
    """A foot's steps: half the cadence, drifting and scattered."""
    stride_s, chance = 0.692, run.chance()
    n = int(run.seconds / stride_s)
    at_s = np.arange(n) * stride_s + (0.346 if side == "right" else 0.0)
    sign = 0.5 if side == "right" else -0.5
    drawn = {name: _drawn(chance, n, *m[:2]) for name, m in METRICS.items()}
    drawn["contact_time_s"] *= 1.0 + sign * run.asi_pct / 100.0
    fixed: dict[str, Any] = {"swing_time_s": 0.449, "duty_factor": 0.351}
    return [
        StepRow(
            **run.where(side, at),
            **fixed,
            stride_time_s=stride_s,
            **_named(drawn, values),
            cadence_spm=120.0 / stride_s,
            speed_mps=2.9,
            stride_length_m=2.0,
            is_clipped=False,
            strike_type="heel",
            quality=1.0,
        )
        for at, values in zip(
            at_s.tolist(),
            np.column_stack(list(drawn.values())).tolist(),
            strict=True,
        )
    ]


def _named(names: Iterable[str], values: list[float]) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))


def _drawn(chance: np.random.Generator, n: int, mean: float, sd: float) -> Any:  # noqa: ANN401
    return mean + sd * chance.standard_normal(n)


def _hip_steps(run: Run) -> list[HipStepRow]:
    at_s = np.arange(0.0, run.seconds, 0.361).tolist()
    return [
        HipStepRow(
            **run.where("hip", at),
            foot="left" if k % 2 else "right",
            step_time_s=0.361,
            cadence_spm=166.0,
            contact_time_estimate_s=0.25,
            vertical_oscillation_m=0.08,
            side_confidence=0.9,
        )
        for k, at in enumerate(at_s)
    ]


def _windows(run: Run, metrics: tuple[str, ...]) -> list[BalanceRow]:
    """Left against right over the run, its kilometres and half minutes."""
    chance, third_s = run.chance(), run.seconds / 3.0
    windows = [("run", 0.0, 0.6), ("first_third", 0.0, 1.0)]
    windows += [("last_third", 2.0 * third_s, 1.0), ("change", 0.0, 1.4)]
    windows += [("km", t, 1.0) for t in np.arange(0.0, run.seconds, 345.0).tolist()]
    windows += [("30s", t, 2.2) for t in np.arange(0.0, run.seconds, 30.0).tolist()]
    return [
        _balance(run, metric, window, chance.normal(run.asi_pct, 0.3 * window[2]))
        for metric in metrics
        for window in windows
    ]


def _balance(
    run: Run, metric: str, window: tuple[str, float, float], asi_pct: float
) -> BalanceRow:
    name, at_s, half = window
    mean, sd, unit = METRICS[metric]
    gap = mean * asi_pct / 100.0
    size = asi_pct if unit == "%" else gap
    return BalanceRow(
        **run.where("both", at_s),
        window=name,
        metric=metric,
        left=mean - gap / 2.0,
        right=mean + gap / 2.0,
        left_sd=sd,
        right_sd=sd,
        difference=gap,
        asi_pct=asi_pct if unit == "%" else None,
        ci_low=size - half,
        ci_high=size + half,
        random_half=half / 2.0,
        systematic_half=half / 2.0,
        ci_unit=unit,
        n_pairs=40,
        n_eff=25.0,
        source="hip" if run.is_by_hip else "shoes",
        shoe=run.shoe,
    )


def _baselines(run: Run) -> list[BaselineRow]:
    if run.number < BASELINE_FROM or run.place == NEWCOMER:
        return []
    first = Run(run.month, run.place, 0).asi_pct
    shift = run.asi_pct - first
    return [
        BaselineRow(
            **run.where("both"),
            metric=metric,
            runs=min(run.number, 12),
            usual=first,
            band_low=first - 1.6,
            band_high=first + 1.6,
            mdc=1.4,
            shift=shift,
            ci_unit=unit,
            is_new=abs(shift) > 1.6,
            shoe=run.shoe,
        )
        for metric, (_, _, unit) in METRICS.items()
    ]


def _wear(run: Run) -> list[WearRow]:
    steps = int(run.seconds / 0.692)
    rows = []
    for side, sign in (("left", -0.5), ("right", 0.5)):
        per_step = 0.361 * (1.0 + sign * run.asi_pct / 100.0)
        dose, tilt = steps * per_step, 0.02 * sign * run.asi_pct
        zones: dict[str, Any] = {
            zone: dose * share * (1.0 + (tilt if "medial" in zone else -tilt))
            for zone, share in _ZONES.items()
        }
        row = WearRow(
            **run.where(side),
            shoe=run.shoe,
            steps=steps,
            dose_bws=sum(zones.values()),
            dose_per_step_bws=per_step,
            lr_pct=run.asi_pct / 2.0,
            ml_pct=-2.0 + 100.0 * tilt,
            hf_pct=-24.0,
            distance_m=2.9 * run.seconds,
            **zones,
        )
        rows.append(row)
    return rows


def _findings(run: Run) -> list[FindingRow]:
    if abs(run.asi_pct) < 2.0:
        return []
    return [
        FindingRow(
            **run.where("right" if run.asi_pct > 0 else "left"),
            code="contact_time",
            rank=1,
            metric="contact_time_s",
            text="One foot stays on the ground longer than the other.",
            size=run.asi_pct,
            low=run.asi_pct - 0.6,
            high=run.asi_pct + 0.6,
            unit="%",
            certainty=3,
            since="new",
            action="Check the sensors, then look at the next three runs.",
        )
    ]


def _plan(run: Run) -> list[ExerciseRow]:
    what = (("inhibit", "Roll the calf"), ("activate", "Single-leg calf raise"))
    return [
        ExerciseRow(
            **run.where("both"),
            place=place,
            phase=phase,
            exercise=exercise,
            dose="2 sets of 12, slowly",
            when="after the run",
            why="contact_time",
            retest="2026-12-20",
        )
        for place, (phase, exercise) in enumerate(what, 1)
    ]


def _quality(run: Run) -> list[QualityRow]:
    sides = ("hip",) if run.is_by_hip else ("left", "right")
    samples = round(200.0 * run.seconds)
    return [
        QualityRow(
            **run.where(side),
            rate_hz=200.0,
            samples=samples,
            frames=samples // 20,
            duplicates=3,
            reordered=0,
            gaps=run.number % 3,
            lost_s=0.4 * (run.number % 3),
            clipped=2,
            activity="running",
            calibration="good",
            mount="heel rise",
            axis_spread_deg=2.1,
            withheld="",
            near_gaps=1,
            strides=samples // 139,
            steps=samples // 139,
            rejected=2,
            packets_lost=run.number % 3,
            reconnects=0,
            battery_pct=float(max(5, 95 - 7 * (run.number % 12) - k)),
            clock_bound_ms=1.2,
        )
        for k, side in enumerate(sides)
    ]


def _events(run: Run) -> list[EventRow]:
    rows = [EventRow(**run.where("both", 60.0), kind="mark", text="a mark was set")]
    if run.place == NEWCOMER:
        text = "12 frames of the left sensor are gone"
        rows.append(EventRow(**run.where("left"), kind="gap", text=text))
    if run.place == GROWING and run.number >= run.month.runs - 3:
        raised = "The right foot stays down longer than usual for her."
        for kind, at_s, text in (
            (ALERT_RAISED, 100.0, raised),
            (ALERT_CLEARED, 170.0, "Back within her own usual band."),
        ):
            where = run.where("both", at_s)
            rows.append(EventRow(**where, kind=kind, text=text, code=RIGHT_LONGER))
    return rows
