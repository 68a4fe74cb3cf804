"""A month of one runner: her runs, what she usually does, loads, shoes, findings, pain.

Nothing is judged anew: it gathers what each run said when it was analysed. Pure:
whoever asks reads the rows.
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from contract.people import Pain, Shoe
from contract.rows import (
    BalanceRow,
    BaselineRow,
    EventRow,
    ExerciseRow,
    FindingRow,
    SessionRow,
    WearRow,
)
from contract.units import NS_PER_S
from processing.advice.weekly import CheckDue, RunLoad, WeekLoad, check_due, weekly_load
from processing.month_course import (
    Alert,
    FindingCourse,
    alerts,
    courses,
    day_of,
    started,
)
from processing.settings import BalanceSettings
from processing.shoe_life import ShoeLife, shoe_life
from processing.verdict import JUDGED

UNNAMED = "shoe not named"


@dataclass(frozen=True, slots=True, eq=False)
class MonthRun:
    """One run as the month takes it; ``balance`` and ``own`` are of contact time."""

    about: SessionRow
    balance: BalanceRow | None = None
    own: BaselineRow | None = None
    wear: Sequence[WearRow] = ()
    findings: Sequence[FindingRow] = ()
    events: Sequence[EventRow] = ()
    exercises: Sequence[ExerciseRow] = ()

    @property
    def is_good(self) -> bool:
        """Whether left and right were compared, on steps enough."""
        least = BalanceSettings().report_pairs
        enough = self.balance is not None and self.balance.n_pairs >= least
        return self.about.verdict in JUDGED and enough

    @property
    def load(self) -> RunLoad:
        """What it counts in its week."""
        return RunLoad(
            time_ns=self.about.time_ns,
            duration_s=self.about.duration_s,
            distance_m=self.about.distance_m,
            dose_bws=sum(w.dose_bws for w in self.wear) if self.wear else None,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """All that is known of a runner, as of ``now_ns``; runs in order of time."""

    runner: str
    now_ns: int
    runs: Sequence[MonthRun] = ()
    pains: Sequence[Pain] = ()
    shoes: Mapping[str, Shoe] = field(default_factory=dict)
    last_check_ns: int | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class DayRun:
    """A run on its day. ``verdict`` is what its analysis said."""

    session: str
    day: str
    shoe: str
    distance_km: float | None
    minutes: float
    verdict: str


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """Contact time left against right of one good run, + = right longer.

    The own band is None where there were too few earlier runs.
    """

    session: str
    day: str
    at_day: float
    shoe: str
    size_pct: float
    low_pct: float
    high_pct: float
    band_low_pct: float | None
    band_high_pct: float | None
    is_new: bool
    verdict: str


@dataclass(frozen=True, slots=True)
class SkippedRun:
    """A run that is not in the trend, and why."""

    session: str
    day: str
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class ShoeMonth:
    """A pair of shoes in the month, and over its life until the month's end.

    ``exposure`` has one row per side: the doses of the month's runs added up.
    """

    shoe: str
    runs: int
    distance_km: float
    life: ShoeLife
    exposure: tuple[WearRow, ...]
    reminder: str


@dataclass(frozen=True, slots=True)
class PainNote:
    """How much it hurt on a day."""

    day: str
    level: int
    where: str


@dataclass(frozen=True, slots=True, eq=False)
class Month:
    """One month of a runner. ``weeks_of_days`` are Mondays to Sundays, 0: not in it."""

    runner: str
    name: str
    month: str
    title: str
    weeks_of_days: tuple[tuple[int, ...], ...]
    runs: tuple[DayRun, ...]
    distance_km: float
    hours: float
    without_distance: int
    trend: tuple[TrendPoint, ...]
    left_out: tuple[SkippedRun, ...]
    weeks: tuple[WeekLoad, ...]
    shoes: tuple[ShoeMonth, ...]
    findings: tuple[FindingCourse, ...]
    alerts: tuple[Alert, ...]
    pains: tuple[PainNote, ...]
    check: CheckDue
    next_check: str
    methods: tuple[str, ...]
    is_simulated: bool
    empty: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known of the month."""
        return bool(self.empty)


