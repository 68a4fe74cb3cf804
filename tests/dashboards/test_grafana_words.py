"""Words of boards and alerts, as a coach or a physio reads them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from contract.schema import ALL_MEASUREMENTS
from dashboards.grafana import coach_board, squad_board, wear_board
from dashboards.grafana.columns import Shown
from dashboards.grafana.generate import HERE
from dashboards.grafana.words import PLAIN
from tests.dashboards.grafana_json import TEXTS, boards, files_of_text, walk

OF_DEVELOPERS = (
    r"column of",
    r"\bthe same\b(?! (shoe|difference|twelve|to the network))",
    r"unix",
    r"this was written",
    r"as (it|the processing) last told",
    r"asymmetry index",
    r"\bdose\b",
    r"medial|lateral",
    r"initial contact",
    r"as (metric|unit|ci_unit)\b",
    r"dead letters",
    r"\bstep row\b",
    r"\bframes?\b",
    r"R - L",
)
"""What the schema or a log may say, and no board."""


def _read() -> Iterator[tuple[str, str]]:
    """Every text of a board that people read, with the board's name."""
    for uid, board in boards().items():
        for key, value in walk(board):
            if key in TEXTS and isinstance(value, str):
                yield uid, value


@pytest.mark.parametrize("pattern", OF_DEVELOPERS)
def test_a_board_speaks_in_words_of_those_who_look_at_it(pattern: str) -> None:
    assert [
        text for _, text in _read() if re.search(pattern, text, re.IGNORECASE)
    ] == []


@pytest.mark.parametrize("path", files_of_text(), ids=lambda path: path.name)
def test_no_runner_is_taken_for_a_woman_or_a_man(path: Path) -> None:
    said = path.read_text(encoding="utf-8")
    assert re.findall(r"\b(?:she|hers?|he|him|his)\b", said, re.IGNORECASE) == []


def test_no_board_says_that_somebody_agreed_to_be_watched() -> None:
    said = " ".join(text for _, text in _read()).lower()
    assert "agreed" not in said
    assert "not shown live by their own wish" in said
    assert coach_board.BOARD.panels[0].empty == "nobody is running now"


def test_plain_words_are_about_columns_that_there_are() -> None:
    for measurement, words in PLAIN.items():
        columns = {c.name for c in ALL_MEASUREMENTS[measurement].columns}
        assert set(words) <= columns, measurement


def test_a_column_of_plain_words_has_them_and_another_the_schemas() -> None:
    assert Shown("session", "begin_ms", "Began").words == "- Began: when the run began"
    schemas = "- Do: the one thing to do"
    assert Shown("finding", "action", "Do").words == schemas


def test_the_light_says_why_it_may_have_nothing_to_say() -> None:
    panels = coach_board.BOARD.panels
    (over_time,) = [panel for panel in panels if panel.kind == "state-timeline"]
    for panel in (panels[0], over_time):
        assert "five earlier runs in the same shoe at a similar pace" in panel.question
        assert "no usual yet" in str(panel.defaults["mappings"])
        assert "no usual yet" in panel.question


def test_both_kinds_of_per_cent_of_the_wear_board_are_explained() -> None:
    said = [p for p in wear_board.BOARD.panels if "against right" in p.title]
    assert len(said) == 2
    for panel in said:
        assert "over the mean of both" in panel.question
        assert "over the sum of both" in panel.question


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Load, left shoe against right", "the right shoe carries more"),
        ("Left shoe: inner against", "inner edge, or its heel, carries more"),
        ("Right shoe: inner against", "inner edge, or its heel, carries more"),
        ("Ground contact, left", "Above zero the right foot stays down longer"),
        ("Kilometres per shoe", "at 600 km: the distance at which"),
    ],
)
def test_a_panel_of_the_shoes_says_what_its_sign_or_its_colour_means(
    title: str, words: str
) -> None:
    (panel,) = [p for p in wear_board.BOARD.panels if p.title.startswith(title)]
    assert words in panel.question


def test_the_shoe_bar_turns_where_the_reminder_of_the_shoes_comes() -> None:
    (panel,) = [p for p in wear_board.BOARD.panels if p.title.startswith("Kilometres")]
    assert "a reminder and not a limit" in panel.question
    steps = panel.json(1, {})["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [step["value"] for step in steps] == [None, 600.0]


def test_runs_in_unlike_shoes_are_not_joined_by_a_line() -> None:
    """One panel per shoe, so that line, interval and band are of one pair."""
    (panel,) = [p for p in wear_board.BOARD.panels if "run by run" in p.title]
    told = panel.json(1, {})
    assert told["repeat"] == "shoe"
    assert "$shoe" in told["title"]
    assert all('"shoe" =~' in t["query"] for t in told["targets"])


def test_runners_of_the_squad_are_those_with_runs_also_after_a_restore() -> None:
    (runners,) = squad_board.BOARD.variables
    assert 'FROM "session"' in runners.query


def test_alerts_say_how_long_a_silence_is_shown() -> None:
    path = HERE / "provisioning" / "alerting" / "treadwear.yaml"
    rules = [
        rule
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]
    silent = [r for r in rules if "is silent" in r["title"]]
    assert len(silent) == 3
    for rule in silent:
        assert "about 17 minutes" in rule["annotations"]["description"]
        assert rule["data"][0]["relativeTimeRange"]["from"] == 15 * 60
