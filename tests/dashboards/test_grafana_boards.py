"""The committed boards: complete, alike, readable, and only of what really comes."""

import colorsys
import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from contract.schema import ALL_MEASUREMENTS
from dashboards.grafana.columns import Shown, column, grafana_unit
from dashboards.grafana.generate import BOARDS, HERE, differing, generated, write
from dashboards.grafana.looks import LEFT, RIGHT, SHADES
from dashboards.grafana.queries import DATASOURCE
from dashboards.grafana.sole import ZONES, zone_column
from tests.dashboards.grafana_json import (
    TEXTS,
    Json,
    boards,
    contrast,
    files_of_text,
    is_seen,
    names_seen,
    panels,
    walk,
)

CORE = {
    "bargauge",
    "canvas",
    "gauge",
    "heatmap",
    "histogram",
    "stat",
    "state-timeline",
    "table",
    "text",
    "timeseries",
}
NEVER_SAID = (
    "injury risk",
    "diagnos",
    "treat ",
    "treatment",
    "prevent injury",
    "abnormal",
    "score",
)
PANELS = list(panels())
each_panel = pytest.mark.parametrize(
    "panel", [p for _, p in PANELS], ids=[name for name, _ in PANELS]
)
each_board = pytest.mark.parametrize("board", boards().values(), ids=list(boards()))


def test_what_is_committed_is_what_the_code_writes() -> None:
    assert differing() == []
    assert {HERE / path for path in generated()} <= set(HERE.rglob("*.*"))


def test_a_board_that_was_edited_by_hand_is_noticed_and_put_right(
    tmp_path: Path,
) -> None:
    write(tmp_path)
    edited, extra = (
        Path("boards", "treadwear-run.json"),
        Path("boards", "of-my-own.json"),
    )
    for path in (edited, extra):
        (tmp_path / path).write_text("{}", encoding="utf-8")
    assert differing(tmp_path) == sorted([edited, extra])
    assert write(tmp_path) == sorted([edited, extra])
    assert differing(tmp_path) == []
    assert not (tmp_path / extra).exists()


@each_panel
def test_a_panel_says_what_it_shows(panel: Json) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    assert panel["type"] in CORE
    assert len(panel["title"]) > 3
    assert "?" in panel["description"] or "." in panel["description"]
    assert defaults["unit"]
    assert defaults["thresholds"]["steps"][0]["value"] is None
    assert isinstance(defaults["decimals"], int)
    assert re.search(r"[a-z]{2,} [a-z]{2,}", defaults["noValue"])


@each_panel
def test_a_panel_explains_every_column_it_shows(panel: Json) -> None:
    for name in names_seen(panel):
        plain = re.sub(r"[, ]*\$tag_\w+", "", name)
        is_key = name in {"Time", "runner", "shoe", "session", "Running for"}
        is_side = plain in {"Left", "Right", ""}
        assert is_key or is_side or f"- {plain}: " in panel["description"], name


@each_panel
def test_a_panel_refers_only_to_names_that_come(panel: Json) -> None:
    seen = names_seen(panel)
    for override in panel["fieldConfig"]["overrides"]:
        wanted = override["matcher"]["options"]
        if override["matcher"]["id"] == "byName":
            assert is_seen(wanted, seen), wanted
        else:
            assert any(re.match(wanted.strip("/"), name) for name in seen), wanted
        for prop in override["properties"]:
            if prop["id"] == "custom.fillBelowTo":
                assert is_seen(prop["value"], seen)
    fields = panel["options"].get("reduceOptions", {}).get("fields", "")
    assert not fields or is_seen(fields.strip("/^$"), seen)
    for key, value in walk(panel["options"]):
        if key == "field" and value:
            assert is_seen(value, seen), value


@each_panel
def test_what_a_panel_leaves_out_did_come(panel: Json) -> None:
    came = names_seen(panel | {"transformations": []})
    for change in panel.get("transformations", []):
        assert change["id"] == "organize"
        assert set(change["options"]["excludeByName"]) <= set(came)


@each_panel
def test_a_query_asks_only_for_what_the_schema_has(panel: Json) -> None:
    for target in panel["targets"]:
        query = re.sub(r"/\^.*?\$?/", "", target["query"])
        named = set(re.findall(r'"([^"]+)"', query))
        aliases = set(re.findall(r' AS "([^"]+)"', query))
        sources = set(re.findall(r'FROM "(\w+)"', query))
        assert sources <= set(ALL_MEASUREMENTS)
        known = {c.name for m in sources for c in ALL_MEASUREMENTS[m].columns}
        private = {
            c.name for m in sources for c in ALL_MEASUREMENTS[m].columns if c.is_private
        }
        assert named - aliases - sources <= known - private


