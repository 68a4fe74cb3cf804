"""A FIT file is read back by another library: every field, its unit, the checksum."""

import struct
import sys
import warnings
from pathlib import Path
from typing import Any

import fitdecode
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import StoreError, TreadwearError
from contract.extras import how_to_install
from contract.model import FloatArray
from contract.units import NS_PER_S
from dashboards.export.fit import write_fit
from dashboards.export.fit_fields import (
    NATIVE,
    OWN,
    Activity,
    Native,
    Own,
    as_integers,
)

BEGIN_S = 1_763_000_000
PRODUCT_NAMES = {
    "TW GCT Asymmetry": "%",
    "TW Pronation Left": "deg",
    "TW Pronation Right": "deg",
    "TW Pronation Velocity L": "deg/s",
    "TW Pronation Velocity R": "deg/s",
    "TW Footstrike L": "deg",
    "TW Footstrike R": "deg",
    "TW Impact L": "g",
    "TW Impact R": "g",
    "TW Braking L": "g",
    "TW Braking R": "g",
    "TW Flight Ratio": "%",
    "TW Quality": "%",
}
"""Design, product.md section 4: programs list fields by name, so these stay."""


def invented(n: int = 120) -> dict[str, FloatArray]:
    """Figures of a run, all different, each unknown somewhere."""
    rng = np.random.default_rng(3)
    figures = {own.figure: rng.normal(size=n) * (1 + own.number) for own in OWN}
    usual = {
        "cadence_spm": 171.0,
        "stride_length_m": 2.3,
        "contact_time_s": 0.241,
        "duty_factor": 0.343,
        "left_share_pct": 50.7,
        "speed_mps": 3.27,
        "distance_m": 400.0,
        "vertical_oscillation_m": 0.0834,
        "heart_rate_bpm": 151.0,
        "altitude_m": 35.4,
        "latitude_deg": -33.85,
        "longitude_deg": 151.21,
    }
    for name, value in usual.items():
        figures[name] = value * (1 + 0.01 * rng.random(n))
    figures["heart_rate_bpm"] = figures["heart_rate_bpm"].round()
    for k, values in enumerate(figures.values()):
        values[1 + k] = np.nan
    figures["distance_m"] = np.arange(n) * 3.3
    return figures


def activity(figures: dict[str, FloatArray]) -> Activity:
    n = len(next(iter(figures.values())))
    return Activity("s1", (BEGIN_S + np.arange(n)) * NS_PER_S, figures)


def messages(path: Path) -> list[Any]:
    """All data messages; a wrong checksum or definition raises."""
    with fitdecode.FitReader(
        str(path),
        check_crc=fitdecode.CrcCheck.RAISE,
        error_handling=fitdecode.ErrorHandling.RAISE,
    ) as frames:
        return [f for f in frames if f.frame_type == fitdecode.FIT_FRAME_DATA]


def named(found: list[Any], name: str) -> list[Any]:
    return [message for message in found if message.name == name]


def field(message: Any, name: str) -> Any:  # noqa: ANN401 - fitdecode has no types
    return message.get_field(name)


@pytest.fixture(scope="module")
def figures() -> dict[str, FloatArray]:
    return invented()


@pytest.fixture(scope="module")
def found(
    tmp_path_factory: pytest.TempPathFactory, figures: dict[str, FloatArray]
) -> list[Any]:
    path = tmp_path_factory.mktemp("fit") / "run.fit"
    assert write_fit(path, activity(figures)) == 120
    return messages(path)


def test_there_is_one_record_for_every_second(found: list[Any]) -> None:
    stamps = [r.get_value("timestamp").timestamp() for r in named(found, "record")]
    assert stamps == [BEGIN_S + k for k in range(120)]


