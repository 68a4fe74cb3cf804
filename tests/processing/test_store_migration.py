import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contract.errors import StoreError
from contract.model import Slot
from contract.people import Pain
from contract.rows import (
    BalanceRow,
    BaselineRow,
    EventRow,
    QualityRow,
    RejectionRow,
    RollRow,
    SessionRow,
    StepRow,
    WearRow,
)
from contract.schema import MEASUREMENTS
from processing.store.base import Backlog, DeadLetter, KeptRecord, LostFrames, RawFrame
from processing.store.database import SCHEMA_VERSION, bring_up_to_date
from processing.store.migrate import migration
from processing.store.sqlite import SqliteStore
from tests.processing.version_1 import META, write_version_1


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "treadwear.db"
    write_version_1(path)
    return path


def layout(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


@pytest.mark.parametrize("read_only", [True, False])
def test_an_old_file_keeps_its_steps_and_knows_nothing_of_new_figures(
    old: Path, read_only: bool
) -> None:
    with SqliteStore.open(old, read_only=read_only) as store:
        (step,) = store.rows(StepRow, "s1")
    assert step == StepRow(
        runner="ana",
        session="s1",
        side="left",
        time_ns=7,
        contact_time_s=0.25,
        stride_time_s=0.7,
        swing_time_s=0.45,
        duty_factor=0.36,
        flight_time_s=0.1,
        step_time_s=0.35,
        cadence_spm=171.0,
        impulse_bws=0.35,
        quality=1.0,
    )
    assert step.is_clipped is None
    assert layout(old) == SCHEMA_VERSION


def test_percentages_of_an_old_balance_go_on_under_their_new_names(old: Path) -> None:
    with SqliteStore.open(old, read_only=True) as store:
        (balance,) = store.rows(BalanceRow, "s1")
    assert (balance.random_half, balance.systematic_half) == (0.7, 2.8)
    assert (balance.ci_unit, balance.source) == ("%", "shoes")
    assert (balance.left_sd, balance.right_sd) == (None, None)
    assert (balance.size, balance.n_pairs, balance.n_eff) == (3.9, 400, 120.5)


def test_every_other_old_row_is_still_there(old: Path) -> None:
    with SqliteStore.open(old, read_only=True) as store:
        (rejection,) = store.rows(RejectionRow, "s1")
        (wear,) = store.rows(WearRow, "s1")
        (quality,) = store.rows(QualityRow, "s1")
        (event,) = store.rows(EventRow, "s1")
        late, early = store.sessions()
    assert (rejection.reason, event.text) == ("a gap", "the bridge")
    assert (wear.dose_bws, wear.heel_medial_bws, wear.distance_m) == (170.0, None, None)
    assert (quality.strides, quality.near_gaps, quality.withheld) == (510, 0, "")
    assert (late.verdict, late.baseline_runs) == ("slightly different", 0)
    assert [row.source for row in (late, early)] == ["shoes", "none"]
    assert [row.simulated for row in (late, early)] == [False, True]


def test_raw_data_of_an_old_file_is_untouched(old: Path) -> None:
    with SqliteStore.open(old) as store:
        frame = RawFrame("ana", "s1", Slot.LEFT, 0, 0, b"\x00\xff\x01")
        assert list(store.frames("s1")) == [frame]
        assert store.lost("s1") == [LostFrames("s1", Slot.RIGHT, 0, 3, 4)]
        assert store.dead_letters() == [DeadLetter("a/b", "too short", b"\x00", 3)]
        assert store.meta("s1") == META
        assert store.is_closed("s1")


def test_new_rows_go_into_an_old_file_column_by_column(old: Path) -> None:
    """Its newer columns stand at the end, not where the row class has them."""
    with SqliteStore.open(old) as store:
        (balance,) = store.rows(BalanceRow, "s1")
        (step,) = store.rows(StepRow, "s1")
        angle = dataclasses.replace(
            balance, metric="strike_angle_deg", asi_pct=None, ci_unit="deg", left_sd=1.5
        )
        newer = dataclasses.replace(step, strike_angle_deg=12.5, is_clipped=True)
        store.write([angle, newer])
        assert store.rows(BalanceRow, "s1") == [balance, angle]
        assert store.rows(StepRow, "s1") == [newer]
        pain = KeptRecord("ana", Pain(time_ns=3, pain=2), 3)
        store.keep([pain])
        assert store.records(Pain, "ana") == [pain]


def test_opening_again_changes_nothing_more(old: Path) -> None:
    with SqliteStore.open(old) as store:
        before = store.rows(BalanceRow, "s1")
    with SqliteStore.open(old) as store:
        assert store.rows(BalanceRow, "s1") == before
    every = {name: [c.name for c in m.columns] for name, m in MEASUREMENTS.items()}
    assert migration(every) == []


def test_an_old_file_that_may_not_be_written_says_what_to_do(old: Path) -> None:
    """A second writer stands in its way, as an old treadwear that still runs does."""
    with (
        pytest.MonkeyPatch.context() as patch,
        closing(sqlite3.connect(old)) as other,
    ):
        patch.setattr("processing.store.sqlite._BUSY_S", 0.01)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="of an older treadwear") as caught:
            SqliteStore.open(old, read_only=True)
    assert "locked" in caught.value.why
    assert "Nothing in it was changed" in caught.value.next_step
    assert "Another treadwear" in caught.value.next_step
    assert layout(old) == 1


