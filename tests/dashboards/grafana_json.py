"""The committed boards, and what of them can be looked at without a server."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dashboards.grafana.generate import HERE

Json = dict[str, Any]
PATHS = sorted((HERE / "boards").glob("*.json"))
TEXTS = {"title", "description", "text", "noValue", "axisLabel", "fixed", "label"}
"""Keys whose values people read."""


def boards() -> dict[str, Json]:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in PATHS}


def panels() -> Iterator[tuple[str, Json]]:
    """Every panel with a name for messages."""
    for uid, board in boards().items():
        for panel in board["panels"]:
            yield f"{uid}: {panel['title']}", panel


def walk(value: object) -> Iterator[tuple[str, Any]]:
    """Every key with its value, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def names_seen(panel: Json) -> list[str]:
    """Patterns of the names of a panel's columns or series, after its transformations.

    Read off the queries, not off the generator: aliases, tags, and the time.
    """
    found: list[str] = []
    for target in panel["targets"]:
        columns = re.findall(r' AS "([^"]+)"', _outer(target["query"]))
        group = target["query"].rpartition(" GROUP BY ")[2]
        tags = re.findall(r'"(\w+)"', group) if "GROUP BY" in target["query"] else []
        if target["resultFormat"] == "table":
            found += ["Time", *tags, *columns]
        else:
            found += [_series(target["alias"], column) for column in columns]
    left_out = {
        name
        for change in panel.get("transformations", [])
        for name in change["options"]["excludeByName"]
    }
    return [name for name in found if name not in left_out]


def _outer(query: str) -> str:
    """The columns of the outermost SELECT."""
    return query.partition(" FROM ")[0]


def _series(alias: str, column: str) -> str:
    return alias.replace("$col", column)


def is_seen(name: str, seen: list[str]) -> bool:
    """Whether a name can come, ``$tag_...`` in a series' name standing for anything."""
    return any(
        re.fullmatch(re.sub(r"\\\$tag_\w+", ".+", re.escape(one)), name) for one in seen
    )


def files_of_text() -> list[Path]:
    """Everything of ours that people read."""
    return [*PATHS, *(HERE / "provisioning").rglob("*.yaml"), HERE / "README.md"]


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2)."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
