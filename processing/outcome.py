"""From an analysis to rows of the store.

A row may be given more than once while a run goes on (a step's flight time is known
only when the other foot has landed); its last version is the same however the data
arrived.
"""

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from contract.messages import SessionMeta
from contract.model import FloatArray, Slot
from contract.rows import (
    BalanceRow,
    EventRow,
    QualityRow,
    RejectionRow,
    Row,
    SessionRow,
    StepRow,
    WearRow,
)
from contract.units import NS_PER_S
from processing.foot import FootReport
from processing.metrics import Steps
from processing.pipeline import FEET, REACH_NS, SessionAnalysis
from processing.settings import METHOD
from processing.verdict import FAILED, NO_RUNNING, ONE_FOOT, judge

RUN_WINDOW = "run"
LIVE_WINDOW = "30s"
_OPTIONAL = (
    "stride_time_s",
    "swing_time_s",
    "duty_factor",
    "flight_time_s",
    "step_time_s",
    "cadence_spm",
    "impulse_bws",
)


def changed_rows(analysis: SessionAnalysis) -> list[Row]:
    """Steps, rejections and windows that are new or changed since the last call."""
    rows: list[Row] = _rejections(analysis)
    changed = analysis.take_changed_from()
    if changed is not None:
        rows += _step_rows(analysis, changed)
        rows += _window_rows(analysis, changed)
    return rows


def summary_rows(
    analysis: SessionAnalysis, counts: dict[Slot, tuple[int, int]], *, is_over: bool
) -> list[Row]:
    """Rows about the whole session so far.

    ``counts`` gives duplicates and reordered frames per sensor.
    """
    rows: list[Row] = []
    rows += _balance_rows(analysis, RUN_WINDOW, None, None)
    rows += _wear_rows(analysis)
    rows += _quality_rows(analysis, counts)
    rows.append(_session_row(analysis, is_over=is_over))
    return rows


def loss_rows(meta: SessionMeta, lost: dict[Slot, int]) -> list[Row]:
    """One event per sensor whose frames are gone for good, at the session's start."""
    return [
        EventRow(
            runner=meta.runner,
            session=meta.session,
            side=slot.word,
            time_ns=meta.origin_ns,
            kind="gap",
            text=f"{count} frames of the {slot.word} sensor are gone: the collector's"
            " disk buffer was full, or they could not be read",
        )
        for slot, count in lost.items()
    ]


def failed_row(meta: SessionMeta) -> SessionRow:
    """What is known of a session whose analysis broke; its raw data are kept."""
    return SessionRow(
        runner=meta.runner,
        session=meta.session,
        side="both",
        time_ns=meta.origin_ns,
        name=meta.name,
        shoe=meta.shoe,
        state=meta.state,
        duration_s=0.0,
        steps=0,
        rejected=0,
        verdict=FAILED,
        simulated=meta.simulated,
        method=METHOD,
    )


def activity(report: FootReport) -> str:
    """What the wearer of this sensor mostly did."""
    if report.refusal:
        return "unknown"
    if report.steps > report.walking:
        return "running"
    return "walking" if report.walking else "still"


def calibration_words(report: FootReport) -> str:
    """How well the sensor's place on the foot is known, in words."""
    if report.refusal:
        return report.refusal
    if report.calibration is None:
        return "not done yet"
    return ", ".join(report.calibration.doubts()) or "good"


def coverage(analysis: SessionAnalysis) -> float:
    """Share of running strides that became steps, of the foot that has least."""
    shares = []
    for slot in FEET:
        report = analysis.reports().get(slot)
        running = report.strides - report.walking if report else 0
        shares.append(report.steps / running if report and running else 0.0)
    return min(shares)


def _key(analysis: SessionAnalysis, side: str, t_ns: int = 0) -> dict[str, Any]:
    meta = analysis.meta
    return {
        "runner": meta.runner,
        "session": meta.session,
        "side": side,
        "time_ns": meta.origin_ns + t_ns,
    }


def _rejections(analysis: SessionAnalysis) -> list[Row]:
    return [
        RejectionRow(**_key(analysis, slot.word, r.t_ns), reason=r.reason)
        for slot, rejected in analysis.take_rejected().items()
        for r in rejected
    ]


