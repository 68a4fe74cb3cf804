"""What page 2 and the screen's tables show: comparisons, course, roll, provenance."""

from typing import Any

from contract.verdicts import MAIN_METRIC
from dashboards.report import clipping, forest, sheet, splits, tables
from dashboards.report.cases import Case, seen_foot
from dashboards.report.confounders import confounder_rows
from dashboards.report.course import COURSE_LIMIT_PCT, course, course_points
from dashboards.report.data import FEET, ReportData
from dashboards.report.distribution import CONTACT, IMPACT, bins_of, distribution
from dashboards.report.exercises import PlanView
from dashboards.report.hip import hip_line
from dashboards.report.links import link_rows
from dashboards.report.metrics import is_known, is_usable, joined, number
from dashboards.report.provenance import provenance_lines, provenance_short
from dashboards.report.roll import NO_ROLL, roll_chart, roll_missing, roll_of, roll_rows
from dashboards.report.single import HEADINGS as SINGLE_HEADINGS
from dashboards.report.single import single_rows
from dashboards.report.soap import soap
from dashboards.report.strips import brackets_of, strip_rows, strips_of

SOURCES = {"shoes": "one run, shoe sensors", "hip": "one run, hip sensor only"}


def physio(data: ReportData, case: Case, plan: PlanView | None) -> dict[str, Any]:
    """Give what page 2 shows."""
    return {
        **_head(data),
        **_comparison(data, case),
        **(_course(data) if case.is_comparable else _NO_COURSE),
        **(_roll(data) if case.is_comparable else _NO_ROLL),
        **(_bins(data) if case.is_comparable else _NO_BINS),
        "confounders": confounder_rows(data) if case.is_comparable else [],
        "many": data.advice.many,
        "thresholds": data.advice.thresholds,
        "soap": soap(data, plan),
        "hip_line": hip_line(data) if case.has_running else "",
        **_provenance(data),
    }


def _head(data: ReportData) -> dict[str, Any]:
    bounds = [link.clock_bound_ms for link in data.links.values()]
    known = [b for b in bounds if b is not None and is_known(b)]
    counts = {side: sum(q.steps for q in data.quality if q.side == side)
              for side in FEET}  # fmt: skip
    told = joined(f"{number(n)} {side}" for side, n in counts.items() if n)
    return {
        "source": SOURCES.get(data.session.source, "one run"),
        "steps_used": f"{told or number(data.session.steps)} steps used",
        "clock_bound": number(max(known), 1) if known else "",
    }


def _comparison(data: ReportData, case: Case) -> dict[str, Any]:
    """Table of comparisons; the hip alone still compares the time of the steps."""
    is_shown = case.is_comparable or case is Case.HIP_ONLY
    has_steps = case.is_comparable or case is Case.ONE_FOOT
    return {
        "compared": forest.compared(data) if is_shown else [],
        "sheet_heads": sheet.HEADINGS,
        "sheet_rows": sheet.sheet_rows(data) if is_shown else [],
        "own_runs": forest.baseline_runs(data) if is_shown else "",
        "single": single_rows(data, seen_foot(data)) if case is Case.ONE_FOOT else [],
        "single_heads": SINGLE_HEADINGS,
        "landing": forest.landing_words(data) if has_steps else "",
        "clipped_note": clipping.clipped_note(data) if has_steps else "",
    }


_NO_COURSE: dict[str, Any] = {
    "course": "",
    "course_rows": [],
    "course_is_cut": False,
    "strip_heads": [],
    "strip_rows": [],
    "parts": [],
    "kilometres": [],
    "split_heads": [],
}


def _course(data: ReportData) -> dict[str, Any]:
    session = data.session
    windows = [row for row in data.course if is_usable(row)]
    points = course_points(windows, session.time_ns)
    strips = strips_of(data) if points else ()
    own = data.baseline.get(MAIN_METRIC)
    drawn = (
        course(points, session.duration_s, own, brackets_of(data), strips)
        if points
        else ""
    )
    return {
        "course": drawn,
        "course_rows": tables.course_rows(points, windows),
        "course_is_cut": any(
            max(abs(low), abs(high)) > COURSE_LIMIT_PCT for _, _, low, high in points
        ),
        "strip_heads": ["Minute", *(strip.label for strip in strips)],
        "strip_rows": strip_rows(strips),
        "parts": splits.part_rows(data),
        "kilometres": splits.folded_rows(data),
        "split_heads": splits.headings(),
    }


_NO_ROLL: dict[str, Any] = {"roll": "", "roll_rows": [], "roll_missing": NO_ROLL}


def _roll(data: ReportData) -> dict[str, Any]:
    roll = roll_of(data.roll)
    return {
        "roll": roll_chart(roll),
        "roll_rows": roll_rows(roll),
        "roll_missing": roll_missing(data, roll),
    }


_NO_BINS: dict[str, Any] = {
    "bins": "",
    "bins_note": "",
    "bins_title": "",
    "bins_heads": [],
    "bins_rows": [],
}


def _bins(data: ReportData) -> dict[str, Any]:
    """Impact of each step where it is known, else how long each foot stayed down."""
    shocks = {side: data.impacts_g(side) for side in FEET}
    if any(shocks.values()) and not clipping.limited_feet(data):
        bins, binned = bins_of(shocks["left"], shocks["right"], IMPACT), IMPACT
        title = "Impact intensity"
    else:
        left, right = (data.contact_times_ms(side) for side in FEET)
        bins, binned = bins_of(left, right, CONTACT), CONTACT
        title = "How long each foot stayed down, step by step"
    heads = [f"{binned.what.capitalize()}, {binned.unit}", "Left, %", "Right, %"]
    return {
        "bins": distribution(bins, binned),
        "bins_note": clipping.clipped_left_out(data) if binned is IMPACT else "",
        "bins_title": title,
        "bins_heads": heads,
        "bins_rows": tables.bin_rows(bins),
    }


def _provenance(data: ReportData) -> dict[str, Any]:
    start_ns = data.session.time_ns
    return {
        "quality": tables.quality_sheet(data.quality),
        "is_clipped": any(q.clipped for q in data.quality),
        "rejections": tables.rejection_rows(data),
        "rejection_sides": tables.rejection_sides(data),
        "rejected": tables.strides(data.session.rejected),
        "links": link_rows(data),
        "events": tables.event_rows(data.events, start_ns),
        "provenance": provenance_lines(data),
        "provenance_short": provenance_short(data),
    }
