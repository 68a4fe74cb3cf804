"""The outcome of an analysis as plain values: for ``--json`` and for tables."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from statistics import fmean, stdev
from typing import Any, TypeVar

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
from contract.units import NS_PER_S
from contract.verdicts import WHOLE_RUN
from processing.advice.plan import Plan
from processing.conclusion import Conclusion
from processing.hip.steps import HIP_LIMITS
from processing.offline import all_rows
from processing.session import LiveSession
from treadwear.metric_names import plain_name

_NOT_SHOWN = ("runner", "session", "side", "time_ns")
R = TypeVar("R", bound=Row)
FOOT_FIGURES = (
    "contact_time_s",
    "stride_time_s",
    "swing_time_s",
    "duty_factor",
    "flight_time_s",
    "step_time_s",
    "cadence_spm",
    "impulse_bws",
    "peak_force_bw",
    "strike_angle_deg",
    "pitch_at_toe_off_deg",
    "pronation_excursion_deg",
    "pronation_time_pct",
    "pronation_velocity_dps",
    "toe_out_deg",
    "impact_g",
    "braking_g",
    "stride_length_m",
    "speed_mps",
)
HIP_FIGURES = (
    "step_time_s",
    "cadence_spm",
    "contact_time_estimate_s",
    "vertical_oscillation_m",
    "pelvic_drop_deg",
    "pelvic_tilt_deg",
    "pelvic_rotation_deg",
)
"""Columns that are told as mean, spread and number, each with its unit in the name."""
STRIKE_TYPES = ("heel", "middle", "forefoot")


def analysis_result(
    session: LiveSession, *, name: str, offset_s: float, notes: tuple[str, ...]
) -> dict[str, Any]:
    """One object that says all about a recording, times on its own clock."""
    rows = all_rows(session)
    about = next(r for r in rows if isinstance(r, SessionRow))
    conclusion = None
    if session.analysis is not None:
        conclusion = Conclusion.of(session.analysis, session.past)
    found = {
        "recording": name,
        "method": about.method,
        "verdict": about.verdict,
        "basis": conclusion.basis if conclusion else "",
        "source": about.source,
        "cadence_spm": about.cadence_spm,
        "speed_mps": about.speed_mps,
        "distance_m": about.distance_m,
        "belt_speed_mps": session.meta.speed_mps if session.meta else None,
        **_measured(rows, offset_s),
        "plan": _plan(rows, conclusion.plan if conclusion else None),
        "calibration": _calibration(rows),
        "events": _events(rows, offset_s),
        "rejected": dict(Counter(r.reason for r in _of(rows, RejectionRow))),
        "quality": _quality(rows, notes),
        "limits": list(HIP_LIMITS) if about.source == "hip" else [],
    }
    return {key: _plain(value) for key, value in found.items()}


def _measured(rows: list[Row], offset_s: float) -> dict[str, Any]:
    """Figures of the feet, the hip, the shoes and each step."""
    steps = _of(rows, StepRow)
    findings = sorted(_of(rows, FindingRow), key=lambda r: r.rank)
    sides = sorted({r.side for r in steps})
    return {
        "feet": {side: _foot([r for r in steps if r.side == side]) for side in sides},
        "hip": figures_of(_of(rows, HipStepRow), HIP_FIGURES),
        "balance": _balance(rows, WHOLE_RUN),
        "change": _balance(rows, "change"),
        "splits": _splits(rows, offset_s),
        "baseline": {r.metric: _figures(r) for r in _of(rows, BaselineRow)},
        "findings": [_figures(r, "side") for r in findings],
        "wear": {
            "label": "modelled load dose",
            **{r.side: _figures(r) for r in _of(rows, WearRow)},
        },
        "steps": _steps(rows, offset_s),
        "hip_steps": _hip_steps(rows, offset_s),
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - anything that JSON can hold
    """Replace numbers that JSON has no word for (NaN, infinity) by None."""
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def figures_of(rows: Sequence[Row], names: Iterable[str]) -> dict[str, Any]:
    """Mean, spread (SD) and number of each figure that is known of these rows."""
    known = {
        name: [v for row in rows if (v := getattr(row, name)) is not None]
        for name in names
    }
    return {
        name: {
            "mean": fmean(values),
            "sd": stdev(values) if len(values) > 1 else None,
            "n": len(values),
        }
        for name, values in known.items()
        if values
    }


def _foot(steps: list[StepRow]) -> dict[str, Any]:
    """One foot's figures; shares of strike types are of the steps with an angle."""
    landed = Counter(row.strike_type for row in steps if row.strike_type)
    clipped = sum(bool(row.is_clipped) for row in steps)
    return {
        "steps": len(steps),
        **figures_of(steps, FOOT_FIGURES),
        "strike_type_pct": {
            kind: 100 * landed[kind] / landed.total()
            for kind in STRIKE_TYPES
            if landed[kind]
        },
        "clipped_pct": 100 * clipped / len(steps),
    }


