"""The command about shoes."""

import json
from pathlib import Path

import pytest

from tests.treadwear.runners_known import from_json, store_run, told, words
from tests.treadwear.spoken import Capture

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")

HEEL = "left_heel_lateral"


def test_shoes_that_were_run_in_are_listed_with_distance_and_dose(
    capsys: Capture, data: str
) -> None:
    store_run(data, "s1", 3)
    store_run(data, "s2", 2)
    store_run(data, "s3", 1, shoe="red")
    blue, red = from_json(capsys, "shoes", "ana", "--data", data)
    assert (blue["shoe"], blue["runs"], blue["distance_km"]) == ("blue", 2, 24.0)
    assert (blue["left"]["dose_bws"], blue["right"]["dose_bws"]) == (3600.0, 3744.0)
    assert (red["shoe"], red["service_km"], red["is_due"]) == ("red", 600.0, False)
    out = words(capsys, "shoes", "ana", "--data", data)
    assert "in 576 km" in out
    assert "in 588 km" in out


def test_runs_of_unknown_distance_make_the_distance_a_lower_bound(
    capsys: Capture, data: str
) -> None:
    store_run(data, "s1", 2)
    store_run(data, "s2", 1, distance_m=None)
    out = words(capsys, "shoes", "ana", "--data", data)
    assert ">12" in out
    assert "in 588 km or less" in out


def test_a_pair_that_has_run_its_service_distance_is_said_to_be_due(
    capsys: Capture, data: str
) -> None:
    store_run(data, "s1", 1)
    flags = ["--add", "blue", "--service-km", "130", "--start-km", "120"]
    out = words(capsys, "shoes", "ana", *flags, "--data", data)
    assert "due at 130 km" in out
    assert "132 km of 130 km" in out
    words(
        capsys, "shoes", "ana", "--add", "blue", "--service-km", "200", "--data", data
    )
    (blue,) = from_json(capsys, "shoes", "ana", "--data", data)
    assert (blue["is_due"], blue["start_km"]) == (False, 120.0)


def test_a_retired_pair_stands_last_and_reminds_of_nothing(
    capsys: Capture, data: str
) -> None:
    store_run(data, "s1", 2)
    store_run(data, "s2", 1, shoe="red")
    place = ["--data", data]
    words(capsys, "shoes", "ana", "--add", "blue", "--service-km", "5", *place)
    out = words(capsys, "shoes", "ana", "--retire", "blue", *place)
    assert "retired" in out
    assert "due" not in out
    red, blue = from_json(capsys, "shoes", "ana", *place)
    assert (red["shoe"], blue["retired"], blue["is_due"]) == ("red", True, False)
    words(capsys, "shoes", "ana", "--add", "blue", *place)
    assert "due at 5 km" in words(capsys, "shoes", "ana", *place)


def test_tread_depths_are_kept_at_the_distance_of_the_day(
    capsys: Capture, data: str, tmp_path: Path
) -> None:
    store_run(data, "s1", 2)
    place = ["--shoe", "blue", "--data", data]
    words(capsys, "shoes", "ana", "--tread", f"{HEEL}=6.5", *place)
    store_run(data, "s2", 1)
    path = tmp_path / "depths.json"
    path.write_text(json.dumps({HEEL: 6.1, "right_fore_medial": 7}))
    words(capsys, "shoes", "ana", "--tread", str(path), *place)
    (blue,) = from_json(capsys, "shoes", "ana", "--data", data)
    assert blue["tread_mm"] == [
        [12.0, {HEEL: 6.5}],
        [24.0, {HEEL: 6.1, "right_fore_medial": 7.0}],
    ]


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (["--tread", f"{HEEL}=6"], "--tread and --shoe belong together"),
        (["--shoe", "blue"], "--tread and --shoe belong together"),
        (["--shoe", "blue", "--tread", "heel=6"], "no zone"),
        (["--shoe", "blue", "--tread", f"{HEEL}=deep"], "no depth"),
        (["--shoe", "blue", "--tread", f"{HEEL}=-1"], "cannot be -1 mm"),
        (["--shoe", "blue", "--tread", f"{HEEL}=nan"], "cannot be nan mm"),
        (["--shoe", "blue", "--tread", "missing.json"], "cannot be read"),
        (["--shoe", "grey", "--tread", f"{HEEL}=6"], "has no shoe 'grey'"),
        (["--retire", "grey"], "has no shoe 'grey'"),
        (["--service-km", "500"], "Name the pair with --add"),
        (["--add", "blue", "--start-km", "inf"], "number of kilometres"),
        (["--add", "b" * 61], "too long"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    capsys: Capture, data: str, flags: list[str], why: str
) -> None:
    store_run(data, "s1", 1)
    before = from_json(capsys, "shoes", "ana", "--data", data)
    code, _, err = told(capsys, "shoes", "ana", *flags, "--data", data)
    assert code == 2
    assert why in err
    assert from_json(capsys, "shoes", "ana", "--data", data) == before


def test_listing_shoes_makes_no_database(capsys: Capture, data: str) -> None:
    assert from_json(capsys, "shoes", "ana", "--data", data) == []
    out = words(capsys, "shoes", "ana", "--data", data)
    assert "treadwear shoes ana --add NAME" in out
    assert not Path(data).exists()
