"""The schema table says what the row classes say, and says it of every column."""

from dataclasses import fields
from typing import get_args

import pytest

from contract import rows, service_rows
from contract.schema import (
    ALL_MEASUREMENTS,
    BY_ROW,
    KEY_COLUMNS,
    MEASUREMENTS,
    SERVICE_MEASUREMENTS,
    TAGS,
    Measurement,
)

EACH = pytest.mark.parametrize(
    "measurement", ALL_MEASUREMENTS.values(), ids=lambda m: m.name
)
WITHOUT_WORDS = {"runner", *KEY_COLUMNS}


def test_every_row_class_has_exactly_one_measurement() -> None:
    service = {service_rows.LiveRow, service_rows.PipelineRow}
    assert {m.row for m in MEASUREMENTS.values()} == set(get_args(rows.Row))
    assert {m.row for m in SERVICE_MEASUREMENTS.values()} == service
    assert len(BY_ROW) == len(ALL_MEASUREMENTS)
    assert all(name == m.name for name, m in ALL_MEASUREMENTS.items())
    assert all(m.row is row for row, m in BY_ROW.items())


@EACH
def test_columns_are_the_fields_of_the_row_in_order(measurement: Measurement) -> None:
    names = [column.name for column in measurement.columns]
    assert names == [field.name for field in fields(measurement.row)]
    assert names[:4] == ["runner", "session", "side", "time_ns"]


@EACH
def test_every_column_but_the_tags_says_what_it_is(measurement: Measurement) -> None:
    silent = [
        c.name
        for c in measurement.columns
        if not c.text and c.name not in WITHOUT_WORDS
    ]
    assert silent == []


@EACH
def test_every_number_but_the_time_has_a_unit(measurement: Measurement) -> None:
    without = [
        column.name
        for column in measurement.columns
        if column.kind in ("float", "int") and not column.unit
    ]
    assert without == ["time_ns"]


@EACH
def test_keys_are_columns_that_are_always_known(measurement: Measurement) -> None:
    columns = {column.name: column for column in measurement.columns}
    assert set(KEY_COLUMNS) <= set(measurement.keys) <= set(columns)
    assert len(set(measurement.keys)) == len(measurement.keys)
    assert not any(columns[key].is_optional for key in measurement.keys)


@EACH
def test_optional_columns_are_those_that_default_to_unknown(
    measurement: Measurement,
) -> None:
    optional = {column.name for column in measurement.columns if column.is_optional}
    assert optional == {f.name for f in fields(measurement.row) if f.default is None}


@EACH
def test_kinds_are_those_of_the_annotations(measurement: Measurement) -> None:
    words = {"float": "float", "int": "int", "str": "text", "bool": "bool"}
    hints = measurement.row.__annotations__
    for column in measurement.columns:
        hint = getattr(hints[column.name], "__name__", str(hints[column.name]))
        assert column.kind == words[hint.removesuffix(" | None")], column.name


def test_a_balance_row_is_one_per_window_and_metric() -> None:
    assert MEASUREMENTS["balance"].keys == (*KEY_COLUMNS, "window", "metric")


@EACH
def test_time_and_tags_tell_points_apart_as_the_keys_tell_rows(
    measurement: Measurement,
) -> None:
    """Two rows of the store must never become one point of InfluxDB."""
    assert set(measurement.keys) <= {*measurement.tags, "time_ns"}
    assert measurement.tags[:3] == TAGS


@EACH
def test_every_column_is_a_tag_or_a_field_or_private_and_only_one(
    measurement: Measurement,
) -> None:
    fields_ = {c.name for c in measurement.fields}
    private = {c.name for c in measurement.columns if c.is_private}
    tags = {*measurement.tags, "time_ns"}
    assert not fields_ & tags
    assert not fields_ & private
    assert not private & tags
    assert fields_ | private | tags == {c.name for c in measurement.columns}


@EACH
def test_no_point_is_without_a_field_whatever_is_unknown(
    measurement: Measurement,
) -> None:
    assert any(not column.is_optional for column in measurement.fields)


@EACH
def test_tags_are_always_known(measurement: Measurement) -> None:
    columns = {column.name: column for column in measurement.columns}
    assert not any(columns[tag].is_optional for tag in measurement.tags)


def test_the_name_of_a_person_is_sent_to_no_server() -> None:
    private = [c.name for m in ALL_MEASUREMENTS.values() for c in m.columns]
    assert "name" in private
    for measurement in ALL_MEASUREMENTS.values():
        assert "name" not in {c.name for c in measurement.fields}
        assert "name" not in measurement.tags


UNIT_OF_SUFFIX = {
    "_s": "s",
    "_ms": "ms",
    "_mb": "MB",
    "_pct": "%",
    "_hz": "Hz",
    "_bws": "BW s",
    "_bw": "BW",
    "_spm": "steps/min",
    "_deg": "deg",
    "_dps": "deg/s",
    "_g": "g",
    "_m": "m",
    "_mps": "m/s",
}


@EACH
def test_units_fit_the_names(measurement: Measurement) -> None:
    for column in measurement.columns:
        for suffix, unit in UNIT_OF_SUFFIX.items():
            if column.name.endswith(suffix):
                # A percentage may say of what: "% of contact".
                assert column.unit.partition(" of ")[0] == unit, column.name


def test_figures_of_a_comparison_share_one_unit_that_the_row_names() -> None:
    columns = {column.name: column for column in MEASUREMENTS["balance"].columns}
    for name in ("ci_low", "ci_high", "random_half", "systematic_half"):
        assert columns[name].unit == "as ci_unit"
    assert columns["ci_unit"].kind == "text"
    assert columns["asi_pct"].is_optional, "angles have no percentage"