def _step_rows(analysis: SessionAnalysis, since_ns: int) -> list[Row]:
    return [
        _step_row(analysis, slot, steps, int(k))
        for slot, steps in analysis.steps(since_ns - REACH_NS).items()
        for k in np.flatnonzero(steps.ic_ns >= since_ns)
    ]


def _step_row(analysis: SessionAnalysis, slot: Slot, steps: Steps, k: int) -> StepRow:
    figures: dict[str, Any] = {n: _known(getattr(steps, n)[k]) for n in _OPTIONAL}
    return StepRow(
        **_key(analysis, slot.word, int(steps.ic_ns[k])),
        contact_time_s=float(steps.contact_time_s[k]),
        quality=float(steps.quality[k]),
        **figures,
    )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _window_rows(analysis: SessionAnalysis, since_ns: int) -> list[Row]:
    width = round(analysis.settings.balance.live_window_s * NS_PER_S)
    last = analysis.last_contact_ns()
    if last is None:
        return []
    rows: list[Row] = []
    for start in range(since_ns // width * width, last + 1, width):
        rows += _balance_rows(analysis, LIVE_WINDOW, start, start + width)
    return rows


def _balance_rows(
    analysis: SessionAnalysis, window: str, start_ns: int | None, end_ns: int | None
) -> list[BalanceRow]:
    key = _key(analysis, "both", start_ns or 0)
    found = analysis.compare(start_ns, end_ns)
    return [
        BalanceRow(**key, window=window, metric=name, **asdict(comparison))
        for name, comparison in found.items()
    ]


def _wear_rows(analysis: SessionAnalysis) -> list[WearRow]:
    return [
        WearRow(**_key(analysis, slot.word), shoe=analysis.meta.shoe, **asdict(dose))
        for slot, dose in analysis.doses().items()
        if dose.steps
    ]


def _quality_rows(
    analysis: SessionAnalysis, counts: dict[Slot, tuple[int, int]]
) -> list[QualityRow]:
    rows = []
    for slot, report in analysis.reports().items():
        duplicates, reordered = counts.get(slot, (0, 0))
        rows.append(
            QualityRow(
                **_key(analysis, slot.word),
                rate_hz=report.rate_hz,
                samples=report.samples,
                frames=report.frames,
                duplicates=duplicates,
                reordered=reordered,
                gaps=report.gaps,
                lost_s=report.lost_ns / NS_PER_S,
                clipped=report.clipped,
                activity=activity(report) if slot.is_foot else "unknown",
                calibration=calibration_words(report)
                if slot.is_foot
                else "not used yet",
                strides=report.strides,
                steps=report.steps,
                rejected=report.rejected,
            )
        )
    return rows


def _session_row(analysis: SessionAnalysis, *, is_over: bool) -> SessionRow:
    meta, reports = analysis.meta, analysis.reports().values()
    starts = [r.first_ns for r in reports if r.first_ns is not None]
    ends = [r.last_ns for r in reports]
    return SessionRow(
        **_key(analysis, "both"),
        name=meta.name,
        shoe=meta.shoe,
        state="ended" if is_over else "running",
        duration_s=(max(ends) - min(starts)) / NS_PER_S if starts else 0.0,
        cadence_spm=cadence_spm(analysis),
        steps=sum(r.steps for r in reports),
        rejected=sum(r.rejected for r in reports),
        verdict=_verdict(analysis),
        simulated=meta.simulated,
        method=METHOD,
    )


def _verdict(analysis: SessionAnalysis) -> str:
    """What can be said of left and right, or why nothing can."""
    feet = [r for s, r in analysis.reports().items() if s.is_foot]
    if feet and not any(r.steps or r.refusal for r in feet):
        return NO_RUNNING
    if sum(r.steps > 0 for r in feet) == 1:
        return ONE_FOOT
    contact = analysis.compare().get("contact_time_s")
    return judge(contact, coverage(analysis), analysis.settings.balance)


def cadence_spm(analysis: SessionAnalysis, since_ns: int | None = None) -> float | None:
    """Median cadence of both feet's steps, all or from a time on."""
    steps = analysis.steps(since_ns)
    cadence: FloatArray = np.concatenate([s.cadence_spm for s in steps.values()])
    cadence = cadence[np.isfinite(cadence)]
    return float(np.median(cadence)) if len(cadence) else None
