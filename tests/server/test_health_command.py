"""`treadwear health`: what it says of a processing that is not there."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from contract.errors import UsageError
from treadwear.commands import server

APP = typer.Typer()
server.register(APP)


def test_a_directory_that_does_not_exist_is_named(tmp_path: Path) -> None:
    asked = ["health", "--data", str(tmp_path / "nowhere")]

    with pytest.raises(UsageError, match=r"no directory .*nowhere"):
        CliRunner().invoke(APP, asked, catch_exceptions=False)


def test_a_directory_where_nothing_runs_is_another_matter(tmp_path: Path) -> None:
    asked = ["health", "--data", str(tmp_path)]

    done = CliRunner().invoke(APP, asked, catch_exceptions=False)

    assert done.exit_code == 1
    assert "said nothing" in done.output
