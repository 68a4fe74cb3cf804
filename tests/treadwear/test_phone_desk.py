"""What stands behind the runner's page: refusals, ends, and what is kept before a run.

Sensors are virtual, all else is real; time runs faster than ours.
"""

import asyncio
import concurrent.futures
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.errors import TreadwearError, UsageError
from contract.messages import SessionMeta
from contract.model import ImuBatch, Slot
from dashboards.phone import wishes as w
from dashboards.phone.state import PhoneState
from processing.store.people import consents_of, shoes_of
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until
from tests.treadwear.conftest import recorded
from treadwear.app import broker_of, running_processing
from treadwear.phone.held import HeldFeed
from treadwear.phone.rules import may
from treadwear.settings import Settings

if TYPE_CHECKING:
    from treadwear.phone.desk import PhoneKit

LEFT, RIGHT = Slot.LEFT, Slot.RIGHT


@pytest.fixture(scope="module")
def run_of_ana(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("recordings") / "ana"
    return str(recorded(place, LEFT, RIGHT, seconds=30.0))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def kit(settings: Settings, run_of_ana: str) -> "Iterator[PhoneKit]":
    from tests.dashboards.phone_bench import desk  # noqa: PLC0415 - only where used

    with desk(settings.data_dir, run_of_ana) as kit:
        kit.do(w.AddRunner(runner="ana-1", name="Ana"))
        kit.do(w.Agree(store=True, live=False, share=False, research=False))
        yield kit


def to_context(kit: "PhoneKit") -> None:
    kit.do(w.Ready())
    wait_until(lambda: "answer" in kit.state().may)
    kit.do(w.Answer(is_right=True))
    wait_until(lambda: "skip" in kit.state().may)
    kit.do(w.Skip())
    wait_until(lambda: "start" in kit.state().may)


EVERY: tuple[w.Wish, ...] = (
    w.Ready(),
    w.ChooseRunner(runner="ana-1"),
    w.AddRunner(runner="bea"),
    w.Agree(store=False, live=True, share=True, research=True),
    w.ChooseShoe(shoe="other"),
    w.WearHip(worn=True),
    w.Answer(is_right=True),
    w.Skip(),
    w.Next(),
    w.Again(),
    w.Start(),
    w.Stop(),
    w.TellPain(pain=3),
)


def refuse_all_others(kit: "PhoneKit") -> None:
    """Every wish that is not offered is refused, and changes nothing."""
    state = kit.state()
    for wish in EVERY:
        if w.name_of(wish) not in state.may:
            with pytest.raises(UsageError, match="cannot be done now"):
                kit.do(wish)
    assert kit.state().step == state.step
    assert kit.state().home == state.home


def test_what_a_step_does_not_offer_is_refused_without_harm(kit: "PhoneKit") -> None:
    refuse_all_others(kit)
    kit.do(w.Ready())
    wait_until(lambda: "answer" in kit.state().may)
    refuse_all_others(kit)
    kit.do(w.Answer(is_right=True))
    with pytest.raises(UsageError):  # a second tap, or the other phone's
        kit.do(w.Answer(is_right=False))
    wait_until(lambda: "skip" in kit.state().may)
    refuse_all_others(kit)
    kit.do(w.Skip())
    wait_until(lambda: "start" in kit.state().may)
    refuse_all_others(kit)


def test_nobody_answers_for_whom_another_phone_has_chosen(
    kit: "PhoneKit", settings: Settings
) -> None:
    kit.do(w.AddRunner(runner="bea", name="Bea"))  # the other phone; ours shows ana-1
    mine = w.Agree(of="ana-1", store=True, live=True, share=True, research=True)
    shoe, hip = w.ChooseShoe(of="ana-1", shoe="a"), w.WearHip(of="ana-1", worn=True)
    for wish in (mine, shoe, hip):
        with pytest.raises(UsageError, match="another runner"):
            kit.do(wish)
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        assert consents_of(store, "bea") == []
        assert shoes_of(store, "bea") == {}
    kit.do(w.ChooseRunner(runner="ana-1"))
    kit.do(mine)
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        assert consents_of(store, "ana-1")[-1].research


@pytest.mark.parametrize("runner", ["sim-1", "status", "admin"])
def test_a_pseudonym_that_means_something_else_is_refused(
    kit: "PhoneKit", runner: str
) -> None:
    with pytest.raises(UsageError, match="cannot be a runner id"):
        kit.do(w.AddRunner(runner=runner))


def test_who_turns_back_at_the_door_leaves_nothing(
    kit: "PhoneKit", settings: Settings
) -> None:
    to_context(kit)
    kit.do(w.Home())
    assert kit.state().step == "home"
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        assert store.sessions() == []
        assert store.sessions_of("ana-1") == []
    assert list(settings.spools_dir.glob("*.db")) == []


def test_a_hip_sensor_is_told_apart_like_the_shoes(
    settings: Settings, tmp_path: Path
) -> None:
    """Three sensors near: two are shaken, the third is what is left over."""
    from tests.dashboards.phone_bench import desk  # noqa: PLC0415 - only where used

    three = str(recorded(tmp_path / "three", *Slot, seconds=10.0))
    with desk(settings.data_dir, three) as kit:
        kit.do(w.AddRunner(runner="ana-1", name="Ana"))
        kit.do(w.Agree(store=True, live=False, share=False, research=False))
        kit.do(w.WearHip(worn=True))
        kit.do(w.Ready())
        for slot in ("left", "right"):
            wait_until(lambda: "answer" in kit.state().may)
            assert (shake := kit.state().shake)
            assert shake.slot == slot
            kit.do(w.Answer(is_right=True))
        wait_until(lambda: "skip" in kit.state().may)
        kit.do(w.Home())
        home = kit.state().home
        assert [s.slot for s in home.sensors] == ["left", "right", "hip"]
        kit.do(w.WearHip(worn=False))  # another set of places: shaken anew
        assert not kit.state().home.is_known


def test_a_server_that_is_stopped_ends_the_run_and_keeps_it(
    settings: Settings, run_of_ana: str
) -> None:
    from tests.dashboards.phone_bench import desk  # noqa: PLC0415 - only where used

    with desk(settings.data_dir, run_of_ana) as kit:
        kit.do(w.AddRunner(runner="ana-1", name="Ana"))
        kit.do(w.Agree(store=True, live=False, share=False, research=False))
        to_context(kit)
        kit.do(w.Start(note="in the rain"))
        wait_until(lambda: (run := kit.state().run) and run.disk == "safe")
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        (session,) = store.sessions_of("ana-1")
        meta = store.meta(session)
        assert meta is not None
        assert (meta.state, meta.note) == ("ended", "in the rain")
        assert len(list(store.frames(session))) > 10


def test_a_wish_that_comes_as_the_desk_closes_is_refused_at_once(
    settings: Settings, run_of_ana: str
) -> None:
    """Between the look whether it lives and the hand-over its loop may have closed."""
    from tests.dashboards.phone_bench import desk  # noqa: PLC0415 - only where used

    with desk(settings.data_dir, run_of_ana) as kit:
        pass
    kit._over = concurrent.futures.Future()  # as it looked just before
    with pytest.raises(TreadwearError, match="nothing can be done here"):
        kit.do(w.Ready())


def test_nobody_waits_for_a_desk_that_ended_before_it_came_to_the_wish(
    settings: Settings, run_of_ana: str
) -> None:
    from tests.dashboards.phone_bench import desk  # noqa: PLC0415 - only where used

    with desk(settings.data_dir, run_of_ana) as kit:
        pass
    kit._over, kit._ready = concurrent.futures.Future(), concurrent.futures.Future()
    with closing(asyncio.new_event_loop()) as idle:  # takes it, and never looks at it
        kit._ready.set_result(idle)
        threading.Timer(0.1, kit._over.set_result, [None]).start()
        with pytest.raises(TreadwearError, match="nothing can be done here"):
            kit.do(w.Ready())


def test_without_bluetooth_she_reads_why_and_can_go_back(settings: Settings) -> None:
    """This test's computer has no adapter, or has one and no sensors: both are said."""
    from treadwear.phone.desk import phone_desk  # noqa: PLC0415 - only where used

    with (
        broker_of(settings) as (_, port),
        running_processing(settings, port),
        phone_desk(settings, port) as kit,
    ):
        kit.do(w.AddRunner(runner="ana-1"))
        kit.do(w.Agree(store=True, live=False, share=False, research=False))
        kit.do(w.Ready())
        wait_until(lambda: kit.state().step == "fault")
        fault = kit.state().fault
        assert fault is not None
        assert fault.what
        assert fault.steps
        kit.do(w.Home())
        assert kit.state().step == "home"


def test_a_disk_that_takes_nothing_is_said_before_she_runs(
    kit: "PhoneKit", settings: Settings
) -> None:
    settings.spools_dir.write_text("in the way", encoding="utf-8")
    kit.do(w.Ready())
    wait_until(lambda: "answer" in kit.state().may)
    kit.do(w.Answer(is_right=True))
    wait_until(lambda: "skip" in kit.state().may)
    kit.do(w.Skip())
    wait_until(lambda: kit.state().step == "fault")
    fault = kit.state().fault
    assert fault is not None
    assert fault.what == "Nothing can be written to disk on the computer."
    assert "again" in kit.state().may


# --- what is kept before the run


class Kept:
    """A feed that notes what it gets."""

    def __init__(self, meta: SessionMeta) -> None:
        self.meta, self.fault = meta, None
        self.epochs: list[Slot] = []
        self.batches: list[ImuBatch] = []
        self.fed_frames, self.is_refused = 3, True

    def next_epoch(self, slot: Slot) -> int:
        self.epochs.append(slot)
        return self.epochs.count(slot) - 1

    def push(self, batch: ImuBatch) -> None:
        self.batches.append(batch)

    def describe(self, meta: SessionMeta) -> None:
        self.meta = meta


def test_what_came_before_the_start_is_handed_on_in_its_epochs() -> None:
    feed = HeldFeed(SessionMeta(runner="ana", session="s-1", origin_ns=0))
    numbers = [feed.next_epoch(slot) for slot in (LEFT, RIGHT, LEFT)]
    first, second = object(), object()
    feed.push(first)  # type: ignore[arg-type] # handed on unread
    feed.describe(SessionMeta(runner="ana", session="s-1", origin_ns=0, note="hm"))
    assert numbers == [0, 0, 1]
    assert (feed.fed_frames, feed.is_refused, feed.is_open) == (0, False, False)
    kept: list[Kept] = []

    def begin(meta: SessionMeta) -> Kept:
        kept.append(Kept(meta))
        return kept[0]

    feed.release(begin)
    feed.push(second)  # type: ignore[arg-type]
    assert kept[0].meta.note == "hm"
    assert kept[0].epochs == [LEFT, LEFT, RIGHT]
    assert kept[0].batches == [first, second]
    assert feed.next_epoch(LEFT) == 2
    assert (feed.fed_frames, feed.is_refused, feed.is_open) == (3, True, True)


def test_nothing_can_be_wished_for_while_a_run_is_stored() -> None:
    assert may(PhoneState(step="saving")) == ()