@pytest.mark.parametrize(
    "wanted",
    [
        ("stance_time", "contact_time_s", 1000, "ms", 0.1),
        ("stance_time_percent", "duty_factor", 100, "percent", 0.01),
        ("stance_time_balance", "left_share_pct", 1, "percent", 0.01),
        ("vertical_oscillation", "vertical_oscillation_m", 1000, "mm", 0.1),
        ("step_length", "stride_length_m", 500, "mm", 0.1),
        ("speed", "speed_mps", 1, "m/s", 0.001),
        ("distance", "distance_m", 1, "m", 0.01),
        ("altitude", "altitude_m", 1, "m", 0.2),
        ("heart_rate", "heart_rate_bpm", 1, "bpm", 1),
        ("position_lat", "latitude_deg", 2**31 / 180, "semicircles", 1),
        ("position_long", "longitude_deg", 2**31 / 180, "semicircles", 1),
    ],
    ids=lambda wanted: wanted[0],
)
def test_native_fields_come_back_with_their_units(
    found: list[Any],
    figures: dict[str, FloatArray],
    wanted: tuple[str, str, float, str, float],
) -> None:
    name, figure, factor, unit, step = wanted
    for record, value in zip(named(found, "record"), figures[figure], strict=True):
        told = field(record, name)
        assert told.units == unit
        if np.isnan(value):
            assert told.value is None
        else:
            assert told.value == pytest.approx(value * factor, abs=0.51 * step)


def test_cadence_is_told_per_leg_with_its_rest(
    found: list[Any], figures: dict[str, FloatArray]
) -> None:
    for record, spm in zip(named(found, "record"), figures["cadence_spm"], strict=True):
        whole, rest = (
            record.get_value("cadence"),
            record.get_value("fractional_cadence"),
        )
        if np.isnan(spm):
            assert whole is None
        else:
            assert 2 * (whole + rest) == pytest.approx(spm, abs=0.01)


def test_our_own_fields_have_the_names_and_units_that_were_promised(
    found: list[Any],
) -> None:
    told = {
        m.get_value("field_name"): m.get_value("units")
        for m in named(found, "field_description")
    }
    assert told == PRODUCT_NAMES
    (developer,) = named(found, "developer_data_id")
    assert len(developer.get_value("application_id")) == 16
    for description in named(found, "field_description"):
        assert not description.has_field("native_field_num")


@pytest.mark.parametrize("own", OWN, ids=lambda own: own.name)
def test_our_own_fields_come_back(
    found: list[Any], figures: dict[str, FloatArray], own: Own
) -> None:
    for record, value in zip(named(found, "record"), figures[own.figure], strict=True):
        told = field(record, own.name)
        if np.isnan(value):
            assert told.value is None
        else:
            assert told.units == own.units
            assert told.value == np.float32(value)


def test_numbers_and_names_are_each_used_once() -> None:
    assert len({n.number for n in NATIVE}) == len(NATIVE)
    assert [o.number for o in OWN] == list(range(len(OWN)))
    assert len({o.name for o in OWN}) == len(OWN)


@pytest.mark.parametrize("kind", ["session", "lap"])
def test_the_whole_run_has_its_means(
    found: list[Any], figures: dict[str, FloatArray], kind: str
) -> None:
    (summed,) = named(found, kind)
    mean = {name: float(np.nanmean(values)) for name, values in figures.items()}
    wanted = {
        "avg_stance_time": (1000 * mean["contact_time_s"], 0.1),
        "avg_stance_time_balance": (mean["left_share_pct"], 0.01),
        "avg_stance_time_percent": (100 * mean["duty_factor"], 0.01),
        "avg_step_length": (500 * mean["stride_length_m"], 0.1),
        "avg_vertical_oscillation": (1000 * mean["vertical_oscillation_m"], 0.1),
        "avg_speed": (3.3, 0.001),  # distance over moving time
        "avg_heart_rate": (mean["heart_rate_bpm"], 1),
        "max_heart_rate": (float(np.nanmax(figures["heart_rate_bpm"])), 0.1),
        "total_distance": (119 * 3.3, 0.01),
        "total_elapsed_time": (119, 0.001),
        "total_timer_time": (119, 0.001),
    }
    for name, (value, step) in wanted.items():
        assert summed.get_value(name) == pytest.approx(value, abs=step), name
    assert summed.get_value("start_time").timestamp() == BEGIN_S
    assert summed.get_value("timestamp").timestamp() == BEGIN_S + 119


def test_it_is_a_running_activity_from_start_to_stop(found: list[Any]) -> None:
    assert found[0].name == "file_id"
    assert found[0].get_value("type") == "activity"
    assert found[0].get_value("time_created").timestamp() == BEGIN_S
    (session,) = named(found, "session")
    assert session.get_value("sport") == "running"
    assert session.get_value("num_laps") == 1
    kinds = [e.get_value("event_type") for e in named(found, "event")]
    assert kinds == ["start", "stop_all"]
    (whole,) = named(found, "activity")
    assert whole.get_value("num_sessions") == 1


