"""The command consent: what a runner agrees to, purpose by purpose."""

from enum import Enum
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contract.errors import UsageError
from contract.people import Consent, Purpose
from processing.store.people import consents_of, keep_consent
from processing.store.sqlite import SqliteStore
from treadwear.commands.options import MOST_LETTERS, DataDir, Json, check_runner
from treadwear.consent import (
    MEANINGS,
    PURPOSES,
    changed,
    record_lines,
    since_ns,
    still_kept,
    take_off_the_wall,
    when,
    yes_no,
)
from treadwear.settings import Settings, load_settings
from treadwear.tables import plain


class Answer(Enum):
    """An answer about one purpose."""

    YES = "yes"
    NO = "no"


def consent(
    runner: Annotated[str, typer.Argument(help="Pseudonym of the runner.")],
    store: Annotated[
        Answer | None, typer.Option(help="Keep runs on this computer.")
    ] = None,
    live: Annotated[
        Answer | None, typer.Option(help="Appear on a live page that others see.")
    ] = None,
    share: Annotated[
        Answer | None, typer.Option(help="Hand reports and exports to others.")
    ] = None,
    research: Annotated[
        Answer | None, typer.Option(help="Be part of data sets without a name.")
    ] = None,
    by: Annotated[
        str, typer.Option(metavar="NAME", help="Who answers, if not the runner.")
    ] = "",
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """Show what a runner agreed to, or note a new answer; every answer is kept.

    Without an answer runs are stored here, and all else is off.
    """
    check_runner(runner, "", "")
    _check_by(by)
    said = _said(store, live, share, research)
    if by and all(answer is None for answer in said.values()):
        what = "--by says nothing by itself"
        raise UsageError(what, "no answer is given", "Add one, such as --live yes.")
    settings = load_settings(data_dir=data)
    answers = _answers(settings, runner)
    is_change = any(answer is not None for answer in said.values())
    if is_change:
        answers = [*answers, _kept(settings, runner, changed(answers, said, by))]
    told = [
        *_effect(settings, runner, said["live"]),
        *still_kept(settings, runner, said),
    ]
    if as_json:
        typer.echo(msgspec.json.encode(_facts(runner, answers)).decode())
    else:
        _show(runner, answers)
    for sentence in told:
        typer.echo(sentence, err=as_json)


def _effect(settings: Settings, runner: str, live: bool | None) -> list[str]:
    """Make an answer about the live page count; gives a sentence about it, if any."""
    if live is None:
        return []
    if live:
        return ["On the live page from the next run on."]
    told = take_off_the_wall(settings, runner)
    return [told] if told else []


def _check_by(by: str) -> None:
    if len(by) > MOST_LETTERS:
        why = f"it has {len(by)} letters, {MOST_LETTERS} fit"
        raise UsageError("--by is too long", why, "Choose a shorter one.")
    if by != plain(by):
        why = "it has to be readable"
        raise UsageError(f"{by!r} is no name to note", why, "Choose another one.")


def _said(*answers: Answer | None) -> dict[Purpose, bool | None]:
    """Give each purpose its answer; None where nothing was said."""
    return {
        purpose: None if answer is None else answer is Answer.YES
        for purpose, answer in zip(PURPOSES, answers, strict=True)
    }


def _answers(settings: Settings, runner: str) -> list[Consent]:
    if not settings.store_path.exists():
        return []
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        return consents_of(store, runner)


def _kept(settings: Settings, runner: str, answer: Consent) -> Consent:
    with SqliteStore.open(settings.store_path) as store:
        keep_consent(store, runner, answer)
    return answer


def _facts(runner: str, answers: list[Consent]) -> dict[str, object]:
    now = answers[-1] if answers else Consent(time_ns=0)
    return {
        "runner": runner,
        "now": {purpose: now.allows(purpose) for purpose in PURPOSES},
        "since_ns": {purpose: since_ns(answers, purpose) for purpose in PURPOSES},
        "answers": answers,
    }


def _show(runner: str, answers: list[Consent]) -> None:
    now = answers[-1] if answers else Consent(time_ns=0)
    table = Table(title=f"What {runner} agreed to", title_justify="left")
    for heading in ("purpose", "now", "since", "what it means"):
        table.add_column(heading, overflow="fold")
    for purpose in PURPOSES:
        since = since_ns(answers, purpose)
        table.add_row(
            purpose,
            yes_no(now.allows(purpose)),
            "from the start" if since is None else when(since),
            MEANINGS[purpose],
        )
    console = Console()
    console.print(table)
    for line in record_lines(answers):
        console.print(Text(plain(line)), soft_wrap=True)
    if not answers:
        words = f"Nobody was asked yet. To agree: treadwear consent {runner} --live yes"
        console.print(Text(words), soft_wrap=True)
