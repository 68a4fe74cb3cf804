"""Words of commands: refusals that name the flag, ids that nobody may have, widths."""

import re
import socket
from pathlib import Path

import pytest

from tests.treadwear.runners_known import store_run
from tests.treadwear.spoken import Capture, refused, said

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")


@pytest.mark.parametrize("runner", ["sim-1", "live", "-ana"])
@pytest.mark.parametrize("command", ["run", "pair", "check", "import", "replay"])
def test_nobody_gets_an_id_that_means_something_else(
    capsys: Capture, recording: Path, data: str, command: str, runner: str
) -> None:
    place = [str(recording)] if command in {"import", "replay"} else []
    words = [command, *place, f"--runner={runner}", "--data", data]
    assert "cannot be a runner id" in refused(capsys, 2, *words)
    assert not Path(data).exists()


def test_a_port_in_use_names_the_flag_too(capsys: Capture, data: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = ("up", "--seconds", "0.1", "--port", port, "--data", data)
        assert "--port" in refused(capsys, 2, *words)


def test_numbers_in_an_error_are_not_coloured(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    place = tmp_path / "run 12"
    place.touch()
    code, _, err = said(capsys, "sessions", "--data", str(place))
    assert code == 1
    assert f" {place} cannot be read" in err


@pytest.mark.parametrize("width", [40, 60])
def test_runners_are_listed_without_broken_words(
    capsys: Capture, data: str, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    store_run(data, "s1", 1, shoe="Pegasus blue")
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = said(capsys, "runners", "--data", data)
    assert max(map(len, out.splitlines())) <= width
    assert {"ana", "Ana", "Pegasus", "blue", "agreed", "1", "run"} <= set(
        re.findall(r"\w+", out)
    )