def test_a_pause_stops_the_timer_and_counts_for_no_moving_time(tmp_path: Path) -> None:
    """Two minutes with twenty seconds at a traffic light in the middle."""
    seconds = np.concatenate([np.arange(50), np.arange(70, 120)])
    figures = {"distance_m": np.arange(100) * 3.0, "speed_mps": np.full(100, 3.1)}
    stood = Activity("s1", (BEGIN_S + seconds) * NS_PER_S, figures)
    assert write_fit(tmp_path / "run.fit", stood) == 100
    found = messages(tmp_path / "run.fit")
    events = [
        (e.get_value("event_type"), e.get_value("timestamp").timestamp() - BEGIN_S)
        for e in named(found, "event")
    ]
    assert events == [("start", 0), ("stop_all", 49), ("start", 70), ("stop_all", 119)]
    for kind in ("session", "lap"):
        (summed,) = named(found, kind)
        assert summed.get_value("total_elapsed_time") == 119
        assert summed.get_value("total_timer_time") == 98
        assert summed.get_value("avg_speed") == pytest.approx(297 / 98, abs=0.001)
    (whole,) = named(found, "activity")
    assert whole.get_value("total_timer_time") == 98
    names = [message.name for message in found]
    first, last = names.index("record"), len(names) - 1 - names[::-1].index("record")
    assert names[first:last].count("event") == 2  # between the records, where it was


def test_a_runner_is_not_named_in_it(tmp_path: Path) -> None:
    write_fit(tmp_path / "run.fit", activity(invented()))
    assert b"s1" not in (tmp_path / "run.fit").read_bytes()


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.fit", "b.fit"):
        write_fit(tmp_path / name, activity(invented()))
    assert (tmp_path / "a.fit").read_bytes() == (tmp_path / "b.fit").read_bytes()


def test_what_is_not_known_at_all_is_no_field(tmp_path: Path) -> None:
    figures = {"contact_time_s": np.full(9, 0.24)}
    for name in ("speed_mps", "heart_rate_bpm", "cadence_spm", "asymmetry_pct"):
        figures[name] = np.full(9, np.nan)
    write_fit(tmp_path / "run.fit", activity(figures))
    found = messages(tmp_path / "run.fit")
    record = named(found, "record")[0]
    names = {f.name for f in record.fields}
    assert names == {"timestamp", "stance_time"}
    assert named(found, "field_description") == []


def test_an_hour_is_written_whole(tmp_path: Path) -> None:
    assert write_fit(tmp_path / "run.fit", activity(invented(3600))) == 3600
    assert len(named(messages(tmp_path / "run.fit"), "record")) == 3600


def test_a_run_without_a_step_cannot_be_written() -> None:
    with pytest.raises(StoreError, match="cannot be a FIT file"):
        Activity("s1", np.empty(0, np.int64))


def test_a_place_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as fault:
        write_fit(tmp_path / "none" / "run.fit", activity(invented()))
    assert "Name another place" in fault.value.next_step


def test_without_the_library_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "dashboards.export.fit_messages", raising=False)
    monkeypatch.setitem(sys.modules, "fit_tool.base_type", None)
    with pytest.raises(TreadwearError) as fault:
        write_fit(tmp_path / "run.fit", activity(invented()))
    assert how_to_install("fit") in fault.value.next_step


@pytest.mark.parametrize("native", NATIVE, ids=lambda n: n.figure)
@given(value=st.floats(allow_nan=True, allow_infinity=True))
def test_a_value_is_told_within_half_a_step_or_not_at_all(
    native: Native, value: float
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of figures beyond any run
        (told,) = as_integers(np.array([value]), native)
    packed = np.array([told]).astype(native.dtype)[0]
    assert int(packed) == int(told)
    if told != np.iinfo(np.dtype(native.dtype)).max:
        back = told / native.scale - native.offset
        assert back == pytest.approx(value, abs=0.51 / native.scale)


def test_unknown_floats_are_all_ones(tmp_path: Path) -> None:
    """The FIT protocol's mark, which no ordinary "not a number" is."""
    figures = {"asymmetry_pct": np.array([1.0, np.nan])}
    write_fit(tmp_path / "run.fit", activity(figures))
    raw = (tmp_path / "run.fit").read_bytes()
    assert struct.pack("<f", 1.0) in raw
    assert struct.pack("<f", np.nan) not in raw
    assert b"\xff\xff\xff\xff" in raw
