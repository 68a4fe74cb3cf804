import dataclasses
import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.errors import StoreError
from contract.messages import SessionMeta
from contract.model import Slot
from contract.rows import QualityRow, Row, SessionRow, StepRow
from contract.schema import MEASUREMENTS, Column, Measurement
from processing.store import raw
from processing.store.base import DeadLetter, LostFrames, RawFrame
from processing.store.sqlite import SCHEMA_VERSION, SqliteStore

STEP = StepRow(
    runner="ana",
    session="s1",
    side="left",
    time_ns=5,
    contact_time_s=0.25,
    flight_time_s=None,
    quality=1.0,
)
FRAME = RawFrame("ana", "s1", Slot.LEFT, 0, 0, b"one")
META = SessionMeta(runner="ana", session="s1", origin_ns=1, name="Ana")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "treadwear.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(path) as store:
        yield store


def value(column: Column, n: int) -> Any:  # noqa: ANN401 - of the column's kind
    """Give a value of the column's kind that differs from column to column."""
    kinds = {"float": n + 0.1, "int": n, "text": f"text {n} ü", "bool": bool(n % 2)}
    return kinds[column.kind]


def full_row(kind: Measurement, *, with_optional: bool) -> Row:
    values = {
        column.name: None
        if column.is_optional and not with_optional
        else value(column, n)
        for n, column in enumerate(kind.columns)
    }
    row: Row = kind.row(**values | {"session": "s1"})
    return row


@pytest.mark.parametrize("with_optional", [True, False])
@pytest.mark.parametrize("name", MEASUREMENTS)
def test_every_kind_of_row_is_read_as_it_was_written(
    store: SqliteStore, name: str, with_optional: bool
) -> None:
    row = full_row(MEASUREMENTS[name], with_optional=with_optional)
    store.write([row])
    (read,) = store.rows(MEASUREMENTS[name].row, "s1")
    assert read == row
    for column in MEASUREMENTS[name].columns:
        assert type(getattr(read, column.name)) is type(getattr(row, column.name))


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_row_written_again_replaces_the_one_with_the_same_keys(
    store: SqliteStore, name: str
) -> None:
    kind = MEASUREMENTS[name]
    row = full_row(kind, with_optional=True)
    last = next(c for c in reversed(kind.columns) if c.name not in kind.keys)
    newer = dataclasses.replace(row, **{last.name: value(last, 100_001)})
    assert newer != row
    store.write([row])
    store.write([newer])
    assert store.rows(kind.row, "s1") == [newer]


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_row_with_another_key_stands_beside_the_first(
    store: SqliteStore, name: str
) -> None:
    kind = MEASUREMENTS[name]
    row = full_row(kind, with_optional=True)
    columns = {column.name: column for column in kind.columns}
    others = [
        dataclasses.replace(row, **{key: value(columns[key], 77)})
        for key in kind.keys
        if key != "session"
    ]
    store.write([row, *others])
    assert len(store.rows(kind.row, "s1")) == 1 + len(others)


def test_steps_come_in_order_of_time_and_of_one_session_only(
    store: SqliteStore,
) -> None:
    rows = [dataclasses.replace(STEP, time_ns=t) for t in (9, 5, 7)]
    store.write([*rows, dataclasses.replace(STEP, session="s2")])
    assert [row.time_ns for row in store.rows(StepRow, "s1")] == [5, 7, 9]


def test_rows_are_written_all_or_none(store: SqliteStore) -> None:
    bad = dataclasses.replace(STEP, time_ns=2**70)
    with pytest.raises(OverflowError):
        store.write([STEP, bad])
    assert store.rows(StepRow, "s1") == []


def test_sessions_are_listed_newest_first(store: SqliteStore) -> None:
    row = full_row(MEASUREMENTS["session"], with_optional=True)
    assert isinstance(row, SessionRow)
    store.write(
        [
            dataclasses.replace(row, session=f"s{t}", time_ns=t, side="both")
            for t in (2, 3, 1)
        ]
    )
    assert [row.session for row in store.sessions()] == ["s3", "s2", "s1"]


