"""What a report must know besides the rows of its session: pain noted since, advice."""

from datetime import UTC, datetime

from contract.rows import BalanceRow, FindingRow
from contract.units import NS_PER_S
from contract.verdicts import MAIN_METRIC, WHOLE_RUN
from dashboards.report.data import Advice
from processing.advice.corrective import load_corrective
from processing.advice.plan import build_plan
from processing.baseline import BaselineSettings, why_none
from processing.history import PastRun, history_of, history_until_now
from processing.metrics import METRICS
from processing.settings import METHOD
from processing.store.sqlite import SqliteStore
from processing.verdict import JUDGED, basis

NOT_JUDGED = "Left and right were not judged in this run, so it asks for nothing."


def advice_for(store: SqliteStore, session: str) -> Advice:
    """Words for the report of a stored session, as things stand now.

    Pain that was noted after the run hides the exercises that were found at its end.
    """
    about = store.session(session)
    now = history_until_now(store, about.runner)
    day = datetime.fromtimestamp(about.time_ns // NS_PER_S, UTC).date()
    found = sorted(store.rows(FindingRow, session), key=lambda row: row.rank)
    plan = build_plan(found, now.assessment, load_corrective(), day, now.pain_levels())
    return Advice(
        basis="" if about.baseline_runs else _why_alone(store, session),
        plan_hidden=plan.hidden_reason,
        plan_words=plan.advice if about.verdict in JUDGED else NOT_JUDGED,
    )


def _why_alone(store: SqliteStore, session: str) -> str:
    """Say why the run was not compared with earlier ones."""
    about = store.session(session)
    past = history_of(
        store,
        about.runner,
        about.shoe,
        about.time_ns,
        session,
        simulated=about.simulated,
    )
    whole = {
        b.metric: b for b in store.rows(BalanceRow, session) if b.window == WHOLE_RUN
    }
    this = PastRun(about, whole, (), ()).comparable(about.source)
    runs = past.comparable(about.source, METHOD)
    why = why_none(this, runs, METRICS[MAIN_METRIC], BaselineSettings())
    return basis(None, why)
