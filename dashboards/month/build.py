"""A month as one HTML file: no script, nothing fetched, prints on A4."""

from pathlib import Path

from dashboards.compare.paper import render, write_page
from dashboards.month.shown import Shown
from dashboards.month.view import view


def build_month(shown: Shown) -> str:
    """Build the page of a month as a complete HTML document."""
    return render("month/page.html", view(shown))


def write_month(shown: Shown, path: Path) -> Path:
    """Write the page of a month."""
    return write_page(path, build_month(shown))
