"""The first words: `treadwear` alone, the order of the help, how ctrl-C ends it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tests.treadwear.spoken import Capture, said
from treadwear import cli
from treadwear.first_contact import lines_of, next_steps
from treadwear.panels import OTHER, PANELS
from treadwear.settings import Settings
from treadwear.stack import running_stack

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")
GROUP: Any = typer.main.get_command(cli.make_app())


def commands_in(text: str) -> list[list[str]]:
    """Command lines that a text names, as words."""
    return [found.split() for found in re.findall(r"treadwear ([^,&\n]+)", text)]


def steps_at(data: str) -> str:
    return "\n".join(lines_of(next_steps(Settings(data_dir=Path(data)))))


def test_alone_it_says_three_next_steps(
    capsys: Capture, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TREADWEAR_DATA_DIR", data)
    code, out, err = said(capsys)
    assert (code, err) == (0, "")
    assert len(out.strip().splitlines()) <= 8
    steps = [line for line in out.splitlines() if line.startswith("  ")]
    assert len(steps) == 3
    assert "treadwear demo" in steps[0]
    assert "treadwear up" in steps[1]
    assert "treadwear import DIR --runner ID" in steps[2]
    assert out.endswith("All commands: treadwear --help\n")
    assert max(map(len, out.splitlines())) <= 80
    assert not Path(data).exists()


def test_where_the_shell_does_not_find_it_the_way_is_said_once(
    data: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    python = tmp_path / "my env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", str(python))
    assert steps_at(data).endswith("\nType it as: 'my env/bin/python' -m treadwear")
    (python.parent / "activate").touch()
    assert steps_at(data).endswith(" once per terminal: . 'my env/bin/activate'")
    assert steps_at(data).count("my env") == 1
    found = tmp_path / "treadwear"
    found.touch(mode=0o755)
    assert "my env" not in steps_at(data)


def test_every_command_that_it_names_can_be_typed(data: str) -> None:
    for name, *words in commands_in(steps_at(data)):
        known = {flag for p in GROUP.commands[name].params for flag in p.opts}
        assert {word for word in words if word.startswith("--")} <= known


def test_after_a_run_its_report_comes_first(
    capsys: Capture, data: str, imported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del imported
    monkeypatch.setenv("TREADWEAR_DATA_DIR", data)
    code, out, _ = said(capsys)
    assert code == 0
    first = next(line for line in out.splitlines() if line.startswith("  "))
    assert "Your last run (ana, " in first
    assert first.endswith("treadwear report last")


def test_after_the_demo_its_report_comes_first(
    data: str, imported: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    del imported
    Path(data).rename(tmp_path / "treadwear-demo")
    monkeypatch.chdir(tmp_path)
    assert "treadwear report last --data treadwear-demo" in steps_at("nothing here")


def test_a_database_that_is_damaged_stops_nobody_here(data: str) -> None:
    Path(data).mkdir()
    (Path(data) / "treadwear.db").write_bytes(b"no database" * 500)
    assert "treadwear demo" in steps_at(data)


def test_where_it_runs_already_the_page_is_named(data: str) -> None:
    with running_stack(Settings(data_dir=Path(data))) as stack:
        assert f"open {stack.url}run" in steps_at(data)


def test_the_help_has_a_place_for_every_command() -> None:
    placed = {name for names in PANELS.values() for name in names}
    assert set(GROUP.commands) <= placed
    panels = [GROUP.commands[name].rich_help_panel for name in GROUP.commands]
    assert OTHER not in panels
    assert list(dict.fromkeys(panels)) == list(PANELS)  # each once, in that order


def test_the_help_follows_a_run(capsys: Capture) -> None:
    _, out, _ = said(capsys, "--help")
    places = [out.index(panel) for panel in PANELS]
    assert places == sorted(places)


def ended(data: str, *arguments: str, times: int) -> tuple[int, str]:
    """Exit code and words of a command that gets so many quick ctrl-C once it waits."""
    words = [sys.executable, "-m", "treadwear", *arguments, "--data", data]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "ctrl-C" in line:
                break
        for _ in range(times):
            os.kill(process.pid, signal.SIGINT)
        rest = process.stdout.read()
        return process.wait(60), rest


def test_one_ctrl_c_ends_it_in_order(data: str) -> None:
    code, words = ended(data, "up", times=1)
    assert code == 0
    assert "Stopping; what arrived is being stored." in words
    assert words.strip().endswith("Stopped; everything that arrived is stored.")


def test_quick_ones_do_not_end_it_without_a_word(data: str) -> None:
    code, words = ended(data, "up", times=2)
    # Two signals that come as one are one.
    assert code in {0, 130}
    assert "Stopping" in words
    assert "Traceback" not in words


def test_the_second_and_third_are_told_what_happens() -> None:
    program = (
        "import signal, os\n"
        "from treadwear.ending import Ending\n"
        "Ending().listen()\n"
        "for _ in range(3):\n"
        "    try:\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "    except KeyboardInterrupt:\n"
        "        os.write(1, b'interrupted ')\n"
        "os.write(1, b'alive')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout == "interrupted interrupted alive"
    assert "Stopping at once" in done.stderr
    assert "Still closing" in done.stderr
