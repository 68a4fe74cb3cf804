from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.errors import StoreError
from contract.people import (
    Assessment,
    Consent,
    FitCheck,
    Intake,
    Mount,
    Observation,
    Pain,
    PairedSensor,
    Pairing,
    PastInjury,
    Profile,
    Shoe,
)
from contract.track import Track, TrackPoint
from processing.store.base import RECORD_KINDS, KeptRecord, Record
from processing.store.people import (
    assessments_of,
    keep_assessment,
    keep_pain,
    keep_shoe,
    known_from,
    movement_check,
    pains_of,
    shoes_of,
)
from processing.store.sqlite import SqliteStore

ASSESSMENT = Assessment(
    time_ns=5,
    by="Bo",
    intake=Intake(
        km_per_week=40.0,
        past_injuries=(PastInjury("calf", "left", 2024),),
        race_date="2027-04-18",
        pain=2,
        pain_where="left calf",
    ),
    observations=(
        Observation(
            test="overhead_squat",
            checkpoint="knee",
            compensation="knees_move_in",
            side="left",
        ),
    ),
    assessed=("knee", "foot_ankle"),
    note="ü",
)
RECORDS: list[Record] = [
    ASSESSMENT,
    Pain(time_ns=5, pain=3, where="knee"),
    Shoe(name="blue", tread_mm=((120.0, {"left_heel_lateral": 6.5}),)),
    Mount(
        time_ns=5,
        shoe="blue",
        slot="left",
        serial="A1",
        axes=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        gyro_bias_rps=(0.01, -0.02, 0.0),
        axis_spread_deg=1.5,
        strides=300,
    ),
    Pairing(
        time_ns=6,
        shoe="blue",
        sensors=(
            PairedSensor(slot="left", family="treadwear-v1", serial="TW000001"),
            PairedSensor(slot="right", family="metawear", serial="", address="F0:01"),
        ),
    ),
    FitCheck(time_ns=7, shoe="blue", serials=("TW000001", "F0:01"), failed=("clock",)),
    Profile(time_ns=8, name="Ana ü", mass_kg=61.5),
    Consent(time_ns=9, live=True, by="her mother"),
    Track(
        session="s1",
        source="FIT",
        shift_s=-1.25,
        agreement=0.97,
        points=(TrackPoint(t_ns=5, heart_rate_bpm=151.0), TrackPoint(t_ns=6)),
    ),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(tmp_path / "treadwear.db") as store:
        yield store


def test_every_kind_of_record_is_tried() -> None:
    assert {type(record) for record in RECORDS} == set(RECORD_KINDS)


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: type(r).__name__)
def test_every_kind_of_record_is_read_as_it_was_kept(
    store: SqliteStore, record: Record
) -> None:
    kept = KeptRecord("ana", record, 5, "name ü")
    store.keep([kept])
    assert store.records(type(record), "ana") == [kept]
    assert store.records(type(record), "bo") == []


def test_records_come_in_order_of_time_and_only_those_before(
    store: SqliteStore,
) -> None:
    store.keep([KeptRecord("ana", Pain(time_ns=t, pain=t), t) for t in (9, 2, 5)])
    assert [kept.time_ns for kept in store.records(Pain, "ana")] == [2, 5, 9]
    assert [kept.time_ns for kept in store.records(Pain, "ana", 9)] == [2, 5]


def test_a_record_can_take_the_place_of_others_at_once(store: SqliteStore) -> None:
    old = [KeptRecord("ana", Pain(time_ns=t, pain=1), t) for t in (1, 2)]
    new = KeptRecord("ana", Pain(time_ns=2, pain=4), 2)
    store.keep(old)
    store.keep([new], instead=old)
    assert store.records(Pain, "ana") == [new]


def test_records_are_kept_all_or_none(store: SqliteStore) -> None:
    good = KeptRecord("ana", Pain(time_ns=1, pain=1), 1)
    bad = KeptRecord("ana", Pain(time_ns=1, pain=1), 2**70)
    with pytest.raises(OverflowError):
        store.keep([good, bad])
    assert store.records(Pain, "ana") == []


def test_records_cannot_be_kept_where_nothing_may_be_written(
    store: SqliteStore, tmp_path: Path
) -> None:
    with (
        SqliteStore.open(tmp_path / "treadwear.db", read_only=True) as reader,
        pytest.raises(StoreError, match="cannot be written"),
    ):
        keep_pain(reader, "ana", Pain(time_ns=1, pain=1))
    assert pains_of(store, "ana") == []


def test_pain_told_after_a_run_and_in_an_assessment_stand_in_one_line(
    store: SqliteStore,
) -> None:
    keep_pain(store, "ana", Pain(time_ns=9, pain=4, where="knee"))
    keep_pain(store, "ana", Pain(time_ns=1, pain=0))
    keep_assessment(store, "ana", ASSESSMENT)
    keep_assessment(store, "ana", Assessment(time_ns=7))
    told = [(p.time_ns, p.pain, p.where) for p in pains_of(store, "ana")]
    assert told == [(1, 0, ""), (5, 2, "left calf"), (9, 4, "knee")]
    assert [p.time_ns for p in pains_of(store, "ana", 9)] == [1, 5]


def test_earlier_assessments_stay_to_be_compared_with(store: SqliteStore) -> None:
    later = Assessment(time_ns=8, note="better")
    keep_assessment(store, "ana", later)
    keep_assessment(store, "ana", ASSESSMENT)
    assert assessments_of(store, "ana") == [ASSESSMENT, later]


def test_answers_stand_until_they_are_given_anew_but_pain_is_of_its_day() -> None:
    later = Assessment(time_ns=8, intake=Intake(km_per_week=50.0, goals="10 km"))
    known = known_from([ASSESSMENT, later])
    assert known is not None
    assert known.intake == Intake(
        km_per_week=50.0,
        past_injuries=ASSESSMENT.intake.past_injuries,
        goals="10 km",
        race_date="2027-04-18",
    )
    assert known.time_ns == 8


def test_what_a_person_saw_stands_until_the_next_movement_check() -> None:
    later = Assessment(time_ns=8, by="Cy", assessed=("knee",))
    words = Assessment(time_ns=9, intake=Intake(goals="10 km"))
    known = known_from([ASSESSMENT, words])
    assert known is not None
    assert (known.by, known.observations) == ("Bo", ASSESSMENT.observations)
    assert (known.assessed, known.note) == (ASSESSMENT.assessed, "ü")
    known = known_from([ASSESSMENT, later, words])
    assert known is not None
    assert (known.by, known.observations, known.assessed) == ("Cy", (), ("knee",))
    assert movement_check([ASSESSMENT, later, words]) == later
    assert movement_check([words]) is None
    assert known_from([]) is None


def test_what_is_told_last_of_a_shoe_counts(store: SqliteStore) -> None:
    keep_shoe(store, "ana", Shoe(name="blue"), 1)
    keep_shoe(store, "ana", Shoe(name="red"), 2)
    keep_shoe(store, "ana", Shoe(name="blue", retired=True), 3)
    keep_shoe(store, "bo", Shoe(name="green"), 3)
    shoes = shoes_of(store, "ana")
    assert set(shoes) == {"blue", "red"}
    assert shoes["blue"].retired
    assert not shoes["red"].retired
