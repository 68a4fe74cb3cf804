"""Pages as one HTML file each: made from a template, written whole or not at all."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contract.errors import StoreError

HERE = Path(__file__).parent
PAGES = HERE.parent


def render(template: str, view: Mapping[str, object]) -> str:
    """Fill a template, named from `dashboards/`; every value is escaped."""
    pages = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template(template).render(view)


def write_page(path: Path, page: str) -> Path:
    """Write a page; a reader never sees half a file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, page)
    except OSError as fault:
        raise StoreError(
            f"the page could not be written to {path}",
            fault.strerror or str(fault),
            "Choose another place with enough room, or free some.",
        ) from fault
    return path


def _replace(path: Path, page: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".page-")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
