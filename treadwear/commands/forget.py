"""The command forget: everything about one runner, for good."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from contract.errors import UsageError
from treadwear.commands.options import DataDir, check_runner
from treadwear.consent import when
from treadwear.forget import OUT_OF_REACH, Receipt, forget
from treadwear.settings import Settings, load_settings
from treadwear.tables import counted
from treadwear.traces import known_sessions

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


def forget_runner(
    runners: Runners,
    yes: Yes = False,
    receipt: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the receipt to a file too."),
    ] = None,
    data: DataDir = None,
) -> None:
    """Delete all that is known of runners, here and in InfluxDB, for good.

    Runs, raw data, reports, archives, name, answers about consent, shoes,
    sensors, assessments, tracks of a watch, what waits on disk and what the
    broker keeps. Copies that were made elsewhere (backups, exports) stay.
    """
    wanted = list(dict.fromkeys(runners))
    for runner in wanted:
        check_runner(runner, "", "")
    settings = load_settings(data_dir=data)
    if not yes:
        _ask(wanted, sum(len(known_sessions(settings, runner)) for runner in wanted))
    receipts = [_forget_one(settings, runner) for runner in wanted]
    Console().print(OUT_OF_REACH, soft_wrap=True)
    if receipt is not None:
        _write(receipt, receipts)
    undone = [one.runner for one in receipts if one.undone]
    if undone:
        again = " ".join(undone)
        typer.echo(f"Then say again: treadwear forget {again} --yes", err=True)
        raise typer.Exit(1)


def _forget_one(settings: Settings, runner: str) -> Receipt:
    """Forget one runner and print the receipt."""
    receipt = forget(settings, runner)
    console = Console()
    console.print(_table(receipt))
    if receipt.is_empty:
        console.print(f"Nothing was known of {runner} here.")
    for sentence in receipt.undone:
        typer.echo(sentence, err=True)
    return receipt


def _write(path: Path, receipts: list[Receipt]) -> None:
    """Write what the terminal said; to hand to whoever asked to be forgotten."""
    lines = [f"treadwear forget, {when(time.time_ns())}", ""]
    for receipt in receipts:
        lines.append(f"Forgotten: {receipt.runner}")
        lines += [f"  {name}: {words}" for name, words in _lines(receipt)]
        lines += [f"  Left to do: {sentence}" for sentence in receipt.undone]
        lines.append("")
    try:
        path.write_text("\n".join([*lines, OUT_OF_REACH, ""]), encoding="utf-8")
    except OSError as fault:
        what = f"the receipt cannot be written to {path}"
        why = fault.strerror or str(fault)
        raise UsageError(what, why, "All else is done: it is printed above.") from fault
    typer.echo(f"Receipt: {path}")


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
    table = Table(title=f"Forgotten: {receipt.runner}", show_header=False, box=None)
    for name, words in _lines(receipt):
        table.add_row(name, words)
    return table


def _lines(receipt: Receipt) -> list[tuple[str, str]]:
    """Give the places, and what was taken from each."""
    store = receipt.store
    return [
        ("runs", str(len(store.sessions))),
        ("rows", str(store.rows)),
        ("raw frames", str(store.frames)),
        (
            "name, consent, shoes, sensors, assessments, pain",
            str(store.records),
        ),
        ("messages set aside", str(store.letters)),
        ("reports", str(receipt.reports)),
        ("archives", str(receipt.archives)),
        ("waiting on disk", counted(receipt.buffers, "item")),
        ("kept by the broker", _retained_words(receipt)),
        ("InfluxDB", receipt.influx),
    ]


def _retained_words(receipt: Receipt) -> str:
    if receipt.retained is None:
        return "not asked"
    return counted(receipt.retained, "message")
