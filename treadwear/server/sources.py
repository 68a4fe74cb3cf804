"""Where that comes from which `treadwear init` copies: in a wheel and in the source."""

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from contract.errors import TreadwearError

COMPOSE_NAME = "docker-compose.yml"
_ROOT = Path(__file__).resolve().parents[2]
_GRAFANA_FOLDERS = ("provisioning", "boards")


def compose_file() -> str:
    """Text of the compose file: beside this module in a wheel, else in the source."""
    packaged = resources.files("treadwear.server") / COMPOSE_NAME
    found: Traversable = packaged if packaged.is_file() else _ROOT / COMPOSE_NAME
    if not found.is_file():
        raise _incomplete(COMPOSE_NAME)
    return found.read_text(encoding="utf-8")


def source_tree() -> Path | None:
    """The source that an image can be built from; None where there is only a wheel."""
    is_there = (_ROOT / "Dockerfile").is_file() and (_ROOT / COMPOSE_NAME).is_file()
    return _ROOT if is_there else None


def template(name: str) -> str:
    """Text of a template of this package."""
    path = resources.files("treadwear.server") / "templates" / name
    return path.read_text(encoding="utf-8")


def grafana_files() -> Iterator[tuple[str, str]]:
    """Path below ``grafana/`` and text of each board and provisioning file."""
    root = resources.files("dashboards.grafana")
    for folder in _GRAFANA_FOLDERS:
        if not (root / folder).is_dir():
            raise _incomplete(f"dashboards/grafana/{folder}")
        yield from _files(root / folder, folder)


def _files(folder: Traversable, name: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda x: x.name):
        path = f"{name}/{entry.name}"
        if entry.is_dir():
            yield from _files(entry, path)
        elif entry.name.endswith((".json", ".yaml")):
            yield path, entry.read_text(encoding="utf-8")


def _incomplete(name: str) -> TreadwearError:
    what = f"{name} is missing in this installation of treadwear"
    return TreadwearError(what, "", "Install it again, or use its source.")
