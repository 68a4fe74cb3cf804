import struct
import zlib

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import topics, wire
from contract.messages import Event, EventKind, SessionMeta, StreamEnd, dumps
from contract.model import ImuBatch, Slot
from processing.ingest import FUTURE_NS
from processing.mailroom import MOST_TEXT, Mail, sort_mail
from processing.store.base import LostFrames

NOW_NS = 1_763_700_000_000_000_000
IMU = topics.imu("ana", "s1", Slot.LEFT)
META = topics.meta("ana", "s1")
EVENT = topics.event("ana", "s1")
DESCRIPTION = SessionMeta(runner="ana", session="s1", origin_ns=NOW_NS)


def batch(**changes: object) -> ImuBatch:
    known = {
        "slot": Slot.LEFT,
        "epoch": 3,
        "seq": 7,
        "t0_ns": NOW_NS,
        "dev_ns": 5,
        "rate_hz": 200.0,
        "acc_lsb_mps2": 0.005,
        "gyro_lsb_rps": 0.001,
        "counts": np.ones((4, 6), np.int16),
    }
    return ImuBatch(**{**known, **changes})  # type: ignore[arg-type]


def signed(body: bytes) -> bytes:
    """Bytes with a checksum that fits, whatever they say."""
    return body + struct.pack("<I", zlib.crc32(body))


def changed(offset: int, kind: str, value: float) -> bytes:
    """Frame with one field of the header changed and the checksum made to fit."""
    body = bytearray(wire.encode(batch())[:-4])
    struct.pack_into(kind, body, offset, value)
    return signed(bytes(body))


def sort(topic: str, payload: bytes) -> Mail:
    return sort_mail([(topic, payload)], NOW_NS)


def flipped(payload: bytes, place: int) -> bytes:
    return payload[:place] + bytes([payload[place] ^ 0x10]) + payload[place + 1 :]


GOOD = wire.encode(batch())

# Bytes that changed on the way, or that another program speaks: the same frame sent
# again may be good, so nothing is given up.
DAMAGED = {
    "flipped bits": (flipped(GOOD, 60), "checksum does not fit"),
    "truncated": (GOOD[:-5], "length does not fit"),
    "a stump": (GOOD[:10], "too short"),
    "nothing": (b"", "too short"),
    "another magic": (b"XX" + GOOD[2:], "wrong magic"),
    "a newer version": (signed(GOOD[:2] + b"\x02" + GOOD[3:-4]), "speaks v2, this"),
}

# Frames that arrived as they were sent but cannot be used: sent again they are no
# better, so they are given up and the flow goes on.
POISON = {
    "scale is no number": (changed(36, "<f", float("nan")), "scale is not"),
    "scale is endless": (changed(40, "<f", float("inf")), "scale is not"),
    "scale is zero": (changed(36, "<f", 0.0), "scale is not"),
    "5 Hz": (changed(28, "<f", 5.0), "rate outside"),
    "unknown slot": (changed(34, "<B", 9), "unknown slot"),
    "no samples": (signed(changed(32, "<H", 0)[: wire.HEADER_BYTES]), "no samples"),
    "from the future": (
        wire.encode(batch(t0_ns=NOW_NS + FUTURE_NS + 1)),
        "more than a day ahead",
    ),
    "another foot": (wire.encode(batch(slot=Slot.RIGHT)), "a right frame came on the"),
}


def test_a_good_frame_is_kept_as_it_came() -> None:
    mail = sort(IMU, GOOD)
    ((raw, read),) = mail.frames
    assert raw.payload == GOOD
    assert (raw.runner, raw.session, raw.slot) == ("ana", "s1", Slot.LEFT)
    assert (raw.epoch, raw.seq) == (read.epoch, read.seq) == (3, 7)
    assert mail.runners == {"s1": "ana"}
    assert not mail.letters
    assert not mail.lost


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_frame_is_set_aside_and_waited_for(name: str) -> None:
    payload, reason = DAMAGED[name]
    mail = sort(IMU, payload)
    (letter,) = mail.letters
    assert reason in letter.reason
    assert (letter.topic, letter.payload, letter.received_ns) == (IMU, payload, NOW_NS)
    assert not mail.frames
    assert not mail.lost


@pytest.mark.parametrize("name", POISON)
def test_a_poison_frame_is_set_aside_and_given_up(name: str) -> None:
    payload, reason = POISON[name]
    mail = sort(IMU, payload)
    (letter,) = mail.letters
    assert reason in letter.reason
    assert letter.payload == payload
    assert not mail.frames
    assert mail.lost == [LostFrames("s1", Slot.LEFT, 3, 7, 7)]


def test_a_frame_up_to_a_day_ahead_is_believed() -> None:
    ahead = wire.encode(batch(t0_ns=NOW_NS + FUTURE_NS))
    assert len(sort(IMU, ahead).frames) == 1


