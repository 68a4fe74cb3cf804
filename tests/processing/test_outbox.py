import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.errors import StoreError
from contract.rows import BalanceRow, Row, SessionRow, StepRow, WearRow
from contract.service_rows import LiveRow
from processing.store.base import Backlog
from processing.store.database import Turn
from processing.store.lines import to_lines
from processing.store.outbox import MOST_REFUSED, Entry, Kind
from processing.store.sqlite import SqliteStore
from tests.influxd import T0_NS, step

WEAR = WearRow(
    runner="ana",
    session="s1",
    side="left",
    time_ns=T0_NS,
    shoe="blue",
    steps=10,
    dose_bws=3.0,
    dose_per_step_bws=0.3,
)
SESSION = SessionRow(
    runner="ana",
    session="s1",
    side="both",
    time_ns=T0_NS,
    name="Ana",
    shoe="blue",
    state="running",
    duration_s=1.0,
    steps=1,
    rejected=0,
    verdict="",
    source="shoes",
    baseline_runs=0,
    simulated=False,
    method="1",
)
LIVE = LiveRow(
    runner="ana",
    session="s1",
    side="both",
    time_ns=T0_NS,
    state="live",
    note="",
    elapsed_s=1.0,
    age_s=0.5,
    light=0,
    light_code="",
    waiting_frames=0,
    simulated=True,
)


