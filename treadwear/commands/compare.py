"""The command that compares two runs, or groups of runs, of one runner."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contract.errors import QualityError, UsageError
from contract.model import Slot
from contract.people import Mount
from contract.rows import (
    BalanceRow,
    BaselineRow,
    ExerciseRow,
    FindingRow,
    StepRow,
)
from contract.verdicts import WHOLE_RUN
from dashboards.compare.build import write_comparison
from dashboards.compare.paper import write_page
from processing.compare import ComparedRun, RunComparison, compare_runs
from processing.run_changes import Change
from processing.store.sqlite import SqliteStore
from treadwear.about_runner import named
from treadwear.commands.options import DataDir, Json
from treadwear.commands.sessions import resolve
from treadwear.places import check_target
from treadwear.settings import load_settings
from treadwear.tables import is_narrow, plain, two_columns

Group = Annotated[
    str, typer.Argument(help="Session id, or several with commas: a1,a2.")
]
_UNITS = {"deg": "°", "deg/s": "°/s"}
_SHOWN = ("contact_time_s", "flight_time_s", "step_time_s", "impulse_bws")
"""Percent that a terminal shows; all angles are shown too, --json has everything."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(compare)


def compare(
    a: Group,
    b: Group,
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
    """Compare two runs of a runner: before and after, or shoe against shoe.

    Groups of runs in turns (A B B A) tell the day from the shoe; single runs cannot.
    """
    settings = load_settings(data_dir=data)
    for path in (html, output):
        check_target(path, settings)
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        sides = [[run_of(store, name) for name in _named(store, g)] for g in (a, b)]
    told = compare_runs(sides[0], sides[1], _zone())
    if html is not None:
        write_comparison(told, html)
    _give(_as_json(told) if as_json else _as_text(told), output)
    if html is not None and not as_json:
        typer.echo(f"Page: {html}")
    _check(told)


def _zone() -> tzinfo:
    return datetime.now(UTC).astimezone().tzinfo or UTC


def _named(store: SqliteStore, group: str) -> list[str]:
    names = [name.strip() for name in group.split(",") if name.strip()]
    if not names:
        raise UsageError("a side names no session", "", "Write: treadwear compare A B.")
    return [resolve(store, name) for name in names]


def run_of(store: SqliteStore, session: str) -> ComparedRun:
    """Read what a comparison takes of a stored run."""
    about = named(store, store.session(session))
    whole = [b for b in store.rows(BalanceRow, session) if b.window == WHOLE_RUN]
    return ComparedRun(
        about=about,
        balances={row.metric: row for row in whole},
        steps=store.rows(StepRow, session),
        baselines={row.metric: row for row in store.rows(BaselineRow, session)},
        findings=store.rows(FindingRow, session),
        exercises=store.rows(ExerciseRow, session),
        meta=store.meta(session),
        mounts=_mounts(store, about.runner, session),
    )


def _mounts(store: SqliteStore, runner: str, session: str) -> dict[Slot, Mount]:
    """How the sensors sat in that run, as it was kept under its name."""
    kept = store.records(Mount, runner)
    own = [k.record for k in kept if k.name.startswith(f"{session}/")]
    return {Slot.from_word(mount.slot): mount for mount in own}


def _as_json(told: RunComparison) -> str:
    return msgspec.json.encode(told).decode()


def _as_text(told: RunComparison) -> str:
    """Everything as text of the terminal's width, for it or for a file."""
    console = Console()
    with console.capture() as caught:
        tables = _tables(told, is_slim=is_narrow(console.width))
        for part in (*_opening(told), *tables, *_closing(told)):
            console.print(part, highlight=False)
    return caught.get().rstrip("\n")


def _opening(told: RunComparison) -> list[Text]:
    dots = f"{'●' * told.sure}{'○' * (3 - told.sure)} " if told.sure else ""
    lines = [f"{told.name}: {told.kind}", told.headline, *told.told]
    if told.plan:
        lines.insert(1, told.plan.text)
    lines.append(f"{dots}{told.sure_words}")
    lines += [f"Left out: {out.session}, {out.why}" for out in told.left_out]
    return [Text(plain(line)) for line in lines]


def _tables(told: RunComparison, *, is_slim: bool) -> list[Table]:
    shown = [c for c in told.asymmetry if _is_shown(c)]
    feet = [c for c in told.feet.changes if _is_shown(c)]
    labels = plain(told.before.label), plain(told.after.label)
    make = _narrow if is_slim else _table
    both = ("Left against right (+ = right larger)", shown), ("Each foot", feet)
    return [make(title, labels, changes) for title, changes in both if changes]


def _is_shown(change: Change) -> bool:
    return change.metric in _SHOWN or change.unit != "%"


def _table(title: str, labels: tuple[str, str], changes: Sequence[Change]) -> Table:
    table = Table(title=title)
    is_foot = changes[0].side != "both"
    for heading in ("", *(labels if not is_foot else ()), "change", "likely"):
        table.add_column(Text(heading), justify="right" if heading else "left")
    table.add_column("reading")
    for c in changes:
        sizes = () if is_foot else _sizes(c)
        table.add_row(_name(c), *sizes, _size(c), _reach(c), c.reading)
    return table


def _narrow(title: str, labels: tuple[str, str], changes: Sequence[Change]) -> Table:
    """Figure, and beside it everything else in words."""
    lines = []
    for c in changes:
        sizes = zip(labels, _sizes(c), strict=True) if c.side == "both" else ()
        words = [f"{label} {size}" for label, size in sizes]
        words += [f"change {_size(c)}", f"likely {_reach(c)}", c.reading]
        lines.append((_name(c), ", ".join(words)))
    return two_columns(title, ("figure", "runs"), lines)


def _name(change: Change) -> str:
    name = change.metric.rpartition("_")[0].replace("_", " ")
    return name if change.side == "both" else f"{name}, {change.side}"


def _sizes(change: Change) -> tuple[str, str]:
    return f"{change.before.size:+z.1f}", f"{change.after.size:+z.1f}"


def _size(change: Change) -> str:
    return f"{change.change:+z.1f} {_UNITS.get(change.unit, change.unit)}"


def _reach(change: Change) -> str:
    return f"{change.low:+z.1f} to {change.high:+z.1f}"


def _closing(told: RunComparison) -> list[Text]:
    lines = [f"Mind: {c.warning}" for c in told.circumstances if c.warning]
    if told.plan:
        lines += [f"Then and now: {line}" for line in told.plan.findings]
        lines += [told.plan.caution] if told.plan.caution else []
    if told.feet.why:
        lines.append(f"Single feet are not compared: {told.feet.why}.")
    lines += [_RANGES] if told.looks > 1 else []
    return [Text(line) for line in lines]


_RANGES = (
    "Ranges in the tables are 95 % each; what is told above them clears a higher bar, "
    "raised for how many figures could have been told."
)


def _give(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text)
        return
    write_page(output, f"{text}\n")
    typer.echo(str(output))


def _check(told: RunComparison) -> None:
    """Leave with the code of data below the gate when nothing could be compared."""
    if not told.is_compared:
        why = "; ".join(f"{out.session}: {out.why}" for out in told.left_out)
        next_step = "Name runs with good data: treadwear sessions."
        raise QualityError("these runs cannot be compared", why, next_step)
