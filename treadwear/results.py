"""The outcome of an analysis as plain values: for ``--json`` and for tables."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from contract.rows import (
    BalanceRow,
    QualityRow,
    RejectionRow,
    Row,
    SessionRow,
    StepRow,
)
from contract.units import NS_PER_S
from processing.offline import all_rows
from processing.outcome import RUN_WINDOW
from processing.session import LiveSession

_NOT_SHOWN = ("runner", "session", "side", "time_ns")
_BALANCE_NAMES = {
    "contact_time_s": "contact_time",
    "flight_time_s": "flight_time",
    "step_time_s": "step_time",
    "stride_time_s": "stride_time",
    "swing_time_s": "swing_time",
    "impulse_bws": "impulse",
}


def analysis_result(
    session: LiveSession, *, name: str, offset_s: float, notes: tuple[str, ...]
) -> dict[str, Any]:
    """One object that says all about a recording, times on its own clock."""
    rows = all_rows(session)
    about = next(r for r in rows if isinstance(r, SessionRow))
    steps = sorted(
        (r for r in rows if isinstance(r, StepRow)), key=lambda r: (r.time_ns, r.side)
    )
    return {
        "recording": name,
        "method": about.method,
        "verdict": about.verdict,
        "cadence_spm": about.cadence_spm,
        "balance": _balance(rows),
        "rejected": dict(
            Counter(r.reason for r in rows if isinstance(r, RejectionRow))
        ),
        "quality": _quality(rows, notes),
        "steps": [_step(row, offset_s) for row in steps],
    }


def _step(row: StepRow, offset_s: float) -> dict[str, Any]:
    begin_s = row.time_ns / NS_PER_S + offset_s
    figures = {k: v for k, v in asdict(row).items() if k not in _NOT_SHOWN}
    times = {"t_ic_s": begin_s, "t_to_s": begin_s + row.contact_time_s}
    return {"side": row.side, **times, **figures}


def _balance(rows: list[Row]) -> dict[str, Any]:
    chosen = [r for r in rows if isinstance(r, BalanceRow) and r.window == RUN_WINDOW]
    hidden = (*_NOT_SHOWN, "window", "metric")
    return {
        _BALANCE_NAMES.get(row.metric, row.metric): {
            k: v for k, v in asdict(row).items() if k not in hidden
        }
        for row in chosen
    }


def _quality(rows: list[Row], notes: tuple[str, ...]) -> dict[str, Any]:
    sensors = [r for r in rows if isinstance(r, QualityRow)]
    feet = [r for r in sensors if r.side != "hip"]
    return {
        "activity": activity_of([r.activity for r in feet]),
        "notes": list(notes),
        "sensors": {
            r.side: {k: v for k, v in asdict(r).items() if k not in _NOT_SHOWN}
            for r in sensors
        },
    }


def activity_of(feet: list[str]) -> str:
    """What the wearer did, from what both feet did."""
    for word in ("running", "walking", "still"):
        if word in feet:
            return word
    return "unknown"
