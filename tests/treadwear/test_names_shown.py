"""A name that changes is shown at once, also for the runs that were before."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.units import NS_PER_S
from tests.treadwear.runners_known import store_run, words
from tests.treadwear.spoken import Capture, said

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")
OLD, NEW = "Ana", "Anneliese Neu"


def rename(capsys: Capture, data: str, name: str) -> None:
    words(capsys, "runners", "ana", "--name", name, "--data", data)


def test_every_page_and_table_shows_the_name_of_now(
    capsys: Capture, data: str, tmp_path: Path
) -> None:
    for session in ("s1", "s2"):
        store_run(data, session, 0)
    rename(capsys, data, NEW)
    pages = [tmp_path / name for name in ("report", "month", "compare")]
    for command, flag, page in (
        (("report", "s1"), "-o", pages[0]),
        (("month", "ana"), "--html", pages[1]),
        (("compare", "s1", "s2"), "--html", pages[2]),
    ):
        _, out, err = said(capsys, *command, flag, str(page), "--data", data)
        assert "Traceback" not in err
        text = page.read_text(encoding="utf-8")
        assert NEW in text, command
        assert OLD not in re.findall(r"\w+", text)
        assert command[0] == "report" or NEW in out
    _, out, _ = said(capsys, "sessions", "--json", "--data", data)
    assert {row["name"] for row in json.loads(out)} == {NEW}


def test_without_a_name_of_now_that_of_the_run_is_shown(
    capsys: Capture, data: str
) -> None:
    store_run(data, "s1", 1)
    rename(capsys, data, NEW)
    rename(capsys, data, "")
    _, out, _ = said(capsys, "sessions", "--json", "--data", data)
    assert [row["name"] for row in json.loads(out)] == [OLD]


def test_the_last_report_says_whose_run_it_is_and_names_nobody(
    capsys: Capture, data: str, tmp_path: Path
) -> None:
    run = store_run(data, "s1", 1, shoe="Pegasus blue")
    page = str(tmp_path / "run.html")
    _, out, _ = said(capsys, "report", "last", "-o", page, "--data", data)
    when = datetime.fromtimestamp(run.time_ns // NS_PER_S, UTC).astimezone()
    told = f"ana, {when.day} {when:%b %H:%M}, Pegasus blue"
    assert out.splitlines() == [page, told, run.verdict]
    assert OLD not in out.replace("Pegasus", "").split()


@pytest.mark.parametrize("width", [40, 60])
@pytest.mark.parametrize(
    "command", [("month", "ana"), ("compare", "s1", "s2")], ids=" ".join
)
def test_in_a_narrow_terminal_no_word_is_broken(
    capsys: Capture,
    data: str,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    width: int,
) -> None:
    for session in ("s1", "s2"):
        store_run(data, session, 0, shoe="Pegasus")
    monkeypatch.setenv("COLUMNS", str(width))
    _, narrow, _ = said(capsys, *command, "--data", data)
    assert max(map(len, narrow.splitlines())) <= width
    monkeypatch.setenv("COLUMNS", "200")
    _, wide, _ = said(capsys, *command, "--data", data)
    broken = set(re.findall(r"[a-z]{4,}", wide)) - set(re.findall(r"[a-z]{4,}", narrow))
    assert broken <= {"reading", "shoe"}, "headings stand in the wide table only"
