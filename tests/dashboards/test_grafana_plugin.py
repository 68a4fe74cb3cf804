"""Answers of a real influxd as Grafana's plugin and panels would take them."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
import yaml

from benchmarks.server.asking import Series
from dashboards.grafana import coach_board, run_board, wear_board
from dashboards.grafana.board import Board
from dashboards.grafana.generate import BOARDS, HERE
from dashboards.grafana.panels import Panel
from tests.dashboards.grafana_json import Json, panels
from tests.dashboards.grafana_month import Club, club
from tests.dashboards.grafana_plugin import (
    Frame,
    annotation_events,
    frames,
    row_names,
)

PANELS = [
    pytest.param(board, panel, id=f"{board.uid}: {panel.title}")
    for board in BOARDS
    for panel in board.panels
]
each_panel = pytest.mark.parametrize(("board", "panel"), PANELS)


@pytest.fixture(scope="module")
def them(
    tmp_path_factory: pytest.TempPathFactory, require: Callable[..., str]
) -> Iterator[Club]:
    with club(tmp_path_factory.mktemp("influxd"), require) as started:
        yield started


def _frames(them: Club, board: Board, panel: Panel) -> list[Frame]:
    return [
        frame
        for k, target in enumerate(panel.targets)
        for frame in frames(
            target.json("ABCDEF"[k]), them.answer(board, target, panel.interval)
        )
    ]


def _config(panel: Panel) -> Json:
    place = {"h": 1, "w": 1, "x": 0, "y": 0}
    found: Json = panel.json(1, place)
    return found


def _properties(panel: Panel, name: str) -> Json:
    """Properties that overrides by name give a column, later ones winning."""
    return {
        prop["id"]: prop["value"]
        for override in _config(panel)["fieldConfig"]["overrides"]
        if override["matcher"] == {"id": "byName", "options": name}
        for prop in override["properties"]
    }


@pytest.mark.services
@each_panel
def test_series_of_a_panel_have_names_of_their_own_without_patterns_left_in(
    them: Club, board: Board, panel: Panel
) -> None:
    found = _frames(them, board, panel)
    assert found
    names = [f.name for f in found if "Value" in f.fields]
    assert not [name for name in names if "$" in name]
    assert len(set(names)) == len(names)


@pytest.mark.services
@each_panel
def test_a_column_has_one_kind_of_value_in_all_its_rows(
    them: Club, board: Board, panel: Panel
) -> None:
    for frame in _frames(them, board, panel):
        for name, values in frame.fields.items():
            kinds = {"number" if type(v) in {int, float} else type(v) for v in values}
            assert len(kinds - {type(None)}) <= 1, name


@pytest.mark.services
@each_panel
def test_text_is_never_shown_as_a_number_even_if_a_shoe_is_called_1080(
    them: Club, board: Board, panel: Panel
) -> None:
    unit = _config(panel)["fieldConfig"]["defaults"]["unit"]
    for frame in _frames(them, board, panel):
        for name in frame.texts():
            assert _properties(panel, name).get("unit", unit) == "string", name


@pytest.mark.services
@each_panel
def test_a_cell_without_a_value_does_not_say_that_the_whole_panel_is_empty(
    them: Club, board: Board, panel: Panel
) -> None:
    """Mappings of one column take the place of the panel's, its words for null too."""
    if panel.kind != "table":
        return
    for frame in _frames(them, board, panel):
        for name in (n for n, values in frame.fields.items() if None in values):
            defaults = _config(panel)["fieldConfig"]["defaults"]["mappings"]
            mappings = _properties(panel, name).get("mappings", defaults)
            matches = [m["options"].get("match") for m in mappings]
            assert "null+nan" in matches, name


@pytest.mark.services
def test_a_mark_tells_what_happened_and_in_which_run_and_none_is_dropped(
    them: Club,
) -> None:
    (annotation,) = run_board.BOARD.annotations
    target = annotation.json()["target"]
    answer = them.ask(them.view(run_board.BOARD).expand(annotation.query))
    marks = annotation_events(target, answer)
    run = them.run()
    counted = them.ask(
        f'SELECT count("text") FROM "event" WHERE "session" = \'{run.session}\''  # noqa: S608
    )
    assert len(marks) == counted[0].column("count")[0] > 1
    for mark in marks:
        assert re.search(r"[a-z]{3,} [a-z]", mark["title"])
        assert mark["text"] == run.session
        assert mark["tags"] == []
        assert mark["time"] >= run.start_ns // 1_000_000


def test_a_mark_without_a_title_would_be_called_by_its_milliseconds() -> None:
    (annotation,) = run_board.BOARD.annotations
    target = annotation.json()["target"] | {"titleColumn": ""}
    answer = [Series("event", {}, ("time", "What", "Run"), [[5000, "a mark", "s1"]])]
    assert annotation_events(target, answer)[0]["title"] == "a mark"
    renamed = target | {"textColumn": "What"}
    only = [Series("event", {}, ("time", "What"), [[5000, "a mark"]])]
    assert annotation_events(renamed, only)[0]["title"] == 5000


@pytest.mark.services
def test_tiles_and_bars_of_all_rows_are_called_by_the_runner_or_the_shoe_alone(
    them: Club,
) -> None:
    count = 0
    for board in BOARDS:
        for panel in board.panels:
            options = dict(panel.options)
            reduced = options.get("reduceOptions", {})
            if not isinstance(reduced, dict) or not reduced.get("values"):
                continue
            left_out = {
                name
                for change in panel.transformations
                for name in change["options"]["excludeByName"]
            }
            (frame,) = _frames(them, board, panel)
            (tag,) = panel.targets[0].tags
            shown = str(reduced["fields"]).strip("/^$")
            assert row_names(frame, shown, left_out) == frame.fields[tag]
            assert _properties(panel, tag)["mappings"] == [], "3 is no light here"
            count += 1
    assert count == 7


