"""What else could explain a difference: what is known of it, and what stays open."""

import itertools
from collections.abc import Sequence
from statistics import fmean, pstdev

from contract.track import Track
from contract.units import NS_PER_S
from dashboards.report.clipping import compared_row
from dashboards.report.data import ReportData
from dashboards.report.forest import ON_PAPER
from dashboards.report.losses import sensor
from dashboards.report.metrics import (
    is_known,
    joined,
    number,
    shortened,
    signed,
)
from dashboards.report.shoe import life_words

BENDS = {"left": "bends to the left", "right": "to the right", "both": "both ways"}
OPEN = "open: not told"


def confounder_rows(data: ReportData) -> list[tuple[str, str]]:
    """What may pass for a difference of the runner, and what is known of it."""
    meta = data.meta
    surface = meta.surface if meta else ""
    bends = meta.bends if meta else ""
    return [
        ("Speed, cadence", _pace(data)),
        ("Surface", surface or OPEN),
        ("Road camber", "none" if surface in ("track", "treadmill") else OPEN),
        ("Bends, slope", f"{BENDS.get(bends, bends) or OPEN}; {_slope(data)}"),
        ("Shoe", _shoe(data)),
        ("Sensor seat", _seat(data)),
        ("Many metrics", _many(data)),
    ]


def _pace(data: ReportData) -> str:
    parts = []
    speeds = [s.speed_mps for s in data.steps if s.speed_mps is not None]
    cadences = [s.cadence_spm for s in data.steps if s.cadence_spm is not None]
    if speeds:
        parts.append(f"{_spread(speeds, 2)} m/s")
    if cadences:
        parts.append(f"{_spread(cadences, 0)} steps/min")
    match = data.advice.pace_match
    if match:
        size = signed(match.size_pct)
        parts.append(f"run at this pace on {match.day}: contact {size} %")
    return "; ".join(parts) or "not known"


def _spread(values: Sequence[float], digits: int) -> str:
    known = [v for v in values if is_known(v)]
    if not known:
        return "not known"
    return f"{number(fmean(known), digits)} ± {number(pstdev(known), max(digits, 1))}"


def _slope(data: ReportData) -> str:
    track = data.advice.track
    climbed = climb_m(track, data) if track else None
    if climbed is None:
        return "slope open: no height known"
    up, down = climbed
    return f"+{number(up)} / \N{MINUS SIGN}{number(down)} m by the watch"


def climb_m(track: Track, data: ReportData) -> tuple[float, float] | None:
    """Metres up and down during the run by a watch's heights; None when unknown."""
    start = data.session.time_ns
    end = start + round(data.session.duration_s * NS_PER_S)
    heights = [
        p.altitude_m
        for p in track.points
        if p.altitude_m is not None and start <= p.t_ns <= end
    ]
    if len(heights) < 2:
        return None
    steps = [b - a for a, b in itertools.pairwise(heights)]
    return sum(s for s in steps if s > 0), -sum(s for s in steps if s < 0)


def _shoe(data: ReportData) -> str:
    name = shortened(data.session.shoe, 24) or "not named"
    shoe = data.advice.shoe
    km = f", {life_words(shoe)}" if shoe else ""
    runs = data.session.baseline_runs
    same = f"; as in the {number(runs)} runs before" if runs else ""
    return f"{name}{km}{same}"


def _seat(data: ReportData) -> str:
    told = []
    if data.meta and data.meta.unverified:
        told.append("not checked before this run")
    elif data.advice.fit:
        told.append(data.advice.fit)
    else:
        told.append("no fit check known")
    moved = [e.side for e in data.events if e.kind == "slip"]
    which = joined(sensor(side) for side in dict.fromkeys(moved))
    told.append(f"moved: {which}" if moved else "no shift seen")
    return "; ".join(told)


def _many(data: ReportData) -> str:
    """Say how many were compared: each 95 % range stands alone."""
    shown = [m for m in ON_PAPER if compared_row(m, data)]
    new = sum(data.baseline[m].is_new for m in shown if m in data.baseline)
    told = f"{number(len(shown))} compared"
    if data.baseline:
        told += f", {number(new)} new"
    return f"{told}; each range is 95 % by itself, findings must clear a higher bar"
