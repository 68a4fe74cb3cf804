"""What doctor finds on this machine, how it says it, and that it changes nothing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.extras import how_to_install
from dashboards.live.access import Access
from processing.store.sqlite import SqliteStore
from tests.dashboards.door import network_address
from tests.treadwear.spoken import Capture, said
from treadwear import machine
from treadwear.runtime import Running
from treadwear.settings import Settings
from treadwear.stack import running_stack

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")
DAY_NS = 86_400 * 10**9


def looked(capsys: Capture, data: str) -> tuple[int, dict[str, Any]]:
    """Exit code and findings by name."""
    code, out, err = said(capsys, "doctor", "--json", "--data", data)
    assert err == ""
    return code, {finding["name"]: finding for finding in json.loads(out)}


def broken(findings: dict[str, Any]) -> list[str]:
    return [n for n, f in findings.items() if f["is_needed"] and not f["is_ok"]]


def files_in(data: str) -> list[str]:
    """Names of all files; those that SQLite has while it reads do not count."""
    found = [p.name for p in Path(data).rglob("*")]
    return sorted(name for name in found if not name.endswith(("-wal", "-shm")))


def test_it_names_what_there_is_and_passes(capsys: Capture, data: str) -> None:
    code, findings = looked(capsys, data)
    assert (code, broken(findings)) == (0, [])
    assert set(findings) >= {
        *("bluetooth", "broker", "run database", "data directory", "disk", "clock"),
        *("python", "phone page", "extra pdf", "extra fit", "extra parquet"),
    }
    assert "Chromium" not in json.dumps(findings)
    code, out, _ = said(capsys, "doctor", "--data", data)
    assert code == 0
    assert "takes connections" in out
    assert "what to do" in out
    assert "Nothing that is needed is broken." in out


def test_it_changes_nothing(capsys: Capture, tmp_path: Path) -> None:
    for data in (tmp_path / "data", tmp_path / "a" / "b"):
        assert looked(capsys, str(data))[0] == 0
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_there_stays_as_it_is(
    capsys: Capture, data: str, imported: str
) -> None:
    del imported
    before = files_in(data)
    assert looked(capsys, data)[0] == 0
    assert files_in(data) == before


def test_a_directory_where_there_can_be_none_is_broken(
    capsys: Capture, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no directory")
    code, findings = looked(capsys, str(tmp_path / "file" / "data"))
    assert code == 1
    assert "data directory" in broken(findings)
    assert "--data" in findings["data directory"]["do"]


def test_a_damaged_database_is_named_with_what_to_do(
    capsys: Capture, data: str
) -> None:
    Path(data).mkdir()
    (Path(data) / "treadwear.db").write_bytes(b"no database" * 500)
    code, findings = looked(capsys, data)
    assert (code, broken(findings)) == (1, ["run database"])
    assert "The file is damaged: move it away" in findings["run database"]["do"]
    assert "treadwear doctor" not in json.dumps(findings["run database"])
    code, out, _ = said(capsys, "doctor", "--data", data)
    assert code == 1
    assert "Broken: run database." in out


@pytest.mark.parametrize("name", ["spool.db", "spools/spool-s1-0.db"])
def test_a_damaged_disk_buffer_is_found(capsys: Capture, data: str, name: str) -> None:
    path = Path(data) / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 500)
    code, findings = looked(capsys, data)
    assert (code, broken(findings)) == (1, ["disk buffers"])
    assert "Move the spool file away" in findings["disk buffers"]["do"]


@pytest.mark.usefixtures("imported")
def test_a_database_that_cannot_be_written_is_found(capsys: Capture, data: str) -> None:
    # SQLite reads, but does not write, a file whose write version is not its own.
    path = Path(data) / "treadwear.db"
    bytes_ = bytearray(path.read_bytes())
    bytes_[18] = 3
    path.write_bytes(bytes_)
    code, findings = looked(capsys, data)
    assert (code, broken(findings)) == (1, ["run database"])
    assert "Make the file writable" in findings["run database"]["do"]


def test_a_clock_before_the_last_run_is_broken(
    capsys: Capture, data: str, imported: str
) -> None:
    assert looked(capsys, data)[1]["clock"]["is_ok"] in {True, False}
    with SqliteStore.open(Path(data) / "treadwear.db") as store:
        later_ns = time.time_ns() + 3 * DAY_NS
        store.write([replace(store.session(imported), time_ns=later_ns)])
    code, findings = looked(capsys, data)
    assert (code, broken(findings)) == (1, ["clock"])
    assert "too early" in findings["clock"]["text"]


def test_a_clock_that_jumps_meanwhile_is_noticed(
    monkeypatch: pytest.MonkeyPatch, data: str
) -> None:
    clock, settings = machine.Clock(), Settings(data_dir=Path(data))
    assert "jumped" not in clock(settings).text
    true_time = time.time
    monkeypatch.setattr(time, "time", lambda: true_time() + 40.0)
    assert "jumped by +40 s" in clock(settings).text


def test_an_extra_that_is_missing_is_no_fault_and_says_how_to_get_it(
    capsys: Capture, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = (("no_such_package_of_ours",), "reports as PDF")
    monkeypatch.setitem(machine.EXTRAS, "pdf", missing)
    code, findings = looked(capsys, data)
    assert code == 0
    assert findings["extra pdf"]["do"] == how_to_install("pdf")
    assert "reports as PDF" in findings["extra pdf"]["text"]


def test_the_pages_of_a_running_treadwear_are_asked(capsys: Capture, data: str) -> None:
    access = Access(network_address())
    with running_stack(Settings(data_dir=Path(data)), access) as stack:
        code, findings = looked(capsys, data)
    assert code == 0
    page = findings["phone page"]
    assert page["is_ok"]
    assert stack.url in page["text"]
    assert stack.network_url in page["text"]


def test_a_page_that_is_silent_is_broken(capsys: Capture, data: str) -> None:
    Path(data).mkdir()
    running = Running(os.getpid(), 1, "http://127.0.0.1:1/")
    (Path(data) / "running.json").write_bytes(msgspec.json.encode(running))
    code, findings = looked(capsys, data)
    assert (code, broken(findings)) == (1, ["phone page"])
    assert "firewall" in findings["phone page"]["do"]


@pytest.mark.parametrize("columns", [30, 50, 76, 120])
def test_it_fits_the_terminal(
    capsys: Capture, data: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    _, out, _ = said(capsys, "doctor", "--data", data)
    table = out.splitlines()[:-1]  # the last line is a sentence, which wraps by itself
    assert max(len(line.rstrip()) for line in table) <= columns
    assert "extra parquet" in out


def test_a_path_is_no_markup(capsys: Capture, tmp_path: Path) -> None:
    _, out, _ = said(capsys, "doctor", "--data", str(tmp_path / "[red]x[/red]"))
    assert "[red]x[/red]" in out.replace("\n", "").replace(" ", "")


def test_where_only_ascii_can_be_printed_the_marks_are_words(data: str) -> None:
    words = [sys.executable, "-m", "treadwear", "doctor", "--data", data]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        words, capture_output=True, env=environment, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert b"ok" in done.stdout
    assert b"\x1b" not in done.stdout


def test_the_broker_is_tried_apart_from_the_data(
    capsys: Capture, data: str, require: Callable[..., str]
) -> None:
    require("mosquitto")
    assert looked(capsys, data)[1]["broker"]["is_ok"]
    assert not Path(data).exists()