def balance(metric: str, window: int = 0) -> BalanceRow:
    figures = dict.fromkeys(("left", "right", "difference", "ci_low", "ci_high"), 1.0)
    halves = dict.fromkeys(("random_half", "systematic_half", "n_eff"), 1.0)
    return BalanceRow(
        runner="ana",
        session="s1",
        side="both",
        time_ns=T0_NS + window,
        window="30s",
        metric=metric,
        ci_unit="%",
        n_pairs=1,
        source="shoes",
        **figures,
        **halves,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "treadwear.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(path) as store:
        store.feed(is_on=True)
        yield store


def waiting(store: SqliteStore) -> list[Entry]:
    """All entries in order, taken out one after another."""
    found: list[Entry] = []
    while entries := store.outbox.oldest(1):
        with store.writing():
            store.outbox.done(entries)
        found += entries
    return found


def lines_of(entries: list[Entry]) -> list[str]:
    return [line for e in entries if e.kind is Kind.LINES for line in e.lines]


def test_rows_wait_in_the_order_in_which_they_were_written(store: SqliteStore) -> None:
    rows = [step(n) for n in (3, 1, 2)]
    for row in rows:
        store.write([row])
    assert lines_of(waiting(store)) == to_lines(rows)


def test_without_influxdb_nothing_waits(path: Path) -> None:
    with SqliteStore.open(path) as store:
        store.write([step(0)])
        store.announce([LIVE])
        store.clear_rows("s1")
        assert store.backlog() == Backlog()
        assert waiting(store) == []


def test_whoever_opens_the_file_later_feeds_it_too(path: Path) -> None:
    with SqliteStore.open(path) as store:
        store.feed(is_on=True)
    with SqliteStore.open(path) as store:
        store.write([step(0)])
        store.feed(is_on=False)
        store.write([step(1)])
        assert lines_of(waiting(store)) == to_lines([step(0)])


def test_rows_that_cannot_be_written_do_not_wait_either(store: SqliteStore) -> None:
    with pytest.raises(OverflowError):
        store.write([step(0), step(1, time_ns=2**70)])
    assert store.rows(StepRow, "s1") == []
    assert store.backlog().rows == 0
    assert waiting(store) == []


def test_the_backlog_counts_rows_bytes_and_the_age_of_the_oldest(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: T0_NS)
    store.write([step(0), step(1)])
    monkeypatch.setattr("time.time_ns", lambda: T0_NS + 5 * 10**9)
    store.write([step(2)])
    told = store.backlog()
    assert (told.rows, told.age_s) == (3, 5.0)
    assert told.size_bytes > len("".join(to_lines([step(0), step(1), step(2)])))
    waiting(store)
    assert store.backlog() == dataclasses.replace(told, rows=0, size_bytes=0, age_s=0.0)


def test_rows_written_again_delete_nothing(store: SqliteStore) -> None:
    rows: list[Row] = [step(0), step(1), WEAR, SESSION, balance("contact_time_s")]
    store.write(rows)
    newer = dataclasses.replace(SESSION, state="ended", verdict="even")
    store.write([*rows, newer])
    store.replace("s1", (BalanceRow,), [balance("contact_time_s"), newer])
    assert {entry.kind for entry in waiting(store)} == {Kind.LINES}


def test_a_comparison_that_is_taken_back_is_deleted_and_the_others_sent_again(
    store: SqliteStore,
) -> None:
    store.write([balance("contact_time_s"), balance("strike_angle_deg"), step(0)])
    waiting(store)
    store.replace("s1", (BalanceRow,), [balance("contact_time_s")])
    deletion, *rest = waiting(store)
    assert deletion.deletion.measurement == "balance"
    assert deletion.deletion.where == {"session": "s1"}
    assert lines_of(rest) == to_lines([balance("contact_time_s")])


def test_clearing_a_session_deletes_the_kinds_it_has(store: SqliteStore) -> None:
    store.write([step(0), WEAR, step(0, session="s2")])
    waiting(store)
    store.clear_rows("s1")
    gone = [entry.deletion for entry in waiting(store)]
    assert [d.measurement for d in gone] == ["step", "wear"]
    assert all(d.where == {"session": "s1"} for d in gone)
    store.clear_rows("s1")
    assert waiting(store) == []


def test_a_shoe_that_changes_its_name_takes_its_old_point_away(
    store: SqliteStore,
) -> None:
    store.write([WEAR])
    waiting(store)
    renamed = dataclasses.replace(WEAR, shoe="")
    store.write([renamed])
    deletion, lines = waiting(store)
    assert deletion.deletion.time_ns == T0_NS
    assert deletion.deletion.where == {
        "runner": "ana",
        "session": "s1",
        "side": "left",
        "shoe": "blue",
    }
    assert lines_of([lines]) == to_lines([renamed])


def test_a_figure_that_is_unknown_now_takes_its_old_point_away(
    store: SqliteStore,
) -> None:
    """A slip takes angles back; InfluxDB would go on showing the old ones."""
    store.write([step(0, strike_angle_deg=5.0), step(1, strike_angle_deg=None)])
    waiting(store)
    store.write([step(0, strike_angle_deg=None), step(1, strike_angle_deg=4.0)])
    deletion, lines = waiting(store)
    assert deletion.deletion.measurement == "step"
    assert deletion.deletion.time_ns == step(0).time_ns
    assert len(lines.lines) == 2


def test_many_rows_wait_in_blocks_that_can_be_sent_at_once(store: SqliteStore) -> None:
    store.write([step(n) for n in range(4500)])
    at_once = store.outbox.oldest(4200)
    assert [entry.rows for entry in at_once] == [2000, 2000]
    assert sum(entry.rows for entry in waiting(store)) == 4500


def test_only_lines_are_sent_together(store: SqliteStore) -> None:
    store.write([step(0)])
    store.announce([LIVE])
    store.clear_rows("s1")
    store.write([step(1)])
    batches = []
    while entries := store.outbox.oldest(5000):
        with store.writing():
            store.outbox.done(entries)
        batches.append([entry.kind for entry in entries])
    assert batches == [[Kind.LINES, Kind.SERVICE], [Kind.DELETION], [Kind.LINES]]


def limit(store: SqliteStore, most_bytes: int) -> None:
    with store.writing():
        store.outbox.remember("most_bytes", most_bytes)


def test_a_full_outbox_gives_up_what_was_shown_live_first_and_counts_it(
    store: SqliteStore,
) -> None:
    for n in range(10):
        store.announce([dataclasses.replace(LIVE, time_ns=T0_NS + n)])
    limit(store, store.backlog().size_bytes)
    store.write([step(0)])
    entries = waiting(store)
    given_up = store.outbox.state("given_up")
    assert given_up > 0
    live = [entry for entry in entries if entry.kind is Kind.SERVICE]
    assert len(live) == 10 - given_up
    assert live[0].payload.endswith(str(T0_NS + given_up))  # the oldest went
    assert lines_of(entries) == to_lines([step(0)])


def test_a_full_outbox_keeps_whole_sessions_in_mind_instead_of_their_lines(
    store: SqliteStore,
) -> None:
    limit(store, 20_000)
    for n in range(500):
        store.write([step(n), step(n, session="s2")])
        assert store.backlog().size_bytes <= 20_000
    entries = waiting(store)
    assert [(e.kind, e.session) for e in entries[:1]] == [(Kind.WHOLE, "s1")]
    whole = {entry.session for entry in entries if entry.kind is Kind.WHOLE}
    told = set(lines_of(entries))
    for session in {"s1", "s2"} - whole:
        assert told >= set(to_lines(store.rows(StepRow, session)))


def test_a_session_that_waits_whole_takes_no_more_room(store: SqliteStore) -> None:
    store.write([step(0)])
    store.send_again(["s1"])
    store.write([step(1)])
    store.clear_rows("s1")
    store.send_again(["s1"])
    (entry,) = waiting(store)
    assert (entry.kind, entry.session, entry.rows) == (Kind.WHOLE, "s1", 1)


def test_what_changes_while_a_session_is_sent_whole_waits_behind_it(
    store: SqliteStore,
) -> None:
    store.write([step(0)])
    store.send_again(["s1"])
    (whole,) = store.outbox.oldest(5000)
    with store.writing():
        store.outbox.begin(whole)
    store.write([step(1)])
    first, second = waiting(store)
    assert (first.kind, first.id) == (Kind.SENDING, whole.id)
    assert lines_of([second]) == to_lines([step(1)])


def test_an_entry_that_was_taken_out_meanwhile_never_costs_another_one(
    store: SqliteStore,
) -> None:
    """Lines on their way when the outbox fills up: their ids are not used again."""
    store.write([step(0)])
    on_their_way = store.outbox.oldest(5000)
    store.send_again(["s1"])
    with store.writing():
        store.outbox.done(on_their_way)
    assert [entry.kind for entry in waiting(store)] == [Kind.WHOLE]


def test_refused_lines_are_counted_and_the_newest_kept(store: SqliteStore) -> None:
    with store.writing():
        store.outbox.set_aside((f"line {n}", "why") for n in range(MOST_REFUSED + 5))
    kept = store.outbox.refused()
    assert len(kept) == MOST_REFUSED
    assert kept[-1] == (f"line {MOST_REFUSED + 4}", "why")
    assert store.backlog().refused_rows == MOST_REFUSED + 5


def test_nothing_waits_of_a_runner_who_is_forgotten(store: SqliteStore) -> None:
    store.write([step(0), step(0, runner="ben", session="s2"), SESSION])
    ben = dataclasses.replace(LIVE, runner="ben", session="s2")
    store.announce([LIVE, ben])
    with store.writing():
        store.outbox.set_aside([(to_lines([step(9)])[0], "why")])
    told = store.erase("ana")
    assert (told.sessions, told.rows) == (("s1",), 2)
    entries = waiting(store)
    assert "runner=ana" not in "".join(entry.payload for entry in entries)
    assert [e.lines for e in entries if e.kind is Kind.SERVICE] == [to_lines([ben])]
    assert store.outbox.refused() == []
    assert store.backlog().rows == 0


def test_one_at_a_time_sends_what_waits(path: Path, store: SqliteStore) -> None:
    first, second = Turn(path), Turn(path)
    assert first.take()
    assert first.take()
    told: list[bool] = []
    other = threading.Thread(target=lambda: told.append(second.take()))
    other.start()
    other.join()
    assert told == [False]
    store.write([step(0)])  # the store itself is not locked
    first.end()
    assert second.take()
    second.end()


def test_a_place_that_takes_no_lock_is_an_error_with_advice(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        Turn(tmp_path / "nowhere" / "treadwear.db").take()
    assert caught.value.next_step
