"""Topic names: built and read here and nowhere else.

| topic (under treadwear/v1) | payload | QoS, retain |
|---|---|---|
| {runner}/{session}/{slot}/imu | wire frame | 1 |
| {runner}/{session}/{slot}/ack | `Ack` from processing, after commit | 1, retained |
| {runner}/{session}/meta | `SessionMeta` | 1, retained |
| {runner}/{session}/live | `LiveTile`, at most once a second | 0 |
| {runner}/{session}/event | `Event` | 1 |
| {runner}/{session}/mark | `Event` of who watches: kind mark or snooze only | 1 |
| status/{client} | `Status`, with last will | 1, retained |

Ids match ``[a-z0-9-]{1,32}`` and are pseudonyms; names of people are never in a topic.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from contract.errors import TopicError
from contract.model import Slot

ROOT = "treadwear/v1"
ID_PATTERN = re.compile(r"[a-z0-9-]{1,32}")

ALL_IMU = f"{ROOT}/+/+/+/imu"
ALL_ACKS = f"{ROOT}/+/+/+/ack"
ALL_META = f"{ROOT}/+/+/meta"
ALL_LIVE = f"{ROOT}/+/+/live"
ALL_EVENTS = f"{ROOT}/+/+/event"
ALL_MARKS = f"{ROOT}/+/+/mark"

_SLOT_KINDS = ("imu", "ack")
_SESSION_KINDS = ("meta", "live", "event", "mark")


@dataclass(frozen=True, slots=True)
class Address:
    """What a topic is about: ``kind`` is its last word, ``slot`` if it has one."""

    runner: str
    session: str
    kind: str
    slot: Slot | None = None

    @property
    def topic(self) -> str:
        """The topic of this address."""
        middle = f"/{self.slot.word}" if self.slot else ""
        return f"{ROOT}/{self.runner}/{self.session}{middle}/{self.kind}"


def check_id(value: str, what: str) -> str:
    """Return the id if it fits the contract; else `TopicError` names ``what``."""
    if not ID_PATTERN.fullmatch(value):
        raise TopicError(
            f"{value!r} cannot be a {what} id",
            "ids are 1 to 32 small letters, digits or dashes",
            "Choose a short pseudonym such as ana-1.",
        )
    return value


def _topic(runner: str, session: str, kind: str, slot: Slot | None = None) -> str:
    check_id(runner, "runner")
    check_id(session, "session")
    return Address(runner, session, kind, slot).topic


def imu(runner: str, session: str, slot: Slot) -> str:
    """Topic of a sensor's frames."""
    return _topic(runner, session, "imu", slot)


def ack(runner: str, session: str, slot: Slot) -> str:
    """Topic of the acknowledgement for a sensor."""
    return _topic(runner, session, "ack", slot)


def meta(runner: str, session: str) -> str:
    """Topic of a session's description."""
    return _topic(runner, session, "meta")


def live(runner: str, session: str) -> str:
    """Topic of what a live tile shows."""
    return _topic(runner, session, "live")


def event(runner: str, session: str) -> str:
    """Topic of a session's events."""
    return _topic(runner, session, "event")


def mark(runner: str, session: str) -> str:
    """Topic of what somebody says who watches a session.

    Not the event topic: there a collector says which frames are gone for ever, and no
    page on a wall may do that.
    """
    return _topic(runner, session, "mark")


def status(client: str) -> str:
    """Topic that says whether a client is online."""
    return f"{ROOT}/status/{check_id(client, 'client')}"


def parse(topic: str) -> Address:
    """Address of a topic under a runner; raises `TopicError` for any other topic."""
    parts = topic.removeprefix(f"{ROOT}/").split("/")
    if not topic.startswith(f"{ROOT}/") or len(parts) not in (3, 4):
        raise TopicError(f"{topic!r} is not a treadwear topic")
    runner, session, kind = parts[0], parts[1], parts[-1]
    check_id(runner, "runner")
    check_id(session, "session")
    if len(parts) == 3:
        if kind not in _SESSION_KINDS:
            raise TopicError(f"{topic!r} ends in an unknown word")
        return Address(runner, session, kind)
    words = {s.word for s in Slot}
    if kind not in _SLOT_KINDS or parts[2] not in words:
        raise TopicError(f"{topic!r} names no sensor and kind that exist")
    return Address(runner, session, kind, Slot.from_word(parts[2]))


def new_session_id(when: datetime | None = None) -> str:
    """Session id that sorts by time, such as ``20261121t0640-7k2f``."""
    stamp = (when or datetime.now(UTC)).astimezone(UTC).strftime("%Y%m%dt%H%M")
    alphabet = "23456789abcdefghjkmnpqrstuvwxyz"
    return stamp + "-" + "".join(secrets.choice(alphabet) for _ in range(4))
