"""From an analysis to rows of the store.

A row may be given more than once while a run goes on (a step's flight time is known
only when the other foot has landed); its last version is the same however the data
arrived.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from contract.messages import LiveTile, SensorInfo, SessionMeta
from contract.model import Slot
from contract.rows import (
    BalanceRow,
    EventRow,
    QualityRow,
    Row,
    SessionRow,
    WearRow,
)
from contract.service_rows import LiveRow
from contract.units import NS_PER_S
from contract.verdicts import FAILED, LIGHT_STATES, WHOLE_RUN
from processing import wear
from processing.asymmetry import Comparison
from processing.conclusion import Conclusion
from processing.pace import speed_within
from processing.past import Past
from processing.pipeline import FEET, REACH_NS, SessionAnalysis
from processing.sensor_report import SensorReport
from processing.settings import METHOD
from processing.settings_hash import settings_hash
from processing.step_rows import (
    hip_rows,
    key,
    rejection_rows,
    roll_rows,
    step_rows,
)

LIVE_WINDOW = "30s"


def changed_rows(analysis: SessionAnalysis) -> tuple[list[Row], int | None]:
    """Steps and rejections that are new or changed since the last call.

    Gives also from when on anything has changed (session's clock), None for nothing.
    """
    rows: list[Row] = [
        row
        for slot, rejected in analysis.take_rejected().items()
        for row in rejection_rows(analysis.meta, slot, rejected)
    ]
    changed = analysis.take_changed_from()
    if changed is None:
        return rows, None
    for slot, steps in analysis.steps(changed - REACH_NS).items():
        rows += step_rows(analysis.meta, slot, steps, changed)
    rows += hip_rows(analysis.meta, analysis.hip_steps, changed)
    return rows, changed


def summary_rows(
    analysis: SessionAnalysis,
    counts: dict[Slot, tuple[int, int]],
    past: Past,
    *,
    is_over: bool,
) -> list[Row]:
    """Rows about the whole session so far.

    ``counts`` gives duplicates and reordered frames per sensor. What only a whole run
    can say, and might be taken back before its end, is said when it is over.
    """
    conclusion = Conclusion.of(analysis, past)
    rows: list[Row] = []
    speed_mps, whole = conclusion.about.speed_mps, conclusion.balances
    rows += _balance_rows(analysis, (WHOLE_RUN, 0), whole, speed_mps)
    rows += _wear_rows(analysis)
    rows += _quality_rows(analysis, counts)
    rows += _slip_rows(analysis)
    rows.append(_session_row(analysis, conclusion, is_over=is_over))
    if is_over:
        for window, span, found in analysis.compare_windows():
            speed_mps = speed_within(analysis.steps().values(), *span)
            rows += _balance_rows(analysis, (window, span[0]), found, speed_mps)
        for slot, roll in analysis.rolls().items():
            rows += roll_rows(analysis.meta, slot, roll)
        rows += _placement_rows(analysis)
        rows += conclusion.baseline_rows()
        rows += conclusion.finding_rows()
        rows += conclusion.exercise_rows()
    return rows


def window_rows(analysis: SessionAnalysis, since_ns: int = 0) -> list[Row]:
    """Half minutes that end after a time (session's clock), as they are now."""
    width = round(analysis.settings.balance.live_window_s * NS_PER_S)
    last = analysis.last_contact_ns()
    if last is None:
        return []
    rows: list[Row] = []
    for start in range(since_ns // width * width, last + 1, width):
        end = start + width
        found = analysis.compare(start, end)
        steps = analysis.steps(start - REACH_NS, end + REACH_NS).values()
        speed_mps = speed_within(steps, start, end)
        rows += _balance_rows(analysis, (LIVE_WINDOW, start), found, speed_mps)
    return rows


def loss_rows(meta: SessionMeta, lost: dict[Slot, int]) -> list[Row]:
    """One event per sensor whose frames are gone for good, at the session's start."""
    return [
        EventRow(
            **key(meta, slot.word),
            kind="gap",
            text=f"{count} frames of the {slot.word} sensor are gone: the collector's"
            " disk buffer was full, or they could not be read",
        )
        for slot, count in lost.items()
    ]


def failed_row(meta: SessionMeta) -> SessionRow:
    """What is known of a session whose analysis broke; its raw data are kept."""
    return SessionRow(
        **key(meta, "both"),
        name=meta.name,
        shoe=meta.shoe,
        state=meta.state,
        duration_s=0.0,
        steps=0,
        rejected=0,
        verdict=FAILED,
        source="none",
        baseline_runs=0,
        simulated=meta.simulated,
        method=METHOD,
    )


def live_row(analysis: SessionAnalysis, tile: LiveTile, now_ns: int) -> LiveRow:
    """What a tile shows, and for how long each sensor has been silent."""
    light, origin_ns = tile.light, analysis.meta.origin_ns
    silent: dict[str, Any] = {
        f"{slot.word}_silent_s": (now_ns - origin_ns - report.last_ns) / NS_PER_S
        for slot, report in analysis.reports().items()
    }
    return LiveRow(
        **{**key(analysis.meta, "both"), "time_ns": now_ns},
        state=tile.state,
        note=tile.note,
        elapsed_s=tile.elapsed_s,
        age_s=(now_ns - tile.data_t_ns) / NS_PER_S,
        asi_pct=tile.asi_pct,
        ci_low_pct=tile.ci_low,
        ci_high_pct=tile.ci_high,
        usual_pct=light.usual_pct,
        band_low_pct=light.band_low_pct,
        band_high_pct=light.band_high_pct,
        shift_pct=light.shift_pct,
        cadence_spm=tile.cadence_spm,
        contact_left_ms=tile.contact_left_ms,
        contact_right_ms=tile.contact_right_ms,
        light=LIGHT_STATES.index(light.state),
        light_code=light.code,
        waiting_frames=analysis.meta.waiting_frames,
        simulated=tile.simulated,
        **silent,
    )


def activity(report: SensorReport) -> str:
    """What the wearer of this sensor mostly did."""
    if report.refusal:
        return "unknown"
    if report.steps > report.walking:
        return "running"
    return "walking" if report.walking else "still"


def calibration_words(report: SensorReport, *, is_foot: bool) -> str:
    """How well the sensor's place is known, in words."""
    if report.refusal:
        return report.refusal
    if not is_foot:
        return "good"
    if report.calibration is None:
        return "not done yet"
    return ", ".join(report.calibration.doubts()) or "good"


def _balance_rows(
    analysis: SessionAnalysis,
    window: tuple[str, int],
    found: Mapping[str, Comparison],
    speed_mps: float | None,
) -> list[BalanceRow]:
    """One row per metric of a window, which is its name and its start."""
    name, start_ns = window
    where = key(analysis.meta, "both", start_ns)
    where |= {"window": name, "source": analysis.source, "shoe": analysis.meta.shoe}
    where |= {"speed_mps": speed_mps}
    return [
        BalanceRow(**where, metric=metric, **asdict(comparison))
        for metric, comparison in found.items()
    ]


def _wear_rows(analysis: SessionAnalysis) -> list[WearRow]:
    doses = analysis.tread()
    left, right = (doses[slot].dose_per_step_bws for slot in FEET)
    lr_pct = wear.left_right_pct(left, right)
    distances_m = analysis.distances_m()
    return [
        WearRow(
            **key(analysis.meta, slot.word),
            shoe=analysis.meta.shoe,
            lr_pct=lr_pct,
            distance_m=distances_m[slot] or None,
            **asdict(dose),
        )
        for slot, dose in doses.items()
        if dose.steps or distances_m[slot]  # one foot alone still wears its shoe
    ]


def _quality_rows(
    analysis: SessionAnalysis, counts: dict[Slot, tuple[int, int]]
) -> list[QualityRow]:
    withheld = analysis.withheld()
    rows = []
    for slot, report in analysis.reports().items():
        duplicates, reordered = counts.get(slot, (0, 0))
        calibration = report.calibration
        rows.append(
            QualityRow(
                **key(analysis.meta, slot.word),
                rate_hz=report.rate_hz,
                samples=report.samples,
                frames=report.frames,
                duplicates=duplicates,
                reordered=reordered,
                gaps=report.gaps,
                lost_s=report.lost_ns / NS_PER_S,
                clipped=report.clipped,
                activity=activity(report),
                calibration=calibration_words(report, is_foot=slot.is_foot),
                mount=calibration.mount_words() if calibration else "",
                axis_spread_deg=calibration.axis_spread_deg if calibration else None,
                withheld=withheld.get(slot, ""),
                near_gaps=report.near_gaps,
                strides=report.strides,
                steps=report.steps,
                rejected=report.rejected,
                **_link_figures(analysis.meta.sensors.get(slot.word)),
            )
        )
    return rows


def _link_figures(sensor: SensorInfo | None) -> dict[str, Any]:
    """What the collector last told of a sensor's radio link."""
    if sensor is None or sensor.link is None:
        return {}
    link = sensor.link
    return {
        "packets_lost": link.lost,
        "reconnects": link.reconnects,
        "battery_pct": link.battery_pct,
        "clock_bound_ms": link.clock_bound_ms,
    }


def _placement_rows(analysis: SessionAnalysis) -> list[EventRow]:
    """What the whole run says of where the sensors sit."""
    said = {
        "one_foot": analysis.one_foot_words(),
        "swap_suspected": analysis.swap_words(),
    }
    where = key(analysis.meta, "both")
    return [EventRow(**where, kind=k, text=text) for k, text in said.items() if text]


def _slip_rows(analysis: SessionAnalysis) -> list[EventRow]:
    """When a sensor turned on its shoe."""
    rows = []
    for slot, report in analysis.reports().items():
        for slip in report.slips:
            text = (
                f"the {slot.word} sensor turned by {slip.angle_deg:.0f} deg on its"
                " shoe; its place was found again, and the angles of the strides"
                " between are left out"
            )
            where = key(analysis.meta, slot.word, slip.since_ns)
            rows.append(EventRow(**where, kind="slip", text=text))
    return rows


def _session_row(
    analysis: SessionAnalysis, conclusion: Conclusion, *, is_over: bool
) -> SessionRow:
    meta, reports = analysis.meta, analysis.reports().values()
    starts = [r.first_ns for r in reports if r.first_ns is not None]
    ends = [r.last_ns for r in reports]
    feet = [r for s, r in analysis.reports().items() if s.is_foot] or list(reports)
    return SessionRow(
        **key(meta, "both"),
        name=meta.name,
        shoe=meta.shoe,
        state="ended" if is_over else "running",
        duration_s=(max(ends) - min(starts)) / NS_PER_S if starts else 0.0,
        begin_ms=_unix_ms(meta, min(starts)) if starts else None,
        end_ms=_unix_ms(meta, max(ends)) if starts else None,
        cadence_spm=conclusion.about.cadence_spm,
        speed_mps=conclusion.about.speed_mps,
        distance_m=conclusion.distance_m,
        steps=sum(r.steps for r in feet),
        rejected=sum(r.rejected for r in feet),
        verdict=conclusion.verdict,
        source=analysis.source,
        baseline_runs=conclusion.baseline_runs,
        simulated=meta.simulated,
        method=METHOD,
        settings_hash=settings_hash(analysis.settings),
        pace_matched_session=conclusion.pace_matched_session,
    )


def _unix_ms(meta: SessionMeta, t_ns: int) -> int:
    """Unix time in milliseconds of a time on the session's clock."""
    return (meta.origin_ns + t_ns) // 1_000_000
