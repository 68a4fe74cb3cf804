"""The command about shoes."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.simulated.source import simulated_run
from collector.simulated.traits import draw_runner
from collector.spool import Spool, StreamKey
from contract import topics
from contract.messages import SessionMeta, dumps, loads
from contract.model import Slot
from contract.mqtt import MqttBus, MqttSettings
from contract.people import FitCheck, Mount, PairedSensor, Pairing
from processing.history import history_of, known_mounts
from processing.offline import reprocess
from processing.store.people import (
    fit_check_of,
    keep_fit_check,
    keep_pairing,
    pairings_of,
)
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until
from tests.treadwear.runners_known import from_json, store_run, told, words
from tests.treadwear.spoken import Capture, said
from tests.treadwear.stored_rows import every_row
from treadwear.broker import start_broker
from treadwear.runtime import Running, announce
from treadwear.settings import load_settings

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
    assert "due at 5.0 km" in words(capsys, "shoes", "ana", *place)


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
        (["--add", "b\x1b[2J"], "has to be readable"),
        (["--mass-g", "240"], "Name the pair with --add"),
        (["--add", "blue", "--mass-g", "24"], "50 to 1000 g"),
        (["--add", "blue", "--mass-g", "nan"], "50 to 1000 g"),
        (["--rename", "grey", "red"], "has no shoe 'grey'"),
        (["--rename", "blue", "blue"], "has a shoe 'blue' already"),
        (["--rename", "blue", ""], "is no name of a shoe"),
        (["--rename", "blue", "r\x1b[2J"], "is no name of a shoe"),
        (["--rename", "blue", "r" * 61], "too long"),
        (["--rename", "blue", "red", "--retire", "blue"], "--rename goes by itself"),
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


def test_the_mass_of_a_shoe_is_kept(capsys: Capture, data: str) -> None:
    out = words(
        capsys, "shoes", "ana", "--add", "blue", "--mass-g", "243", "--data", data
    )
    assert "243" in out
    words(
        capsys, "shoes", "ana", "--add", "blue", "--service-km", "500", "--data", data
    )
    (blue,) = from_json(capsys, "shoes", "ana", "--data", data)
    assert (blue["mass_g"], blue["service_km"]) == (243.0, 500.0)


def import_run(capsys: Capture, recording: Path, data: str) -> str:
    flags = ["--runner", "ana", "--shoe", "blue", "--json", "--data", data, "--again"]
    code, out, err = said(capsys, "import", str(recording), *flags)
    assert code == 0, err
    return str(json.loads(out)["session"])


def stored(data: str) -> Path:
    return load_settings(data_dir=data).store_path


def wear_sensors(data: str) -> None:
    left = PairedSensor(slot="left", family="treadwear-v1", serial="TW000701")
    pairing = Pairing(time_ns=1, shoe="blue", sensors=(left,))
    check = FitCheck(time_ns=1, shoe="blue", serials=("TW000701",))
    with SqliteStore.open(stored(data)) as store:
        keep_pairing(store, "ana", pairing)
        keep_fit_check(store, "ana", check)


def test_a_pair_that_is_renamed_takes_all_its_runs_with_it(
    capsys: Capture, recording: Path, data: str
) -> None:
    """Analysed again, a run gives the same rows: its mounts and baseline hold."""
    sessions = [import_run(capsys, recording, data) for _ in range(2)]
    wear_sensors(data)
    flags = ["--add", "blue", "--service-km", "400", "--mass-g", "250"]
    words(capsys, "shoes", "ana", *flags, "--data", data)
    words(
        capsys, "shoes", "ana", "--shoe", "blue", "--tread", f"{HEEL}=6", "--data", data
    )
    before = [named_red(every_row(data, session)) for session in sessions]
    (blue,) = from_json(capsys, "shoes", "ana", "--data", data)

    out = words(capsys, "shoes", "ana", "--rename", "blue", "red", "--data", data)

    assert "red" in out
    assert [every_row(data, session) for session in sessions] == before
    assert from_json(capsys, "shoes", "ana", "--data", data) == [
        {**blue, "shoe": "red"}
    ]
    with SqliteStore.open(stored(data)) as store:
        assert list(pairings_of(store, "ana")) == ["red"]
        assert pairings_of(store, "ana")["red"].shoe == "red"
        assert fit_check_of(store, "ana", "red") is not None
        assert fit_check_of(store, "ana", "blue") is None
        assert {kept.record.shoe for kept in store.records(Mount, "ana")} == {"red"}
        meta = store.meta(sessions[1])
        assert meta is not None
        assert meta.shoe == "red"
        assert known_mounts(store, msgspec.structs.replace(meta, origin_ns=2**62))
        reprocess(store, sessions[1])
    assert every_row(data, sessions[1]) == before[1]


def named_red(rows: set[str]) -> set[str]:
    return {row.replace('"shoe": "blue"', '"shoe": "red"') for row in rows}


def test_the_baseline_of_a_renamed_pair_is_the_one_it_was(
    capsys: Capture, data: str
) -> None:
    for number in range(6):
        store_run(data, f"s{number}", 10 - number, asi_pct=number / 2)
    store_run(data, "other", 1, shoe="grey")

    def known(shoe: str) -> tuple[list[Any], list[Any]]:
        with SqliteStore.open(stored(data), read_only=True) as store:
            past = history_of(store, "ana", shoe, 2**62)
        runs = past.comparable("shoes")
        return [run for run in runs if run.shoe == shoe], past.wear()

    runs, wear = known("blue")
    assert len(runs) == 6
    words(capsys, "shoes", "ana", "--rename", "blue", "red", "--data", data)
    assert known("blue") == ([], [])
    assert known("red") == (
        [replace(run, shoe="red") for run in runs],
        [replace(row, shoe="red") for row in wear],
    )
    assert len(known("grey")[0]) == 1


def test_influxdb_gets_the_runs_of_a_renamed_pair_again(
    capsys: Capture, data: str
) -> None:
    for name, shoe in (("s1", "blue"), ("s2", "blue"), ("s3", "grey")):
        store_run(data, name, 1, shoe=shoe)
    with SqliteStore.open(stored(data)) as store:
        store.feed(is_on=True)
    words(capsys, "shoes", "ana", "--rename", "blue", "red", "--data", data)
    with SqliteStore.open(stored(data), read_only=True) as store:
        again = [s for s in ("s1", "s2", "s3") if store.outbox.is_to_be_sent(s)]
    assert again == ["s1", "s2"]


def test_a_name_that_another_pair_has_is_not_given_twice(
    capsys: Capture, data: str
) -> None:
    store_run(data, "s1", 2)
    store_run(data, "s2", 1, shoe="red")
    code, _, err = told(
        capsys, "shoes", "ana", "--rename", "blue", "red", "--data", data
    )
    assert code == 2
    assert "cannot be told apart once they are mixed" in err
    assert len(from_json(capsys, "shoes", "ana", "--data", data)) == 2


def test_a_change_of_name_that_was_stopped_is_finished_by_saying_it_again(
    capsys: Capture, data: str
) -> None:
    """Stopped after the database, the broker's word would bring the old name back."""
    store_run(data, "s1", 1)
    path = load_settings(data_dir=data).spools_dir / "spool-s2-1.db"
    spool = Spool(path)
    spool.put_meta(SessionMeta(runner="ana", session="s2", origin_ns=0, shoe="blue"))
    spool.close()
    with SqliteStore.open(stored(data)) as store:
        store.rename_shoe("ana", "blue", "red")
    again = ["shoes", "ana", "--rename", "blue", "red", "--data", data]
    code, _, err = told(capsys, *again)
    assert code == 0, err
    assert "red is there and blue is not" in err
    spool = Spool(path)
    assert [meta.shoe for meta in spool.metas()] == ["red"]
    spool.close()
    again[4] = "green"
    code, _, err = told(capsys, *again)
    assert code == 2
    assert "no shoe 'blue'" in err