def month_of(known: Known, year: int, month: int) -> Month:
    """Gather one month; an empty one says so in ``empty``."""
    span = _span_ns(year, month, known.zone)
    inside = [r for r in known.runs if span[0] <= r.about.time_ns < span[1]]
    until = [r for r in known.runs if r.about.time_ns < span[1]]
    good = [run for run in inside if run.is_good]
    pains = _pains(known, span)
    return Month(
        **_totals(inside, known.zone),
        runner=known.runner,
        name=_name(inside or until or known.runs, known.runner),
        month=f"{year:04d}-{month:02d}",
        title=f"{calendar.month_name[month]} {year}",
        weeks_of_days=tuple(map(tuple, calendar.monthcalendar(year, month))),
        trend=tuple(_point(run, known.zone) for run in good),
        left_out=tuple(_skipped(r, known.zone) for r in inside if not r.is_good),
        weeks=_weeks(known, span),
        shoes=_shoes(known, inside, until),
        findings=courses(good, _last_good(until, span[0]), known.zone),
        alerts=tuple(a for run in inside for a in alerts(run, known.zone)),
        pains=pains,
        check=_check(known, span),
        next_check=_next_check(until),
        empty="" if inside or pains else _empty_words(known, year, month),
    )


def _totals(inside: Sequence[MonthRun], zone: tzinfo) -> dict[str, Any]:
    """What all runs of the month add up to, good or not."""
    rows = [run.about for run in inside]
    return {
        "runs": tuple(_day_run(run, zone) for run in inside),
        "distance_km": sum(row.distance_m or 0.0 for row in rows) / 1000,
        "hours": sum(row.duration_s for row in rows) / 3600,
        "without_distance": sum(row.distance_m is None for row in rows),
        "methods": tuple(sorted({row.method for row in rows})),
        "is_simulated": any(row.simulated for row in rows),
    }


def _name(runs: Sequence[MonthRun], runner: str) -> str:
    names = (run.about.name for run in reversed(runs))
    return next((name for name in names if name), runner)