@each_panel
def test_a_query_is_plain_influxql_of_one_statement(panel: Json) -> None:
    for target in panel["targets"]:
        query = target["query"]
        assert target["rawQuery"] is True
        assert target["datasource"] == panel["datasource"] == DATASOURCE
        assert query.startswith("SELECT ")
        assert ";" not in query
        assert not re.search(r"SLIMIT|SOFFSET| INTO |integral\(|\|>", query)
        if target["resultFormat"] == "table":
            group = query.rpartition(" GROUP BY ")[2] if " GROUP BY " in query else ""
            assert group.count('"') <= 2, "two tags come in random order"
            assert "alias" not in target


def test_every_query_has_a_time_range_or_is_about_a_whole_life_or_one_run() -> None:
    for name, panel in PANELS:
        for target in panel["targets"]:
            query = target["query"]
            is_bounded = "$timeFilter" in query or "now() - " in query
            is_one_run = "${session:regex}" in query or " LIMIT " in query
            is_whole_life = "all time" in panel["description"].lower() or (
                "whole life" in panel["description"]
            )
            assert is_bounded or is_one_run or is_whole_life, name


@each_board
def test_panels_do_not_overlap_and_stand_in_the_order_of_reading(board: Json) -> None:
    places = [panel["gridPos"] for panel in board["panels"]]
    for one, other in combinations(places, 2):
        apart_x = (
            one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        )
        apart_y = (
            one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        )
        assert apart_x or apart_y
    assert all(p["x"] >= 0 and p["x"] + p["w"] <= 24 for p in places)
    assert places == sorted(places, key=lambda p: (p["y"], p["x"]))
    assert len({(p["y"], p["h"]) for p in places}) == len({p["y"] for p in places})


@each_board
def test_a_board_is_complete_and_nobody_edits_it_by_hand(board: Json) -> None:
    ids = [panel["id"] for panel in board["panels"]]
    assert ids == list(range(1, len(ids) + 1))
    assert board["schemaVersion"] <= 42
    assert board["editable"] is False
    assert board["id"] is None
    assert board["description"]
    assert board["tags"] == ["treadwear"]
    assert [link["type"] for link in board["links"]] == ["dashboards"]
    for variable in board["templating"]["list"]:
        assert variable["description"]
        assert variable["datasource"] == DATASOURCE
        is_chosen = variable["includeAll"] and not variable["hide"]
        assert variable["allValue"] == (".*" if is_chosen else None)
    assert len({panel["title"] for panel in board["panels"]}) == len(ids)


def test_boards_have_their_own_names() -> None:
    for key in ("uid", "title", "question"):
        assert len({getattr(board, key) for board in BOARDS}) == len(BOARDS)
    assert all(re.fullmatch(r"[a-z-]{1,40}", board.uid) for board in BOARDS)


def test_only_boards_of_now_are_asked_again_by_themselves() -> None:
    refreshed = {uid: board["refresh"] for uid, board in boards().items()}
    assert refreshed.pop("treadwear-coach") == "5s"
    assert refreshed.pop("treadwear-pipeline") == "30s"
    assert set(refreshed.values()) == {""}


def test_links_lead_to_boards_of_ours_and_set_variables_that_these_have() -> None:
    known = {
        uid: {v["name"] for v in board["templating"]["list"]}
        for uid, board in boards().items()
    }
    urls = [v for _, p in PANELS for k, v in walk(p) if k == "url"]
    assert urls
    for url in urls:
        found = re.match(r"/d/([a-z-]+)\?", url)
        assert found, url
        assert set(re.findall(r"var-(\w+)=", url)) <= known[found[1]]


def test_a_link_takes_from_its_row_only_columns_that_are_seen_in_a_table() -> None:
    """Grafana knows no hidden ones (issue 110805), and none but tables (84146)."""
    count = 0
    for name, panel in PANELS:
        for key, url in walk(panel):
            if key == "url" and "__data.fields" in url:
                wanted = re.findall(r"__data\.fields\.(\w+)", url)
                assert panel["type"] == "table", name
                assert set(wanted) <= set(names_seen(panel)), name
                assert {"Began", "Ended"} <= set(wanted)
                count += 1
    assert count == 3


def test_left_and_right_have_their_colour_their_word_and_their_place() -> None:
    for name, panel in PANELS:
        for override in panel["fieldConfig"]["overrides"]:
            said = json.dumps(override)
            side = {LEFT: "Left", RIGHT: "Right"}
            for colour, word in side.items():
                other = side[RIGHT if colour == LEFT else LEFT]
                where = f"{override['matcher']['options']} {panel['title']}"
                if colour in said:
                    assert word in where, name
                    assert other not in override["matcher"]["options"], name
        title, place = panel["title"], panel["gridPos"]
        if panel["gridPos"]["w"] == 12 and title.startswith(("Left foot", "Left shoe")):
            assert place["x"] == 0, name
        if panel["gridPos"]["w"] == 12 and title.startswith(("Right foot", "Right sh")):
            assert place["x"] == 12, name


