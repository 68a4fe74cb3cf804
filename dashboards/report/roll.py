"""Mean roll of both shoes over ground contact: left solid, right dashed, +- 1 SD."""

from collections.abc import Sequence

from contract.rows import RollRow
from dashboards.report.data import FEET, ReportData
from dashboards.report.drawing import (
    GREY,
    HAIR,
    INK,
    TEXT_INK,
    Scale,
    curve,
    line,
    ribbon,
    round_step,
    svg,
    text,
)
from dashboards.report.metrics import is_known, number, signed

STEPS_DEG = (1.0, 2.0, 4.0, 5.0, 10.0, 20.0)
DASHES = {"left": "", "right": "4 2"}
NO_ROLL = "The roll of the shoes over ground contact is not known for this run."
LATEST_TOP_PCT = 70.0
"""Later the shoe tips over its toes: its roll is no inward roll of a loaded foot."""
NAME_HALF = 46.0
"""Half of what a name takes, in the drawing's units."""
NAMES = {"left": "Left, solid", "right": "Right, dashed"}

Roll = dict[str, list[RollRow]]
"""Moments of ground contact in their order, by side."""


def roll_of(rows: Sequence[RollRow]) -> Roll:
    """Sort the moments by side; a side with fewer than two is left out."""
    found = {
        side: sorted(
            (r for r in rows if r.side == side and is_known(r.eversion_deg)),
            key=lambda r: r.contact_pct,
        )
        for side in FEET
    }
    return {side: moments for side, moments in found.items() if len(moments) > 1}


def roll_chart(roll: Roll) -> str:
    """Draw the curves with their spread; "" without any."""
    if not roll:
        return ""
    ends = [
        r.eversion_deg + sign * _sd(r)
        for moments in roll.values()
        for r in moments
        for sign in (-1, 1)
    ]
    y = Scale(min(*ends, -1.0), max(*ends, 1.0), 134.0, 22.0)
    x = Scale(0.0, 100.0, 24.0, 292.0)
    marks = _grid(x, y)
    for side, moments in roll.items():
        marks += _drawn(side, moments, x, y)
    marks += _names(roll, x, y)
    return svg("0 0 296 150", _sentence(roll), marks)


def roll_rows(roll: Roll) -> list[list[str]]:
    """Moment and roll of each side, every tenth of contact."""
    moments = sorted({r.contact_pct for rows in roll.values() for r in rows})
    by = {(s, r.contact_pct): r for s, rows in roll.items() for r in rows}
    return [
        [number(at), *(_cell(by.get((side, at))) for side in FEET)]
        for at in moments
        if at % 10 == 0
    ]


def _cell(row: RollRow | None) -> str:
    if row is None:
        return "not known"
    return f"{signed(row.eversion_deg)} ± {number(row.eversion_sd_deg, 1)}"


def _sd(row: RollRow) -> float:
    return row.eversion_sd_deg if is_known(row.eversion_sd_deg) else 0.0


def _grid(x: Scale, y: Scale) -> list[str]:
    marks = []
    for value in y.ticks(round_step(y.high - y.low, 6, STEPS_DEG)):
        marks.append(line(x.start, y(value), x.end, y(value), HAIR if value else GREY))
        marks.append(text(x.start - 3, y(value) + 2.5, signed(value, 0), anchor="end"))
    marks.append(line(x.start, y.start, x.end, y.start))
    for value in (0, 25, 50, 75, 100):
        anchor = "end" if value == 100 else "middle"
        marks.append(text(x(value), y.start + 11, number(value), anchor=anchor))
    marks.append(text(x.start, 9, "Roll, ° (+ = inside edge down)"))
    return marks


def _drawn(side: str, moments: Sequence[RollRow], x: Scale, y: Scale) -> list[str]:
    at = [x(r.contact_pct) for r in moments]
    upper = [(a, y(r.eversion_deg + _sd(r))) for a, r in zip(at, moments, strict=True)]
    lower = [(a, y(r.eversion_deg - _sd(r))) for a, r in zip(at, moments, strict=True)]
    middle = [(a, y(r.eversion_deg)) for a, r in zip(at, moments, strict=True)]
    return [
        ribbon(upper, lower, INK[side]),
        curve(middle, INK[side], 1.6, DASHES[side]),
    ]


def _names(roll: Roll, x: Scale, y: Scale) -> list[str]:
    """Write each name where its curve is highest, clear of every curve and spread."""
    tops = {side: _top(moments) for side, moments in roll.items()}
    order = sorted(tops, key=lambda side: -tops[side].eversion_deg)
    marks = []
    for place_, side in enumerate(order):
        top = tops[side]
        at = min(max(x(top.contact_pct), x.start + NAME_HALF), x.end - NAME_HALF)
        over, under = _room(roll, at, x, y)
        lift = max(over - 4, 17.0) if place_ == 0 else min(under + 10, y.start - 3)
        words = f"{NAMES[side]}: {signed(top.eversion_deg)}°"
        marks.append(text(at, lift, words, TEXT_INK[side], "middle", weight=600))
    return marks


def _top(moments: Sequence[RollRow]) -> RollRow:
    """Give the moment of most roll while the whole foot bears the load."""
    early = [r for r in moments if r.contact_pct <= LATEST_TOP_PCT]
    return max(early or moments, key=lambda r: r.eversion_deg)


def _room(roll: Roll, at: float, x: Scale, y: Scale) -> tuple[float, float]:
    """Highest and lowest place that any curve with its spread takes behind a name."""
    near = [
        r
        for moments in roll.values()
        for r in moments
        if abs(x(r.contact_pct) - at) <= NAME_HALF
    ]
    over = min(y(r.eversion_deg + _sd(r)) for r in near)
    return over, max(y(r.eversion_deg - _sd(r)) for r in near)


def roll_missing(data: ReportData, roll: Roll) -> str:
    """Say whose roll is not drawn and why; "" when both are."""
    told = [
        f"{side.capitalize()} foot: not drawn, {_why(side, data)}."
        for side in data.feet
        if side not in roll
    ]
    return " ".join(told) if roll else NO_ROLL


def _why(side: str, data: ReportData) -> str:
    """Give what its sensor says on the inward roll, as processing words it."""
    told = [q.withheld for q in data.quality if q.side == side]
    parts = [part.strip() for words in told for part in words.split(";")]
    return next((p for p in parts if "pronation" in p), "its roll is not known")


def _sentence(roll: Roll) -> str:
    told = [
        f"the {side} shoe rolls in most, to {signed(top.eversion_deg)} degrees, at "
        f"{number(top.contact_pct)} percent of contact"
        for side, moments in roll.items()
        for top in [_top(moments)]
    ]
    return f"Mean roll of the shoe over ground contact: {'; '.join(told)}."
