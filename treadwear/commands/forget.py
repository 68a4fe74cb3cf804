"""The command forget: everything about one runner, for good."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from contract.errors import UsageError
from treadwear.commands.options import DataDir, check_runner
from treadwear.forget import Receipt, forget, known_sessions
from treadwear.settings import Settings, load_settings
from treadwear.tables import counted

Runners = Annotated[
    list[str],
    typer.Argument(
        metavar="RUNNER", show_default=False, help="Pseudonyms of the runners."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="forget")(forget_runner)


def forget_runner(runners: Runners, yes: Yes = False, data: DataDir = None) -> None:
    """Delete all that is known of runners, here and in InfluxDB, for good.

    Runs, raw data, reports, shoes, sensors, assessments, what waits on
    disk and what the broker keeps. Copies that were made elsewhere
    (backups, exports) stay.
    """
    wanted = list(dict.fromkeys(runners))
    for runner in wanted:
        check_runner(runner, "", "")
    settings = load_settings(data_dir=data)
    if not yes:
        _ask(wanted, sum(len(known_sessions(settings, runner)) for runner in wanted))
    undone = [runner for runner in wanted if not _forget_one(settings, runner)]
    Console().print(
        "Backups and exports that you made are not touched: delete them yourself.",
        soft_wrap=True,
    )
    if undone:
        again = " ".join(undone)
        typer.echo(f"Then say again: treadwear forget {again} --yes", err=True)
        raise typer.Exit(1)


def _forget_one(settings: Settings, runner: str) -> bool:
    """Forget one runner and print the receipt; whether nothing is left to do."""
    receipt = forget(settings, runner)
    console = Console()
    console.print(_table(receipt))
    if receipt.is_empty:
        console.print(f"Nothing was known of {runner} here.")
    for sentence in receipt.undone:
        typer.echo(sentence, err=True)
    return not receipt.undone


def _ask(runners: list[str], runs: int) -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            f"{', '.join(runners)} cannot be forgotten without a yes",
            "nobody is here to be asked",
            f"If you mean it: treadwear forget {' '.join(runners)} --yes",
        )
    names = ", ".join(runners)
    words = f"Delete {counted(runs, 'run')} and all else of {names} for good?"
    if not typer.confirm(words):
        typer.echo("Nothing was deleted.")
        raise typer.Exit(1)


def _table(receipt: Receipt) -> Table:
    store = receipt.store
    table = Table(title=f"Forgotten: {receipt.runner}", show_header=False, box=None)
    for name, text in (
        ("runs", str(len(store.sessions))),
        ("rows", str(store.rows)),
        ("raw frames", str(store.frames)),
        ("shoes, sensors, assessments, pain", str(store.records)),
        ("messages set aside", str(store.letters)),
        ("reports", str(receipt.reports)),
        ("waiting on disk", counted(receipt.buffers, "item")),
        ("kept by the broker", _retained_words(receipt)),
        ("InfluxDB", receipt.influx),
    ):
        table.add_row(name, text)
    return table


def _retained_words(receipt: Receipt) -> str:
    if receipt.retained is None:
        return "not asked"
    return counted(receipt.retained, "message")
