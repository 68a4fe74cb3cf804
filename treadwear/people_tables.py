"""What the commands about people print: shoes, weeks, plan, what a person saw."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from rich.table import Table
from rich.text import Text

from contract.people import Assessment, Shoe
from contract.rows import FindingRow
from contract.units import NS_PER_S
from contract.verdicts import MAIN_METRIC
from processing.advice.hints import CheckpointState, Hint
from processing.advice.plan import Plan
from processing.advice.weekly import LONGEST_DAYS, RunLoad, WeekLoad
from processing.history import PastRun
from processing.shoe_life import ShoeLife, TreadEstimate
from processing.verdict import JUDGED
from treadwear.tables import plain

_UNKNOWN = "-"
_WHOLE_KM = 10.0
_CERTAINTY = {"very low": "○○○", "low": "●○○", "medium": "●●○"}
"""Dots of a hint's confidence; three are for what a person saw only."""


def day_of(time_ns: int) -> date:
    """Day of a Unix time where this computer is."""
    when = datetime.fromtimestamp(time_ns // NS_PER_S, tz=UTC)
    return when.astimezone().date()


def km_words(distance_km: float) -> str:
    """Give kilometres as one would say them: below ten the first decimal counts."""
    digits = 1 if 0 < abs(distance_km) < _WHOLE_KM else 0
    return f"{distance_km:.{digits}f}"


def shoes_table(lives: Sequence[tuple[Shoe, ShoeLife]]) -> Table:
    """One line per pair of shoes."""
    table = Table(title="Shoes (dose: modelled load, body-weight seconds)")
    table.add_column("shoe", overflow="fold")
    for heading in ("g", "runs", "km", "dose left", "dose right", "R - L"):
        table.add_column(heading, justify="right")
    table.add_column("service")
    for shoe, life in lives:
        more = ">" if life.runs_without_distance else ""
        table.add_row(
            Text(plain(shoe.name)),
            _UNKNOWN if shoe.mass_g is None else f"{shoe.mass_g:.0f}",
            str(life.runs),
            f"{more}{km_words(life.distance_km)}",
            f"{life.left.dose_bws:.0f}",
            f"{life.right.dose_bws:.0f}",
            _UNKNOWN if life.lr_pct is None else f"{life.lr_pct:+.1f} %",
            _service(shoe, life),
        )
    return table


def _service(shoe: Shoe, life: ShoeLife) -> str:
    if shoe.retired:
        return "retired"
    if not life.service_km:
        return _UNKNOWN
    if life.is_due:
        return f"due at {km_words(life.service_km)} km"
    left = f"in {km_words(life.service_km - life.distance_km)} km"
    return f"{left} or less" if life.runs_without_distance else left


def tread_lines(shoe: Shoe, treads: dict[str, TreadEstimate]) -> list[str]:
    """Tell the present tread of zones that were measured twice or more."""
    return [
        f"{plain(shoe.name)}, {zone.replace('_', ' ')}: {t.depth_mm:.1f} mm now,"
        f" {t.half_mm:.1f} mm either way (from {t.measurings} measurings)"
        for zone, t in treads.items()
    ]


def weeks_table(weeks: Sequence[WeekLoad]) -> Table:
    """One line per week, the latest first."""
    table = Table(title="Load by week; changes against the mean of 4 weeks before")
    headings = ("week of", "runs", "km", "change", "h", "change", "dose", "change")
    for heading in headings:
        table.add_column(heading, justify="right")
    for week in reversed(weeks):
        distance = f"{week.distance_m / 1000:.1f}"
        table.add_row(
            week.monday if week.is_over else f"{week.monday} so far",
            str(week.runs),
            f">{distance}" if week.without_distance else distance,
            _change(week.distance_change_pct),
            f"{week.time_s / 3600:.1f}",
            _change(week.time_change_pct),
            f"{week.dose_bws:.0f}",
            _change(week.dose_change_pct),
        )
    return table


def _change(change_pct: float | None) -> str:
    return _UNKNOWN if change_pct is None else f"{change_pct:+.0f} %"


def longest_words(run: RunLoad) -> str:
    """Tell the longest run of the last month."""
    day, minutes = day_of(run.time_ns).isoformat(), run.duration_s / 60
    far = "" if run.distance_m is None else f"{run.distance_m / 1000:.1f} km, "
    return (
        f"Longest run of the last {LONGEST_DAYS} days: {far}{minutes:.0f} min ({day})."
    )


def intake_lines(known: Assessment, check: Assessment | None) -> list[str]:
    """Tell what the runner said and who looked when, one line each."""
    told = known.intake
    hurt = ", ".join(
        " ".join(str(w) for w in (i.side, i.region, i.year) if w not in (None, "both"))
        for i in told.past_injuries
    )
    where = f", {told.pain_where}" if told.pain_where else ""
    by = f" by {known.by}" if known.by else ""
    lines = {
        "Hours a week": told.hours_per_week,
        "Kilometres a week": told.km_per_week,
        "Hurt before": hurt,
        "Goals": told.goals,
        "Race": told.race_date,
        "Pain": None if told.pain is None else f"{told.pain} of 10{where}",
        "Movement check": f"{day_of(check.time_ns)}{by}" if check else "none yet",
        "Note": known.note,
    }
    return [f"{name}: {words}" for name, words in lines.items() if _is_told(words)]


def _is_told(words: object) -> bool:
    return words is not None and words != ""


def finding_words(finding: FindingRow) -> str:
    """Give a finding with its certainty as dots and a word, since when, and action."""
    level = finding.certainty
    word = ("not sure yet", "fairly sure", "very sure")[level - 1]
    sure = f"{'●' * level}{'○' * (3 - level)} {word}"
    return f"{finding.code} {sure}, {finding.since}: {finding.text} {finding.action}"


def verdict_words(run: PastRun) -> str:
    """Give a run's verdict with the difference that it is about, and its range."""
    word, about = run.about.verdict, run.balances.get(MAIN_METRIC)
    said = f"{word[:1].upper()}{word[1:]}"
    if about is None or word not in JUDGED:
        return f"{said}."
    low, high = sorted((about.ci_low, about.ci_high))
    reach = f"{_on_side(low)} to {_on_side(high)}"
    return f"{said}: time on the ground {_on_side(about.size)} (likely {reach})."


def _on_side(size_pct: float) -> str:
    """Say by how much which foot stayed down longer."""
    text = f"{abs(size_pct):.1f}"
    if not text.strip("0."):
        return "even"
    return f"{text} % longer {'right' if size_pct > 0 else 'left'}"


def retest_words(plan: Plan) -> str:
    """When to look again; "" without a plan."""
    if plan.retest is None:
        return ""
    r = plan.retest
    return f"Look again on {r.first_look}, re-test on {r.on}, at the latest {r.latest}."


def checkpoints_table(plan: Plan) -> Table:
    """Five checkpoints: what a person saw, and what sensors hint at beside it."""
    table = Table(title="Kinetic chain checkpoints")
    for heading in ("checkpoint", "state", "a person saw", "sensors hint at"):
        table.add_column(heading, overflow="fold")
    for point in plan.checkpoints:
        hints = [h for h in plan.hints if h.checkpoint == point.checkpoint]
        table.add_row(
            point.name,
            point.state,
            Text("\n".join(_by_person(point, hints)) or _UNKNOWN),
            Text("\n".join(map(hint_words, hints)) or _UNKNOWN),
        )
    return table


def _by_person(point: CheckpointState, hints: Sequence[Hint]) -> list[str]:
    """Details of a checkpoint less the hints, which stand beside them."""
    told = {h.text for h in hints}
    return [words for words in point.details if words not in told]


def hint_words(hint: Hint) -> str:
    """Name a hint with its side and certainty as dots and a word."""
    name, side = hint.compensation.replace("_", " "), _side_words(hint.side)
    dots = _CERTAINTY[hint.confidence]
    return f"{name} ({side}) {dots} {hint.confidence}, {', '.join(hint.codes)}"


def exercise_lines(plan: Plan) -> list[str]:
    """Three lines per exercise, in the order in which they are done."""
    return [
        line
        for e in plan.exercises
        for line in (
            f"{e.place}. {e.phase}, {_side_words(e.side)}: {e.exercise}",
            f"   How much: {e.dose}",
            f"   Why: {e.why}",
        )
    ]


def _side_words(side: str) -> str:
    return "both sides" if side == "both" else side
