"""The month as charts: left against right by day, pain below it, kilometres by week."""

from collections.abc import Mapping, Sequence

from dashboards.month.marks import mark
from dashboards.month.shown import PainShown, PointShown, WeekShown
from dashboards.report.drawing import (
    BAND,
    DARK,
    GREY,
    HAIR,
    INK,
    Scale,
    line,
    place,
    svg,
    text,
)
from dashboards.report.metrics import signed

_WHOLE_KM = 10.0
"""Below it the first decimal counts."""
_WIDTH, _LEFT = 640.0, 44.0
_TOP, _BOTTOM = 12.0, 172.0
_LIMITS_PCT = (8.0, 12.0, 16.0, 24.0, 32.0)
"""The first is the wall's, so that people meet one picture."""
_PAIN_TOP, _PAIN_BOTTOM = 204.0, 238.0


def trend(
    points: Sequence[PointShown],
    pains: Sequence[PainShown],
    shapes: Mapping[str, str],
    days: int,
) -> str:
    """Draw left against right run by run, and pain on the same days; "" for nothing."""
    if not points and not pains:
        return ""
    x = Scale(0.7, days + 1.3, _LEFT, _WIDTH - 6)
    marks = [*_frame(points, x, days)] if points else []
    limit = limit_of(points)
    y = Scale(-limit, limit, _BOTTOM, _TOP)
    for point in points:
        marks += _point(point, x(point.at_day), y, limit, shapes)
    top = 0.0 if points else _PAIN_TOP - 24
    if pains:
        marks += _pains(pains, x, days)
    height = (_PAIN_BOTTOM + 18 if pains else _BOTTOM + 18) - top
    view = f"0 {place(top)} {place(_WIDTH)} {place(height)}"
    return svg(view, _sentence(points, pains), marks, "trend")


def limit_of(points: Sequence[PointShown]) -> float:
    """Half width of the scale that holds all intervals, as far as sensible."""
    most = max((max(abs(p.low_pct), abs(p.high_pct)) for p in points), default=0.0)
    return next((v for v in _LIMITS_PCT if most <= v), _LIMITS_PCT[-1])


def _frame(points: Sequence[PointShown], x: Scale, days: int) -> list[str]:
    limit = limit_of(points)
    y = Scale(-limit, limit, _BOTTOM, _TOP)
    marks = []
    for value in (-limit, -limit / 2, 0.0, limit / 2, limit):
        ink = GREY if value == 0 else HAIR
        marks.append(line(_LEFT, y(value), _WIDTH, y(value), ink))
        words = "even" if value == 0 else f"{signed(value, 0)} %"
        marks.append(text(_LEFT - 6, y(value) + 3, words, anchor="end"))
    marks.append(text(_LEFT + 2, _TOP - 3, "right longer ▴", GREY))
    marks.append(text(_LEFT + 2, _BOTTOM - 4, "left longer ▾", GREY))
    return marks + _days(x, days, _BOTTOM + 13)


def _days(x: Scale, days: int, y: float) -> list[str]:
    chosen = [day for day in range(1, days + 1) if day == 1 or day % 5 == 0]
    # A run has its hour: in the middle of its day stand the day's number and its pain.
    return [text(x(day + 0.5), y, str(day), anchor="middle") for day in chosen]


def _point(
    point: PointShown, at: float, y: Scale, limit: float, shapes: Mapping[str, str]
) -> list[str]:
    ink = GREY
    if point.low_pct > 0 or point.high_pct < 0:
        ink = INK["right" if point.size_pct > 0 else "left"]
    low, high, middle = (
        y(min(max(v, -limit), limit))
        for v in (point.low_pct, point.high_pct, point.size_pct)
    )
    marks = []
    if point.band_low_pct is not None and point.band_high_pct is not None:
        ends = [
            y(min(max(v, -limit), limit))
            for v in (point.band_high_pct, point.band_low_pct)
        ]
        marks.append(
            f'<rect class="band" x="{place(at - 7)}" y="{place(ends[0])}" width="14" '
            f'height="{place(max(ends[1] - ends[0], 0.6))}" fill="{BAND}"/>'
        )
    marks.append(
        f'<path class="tail" d="M{place(at)} {place(low)}V{place(high)}" '
        f'stroke="{ink}" stroke-width="1.4"/>'
    )
    return [*marks, mark(shapes[point.shoe], at, middle, ink)]


def _pains(pains: Sequence[PainShown], x: Scale, days: int) -> list[str]:
    """Pain of a day as a bar from 0 to 10 with its number."""
    y = Scale(0.0, 10.0, _PAIN_BOTTOM, _PAIN_TOP)
    marks = [
        line(_LEFT, _PAIN_BOTTOM, _WIDTH, _PAIN_BOTTOM, GREY),
        text(_LEFT - 6, _PAIN_TOP + 6, "pain 10", anchor="end"),
        text(_LEFT - 6, _PAIN_BOTTOM + 3, "0", anchor="end"),
        *_days(x, days, _PAIN_BOTTOM + 13),
    ]
    worst: dict[str, int] = {}
    for pain in pains:
        worst[pain.day] = max(pain.level, worst.get(pain.day, 0))
    for day, level in worst.items():
        at = x(float(day[-2:]) + 0.5)
        top = y(level)
        marks.append(
            f'<rect x="{place(at - 3)}" y="{place(top)}" width="6" '
            f'height="{place(max(_PAIN_BOTTOM - top, 0.8))}" fill="{DARK}"/>'
        )
        marks.append(text(at, top - 3, str(level), DARK, "middle", weight=640))
    return marks


def _sentence(points: Sequence[PointShown], pains: Sequence[PainShown]) -> str:
    told = []
    if points:
        sizes = [p.size_pct for p in points]
        told.append(
            f"Time on the ground, left against right, in {len(points)} runs: from "
            f"{signed(min(sizes))} to {signed(max(sizes))} %; plus means right longer."
        )
    if pains:
        often = "once" if len(pains) == 1 else f"{len(pains)} times"
        told.append(f"Pain noted {often}, at most {max(p.level for p in pains)}.")
    return " ".join([*told, "The tables have all numbers."])


def week_bar(week: WeekShown, most_m: float) -> str:
    """Draw a week's kilometres as a bar; its number stands beside it."""
    length = 100.0 * week.distance_m / most_m if most_m > 0 else 0.0
    fill = DARK if week.is_over else "#FFFFFF"
    bar = (
        f'<rect x=".5" y="1.5" width="{place(max(length - 1, 0.5))}" height="7" '
        f'fill="{fill}" stroke="{DARK}"/>'
    )
    return svg("0 0 100 10", "", [bar], "weekbar")


def life_bar(ran_km: float, service_km: float) -> str:
    """Draw how much of its service distance a pair has run; "" without one."""
    if service_km <= 0:
        return ""
    x = Scale(0.0, max(service_km, ran_km), 0.0, 120.0)
    marks = [
        _bar(120.0, HAIR),
        _bar(max(x(ran_km), 1.0), DARK),
        f'<path d="M{place(x(service_km))} 0V10" stroke="{DARK}" stroke-width="1.2"/>',
    ]
    digits = 1 if 0 < ran_km < _WHOLE_KM else 0
    said = f"{ran_km:.{digits}f} km run; the line is at {service_km:.0f} km."
    return svg("0 0 120 10", said, marks, "life")


def _bar(width: float, ink: str) -> str:
    return f'<rect y="2" width="{place(width)}" height="6" rx="3" fill="{ink}"/>'
