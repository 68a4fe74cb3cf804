"""Files about a runner are found whatever they are called, and nobody else's are."""

import html
from pathlib import Path

import pytest

from dashboards.report.build import replace_file
from processing.store.sqlite import SqliteStore
from tests.treadwear.runners_known import store_run
from tests.treadwear.spoken import Capture, said
from treadwear.cli import run
from treadwear.forget import forget
from treadwear.settings import Settings, load_settings
from treadwear.traces import archives_of, known_sessions, reports_of

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")

FIRST, SECOND = "20261101t0640-7k2f", "20261108t0640-9m4c"


@pytest.fixture
def settings(data: str) -> Settings:
    """Ana has two runs; of ben nothing is in the database."""
    store_run(data, FIRST, 9)
    store_run(data, SECOND, 2)
    return load_settings(data_dir=data)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def found(settings: Settings) -> set[str]:
    return {path.name for path in reports_of(settings, "ana", [FIRST, SECOND])}


def test_month_and_comparison_under_a_name_of_ones_own_are_forgotten(
    settings: Settings, capsys: Capture
) -> None:
    data, reports = str(settings.data_dir), settings.reports_dir
    pages = {
        "november.html": ["month", "ana", "--html"],
        "november.json": ["month", "ana", "--json", "-o"],
        "shoes.html": ["compare", FIRST, SECOND, "--html"],
    }
    for name, words in pages.items():
        assert said(capsys, *words, str(reports / name), "--data", data)[0] in (0, 4)
    outside = settings.data_dir / "mine.html"
    assert said(capsys, "month", "ana", "--html", str(outside), "--data", data)[0] == 0
    assert found(settings) == {*pages, "mine.html"}
    assert run(["forget", "ana", "--yes", "--data", data]) == 0
    assert list(reports.iterdir()) == []
    assert not outside.exists()


def test_a_page_that_names_a_run_of_hers_is_hers(settings: Settings) -> None:
    write(settings.reports_dir / "x" / "y.html", f"<p>Session {FIRST}, method 2</p>")
    write(settings.reports_dir / "z.html", f"<p>Session {FIRST}-2</p>")
    assert found(settings) == {"y.html"}


def test_a_page_of_somebody_else_stays_whatever_words_are_in_it(
    settings: Settings,
) -> None:
    """An id may be a word: who is called "may" does not own what happened in May."""
    said_so = '<meta name="treadwear-runner" content="{}">'
    for name, text in {
        "other.html": said_so.format("ben") + f"<p>Not {FIRST}: ana ran that</p>",
        "longer.html": said_so.format("ana-2"),
        "words.html": "<p>It was ana who asked.</p>",
        "hers.html": said_so.format("ana") + "<p>no run yet</p>",
    }.items():
        write(settings.reports_dir / name, text)
    assert found(settings) == {"hers.html"}


def test_an_id_with_marks_is_read_as_the_page_writes_it(data: str) -> None:
    settings, odd = load_settings(data_dir=data), "a_b.c-1"
    text = f'<meta name="treadwear-runner" content="{html.escape(odd)}">'
    page = write(settings.reports_dir / "p.html", text)
    assert reports_of(settings, odd, []) == [page]


def test_a_half_is_of_the_runner_whose_name_it_bears(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a kill leaves it: the write never comes to its end."""
    kept = monkeypatch.context()
    with kept as patched:
        patched.setattr(Path, "replace", lambda *_: 1 / 0)
        for session in (FIRST, "20261108t0640-ben1"):
            with pytest.raises(ZeroDivisionError):
                replace_file(settings.reports_dir / f"{session}.html", b"<title>A")
    for name in ("ana.zip.part", "ben.zip.part", "ana-2.zip.part"):
        write(settings.data_dir / "archives" / name, "")
    halves = sorted(path.name for path in settings.reports_dir.iterdir())
    assert len(halves) == 2
    assert found(settings) == {name for name in halves if FIRST in name}
    assert [p.name for p in archives_of(settings, "ana")] == ["ana.zip.part"]


class KilledError(BaseException):
    """What ends a program without its having a say."""


@pytest.mark.parametrize(
    "step",
    [
        "treadwear.forget.drop",
        "treadwear.forget.drop_waiting",
        "treadwear.forget._clear_retained",
        "treadwear.forget._delete_over_there",
        "processing.store.sqlite.SqliteStore.erase",
    ],
)
def test_who_is_stopped_halfway_says_forget_again_and_nothing_stays(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    write(settings.reports_dir / f"{FIRST}.html", "<p>a run</p>")
    write(settings.data_dir / "archives" / "ana.zip", "")
    owner, name = step.rsplit(".", 1)
    real = getattr(SqliteStore, name) if owner.endswith("SqliteStore") else None

    def stopped(*arguments: object) -> None:
        if real is not None:
            real(*arguments)
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(step, stopped)
        with pytest.raises(KilledError):
            forget(settings, "ana")
    forget(settings, "ana")
    assert known_sessions(settings, "ana") == []
    left = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    assert [path for path in left if FIRST in path.name or "ana" in path.name] == []
    assert [path for path in left if FIRST.encode() in path.read_bytes()] == []


def test_a_file_that_cannot_be_deleted_is_named_and_the_rest_can_be_done_again(
    settings: Settings, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = write(settings.reports_dir / f"{FIRST}.html", "<p>a run</p>")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    words = ["forget", "ana", "--yes", "--data", str(settings.data_dir)]
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        code, _, err = said(capsys, *words)
    assert code != 0
    assert f"{page} cannot be deleted" in err
    assert "Errno" not in err
    assert known_sessions(settings, "ana") == [FIRST, SECOND]
    assert run(words) == 0
    assert not page.exists()
