"""The command export: a run as files for other programs, or all of a runner as ZIP."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from collector.recording import write_recording
from contract.errors import StoreError, UsageError
from contract.messages import SessionMeta
from contract.rows import HipStepRow, RejectionRow, StepRow
from dashboards.export.fit import write_fit
from dashboards.export.fit_fields import Activity
from dashboards.export.parquet import write_parquet
from dashboards.export.steps import write_steps
from processing.pauses import is_moving
from processing.seconds import distance_m, run_seconds, track_figures
from processing.store.people import track_of
from processing.store.sqlite import SqliteStore
from treadwear.archive import write_archive
from treadwear.commands.options import DataDir
from treadwear.commands.sessions import resolve
from treadwear.consent import not_shared
from treadwear.recordings import recording_of
from treadwear.settings import Settings, load_settings
from treadwear.tables import counted
from treadwear.which_run import run_words

_NOTHING = "Name a directory, --csv, --fit or --parquet; or --all RUNNER."
_BEFORE_SHARING = (
    "A gait can be recognised: think before you give raw data to anybody else."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    session: Annotated[
        str | None, typer.Argument(help="Session id; 'last' is the one stored last.")
    ] = None,
    directory: Annotated[
        Path | None, typer.Argument(help="New directory for a recording and steps.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="File for one row per step.")
    ] = None,
    fit: Annotated[
        Path | None, typer.Option("--fit", help="File for training sites, per second.")
    ] = None,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", help="New directory for raw samples.")
    ] = None,
    everything: Annotated[
        str | None, typer.Option("--all", help="All there is of this runner, as a ZIP.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="With --all: ZIP to write.")
    ] = None,
    research: Annotated[
        bool,
        typer.Option("--research", help="With --all: without name, dates, places."),
    ] = False,
    data: DataDir = None,
) -> None:
    """Write a run for other programs: a recording, steps as CSV, FIT, Parquet.

    With --all everything that is known of a runner, in one ZIP.
    """
    targets = _Targets(directory, csv, fit, parquet)
    _check(session, targets, everything, is_more=research or output is not None)
    settings = load_settings(data_dir=data)
    if everything is not None:
        lines = _write_all(settings, everything, output, is_research=research)
    else:
        with SqliteStore.open(settings.store_path, read_only=True) as store:
            run = _run(store, resolve(store, session or "last"))
            lines = [*_which(run, session), *_write(run, targets)]
            lines += filter(None, [not_shared(store, run.meta.runner)])
    for line in lines:
        typer.echo(line)


@dataclass(frozen=True, slots=True)
class _Targets:
    """Where to write what; None is not wanted."""

    directory: Path | None
    csv: Path | None
    fit: Path | None
    parquet: Path | None

    @property
    def are_none(self) -> bool:
        """Whether nothing is wanted."""
        named = (self.directory, self.csv, self.fit, self.parquet)
        return all(target is None for target in named)


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """A stored run, and the store to read more of it."""

    store: SqliteStore
    meta: SessionMeta
    steps: list[StepRow]
    hip_steps: list[HipStepRow]

    @property
    def name(self) -> str:
        """Its session id."""
        return self.meta.session


def _check(
    session: str | None,
    targets: _Targets,
    everything: str | None,
    *,
    is_more: bool,
) -> None:
    """Raise `UsageError` unless it is clear what is to be written, and of whom."""
    if everything is not None:
        if session is not None or not targets.are_none:
            what = "--all writes everything of a runner, so no run can be named with it"
            raise UsageError(what, "", "Leave out either --all or the rest.")
    elif session is None or targets.are_none:
        what = "nothing to write is named" if session else "no run is named"
        raise UsageError(what, "", _NOTHING)
    elif is_more:
        raise UsageError("--output and --research go with --all only", "", _NOTHING)


def _run(store: SqliteStore, name: str) -> _Run:
    meta = store.meta(name)
    if meta is None:
        raise StoreError(f"session {name!r} has no description yet")
    return _Run(store, meta, store.rows(StepRow, name), store.rows(HipStepRow, name))


def _which(run: _Run, session: str | None) -> list[str]:
    """Say which run "last" is; who named one knows."""
    if session != "last":
        return []
    return [run_words(run.store.session(run.name))]


def _write(run: _Run, targets: _Targets) -> list[str]:
    """Write what is wanted; gives a line about each."""
    lines = []
    if targets.directory is not None:
        lines.append(_write_recording(run, targets.directory))
    if targets.csv is not None:
        rows = run.steps or run.hip_steps
        write_steps(targets.csv, rows, run.meta.origin_ns)
        lines.append(f"{targets.csv}: {counted(len(rows), 'step')}")
    if targets.fit is not None:
        n = write_fit(targets.fit, _activity_of(run))
        lines.append(f"{targets.fit}: {counted(n, 'second')}")
    if targets.parquet is not None:
        files = write_parquet(targets.parquet, run.meta, run.store.frames(run.name))
        lines.append(f"{targets.parquet}: {', '.join(f.name for f in files)}")
        lines.append(_BEFORE_SHARING)
    return lines


def _write_recording(run: _Run, directory: Path) -> str:
    frames = run.store.frames(run.name)
    recording = recording_of(run.meta, frames, is_told=True)
    write_recording(directory, recording)
    write_steps(directory / "steps.csv", run.steps, run.meta.origin_ns)
    if run.hip_steps:
        path = directory / "hip_steps.csv"
        write_steps(path, run.hip_steps, run.meta.origin_ns)
    return f"{directory}: raw data and {len(run.steps)} steps"


def _activity_of(run: _Run) -> Activity:
    """Give a run second by second, with what a watch told where one was merged."""
    rejections = run.store.rows(RejectionRow, run.name)
    seconds = run_seconds(run.steps, run.hip_steps, rejections)
    track = track_of(run.store, run.meta.runner, run.name)
    told = track_figures(seconds.t_ns, track.points if track else ())
    # Speed by the shoes comes first: the watch's is the same run seen by satellites.
    figures = told | dict(seconds.figures)
    rows: list[StepRow | HipStepRow] = [*run.steps, *run.hip_steps]
    moving = is_moving(seconds.t_ns, [row.time_ns for row in rows])
    figures = {name: values[moving] for name, values in figures.items()}
    if "speed_mps" in figures:
        whole_m = run.store.session(run.name).distance_m
        own = whole_m if "speed_mps" in seconds.figures else None
        figures["distance_m"] = distance_m(figures["speed_mps"], own)
    return Activity(run.name, seconds.t_ns[moving], figures)


def _write_all(
    settings: Settings, runner: str, output: Path | None, *, is_research: bool
) -> list[str]:
    """Write everything of a runner as one ZIP; gives what is to be known of it."""
    made = write_archive(settings, runner, output, is_research=is_research)
    lines = [f"{made.path}: {counted(made.runs, 'run')} of {runner}"]
    if made.unfinished:
        lines.append(f"Not in it, because they go on: {', '.join(made.unfinished)}")
    if not made.is_shared and not is_research:
        lines.append(f"{runner} did not agree that it is shown to others.")
    return [*lines, _BEFORE_SHARING]