def test_nothing_is_renamed_while_treadwear_runs(capsys: Capture, data: str) -> None:
    store_run(data, "s1", 1)
    with announce(Path(data), Running(1, 0, "http://127.0.0.1:1/")):
        code, _, err = told(
            capsys, "shoes", "ana", "--rename", "blue", "red", "--data", data
        )
    assert code == 2
    assert "Stop it first" in err
    (blue,) = from_json(capsys, "shoes", "ana", "--data", data)
    assert blue["shoe"] == "blue"


def test_a_run_that_waits_on_disk_comes_with_the_new_name(
    capsys: Capture, data: str
) -> None:
    store_run(data, "s1", 1)
    path = load_settings(data_dir=data).spools_dir / "spool-s2-1.db"
    spool = Spool(path)
    source = simulated_run(draw_runner(1), 0, 3.0, 1)[Slot.LEFT]
    for runner in ("ana", "ben"):
        meta = SessionMeta(runner=runner, session="s2", origin_ns=0, shoe="blue")
        spool.put_meta(meta)
        stream = StreamKey(runner, "s2", Slot.LEFT)
        spool.next_epoch(stream)
        spool.append((stream, batch) for batch in source.batches())
    spool.close()
    words(capsys, "shoes", "ana", "--rename", "blue", "red", "--data", data)
    spool = Spool(path)
    assert {meta.runner: meta.shoe for meta in spool.metas()} == {
        "ana": "red",
        "ben": "blue",
    }
    spool.close()


@pytest.mark.services
def test_the_brokers_word_does_not_bring_the_old_name_back(
    data: str,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    require: Callable[..., str],
) -> None:
    require("mosquitto")
    store_run(data, "s1", 1)
    with start_broker(tmp_path / "broker", prefer="mosquitto") as broker:
        monkeypatch.setenv("TREADWEAR_BROKER_HOST", "127.0.0.1")
        monkeypatch.setenv("TREADWEAR_BROKER_PORT", str(broker.port))
        with MqttBus(MqttSettings(client_id="test", port=broker.port)) as bus:
            heard: dict[str, str] = {}
            bus.subscribe(
                topics.ALL_META,
                lambda topic, told: heard.update(
                    {topic: loads(told, SessionMeta).shoe}
                ),
            )
            for runner in ("ana", "ben"):
                meta = SessionMeta(
                    runner=runner, session="s1", origin_ns=0, shoe="blue"
                )
                bus.publish(topics.meta(runner, "s1"), dumps(meta), retain=True)
            words(capsys, "shoes", "ana", "--rename", "blue", "red", "--data", data)
            wait_until(lambda: heard.get(topics.meta("ana", "s1")) == "red")
            assert heard[topics.meta("ben", "s1")] == "blue"


def test_a_broker_that_is_away_keeps_the_old_name_everywhere(
    data: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_run(data, "s1", 1)
    monkeypatch.setenv("TREADWEAR_BROKER_HOST", "127.0.0.1")
    monkeypatch.setenv("TREADWEAR_BROKER_PORT", "1")
    code, _, _ = told(capsys, "shoes", "ana", "--rename", "blue", "red", "--data", data)
    assert code != 0
    (blue,) = from_json(capsys, "shoes", "ana", "--data", data)
    assert blue["shoe"] == "blue"
