"""Where the commands are, and their order in the help: as people meet them."""

from typer import Typer
from typer.models import CommandInfo

PANELS = {
    "Before the run": ("demo", "doctor", "sensors", "pair", "check"),
    "During the run": ("up", "run", "replay"),
    "After the run": (
        *("report", "sessions", "compare", "month", "import", "analyse", "reprocess"),
        *("merge", "export", "pain", "plan", "load"),
    ),
    "People and shoes": ("runners", "consent", "shoes", "assess", "forget"),
    "A club's server": (
        *("init", "live", "process", "simulate", "health", "tokens", "backfill"),
    ),
}
OTHER = "Other"
MODULES = {
    "analysis": ("analyse", "import", "reprocess"),
    "sessions": ("sessions",),
    "report": ("report",),
    "export": ("export",),
    "merge": ("merge",),
    "sensors": ("pair", "check", "run", "sensors"),
    "up": ("up",),
    "live": ("demo", "replay", "process"),
    "people": ("runners", "consent", "assess", "plan", "load", "pain", "shoes"),
    "compare": ("compare",),
    "month": ("month",),
    "forget": ("forget",),
    "server": ("init", "live", "simulate", "health", "tokens"),
    "backfill": ("backfill",),
    "doctor": ("doctor",),
}
"""Modules of `treadwear.commands` and what each registers: one command needs one."""


def arrange(app: Typer) -> None:
    """Put every command that is registered into its panel, in the order above."""
    places = [(panel, name) for panel, commands in PANELS.items() for name in commands]
    panels = {name: panel for panel, name in places}
    order = {name: place for place, (_, name) in enumerate(places)}
    for command in app.registered_commands:
        command.rich_help_panel = panels.get(_name(command), OTHER)
    app.registered_commands.sort(key=lambda c: order.get(_name(c), len(places)))


def _name(command: CommandInfo) -> str:
    if command.name or command.callback is None:
        return command.name or ""
    return command.callback.__name__.replace("_", "-")
