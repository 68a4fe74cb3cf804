from benchmarks.report import line, missed
from benchmarks.simulator_tables import (
    plain_sheet,
    scenario_columns,
    scenario_lines,
)

FIGURES = {
    "steps found, mean %": 99.0,
    "contact time, interval holds the truth, %": 80.0,
    "false findings, even runners, %": 2.0,
    "slips: steps found, %": 95.0,
    "slips: said, %": 100.0,
    "hip alone: steps found, %": 98.0,
}


def test_names_of_figures_part_into_words_and_unit() -> None:
    rows = {row.key: row for row in plain_sheet(FIGURES, 10).rows}
    held = rows["contact time, interval holds the truth, %"]
    assert (held.words, held.unit) == ("contact time, interval holds the truth", "%")
    assert line(held, FIGURES).verdict == "missed"


def test_too_few_intervals_that_hold_the_truth_are_a_miss() -> None:
    sheet = plain_sheet(FIGURES, 10)
    assert [row.words for row in missed(sheet, FIGURES)] == [
        "contact time, interval holds the truth"
    ]


def test_scenarios_stand_in_lines_of_their_own() -> None:
    lines = scenario_lines(FIGURES)
    assert list(lines) == ["slips", "hip alone"]
    assert list(scenario_columns(lines)) == ["steps found, %"]
    assert len(plain_sheet(FIGURES, 10).rows) == 3
