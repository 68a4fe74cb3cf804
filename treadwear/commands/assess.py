"""The command assess: what the runner says and what a person sees, asked or told."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from contract.errors import UsageError
from contract.people import Assessment, Intake, Observation
from processing.advice.corrective import load_corrective
from processing.history import History
from processing.store.people import keep_assessment, movement_check
from processing.store.sqlite import SqliteStore
from treadwear.commands.options import DataDir, Json, check_runner
from treadwear.commands.shoes import Runner
from treadwear.interview import Interview
from treadwear.movement import (
    CHECKPOINTS,
    check_assessment,
    movement_checks,
    parse_checkpoint,
    parse_observation,
    parse_past_injury,
    parse_race_date,
    read_assessment,
)
from treadwear.people_tables import (
    checkpoints_table,
    intake_lines,
)
from treadwear.runner_plan import history_now, plan_of
from treadwear.settings import load_settings

Hours = Annotated[
    float | None, typer.Option(min=0.0, max=60.0, help="Of running a week.")
]
Kilometres = Annotated[
    float | None, typer.Option(min=0.0, max=500.0, help="Run a week.")
]


def assess(
    runner: Runner,
    from_file: Annotated[
        Path | None, typer.Option("--from", help="Assessment as a JSON file.")
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Show what is known, sensor hints beside it.")
    ] = False,
    hours_per_week: Hours = None,
    km_per_week: Kilometres = None,
    past_injury: Annotated[
        list[str] | None, typer.Option(help="Such as 'left calf 2024'; again for more.")
    ] = None,
    goals: Annotated[str, typer.Option(help="What the runner runs for.")] = "",
    race_date: Annotated[str, typer.Option(help="YYYY-MM-DD.")] = "",
    pain: Annotated[
        int | None, typer.Option(min=0, max=10, help="Now; 0 none, 10 worst.")
    ] = None,
    pain_where: Annotated[str, typer.Option(help="Where it hurts.")] = "",
    saw: Annotated[
        list[str] | None,
        typer.Option(help="Seen, such as knees_move_in:left; again for more."),
    ] = None,
    not_seen: Annotated[
        list[str] | None, typer.Option(help="Looked for and not seen; as --saw.")
    ] = None,
    looked_at: Annotated[
        list[str] | None,
        typer.Option(help=f"Looked at as a whole: {', '.join(CHECKPOINTS)}."),
    ] = None,
    by: Annotated[str, typer.Option(help="Who looked.")] = "",
    note: Annotated[str, typer.Option(help="Anything else.")] = "",
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """Record what a person sees and the runner says; asks in a terminal."""
    check_runner(runner, "", "")
    settings = load_settings(data_dir=data)
    intake = Intake(
        hours_per_week=hours_per_week,
        km_per_week=km_per_week,
        past_injuries=tuple(map(parse_past_injury, past_injury or ())),
        goals=goals,
        race_date=parse_race_date(race_date),
        pain=pain,
        pain_where=pain_where,
    )
    given = Assessment(
        time_ns=time.time_ns(),
        by=by,
        intake=intake,
        observations=_observations(saw or (), not_seen or ()),
        assessed=tuple(map(parse_checkpoint, looked_at or ())),
        note=note,
    )
    if not show:
        told = _told(given, from_file, runner)
        with SqliteStore.open(settings.store_path) as store:
            keep_assessment(store, runner, told)
    history = history_now(settings, runner)
    if as_json:
        known = history.assessment if show else told
        typer.echo(msgspec.json.encode(known).decode())
    elif show:
        _show_known(history, runner)
    else:
        _show_kept(told, history, runner)


def _observations(
    saw: Sequence[str], not_seen: Sequence[str]
) -> tuple[Observation, ...]:
    checks = movement_checks(load_corrective())
    return (
        *(parse_observation(words, checks, is_seen=True) for words in saw),
        *(parse_observation(words, checks, is_seen=False) for words in not_seen),
    )


def _told(given: Assessment, from_file: Path | None, runner: str) -> Assessment:
    """Assessment of flags, of a file, or of questions: one of the three."""
    checks = movement_checks(load_corrective())
    is_given = given != Assessment(time_ns=given.time_ns)
    if is_given and from_file is not None:
        what = "an assessment cannot come from a file and from flags at once"
        raise UsageError(what, "", "Put all of it into the file.")
    if from_file is not None:
        given = read_assessment(from_file, given.time_ns)
    elif not is_given:
        given = _asked(runner)
    return check_assessment(given, checks)


def _asked(runner: str) -> Assessment:
    if not sys.stdin.isatty():
        raise UsageError(
            "there is nothing to record",
            "no answer is given, and without a terminal nobody can be asked",
            f"Give flags such as --saw knees_move_in:left, or --from FILE; what is"
            f" known already: treadwear assess {runner} --show.",
        )
    interview = Interview(_ask, _say, movement_checks(load_corrective()))
    return interview.assessment(time.time_ns())


def _ask(question: str) -> str:
    # On stderr, so that --json alone stands on standard output.
    answer: str = typer.prompt(
        question, default="", show_default=False, prompt_suffix=" ", err=True
    )
    return answer


def _say(words: str) -> None:
    typer.echo(words, err=True)


def _show_kept(told: Assessment, history: History, runner: str) -> None:
    seen = sum(o.is_seen for o in told.observations)
    not_seen = len(told.observations) - seen
    typer.echo(f"Kept for {runner}: {seen} seen, {not_seen} looked for and not seen.")
    if reason := plan_of(history).hidden_reason:
        typer.echo(reason)
    typer.echo(f"Next: treadwear plan {runner}")


def _show_known(history: History, runner: str) -> None:
    known = history.assessment
    if known is None:
        typer.echo(f"Nobody has looked at {runner} yet: treadwear assess {runner}")
    else:
        for line in intake_lines(known, movement_check(history.assessments)):
            typer.echo(line)
    made = plan_of(history)
    Console().print(checkpoints_table(made))
    for hint in made.hints:
        typer.echo(hint.text)
    typer.echo("What a person saw outranks a hint.")
    if made.hidden_reason:
        typer.echo(made.hidden_reason)
