"""The order of the commands in the help: as a runner and her coach meet them."""

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
