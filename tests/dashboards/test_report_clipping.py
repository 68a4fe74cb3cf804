"""Shocks at the sensor's limit are said to be so, and nowhere shown as a difference."""

import re
from dataclasses import replace

import pytest

from dashboards.report.cards import finding_cards
from dashboards.report.clipping import AT_LIMIT, limit_words
from dashboards.report.data import ReportData
from dashboards.report.facts import report_facts
from dashboards.report.forest import LIMITED_PANEL, compared
from dashboards.report.grade import grade
from dashboards.report.sheet import HEADINGS, NONE, sheet_rows
from dashboards.report.single import single_rows
from dashboards.report.soap import soap
from tests.dashboards.report_cases import told
from tests.dashboards.runs import (
    Shelf,
    balance,
    finding,
    judged_run,
    page_of,
    steps,
    words_of,
)

WORDS = f"{AT_LIMIT} in 60 % of left steps"


def shelf(clipped: int = 240) -> Shelf:
    """A judged run in which so many of 400 left steps reached the sensor's range."""
    left = [
        replace(s, is_clipped=i < clipped) for i, s in enumerate(steps("left", 0.247))
    ]
    kept = [r for r in judged_run().kept if not (is_step(r) or is_shock_split(r))]
    parts = [balance("impact_g", window="last_third"), balance(window="last_third")]
    return Shelf(*kept, *left, *steps("right", 0.239), *parts)


def is_step(row: object) -> bool:
    return type(row) is type(steps("left", 0.2)[0])


def is_shock_split(row: object) -> bool:
    return getattr(row, "window", "run") not in ("run", "30s")


@pytest.fixture
def data() -> ReportData:
    return told(shelf())


def test_only_shocks_and_only_of_many_clipped_steps_are_not_compared(
    data: ReportData,
) -> None:
    assert limit_words("impact_g", data) == limit_words("braking_g", data) == WORDS
    assert limit_words("contact_time_s", data) == ""
    assert limit_words("impact_g", told(shelf(40))) == ""


def test_the_table_names_the_limit_without_size_interval_or_dot(
    data: ReportData,
) -> None:
    panel = compared(data)[1]
    assert [row.limit for row in panel.rows] == [WORDS, WORDS]
    for row in panel.rows:
        assert row.plot == row.size == row.interval == row.usual == row.reading == ""
        assert row.left.startswith("\N{GREATER-THAN OR EQUAL TO} ")
        assert "±" in row.right
    assert (panel.axis, panel.words) == ("", LIMITED_PANEL)
    calm = compared(told(shelf(40)))[1]
    assert all(row.plot and not row.limit for row in calm.rows)


def test_the_sheet_of_the_screen_has_no_figure_of_such_a_comparison(
    data: ReportData,
) -> None:
    row = next(r for r in sheet_rows(data) if r[0].startswith("Impact"))
    assert len(row) == len(HEADINGS)
    assert set(row[5:]) == {NONE}
    assert row[4].startswith("at the sensor")


def test_a_finding_on_such_a_shock_has_no_size_and_no_dots(data: ReportData) -> None:
    shock = next(c for c in finding_cards(data) if "shock" in c.title)
    assert shock.title == "Landing shock: not compared"
    assert (shock.size, shock.dots, shock.sure, shock.spark) == ("", "", "", "")
    text = words_of(page_of(*shelf().kept))
    assert "Landing shock: not compared" in text
    assert "lands harder" not in text
    assert not re.search(r"Impact . \d", text)
    assert f"Impact: {WORDS}." in soap(data, None).measured


def test_the_json_holds_no_difference_of_such_shocks(data: ReportData) -> None:
    facts = report_facts(data)
    assert set(facts["balance"]["impact_g"]) == {"left", "right", "not_compared"}
    assert "asi_pct" in facts["balance"]["contact_time_s"]
    assert "impact_g" not in facts["baseline"]
    assert facts["at_sensor_limit_pct"] == {"left": 60.0}
    assert [p["metric"] for p in facts["parts"]] == ["contact_time_s"]
    shock = next(f for f in facts["findings"] if f["metric"] == "impact_g")
    assert shock["not_compared"] == WORDS
    assert "size" not in shock


def test_the_letter_of_data_quality_names_it(data: ReportData) -> None:
    found = grade(data)
    assert found.letter == "B"
    assert found.reasons == (f"left shoe: shock {AT_LIMIT} in 60 % of steps",)
    assert grade(told(shelf(40))).letter == "A"


def test_it_does_not_count_among_what_was_compared() -> None:
    assert "9 compared" in words_of(page_of(*shelf(40).kept))
    assert "7 compared" in words_of(page_of(*shelf().kept))


def test_a_median_of_one_foot_at_the_limit_is_a_bound(data: ReportData) -> None:
    row = next(r for r in single_rows(data, "left") if r[0].startswith("Impact"))
    assert row[1].startswith("\N{GREATER-THAN OR EQUAL TO} ")


def test_findings_on_other_figures_stay_as_they_are(data: ReportData) -> None:
    kept = replace(data, findings=(finding(),))
    assert finding_cards(kept)[0].dots == "●●○"