@pytest.mark.services
def test_every_zone_of_the_soles_finds_its_number_by_its_own_name(them: Club) -> None:
    (panel,) = [p for p in wear_board.BOARD.panels if p.kind == "canvas"]
    found = {name for f in _frames(them, wear_board.BOARD, panel) for name in f.fields}
    elements = _config(panel)["options"]["root"]["elements"]
    zones = [e for e in elements if e["config"].get("text", {}).get("mode") == "field"]
    assert len(zones) == 12
    for zone in zones:
        field = zone["config"]["text"]["field"]
        assert field == zone["background"]["color"]["field"] == zone["name"]
        assert field in found
        assert zone["config"]["text"]["fixed"], "said where no run has a load"
        assert zone["type"] == "rectangle", "a metric value says: Field not found"


def test_the_soles_keep_their_colours_when_grafana_brings_them_up_to_date() -> None:
    """It moves colours of ellipses of 11.0 out of their config (migrations.ts)."""
    (panel,) = [p for p in wear_board.BOARD.panels if p.kind == "canvas"]
    config = _config(panel)
    ellipses = [
        e for e in config["options"]["root"]["elements"] if e["type"] == "ellipse"
    ]
    assert len(ellipses) == 4
    for ellipse in ellipses:
        assert "backgroundColor" not in ellipse["config"]
        assert re.fullmatch(r"#[0-9A-F]{6}", ellipse["background"]["color"]["fixed"])
    assert not config["pluginVersion"].startswith("11.0")


def test_the_light_over_time_is_not_taken_for_its_thresholds() -> None:
    """With both, words and colours of the lights would be lost (timeline utils)."""
    found = [p for _, p in panels() if p["type"] == "state-timeline"]
    assert found
    for panel in found:
        assert panel["options"]["mergeValues"] is True
        assert panel["fieldConfig"]["defaults"]["color"]["mode"] != "thresholds"
        assert panel["fieldConfig"]["defaults"]["mappings"]


def test_an_hour_and_a_half_is_not_rounded_to_hours() -> None:
    for board in BOARDS:
        for panel in board.panels:
            for shown in panel.shown:
                if shown.name in {"duration_s", "elapsed_s"}:
                    assert shown.grafana_unit == "dthms", (board.uid, panel.title)


SIGNED = {
    ("live", "asi_pct"),
    ("live", "shift_pct"),
    ("balance", "asi_pct"),
    ("baseline", "shift"),
    ("finding", "size"),
}
"""Figures above zero where the right foot is larger."""


def test_a_signed_figure_says_in_sight_which_side_is_which() -> None:
    """In a table in the head of its column, in a chart beside its axis."""
    for board in BOARDS:
        for panel in board.panels:
            signed = [s for s in panel.shown if (s.measurement, s.name) in SIGNED]
            for shown in signed:
                if panel.kind == "table":
                    assert shown.title.endswith("+ right"), (panel.title, shown.title)
                elif panel.kind == "timeseries":
                    said = json.dumps(_config(panel)["fieldConfig"]["defaults"])
                    assert "right longer" in said, panel.title
                else:
                    assert re.match(r"(Left|Right) foot longer", panel.title)


def test_a_finding_comes_with_its_interval() -> None:
    (panel,) = [p for p in run_board.BOARD.panels if p.title == "What stands out"]
    assert {"size", "low", "high"} <= {s.name for s in panel.shown}


def test_weeks_begin_on_monday() -> None:
    weekly = [
        target.query
        for panel in wear_board.BOARD.panels
        for target in panel.targets
        if "time(1w" in target.query
    ]
    assert len(weekly) == 5
    assert all("GROUP BY time(1w, 4d)" in query for query in weekly)


@pytest.mark.services
def test_a_week_of_load_stands_at_its_monday(them: Club) -> None:
    (panel,) = [
        p
        for p in wear_board.BOARD.panels
        if p.title == "Load per shoe, left and right, week by week"
    ]
    for frame in _frames(them, wear_board.BOARD, panel):
        days = [time_ms // 86_400_000 for time_ms in frame.fields["Time"]]
        assert days
        assert {(day + 3) % 7 for day in days} == {0}, "day 0 was a Thursday"


def test_alerts_do_not_stand_in_the_folder_of_the_boards() -> None:
    """Grafana makes the rules' folder first, with another uid (issue 87889)."""
    read = {
        name: yaml.safe_load((HERE / "provisioning" / name).read_text("utf-8"))
        for name in ("alerting/treadwear.yaml", "dashboards/treadwear.yaml")
    }
    (provider,) = read["dashboards/treadwear.yaml"]["providers"]
    of_rules = {g["folder"] for g in read["alerting/treadwear.yaml"]["groups"]}
    assert provider["folder"] not in of_rules
    assert len(of_rules) == 1


def test_names_beside_bars_keep_their_size_on_a_phone() -> None:
    bars = [p for _, p in panels() if p["type"] == "bargauge"]
    assert bars
    assert all(p["options"]["text"]["titleSize"] <= 16 for p in bars)


def test_the_first_thing_on_a_board_answers_its_question_in_a_word() -> None:
    for board, column in ((coach_board.BOARD, "light"), (wear_board.BOARD, "verdict")):
        first = board.panels[0]
        assert (first.kind, first.width) == ("stat", 24)
        assert [shown.name for shown in first.shown] == [column]