def test_a_session_stored_later_is_listed_first_whatever_its_time(
    store: SqliteStore,
) -> None:
    row = full_row(MEASUREMENTS["session"], with_optional=True)
    assert isinstance(row, SessionRow)
    for name, time_ns in (("s1", 5), ("s2", 9), ("s3", 1)):
        meta = SessionMeta(runner="ana", session=name, origin_ns=time_ns)
        store.commit_raw([], [meta])
        store.write([dataclasses.replace(row, session=name, time_ns=time_ns)])
    store.commit_raw([], [SessionMeta(runner="ana", session="s1", origin_ns=5)])
    assert [row.session for row in store.sessions()] == ["s3", "s2", "s1"]


def test_an_unknown_session_is_said_to_be_unknown(store: SqliteStore) -> None:
    with pytest.raises(StoreError, match="no session 's9'") as caught:
        store.session("s9")
    assert "treadwear sessions" in caught.value.next_step


def test_raw_frames_come_back_in_order_and_once(store: SqliteStore) -> None:
    frames = [
        RawFrame("ana", "s1", slot, epoch, seq, f"{slot} {epoch} {seq}".encode())
        for slot, epoch, seq in itertools.product(
            (Slot.LEFT, Slot.RIGHT), (0, 1), (0, 1, 2)
        )
    ]
    store.commit_raw(frames[::-1])
    store.commit_raw(frames)
    assert list(store.frames("s1")) == frames
    assert list(store.frames("s2")) == []


def test_the_first_version_of_a_frame_stays(store: SqliteStore) -> None:
    store.commit_raw([FRAME])
    store.commit_raw([dataclasses.replace(FRAME, payload=b"two")])
    assert list(store.frames("s1")) == [FRAME]


def test_losses_letters_and_descriptions_come_back(store: SqliteStore) -> None:
    lost = LostFrames("s1", Slot.RIGHT, 0, 3, 4)
    letter = DeadLetter("a/b", "too short", b"\x00\xff", 5)
    store.commit_raw([], [META], [lost, lost], [letter])
    assert store.lost("s1") == [lost]
    assert store.dead_letters() == [letter]
    assert store.meta("s1") == META
    assert store.meta("s2") is None


def test_a_session_is_open_until_it_is_closed_even_without_a_description(
    store: SqliteStore,
) -> None:
    store.commit_raw([FRAME, dataclasses.replace(FRAME, session="s0")], [META])
    assert store.open_sessions() == ["s0", "s1"]
    store.close_session("s1")
    assert store.is_closed("s1")
    assert store.open_sessions() == ["s0"]
    store.reopen_session("s1")
    assert store.open_sessions() == ["s0", "s1"]


def test_a_session_is_whose_it_was_first_whatever_others_say(
    store: SqliteStore,
) -> None:
    """Each collector may send on its own runner's topics; a session id is no secret."""
    assert store.owner("s1") is None
    store.commit_raw([FRAME])
    assert store.owner("s1") == FRAME.runner
    store.commit_raw([], [META])
    store.commit_raw([], [msgspec.structs.replace(META, runner="eve", name="Eve")])
    assert store.meta("s1") == META
    assert store.owner("s1") == META.runner


def test_a_newer_description_does_not_open_a_closed_session(
    store: SqliteStore,
) -> None:
    store.commit_raw([FRAME], [META])
    store.close_session("s1")
    store.commit_raw([], [META])
    assert store.is_closed("s1")


def test_clearing_rows_keeps_raw_frames_and_other_sessions(store: SqliteStore) -> None:
    other = dataclasses.replace(STEP, session="s2")
    store.write([STEP, other])
    store.commit_raw([FRAME], [META])
    store.clear_rows("s1")
    assert store.rows(StepRow, "s1") == []
    assert store.rows(StepRow, "s2") == [other]
    assert list(store.frames("s1")) == [FRAME]


def test_everything_is_there_after_closing_and_opening(path: Path) -> None:
    with SqliteStore.open(path) as store:
        store.write([STEP])
        store.commit_raw([FRAME], [META])
    with SqliteStore.open(path) as store:
        assert store.rows(StepRow, "s1") == [STEP]
        assert list(store.frames("s1")) == [FRAME]


def test_what_is_committed_outlives_a_process_that_never_closes(path: Path) -> None:
    """A second connection sees it while the first still stands open."""
    with SqliteStore.open(path) as writer:
        writer.commit_raw([FRAME], [META])
        with SqliteStore.open(path, read_only=True) as reader:
            assert list(reader.frames("s1")) == [FRAME]


