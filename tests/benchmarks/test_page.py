import datetime as dt
import math
import xml.etree.ElementTree as ET

import pytest

from benchmarks import plots
from benchmarks.datasets.rbds import summarise
from benchmarks.measuring import Measured
from benchmarks.page import About, draw, write_page
from benchmarks.report import NOT_MEASURED, line, missed, number, text_table
from benchmarks.targets import RBDS, SHEETS, SPEED, Row, Sheet, Target
from tests.benchmarks.simple_runs import scored

ABOUT = About(dt.date(2026, 11, 21), "gait 9.9", "Python on a machine")
SHEET = Sheet(
    "rbds",
    "Title",
    "About.",
    (
        Row("a_ms", "first figure", "ms", Target(most=2.5), "2.2"),
        Row("b_pct", "second figure", "%", Target(least=99)),
        Row("c_ms", "third figure", "ms"),
    ),
)


@pytest.mark.parametrize(
    ("target", "good", "bad"),
    [
        (Target(most=2.5), 2.5, 2.51),
        (Target(least=99.9), 99.9, 99.8),
        (Target(most=3, is_size=True), -3.0, -3.1),
        (Target(200, 280), 234.0, 300.0),
    ],
)
def test_a_target_knows_what_reaches_it(
    target: Target, good: float, bad: float
) -> None:
    assert target.is_met(good)
    assert not target.is_met(bad)
    assert not target.is_met(math.nan)


def test_a_figure_that_is_not_measured_is_neither_reached_nor_hidden() -> None:
    shown = line(SHEET.rows[0], {})
    assert (shown.reached, shown.verdict) == (NOT_MEASURED, "")
    assert [row.key for row in missed(SHEET, {"b_pct": 99.5})] == ["a_ms"]


def test_a_figure_just_beyond_its_target_is_shown_with_the_digits_that_say_so() -> None:
    shown = line(SHEET.rows[0], {"a_ms": 2.5004})
    assert shown.verdict == "missed"
    assert shown.reached == "2.5004 ms"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0"), (2.1992, "2.20"), (23.84, "23.8"), (99.97, "99.97"), (371.4, "371")],
)
def test_figures_have_about_three_digits(value: float, words: str) -> None:
    assert number(value) == words


def test_the_terminal_shows_every_figure_of_a_sheet() -> None:
    text = text_table(SHEET, {"a_ms": 2.2, "b_pct": 98.0, "c_ms": 7.0})
    assert len(text.splitlines()) == 4
    assert "missed" in text.splitlines()[2]


def test_keys_of_all_tables_are_unique_and_say_their_unit() -> None:
    for sheet in (*SHEETS, SPEED):
        keys = [row.key for row in sheet.rows]
        assert len(keys) == len(set(keys)), sheet.name


def test_the_keys_of_the_shoes_table_are_figures_that_are_computed() -> None:
    computed = {*summarise([scored()]), "swapped_as_labelled_steps"}
    assert {row.key for row in RBDS.rows} <= computed


def test_the_page_names_date_method_misses_and_limits() -> None:
    measured = Measured(
        figures={"rbds": {"found_pct": 94.3, "contact_bias_ms": 0.4}},
        trials=[scored()],
        missing=["sacral_grf"],
    )
    page = write_page(measured, ABOUT)
    assert "2026-11-21" in page
    assert "gait 9.9" in page
    misses = page.split("## Targets missed")[1].split("\n## ")[0]
    assert "steps found" in misses
    assert "sacral_grf" in misses
    assert "contact time, mean bias" not in misses
    assert "virtual" in page.split("## What these figures do not say")[1]
    for name in draw(measured):
        assert f"images/{name}" in page


def test_nothing_is_drawn_of_what_was_not_measured() -> None:
    assert draw(Measured()) == {}


def test_a_plot_is_valid_xml_and_tells_left_from_right_by_shape_and_word() -> None:
    kinds = [
        plots.Dots("left", ((1.0, 1.5), (4.0, 3.0))),
        plots.Dots("right", ((2.0, 2.0),)),
    ]
    svg = plots.scatter(plots.Frame("Angle", "true", "measured", 2.0), kinds)
    root = ET.fromstring(svg)  # noqa: S314 - written two lines above
    space = "{http://www.w3.org/2000/svg}"
    blue = [c for c in root.iter(f"{space}circle") if c.get("fill") == "#0072B2"]
    orange = [r for r in root.iter(f"{space}rect") if r.get("fill") == "#D55E00"]
    assert (len(blue), len(orange)) == (2 + 1, 1 + 1), "each with one in the legend"
    words = {text.text for text in root.iter(f"{space}text")}
    assert {"left", "right"} <= words