def test_a_migration_that_fails_half_way_leaves_the_old_file_as_it_was(
    old: Path,
) -> None:
    """A full disk while columns are added."""
    with closing(sqlite3.connect(old)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            bring_up_to_date(connection)
    assert layout(old) == 1
    with SqliteStore.open(old) as store:
        assert [row.session for row in store.sessions()] == ["s1", "s0"]
        assert isinstance(store.session("s1"), SessionRow)


def test_a_file_of_version_2_gets_the_new_columns_and_an_outbox(tmp_path: Path) -> None:
    path = tmp_path / "treadwear.db"
    with SqliteStore.open(path) as store:
        store.commit_raw([], [META])
    with closing(sqlite3.connect(path)) as connection, connection:
        new = {"session": ("begin_ms", "end_ms"), "event": ("code",)}
        for table, columns in new.items():
            for column in columns:
                connection.execute(f'ALTER TABLE "{table}" DROP COLUMN {column}')
        for table in ("outbox", "outbox_refused", "state"):
            connection.execute(f"DROP TABLE {table}")
        insert = "INSERT INTO event (session, side, time_ns, kind) VALUES (?, ?, ?, ?)"
        connection.execute(insert, ("s1", "left", 5, "slip"))
        connection.execute("PRAGMA user_version = 2")
    with SqliteStore.open(path, read_only=True) as store:
        (event,) = store.rows(EventRow, "s1")
        assert (event.kind, event.code) == ("slip", None)
        assert store.backlog() == Backlog()
    assert layout(path) == SCHEMA_VERSION
    with SqliteStore.open(path) as store:
        store.feed(is_on=True)
        store.write([dataclasses.replace(event, runner="ana", text="turned", code="x")])
        assert store.backlog().rows == 1


def test_a_file_of_version_3_gets_the_roll_and_the_columns_of_a_report(
    tmp_path: Path,
) -> None:
    path = tmp_path / "treadwear.db"
    new = {
        "balance": ("left_cv_pct", "right_cv_pct", "symmetry_angle_pct", "speed_mps"),
        "baseline": ("z", "is_flagged"),
        "session": ("settings_hash", "pace_matched_session"),
    }
    with SqliteStore.open(path) as store:
        store.commit_raw([], [META])
    with closing(sqlite3.connect(path)) as connection, connection:
        for table, columns in new.items():
            for column in columns:
                connection.execute(f'ALTER TABLE "{table}" DROP COLUMN {column}')
        connection.execute("DROP TABLE roll")
        insert = "INSERT INTO baseline (session, side, time_ns, metric, is_new, z)"
        with pytest.raises(sqlite3.OperationalError, match="z"):
            connection.execute(f"{insert} VALUES ('s1', 'both', 5, 'x', 1, 2.0)")
        insert = "INSERT INTO baseline (session, side, time_ns, metric, is_new)"
        connection.execute(f"{insert} VALUES ('s1', 'both', 5, 'x', 1)")
        connection.execute("PRAGMA user_version = 3")
    with SqliteStore.open(path) as store:
        (row,) = store.rows(BaselineRow, "s1")
        assert (row.is_new, row.z, row.is_flagged) == (True, None, None)
        roll = RollRow(
            runner="ana",
            session="s1",
            side="left",
            time_ns=5,
            contact_pct=50,
            eversion_deg=2.5,
            eversion_sd_deg=0.5,
            steps=80,
        )
        store.write([roll])
        assert store.rows(RollRow, "s1") == [roll]
    assert layout(path) == SCHEMA_VERSION
