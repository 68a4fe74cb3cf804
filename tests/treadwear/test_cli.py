"""The command as its users meet it: help, exit codes, the machine, the terminal."""

import os
import pty
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from processing.store.sqlite import SqliteStore
from tests.treadwear.spoken import Capture, refused, said

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7])[0-9;]*m")


def test_the_version_is_the_packages(capsys: Capture) -> None:
    assert said(capsys, "--version")[:2] == (0, f"treadwear {version('treadwear')}\n")


def test_every_command_has_help(capsys: Capture) -> None:
    _, out, _ = said(capsys, "--help")
    for name in (
        "demo",
        "up",
        "analyse",
        "import",
        "replay",
        "sessions",
        "report",
        "export",
        "doctor",
    ):
        assert name in out
        code, text, _ = said(capsys, name, "--help")
        assert code == 0
        assert "Usage" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["analyse"],
        ["analyse", "somewhere", "--speed", "3"],
        ["demo", "--seconds", "soon"],
    ],
)
def test_a_command_line_that_makes_no_sense_is_a_usage_error(
    capsys: Capture, arguments: list[str]
) -> None:
    code, out, err = said(capsys, *arguments)
    assert code == 2
    assert not out
    assert "Usage" in err


def test_it_runs_as_a_module_and_passes_its_exit_code_on(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "treadwear", "report", "last"]
    words += ["--data", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "there is no run database" in done.stderr


def test_a_database_of_a_newer_version_is_refused(capsys: Capture, data: str) -> None:
    Path(data).mkdir()
    path = Path(data) / "treadwear.db"
    with SqliteStore.open(path) as store:
        store._db.execute("PRAGMA user_version = 99")
    err = refused(capsys, 1, "sessions", "--data", data)
    assert "newer treadwear" in err
    assert "next: Update treadwear" in err


def test_without_any_run_the_list_is_empty_and_that_is_no_failure(
    capsys: Capture, data: str
) -> None:
    assert said(capsys, "sessions", "--json", "--data", data) == (0, "[]\n", "")
    code, out, _ = said(capsys, "sessions", "--data", data)
    assert (code, out) == (0, "No runs yet. Try: treadwear demo\n")


def test_a_demo_that_is_too_short_claims_nothing(capsys: Capture, data: str) -> None:
    words = ["demo", "--headless", "--seconds", "0.1", "--speed", "20"]
    code, out, err = said(capsys, *words, "--data", data)
    assert code == 0, err
    assert out.count("too short to judge") == 2
    assert "nan" not in out
    assert "true" not in out


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What a terminal shows of a command."""
    ours, theirs = pty.openpty()
    known = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "treadwear", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**known, "TERM": "xterm-256color", "COLUMNS": "100", **environment},
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:
        pass  # Linux says so when the other end is closed
    finally:
        process.wait()
        os.close(ours)
    return shown.decode()


def test_no_color_takes_every_colour_from_the_terminal(recording: Path) -> None:
    words = ["analyse", str(recording)]
    plain = on_a_terminal(*words, NO_COLOR="1")
    assert "Left against right" in plain
    assert not COLOUR.search(plain)
    colourful = on_a_terminal(*words)
    assert ESCAPE.search(colourful), "the terminal of this test shows no colour at all"
    assert COLOUR.search(colourful)


def test_what_goes_into_a_file_or_pipe_has_no_escape_codes(
    capsys: Capture, recording: Path, imported: str, data: str
) -> None:
    del imported
    for words in (
        ["analyse", str(recording)],
        ["sessions", "--data", data],
        ["report", "s9", "--data", data],
        ["doctor", "--data", data],
    ):
        _, out, err = said(capsys, *words)
        assert "\x1b" not in out + err