def _of(rows: Iterable[Row], kind: type[R]) -> list[R]:
    return [row for row in rows if isinstance(row, kind)]


def _figures(row: Row, *also: str) -> dict[str, Any]:
    """Columns of a row without what names it."""
    hidden = set(_NOT_SHOWN) - set(also)
    return {k: v for k, v in asdict(row).items() if k not in hidden}


def _steps(rows: list[Row], offset_s: float) -> list[dict[str, Any]]:
    steps = sorted(_of(rows, StepRow), key=lambda r: (r.time_ns, r.side))
    found = []
    for row in steps:
        begin_s = row.time_ns / NS_PER_S + offset_s
        times = {"t_ic_s": begin_s, "t_to_s": begin_s + row.contact_time_s}
        found.append({"side": row.side, **times, **_figures(row)})
    return found


def _hip_steps(rows: list[Row], offset_s: float) -> list[dict[str, Any]]:
    steps = sorted(_of(rows, HipStepRow), key=lambda r: r.time_ns)
    return [
        {"side": r.foot, "t_mid_s": r.time_ns / NS_PER_S + offset_s, **_figures(r)}
        for r in steps
    ]


def _balance(rows: list[Row], window: str) -> dict[str, Any]:
    chosen = [r for r in _of(rows, BalanceRow) if r.window == window]
    hidden = ("window", "metric")
    return {
        plain_name(r.metric): {k: v for k, v in _figures(r).items() if k not in hidden}
        for r in chosen
    }


def _splits(rows: list[Row], offset_s: float) -> list[dict[str, Any]]:
    """Comparisons over parts of the run: half minutes, kilometres, thirds."""
    parts = [r for r in _of(rows, BalanceRow) if r.window not in (WHOLE_RUN, "change")]
    return [
        {"t_s": r.time_ns / NS_PER_S + offset_s, **_figures(r)}
        for r in sorted(parts, key=lambda r: (r.window, r.time_ns, r.metric))
    ]


def _plan(rows: list[Row], plan: Plan | None) -> dict[str, Any]:
    exercises = sorted(_of(rows, ExerciseRow), key=lambda r: r.place)
    if plan is None:
        return {"exercises": []}
    return {
        "exercises": [_figures(r, "side") for r in exercises],
        "hidden_reason": plan.hidden_reason,
        "advice": plan.advice,
        "retest": asdict(plan.retest) if plan.retest else None,
        "checkpoints": [asdict(c) for c in plan.checkpoints],
        "disclaimer": plan.disclaimer,
    }


def _calibration(rows: list[Row]) -> dict[str, Any]:
    return {
        r.side: {
            "quality": r.calibration,
            "origin": r.mount,
            "axis_spread_deg": r.axis_spread_deg,
            "withheld": r.withheld,
        }
        for r in _of(rows, QualityRow)
    }


def _events(rows: list[Row], offset_s: float) -> list[dict[str, Any]]:
    return [
        {"side": r.side, "t_s": r.time_ns / NS_PER_S + offset_s, **_figures(r)}
        for r in _of(rows, EventRow)
    ]


def _quality(rows: list[Row], notes: tuple[str, ...]) -> dict[str, Any]:
    sensors = _of(rows, QualityRow)
    feet = [r for r in sensors if r.side != "hip"] or sensors
    return {
        "activity": activity_of([r.activity for r in feet]),
        "notes": list(notes),
        "sensors": {r.side: _figures(r) for r in sensors},
    }


def activity_of(feet: list[str]) -> str:
    """What the wearer did, from what both feet did."""
    for word in ("running", "walking", "still"):
        if word in feet:
            return word
    return "unknown"
