"""The report as one HTML file: no script, nothing fetched, opens from disk."""

import os
import tempfile
from datetime import tzinfo
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contract.errors import StoreError
from dashboards.report import tables, words
from dashboards.report.bars import forest_axis, forest_limit, load_bars, verdict_bar
from dashboards.report.course import COURSE_LIMIT_PCT, course, course_points
from dashboards.report.data import MAIN_METRIC, ReportData, RowSource, collect
from dashboards.report.distribution import contact_bins, distribution
from dashboards.report.losses import loss_note
from dashboards.report.metrics import UNKNOWN, clock, is_usable, number, shortened

HERE = Path(__file__).parent


def build_report(data: ReportData) -> str:
    """Build the report of one session as a complete HTML document."""
    pages = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("report.html").render(_view(data))


def write_report(
    store: RowSource, session: str, path: Path, zone: tzinfo | None = None
) -> Path:
    """Write the report of a session; a reader never sees half a file."""
    page = build_report(collect(store, session, zone))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, page)
    except OSError as fault:
        raise StoreError(
            f"the report could not be written to {path}",
            str(fault),
            "Choose another place with enough room, or free some.",
        ) from fault
    return path


def _replace(path: Path, page: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".report-")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _view(data: ReportData) -> dict[str, Any]:
    verdict = words.verdict(data)
    shows_pairs = verdict.case.is_comparable
    return {
        "verdict": verdict,
        "levels": words.levels(data.session.verdict),
        "words": words,
        "swap": words.swap_warning(data),
        "loss": loss_note(data),
        "feet": data.feet,
        **_header(data),
        **(_comparison(data) if shows_pairs else _NO_COMPARISON),
        **_contact(data, shows_pairs or verdict.case is words.Case.ONE_FOOT),
        **_provenance(data),
    }


def _header(data: ReportData) -> dict[str, Any]:
    session = data.session
    start = tables.started(session.time_ns, data.zone)
    used = number(data.used_pct, 1)
    return {
        "session": session,
        "name": shortened(session.name) or session.runner,
        "shoe": shortened(session.shoe) or "shoe not named",
        "date": f"{start.day} {start:%b %Y}",
        "time": f"{start:%H:%M %Z}",
        "duration": clock(session.duration_s),
        "duration_unit": "h:min:s" if session.duration_s >= 3600 else "min:s",
        "cadence": number(session.cadence_spm),
        "used": used if used == UNKNOWN else f"{used} %",
    }


_NO_COMPARISON: dict[str, Any] = {
    "bar": "",
    "compared": [],
    "axis": "",
    "course": "",
    "course_rows": [],
    "course_is_cut": False,
}


def _comparison(data: ReportData) -> dict[str, Any]:
    session = data.session
    limit = forest_limit(data.balance.values())
    windows = [row for row in data.course if is_usable(row)]
    points = course_points(windows, session.time_ns)
    return {
        "bar": verdict_bar(data.balance[MAIN_METRIC]),
        "compared": tables.compared(data, limit),
        "axis": forest_axis(limit),
        "course": course(points, session.duration_s) if points else "",
        "course_rows": tables.course_rows(points, windows),
        "course_is_cut": any(
            max(abs(low), abs(high)) > COURSE_LIMIT_PCT for _, _, low, high in points
        ),
    }


def _contact(data: ReportData, is_shown: bool) -> dict[str, Any]:
    left, right = (data.contact_times_ms(side) for side in ("left", "right"))
    bins = contact_bins(left, right) if is_shown and (left or right) else []
    wear = data.wear if is_shown else ()
    return {
        "distribution": distribution(bins) if bins else "",
        "bin_rows": tables.bin_rows(bins),
        "load": load_bars(wear) if wear else "",
        "wear_rows": tables.wear_rows(wear),
    }


def _provenance(data: ReportData) -> dict[str, Any]:
    start_ns = data.session.time_ns
    return {
        "quality": tables.quality_sheet(data.quality),
        "is_clipped": any(q.clipped for q in data.quality),
        "rejections": tables.rejection_rows(data),
        "rejection_sides": tables.rejection_sides(data),
        "events": tables.event_rows(data.events, start_ns),
        "steps": number(data.session.steps),
        "rejected": number(data.session.rejected),
    }