def _span_ns(year: int, month: int, zone: tzinfo) -> tuple[int, int]:
    """First moment of the month and of the one after, where the runner lives."""
    after = date(year + month // 12, month % 12 + 1, 1)
    days = (date(year, month, 1), after)
    first, end = (
        int(datetime.combine(day, time(), zone).timestamp()) * NS_PER_S for day in days
    )
    return first, end


def _empty_words(known: Known, year: int, month: int) -> str:
    name = f"{calendar.month_name[month]} {year}"
    if not known.runs:
        return f"No run of {known.runner} is stored yet."
    days = [started(run, known.zone).date() for run in known.runs]
    return (
        f"No run of {known.runner} in {name}. There are runs from {days[0].isoformat()}"
        f" to {days[-1].isoformat()}."
    )


def _day_run(run: MonthRun, zone: tzinfo) -> DayRun:
    far_m = run.about.distance_m
    return DayRun(
        session=run.about.session,
        day=day_of(run, zone),
        shoe=run.about.shoe or UNNAMED,
        distance_km=None if far_m is None else far_m / 1000,
        minutes=run.about.duration_s / 60,
        verdict=run.about.verdict,
    )


def _point(run: MonthRun, zone: tzinfo) -> TrendPoint:
    row, own, when = run.balance, run.own, started(run, zone)
    assert row is not None  # noqa: S101 - a good run has one
    return TrendPoint(
        session=run.about.session,
        day=when.date().isoformat(),
        at_day=when.day + (when.hour + when.minute / 60) / 24,
        shoe=run.about.shoe or UNNAMED,
        size_pct=row.size,
        low_pct=row.ci_low,
        high_pct=row.ci_high,
        band_low_pct=own.band_low if own else None,
        band_high_pct=own.band_high if own else None,
        is_new=bool(own and own.is_new),
        verdict=run.about.verdict,
    )


def _skipped(run: MonthRun, zone: tzinfo) -> SkippedRun:
    verdict = run.about.verdict
    why = "too few steps of both feet" if verdict in JUDGED else verdict
    return SkippedRun(run.about.session, day_of(run, zone), why or "not analysed yet")


def _weeks(known: Known, span: tuple[int, int]) -> tuple[WeekLoad, ...]:
    """Weeks that share a day with the month, up to now."""
    loads = [run.load for run in known.runs]
    first, last = (
        datetime.fromtimestamp(ns // NS_PER_S, tz=known.zone).date()
        for ns in (span[0], span[1] - NS_PER_S)
    )
    weeks = weekly_load(loads, known.now_ns, known.zone).weeks
    return tuple(
        week
        for week in weeks
        if date.fromisoformat(week.monday) <= last
        and (first - date.fromisoformat(week.monday)).days < 7
    )


def _shoes(
    known: Known, inside: Sequence[MonthRun], until: Sequence[MonthRun]
) -> tuple[ShoeMonth, ...]:
    """Pairs worn in the month, the one run most first."""
    names = dict.fromkeys(run.about.shoe for run in inside)
    worn = [_shoe(known.shoes.get(n, Shoe(name=n)), inside, until) for n in names]
    return tuple(sorted(worn, key=lambda s: (-s.distance_km, s.shoe)))


def _shoe(
    shoe: Shoe, inside: Sequence[MonthRun], until: Sequence[MonthRun]
) -> ShoeMonth:
    own = [run for run in inside if run.about.shoe == shoe.name]
    life = shoe_life(shoe, [row for run in until for row in run.wear])
    return ShoeMonth(
        shoe=shoe.name or UNNAMED,
        runs=len(own),
        distance_km=sum(run.about.distance_m or 0.0 for run in own) / 1000,
        life=life,
        exposure=_exposure(shoe, [row for run in own for row in run.wear]),
        reminder=life.reminder() if shoe.name else "",
    )


def _exposure(shoe: Shoe, rows: Sequence[WearRow]) -> tuple[WearRow, ...]:
    """Add up the doses of some runs, one row per side that has any."""
    life = shoe_life(shoe, rows)
    sums = (("left", life.left), ("right", life.right))
    return tuple(
        WearRow(
            runner=rows[0].runner,
            session="",
            side=side,
            time_ns=rows[0].time_ns,
            shoe=shoe.name,
            steps=found.steps,
            dose_bws=found.dose_bws,
            dose_per_step_bws=found.dose_bws / found.steps,
            lr_pct=life.lr_pct,
            ml_pct=found.ml_pct,
            hf_pct=found.hf_pct,
            distance_m=1000 * found.distance_km,
            **{f"{zone}_bws": dose for zone, dose in (found.zones_bws or {}).items()},
        )
        for side, found in sums
        if found.steps
    )


def _last_good(until: Sequence[MonthRun], first_ns: int) -> MonthRun | None:
    """Give the last good run before the month."""
    before = [r for r in until if r.is_good and r.about.time_ns < first_ns]
    return before[-1] if before else None


def _pains(known: Known, span: tuple[int, int]) -> tuple[PainNote, ...]:
    notes = (p for p in known.pains if span[0] <= p.time_ns < span[1])
    return tuple(
        PainNote(
            datetime.fromtimestamp(p.time_ns // NS_PER_S, known.zone)
            .date()
            .isoformat(),
            p.pain,
            p.where,
        )
        for p in notes
    )


def _check(known: Known, span: tuple[int, int]) -> CheckDue:
    """Whether a check was due by the month's end, or is now."""
    by_ns = min(known.now_ns, span[1])
    last_ns = known.last_check_ns
    is_known = last_ns is not None and last_ns < by_ns
    loads = [run.load for run in known.runs]
    return check_due(loads, last_ns if is_known else None, by_ns)


def _next_check(until: Sequence[MonthRun]) -> str:
    """Day of the re-test that the latest plan asks for; "" without one."""
    planned = [run.exercises[0].retest for run in until if run.exercises]
    return planned[-1] if planned else ""
