"""The report as a PDF of two sheets, made by weasyprint without any network."""

import logging
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from contract.errors import StoreError, UsageError
from contract.extras import how_to_install
from dashboards.report.build import build_report, replace_file
from dashboards.report.data import ReportData

PAPERS = ("A4", "Letter")


def pdf_of(data: ReportData, paper: str = PAPERS[0]) -> bytes:
    """Give the report as a PDF: two sheets, with searchable text.

    Raises
    ------
    UsageError
        When weasyprint or the libraries that it needs are not installed, or nobody
        knows the paper.
    """
    if paper not in PAPERS:
        what = f"there is no paper {paper!r} here"
        raise UsageError(what, "", f"Choose one of {', '.join(PAPERS)}.")
    page = build_report(data, paper=paper)
    # It warns of every rule that is for screens only; a reader can do nothing about it.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    return _printed(page)


def write_pdf(data: ReportData, path: Path, paper: str = PAPERS[0]) -> Path:
    """Write the PDF; a reader never sees half a file."""
    return replace_file(path, pdf_of(data, paper))


def _printed(page: str) -> bytes:
    """Give a page that holds all it needs as a PDF; `StoreError` if it asks for more.

    The page is ours, but words in it are not: nothing in them may read a file of this
    computer or call another one.
    """
    library = _weasyprint()
    asked: list[str] = []

    class Nothing(library.urls.URLFetcher):  # type: ignore[misc,name-defined]
        """Fetches nothing, and remembers what it was asked for."""

        def fetch(self, url: str, headers: object = None) -> NoReturn:
            del headers
            asked.append(url)
            raise ValueError(url)

    made: bytes = library.HTML(string=page, url_fetcher=Nothing()).write_pdf()
    if asked:  # only now: weasyprint leaves out what it cannot get, and goes on
        raise StoreError(f"a report asked for {asked[0]}", "it may fetch nothing")
    return made


def _weasyprint() -> ModuleType:
    """Load the library, which is an extra and needs pango from the system."""
    try:
        import weasyprint  # noqa: PLC0415 - an extra; loading it takes long
    except ImportError as fault:
        raise UsageError(
            "a PDF cannot be made here",
            "the package weasyprint is not installed",
            f"Open the HTML report and print it, or install: {how_to_install('pdf')}",
        ) from fault
    except OSError as fault:
        raise UsageError(
            "a PDF cannot be made here",
            f"weasyprint needs the system's pango library ({fault})",
            "Install pango (Debian: apt install libpango-1.0-0 libpangoft2-1.0-0), or"
            " open the HTML report and print it.",
        ) from fault
    module: ModuleType = weasyprint
    return module
