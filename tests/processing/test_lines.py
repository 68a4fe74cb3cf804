import dataclasses
import math
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.server.influxd import Influxd
from contract.rows import EventRow, ExerciseRow, SessionRow, WearRow
from contract.schema import ALL_MEASUREMENTS, UNNAMED, Column, Measurement
from contract.service_rows import LiveRow
from processing.store.influx import InfluxServer
from processing.store.lines import AnyRow, tag_value, text_value, to_line, to_lines
from tests.influxd import T0_NS, points_at, points_of, server_at, settings_for, step

EVENT = EventRow(runner="ana", session="s1", side="both", time_ns=5, kind="k", text="t")
numbers = count()

values: dict[str, st.SearchStrategy[Any]] = {
    "float": st.floats() | st.integers(-5, 5).map(float),
    "int": st.integers(-(2**63), 2**63 - 1),
    "bool": st.booleans(),
    "text": st.text() | st.sampled_from(['"', "\\", "a\\", 'say "no"', "x\ny", ",= "]),
}


def value(column: Column) -> st.SearchStrategy[Any]:
    kind = values[column.kind]
    return st.none() | kind if column.is_optional else kind


def rows(kind: Measurement) -> st.SearchStrategy[Any]:
    columns = {column.name: value(column) for column in kind.columns}
    return st.fixed_dictionaries(columns).map(lambda known: kind.row(**known))


any_row = st.sampled_from(list(ALL_MEASUREMENTS.values())).flatmap(rows)


@pytest.fixture(scope="module")
def influxd(
    require: Any,  # noqa: ANN401 - the fixture of all tests
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Influxd, InfluxServer]]:
    require("influxd")
    with server_at(tmp_path_factory.mktemp("influxd")) as (influxd, shim):
        server = InfluxServer(settings_for(shim.url))
        yield influxd, server
        server.close()


@pytest.mark.services
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.lists(any_row, min_size=1, max_size=12))
def test_influxdb_gives_back_what_it_was_given(
    influxd: tuple[Influxd, InfluxServer], found: list[AnyRow]
) -> None:
    there, server = influxd
    apart = [dataclasses.replace(row, time_ns=T0_NS + next(numbers)) for row in found]
    lines = to_lines(apart)
    wanted = points_of(apart)
    assert len(lines) == len(wanted)
    if lines:
        server.write(lines)
    names = {point[0] for point in wanted}
    held = points_at(there.url, names, since_ns=apart[0].time_ns)
    assert {point: held.get(point) for point in wanted} == wanted


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("", UNNAMED),
        ("Blue 2, old = gone", "Blue 2, old = gone"),
        ("two\nlines\tor more", "two lines or more"),
        ("ends with \\", "ends with "),
        ("\\", UNNAMED),
        ("in\\side", "in\\side"),
        ("Größe 43 🏃", "Größe 43 🏃"),
        ("half \ud83d", "half �"),
    ],
)
def test_a_shoe_goes_by_its_name_as_far_as_influxdb_can_say_it(
    given_name: str, name: str
) -> None:
    assert tag_value(given_name) == name


def test_a_text_keeps_its_quotes_and_loses_its_line_breaks() -> None:
    said = 'he said "faster",\r\nand fell \\ \x00'
    assert text_value(said) == 'he said "faster", and fell \\  '
    line = to_line(dataclasses.replace(EVENT, text=said))
    assert line is not None
    assert line.endswith('text="he said \\"faster\\", and fell \\\\  " 5')


def test_a_step_is_one_line_with_its_tags_first_and_its_time_last() -> None:
    line = to_line(step(0, flight_time_s=None, strike_type=None, is_clipped=True))
    assert line == (
        "step,runner=ana,session=s1,side=left"
        f" contact_time_s=0.25,quality=1.0,is_clipped=true {T0_NS}"
    )


def test_what_is_not_a_number_is_left_out_and_the_rest_of_the_row_stays() -> None:
    row = step(0, flight_time_s=math.nan, swing_time_s=math.inf, quality=-math.inf)
    assert points_of([row]) == points_of([dataclasses.replace(row, quality=math.nan)])
    line = to_line(row)
    assert line is not None
    assert "contact_time_s=0.25" in line
    assert not {"nan", "inf"} & set(line.replace("=", " ").split(" "))
    assert "flight_time_s" not in line


def test_a_row_in_which_nothing_is_known_has_no_line() -> None:
    row = step(
        0,
        contact_time_s=math.nan,
        flight_time_s=None,
        strike_type=None,
        quality=math.nan,
    )
    assert to_line(dataclasses.replace(row, is_clipped=None)) is None
    assert to_lines([dataclasses.replace(row, is_clipped=None), EVENT]) == [
        to_line(EVENT)
    ]


def test_counts_are_integers_and_figures_are_floats_whatever_they_were_given_as() -> (
    None
):
    wear = WearRow(
        runner="ana",
        session="s1",
        side="left",
        time_ns=1,
        shoe="blue",
        steps=3,
        dose_bws=2,
        dose_per_step_bws=0.5,
    )
    line = to_line(wear)
    assert line is not None
    assert "steps=3i" in line
    assert "dose_bws=2," in line  # without an i: a float to InfluxDB
    assert ",shoe=blue," in line


def test_the_name_of_a_runner_never_leaves_the_machine() -> None:
    full_name = "Ana Anonymous"
    row = SessionRow(
        runner="ana",
        session="s1",
        side="both",
        time_ns=1,
        name=full_name,
        shoe="",
        state="ended",
        duration_s=1.0,
        steps=1,
        rejected=0,
        verdict="even",
        source="shoes",
        baseline_runs=0,
        simulated=False,
        method="1",
    )
    line = to_line(row)
    assert line is not None
    assert full_name not in line.replace("\\ ", " ")
    assert "name=" not in line
    assert f"shoe={UNNAMED}" in line


def test_a_number_among_the_keys_is_a_tag() -> None:
    row = ExerciseRow(
        runner="ana",
        session="s1",
        side="left",
        time_ns=1,
        place=2,
        phase="activate",
        exercise="calf raise",
        dose="3 x 12",
        when="before the run",
        why="finding",
        retest="2026-12-01",
    )
    line = to_line(row)
    assert line is not None
    assert line.startswith("exercise,place=2,runner=ana,session=s1,side=left ")
    assert "place=2i" not in line


def test_what_was_shown_live_has_a_line_too() -> None:
    names = {c.name for c in ALL_MEASUREMENTS["live"].fields}
    row = LiveRow(
        runner="ana",
        session="s1",
        side="both",
        time_ns=1,
        state="live",
        note="",
        elapsed_s=1.0,
        age_s=0.5,
        light=0,
        light_code="",
        waiting_frames=0,
        simulated=True,
    )
    (fields,) = points_of([row]).values()
    assert set(fields) < names
    line = to_line(row)
    assert line is not None
    assert 'light_code=""' in line
