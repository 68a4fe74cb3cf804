"""Small drawings within text: the verdict's bar and the rows of the forest plot."""

from collections.abc import Iterable
from html import escape

from contract.rows import BalanceRow, BaselineRow
from dashboards.report.drawing import Scale, place
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


def ink_class(row: BalanceRow) -> str:
    """Class of a comparison's colour: a side only when the interval leaves out zero."""
    return INK_CLASS[side_of(row.size)] if is_clear(row) else "N"


def verdict_bar(row: BalanceRow, own: BaselineRow | None = None) -> str:
    """Draw the main figure with its 95 % range, and the own usual band in grey."""
    limit = _limit_for(VERDICT_LIMITS_PCT, [row])
    x = Scale(-limit, limit, -80.0, 80.0)
    middle = x(_within(row.size, limit))
    sentence = (
        f"Difference {signed(row.size)} %, likely between {signed(row.ci_low)} and "
        f"{signed(row.ci_high)} %; plus means right longer. The bar reaches from "
        f"{signed(-limit, 0)} to {signed(limit, 0)} %.{_usual_words(own)}"
    )
    return (
        f'<svg class="ci {ink_class(row)}" viewBox="-82 -2 164 42" width="100%" '
        f'role="img" aria-label="{escape(sentence)}">'
        '<rect x="-80" y="6" width="160" height="6" rx="3" fill="var(--hair)"/>'
        f"{_band(own, x, 3.0, 12.0)}"
        '<path class="zero" d="M0 0V18M-80 14V18M-40 14V18M40 14V18M80 14V18"/>'
        f"{_range(row, x)}{_pin(row.size, limit, 80.0, 9.0)}"
        f'<rect class="mark" x="{place(middle - 1.8)}" y="1" width="3.6" height="16" '
        f'rx="1.6"/>{_bar_words(limit)}</svg>'
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
        f'width="{place(max(high - low, 0.6))}" height="{place(height)}"/>'
    )


def _range(row: BalanceRow, x: Scale) -> str:
    """Draw the interval; an end beyond the scale is open, without its cap."""
    ends = [place(x(_within(v, x.high))) for v in (row.ci_low, row.ci_high)]
    caps = "".join(
        f"M{at} 6V12"
        for at, value in zip(ends, (row.ci_low, row.ci_high), strict=True)
        if abs(value) <= x.high
    )
    return f'<path class="tail" d="M{ends[0]} 9H{ends[1]}{caps}"/>'


def _bar_words(limit: float) -> str:
    return (
        f'<text x="-80" y="25">{signed(-limit, 0)} %</text>'
        '<text x="0" y="25" text-anchor="middle">0</text>'
        f'<text x="80" y="25" text-anchor="end">{signed(limit, 0)} %</text>'
        '<text x="-80" y="35">\N{BLACK LEFT-POINTING SMALL TRIANGLE} left longer</text>'
        '<text x="0" y="35" text-anchor="middle">even</text>'
        '<text x="80" y="35" text-anchor="end">right longer '
        "\N{BLACK RIGHT-POINTING SMALL TRIANGLE}</text>"
    )


def forest_limit(panel: Panel, rows: Iterable[BalanceRow]) -> float:
    """Half width of a panel that holds all its intervals, as far as sensible."""
    return _limit_for(FOREST_LIMITS[panel], rows)


def _limit_for(limits: tuple[float, ...], rows: Iterable[BalanceRow]) -> float:
    most = max(
        (max(abs(r.ci_low), abs(r.ci_high)) for r in rows if is_usable(r)), default=0.0
    )
    return next((v for v in limits if most <= v), limits[-1])


def forest_row(row: BalanceRow, limit: float, own: BaselineRow | None = None) -> str:
    """Draw point, 95 % interval and own band of one table row; it has the numbers."""
    x = Scale(-limit, limit, -50.0, 50.0)
    low, high = (place(x(_within(v, limit))) for v in (row.ci_low, row.ci_high))
    middle = place(x(_within(row.size, limit)))
    return (
        f'<svg class="ci {ink_class(row)}" viewBox="-50 0 100 9" width="100%" '
        f'aria-hidden="true">{_band(own, x, 1.0, 7.0)}'
        '<path class="zero" d="M0 0V9"/>'
        f'<path class="tail" d="M{low} 4.5H{high}"/>'
        f"{_pin(row.size, limit, 50.0, 4.5)}"
        f'<circle class="mark" cx="{middle}" cy="4.5" r="2.3"/></svg>'
    )


def forest_axis(limit: float) -> str:
    """Draw the axis below the forest rows."""
    x = Scale(-limit, limit, -50.0, 50.0)
    ticks = "".join(
        f'<path d="M{place(x(v))} 0V2" stroke="var(--ink-2)" stroke-width=".5"/>'
        f'<text x="{place(x(v))}" y="8.5" text-anchor="middle">{signed(v, 0)}</text>'
        for v in (-0.8 * limit, -0.4 * limit, 0.0, 0.4 * limit, 0.8 * limit)
    )
    return (
        '<svg class="axis" viewBox="-50 0 100 10" width="100%" aria-hidden="true">'
        f'<path d="M-50 0H50" stroke="var(--ink-2)" stroke-width=".4"/>{ticks}</svg>'
    )


def _within(value: float, most: float) -> float:
    return min(max(value, -most), most)


def _pin(value: float, most: float, end: float, y: float) -> str:
    if abs(value) <= most:
        return ""
    sign = 1 if value > 0 else -1
    tip, back = sign * (end + 1.5), sign * (end - 3.0)
    arrow = f"M{place(back)} {y - 3}L{place(tip)} {y}L{place(back)} {y + 3}"
    return f'<path class="pin" d="{arrow}"/>'
