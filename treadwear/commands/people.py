"""Commands about people: runners, consent, assess, plan, load, pain, shoes."""

import time
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from contract.people import Pain
from contract.verdicts import CLEARLY, SLIGHTLY
from processing.advice.plan import pain_reason
from processing.advice.weekly import check_due, week_words, weekly_load
from processing.history import PastRun
from processing.store.people import keep_pain, movement_check
from processing.store.sqlite import SqliteStore
from treadwear.commands.assess import assess
from treadwear.commands.consent import consent
from treadwear.commands.options import DataDir, Json, check_runner
from treadwear.commands.runners import runners
from treadwear.commands.shoes import Runner, shoes
from treadwear.people_tables import (
    day_of,
    exercise_lines,
    finding_words,
    longest_words,
    retest_words,
    verdict_words,
    weeks_table,
)
from treadwear.runner_plan import (
    changes_since_check,
    checks_compared,
    findings_of,
    history_now,
    last_good_run,
    plan_of,
)
from treadwear.settings import load_settings

PainLevel = Annotated[int, typer.Argument(min=0, max=10, help="0 none, 10 worst.")]

_MOST_WEEKS = 12
"""Lines of the table of weeks; --json gives them all."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(runners)
    app.command()(consent)
    app.command()(assess)
    app.command()(plan)
    app.command()(load)
    app.command()(pain)
    app.command()(shoes)


def plan(runner: Runner, as_json: Json = False, data: DataDir = None) -> None:
    """Print the plan that the last run's findings and the last assessment lead to."""
    check_runner(runner, "", "")
    history = history_now(load_settings(data_dir=data), runner)
    made, findings = plan_of(history), findings_of(history)
    changes = changes_since_check(history)
    if as_json:
        told = {"findings": findings, "plan": made, "changes": changes}
        typer.echo(msgspec.json.encode(told).decode())
        return
    if run := last_good_run(history):
        typer.echo(f"From the run of {day_of(run.about.time_ns)}, {run.about.session}:")
        for line in (verdict_words(run), *map(finding_words, findings)):
            typer.echo(line)
        if not findings:
            typer.echo(f"Nothing {_beside(run)}stands out.")
    for line in exercise_lines(made):
        typer.echo(line)
    for words in (made.hidden_reason, made.advice, retest_words(made)):
        if words:
            typer.echo(words)
    if made.hidden_reason:
        typer.echo(f"When it is better: treadwear pain {runner} LEVEL")
    for line in (*(c.text for c in changes), *checks_compared(history.assessments)):
        typer.echo(f"Before and after: {line}")
    typer.echo(made.disclaimer)


def _beside(run: PastRun) -> str:
    """Give the word by which what the verdict says is no contradiction."""
    return "else " if run.about.verdict in (SLIGHTLY, CLEARLY) else ""


def load(runner: Runner, as_json: Json = False, data: DataDir = None) -> None:
    """Print what was run week by week, and whether an alignment check is due."""
    check_runner(runner, "", "")
    history = history_now(load_settings(data_dir=data), runner)
    now_ns, loads = time.time_ns(), history.loads()
    # The day of a late run, and so its week, is that of where the runner is.
    zone = datetime.now(UTC).astimezone().tzinfo or UTC
    weekly = weekly_load(loads, now_ns, zone)
    check = movement_check(history.assessments)
    due = check_due(loads, check.time_ns if check else None, now_ns)
    if as_json:
        told = {"weeks": weekly.weeks, "longest": weekly.longest, "check": due}
        typer.echo(msgspec.json.encode(told).decode())
        return
    if not weekly.weeks:
        typer.echo(
            f"No runs of {runner} yet. Try: treadwear import DIR --runner {runner}"
        )
        return
    Console().print(weeks_table(weekly.weeks[-_MOST_WEEKS:]))
    typer.echo(week_words(weekly.weeks[-1]))
    if weekly.longest:
        typer.echo(longest_words(weekly.longest))
    typer.echo(due.text)


def pain(
    runner: Runner,
    level: PainLevel,
    where: Annotated[str, typer.Option(help="Where it hurts.")] = "",
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """Note how much it hurts, 0 to 10: after a run, or at any time."""
    check_runner(runner, "", "")
    settings = load_settings(data_dir=data)
    told = Pain(time_ns=time.time_ns(), pain=level, where=where)
    with SqliteStore.open(settings.store_path) as store:
        keep_pain(store, runner, told)
    history = history_now(settings, runner)
    reason = pain_reason(history.assessment, history.pain_levels())
    if as_json:
        typer.echo(msgspec.json.encode({"kept": told, "advice": reason}).decode())
        return
    place = f", {where}" if where else ""
    typer.echo(f"Kept for {runner}: pain {level} of 10{place}.")
    if reason:
        typer.echo(reason)