def test_a_description_is_read() -> None:
    mail = sort(META, dumps(DESCRIPTION))
    assert mail.metas == [DESCRIPTION]
    assert not mail.letters


def test_a_cleared_description_is_no_news() -> None:
    mail = sort(META, b"")
    assert not mail.metas
    assert not mail.letters


BAD_DESCRIPTIONS = {
    "no JSON": (b"{", "not a SessionMeta message"),
    "no text": (b"\xff\xfe", "not a SessionMeta message"),
    "another shape": (b"[1, 2]", "Expected `object`"),
    "a field missing": (b'{"runner": "ana", "session": "s1"}', "origin_ns"),
    "text for a number": (
        b'{"runner": "ana", "session": "s1", "origin_ns": "now"}',
        "$.origin_ns",
    ),
    "a number too large for a database": (
        b'{"runner": "ana", "session": "s1", "origin_ns": 99999999999999999999}',
        "not a SessionMeta message",
    ),
    "nested without end": (b"[" * 100_000, "not a SessionMeta message"),
    "another session": (
        dumps(msgspec.structs.replace(DESCRIPTION, session="s2")),
        "names another session",
    ),
    "another runner": (
        dumps(msgspec.structs.replace(DESCRIPTION, runner="ben")),
        "names another session",
    ),
    "an unknown slot": (
        dumps(msgspec.structs.replace(DESCRIPTION, ends={"hat": StreamEnd(0, 1)})),
        "unknown slots ['hat']",
    ),
}


@pytest.mark.parametrize("name", BAD_DESCRIPTIONS)
def test_a_description_of_the_wrong_shape_is_set_aside(name: str) -> None:
    payload, reason = BAD_DESCRIPTIONS[name]
    mail = sort(META, payload)
    assert not mail.metas
    assert reason in mail.letters[0].reason


def test_a_gap_that_the_collector_tells_is_a_loss() -> None:
    event = Event(
        kind="gap", t_ns=NOW_NS, slot="right", epoch=2, first_seq=5, last_seq=9
    )
    assert sort(EVENT, dumps(event)).lost == [LostFrames("s1", Slot.RIGHT, 2, 5, 9)]


def test_a_gap_of_an_unknown_slot_is_set_aside() -> None:
    event = Event(kind="gap", t_ns=NOW_NS, slot="hat", last_seq=9)
    mail = sort(EVENT, dumps(event))
    assert not mail.lost
    assert "unknown slot 'hat'" in mail.letters[0].reason


@pytest.mark.parametrize("kind", ["alert_raised", "alert_cleared", "swap_suspected"])
def test_other_events_are_no_news_to_who_told_them(kind: EventKind) -> None:
    mail = sort(EVENT, dumps(Event(kind=kind, t_ns=NOW_NS, text="lap")))
    assert not mail.lost
    assert not mail.told
    assert not mail.letters


@pytest.mark.parametrize(
    "topic",
    [
        "weather/today",
        "treadwear/v1/ana/s1/left/temperature",
        "treadwear/v1/Ana Lopez/s1/left/imu",
        "treadwear/v1/ana/s1/hat/imu",
        "treadwear/v1/ana/imu",
    ],
)
def test_a_message_on_another_topic_is_set_aside(topic: str) -> None:
    mail = sort(topic, GOOD)
    assert not mail.frames
    assert len(mail.letters) == 1


def test_one_bad_message_does_not_stop_the_others() -> None:
    messages = [(IMU, GOOD[:-5]), (META, b"{"), (IMU, GOOD), (META, dumps(DESCRIPTION))]
    mail = sort_mail(messages, NOW_NS)
    assert (len(mail.frames), len(mail.metas), len(mail.letters)) == (1, 1, 2)


@given(payload=st.binary(max_size=200), kind=st.sampled_from([IMU, META, EVENT]))
def test_no_bytes_whatever_raise(payload: bytes, kind: str) -> None:
    mail = sort(kind, payload)
    n_sorted = len(mail.frames) + len(mail.metas) + len(mail.lost) + len(mail.letters)
    assert n_sorted <= 1


@given(data=st.data())
def test_no_frame_with_changed_bits_is_taken_for_good(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(GOOD) - 1))
    mail = sort(IMU, flipped(GOOD, place))
    assert not mail.frames
    assert not mail.lost
    assert len(mail.letters) == 1


def test_why_a_message_is_no_use_is_told_shortly() -> None:
    """The reason quotes the odd value, and that may be all of the message."""
    known = dumps(DESCRIPTION).replace(b'"surface":""', b'"surface":"%b"')
    (letter,) = sort(META, known % (b"x" * 30_000)).letters
    assert len(letter.reason) <= MOST_TEXT
    assert "SessionMeta" in letter.reason
