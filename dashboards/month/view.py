"""What a month's page says, as text ready for its template."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dashboards.month.charts import life_bar, trend, week_bar
from dashboards.month.marks import shapes_of, small_mark
from dashboards.month.shown import PointShown, RunShown, ShoeShown, Shown, WeekShown
from dashboards.report.metrics import number, shortened, signed
from dashboards.report.tread import shares_pct, tread_map

NONE = "\N{EN DASH}"
_HYPHEN = "\N{NON-BREAKING HYPHEN}"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EDGES = {"medial": "inner", "lateral": "outer"}
STATES = {
    "came": "new this month, still there",
    "stays": "there before, still there",
    "went": "there before, gone at the end",
    "came and went": "new this month, gone again at the end",
}


@dataclass(frozen=True)
class Cell:
    """One day of the calendar: its number, its runs, and what else happened."""

    day: int
    runs: tuple[tuple[str, str, str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ShoeCard:
    """A pair of shoes on the page."""

    mark: str
    name: str
    facts: str
    life: str
    reminder: str
    soles: str
    zones: tuple[tuple[str, ...], ...]


def view(shown: Shown) -> dict[str, object]:
    """Everything that the template asks for."""
    shapes = shapes_of([shoe.shoe for shoe in shown.shoes])
    days = max((day for week in shown.weeks_of_days for day in week), default=31)
    most_m = max((week.distance_m for week in shown.weeks), default=0.0)
    return {
        "shown": shown,
        "day_names": DAYS,
        "facts": _facts(shown),
        "calendar": [[_cell(day, shown, shapes) for day in w]
                     for w in shown.weeks_of_days],
        "trend": trend(shown.trend, shown.pains, shapes, days),
        "has_bands": any(p.band_low_pct is not None for p in shown.trend),
        "runs": _runs(shown, shapes),
        "weeks": [(week_bar(w, most_m), *_week(w)) for w in shown.weeks],
        "shoes": [_shoe(shoe, shapes) for shoe in shown.shoes],
        "findings": [
            (f"{_capital(f.what)}, {f.side}", STATES.get(f.state, f.state),
             f"{f.seen} of {f.runs} runs", _span(f.first, f.last), f.text)
            for f in shown.findings
        ],
        "alerts": [
            (_short(a.day), _whole(a.code), a.text, _minutes(a.minutes))
            for a in shown.alerts
        ],
        "pains": [(_short(p.day), f"{p.level} of 10", p.where or NONE)
                  for p in shown.pains],
        "next_check": _long(shown.next_check) if shown.next_check else "",
    }  # fmt: skip


def _facts(shown: Shown) -> list[tuple[str, str]]:
    more = "at least " if shown.without_distance else ""
    hours, minutes = divmod(round(60 * shown.hours), 60)
    return [
        ("runs", number(len(shown.runs))),
        ("km", f"{more}{number(shown.distance_km, 1)}"),
        ("h : min", f"{hours}:{minutes:02d}"),
        ("compared", f"{len(shown.trend)} of {len(shown.runs)}"),
    ]


def _cell(day: int, shown: Shown, shapes: Mapping[str, str]) -> Cell:
    if not day:
        return Cell(0, (), ())
    own = [run for run in shown.runs if int(run.day[-2:]) == day]
    runs = tuple(
        (small_mark(shapes[r.shoe]), _km(r), shortened(r.shoe, 18), r.verdict)
        for r in own
    )
    notes = [f"{a.code} came on" for a in shown.alerts if int(a.day[-2:]) == day]
    notes += [f"pain {p.level}" for p in shown.pains if int(p.day[-2:]) == day]
    return Cell(day, runs, tuple(notes))


def _km(run: RunShown) -> str:
    if run.distance_km is None:
        return f"{number(run.minutes)} min"
    return f"{number(run.distance_km, 1)} km"


def _runs(shown: Shown, shapes: Mapping[str, str]) -> list[tuple[str, ...]]:
    """One line per run, compared or not: the chart as a table."""
    points = {point.session: point for point in shown.trend}
    why = {skipped.session: skipped.why for skipped in shown.left_out}
    return [
        (
            _short(run.day),
            small_mark(shapes[run.shoe]),
            shortened(run.shoe, 30),
            _km(run),
            *_compared(points.get(run.session), why.get(run.session, "")),
            run.verdict if run.session in points else "left out",
        )
        for run in shown.runs
    ]


def _compared(point: PointShown | None, why: str) -> tuple[str, str]:
    if point is None:
        return why, NONE
    size = (
        f"{signed(point.size_pct)} [{signed(point.low_pct)}, {signed(point.high_pct)}]"
    )
    if point.band_low_pct is None or point.band_high_pct is None:
        return size, NONE
    return size, f"{signed(point.band_low_pct)} to {signed(point.band_high_pct)}"


def _week(week: WeekShown) -> tuple[str, ...]:
    more = "at least " if week.without_distance else ""
    hours, minutes = divmod(round(week.time_s / 60), 60)
    change = week.distance_change_pct
    name = _short(week.monday)
    return (
        name if week.is_over else f"{name}, so far",
        number(week.runs),
        f"{more}{number(week.distance_m / 1000, 1)}",
        f"{hours}:{minutes:02d}",
        NONE if change is None else f"{signed(change, 0)} %",
    )


def _shoe(shoe: ShoeShown, shapes: Mapping[str, str]) -> ShoeCard:
    runs = "1 run" if shoe.runs == 1 else f"{number(shoe.runs)} runs"
    rows = list(shoe.exposure)
    return ShoeCard(
        mark=small_mark(shapes[shoe.shoe]),
        name=shortened(shoe.shoe),
        facts=f"{number(shoe.distance_km, 1)} km in {runs} this month",
        life=life_bar(shoe.life.distance_km, shoe.life.service_km),
        reminder=shoe.reminder,
        soles=tread_map(rows),
        zones=tuple(
            (row.side, f"{part}, {EDGES[edge]}", number(share))
            for row in rows
            for (part, edge), share in shares_pct(row).items()
        ),
    )


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _whole(code: str) -> str:
    """Keep a code on one line."""
    return code.replace("-", _HYPHEN)


def _minutes(minutes: float | None) -> str:
    return "until the end" if minutes is None else f"{number(minutes)} min"


def _span(first: str, last: str) -> str:
    return _short(first) if first == last else f"{_short(first)} to {_short(last)}"


def _short(day: str) -> str:
    when = date.fromisoformat(day)
    return f"{when.day}\N{NO-BREAK SPACE}{when:%b}"


def _long(day: str) -> str:
    when = date.fromisoformat(day)
    return f"{when:%A}, {when.day} {when:%B %Y}"
