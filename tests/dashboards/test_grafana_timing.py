"""The benchmark of the boards: it asks what the boards ask, and forgets no board."""

from collections.abc import Callable

import pytest

from benchmarks.server.asking import View, questions
from benchmarks.server.boards import measure
from dashboards.grafana.generate import BOARDS

pytestmark = pytest.mark.services


def test_every_board_is_timed_with_all_that_it_asks(
    require: Callable[..., str],
) -> None:
    require("influxd")
    figures = measure(runners=2, runs=2)
    chosen = {
        "runner": "a",
        "runners": ".*",
        "session": "b",
        "shoe": ".*",
        "runs": ".*",
    }
    for board in BOARDS:
        asked = list(questions(board, View(0, 1000, chosen)))
        targets = sum(len(panel.targets) for panel in board.panels)
        assert len(asked) == targets + len(board.variables) + len(board.annotations)
        assert figures[f"{board.uid}_queries"] == len(asked)
        assert figures[f"{board.uid}_together_s"] > 0.0
    assert figures["lines"] > 2 * 2 * 1000


def test_a_macro_that_nobody_filled_in_is_not_sent() -> None:
    view = View(0, 1000, {"runner": "a/b(c)"})
    assert view.expand('"runner" =~ /^${runner:regex}$/') == (
        '"runner" =~ /^a\\/b\\(c\\)$/'
    )
    with pytest.raises(KeyError):
        view.expand('"session" =~ /^${session:regex}$/')
    with pytest.raises(ValueError, match="macro"):
        view.expand("SELECT x FROM y WHERE $timeFilter AND $__unknown")


@pytest.mark.parametrize(
    ("span_s", "least", "width"), [(900, "5s", "5s"), (21_600, "1m", "60s")]
)
def test_a_point_is_no_narrower_than_its_panel_wants(
    span_s: int, least: str, width: str
) -> None:
    assert View(0, 1000 * span_s).interval(least) == width


def test_months_of_points_are_made_wider() -> None:
    assert View(0, 90 * 86_400_000).interval() == "10800s"
