from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.messages import SensorInfo, SessionMeta
from contract.model import Slot
from contract.people import Mount
from processing.history import keep_mounts, known_mounts
from processing.store.sqlite import SqliteStore

NOW = 1_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(tmp_path / "treadwear.db") as store:
        yield store


def mount(slot: str = "left", **changed: object) -> Mount:
    figures: dict[str, object] = {
        "time_ns": 100,
        "shoe": "blue",
        "slot": slot,
        "serial": "A1",
        "axes": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        "gyro_bias_rps": (0.0, 0.0, 0.0),
        "axis_spread_deg": 1.0,
        "strides": 300,
    }
    return Mount(**(figures | changed))  # type: ignore[arg-type]


def meta_of(
    session: str, origin_ns: int, serial: str = "A1", family: str = "x"
) -> SessionMeta:
    sensor = SensorInfo(family=family, serial=serial)
    return SessionMeta(
        runner="ana",
        session=session,
        origin_ns=origin_ns,
        shoe="blue",
        sensors={slot.word: sensor for slot in Slot},
    )


def test_a_sensor_is_known_by_how_it_sat_when_last_worn(store: SqliteStore) -> None:
    for time_ns, spread_deg in ((200, 2.0), (100, 1.0), (NOW, 9.0)):
        known = mount(axis_spread_deg=spread_deg)
        keep_mounts(store, meta_of(f"s{time_ns}", time_ns), {Slot.LEFT: known})
    found = known_mounts(store, meta_of("now", NOW))
    assert found == {Slot.LEFT: mount(axis_spread_deg=2.0)}


@pytest.mark.parametrize(
    "changed",
    [{"shoe": "red"}, {"slot": "right"}, {"serial": "B2"}, {"serial": ""}],
    ids=str,
)
def test_another_shoe_foot_or_sensor_is_not_known(
    store: SqliteStore, changed: dict[str, object]
) -> None:
    keep_mounts(store, meta_of("s1", 100), {Slot.LEFT: mount(**changed)})
    assert Slot.LEFT not in known_mounts(store, meta_of("now", NOW))


def test_mounts_of_another_runner_are_not_known(store: SqliteStore) -> None:
    keep_mounts(store, meta_of("s1", 100), {Slot.LEFT: mount()})
    other = SessionMeta(runner="bo", session="s2", origin_ns=NOW, shoe="blue")
    assert known_mounts(store, other) == {}


@pytest.mark.parametrize(("family", "is_known"), [("x", True), ("y", False)])
def test_without_serial_numbers_the_kind_of_sensor_decides(
    store: SqliteStore, family: str, *, is_known: bool
) -> None:
    keep_mounts(store, meta_of("s1", 100), {Slot.LEFT: mount(serial="", family=family)})
    found = known_mounts(store, meta_of("now", NOW, serial="", family="x"))
    assert (Slot.LEFT in found) is is_known


def test_a_shoe_without_a_name_is_not_known_to_be_the_same_shoe(
    store: SqliteStore,
) -> None:
    unnamed = SessionMeta(runner="ana", session="s1", origin_ns=100)
    known = mount(shoe="", serial="", family="unknown")
    hip = mount("hip", shoe="red", serial="", family="unknown")
    keep_mounts(store, unnamed, {Slot.LEFT: known, Slot.HIP: hip})
    later = SessionMeta(runner="ana", session="s2", origin_ns=NOW)
    assert known_mounts(store, later) == {Slot.HIP: hip}


def test_a_session_analysed_again_forgets_mounts_that_no_longer_hold(
    store: SqliteStore,
) -> None:
    meta = meta_of("s1", 100)
    keep_mounts(store, meta, {Slot.LEFT: mount(), Slot.RIGHT: mount("right")})
    keep_mounts(store, meta_of("s10", 50), {Slot.RIGHT: mount("right", strides=7)})
    better = mount(strides=999)
    keep_mounts(store, meta, {Slot.LEFT: better})
    found = known_mounts(store, meta_of("now", NOW))
    assert found == {Slot.LEFT: better, Slot.RIGHT: mount("right", strides=7)}
