"""The report as one HTML file: no script, nothing fetched, opens from disk."""

import os
import tempfile
from datetime import tzinfo
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contract.errors import StoreError
from dashboards.report.data import NO_ADVICE, Advice, ReportData, RowSource, collect
from dashboards.report.view import view

HERE = Path(__file__).parent


def build_report(data: ReportData) -> str:
    """Build the report of one session as a complete HTML document."""
    pages = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("report.html").render(view(data))


def write_report(
    store: RowSource,
    session: str,
    path: Path,
    zone: tzinfo | None = None,
    advice: Advice = NO_ADVICE,
) -> Path:
    """Write the report of a session; a reader never sees half a file."""
    page = build_report(collect(store, session, zone, advice))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, page)
    except OSError as fault:
        raise StoreError(
            f"the report could not be written to {path}",
            str(fault),
            "Choose another place with enough room, or free some.",
        ) from fault
    return path


def _replace(path: Path, page: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".report-")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
