"""Commands about stored runs: sessions, report, export."""

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from collector.recording import write_recording
from contract.errors import StoreError
from contract.rows import SessionRow, StepRow
from contract.schema import BY_ROW
from dashboards.report.build import write_report
from dashboards.report.links import link_facts
from processing.store.sqlite import SqliteStore
from treadwear.club import server_words
from treadwear.commands.options import DataDir, Json, SessionId
from treadwear.gate import check_run, rows_of
from treadwear.known import advice_for
from treadwear.recordings import recording_of
from treadwear.settings import Settings, load_settings
from treadwear.tables import sessions_table


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(sessions)
    app.command()(report)
    app.command()(export)


def sessions(as_json: Json = False, data: DataDir = None) -> None:
    """List the stored runs, the one stored last first."""
    settings = load_settings(data_dir=data)
    rows = _stored(settings)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows]))
    elif rows:
        console = Console()
        console.print(sessions_table(rows, console.width))
    else:
        typer.echo(_nothing(settings))


def _nothing(settings: Settings) -> str:
    """Say why there is no run here, and where to look."""
    if settings.analysed_here:
        return "No runs yet. Try: treadwear demo"
    return (
        f"No runs are stored here: this computer sends them to the server at"
        f" {server_words(settings)}. See its live page and Grafana there."
    )


def _stored(settings: Settings) -> list[SessionRow]:
    if not settings.store_path.exists():
        return []  # nothing was recorded here yet, which is an answer
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        return store.sessions()


def report(
    session: SessionId,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write.")
    ] = None,
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """Write a run's report: one HTML file that opens without network."""
    settings = load_settings(data_dir=data)
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        name = resolve(store, session)
        path = settings.report_path(name) if output is None else output
        path = write_report(store, name, path, advice=advice_for(store, name))
        rows, verdict = rows_of(store, name), store.session(name).verdict
        links = link_facts(store.meta(name))
    if as_json:
        told = {"session": name, "report": str(path), "verdict": verdict, **links}
        typer.echo(json.dumps(told))
    else:
        typer.echo(f"{path}\n{verdict}")
    check_run(rows)


def resolve(store: SqliteStore, session: str) -> str:
    """Id of a session; ``last`` is the one stored last."""
    if session != "last":
        return store.session(session).session
    rows = store.sessions()
    if not rows:
        raise StoreError("there is no run yet", "", "Try: treadwear demo")
    return rows[0].session


def export(
    session: SessionId,
    directory: Annotated[Path, typer.Argument(help="New directory to write.")],
    data: DataDir = None,
) -> None:
    """Write a run as a recording directory, with its steps as steps.csv."""
    settings = load_settings(data_dir=data)
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        name = resolve(store, session)
        meta = store.meta(name)
        if meta is None:
            raise StoreError(f"session {name!r} has no description yet")
        write_recording(directory, recording_of(meta, store.frames(name)))
        steps = store.rows(StepRow, name)
    _write_steps(directory / "steps.csv", steps, meta.origin_ns)
    typer.echo(f"{directory}: raw data and {len(steps)} steps")


def _write_steps(path: Path, steps: list[StepRow], origin_ns: int) -> None:
    names = [c.name for c in BY_ROW[StepRow].columns]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["t_ic_s", *names])
        for row in steps:
            figures = [getattr(row, name) for name in names]
            writer.writerow([(row.time_ns - origin_ns) / 1e9, *figures])
