"""Marks and snoozes: kept with the run, once, whatever becomes of its figures."""

from pathlib import Path

import msgspec
import pytest

from contract import topics
from contract.messages import Event, EventKind, SessionMeta, dumps
from contract.rows import EventRow, StepRow
from contract.units import NS_PER_S
from processing.ingest import FUTURE_NS
from processing.mailroom import MOST_TEXT, Mail, sort_mail
from processing.offline import reprocess
from processing.store.lines import to_line
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until
from tests.processing.live_loop import LiveLoop
from tests.processing.simulated_run import ORIGIN_NS, SimulatedRun

NOW_NS = ORIGIN_NS + 3600 * NS_PER_S
TOPIC = topics.mark("ana", "s1")
AT_NS = ORIGIN_NS + 20 * NS_PER_S
MARK = Event(kind="mark", t_ns=AT_NS, text="left calf, she says")
SNOOZE = Event(kind="snooze", t_ns=AT_NS, seconds=600)


def sort(event: Event, owner: str | None = "ana") -> Mail:
    return sort_mail([(TOPIC, dumps(event))], NOW_NS, lambda _: owner)


def row(event: Event) -> EventRow:
    (found,) = sort(event).told
    return found


def test_a_mark_is_an_event_of_the_run_at_the_moment_meant() -> None:
    assert row(MARK) == EventRow(
        runner="ana",
        session="s1",
        side="both",
        time_ns=AT_NS,
        kind="mark",
        text="left calf, she says",
    )


@pytest.mark.parametrize(
    ("text", "seconds", "said"),
    [
        ("", 600, "snoozed for 10 min"),
        ("", 45, "snoozed for 45 s"),
        ("knows it", 300, "snoozed for 5 min: knows it"),
    ],
)
def test_a_snooze_says_for_how_long(text: str, seconds: int, said: str) -> None:
    event = msgspec.structs.replace(SNOOZE, text=text, seconds=seconds)
    assert (row(event).kind, row(event).text) == ("snooze", said)


@pytest.mark.parametrize("kind", ["mark", "snooze"])
def test_a_long_text_is_cut(kind: EventKind) -> None:
    event = Event(kind=kind, t_ns=AT_NS, text="<script>" * 5000, seconds=2**62)
    assert len(row(event).text) == MOST_TEXT


@pytest.mark.parametrize("event", [MARK, SNOOZE])
def test_what_cannot_be_meant_is_set_aside(event: Event) -> None:
    later = msgspec.structs.replace(event, t_ns=NOW_NS + FUTURE_NS + 1)
    for mail, why in (
        (sort(event, owner=None), "not known"),
        (sort(event, owner="eve"), "another runner's"),
        (sort(later), "more than a day ahead"),
    ):
        assert not mail.told
        assert why in mail.letters[0].reason


def test_a_run_may_be_described_just_before_it_is_marked() -> None:
    meta = SessionMeta(runner="ana", session="s1", origin_ns=ORIGIN_NS)
    words = [(topics.meta("ana", "s1"), dumps(meta)), (TOPIC, dumps(MARK))]
    assert len(sort_mail(words, NOW_NS).told) == 1
    assert not sort_mail(words[::-1], NOW_NS).told


def kept(path: Path) -> list[EventRow]:
    with SqliteStore.open(path, read_only=True) as store:
        rows = store.rows(EventRow, "s1")
    return [r for r in rows if r.kind in ("mark", "snooze")]


@pytest.fixture
def fed(loop: LiveLoop) -> LiveLoop:
    """Give the loop, with a store whose changes are queued for InfluxDB."""
    with SqliteStore.open(loop.path) as store:
        store.feed(is_on=True)
    return loop


def queued(path: Path) -> list[str]:
    """Give the lines of marks that wait for InfluxDB."""
    with SqliteStore.open(path, read_only=True) as store:
        found = store._all("SELECT payload FROM outbox ORDER BY id")
    lines = [line for (payload,) in found for line in payload.split("\n")]
    return [line for line in lines if line.startswith("event,kind=mark,")]


def test_marks_are_stored_once_also_after_the_end(fed: LiveLoop) -> None:
    late = msgspec.structs.replace(MARK, t_ns=NOW_NS, text="after the shower")
    with fed.processing() as service:
        fed.tell(fed.run.meta)
        wait_until(lambda: service.counters.received > 0)
        for _ in range(3):  # at least once is more than once
            fed.bus.publish(TOPIC, dumps(MARK))
        fed.bus.publish(TOPIC, dumps(SNOOZE))
        wait_until(lambda: len(kept(fed.path)) == 2)
        fed.send(fed.frames)
        fed.tell(fed.end())
        fed.wait_until_closed()
        fed.bus.publish(TOPIC, dumps(late))
        wait_until(lambda: len(kept(fed.path)) == 3)
        assert service.counters.dead_letters == 0
    assert [r.kind for r in kept(fed.path)] == ["mark", "snooze", "mark"]
    lines = {to_line(r) for r in kept(fed.path) if r.kind == "mark"}
    assert set(queued(fed.path)) == lines


@pytest.fixture
def marked(fed: LiveLoop) -> Path:
    """Give a store with a whole run that was marked."""
    with SqliteStore.open(fed.path) as store:
        store.commit_raw(fed.frames, [fed.end()])
        reprocess(store, "s1")
        store.write([row(MARK), row(SNOOZE)])
    return fed.path


def test_an_analysis_anew_keeps_what_people_told(marked: Path) -> None:
    with SqliteStore.open(marked) as store:
        odd = EventRow(
            runner="ana", session="s1", side="left", time_ns=5, kind="slip", text=""
        )
        store.write([odd])
        reprocess(store, "s1")
        assert odd not in store.rows(EventRow, "s1")
        assert store.rows(StepRow, "s1")
    assert kept(marked) == [row(MARK), row(SNOOZE)]


def test_a_run_that_goes_on_after_all_keeps_them_here_and_there(marked: Path) -> None:
    with SqliteStore.open(marked) as store:
        store.clear_rows("s1")
        assert store.rows(StepRow, "s1") == []
    assert kept(marked) == [row(MARK), row(SNOOZE)]
    assert queued(marked)[-1] == to_line(row(MARK))


def test_to_forget_a_runner_forgets_what_was_told_of_her(marked: Path) -> None:
    with SqliteStore.open(marked) as store:
        store.erase("ana")
    assert kept(marked) == []


def test_a_mark_of_another_runners_run_is_not_stored(
    loop: LiveLoop, two_runs: list[SimulatedRun]
) -> None:
    with loop.processing() as service:
        loop.tell(loop.run.meta)
        wait_until(lambda: service.counters.received > 0)
        loop.bus.publish(topics.mark("eve", "s1"), dumps(MARK))
        loop.bus.publish(topics.mark("ana", two_runs[1].meta.session), dumps(MARK))
        wait_until(lambda: service.counters.dead_letters == 2)
    assert kept(loop.path) == []


def test_who_watches_cannot_say_that_frames_are_lost() -> None:
    gap = Event(kind="gap", t_ns=AT_NS, slot="left", last_seq=9)

    mail = sort(gap)

    assert (mail.lost, mail.told) == ([], [])
    assert "cannot say" in mail.letters[0].reason
