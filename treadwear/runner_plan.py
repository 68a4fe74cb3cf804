"""What is known of a runner now, the plan that follows, and what changed since.

Read from the store for the commands that print it.
"""

import time
from collections.abc import Sequence
from datetime import date

from contract.errors import UsageError
from contract.people import Assessment
from contract.rows import FindingRow
from processing.advice.corrective import load_corrective
from processing.advice.hints import plain_name, seen, side_of, sided
from processing.advice.plan import Plan, build_plan
from processing.advice.retest import RetestChange, compare_retest
from processing.history import History, PastRun, history_until_now
from processing.store.people import movement_check
from processing.store.sqlite import SqliteStore
from treadwear.people_tables import day_of
from treadwear.settings import Settings


def history_now(settings: Settings, runner: str) -> History:
    """What is known of a runner; `UsageError` when nothing is: mistyped, perhaps."""
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        history = history_until_now(store, runner)
    if not (history.runs or history.assessments or history.pains):
        what, why = f"nothing is known of {runner}", "it has no runs and no assessment"
        next_step = f"Try: treadwear sessions, or treadwear assess {runner}."
        raise UsageError(what, why, next_step)
    return history


def plan_of(history: History) -> Plan:
    """Make the plan as of today, from the last run that had good data."""
    return build_plan(
        findings_of(history),
        history.assessment,
        load_corrective(),
        today(),
        history.pain_levels(),
    )


def last_good_run(history: History) -> PastRun | None:
    """Give the last run that had good data."""
    good = history.good_runs()
    return good[-1] if good else None


def findings_of(history: History) -> tuple[FindingRow, ...]:
    """Findings of the last run that had good data."""
    run = last_good_run(history)
    return run.findings if run else ()


def today() -> date:
    """Give the day it is."""
    return day_of(time.time_ns())


def changes_since_check(history: History) -> tuple[RetestChange, ...]:
    """Before against after: the run that a movement check knew, and the last run.

    The check is the latest one older than the last run, so at a re-test it is the one
    that the plan came from. Both runs had good data, in the same shoe, by the same
    method.
    """
    after = last_good_run(history)
    if after is None:
        return ()
    told = [a for a in history.assessments if a.time_ns < after.about.time_ns]
    check = movement_check(told)
    if check is None:
        return ()
    alike = [run for run in history.good_runs() if _kind(run) == _kind(after)]
    known = [run for run in alike if run.about.time_ns <= check.time_ns]
    before = (known or alike[:1])[-1]
    if before is after:
        return ()
    return compare_retest(before.balances, after.balances)


def _kind(run: PastRun) -> tuple[str, str, str]:
    return (run.about.shoe, run.about.method, run.about.source)


def checks_compared(assessments: Sequence[Assessment]) -> list[str]:
    """Tell what the last two movement checks looked for both times, and saw."""
    checks = [a for a in assessments if a.observations]
    if len(checks) < 2:
        return []
    before, after = checks[-2:]
    days = [day_of(check.time_ns).isoformat() for check in (before, after)]
    lines = []
    for name in _looked_for(before):
        if name in _looked_for(after):
            words = [_seen_words(name, check) for check in (before, after)]
            told = ", ".join(f"{w} on {d}" for w, d in zip(words, days, strict=True))
            lines.append(f"{plain_name(name, load_corrective()).capitalize()}: {told}.")
    return lines


def _looked_for(check: Assessment) -> list[str]:
    return list(dict.fromkeys(o.compensation for o in check.observations))


def _seen_words(name: str, check: Assessment) -> str:
    found = seen(check).get(name)
    return sided("seen", side_of(found)) if found else "not seen"
