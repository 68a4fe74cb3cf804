"""A run's report: one HTML file, the same as a PDF, or its figures for programs."""

import json
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from contract.errors import UsageError
from dashboards.report.build import build_report, replace_file
from dashboards.report.data import ReportData, collect
from dashboards.report.facts import report_facts
from dashboards.report.pdf import PAPERS, write_pdf
from processing.store.sqlite import SqliteStore
from treadwear.about_runner import named
from treadwear.commands.options import DataDir, Json
from treadwear.commands.sessions import resolve
from treadwear.consent import not_shared
from treadwear.gate import check_run, rows_of
from treadwear.known import advice_for
from treadwear.places import check_target
from treadwear.settings import Settings, load_settings
from treadwear.which_run import run_words

HTML, PDF = ".html", ".pdf"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    session: Annotated[
        str, typer.Argument(help="Session id; 'last' is the one stored last.")
    ] = "last",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write.")
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option("--pdf", help="Write a PDF instead: a file, or a directory."),
    ] = None,
    paper: Annotated[
        str, typer.Option("--paper", help="Sheets of the PDF: A4 or Letter.")
    ] = PAPERS[0],
    last: Annotated[
        bool, typer.Option("--last", help="The run stored last, which is the default.")
    ] = False,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open what was written.")
    ] = False,
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """Write a run's report: one HTML file that opens without network, or a PDF."""
    settings = load_settings(data_dir=data)
    _check(session, output, pdf, is_last=last)
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        name = resolve(store, session)
        shown = collect(store, name, advice=advice_for(store, name))
        rows = rows_of(store, name)
        shown = replace(shown, session=named(store, shown.session))
        unshared = not_shared(store, shown.session.runner)
    path = _write(shown, settings, output, pdf, paper)
    if as_json:
        told = {"report": str(path), **report_facts(shown)}
        typer.echo(json.dumps(told, allow_nan=False))
    else:
        whose = run_words(shown.session)
        typer.echo(f"{path}\n{whose}\n{shown.session.verdict}")
        if unshared and pdf is not None:  # a PDF is made to be handed on
            typer.echo(unshared, err=True)
    if open_page:
        webbrowser.open(path.resolve().as_uri())
    check_run(rows)


def _check(
    session: str, output: Path | None, pdf: Path | None, *, is_last: bool
) -> None:
    """Raise `UsageError` for flags that contradict one another."""
    if output and pdf:
        raise UsageError("--output and --pdf both name a file", "", "Leave one out.")
    if is_last and session != "last":
        why = f"{session} is named as well"
        raise UsageError("--last is one run", why, "Leave one out.")


def _write(
    data: ReportData,
    settings: Settings,
    output: Path | None,
    pdf: Path | None,
    paper: str,
) -> Path:
    page = settings.report_path(data.session.session)
    path = output or page
    if pdf is not None:
        is_directory = pdf.is_dir() or not pdf.suffix
        path = pdf / page.with_suffix(PDF).name if is_directory else pdf
    check_target(path, settings)
    if pdf is not None:
        return write_pdf(data, path, paper)
    return replace_file(path, build_report(data).encode("utf-8"))
