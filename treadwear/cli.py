"""The command ``treadwear``: every subcommand, and what errors look like.

Exit codes: 0 ok, 1 failed, 2 usage, 3 no sensor, 4 data below the quality gate.
"""

import logging
import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from contract.errors import TreadwearError
from treadwear.ending import Ending
from treadwear.first_contact import lines_of, next_steps
from treadwear.panels import MODULES, arrange
from treadwear.settings import load_settings


class _Commands(TyperGroup):
    """The commands; one that ctrl-C ends does not leave without a word."""

    def invoke(self, *context: Any) -> Any:  # noqa: ANN401 - typer has its own click
        """Run one."""
        try:
            return super().invoke(*context)
        except KeyboardInterrupt:
            words = "Stopped before the end. Nothing that arrived is lost."
            typer.echo(words, err=True)
            raise


def make_app(wanted: str | None = None) -> typer.Typer:
    """The command line; where only one command is wanted, no other one is loaded."""
    words = "The alignment check for runners: how left and right differ, and how sure."
    app = typer.Typer(
        name="treadwear",
        cls=_Commands,
        invoke_without_command=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help=words,
    )
    app.callback()(_root)
    one = {name for name, commands in MODULES.items() if wanted in commands}
    for name in one or MODULES:
        import_module(f"treadwear.commands.{name}").register(app)
    arrange(app)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"treadwear {version('treadwear')}")
        raise typer.Exit


def _root(
    context: typer.Context,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Say the version."
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Say what happens inside, on stderr.")
    ] = False,
) -> None:
    del show_version
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.WARNING,
        format="%(asctime)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    if context.invoked_subcommand is None:
        _show_next_steps()


def _show_next_steps() -> None:
    typer.echo("treadwear, the alignment check for runners. Three next steps:\n")
    for line in lines_of(next_steps(load_settings())):
        typer.echo(line)
    typer.echo("\nAll commands: treadwear --help")


def main() -> None:
    """Run the command line and leave with its exit code."""
    Ending().listen()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; gives its exit code."""
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    try:
        make_app(wanted)(args=arguments, prog_name="treadwear")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except TreadwearError as fault:
        _show_error(fault)
        return fault.exit_code
    return 0


def _show_error(fault: TreadwearError) -> None:
    """Say what happened, why, and what to do, on three lines."""
    console = Console(stderr=True)
    console.print(
        f"[bold]treadwear:[/bold] {escape(fault.what)}", soft_wrap=True, highlight=False
    )
    if fault.why:
        console.print(f"  why: {escape(fault.why)}", soft_wrap=True, highlight=False)
    if fault.next_step:
        console.print(
            f"  next: {escape(fault.next_step)}", soft_wrap=True, highlight=False
        )
