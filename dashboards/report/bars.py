"""Small drawings within text: the verdict's bar and the rows of the forest plot."""

from collections.abc import Iterable

from contract.rows import BalanceRow, BaselineRow
from dashboards.report.drawing import BAND, GREY, HAIR, INK, Scale, place, svg, text
from dashboards.report.metrics import (
    Panel,
    is_clear,
    is_known,
    is_usable,
    side_of,
    signed,
)

# The first is the wall's, so that people meet one picture; a run whose range does not
# fit is drawn at half or a quarter of that size, and the ends are always printed.
VERDICT_LIMITS_PCT = (8.0, 16.0, 32.0)
# Half widths that each scale may have; ticks stand at 80 and 40 % of it.
FOREST_LIMITS = {
    Panel.PERCENT: (10.0, 20.0, 40.0),
    Panel.SHOCK: (20.0, 40.0, 80.0),
    Panel.ANGLE: (5.0, 10.0, 20.0),
    Panel.VELOCITY: (50.0, 100.0, 250.0, 500.0),
}
INK_CLASS = {"left": "L", "right": "R"}
_SHAPES = {"L": INK["left"], "R": INK["right"], "N": GREY}


def ink_class(row: BalanceRow) -> str:
    """Class of a comparison's colour: a side only when the interval leaves out zero."""
    return INK_CLASS[side_of(row.size)] if is_clear(row) else "N"


def verdict_bar(row: BalanceRow, own: BaselineRow | None = None) -> str:
    """Draw the main figure with its 95 % range, and the own usual band in grey."""
    limit = _limit_for(VERDICT_LIMITS_PCT, [row])
    x = Scale(-limit, limit, -80.0, 80.0)
    middle, ink = x(_within(row.size, limit)), _SHAPES[ink_class(row)]
    sentence = (
        f"Difference {signed(row.size)} %, likely between {signed(row.ci_low)} and "
        f"{signed(row.ci_high)} %; plus means right longer. The bar reaches from "
        f"{signed(-limit, 0)} to {signed(limit, 0)} %.{_usual_words(own)}"
    )
    zero = "M0 0V18M-80 14V18M-40 14V18M40 14V18M80 14V18"
    marks = [
        f'<rect x="-80" y="6" width="160" height="6" rx="3" fill="{HAIR}"/>',
        _band(own, x, 3.0, 12.0),
        f'<path class="zero" d="{zero}" stroke="{GREY}" stroke-width=".6"/>',
        _range(row, x, ink),
        _arrows(row, limit, 80.0, 9.0, ink),
        _marker(middle, ink) if abs(row.size) <= limit else "",
        *_bar_words(limit),
    ]
    return svg("-82 -2 164 40", sentence, marks, "ci")


def _marker(middle: float, ink: str) -> str:
    return (
        f'<rect class="mark" x="{place(middle - 1.8)}" y="1" width="3.6" height="16" '
        f'rx="1.6" fill="{ink}"/>'
    )


def _usual_words(own: BaselineRow | None) -> str:
    if not own:
        return ""
    ends = f"{signed(own.band_low)} and {signed(own.band_high)}"
    return f" Your own usual lies between {ends} %."


def _band(own: BaselineRow | None, x: Scale, top: float, height: float) -> str:
    """Draw the own usual band as far as the scale reaches; nothing when unknown."""
    if not (own and is_known(own.band_low, own.band_high)):
        return ""
    low, high = (x(_within(v, x.high)) for v in (own.band_low, own.band_high))
    return (
        f'<rect class="band" x="{place(low)}" y="{place(top)}" '
        f'width="{place(max(high - low, 0.6))}" height="{place(height)}" '
        f'fill="{BAND}"/>'
    )


def _range(row: BalanceRow, x: Scale, ink: str) -> str:
    """Draw the interval; an end beyond the scale is an arrow in place of its cap."""
    ends = [place(x(_within(v, x.high))) for v in (row.ci_low, row.ci_high)]
    caps = "".join(
        f"M{at} 6V12"
        for at, value in zip(ends, (row.ci_low, row.ci_high), strict=True)
        if abs(value) <= x.high
    )
    return (
        f'<path class="tail" d="M{ends[0]} 9H{ends[1]}{caps}" fill="none" '
        f'stroke="{ink}" stroke-width="1.6"/>'
    )