def test_left_and_right_in_one_chart_differ_by_more_than_colour() -> None:
    for name, panel in PANELS:
        seen = names_seen(panel)
        if panel["type"] == "timeseries" and {"Left", "Right"} <= set(seen):
            ids = [
                prop["id"]
                for override in panel["fieldConfig"]["overrides"]
                if override["matcher"]["options"] == "/^Right/"
                for prop in override["properties"]
            ]
            assert "custom.lineStyle" in ids, name


def _is_green(colour: str) -> bool:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    hue, _, saturation = colorsys.rgb_to_hls(*parts)
    return 0.22 < hue < 0.45 and saturation > 0.25


def test_no_colour_says_anything_alone() -> None:
    """No greens or reds by name, no green at all; words stand with each colour."""
    for name, panel in PANELS:
        for _, value in walk(panel):
            if isinstance(value, str) and re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
                assert not _is_green(value), name
        said = json.dumps(panel).lower()
        assert not re.search(r'"(dark-|light-|semi-dark-)?(red|green)"', said), name
        for key, mapping in walk(panel):
            if key == "result" or key.isdigit():
                assert "color" not in mapping or len(mapping["text"]) > 0, name


@pytest.mark.parametrize("shade", SHADES)
def test_the_number_in_a_zone_can_be_read_on_every_shade(shade: str) -> None:
    assert contrast("#111111", shade) >= 4.5


def test_the_two_soles_are_mirror_images_and_left_stands_left() -> None:
    board = boards()["treadwear-wear"]
    (canvas,) = [p for p in board["panels"] if p["type"] == "canvas"]
    elements = {e["name"]: e for e in canvas["options"]["root"]["elements"]}
    for edge, part in ZONES:
        left = elements[f"Left {edge} {part}"]["placement"]
        right = elements[f"Right {edge} {part}"]["placement"]
        assert left["right"] == pytest.approx(right["left"])
        assert left["left"] == pytest.approx(right["right"])
        assert left["left"] < 50.0 < 100.0 - right["right"]
    inner, outer = (elements[f"Left {e} heel"]["placement"] for e in ("inner", "outer"))
    assert outer["left"] < inner["left"]
    tops = [elements[f"Left inner {p}"]["placement"]["top"] for p in _DOWNWARDS]
    assert tops == sorted(tops)


_DOWNWARDS = ("front", "middle", "heel")


def test_no_two_zones_of_the_soles_overlap() -> None:
    for (_, one), (_, other) in combinations(ZONES.items(), 2):
        apart_x = one.right <= other.left or other.right <= one.left
        apart_y = one.bottom <= other.top or other.bottom <= one.top
        assert apart_x or apart_y


def test_each_zone_of_the_picture_is_a_column_of_the_wear_row() -> None:
    columns = {c.name for c in ALL_MEASUREMENTS["wear"].columns}
    named = {zone_column(edge, part) for edge, part in ZONES}
    assert len(named) == 6
    assert named <= columns


def test_load_is_always_said_to_be_estimated() -> None:
    for name, panel in PANELS:
        if "load" in panel["title"].lower():
            assert (
                "Estimated from motion, not measured pressure" in panel["description"]
            ), name


@pytest.mark.parametrize("path", files_of_text(), ids=lambda p: p.name)
def test_words_that_the_product_never_says_are_not_said(path: Path) -> None:
    said = path.read_text(encoding="utf-8").lower()
    assert [word for word in NEVER_SAID if word in said] == []


def test_texts_are_words_and_not_names_of_columns() -> None:
    for name, panel in PANELS:
        for key, value in walk(panel):
            is_read = key in TEXTS and isinstance(value, str)
            assert not (is_read and re.search(r"\w_\w", value)), f"{name}: {value}"


def test_a_column_that_is_not_in_the_schema_stops_the_generator() -> None:
    with pytest.raises(KeyError):
        _ = Shown("step", "contact_tme_s", "Contact").expression
    with pytest.raises(KeyError):
        column("stepp", "contact_time_s")


@pytest.mark.parametrize(
    ("unit", "id_"),
    [("s", "s"), ("%", "percent"), ("frames", "suffix:frames"), ("as metric", "none")],
)
def test_units_are_those_of_the_schema(unit: str, id_: str) -> None:
    assert grafana_unit(unit) == id_


def test_a_unit_of_the_schema_reaches_the_panel() -> None:
    shown: Any = Shown("live", "age_s", "Age")
    assert (shown.grafana_unit, shown.kind) == ("s", "float")
    assert shown.words == "- Age: how old the newest data were then"


def test_a_choice_of_many_is_not_carried_into_a_board_of_one() -> None:
    """Links take variables along by name: "all" would be no runner there."""
    kinds: dict[str, set[bool]] = {}
    for board in boards().values():
        for variable in board["templating"]["list"]:
            kinds.setdefault(variable["name"], set()).add(variable["multi"])
    assert {"runner", "runners", "session", "shoe"} == set(kinds)
    assert all(len(is_many) == 1 for is_many in kinds.values())
