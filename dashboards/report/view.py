"""What the template shows: the rows of a run, put into words, tables and drawings."""

from typing import Any

from contract.verdicts import MAIN_METRIC
from dashboards.report import forest, notes, splits, tables, tread, words
from dashboards.report.bars import verdict_bar
from dashboards.report.cards import finding_cards, no_finding, plan_view
from dashboards.report.cases import Case, is_swap_suspected, seen_foot
from dashboards.report.course import COURSE_LIMIT_PCT, course, course_points
from dashboards.report.data import ReportData
from dashboards.report.distribution import contact_bins, distribution
from dashboards.report.hip import hip_facts, hip_line
from dashboards.report.links import link_rows, unverified_note
from dashboards.report.losses import loss_note
from dashboards.report.metrics import UNKNOWN, clock, is_usable, number, shortened
from dashboards.report.single import HEADINGS as SINGLE_HEADINGS
from dashboards.report.single import single_rows

SIMULATED = "These figures come from a computed runner, not from a person."
SO_FAR = "These are the figures so far."


def view(data: ReportData) -> dict[str, Any]:
    """Give all that the template shows, as text, tables and drawings."""
    verdict = words.verdict(data)
    case = verdict.case
    return {
        "verdict": verdict,
        "levels": words.levels(data),
        "words": words,
        **_notes(data),
        **_header(data),
        **(_comparison(data) if case.is_comparable else _NO_COMPARISON),
        **_forest(data, case),
        **_findings(data, case),
        **_contact(data, case),
        **_hip(data, case),
        **_provenance(data),
    }


def _notes(data: ReportData) -> dict[str, Any]:
    withheld = notes.withheld_lines(data)
    told = (
        ("Simulated runner.", SIMULATED if data.session.simulated else ""),
        ("The run is still going.", SO_FAR if data.session.state == "running" else ""),
        ("Data lost for good.", loss_note(data)),
        ("Check the sensors.", notes.swap_warning(data)),
        ("A sensor moved.", notes.slip_note(data)),
        ("Not shown, and why.", " ".join(withheld)),
    )
    return {
        "notes": [note for note in told if note[1]],
        "withheld": withheld,
        "unverified": unverified_note(data),
    }


def _header(data: ReportData) -> dict[str, Any]:
    session = data.session
    start = tables.started(session.time_ns, data.zone)
    used = number(data.used_pct, 1)
    speed = session.speed_mps
    return {
        "session": session,
        "name": shortened(session.name) or session.runner,
        "shoe": shortened(session.shoe) or "shoe not named",
        "date": f"{start.day} {start:%b %Y}",
        "time": f"{start:%H:%M %Z}",
        "duration": clock(session.duration_s),
        "duration_unit": "h:min:s" if session.duration_s >= 3600 else "min:s",
        "distance": tables.kilometres(session.distance_m) if session.distance_m else "",
        "pace": clock(1000.0 / speed) if speed else "",
        "speed": number(speed, 2) if speed else "",
        "cadence": number(session.cadence_spm),
        "used": used if used == UNKNOWN else f"{used} %",
    }


_NO_COMPARISON: dict[str, Any] = {
    "bar": "",
    "own": None,
    "course": "",
    "course_rows": [],
    "course_is_cut": False,
    "parts": [],
    "kilometres": [],
    "split_heads": [],
}


def _comparison(data: ReportData) -> dict[str, Any]:
    session = data.session
    own = data.baseline.get(MAIN_METRIC)
    windows = [row for row in data.course if is_usable(row)]
    points = course_points(windows, session.time_ns)
    return {
        "bar": verdict_bar(data.balance[MAIN_METRIC], own),
        "own": own,
        "course": course(points, session.duration_s) if points else "",
        "course_rows": tables.course_rows(points, windows),
        "course_is_cut": any(
            max(abs(low), abs(high)) > COURSE_LIMIT_PCT for _, _, low, high in points
        ),
        "parts": splits.part_rows(data),
        "kilometres": splits.folded_rows(data),
        "split_heads": splits.headings(),
    }


def _forest(data: ReportData, case: Case) -> dict[str, Any]:
    """Table of all comparisons; the hip alone still compares the time of the steps."""
    is_shown = case.is_comparable or case is Case.HIP_ONLY
    return {
        "compared": forest.compared(data) if is_shown else [],
        "own_runs": forest.baseline_runs(data) if is_shown else "",
        "single": single_rows(data, seen_foot(data)) if case is Case.ONE_FOOT else [],
        "single_heads": SINGLE_HEADINGS,
    }


def _findings(data: ReportData, case: Case) -> dict[str, Any]:
    """Findings and plan, once a run is over; of other things neither is claimed."""
    is_shown = case.has_running and data.session.state != "running"
    is_empty = is_shown and case.is_comparable and not data.findings
    return {
        "findings": finding_cards(data) if is_shown else [],
        "no_finding": no_finding(data, case) if is_empty else "",
        "plan": plan_view(data, data.session.runner) if is_shown else None,
    }


def _contact(data: ReportData, case: Case) -> dict[str, Any]:
    is_shown = case.is_comparable or case is Case.ONE_FOOT
    left, right = (data.contact_times_ms(side) for side in ("left", "right"))
    bins = contact_bins(left, right) if is_shown and (left or right) else []
    wear = data.wear if is_shown else ()
    # A sensor on the wrong foot has its inner and outer side exchanged.
    mapped = () if is_swap_suspected(data) else wear
    return {
        "distribution": distribution(bins) if bins else "",
        "bin_rows": tables.bin_rows(bins),
        "tread": tread.tread_map(mapped),
        "wear_words": tread.wear_words(mapped),
        "wear_rows": tables.wear_rows(wear),
        "landing": forest.landing_words(data) if is_shown else "",
        "clipped_note": forest.clipped_note(data) if is_shown else "",
    }


def _hip(data: ReportData, case: Case) -> dict[str, Any]:
    return {
        "hip_facts": hip_facts(data) if case is Case.HIP_ONLY else [],
        "hip_line": hip_line(data) if case.has_running else "",
    }


def _provenance(data: ReportData) -> dict[str, Any]:
    start_ns = data.session.time_ns
    return {
        "quality": tables.quality_sheet(data.quality),
        "is_clipped": any(q.clipped for q in data.quality),
        "rejections": tables.rejection_rows(data),
        "rejection_sides": tables.rejection_sides(data),
        "links": link_rows(data),
        "events": tables.event_rows(data.events, start_ns),
        "steps": number(data.session.steps),
        "rejected": tables.strides(data.session.rejected),
    }
