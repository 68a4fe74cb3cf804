"""Contact time left against right over the run, as inline SVG with its ribbon."""

from collections.abc import Sequence

from contract.rows import BalanceRow, BaselineRow
from contract.units import NS_PER_S
from dashboards.report.data import COURSE_WINDOW_S, FEET
from dashboards.report.drawing import (
    BAND,
    GREY,
    HAIR,
    INK,
    Scale,
    box,
    line,
    place,
    round_step,
    svg,
    text,
)
from dashboards.report.metrics import is_known, is_usable, number, signed
from dashboards.report.strips import STRIP_HEIGHT, Bracket, Strip, drawn, thirds

Point = tuple[float, float, float, float]
"""Minute, asymmetry, lower and upper end of its interval, in percent."""

# A window that starts later than 1.5 windows after the last one leaves one out.
GAP_MIN = 1.5 * COURSE_WINDOW_S / 60.0
# Wider intervals than this say only "not known"; they are cut, the table has them.
COURSE_LIMIT_PCT = 20.0
MINUTE_STEPS = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0)
SHORT_MIN = 3.0
"""A run shorter than this has no two labelled minutes to read a time between."""
SECOND_STEPS = (5.0, 10.0, 15.0, 30.0, 60.0)
MINUTE_ROOM = 22.0
"""What the unit at the end of the axis needs."""
PERCENT_STEPS = (1.0, 2.0, 4.0, 5.0, 10.0)


def course_points(rows: Sequence[BalanceRow], start_ns: int) -> list[Point]:
    """Give the middle of each window in minutes, with what it compares."""
    half = COURSE_WINDOW_S / 2.0
    return [
        (
            ((row.time_ns - start_ns) / NS_PER_S + half) / 60.0,
            row.size,
            row.ci_low,
            row.ci_high,
        )
        for row in rows
        if is_usable(row)
    ]


def segments(points: Sequence[Point]) -> list[list[Point]]:
    """Cut the course where windows are missing."""
    parts: list[list[Point]] = []
    for point in points:
        if parts and point[0] - parts[-1][-1][0] <= GAP_MIN:
            parts[-1].append(point)
        else:
            parts.append([point])
    return parts


def course_sentence(points: Sequence[Point]) -> str:
    """Say what the course chart shows, for those who cannot see it."""
    middle = [p[1] for p in points]
    low, high = min(middle), max(middle)
    return (
        f"Contact time difference over {number(points[-1][0], 0)} minutes in "
        f"{len(points)} windows of 30 s, between {signed(low)} % and {signed(high)} %; "
        "above zero the right foot stayed down longer, below zero the left."
    )


def course(
    points: Sequence[Point],
    duration_s: float,
    own: BaselineRow | None = None,
    brackets: Sequence[Bracket] = (),
    strips: Sequence[Strip] = (),
) -> str:
    """Draw the asymmetry over the run with its 95 % ribbon; gaps stay gaps.

    Below it the first and the last third, then strips on the same minutes: speed, and
    what a watch knows.
    """
    half = COURSE_WINDOW_S / 120.0
    x = Scale(0.0, max(duration_s / 60.0, points[-1][0] + half), 24.0, 292.0)
    y = _course_scale(points, 84.0 if len(strips) < 2 else 68.0)
    parts = segments([_limited(p) for p in points])
    marks = [
        *_own_band(own, x, y),
        *_silences(parts, x, y),
        *_course_grid(x, y),
        *(_side_clip(side, y) for side in FEET),
        *(_course_part(part, x, y) for part in parts),
        *thirds(brackets, x, y.start + 4),
    ]
    bottom = y.start + (20.0 if brackets else 4.0)
    for strip in strips:
        marks += drawn(strip, x, bottom)
        bottom += STRIP_HEIGHT
    marks += _minutes(x, bottom + 2)
    return svg(f"0 0 296 {bottom + 16:g}", course_sentence(points), marks)


def _own_band(own: BaselineRow | None, x: Scale, y: Scale) -> list[str]:
    if own is None or not is_known(own.band_low, own.band_high):
        return []
    low, high = (min(max(v, y.low), y.high) for v in (own.band_low, own.band_high))
    if high <= low:
        return []
    band = box(x.start, y(high), x.end - x.start, y(low) - y(high), BAND)
    return [band, text(x.end - 2, y(high) + 8, "own usual", anchor="end", size=7)]


