"""The PDF has two sheets, its text can be searched, and it needs no network."""

import io
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

from contract.errors import StoreError, UsageError
from dashboards.report import pdf
from dashboards.report.pdf import pdf_of, write_pdf
from tests.dashboards.report_cases import CASES, everything, first_run

HEIGHTS_MM = {"A4": 297, "Letter": 279}


@pytest.mark.parametrize(
    ("case", "paper"),
    [
        ("everything", "A4"),
        ("everything", "Letter"),
        ("crowded", "Letter"),
        ("below the gate", "A4"),
        ("hip only", "A4"),
    ],
)
def test_it_has_two_sheets_of_the_paper_and_nothing_is_cut_off(
    case: str, paper: str
) -> None:
    read = PdfReader(io.BytesIO(pdf_of(CASES[case](), paper)))
    assert len(read.pages) == 2
    height_mm = float(read.pages[0].mediabox.height) / 72 * 25.4
    assert height_mm == pytest.approx(HEIGHTS_MM[paper], abs=1)
    first, second = (" ".join(p.extract_text().split()) for p in read.pages)
    assert "Malisoux 2024" in first
    assert "For the physio or coach" in second
    assert "treadwear reprocess" in second


def test_it_has_a_title_a_language_and_text_that_can_be_searched() -> None:
    read = PdfReader(io.BytesIO(pdf_of(everything())))
    assert read.metadata is not None
    assert read.metadata.title == "Run report · Ana · 21 Nov 2026 · treadwear"
    assert read.trailer["/Root"]["/Lang"] == "en"
    text = read.pages[0].extract_text()
    for words in ("That is new for you", "Roll the outer calf", "Right rolls in more"):
        assert words in " ".join(text.split())


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
    assert "treadwear[pdf]" in caught.value.next_step


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


def test_what_a_page_asks_for_is_refused() -> None:
    with pytest.raises(StoreError, match="may fetch nothing"):
        pdf._refuse("https://example.org/pixel.png")
