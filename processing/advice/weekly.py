"""How much was run week by week, and when the next alignment check is due.

Distance, time and load dose of each ISO week, against the mean of the four weeks before
as plain percent. No ratio of acute to chronic load: random denominators give the same
odds (Impellizzeri 2020, algorithms.md section 5).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from contract.units import NS_PER_S

WEEKS_BEFORE = 4
"""Weeks whose mean a week is compared with (algorithms.md section 5)."""

LONGEST_DAYS = 30
"""How far back the longest run is looked for (algorithms.md section 5)."""


@dataclass(frozen=True, slots=True)
class RunLoad:
    """What one run counts: start, running time, and distance and dose where known."""

    time_ns: int
    duration_s: float
    distance_m: float | None = None
    dose_bws: float | None = None


@dataclass(frozen=True, slots=True)
class WeekLoad:
    """One ISO week.

    Attributes
    ----------
    week : str
        Its ISO name, 2026-W47.
    monday : str
        Its first day, YYYY-MM-DD.
    without_distance : int
        Runs whose distance is not known; ``distance_m`` is that of the others.
    distance_change_pct, time_change_pct, dose_change_pct : float or None
        Against the mean of the four weeks before; None in the first four weeks, when
        nothing was run in those, or when it is not known for every run.
    is_over : bool
        False for the week that still goes on.
    """

    week: str
    monday: str
    runs: int
    distance_m: float
    time_s: float
    dose_bws: float
    without_distance: int
    distance_change_pct: float | None
    time_change_pct: float | None
    dose_change_pct: float | None
    is_over: bool


@dataclass(frozen=True, slots=True)
class WeeklyLoad:
    """Weeks in order of time, and the longest run of the last 30 days."""

    weeks: tuple[WeekLoad, ...]
    longest: RunLoad | None


@dataclass(frozen=True, slots=True)
class CheckInterval:
    """After how much running the next alignment check is due, like a car's service.

    Corrective work is looked at again after 4 to 6 weeks (product.md 3.3). A runner of
    20 to 25 km or 2 to 2.5 h a week (an assumption, not a study) does 100 km or 10 h in
    that time; who runs more is due earlier. Whichever comes first.
    """

    distance_m: float = 100_000.0
    time_s: float = 36_000.0

    @property
    def words(self) -> str:
        """The interval for people."""
        return f"{self.distance_m / 1000:.0f} km or {self.time_s / 3600:.0f} hours"


@dataclass(frozen=True, slots=True)
class CheckDue:
    """What was run since the last alignment check, and whether the next is due."""

    is_due: bool
    distance_m: float
    time_s: float
    text: str


def weekly_load(runs: Sequence[RunLoad], now_ns: int, zone: tzinfo = UTC) -> WeeklyLoad:
    """Add up the runs up to now by week; weeks without a run count as zero.

    ``zone`` is where the runner lives: it decides on which day a late run was.
    """
    known = [r for r in runs if r.time_ns <= now_ns]
    since_ns = now_ns - LONGEST_DAYS * 86_400 * NS_PER_S
    recent = [r for r in known if r.time_ns >= since_ns]
    longest = max(recent, key=_length, default=None)
    if not known:
        return WeeklyLoad((), None)
    this_week = _monday(now_ns, zone)
    mondays = _mondays(min(_monday(r.time_ns, zone) for r in known), this_week)
    by_week: dict[date, list[RunLoad]] = {m: [] for m in mondays}
    for run in known:
        by_week[_monday(run.time_ns, zone)].append(run)
    totals = [_totals(by_week[m]) for m in mondays]
    weeks = tuple(
        _week(monday, by_week[monday], totals[: k + 1], is_over=monday < this_week)
        for k, monday in enumerate(mondays)
    )
    return WeeklyLoad(weeks, longest)


def check_due(
    runs: Sequence[RunLoad],
    last_check_ns: int | None,
    now_ns: int,
    interval: CheckInterval = CheckInterval(),
) -> CheckDue:
    """Whether so much was run since the last check that the next one is due.

    Runs whose distance is not known count by their time.
    """
    since = [
        r
        for r in runs
        if r.time_ns <= now_ns and (last_check_ns is None or r.time_ns > last_check_ns)
    ]
    distance_m = _sum(r.distance_m for r in since)
    time_s = _sum(r.duration_s for r in since)
    is_due = distance_m >= interval.distance_m or time_s >= interval.time_s
    done = f"{distance_m / 1000:.0f} km and {time_s / 3600:.1f} hours"
    after = "the last alignment check" if last_check_ns is not None else "the first run"
    verb = "The next alignment check is due" if is_due else "No alignment check is due"
    text = f"{verb}: {done} since {after}; one every {interval.words}."
    return CheckDue(is_due, distance_m, time_s, text)


def week_words(week: WeekLoad) -> str:
    """One week in a sentence."""
    hours, minutes = divmod(round(week.time_s / 60), 60)
    took = f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"
    told = f"{week.distance_m / 1000:.1f} km in {took}"
    opening = f"Week of {week.monday}" if week.is_over else "This week so far"
    by, change = "distance", week.distance_change_pct
    if change is None:
        by, change = "time", week.time_change_pct
    if change is None:
        return f"{opening}: {told}; four earlier weeks are needed to compare."
    more = "more" if change >= 0 else "less"
    mean = f"the mean of the {WEEKS_BEFORE} weeks before"
    return f"{opening}: {told}, {abs(change):.0f} % {more} {by} than {mean}."


def _length(run: RunLoad) -> tuple[float, float]:
    return (run.distance_m or 0.0, run.duration_s)


def _monday(time_ns: int, zone: tzinfo) -> date:
    day = datetime.fromtimestamp(time_ns // NS_PER_S, tz=zone).date()
    return day - timedelta(days=day.weekday())


def _mondays(first: date, last: date) -> list[date]:
    weeks = (last - first).days // 7
    return [first + timedelta(weeks=k) for k in range(weeks + 1)]


def _sum(values: Iterable[float | None]) -> float:
    """Sum of what is known."""
    return sum((v for v in values if v is not None), 0.0)


Totals = tuple[float | None, float | None, float | None]


def _totals(runs: Sequence[RunLoad]) -> Totals:
    """Distance, time and dose of a week; None where not known for every run."""
    columns = (
        [r.distance_m for r in runs],
        [r.duration_s for r in runs],
        [r.dose_bws for r in runs],
    )
    distance, time, dose = (None if None in c else _sum(c) for c in columns)
    return distance, time, dose


def _week(
    monday: date, runs: Sequence[RunLoad], totals: Sequence[Totals], *, is_over: bool
) -> WeekLoad:
    """One week; ``totals`` are those of all weeks up to it."""
    before = totals[:-1][-WEEKS_BEFORE:]
    changes = [_change(x, [b[k] for b in before]) for k, x in enumerate(totals[-1])]
    year, week, _ = monday.isocalendar()
    return WeekLoad(
        week=f"{year}-W{week:02d}",
        monday=monday.isoformat(),
        runs=len(runs),
        distance_m=_sum(r.distance_m for r in runs),
        time_s=_sum(r.duration_s for r in runs),
        dose_bws=_sum(r.dose_bws for r in runs),
        without_distance=sum(r.distance_m is None for r in runs),
        distance_change_pct=changes[0],
        time_change_pct=changes[1],
        dose_change_pct=changes[2],
        is_over=is_over,
    )


def _change(value: float | None, before: Sequence[float | None]) -> float | None:
    """Percent against a mean; None with too little known to say so."""
    if value is None or None in before or len(before) < WEEKS_BEFORE:
        return None
    mean = _sum(before) / WEEKS_BEFORE
    return 100.0 * (value - mean) / mean if mean > 0 else None