def _course_scale(points: Sequence[Point], ground: float) -> Scale:
    low = max(min(*(p[2] for p in points), -2.0), -COURSE_LIMIT_PCT)
    high = min(max(*(p[3] for p in points), 2.0), COURSE_LIMIT_PCT)
    margin = 0.04 * (high - low)
    return Scale(low - margin, high + margin, ground, 16.0)


def _limited(point: Point) -> Point:
    minute, middle, low, high = point
    most = COURSE_LIMIT_PCT
    return (
        minute,
        min(max(middle, -most), most),
        min(max(low, -most), most),
        min(max(high, -most), most),
    )


def _course_grid(x: Scale, y: Scale) -> list[str]:
    marks = []
    for value in y.ticks(round_step(y.high - y.low, 5, PERCENT_STEPS)):
        marks.append(line(x.start, y(value), x.end, y(value), HAIR if value else GREY))
        marks.append(text(x.start - 3, y(value) + 2.5, signed(value, 0), anchor="end"))
    marks.append(text(x.start, 9, "Contact time, % (+ = right longer)"))
    return marks


def _minutes(x: Scale, at: float) -> list[str]:
    """Mark the minutes, or of a run of less than three of them the seconds."""
    is_short = x.high < SHORT_MIN
    scale = Scale(0.0, x.high * 60.0, x.start, x.end) if is_short else x
    marks = [line(x.start, at, x.end, at)]
    steps = SECOND_STEPS if is_short else MINUTE_STEPS
    for value in scale.ticks(round_step(scale.high, 7, steps)):
        marks.append(line(scale(value), at, scale(value), at + 2))
        if scale(value) < x.end - MINUTE_ROOM:
            marks.append(text(scale(value), at + 10, number(value), anchor="middle"))
    marks.append(text(x.end, at + 10, "s" if is_short else "min", anchor="end"))
    return marks


def _silences(parts: Sequence[Sequence[Point]], x: Scale, y: Scale) -> list[str]:
    half = COURSE_WINDOW_S / 120.0
    edges = [0.0]
    for part in parts:
        edges += [part[0][0] - half, part[-1][0] + half]
    edges.append(x.high)
    marks = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        width = x(end) - x(start)
        if end - start < COURSE_WINDOW_S / 60.0:
            continue
        marks.append(
            f'<rect x="{place(x(start))}" y="{place(y.end)}" width="{place(width)}" '
            f'height="{place(y.start - y.end)}" fill="#F5F6F8"/>'
        )
        if width > 32:  # the words need about 30 units
            middle = (x(start) + x(end)) / 2
            marks.append(text(middle, y.end + 9, "no data", anchor="middle"))
    return marks


def _side_clip(side: str, y: Scale) -> str:
    zero = y(0.0)
    top, height = (y.end, zero - y.end) if side == "right" else (zero, y.start - zero)
    return (
        f'<clipPath id="course-{side}"><rect x="0" y="{place(top)}" width="296" '
        f'height="{place(height)}"/></clipPath>'
    )


def _course_part(part: Sequence[Point], x: Scale, y: Scale) -> str:
    half = COURSE_WINDOW_S / 120.0
    first, last = part[0], part[-1]
    whole = [
        (first[0] - half, *first[1:]),
        *part,
        (last[0] + half, *last[1:]),
    ]
    middle = "L".join(f"{place(x(p[0]))} {place(y(p[1]))}" for p in whole)
    upper = [f"{place(x(p[0]))} {place(y(p[3]))}" for p in whole]
    lower = [f"{place(x(p[0]))} {place(y(p[2]))}" for p in reversed(whole)]
    ribbon = "L".join([*upper, *lower])
    return "".join(
        f'<g clip-path="url(#course-{side})"><path d="M{ribbon}Z" fill="{INK[side]}" '
        f'fill-opacity=".2"/><path d="M{middle}" fill="none" stroke="{INK[side]}" '
        'stroke-width="1.5" stroke-linejoin="round"/></g>'
        for side in FEET
    )
