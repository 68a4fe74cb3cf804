"""Where commands read and write: a mistyped place is named, and nothing is made."""

from pathlib import Path

import pytest

from tests.treadwear.runners_known import store_run
from tests.treadwear.spoken import Capture, refused, said

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")


def test_a_file_is_no_place_of_runs(capsys: Capture, tmp_path: Path) -> None:
    place = tmp_path / "runs.db"
    place.touch()
    err = refused(capsys, 1, "sessions", "--data", str(place))
    assert f"{place} cannot be read" in err
    assert "why: Not a directory" in err
    assert "[Errno" not in err
    assert "--data" in err


def test_a_place_without_runs_is_an_answer(capsys: Capture, data: str) -> None:
    code, out, _ = said(capsys, "sessions", "--data", data)
    assert (code, out.split(".")[0]) == (0, "No runs yet")


@pytest.mark.parametrize(
    "command",
    [
        ("report", "last", "-o"),
        ("report", "last", "--pdf"),
        ("compare", "s1", "s2", "-o"),
        ("compare", "s1", "s2", "--html"),
        ("month", "ana", "-o"),
        ("month", "ana", "--html"),
    ],
    ids=" ".join,
)
def test_no_directory_is_made_for_a_file_that_was_mistyped(
    capsys: Capture, data: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    for session in ("s1", "s2"):
        store_run(data, session, 1)
    missing = tmp_path / "desk-top"
    path = str(missing / "run.pdf")
    err = refused(capsys, 2, *command, path, "--data", data)
    assert "there is no directory" in err
    assert not missing.exists()
    place = tmp_path / "a directory.pdf"
    place.mkdir()
    if "--pdf" not in command:
        err = refused(capsys, 2, *command, str(place), "--data", data)
        assert "is a directory" in err


def test_a_directory_for_sheets_has_to_be_there(
    capsys: Capture, data: str, tmp_path: Path
) -> None:
    store_run(data, "s1", 1)
    words = ("report", "--pdf", str(tmp_path / "sheets"), "--data", data)
    assert "there is no directory" in refused(capsys, 2, *words)


def test_the_place_of_reports_is_made_whoever_names_it(
    capsys: Capture, data: str
) -> None:
    store_run(data, "s1", 1)
    own = Path(data) / "reports" / "mine.html"
    code, _, err = said(capsys, "report", "-o", str(own), "--data", data)
    assert code in {0, 4}, err
    assert own.is_file()
