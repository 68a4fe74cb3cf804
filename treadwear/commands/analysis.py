"""Offline commands: analyse, import, reprocess."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from collector.foreign_csv import ForeignFormat, parse_columns, read_foreign
from collector.presets import WORDS
from collector.recording import read_recording
from contract.errors import UsageError
from contract.model import Slot
from contract.rows import SessionRow
from processing.offline import reprocess
from processing.store.sqlite import SqliteStore
from treadwear.commands.options import (
    AccUnit,
    BeltSpeed,
    DataDir,
    GyroUnit,
    Json,
    Name,
    RunnerId,
    SessionId,
    Shoe,
    check_belt_speed,
    check_new_runner,
    check_units,
)
from treadwear.commands.sessions import resolve
from treadwear.gate import check_run, rows_of
from treadwear.logged import are_logged, is_logged, read_logged
from treadwear.recordings import analyse_recording
from treadwear.results import analysis_result
from treadwear.settings import load_settings
from treadwear.shown import show_analysis
from treadwear.tables import counted
from treadwear.taken_in import Wanted, begin_ns_of, notes_of, store_recording


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(analyse)
    app.command("import")(import_run)
    app.command("reprocess")(reprocess_run)


def analyse(
    directory: Annotated[
        Path, typer.Argument(help="Recording directory: meta.json, left.csv, ...")
    ],
    belt_speed: BeltSpeed = None,
    as_json: Json = False,
    acc_unit: AccUnit = "m/s2",
    gyro_unit: GyroUnit = "rad/s",
) -> None:
    """Analyse a recording directory; nothing is stored and no broker is needed."""
    check_units(acc_unit, gyro_unit)
    check_belt_speed(belt_speed)
    recording = read_recording(directory, acc_unit=acc_unit, gyro_unit=gyro_unit)
    session = analyse_recording(recording, belt_speed)
    result = analysis_result(
        session,
        name=recording.name,
        offset_s=recording.offset_s,
        notes=recording.notes,
    )
    if as_json:
        typer.echo(json.dumps(result, allow_nan=False))
    else:
        show_analysis(Console(), result)
    check_run(session.summary())


def import_run(
    runner: RunnerId,
    source: Annotated[
        Path | None, typer.Argument(help="Recording directory to import.")
    ] = None,
    left: Annotated[Path | None, typer.Option(help="CSV of the left shoe.")] = None,
    right: Annotated[Path | None, typer.Option(help="CSV of the right shoe.")] = None,
    hip: Annotated[Path | None, typer.Option(help="CSV of the hip.")] = None,
    columns: Annotated[
        str | None, typer.Option(help="Where things stand: t=time,ax=aX,ay=aY,...")
    ] = None,
    acc_unit: AccUnit = "m/s2",
    gyro_unit: GyroUnit = "rad/s",
    time_unit: Annotated[
        str, typer.Option(help="Unit of time: s, ms, us or ns.")
    ] = "s",
    rate: Annotated[float | None, typer.Option(help="Nominal rate in Hz.")] = None,
    preset: Annotated[
        str | None, typer.Option(help=f"Logger that wrote it: {', '.join(WORDS)}.")
    ] = None,
    name: Name = "",
    shoe: Shoe = "",
    belt_speed: BeltSpeed = None,
    date: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="When it was recorded, such as 2026-11-21T06:40."
        ),
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Take in a run that is there already.")
    ] = False,
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """Take a recording into the run database and analyse it.

    One that treadwear wrote says when and in which shoe it was run; flags win.
    """
    check_new_runner(runner, name, shoe)
    check_units(acc_unit, gyro_unit)
    check_belt_speed(belt_speed)
    wanted = Wanted(runner, name, shoe, belt_speed, begin_ns_of(date), again)
    files = {Slot.LEFT: left, Slot.RIGHT: right, Slot.HIP: hip}
    named = {slot: path for slot, path in files.items() if path is not None}
    _check_source(source, named)
    if source is not None and columns is None and is_logged(source, preset):
        recording = read_logged(source, named, preset)
    elif source is not None:
        recording = read_recording(source, acc_unit=acc_unit, gyro_unit=gyro_unit)
    elif columns is None and are_logged(named, preset):
        recording = read_logged(None, named, preset)
    else:
        layout = _layout(columns, acc_unit, gyro_unit, time_unit, rate)
        recording = read_foreign(named, layout, name=next(iter(named.values())).stem)
    settings = load_settings(data_dir=data)
    with SqliteStore.open(settings.store_path) as store:
        row = store_recording(store, recording, wanted)
        rows = rows_of(store, row.session)
    if as_json:
        typer.echo(json.dumps(asdict(row)))
    else:
        _show_imported(row, [*recording.notes, *notes_of(recording, wanted)])
    check_run(rows)


def _check_source(source: Path | None, named: dict[Slot, Path]) -> None:
    """Raise `UsageError` unless one directory or single files are named."""
    if source is not None and named:
        raise UsageError("a directory and single files cannot be imported together")
    if source is not None and source.is_file():
        raise UsageError(
            f"{source} is a file, and nothing says which foot it is",
            "",
            "Name it with --left, --right or --hip.",
        )
    if source is None and not named:
        raise UsageError(
            "nothing to import is named", "", "Name a directory, or --left FILE."
        )


def _layout(
    columns: str | None,
    acc_unit: str,
    gyro_unit: str,
    time_unit: str,
    rate_hz: float | None,
) -> ForeignFormat:
    own = "t=t_s,ax=ax_mps2,ay=ay_mps2,az=az_mps2,gx=gx_rps,gy=gy_rps,gz=gz_rps"
    return ForeignFormat(
        parse_columns(columns or own), acc_unit, gyro_unit, time_unit, rate_hz
    )


def _show_imported(row: SessionRow, notes: Sequence[str]) -> None:
    console = Console()
    for note in notes:
        console.print(f"note: {escape(note)}")
    cadence = f", {row.cadence_spm:.0f} steps/min" if row.cadence_spm else ""
    console.print(
        f"{row.session}: {counted(row.steps, 'step')}{cadence}, {row.verdict}"
    )
    console.print(f"Report: treadwear report {row.session}")


def reprocess_run(session: SessionId, data: DataDir = None) -> None:
    """Compute a stored run again from its raw data, with this version's method."""
    settings = load_settings(data_dir=data)
    with SqliteStore.open(settings.store_path) as store:
        name = resolve(store, session)
        reprocess(store, name)
        rows, row = rows_of(store, name), store.session(name)
    steps = counted(row.steps, "step")
    typer.echo(f"{row.session}: {steps}, {row.verdict} ({row.method})")
    check_run(rows)
