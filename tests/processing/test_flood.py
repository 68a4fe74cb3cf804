"""A flood of rubbish beside a real runner: counted, forgotten, and in nobody's way."""

import random
import struct
import zlib
from pathlib import Path

import pytest

from contract import topics, wire
from contract.messages import SessionMeta, dumps
from contract.model import Slot
from processing.health import Counters
from processing.inbox import MOST_PAYLOAD_BYTES, Inbox
from processing.ingest import MOST_AHEAD
from processing.intake import MOST_UNKNOWN, Intake
from processing.letterbox import MOST_A_MINUTE, MOST_KEPT_BYTES, Letterbox
from processing.mailroom import sort_mail
from processing.settings import Settings
from processing.store.base import DeadLetter
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until
from tests.processing.live_loop import Acks, LiveLoop, offline
from tests.processing.test_mailroom import batch

FLOOD = 20_000
NOW_NS = 1_763_700_000_000_000_000


def rubbish(chance: random.Random, real: bytes) -> tuple[str, bytes]:
    """One message that nobody can use, on a topic that somebody may have.

    Well signed poison is for strangers only: on her own topics it says that one of her
    frames is of no use, and is believed.
    """
    slot = chance.choice(list(Slot))
    stranger = topics.imu(
        f"r{chance.randrange(10**6)}", f"x{chance.randrange(10**9)}", slot
    )
    noise = b"?" + chance.randbytes(chance.randrange(2000))
    cut = real[: chance.randrange(1, len(real) - 1)]
    return chance.choice(
        [
            (topics.imu("ana", "s1", slot), noise),
            (topics.imu("ana", "s1", slot), cut),
            (stranger, noise),
            (stranger, cut),
            (stranger, poisoned(real)),
            (f"{topics.ROOT}/{chance.randrange(10**9)}/\u00d6/left/imu", real),
        ]
    )


def poisoned(real: bytes) -> bytes:
    """A frame with a rate that is none, and a checksum that fits."""
    body = bytearray(real[:-4])
    struct.pack_into("<f", body, 28, 1e9)
    return bytes(body) + struct.pack("<I", zlib.crc32(body))


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> list[Intake]:
    """Give the intakes that services made, to look into their memory."""
    made: list[Intake] = []
    resume = Intake.resume

    def noted(intake: Intake) -> None:
        made.append(intake)
        resume(intake)

    monkeypatch.setattr(Intake, "resume", noted)
    return made


def test_a_flood_of_rubbish_is_counted_and_a_runner_in_it_loses_nothing(
    loop: LiveLoop, acks: Acks, services: list[Intake]
) -> None:
    chance = random.Random(5)  # noqa: S311 - no secret
    frames, end = loop.frames, loop.end()
    with loop.processing() as service:
        loop.tell(loop.run.meta)
        share = FLOOD // len(frames) + 1
        sent = 0
        for frame in frames:
            for _ in range(min(share, FLOOD - sent)):
                loop.bus.publish(*rubbish(chance, frame.payload))
                sent += 1
            loop.send([frame])
        loop.tell(end)
        loop.wait_until_closed()
        wait_until(lambda: service.counters.dead_letters == FLOOD)
        assert service.counters.received == FLOOD + len(frames) + 2
        assert service.counters.stored == len(frames)
        assert service.counters.refused == 0
        assert service.counters.lost == 0
        assert set(services[0].sessions) == {"s1"}
        assert service.health().dead_letters == FLOOD
    assert acks.unfounded == []
    assert loop.stored() == offline(end, frames)
    with SqliteStore.open(loop.path, read_only=True) as store:
        kept = store.dead_letters()
    assert 0 < len(kept) <= MOST_A_MINUTE


def test_good_frames_of_sessions_that_nobody_describes_do_not_fill_the_memory(
    loop: LiveLoop, services: list[Intake]
) -> None:
    """They are kept on disk: their descriptions may come after all."""
    count = 3 * MOST_UNKNOWN
    frame = wire.encode(batch(epoch=0, seq=0))
    with loop.processing() as service:
        for k in range(count):
            loop.bus.publish(topics.imu("ana", f"u{k}", Slot.LEFT), frame)
        wait_until(lambda: service.counters.stored == count)
        wait_until(lambda: len(services[0].sessions) <= MOST_UNKNOWN)
        first = SessionMeta(runner="ana", session="u0", origin_ns=NOW_NS, state="ended")
        loop.tell(first)
        loop.wait_until_closed("u0")
    with SqliteStore.open(loop.path, read_only=True) as store:
        assert len(list(store.frames("u0"))) == 1


def test_what_waits_for_its_description_is_not_held_in_memory(tmp_path: Path) -> None:
    topic = topics.imu("ana", "s1", Slot.LEFT)
    frames = [(topic, wire.encode(batch(epoch=0, seq=k))) for k in range(5)]
    meta = SessionMeta(runner="ana", session="s1", origin_ns=NOW_NS)
    told = [(topics.meta("ana", "s1"), dumps(meta))]
    with SqliteStore.open(tmp_path / "t.db") as store:
        intake = Intake(store, Settings(), Counters())
        intake.take_in(sort_mail(frames, NOW_NS))
        assert intake.sessions["s1"].stream(Slot.LEFT).ready == []
        intake.take_in(sort_mail(told, NOW_NS))
        assert len(intake.sessions["s1"].stream(Slot.LEFT).ready) == 5


