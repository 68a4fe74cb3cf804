"""What the template shows: the rows of a run, put into words, tables and drawings."""

from typing import Any

from contract.verdicts import MAIN_METRIC
from dashboards.report import notes, tables, tread, words
from dashboards.report import shoe as shoe_words
from dashboards.report.bars import verdict_bar
from dashboards.report.cards import FindingCard, finding_cards, no_finding
from dashboards.report.cases import Case, is_swap_suspected
from dashboards.report.data import ReportData
from dashboards.report.distribution import CONTACT, bins_of, distribution
from dashboards.report.exercises import PlanView, plan_view
from dashboards.report.grade import GOOD_USED_PCT, grade
from dashboards.report.hip import hip_facts
from dashboards.report.links import unverified_note
from dashboards.report.losses import loss_note
from dashboards.report.metrics import UNKNOWN, clock, number, shortened, signed
from dashboards.report.physio import physio
from dashboards.report.sparkline import LONGEST

SIMULATED = "These figures come from a computed runner, not from a person."
SO_FAR = "These are the figures so far."


def view(data: ReportData) -> dict[str, Any]:
    """Give all that the template shows, as text, tables and drawings."""
    verdict = words.verdict(data)
    case = verdict.case
    plan = _plan(data, case)
    return {
        "verdict": verdict,
        "levels": words.levels(data),
        "words": words,
        **_notes(data),
        **_header(data),
        **_bar(data, case),
        **_findings(data, case),
        **_contact(data, case),
        **_soles(data, case),
        "plan": plan,
        "pain": data.advice.pain.after,
        "hip_facts": hip_facts(data) if case is Case.HIP_ONLY else [],
        **physio(data, case, plan),
    }


def _notes(data: ReportData) -> dict[str, Any]:
    withheld = notes.withheld_lines(data)
    told = (
        ("Simulated runner.", SIMULATED if data.session.simulated else ""),
        ("The run is still going.", SO_FAR if data.session.state == "running" else ""),
        ("Data lost for good.", loss_note(data)),
        ("Check the sensors.", notes.swap_warning(data)),
        ("A sensor moved.", notes.slip_note(data)),
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
    speed, shoe = session.speed_mps, data.advice.shoe
    return {
        "session": session,
        "name": shortened(session.name) or session.runner,
        "shoe": shortened(session.shoe) or "shoe not named",
        "shoe_km": shoe_words.life_words(shoe) if shoe and shoe.distance_km else "",
        "surface": data.meta.surface if data.meta else "",
        "method": shortened(session.method, 40),
        "date": f"{start.day} {start:%b %Y}",
        "time": f"{start:%H:%M %Z}",
        "duration": clock(session.duration_s),
        "duration_unit": "h:min:s" if session.duration_s >= 3600 else "min:s",
        "distance": _distance(data),
        "pace": clock(1000.0 / speed) if speed else "",
        "speed": number(speed, 2) if speed else "",
        "cadence": number(session.cadence_spm),
        "used": used if used == UNKNOWN else f"{used} %",
        "grade": grade(data),
    }


def _distance(data: ReportData) -> str:
    """Kilometres of the strides that were used: at least so far was run."""
    run_m, used = data.session.distance_m, data.used_pct
    if not run_m:
        return ""
    least = (
        ""
        if used is not None and used >= GOOD_USED_PCT
        else "\N{GREATER-THAN OR EQUAL TO} "
    )
    return f"{least}{tables.kilometres(run_m)}"


def _bar(data: ReportData, case: Case) -> dict[str, Any]:
    if not case.is_comparable:
        return {"bar": "", "bar_rows": [], "own": None}
    row, own = data.balance[MAIN_METRIC], data.baseline.get(MAIN_METRIC)
    rows = [["This run, likely", signed(row.ci_low), signed(row.ci_high)]]
    if own:
        rows.append(["Your own usual", signed(own.band_low), signed(own.band_high)])
    return {"bar": verdict_bar(row, own), "bar_rows": rows, "own": own}


def _findings(data: ReportData, case: Case) -> dict[str, Any]:
    """Findings, once a run is over; of other things none is claimed."""
    is_shown = case.has_running and data.session.state != "running"
    is_empty = is_shown and case.is_comparable and not data.findings
    cards = finding_cards(data) if is_shown else []
    return {
        "findings": cards,
        "no_finding": no_finding(data, case) if is_empty else "",
        **_trends(cards),
    }


def _trends(cards: list[FindingCard]) -> dict[str, Any]:
    """Give the small lines of the cards as one table, this run last."""
    drawn = [card for card in cards if card.spark]
    ago = range(LONGEST - 1, -1, -1)
    heads = [f"{k} before" if k else "this run" for k in ago]
    rows = [
        [card.title, *[""] * (LONGEST - len(card.runs)), *card.runs] for card in drawn
    ]
    return {"trend_heads": ["+ = right", *heads], "trend_rows": rows}


def _plan(data: ReportData, case: Case) -> PlanView | None:
    is_shown = case.has_running and data.session.state != "running"
    return plan_view(data, data.session.runner) if is_shown else None


def _contact(data: ReportData, case: Case) -> dict[str, Any]:
    is_shown = case.is_comparable or case is Case.ONE_FOOT
    left, right = (data.contact_times_ms(side) for side in ("left", "right"))
    bins = bins_of(left, right, CONTACT) if is_shown else []
    return {
        "distribution": distribution(bins, CONTACT),
        "bin_rows": tables.bin_rows(bins),
    }


def _soles(data: ReportData, case: Case) -> dict[str, Any]:
    is_shown = case.is_comparable or case is Case.ONE_FOOT
    wear = data.wear if is_shown else ()
    # A sensor on the wrong foot has its inner and outer side exchanged.
    mapped = () if is_swap_suspected(data) else wear
    usual, shoe = data.advice.usual_shares, data.advice.shoe
    name = shortened(data.session.shoe, 30)
    life = shoe_words.life_bar(shoe, name) if wear else ""
    return {
        "tread": tread.tread_map(mapped, usual),
        "zone_rows": tread.zone_rows(mapped, usual),
        "wear_words": shoe_words.wear_words(mapped),
        "wear_rows": tables.wear_rows(wear),
        "pressure_path": shoe_words.PRESSURE_PATH,
        "short_path": shoe_words.SHORT_PATH,
        "life": life,
        "life_words": shoe_words.life_line(shoe, name) if shoe and life else "",
    }
