"""What the live page shows of a runner right now."""

import msgspec
import numpy as np

from contract.messages import (
    LightInfo,
    LiveTile,
    OutsideBand,
    SessionMeta,
    TileState,
)
from contract.model import Slot
from contract.units import NS_PER_S
from contract.verdicts import HIP_ONLY
from processing.pace import cadence_spm
from processing.pipeline import FEET, SessionAnalysis
from processing.sensor_report import SensorReport

_SILENT_NS = 3 * NS_PER_S
"""A sensor this far behind the other is missing: the page calls data stale then."""
_WALKING_NS = 5 * NS_PER_S
"""No running step for so long, while strides go on, is walking."""


_NO_SIDES = f"{HIP_ONLY}: no left against right without shoe sensors"
"""Notes of a session without shoe sensors begin so; the live page knows it."""


_NO_LIGHT = LightInfo()
_NOT_NOW: dict[TileState, str] = {
    "calibrating": "getting ready: finding out how the sensors sit",
    "warming": "warming up: too few strides yet",
    "walking": "walking: left and right are compared while running",
    "one_foot": "one of the two shoe sensors is missing",
    "in_doubt": "the sensors may be on the wrong feet",
    "ended": "the run is over",
}
"""Why there is no light in a state without a comparison."""


def live_tile(
    analysis: SessionAnalysis,
    *,
    is_over: bool,
    light: LightInfo = _NO_LIGHT,
    outside: tuple[OutsideBand, ...] = (),
) -> LiveTile | None:
    """Tile of the last half minute; None before any data.

    Of a runner who is not to be watched it holds neither name nor figures.
    It is dated by its data: who sends it knows how late those are.

    Parameters
    ----------
    light, outside
        What the light's watch says of the session (`processing.light_watch`).
    """
    meta, balance = analysis.meta, analysis.settings.balance
    every = analysis.reports()
    reports = {s: r for s, r in every.items() if s.is_foot} or every
    if not reports:
        return None
    newest = max(r.last_ns for r in reports.values())
    if not meta.consent_live:
        return _taken_off(meta, meta.origin_ns + newest, is_over=is_over)
    oldest = min(r.first_ns or 0 for r in reports.values())
    since = newest - round(balance.live_window_s * NS_PER_S)
    found = analysis.compare(start_ns=since, names=("contact_time_s",))
    contact = found.get("contact_time_s")
    n_pairs = contact.n_pairs if contact else 0
    note, state = _state(analysis, reports, newest, n_pairs, is_over=is_over)
    shown = contact if contact and state == "live" else None
    left_ms, right_ms = (_contact_ms(analysis, s, since, state) for s in FEET)
    return LiveTile(
        runner=meta.runner,
        session=meta.session,
        name=meta.name or meta.runner,
        shoe=meta.shoe,
        state=state,
        t_ns=meta.origin_ns + newest,
        data_t_ns=meta.origin_ns + newest,
        elapsed_s=(newest - oldest) / NS_PER_S,
        window_s=balance.live_window_s,
        n_pairs=n_pairs,
        pairs_needed=balance.live_pairs,
        asi_pct=shown.asi_pct if shown else None,
        ci_low=shown.ci_low if shown else None,
        ci_high=shown.ci_high if shown else None,
        cadence_spm=cadence_spm(analysis, since) if state != "calibrating" else None,
        contact_left_ms=left_ms,
        contact_right_ms=right_ms,
        note=note,
        light=_light_now(light, state, note),
        outside=outside if state == "live" else (),
        simulated=meta.simulated,
        consent_live=meta.consent_live,
    )


def _taken_off(meta: SessionMeta, t_ns: int, *, is_over: bool) -> LiveTile:
    """Tile of somebody who is not to be watched: only what takes her off the walls."""
    return LiveTile(
        runner=meta.runner,
        session=meta.session,
        name="",
        state="ended" if is_over else "calibrating",
        t_ns=t_ns,
        data_t_ns=t_ns,
        elapsed_s=0.0,
        window_s=0.0,
        n_pairs=0,
        pairs_needed=0,
        simulated=meta.simulated,
        consent_live=False,
    )


def _light_now(light: LightInfo, state: TileState, note: str) -> LightInfo:
    """Light as it may be shown in a state: a reading of a while ago is none of now.

    A light that is on stays on, with the reason why nothing moves it at the moment.
    """
    if state == "live":
        return light
    why = note if state == "one_foot" and note else _NOT_NOW[state]
    still = {"text": why, "shift_pct": None}
    if light.state == "check":
        return msgspec.structs.replace(light, **still)
    return LightInfo(text=why, baseline_runs=light.baseline_runs)


def _state(
    analysis: SessionAnalysis,
    reports: dict[Slot, SensorReport],
    newest: int,
    n_pairs: int,
    *,
    is_over: bool,
) -> tuple[str, TileState]:
    """Note and state of the tile; the first thing that is wrong counts."""
    if is_over:
        return "", "ended"
    if Slot.HIP in reports:
        return _hip_state(analysis, reports[Slot.HIP])
    missing = _missing(analysis, reports, newest)
    if missing:
        return missing, "one_foot"
    if any(r.calibration is None for r in reports.values()):
        return "", "calibrating"
    last = analysis.last_contact_ns()
    if any(r.walking for r in reports.values()) and (
        last is None or newest - last > _WALKING_NS
    ):
        return "", "walking"
    doubt = _ending(analysis.swap_words())
    enough = n_pairs >= analysis.settings.balance.live_pairs
    return doubt, "in_doubt" if doubt else "live" if enough else "warming"


def _missing(
    analysis: SessionAnalysis, reports: dict[Slot, SensorReport], newest: int
) -> str:
    """Say which foot nothing can be said of, and why; "" when both are there."""
    refused = {s.word: r.refusal for s, r in reports.items() if r.refusal}
    if refused:
        return "; ".join(f"{s}: {why}" for s, why in refused.items())
    silent = _silent_feet(reports, newest)
    if silent:
        return f"no data from the {' and the '.join(silent)} sensor"
    return _ending(analysis.one_foot_words())


def _hip_state(
    analysis: SessionAnalysis, report: SensorReport
) -> tuple[str, TileState]:
    """Note and state without shoe sensors: never a claim about left and right."""
    if report.refusal:
        return f"{HIP_ONLY}: {report.refusal}", "one_foot"
    mid_ns = analysis.hip_steps.mid_ns
    if not len(mid_ns) and not report.walking:
        return HIP_ONLY, "calibrating"
    if not len(mid_ns) or report.last_ns - int(mid_ns[-1]) > _WALKING_NS:
        return HIP_ONLY, "walking" if report.walking else "calibrating"
    return _NO_SIDES, "one_foot"


def _ending(words: str) -> str:
    """Give what a sentence concludes: a tile has no room for the evidence."""
    return words.rpartition(": ")[2]


def _silent_feet(reports: dict[Slot, SensorReport], newest: int) -> list[str]:
    """Feet that are behind the other one, or never came though it began a while ago."""
    begin = min(r.first_ns or 0 for r in reports.values())
    heard = {slot: r.last_ns for slot, r in reports.items()}
    return [s.word for s in FEET if newest - heard.get(s, begin) > _SILENT_NS]


def _contact_ms(
    analysis: SessionAnalysis, slot: Slot, since_ns: int, state: TileState
) -> float | None:
    contact_s = analysis.steps(since_ns)[slot].contact_time_s
    if state in ("calibrating", "walking", "in_doubt") or not len(contact_s):
        return None
    return float(np.mean(contact_s)) * 1e3