def _bar_words(limit: float) -> list[str]:
    left = "\N{BLACK LEFT-POINTING SMALL TRIANGLE} left longer"
    right = "right longer \N{BLACK RIGHT-POINTING SMALL TRIANGLE}"
    return [
        text(-80, 25, f"{signed(-limit, 0)} %", size=7),
        text(0, 25, "0", anchor="middle", size=7),
        text(80, 25, f"{signed(limit, 0)} %", anchor="end", size=7),
        text(-80, 35, left, size=7),
        text(0, 35, "even", anchor="middle", size=7),
        text(80, 35, right, anchor="end", size=7),
    ]


def forest_limit(panel: Panel, rows: Iterable[BalanceRow]) -> float:
    """Half width of a panel that holds all its intervals, as far as sensible."""
    return _limit_for(FOREST_LIMITS[panel], rows)


def _limit_for(limits: tuple[float, ...], rows: Iterable[BalanceRow]) -> float:
    most = max(
        (max(abs(r.ci_low), abs(r.ci_high)) for r in rows if is_usable(r)), default=0.0
    )
    return next((v for v in limits if most <= v), limits[-1])


def forest_row(row: BalanceRow, limit: float, own: BaselineRow | None = None) -> str:
    """Draw point, 95 % interval, own band and MDC of one row; it has the numbers."""
    x, ink = Scale(-limit, limit, -50.0, 50.0), _SHAPES[ink_class(row)]
    low, high = (place(x(_within(v, limit))) for v in (row.ci_low, row.ci_high))
    middle = place(x(_within(row.size, limit)))
    marks = [
        _band(own, x, 1.0, 7.0),
        f'<path class="zero" d="M0 0V9" stroke="{GREY}" stroke-width=".6"/>',
        _mdc(own, x),
        f'<path class="tail" d="M{low} 4.5H{high}" stroke="{ink}" stroke-width="1.6"/>',
        _arrows(row, limit, 50.0, 4.5, ink),
        f'<circle class="mark" cx="{middle}" cy="4.5" r="2.3" fill="{ink}"/>'
        if abs(row.size) <= limit
        else "",
    ]
    return svg("-50 0 100 9", "", marks, f"ci {ink_class(row)}")


def _mdc(own: BaselineRow | None, x: Scale) -> str:
    """Dot where a change from the usual would be more than chance, either way."""
    if own is None or not is_known(own.usual, own.mdc):
        return ""
    ends = (own.usual - own.mdc, own.usual + own.mdc)
    path = "".join(f"M{place(x(v))} 0V9" for v in ends if abs(v) <= x.high)
    return (
        f'<path class="mdc" d="{path}" stroke="{GREY}" stroke-width=".7" '
        'stroke-dasharray="1.2 1.6"/>'
        if path
        else ""
    )


def forest_axis(limit: float) -> str:
    """Draw the axis below the forest rows."""
    x = Scale(-limit, limit, -50.0, 50.0)
    marks = [f'<path d="M-50 0H50" stroke="{GREY}" stroke-width=".4"/>']
    for value in (-0.8 * limit, -0.4 * limit, 0.0, 0.4 * limit, 0.8 * limit):
        at = place(x(value))
        marks.append(f'<path d="M{at} 0V2" stroke="{GREY}" stroke-width=".5"/>')
        marks.append(text(x(value), 8, signed(value, 0), anchor="middle", size=5.8))
    return svg("-50 0 100 10", "", marks, "axis")


def _within(value: float, most: float) -> float:
    return min(max(value, -most), most)


def _arrows(row: BalanceRow, limit: float, end: float, y: float, ink: str) -> str:
    """Point over each edge beyond which the interval or its middle lies."""
    ends = (row.ci_low, row.size, row.ci_high)
    sides = {1 if v > 0 else -1 for v in ends if abs(v) > limit}
    return "".join(arrow(side, end, y, ink) for side in sorted(sides))


def arrow(side: int, end: float, y: float, ink: str) -> str:
    """Draw an arrow over the edge of a scale, -1 to the left, 1 to the right."""
    tip, back = side * (end + 1.5), side * (end - 3.0)
    path = f"M{place(back)} {place(y - 3)}L{place(tip)} {place(y)}L{place(back)} "
    return (
        f'<path class="pin" d="{path}{place(y + 3)}" fill="none" stroke="{ink}" '
        'stroke-width="1.2"/>'
    )
