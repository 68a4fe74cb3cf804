"""The command about a runner's month: runs, trend, loads, shoes, findings, pain."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contract.errors import UsageError
from contract.rows import BaselineRow, EventRow, ExerciseRow
from contract.units import NS_PER_S
from contract.verdicts import MAIN_METRIC
from dashboards.compare.paper import write_page
from dashboards.month.build import write_month
from dashboards.month.view import STATES
from processing.history import History, PastRun, history_until_now
from processing.month import DayRun, Known, Month, MonthRun, month_of
from processing.store.people import movement_check, shoes_of
from processing.store.sqlite import SqliteStore
from treadwear.about_runner import named
from treadwear.commands.options import DataDir, Json, check_runner
from treadwear.places import check_target
from treadwear.settings import load_settings
from treadwear.tables import counted, is_narrow, plain, two_columns

Runner = Annotated[str, typer.Argument(help="Pseudonym of the runner.")]
_RUNS = "Runs (R - L: time on the ground, + = right longer)"
_MONTH = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(month)


def month(
    runner: Runner,
    which: Annotated[
        str,
        typer.Option("--month", metavar="YYYY-MM", help="Which month; else this one."),
    ] = "",
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page for people too.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the table or JSON to a file."),
    ] = None,
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """Look back on a runner's month: runs, left and right, loads, shoes, pain."""
    check_runner(runner, "", "")
    zone = datetime.now(UTC).astimezone().tzinfo or UTC
    year, number = _asked(which, zone)
    settings = load_settings(data_dir=data)
    for path in (html, output):
        check_target(path, settings)
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        known = known_of(store, runner, zone, (year, number))
        found = month_of(known, year, number)
    if html is not None:
        write_month(found, html)
    text = msgspec.json.encode(found).decode() if as_json else _as_text(found)
    if output is None:
        typer.echo(text)
    else:
        typer.echo(str(write_page(output, f"{text}\n")))
    if html is not None and not as_json:
        typer.echo(f"Page: {html}")


def _asked(which: str, zone: tzinfo) -> tuple[int, int]:
    if not which:
        now = datetime.now(zone)
        return now.year, now.month
    found = _MONTH.fullmatch(which)
    if found is None:
        raise UsageError(f"{which!r} is no month", "", "Write it like 2026-11.")
    return int(found[1]), int(found[2])


def known_of(
    store: SqliteStore, runner: str, zone: tzinfo, asked: tuple[int, int]
) -> Known:
    """Read all that a month (year and number) asks for.

    `UsageError` when nothing is known of her.
    """
    history = history_until_now(store, runner)
    if not (history.runs or history.pains or history.assessments):
        next_step = "See who has runs with: treadwear sessions."
        raise UsageError(f"nothing is known of {runner}", "", next_step)
    check = movement_check(history.assessments)
    return Known(
        runner=runner,
        now_ns=time.time_ns(),
        runs=_runs(store, history, zone, asked),
        pains=history.pains,
        shoes=shoes_of(store, runner),
        last_check_ns=check.time_ns if check else None,
        zone=zone,
    )


def _runs(
    store: SqliteStore, history: History, zone: tzinfo, asked: tuple[int, int]
) -> list[MonthRun]:
    """All runs; what happened in them is read of the month's only."""
    runs, has_plan = [], False
    for past in reversed(history.runs):
        month = _month_of(past, zone)
        run = _run(store, past, is_inside=month == asked)
        if month <= asked and not has_plan:
            # The plan that holds may be older than the month.
            planned = store.rows(ExerciseRow, past.about.session)
            run, has_plan = replace(run, exercises=planned), bool(planned)
        runs.append(run)
    return runs[::-1]


