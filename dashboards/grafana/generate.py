"""All files that Grafana reads, made from the code; written, or checked against it."""

from pathlib import Path

import yaml

from dashboards.grafana import (
    coach_board,
    pipeline_board,
    provisioning,
    run_board,
    squad_board,
    wear_board,
)

HERE = Path(__file__).parent
BOARDS = (
    coach_board.BOARD,
    wear_board.BOARD,
    run_board.BOARD,
    squad_board.BOARD,
    pipeline_board.BOARD,
)
_HEAD = "# Written by `python -m dashboards.grafana`; do not edit by hand.\n"


class _Plain(yaml.SafeDumper):
    """YAML without anchors: people read these files."""

    def ignore_aliases(self, data: object) -> bool:
        """Never an alias."""
        del data
        return True


def generated() -> dict[Path, str]:
    """Text of every file by its path from this folder."""
    found = {Path("boards", board.file_name): board.text() for board in BOARDS}
    for name, content in provisioning.files().items():
        said = yaml.dump(
            content, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=88
        )
        found[Path("provisioning", name)] = _HEAD + said
    return found


def write(folder: Path = HERE) -> list[Path]:
    """Write every file that is missing or another; gives their paths."""
    changed = differing(folder)
    texts = generated()
    for path in changed:
        if path not in texts:
            (folder / path).unlink()
            continue
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(texts[path], encoding="utf-8")
    return changed


def differing(folder: Path = HERE) -> list[Path]:
    """Paths whose file is missing, another than generated, or not generated at all."""
    texts = generated()
    kept = {
        path.relative_to(folder)
        for part in ("boards", "provisioning")
        for path in (folder / part).rglob("*.*")
        if path.suffix in {".json", ".yaml"}
    }
    return sorted(
        path
        for path in kept | set(texts)
        if path not in texts or path not in kept or _read(folder / path) != texts[path]
    )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
