"""Before hollow, after filled: the rows of a forest plot, and of one foot's change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboards.compare.shown import Changed, Ends, Estimated
from dashboards.report.drawing import DARK, GREY, INK, Scale, place, svg, text
from dashboards.report.metrics import signed

LIMITS = {
    "%": (5.0, 10.0, 20.0, 40.0, 80.0),
    "deg": (5.0, 10.0, 20.0, 40.0),
    "deg/s": (50.0, 100.0, 250.0, 500.0),
}
"""Half widths that a scale may have, by its unit."""
_HALF = 50.0


@dataclass(frozen=True, slots=True)
class Span:
    """A figure and its interval, as drawn."""

    size: float
    low: float
    high: float


def span_of(change: Changed) -> Span:
    """Give a change itself as something to draw."""
    return Span(change.change, change.low, change.high)


def limit_of(unit: str, ends: Iterable[Ends]) -> float:
    """Half width of a scale that holds all these intervals, as far as sensible."""
    most = max((max(abs(e.low), abs(e.high)) for e in ends), default=0.0)
    limits = LIMITS.get(unit, LIMITS["%"])
    return next((v for v in limits if most <= v), limits[-1])


def two_points(change: Changed, limit: float) -> str:
    """Draw left against right before (hollow, above) and after (filled, below)."""
    marks = [
        _zero(16.0),
        *_estimate(change.before, limit, 4.5, is_filled=False),
        *_estimate(change.after, limit, 11.5, is_filled=True),
    ]
    return svg("-50 0 100 16", "", marks, "plot")


def _estimate(
    ends: Estimated, limit: float, y: float, *, is_filled: bool
) -> Sequence[str]:
    """Draw the whole interval thin, and thick the part without sensor and mount."""
    ink, half = _ink(ends), ends.random_half
    x = Scale(-limit, limit, -_HALF, _HALF)
    low, high = (
        x(min(max(v, -limit), limit)) for v in (ends.size - half, ends.size + half)
    )
    thick = (
        f'<path d="M{place(low)} {place(y)}H{place(high)}" stroke="{ink}" '
        'stroke-width="2.6"/>'
    )
    return (thick, *_point(ends, limit, y, ink, is_filled=is_filled))


def one_point(change: Changed, limit: float) -> str:
    """Draw the change of one foot's figure around no change."""
    ink = INK.get(change.side, DARK) if change.has_changed else GREY
    marks = [_zero(9.0), *_point(span_of(change), limit, 4.5, ink, is_filled=True)]
    return svg("-50 0 100 9", "", marks, "plot")


def axis(limit: float) -> str:
    """Draw the axis below such rows."""
    x = Scale(-limit, limit, -_HALF, _HALF)
    marks = [f'<path d="M-50 0H50" stroke="{GREY}" stroke-width=".4"/>']
    for value in (-0.8 * limit, -0.4 * limit, 0.0, 0.4 * limit, 0.8 * limit):
        at = place(x(value))
        marks.append(f'<path d="M{at} 0V2" stroke="{GREY}" stroke-width=".5"/>')
        marks.append(text(x(value), 8, signed(value, 0), anchor="middle", size=5.8))
    return svg("-50 0 100 10", "", marks, "plot axis")


def _zero(height: float) -> str:
    return f'<path d="M0 0V{place(height)}" stroke="{GREY}" stroke-width=".6"/>'


def _ink(ends: Ends) -> str:
    """A side's colour only where the interval leaves out zero."""
    if ends.low > 0:
        return INK["right"]
    return INK["left"] if ends.high < 0 else GREY


def _point(
    ends: Ends, limit: float, y: float, ink: str, *, is_filled: bool
) -> Sequence[str]:
    x = Scale(-limit, limit, -_HALF, _HALF)
    low, high, middle = (
        x(min(max(v, -limit), limit)) for v in (ends.low, ends.high, ends.size)
    )
    dot = (
        f'<circle cx="{place(middle)}" cy="{place(y)}" r="2.2" '
        f'fill="{ink if is_filled else "#FFFFFF"}" stroke="{ink}" stroke-width="1.2"/>'
    )
    tail = (
        f'<path d="M{place(low)} {place(y)}H{place(high)}" stroke="{ink}" '
        'stroke-width=".9"/>'
    )
    return (tail, *_arrow(ends.size, limit, y, ink), dot)


def _arrow(value: float, limit: float, y: float, ink: str) -> list[str]:
    """Point outwards where the figure itself is off the scale."""
    if abs(value) <= limit:
        return []
    sign = 1 if value > 0 else -1
    tip, back = sign * (_HALF + 1.5), sign * (_HALF - 2.5)
    ends = place(y - 2.5), place(y + 2.5)
    path = f"M{place(back)} {ends[0]}L{place(tip)} {place(y)}L{place(back)} {ends[1]}"
    return [f'<path class="off" d="{path}" fill="none" stroke="{ink}"/>']


def key_before() -> str:
    """Draw the hollow mark for the key."""
    return _key(is_filled=False)


def key_after() -> str:
    """Draw the filled mark for the key."""
    return _key(is_filled=True)


def _key(*, is_filled: bool) -> str:
    fill = DARK if is_filled else "#FFFFFF"
    return (
        '<svg class="key" viewBox="0 0 22 10" width="22" height="10" '
        f'aria-hidden="true"><path d="M1 5H21" stroke="{DARK}" stroke-width="1.4"/>'
        f'<circle cx="11" cy="5" r="3.2" fill="{fill}" stroke="{DARK}" '
        'stroke-width="1.4"/></svg>'
    )
