"""The comparison as one HTML file: no script, nothing fetched, prints on A4."""

from pathlib import Path

from dashboards.compare.paper import render, write_page
from dashboards.compare.shown import Shown
from dashboards.compare.view import view


def build_comparison(shown: Shown) -> str:
    """Build the page of a comparison as a complete HTML document."""
    return render("compare/page.html", view(shown))


def write_comparison(shown: Shown, path: Path) -> Path:
    """Write the page of a comparison."""
    return write_page(path, build_comparison(shown))
