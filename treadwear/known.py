"""What a report must know besides the rows of its session: pain noted since, advice."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime

from contract.people import Shoe
from contract.rows import BalanceRow, ExerciseRow, FindingRow, SessionRow, WearRow
from contract.units import NS_PER_S
from contract.verdicts import MAIN_METRIC, WHOLE_RUN
from dashboards.report.background import Advice, Bias, PaceMatch, PainFacts, ShoeFacts
from dashboards.report.grade import GOOD_USED_PCT
from processing.advice.corrective import load_corrective
from processing.advice.finding_words import MANY_LOOKS
from processing.advice.plan import Plan, build_plan
from processing.baseline import BaselineSettings, why_none
from processing.history import History, PastRun, history_of, history_until_now
from processing.metrics import METRICS
from processing.settings import METHOD, Settings
from processing.settings_hash import settings_hash, settings_text
from processing.shoe_life import shoe_life
from processing.store.people import fit_check_of, shoes_of, track_of
from processing.store.raw import raw_sha256
from processing.store.sqlite import SqliteStore
from processing.verdict import JUDGED, basis
from treadwear.checkpoints import checkpoint_facts
from treadwear.people_tables import day_of
from treadwear.runner_plan import last_good_run
from treadwear.trends import change_trends, trends, usual_shares

NOT_JUDGED = "Left and right were not judged in this run, so it asks for nothing."
SINCE = (
    "What a person saw since this run leads to exercises; see them with: treadwear plan"
    " {}."
)
"""An older run does not show the plan of today: that is of the last run."""
FORCE_PLATES = Bias(0.45, 4.13, "13 treadmill runners, virtual sensors")
"""docs/accuracy.md, rbds_virtual: contact time, mean bias and SD of the trial bias."""
FIT_HOURS, BEFORE_HOURS, AFTER_DAYS = 12, 24, 7
"""A check or a word on pain that is older or later is not about this run."""


def advice_for(store: SqliteStore, session: str) -> Advice:
    """Words for the report of a stored session, as things stand now.

    Pain that was noted after the run hides the exercises that were found at its end.
    """
    about = store.session(session)
    now = history_until_now(store, about.runner)
    past = _past(store, about)
    table = load_corrective()
    has_rows = bool(store.rows(ExerciseRow, session))
    found = sorted(store.rows(FindingRow, session), key=lambda row: row.rank)
    plan = build_plan(
        found,
        now.assessment,
        table,
        _first_day(about, now, has_rows=has_rows),
        now.pain_levels(),
    )
    today = () if has_rows or not _is_last(about, now) else _exercises(about, plan)
    whole = _whole(store, session)
    wear = store.rows(WearRow, session)
    return Advice(
        basis="" if about.baseline_runs else _why_alone(about, whole, past),
        plan_hidden=plan.hidden_reason,
        plan_words=_plan_words(about, plan, is_shown=has_rows or bool(today)),
        exercises=today,
        first_look=plan.retest.first_look if plan.retest else "",
        latest_retest=plan.retest.latest if plan.retest else "",
        times_a_week=table.phase_one.times_a_week,
        trends=trends(about, whole.values(), past),
        changes=change_trends(store, about),
        usual_shares=usual_shares(about, wear, past),
        shoe=_shoe(store, about, wear, past),
        checkpoints=checkpoint_facts(plan, now.assessment, table),
        pain=_pain(about, now),
        fit=_fit(store, about),
        pace_match=_pace_match(store, about),
        bias=FORCE_PLATES,
        track=track_of(store, about.runner, session),
        many=MANY_LOOKS,
        thresholds=_thresholds(about),
        raw_sha256=raw_sha256(store, session),
    )


def _first_day(about: SessionRow, now: History, *, has_rows: bool) -> date:
    """Day that the plan's dates count from.

    That of the run; of a plan that none of its rows hold, that of the assessment which
    led to it, if that was later.
    """
    known = now.assessment
    since_ns = 0 if has_rows or known is None else known.time_ns
    latest_ns = max(about.time_ns, since_ns)
    return datetime.fromtimestamp(latest_ns // NS_PER_S, UTC).date()


def _is_last(about: SessionRow, now: History) -> bool:
    """Whether the plan of today rests on this run, as `treadwear plan` shows it."""
    last = last_good_run(now)
    return last is not None and last.about.session == about.session


def _plan_words(about: SessionRow, plan: Plan, *, is_shown: bool) -> str:
    """Words on the plan, which must be about the exercises that are shown."""
    if about.verdict not in JUDGED:
        return NOT_JUDGED
    if is_shown == bool(plan.exercises):
        return plan.advice
    return SINCE.format(about.runner) if plan.exercises else ""


def _exercises(about: SessionRow, plan: Plan) -> tuple[ExerciseRow, ...]:
    """Give the plan as it stands now as rows of the run; none where none was judged."""
    if about.verdict not in JUDGED:
        return ()
    return tuple(
        ExerciseRow(
            runner=about.runner,
            session=about.session,
            time_ns=about.time_ns,
            **asdict(exercise),
        )
        for exercise in plan.exercises
    )


def _past(store: SqliteStore, about: SessionRow) -> History:
    return history_of(
        store,
        about.runner,
        about.shoe,
        about.time_ns,
        about.session,
        simulated=about.simulated,
    )


def _whole(store: SqliteStore, session: str) -> dict[str, BalanceRow]:
    rows = store.rows(BalanceRow, session)
    return {b.metric: b for b in rows if b.window == WHOLE_RUN}


def _why_alone(about: SessionRow, whole: dict[str, BalanceRow], past: History) -> str:
    """Say why the run was not compared with earlier ones."""
    this = PastRun(about, whole, (), ()).comparable(about.source)
    runs = past.comparable(about.source, METHOD)
    why = why_none(this, runs, METRICS[MAIN_METRIC], BaselineSettings())
    return basis(None, why)


def _pace_match(store: SqliteStore, about: SessionRow) -> PaceMatch | None:
    """Give the run that the analysis found to be alike: shoe, pace, method."""
    if not about.pace_matched_session:
        return None
    row = _whole(store, about.pace_matched_session).get(MAIN_METRIC)
    if row is None:
        return None
    day = day_of(row.time_ns)
    return PaceMatch(f"{day.day} {day:%b}", row.size)


def _shoe(
    store: SqliteStore, about: SessionRow, wear: Sequence[WearRow], past: History
) -> ShoeFacts | None:
    """Sum what the shoe has run, this run included; None for a shoe without a name."""
    if not about.shoe:
        return None
    told = shoes_of(store, about.runner).get(about.shoe)
    life = shoe_life(told or Shoe(name=about.shoe), [*past.wear(), *wear])
    return ShoeFacts(
        distance_km=life.distance_km,
        service_km=life.service_km,
        runs=life.runs,
        is_least=life.runs_without_distance > 0 or _is_part(about, past),
    )


def _is_part(about: SessionRow, past: History) -> bool:
    """Whether a run in the shoe lost strides, which its distance then lacks."""
    runs = [about, *(run.about for run in past.runs if run.about.shoe == about.shoe)]
    strides = [(run.steps, run.steps + run.rejected) for run in runs]
    return any(100 * used < GOOD_USED_PCT * every for used, every in strides)


def _pain(about: SessionRow, now: History) -> PainFacts:
    """Pain that was told shortly before the run, and after it."""
    start = about.time_ns
    end = start + round(about.duration_s * NS_PER_S)
    least, most = start - _hours(BEFORE_HOURS), end + _hours(24 * AFTER_DAYS)
    before = [p for p in now.pains if least <= p.time_ns <= start]
    after = [p for p in now.pains if start < p.time_ns <= most]
    places = [p.where for p in (*before, *after) if p.where]
    return PainFacts(
        before=before[-1].pain if before else None,
        after=after[-1].pain if after else None,
        where=places[-1] if places else "",
    )


def _fit(store: SqliteStore, about: SessionRow) -> str:
    """Say how the sensors sat when they were looked at before the run; "" if not."""
    check = fit_check_of(store, about.runner, about.shoe)
    latest = about.time_ns + round(about.duration_s * NS_PER_S)
    if check is None or not about.time_ns - _hours(FIT_HOURS) <= check.time_ns < latest:
        return ""
    if not check.failed:
        return "fit check before the run: all good"
    return f"fit check before the run: not good were {', '.join(check.failed)}"


def _thresholds(about: SessionRow) -> str:
    """Give the numbers of the method, if they still are those of that run."""
    now = Settings()
    is_alike = (about.method, about.settings_hash) == (METHOD, settings_hash(now))
    return settings_text(now) if is_alike else ""


def _hours(hours: int) -> int:
    return hours * 3600 * NS_PER_S
