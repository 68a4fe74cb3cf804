"""What a command says: exit code, words and JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from treadwear.cli import run

Capture = pytest.CaptureFixture[str]


def said(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command."""
    capsys.readouterr()
    code = run(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def refused(capsys: Capture, code: int, *arguments: str) -> str:
    """What a command that leaves with that code says, with why and what next."""
    found, _, err = said(capsys, *arguments)
    assert found == code, err
    assert err.startswith("treadwear: ")
    assert "Traceback" not in err
    return err


def analysed(capsys: Capture, directory: Path) -> dict[str, Any]:
    code, out, err = said(capsys, "analyse", str(directory), "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found
