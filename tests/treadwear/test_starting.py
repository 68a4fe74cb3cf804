"""How much is loaded before a command begins: one that reads needs no analysis."""

import subprocess
import sys

import pytest
import typer

from treadwear import cli
from treadwear.panels import MODULES, PANELS


def test_every_command_has_its_module_and_its_panel() -> None:
    known = {name for commands in MODULES.values() for name in commands}
    group = typer.main.get_command(cli.make_app())
    assert set(group.commands) == known  # type: ignore[attr-defined]
    assert known == {name for commands in PANELS.values() for name in commands}


@pytest.mark.parametrize(
    ("command", "unwanted"),
    [
        ("sessions", {"scipy", "bumble", "bleak", "uvicorn"}),
        ("month", {"scipy.signal", "scipy.stats", "bumble", "bleak", "uvicorn"}),
        ("report", {"bumble", "bleak", "uvicorn", "influxdb_client", "weasyprint"}),
    ],
)
def test_a_command_loads_only_what_it_needs(command: str, unwanted: set[str]) -> None:
    program = (
        "import sys\n"
        "from treadwear.cli import make_app\n"
        f"make_app({command!r})\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert f"treadwear.commands.{command}" in loaded
    assert loaded & unwanted == set()
