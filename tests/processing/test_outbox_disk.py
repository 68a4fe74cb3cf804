"""Little room on the disk: what gives way to what, and what is never refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.errors import StoreError
from contract.model import Slot
from contract.rows import StepRow
from processing.store.base import RawFrame
from processing.store.lines import to_lines
from processing.store.outbox import Kind
from processing.store.sqlite import SqliteStore
from tests.influxd import T0_NS, step
from tests.processing.test_outbox import limit, lines_of, waiting


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(tmp_path / "treadwear.db") as store:
        store.feed(is_on=True)
        yield store


def frames(count: int) -> list[RawFrame]:
    return [
        RawFrame("ana", "s1", Slot.LEFT, 0, seq, bytes(300)) for seq in range(count)
    ]


def pages(store: SqliteStore) -> int:
    return int(store._db.execute("PRAGMA page_count").fetchone()[0])


def test_on_a_disk_that_is_nearly_full_raw_frames_get_the_room_of_the_outbox(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(0, 4000, 100):
        store.write([step(k) for k in range(n, n + 100)])
    before = pages(store)
    assert store.backlog().size_bytes > 500_000
    monkeypatch.setattr("processing.store.outbox.RESERVE_BYTES", 2**62)
    monkeypatch.setattr("processing.store.outbox.TIGHT_BYTES", 10_000)
    store.write([step(4000)])
    assert store.backlog().size_bytes <= 10_000
    store._db.execute(f"PRAGMA max_page_count = {before + 1}")  # the file grows no more
    store.commit_raw(frames(1000))
    assert len(list(store.frames("s1"))) == 1000
    assert [(e.kind, e.rows) for e in waiting(store)] == [(Kind.WHOLE, 4001)]


def test_a_full_disk_takes_no_row_and_no_entry_and_says_so(store: SqliteStore) -> None:
    store.write([step(0)])
    before = store.backlog()
    store._db.execute(f"PRAGMA max_page_count = {pages(store)}")
    with pytest.raises(StoreError) as caught:
        store.write([step(n) for n in range(1, 2000)])
    assert "full" in caught.value.why
    assert store.rows(StepRow, "s1") == [step(0)]
    told = store.backlog()
    assert (told.rows, told.size_bytes) == (before.rows, before.size_bytes)
    store._db.execute("PRAGMA max_page_count = 1073741823")
    store.write([step(1)])
    assert lines_of(waiting(store)) == to_lines([step(0), step(1)])


def test_a_full_outbox_is_no_reason_to_refuse_raw_frames(store: SqliteStore) -> None:
    limit(store, 1)
    store.write([step(n) for n in range(100)])
    store.commit_raw(frames(10))
    assert len(list(store.frames("s1"))) == 10


def test_a_clock_that_goes_back_changes_no_order_and_no_age_is_negative(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: T0_NS)
    store.write([step(0)])
    monkeypatch.setattr("time.time_ns", lambda: T0_NS - 3600 * 10**9)
    store.write([step(1)])
    assert store.backlog().age_s == 0.0
    assert lines_of(waiting(store)) == to_lines([step(0), step(1)])
