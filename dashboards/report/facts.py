"""The report's figures as plain values for programs: versioned, names left out.

A report as JSON may go to somebody else's program, so it holds the runner's pseudonym
only; her name, her note and her words on pain stay on the page (product.md 5).
"""

import math
from dataclasses import asdict
from typing import Any

from contract.rows import BalanceRow, FindingRow, Row, WearRow
from dashboards.report import tables, words
from dashboards.report.cases import Case
from dashboards.report.clipping import limit_words, limited_feet
from dashboards.report.data import ReportData
from dashboards.report.grade import grade
from dashboards.report.links import link_facts
from dashboards.report.provenance import provenance_lines
from dashboards.report.tread import shares_pct

VERSION = 1
"""Of the keys below; it changes when one changes its meaning or goes."""
HIDDEN = ("runner", "session", "side", "time_ns", "name", "shoe")
"""Said once for the whole report, or never."""
SIGN = "+ = right larger"


def report_facts(data: ReportData) -> dict[str, Any]:
    """Give what the report shows as values that JSON can hold, units in the keys."""
    verdict, session = words.verdict(data), data.session
    shown = {
        "treadwear_report": VERSION,
        "sign": SIGN,
        "runner": session.runner,
        "session": session.session,
        "shoe": session.shoe,
        "begin": tables.started(session.time_ns, data.zone).isoformat(),
        **_row(session),
        "headline": verdict.headline,
        "case": verdict.case.name.lower(),
        "quality_grade": asdict(grade(data)),
        "used_pct": data.used_pct,
        **_compared(data, verdict.case),
        "baseline": {
            m: _row(row) for m, row in data.baseline.items() if not limit_words(m, data)
        },
        "at_sensor_limit_pct": limited_feet(data),
        "findings": [_finding(row, data) for row in data.findings],
        "plan": _plan(data),
        "soles": {row.side: _soles(row, data) for row in data.wear},
        "sensor_quality": {row.side: _row(row) for row in data.quality},
        "events": _events(data),
        "provenance": provenance_lines(data),
        "raw_sha256": data.advice.raw_sha256 or None,
        **link_facts(data.meta),
    }
    plain: dict[str, Any] = _plain(shown)
    return plain


def _compared(data: ReportData, case: Case) -> dict[str, Any]:
    """Comparisons, course and roll; below the gate they say nothing, so: none."""
    if not (case.is_comparable or case is Case.HIP_ONLY):
        return {"balance": {}, "course": [], "parts": [], "roll": {}}
    moments: dict[str, list[dict[str, Any]]] = {}
    for row in data.roll:
        moments.setdefault(row.side, []).append(_row(row))
    return {
        "balance": {m: _balance(row, data) for m, row in data.balance.items()},
        "course": [_window(row, data) for row in data.course],
        "parts": [
            _window(row, data)
            for row in data.splits
            if not limit_words(row.metric, data)
        ],
        "roll": moments,
    }


def _balance(row: BalanceRow, data: ReportData) -> dict[str, Any]:
    """Left against right; of shocks at the sensor's limit the means alone."""
    why = limit_words(row.metric, data)
    if why:
        return {"left": row.left, "right": row.right, "not_compared": why}
    hidden = ("window", "metric")
    return {k: v for k, v in _row(row).items() if k not in hidden}


def _finding(row: FindingRow, data: ReportData) -> dict[str, Any]:
    why = limit_words(row.metric, data)
    if why:
        return {"rank": row.rank, "metric": row.metric, "not_compared": why}
    return {"side": row.side, **_row(row)}


def _window(row: BalanceRow, data: ReportData) -> dict[str, Any]:
    return {"t_s": (row.time_ns - data.session.time_ns) / 1e9, **_row(row)}


def _plan(data: ReportData) -> dict[str, Any]:
    """Exercises as the page shows them: none when pain speaks against them."""
    hidden = data.advice.plan_hidden
    shown = () if hidden else data.exercises
    return {
        "hidden_reason": hidden,
        "words": data.advice.plan_words,
        "first_look": data.advice.first_look if shown else "",
        "exercises": [{"side": e.side, **_row(e)} for e in shown],
    }


def _soles(row: WearRow, data: ReportData) -> dict[str, Any]:
    usual = data.advice.usual_shares
    return {
        **_row(row),
        "share_pct": {f"{p}_{e}": s for (p, e), s in shares_pct(row).items()},
        "usual_share_pct": {
            f"{part}_{edge}": asdict(own)
            for (side, part, edge), own in usual.items()
            if side == row.side
        },
    }


def _events(data: ReportData) -> list[dict[str, Any]]:
    """What happened and when; words that a person typed stay on the page."""
    start_ns = data.session.time_ns
    return [
        {"t_s": (e.time_ns - start_ns) / 1e9, "side": e.side, "kind": e.kind}
        for e in data.events
    ]


def _row(row: Row) -> dict[str, Any]:
    return {k: v for k, v in asdict(row).items() if k not in HIDDEN}


def _plain(value: Any) -> Any:  # noqa: ANN401 - anything that JSON can hold
    """Replace numbers that JSON has no word for (NaN, infinity) by None."""
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