def test_a_frame_far_ahead_of_the_next_one_is_not_taken(tmp_path: Path) -> None:
    """However many of them come, no more than so many wait for the next one."""
    topic, counters = topics.imu("ana", "s1", Slot.LEFT), Counters()
    seqs = [0, MOST_AHEAD + 1, MOST_AHEAD + 2, 2**31]
    frames = [(topic, wire.encode(batch(epoch=0, seq=seq))) for seq in seqs]
    with SqliteStore.open(tmp_path / "t.db") as store:
        intake = Intake(store, Settings(), counters)
        intake.take_in(sort_mail(frames[:1], NOW_NS))
        intake.take_in(sort_mail(frames[1:], NOW_NS))
        assert [frame.seq for frame in store.frames("s1")] == [0, MOST_AHEAD + 1]
    assert (counters.stored, counters.refused) == (2, 2)


def test_a_poison_frame_of_a_session_that_nobody_knows_makes_none(
    tmp_path: Path,
) -> None:
    payload = poisoned(wire.encode(batch(epoch=0, seq=0)))
    counters = Counters()
    with SqliteStore.open(tmp_path / "t.db") as store:
        intake = Intake(store, Settings(), counters)
        intake.take_in(sort_mail([(topics.imu("x", "y", Slot.LEFT), payload)], NOW_NS))
        assert not intake.sessions
        assert store.lost("y") == []
    assert (counters.dead_letters, counters.lost) == (1, 0)


def test_frames_that_find_no_room_are_refused_and_words_still_get_in() -> None:
    inbox = Inbox(most_frames=3)
    imu, meta = topics.imu("ana", "s1", Slot.LEFT), topics.meta("ana", "s1")
    for k in range(5):
        inbox.put(imu, bytes([k]))
    inbox.put(meta, b"{}")
    assert (inbox.received, inbox.refused, len(inbox)) == (6, 2, 4)
    taken = inbox.take(10, 0.0, 0.0)
    assert taken == [(meta, b"{}"), (imu, b"\0"), (imu, b"\1"), (imu, b"\2")]
    inbox.put(imu, b"again")
    assert len(inbox) == 1


def test_frames_are_counted_by_their_size_as_well() -> None:
    inbox = Inbox(most_bytes=10_000)
    for _ in range(9):
        inbox.put(topics.imu("ana", "s1", Slot.LEFT), bytes(2000))
    assert (len(inbox), inbox.refused) == (4, 5)
    assert len(inbox.take(2, 0.0, 0.0)) == 2
    inbox.put(topics.imu("ana", "s1", Slot.LEFT), bytes(2000))
    assert (len(inbox), inbox.refused) == (3, 5)


def test_ten_megabytes_are_not_let_in_and_told_in_a_few_words(loop: LiveLoop) -> None:
    topic = topics.imu("ana", "s1", Slot.LEFT)
    with loop.processing() as service:
        loop.bus.publish(topic, bytes(10_000_000))
        loop.bus.publish(topic, bytes(MOST_PAYLOAD_BYTES))
        wait_until(lambda: service.counters.dead_letters == 2)
    with SqliteStore.open(loop.path, read_only=True) as store:
        large, other = sorted(store.dead_letters(), key=lambda d: len(d.payload))
    assert "10000000 bytes came" in large.reason
    assert large.payload == b""
    assert "wrong magic" in other.reason
    assert len(other.payload) == MOST_KEPT_BYTES


def test_of_very_many_large_messages_all_are_counted() -> None:
    inbox = Inbox()
    for _ in range(150):
        inbox.put("t/imu", bytes(MOST_PAYLOAD_BYTES + 1))
    told, untold = inbox.too_large()
    assert len(told) + untold == inbox.received == 150
    assert inbox.too_large() == ([], 0)


def test_what_the_inbox_refuses_is_counted_by_the_service(
    loop: LiveLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And comes again: the collector has it on disk."""
    monkeypatch.setattr("processing.service.Inbox", lambda: Inbox(most_frames=50))
    frames = loop.frames[:200]
    with loop.processing() as service:
        loop.send(frames)
        wait_until(lambda: service.counters.refused > 0)
        while service.counters.stored < len(frames):
            known = service.counters.stored
            loop.send(frames[known : known + 40])
            wait_until(lambda n=known: service.counters.stored > n)  # type: ignore[misc]
        assert service.counters.received >= len(frames) + service.counters.refused


def test_of_many_dead_letters_some_are_kept_and_all_are_counted() -> None:
    box = Letterbox()
    letters = [DeadLetter("t", "r", bytes(9000), k) for k in range(5 * MOST_A_MINUTE)]
    kept = box.thin(letters)
    assert [letter.received_ns for letter in kept] == list(range(MOST_A_MINUTE))
    assert {len(letter.payload) for letter in kept} == {MOST_KEPT_BYTES}
    assert box.count == len(letters)
    assert box.thin(letters) == []


def test_a_session_without_news_for_long_is_read_back_when_more_comes(
    loop: LiveLoop, services: list[Intake], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its collector was away: what was said of it is in the store, not in memory."""
    monkeypatch.setattr("processing.intake.FORGET_OPEN_AFTER_S", 0.0)
    frames, end = loop.frames, loop.end()
    half = len(frames) // 2
    with loop.processing() as service:
        loop.tell(loop.run.meta)
        loop.send(frames[:half])
        wait_until(lambda: service.counters.stored == half)
        wait_until(lambda: not services[0].sessions)
        monkeypatch.setattr("processing.intake.FORGET_OPEN_AFTER_S", 60.0)
        loop.send(frames[half:])
        loop.tell(end)
        loop.wait_until_closed()
        assert service.counters.duplicates == 0
    assert loop.stored() == offline(end, frames)
