"""The command doctor: what this machine has, what is broken, what to do."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from treadwear import machine, services
from treadwear.commands.options import DataDir, Json
from treadwear.machine import Clock, Finding
from treadwear.settings import Settings, load_settings

_MARKS = {"ok": "✓", "broken": "✗", "optional": "–"}  # noqa: RUF001 - a dash is meant
_PLAIN_MARKS = {"ok": "ok", "broken": "!!", "optional": "-"}
_STYLES = {"ok": "", "broken": "bold", "optional": "dim"}
_LEAST_WIDTH = 76
"""Narrower, and the columns would hold a word or two a line."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(as_json: Json = False, data: DataDir = None) -> None:
    """Look at what treadwear needs on this machine, and say what is broken."""
    settings = load_settings(data_dir=data)
    findings = list(_found(settings))
    if as_json:
        typer.echo(json.dumps([asdict(f) for f in findings]))
    else:
        console = Console()
        console.print(_shown(findings, console))
        console.print(_summary(findings), soft_wrap=True, highlight=False)
    if any(_state(f) == "broken" for f in findings):
        raise typer.Exit(1)


def _found(settings: Settings) -> Iterator[Finding]:
    """Look at everything; the clock is watched meanwhile."""
    clock = Clock()
    yield from (check(settings) for check in services.CHECKS)
    yield machine.data_dir(settings)
    yield machine.disk(settings)
    yield clock(settings)
    yield machine.python(settings)
    yield Finding("sqlite", True, True, sqlite3.sqlite_version)
    yield from map(machine.extra, machine.EXTRAS)


def _state(finding: Finding) -> str:
    if finding.is_ok:
        return "ok"
    return "broken" if finding.is_needed else "optional"


def _shown(findings: list[Finding], console: Console) -> RenderableType:
    marks = _MARKS if _can_print("".join(_MARKS.values()), console) else _PLAIN_MARKS
    lines = [(marks[_state(f)], _STYLES[_state(f)], f) for f in findings]
    if console.width < _LEAST_WIDTH:
        return Group(*(part for line in lines for part in _stacked(*line)))
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("what", no_wrap=True)
    table.add_column("how it is", overflow="fold", ratio=3)
    table.add_column("what to do", overflow="fold", ratio=2)
    for mark, style, f in lines:
        # As text: nothing of it is markup, whatever a path or an error holds.
        table.add_row(*map(Text, (mark, f.name, f.text, f.do)), style=style)
    return table


def _stacked(mark: str, style: str, finding: Finding) -> Iterator[RenderableType]:
    yield Text(f"{mark} {finding.name}", style=style)
    for words in filter(None, (finding.text, finding.do)):
        yield Padding(Text(words, overflow="fold"), (0, 0, 0, 2))


def _summary(findings: list[Finding]) -> str:
    broken = [f.name for f in findings if _state(f) == "broken"]
    if broken:
        return f"Broken: {', '.join(broken)}."
    return "Nothing that is needed is broken."


def _can_print(words: str, console: Console) -> bool:
    try:
        words.encode(console.encoding)
    except UnicodeEncodeError:
        return False
    return True
