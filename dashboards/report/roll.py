"""Mean roll of both shoes over ground contact: left solid, right dashed, +- 1 SD."""

from collections.abc import Sequence

from contract.rows import RollRow
from dashboards.report.data import FEET
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
    """Write the names at the curves' tops, the higher curve's above its own."""
    tops = {
        side: max(moments, key=lambda r: r.eversion_deg)
        for side, moments in roll.items()
    }
    order = sorted(tops, key=lambda side: -tops[side].eversion_deg)
    marks = []
    for place_, side in enumerate(order):
        top = tops[side]
        above = y(top.eversion_deg + _sd(top)) - 4
        lift = above if place_ == 0 else y(top.eversion_deg - _sd(top)) + 12
        words = f"{NAMES[side]}: {signed(top.eversion_deg)}°"
        at = min(max(x(top.contact_pct), x.start + 40), x.end - 40)
        limit = max(min(lift, y.start - 4), 17.0)
        marks.append(text(at, limit, words, TEXT_INK[side], "middle", weight=600))
    return marks


def _sentence(roll: Roll) -> str:
    told = [
        f"the {side} shoe rolls in most, to {signed(top.eversion_deg)} degrees, at "
        f"{number(top.contact_pct)} percent of contact"
        for side, moments in roll.items()
        for top in [max(moments, key=lambda r: r.eversion_deg)]
    ]
    return f"Mean roll of the shoe over ground contact: {'; '.join(told)}."
