"""The PDF has two sheets, its text can be searched, and it needs no network."""

import io
import sys
from functools import cache
from pathlib import Path

import pytest
from pypdf import PdfReader

from contract.errors import UsageError
from contract.extras import how_to_install
from dashboards.report.pdf import pdf_of, write_pdf
from tests.dashboards.report_cases import CASES, first_run

HEIGHTS_MM = {"A4": 297, "Letter": 279}


@cache
def read(case: str, paper: str) -> PdfReader:
    """Give the PDF of a case, made once."""
    return PdfReader(io.BytesIO(pdf_of(CASES[case](), paper)))


@pytest.mark.usefixtures("pango")
@pytest.mark.parametrize(
    ("case", "paper"), [("everything", "A4"), ("crowded", "Letter")]
)
def test_it_has_two_sheets_of_the_paper_and_nothing_is_cut_off(
    case: str, paper: str
) -> None:
    made = read(case, paper)
    assert len(made.pages) == 2
    height_mm = float(made.pages[0].mediabox.height) / 72 * 25.4
    assert height_mm == pytest.approx(HEIGHTS_MM[paper], abs=1)
    first, second = (" ".join(p.extract_text().split()) for p in made.pages)
    assert "Malisoux 2024" in first
    assert "For the physio or coach" in second
    assert "treadwear reprocess" in second


@pytest.mark.usefixtures("pango")
def test_it_has_a_title_a_language_and_text_that_can_be_searched() -> None:
    made = read("everything", "A4")
    assert made.metadata is not None
    assert made.metadata.title == "Run report · Ana · 21 Nov 2026 · treadwear"
    assert made.trailer["/Root"]["/Lang"] == "en"
    text = made.pages[0].extract_text()
    for words in ("That is new for you", "Roll the outer calf", "Right rolls in more"):
        assert words in " ".join(text.split())


@pytest.mark.usefixtures("pango")
def test_it_is_written_at_once_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = write_pdf(first_run(), tmp_path / "deep" / "run.pdf")
    assert path.read_bytes().startswith(b"%PDF-")
    assert [p.name for p in path.parent.iterdir()] == ["run.pdf"]


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError, match="cannot be made here") as caught:
        pdf_of(first_run())
    assert how_to_install("pdf") in caught.value.next_step


def test_without_pango_it_names_pango(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without pango the package is found but fails to load, as this one does."""
    broken = tmp_path / "weasyprint"
    broken.mkdir()
    fault = 'raise OSError("cannot load library libpango-1.0-0")\n'
    (broken / "__init__.py").write_text(fault, encoding="utf-8")
    for name in [n for n in sys.modules if n.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError) as caught:
        pdf_of(first_run())
    assert "pango" in caught.value.why
    assert "apt install" in caught.value.next_step


def test_an_unknown_paper_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="A7"):
        pdf_of(first_run(), "A7")
