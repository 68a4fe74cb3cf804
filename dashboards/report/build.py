"""The report as one HTML file: no script, nothing fetched, opens from disk."""

import os
import tempfile
from datetime import tzinfo
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contract.errors import StoreError
from dashboards.report.background import NO_ADVICE, Advice
from dashboards.report.data import ReportData, RowSource, collect
from dashboards.report.view import view

HERE = Path(__file__).parent


STYLE = HERE / "report.css"
SHEETS = {"A4": ("297mm", "4.4mm"), "Letter": ("279mm", "2.6mm")}
"""Height of a sheet (Letter: 279.4 mm) and the gap between the parts of a page."""


def build_report(data: ReportData, *, paper: str = "", style_href: str = "") -> str:
    """Build the report of one session as a complete HTML document.

    Parameters
    ----------
    data : ReportData
    paper : str
        "A4" or "Letter" fixes the sheet, for a PDF; without it the reader's printer
        says what it has.
    style_href : str
        Where `style_text` is served, for a page whose policy allows no inline style;
        without it the file holds its style and needs nothing else.
    """
    pages = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    looks = {"style": style_text(paper), "style_href": style_href}
    return pages.get_template("report.html").render({**view(data), **looks})


def style_text(paper: str = "") -> str:
    """Style sheet of the report; for a sheet of that size, if one is named."""
    whole = STYLE.read_text(encoding="utf-8")
    if not paper:
        return whole
    height, gap = SHEETS[paper]
    return (
        f"{whole}@page {{ size: {paper}; }}\n"
        f"@media print {{ .page {{ height: {height}; --gap: {gap}; }} }}\n"
    )


def write_report(
    store: RowSource,
    session: str,
    path: Path,
    zone: tzinfo | None = None,
    advice: Advice = NO_ADVICE,
) -> Path:
    """Write the report of a session; a reader never sees half a file."""
    page = build_report(collect(store, session, zone, advice))
    return replace_file(path, page.encode("utf-8"))


def replace_file(path: Path, content: bytes) -> Path:
    """Put a file in place at once; what cannot be written is a `StoreError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)
    except OSError as fault:
        raise StoreError(
            f"the report could not be written to {path}",
            fault.strerror or str(fault),
            "Choose another place with enough room, or free some.",
        ) from fault
    return path


def _replace(path: Path, content: bytes) -> None:
    # By the name of its half, should this be killed, forget knows whose run it is of.
    begin = f".{path.stem}."
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=begin, suffix=".part")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
