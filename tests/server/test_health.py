"""Whether a service is well: its own file, its own page, and the exit code."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from contract.bus import MemoryBus
from dashboards.live.board import TileBoard
from dashboards.live.server import LiveServer
from tests.server.club import free_port
from treadwear.commands import server
from treadwear.server import health
from treadwear.server.health import (
    FRESH_S,
    NAME,
    Health,
    Pulse,
    complaint_of,
    live_complaint,
    main,
    processing_complaint,
    read_health,
    write_health,
)

APP = typer.Typer()
server.register(APP)
NOW_NS = 1_800_000_000_000_000_000
SECOND_NS = 1_000_000_000


@pytest.fixture
def page() -> Iterator[LiveServer]:
    with LiveServer(TileBoard()) as page:
        yield page


def port_of(page: LiveServer) -> int:
    return int(page.url.rstrip("/").rpartition(":")[2])


@pytest.mark.parametrize(
    ("health", "complaint"),
    [
        (Health(time_ns=NOW_NS, is_working=True), ""),
        (Health(time_ns=NOW_NS, is_working=True, words="InfluxDB is away"), ""),
        (Health(time_ns=NOW_NS - 29 * SECOND_NS, is_working=True), ""),
        (Health(time_ns=NOW_NS - 31 * SECOND_NS, is_working=True), "nothing for 31 s"),
        (Health(time_ns=NOW_NS + 90 * SECOND_NS, is_working=True), "nothing for 90 s"),
        (Health(time_ns=NOW_NS, is_working=False, words="disk full"), "disk full"),
        (Health(time_ns=NOW_NS, is_working=False), "does not work"),
        (None, "nothing yet"),
    ],
)
def test_a_service_is_well_when_it_says_so_and_said_it_lately(
    health: Health | None, complaint: str
) -> None:
    told = complaint_of(health, NOW_NS)

    assert complaint in told
    assert bool(told) == bool(complaint)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    health = Health(time_ns=NOW_NS, is_working=False, words="disk full")

    write_health(tmp_path / NAME, health)

    assert read_health(tmp_path / NAME) == health
    assert [p.name for p in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"time_ns": "now"}', "\xff"])
def test_a_file_that_is_none_of_ours_is_no_health(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text, encoding="latin-1")

    assert read_health(tmp_path / NAME) is None
    assert processing_complaint(tmp_path)


def test_a_pulse_is_fresh_and_not_written_all_the_time(tmp_path: Path) -> None:
    pulse = Pulse(tmp_path, every_s=3600.0)
    pulse.beat(is_working=True)
    first = (tmp_path / NAME).read_bytes()
    pulse.beat(is_working=False)

    assert (tmp_path / NAME).read_bytes() == first
    assert processing_complaint(tmp_path) == ""
    assert Pulse(tmp_path)._every_s * 3 <= FRESH_S


def test_a_service_that_stopped_writing_is_not_well(tmp_path: Path) -> None:
    old_ns = time.time_ns() - 60 * SECOND_NS
    write_health(tmp_path / NAME, Health(time_ns=old_ns, is_working=True))

    assert "nothing for 60 s" in processing_complaint(tmp_path)


def test_a_pulse_survives_a_directory_that_is_gone(tmp_path: Path) -> None:
    Pulse(tmp_path / "gone").beat(is_working=True)

    assert processing_complaint(tmp_path / "gone") == "it has said nothing yet"


def test_a_page_that_is_served_is_well(page: LiveServer) -> None:
    assert live_complaint(port_of(page)) == ""


def test_a_page_that_is_not_there_is_not_well() -> None:
    assert "does not answer" in live_complaint(free_port())


def test_the_exit_code_says_it(
    tmp_path: Path, page: LiveServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["processing", str(tmp_path)]) == 1
    assert "nothing yet" in capsys.readouterr().err
    Pulse(tmp_path).beat(is_working=True)
    assert main(["processing", str(tmp_path)]) == 0
    assert main(["live", str(port_of(page))]) == 0
    assert main(["live", str(free_port())]) == 1
    assert main([]) == main(["live", "x"]) == 1


def test_the_check_of_a_container_loads_little(tmp_path: Path) -> None:
    """It runs every quarter of a minute: no numpy, no web server."""
    Pulse(tmp_path).beat(is_working=True)
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['health', 'processing', {str(tmp_path)!r}]\n"
        "try: runpy.run_module('treadwear.server.health', run_name='__main__')\n"
        "except SystemExit as leaving: assert leaving.code == 0\n"
        "heavy = {'numpy', 'scipy', 'typer', 'starlette', 'paho'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_command_says_it_in_words(
    tmp_path: Path, page: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TREADWEAR_LIVE_PORT", str(port_of(page)))

    def asked(*more: str) -> tuple[int, str]:
        done = CliRunner().invoke(APP, ["health", "--data", str(tmp_path), *more])
        return done.exit_code, done.output

    assert asked() == (1, "processing: it has said nothing yet\n")
    Pulse(tmp_path).beat(is_working=True)
    assert asked() == (0, "processing: ok\n")
    assert asked("--for", "live") == (0, "live: ok\n")
    assert asked("--for", "grafana")[0] != 0


def test_a_broker_that_is_away_for_long_is_a_complaint_and_its_return_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = health.Line()
    line.look("it refuses processing-1: Not authorized")
    assert line.complaint == ""  # it may just be restarted
    monkeypatch.setattr(health, "AWAY_S", 0.0)
    assert line.complaint == (
        "the broker is away: it refuses processing-1: Not authorized"
    )
    line.look("")
    assert line.complaint == ""


def test_the_live_page_without_a_broker_is_not_well() -> None:
    class Gone(MemoryBus):
        trouble = "nothing listens there"

    board = TileBoard()
    board.attach(Gone())
    with LiveServer(board) as server:
        port = int(server.url.rstrip("/").rpartition(":")[2])
        complaint = live_complaint(port)
    assert "503" in complaint
    assert "nothing listens there" in complaint
    assert not board.state().is_fed
