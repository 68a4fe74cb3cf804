"""Boards read by Grafana's own types: nothing of ours is lost or misplaced."""

import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins

from tests.dashboards.grafana_json import Json, boards

with warnings.catch_warnings():
    # It says to prefer the types of schema v2, which Grafana 11 cannot read.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.models.dashboard import Dashboard

register_default_plugins()

UNTYPED = (
    "/id",
    "/allValue",
    "/options/root/placement",
    "/options/root/constraint",
    "/options/root/border",
    "/options/root/background",
    "/options/zoomToContent",
)
"""What version 0.0.21 of the types does not know: nulls, the canvas' own frame, and an
option of newer ones (public/app/plugins/panel/canvas/panelcfg.cue)."""


def _lost(before: Any, after: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401
    """Places where a value did not come through; what was added is a default."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from _lost(value, after[key], f"{path}/{key}")
            else:
                yield f"{path}/{key}"
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            yield path
        for one, other in zip(before, after, strict=False):
            yield from _lost(one, other, path)
    elif before != after:
        yield path


def _through(board: Json) -> Json:
    typed = Dashboard.from_json(board)
    found: Json = json.loads(JSONEncoder().encode(typed))
    return found


@pytest.mark.parametrize("board", boards().values(), ids=list(boards()))
def test_a_board_comes_through_grafanas_types_whole(board: Json) -> None:
    lost = set(_lost(board, _through(board)))
    assert [path for path in lost if not path.endswith(UNTYPED)] == []


def test_a_misspelt_option_does_not_come_through() -> None:
    board = boards()["treadwear-coach"]
    stat = next(p for p in board["panels"] if p["type"] == "stat")
    stat["options"]["colourMode"] = stat["options"].pop("colorMode")
    assert set(_lost(board, _through(board))) >= {"/panels/options/colourMode"}