def _month_of(past: PastRun, zone: tzinfo) -> tuple[int, int]:
    began = datetime.fromtimestamp(past.about.time_ns // NS_PER_S, tz=zone)
    return began.year, began.month


def _run(store: SqliteStore, past: PastRun, *, is_inside: bool) -> MonthRun:
    session = past.about.session
    baselines = store.rows(BaselineRow, session) if is_inside else []
    own = {row.metric: row for row in baselines}
    return MonthRun(
        about=named(store, past.about),
        balance=past.balances.get(MAIN_METRIC),
        own=own.get(MAIN_METRIC),
        wear=past.wear,
        findings=past.findings,
        events=store.rows(EventRow, session) if is_inside else (),
    )


def _as_text(found: Month) -> str:
    """Everything as text of the terminal's width, for it or for a file."""
    console = Console()
    with console.capture() as caught:
        for part in _parts(found, is_slim=is_narrow(console.width)):
            console.print(part, highlight=False)
    return caught.get().rstrip("\n")


def _parts(found: Month, *, is_slim: bool) -> list[Text | Table]:
    mark = " (simulated)" if found.is_simulated else ""
    opening = Text(f"{plain(found.name)}{mark}, {found.title}")
    if found.empty:
        return [opening, Text(found.empty)]
    make = _narrow_runs if is_slim else _runs_table
    tables = [make(found)] if found.runs else []
    closing = [Text(plain(line)) for line in _lines(found)]
    return [opening, Text(_total(found)), *tables, *closing]


def _total(found: Month) -> str:
    runs = counted(len(found.runs), "run")
    far = f"{_least(found)}{found.distance_km:.1f} km in {found.hours:.1f} h"
    return f"{runs}, {far}; left and right compared in {len(found.trend)}."


def _lines(found: Month) -> list[str]:
    """What came and went besides the runs, one line each."""
    lines = [
        f"{f.what}, {f.side}: {STATES[f.state]};"
        f" in {f.seen} of {counted(f.runs, 'run')}."
        for f in found.findings
    ]
    lines += [f"{a.day}: {a.code} came on, {a.text}." for a in found.alerts]
    lines += [f"{p.day}: pain {p.level} of 10{_where(p.where)}." for p in found.pains]
    lines += [s.reminder for s in found.shoes if s.reminder]
    lines.append(found.check.text)
    if found.next_check:
        lines.append(f"Re-test of the latest plan: {found.next_check}.")
    return lines


def _least(found: Month) -> str:
    return "at least " if found.without_distance else ""


def _where(where: str) -> str:
    return f", {where}" if where else ""


def _runs_table(found: Month) -> Table:
    table = Table(title=_RUNS)
    for heading in ("day", "shoe", "km", "R - L", "likely", "reading"):
        table.add_column(heading, justify="left" if heading != "km" else "right")
    for run, (size, span, reading) in _compared(found):
        far = "-" if run.distance_km is None else f"{run.distance_km:.1f}"
        told = (size or "-", span or "-", reading)
        table.add_row(run.day, Text(plain(run.shoe)), far, *map(Text, told))
    return table


def _narrow_runs(found: Month) -> Table:
    """Day, and beside it everything else in words."""
    lines = []
    for run, (size, span, reading) in _compared(found):
        far = "" if run.distance_km is None else f"{run.distance_km:.1f} km"
        words = (plain(run.shoe), far, size, span and f"likely {span}", reading)
        lines.append((run.day, ", ".join(filter(None, words))))
    return two_columns(_RUNS, ("day", "run"), lines)


def _compared(found: Month) -> Iterator[tuple[DayRun, tuple[str, str, str]]]:
    """Give each run with its difference, interval and reading, or why without."""
    points = {point.session: point for point in found.trend}
    why = {skipped.session: skipped.why for skipped in found.left_out}
    for run in found.runs:
        point = points.get(run.session)
        told = ("", "", f"left out: {why.get(run.session, '')}")
        if point:
            span = f"{point.low_pct:+z.1f} to {point.high_pct:+z.1f}"
            told = (f"{point.size_pct:+z.1f} %", span, run.verdict)
        yield run, told