def test_a_missing_database_is_not_made_by_reading(path: Path) -> None:
    with pytest.raises(StoreError, match="there is no run database") as caught:
        SqliteStore.open(path, read_only=True)
    assert "treadwear demo" in caught.value.next_step
    assert not path.exists()


def test_writing_to_a_read_only_database_says_what_to_do(
    store: SqliteStore, path: Path
) -> None:
    store.commit_raw([FRAME])
    with SqliteStore.open(path, read_only=True) as reader:
        with pytest.raises(StoreError, match="cannot be written") as caught:
            reader.commit_raw([dataclasses.replace(FRAME, seq=1)])
        assert "readonly" in caught.value.why
        assert "Make the file writable" in caught.value.next_step
        with pytest.raises(StoreError, match="cannot be written"):
            reader.write([STEP])


def test_a_full_disk_says_what_to_do_and_keeps_what_was_there(path: Path) -> None:
    SqliteStore.open(path).close()
    connection = sqlite3.connect(path)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 4}")
    with SqliteStore(connection, path) as store:
        store.commit_raw([FRAME])
        big = dataclasses.replace(FRAME, seq=1, payload=bytes(200_000))
        with pytest.raises(StoreError, match="cannot be written") as caught:
            store.commit_raw([big])
        assert "Free some disk space" in caught.value.next_step
        assert list(store.frames("s1")) == [FRAME]


def test_a_database_of_a_newer_treadwear_is_refused_by_name(path: Path) -> None:
    SqliteStore.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    for read_only in (True, False):
        with pytest.raises(StoreError, match="newer treadwear") as caught:
            SqliteStore.open(path, read_only=read_only)
        assert f"its layout is {SCHEMA_VERSION + 1}" in caught.value.why
        assert "Update treadwear" in caught.value.next_step


def test_a_file_that_is_no_database_is_said_to_be_none(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is a shopping list, not a database" * 50)
    with pytest.raises(StoreError, match="cannot be opened") as caught:
        SqliteStore.open(path)
    assert "not a database" in caught.value.why


def test_a_directory_that_cannot_be_made_is_an_error_with_advice(
    tmp_path: Path,
) -> None:
    (tmp_path / "taken").write_text("a file, not a directory")
    with pytest.raises(StoreError) as caught:
        SqliteStore.open(tmp_path / "taken" / "treadwear.db")
    assert "--data" in caught.value.next_step


def test_a_database_that_another_one_writes_to_says_so(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processing.store.sqlite._BUSY_S", 0.01)
    with SqliteStore.open(path) as store:
        other = sqlite3.connect(path)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="cannot be written") as caught:
            store.write([STEP])
        other.close()
    assert "Another treadwear" in caught.value.next_step


def test_rows_hold_unknown_as_null_and_not_as_a_number(
    store: SqliteStore, path: Path
) -> None:
    store.write([STEP])
    connection = sqlite3.connect(path)
    (flight,) = connection.execute("SELECT flight_time_s FROM step").fetchone()
    connection.close()
    assert flight is None


def test_quality_is_kept_per_side(store: SqliteStore) -> None:
    row = full_row(MEASUREMENTS["quality"], with_optional=True)
    sides = [dataclasses.replace(row, side=side) for side in ("left", "right", "hip")]
    store.write(sides)
    assert {r.side for r in store.rows(QualityRow, "s1")} == {"left", "right", "hip"}


def test_sessions_with_frames_are_found_whether_described_or_not(
    store: SqliteStore,
) -> None:
    frames = [RawFrame("ana", f"s{n}", Slot.LEFT, 0, 0, b"x") for n in (3, 1, 2, 9)]
    metas = [SessionMeta(runner="ana", session=f"s{n}", origin_ns=0) for n in (1, 5)]
    store.commit_raw(frames, metas)
    store.close_session("s1")
    assert store.open_sessions() == ["s2", "s3", "s5", "s9"]


def test_without_any_frames_no_session_is_open(store: SqliteStore) -> None:
    assert store.open_sessions() == []


def test_the_newest_of_the_messages_set_aside_are_kept(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "MOST_LETTERS", 3)
    for n in range(5):
        store.commit_raw([], letters=[DeadLetter("t", f"reason {n}", b"", n)])
    kept = [letter.reason for letter in store.dead_letters()]
    assert kept == ["reason 2", "reason 3", "reason 4"]
