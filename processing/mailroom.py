"""Read what came over the bus: sort the good, keep the others as dead letters."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from contract import topics, wire
from contract.errors import FrameError, PayloadError, TopicError, TreadwearError
from contract.messages import TOLD_KINDS, Event, SessionMeta, loads
from contract.model import ImuBatch, Slot
from contract.rows import EventRow
from contract.topics import Address
from processing.ingest import FUTURE_NS
from processing.light import span
from processing.store.base import DeadLetter, LostFrames, RawFrame

MOST_TEXT = 200
"""Characters that are kept of a note, or of why a message is no use: two lines."""


@dataclass(slots=True)
class Mail:
    """One batch of messages, sorted.

    ``told`` is what people said while they watched. ``known`` are sessions that were
    there before, or are described in this batch.
    """

    frames: list[tuple[RawFrame, ImuBatch]] = field(default_factory=list)
    metas: list[SessionMeta] = field(default_factory=list)
    lost: list[LostFrames] = field(default_factory=list)
    told: list[EventRow] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    runners: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)


def sort_mail(
    messages: Iterable[tuple[str, bytes]],
    now_ns: int,
    owner_of: Callable[[str], str | None] = lambda _: None,
) -> Mail:
    """Sort messages (topic, payload); nothing raises, the bad ones become letters.

    ``owner_of`` tells whose a session is; nobody else's messages get into it: a
    collector may write on its own runner's topics only, but name any session there.
    """
    mail = Mail()
    for topic, payload in messages:
        try:
            address = _address(topic)
            _check_owner(mail, address, owner_of)
            _sort_one(mail, address, payload, now_ns)
        except (FrameError, PayloadError, TopicError) as fault:
            _bury(mail, topic, payload, fault, now_ns)
    return mail


def _check_owner(
    mail: Mail, address: Address, owner_of: Callable[[str], str | None]
) -> None:
    name = address.session
    if name not in mail.runners:
        owner = owner_of(name)
        mail.runners[name] = owner or address.runner
        mail.known |= {name} if owner else set()
    if mail.runners[name] != address.runner:
        raise PayloadError("the session is another runner's")


@lru_cache(maxsize=4096)
def _address(topic: str) -> Address:
    """Read a topic: a sensor's is the same ten times a second."""
    return topics.parse(topic)


def _sort_one(mail: Mail, address: Address, payload: bytes, now_ns: int) -> None:
    if address.kind == "imu" and address.slot is not None:
        _sort_frame(mail, address, address.slot, payload, now_ns)
    elif address.kind == "meta":
        if not payload:
            return  # a cleared retained message
        meta = loads(payload, SessionMeta)
        if (meta.runner, meta.session) != (address.runner, address.session):
            raise PayloadError("the description names another session than its topic")
        _check_ends(meta)
        mail.metas.append(meta)
        mail.known.add(meta.session)
    elif address.kind == "event":
        _sort_event(mail, address, loads(payload, Event))
    elif address.kind == "mark":
        mail.told.append(_told(mail, address, loads(payload, Event), now_ns))


def _check_ends(meta: SessionMeta) -> None:
    unknown = set(meta.ends) - {slot.word for slot in Slot}
    if unknown:
        raise PayloadError(f"the description names unknown slots {sorted(unknown)}")


def _sort_frame(
    mail: Mail, address: Address, slot: Slot, payload: bytes, now_ns: int
) -> None:
    try:
        batch = _read_frame(payload, slot, now_ns)
    except (FrameError, PayloadError):
        # The frame arrived as it was sent, so sending it again cannot help: give it up.
        place = wire.place(payload)
        if place:
            gone = LostFrames(address.session, slot, place[0], place[1], place[1])
            mail.lost.append(gone)
        raise
    where = (address.runner, address.session, slot)
    mail.frames.append((RawFrame(*where, batch.epoch, batch.seq, payload), batch))


def _read_frame(payload: bytes, slot: Slot, now_ns: int) -> ImuBatch:
    batch = wire.decode(payload)
    if batch.t0_ns > now_ns + FUTURE_NS:
        raise PayloadError("a frame is stamped more than a day ahead of this clock")
    if batch.slot is not slot:
        raise PayloadError(f"a {batch.slot.word} frame came on the {slot.word} topic")
    return batch


def _sort_event(mail: Mail, address: Address, event: Event) -> None:
    if event.kind == "gap":
        mail.lost.append(_lost(address, event))


def _told(mail: Mail, address: Address, event: Event, now_ns: int) -> EventRow:
    """Row of what somebody said; its keys are the moment meant, so it counts once."""
    if event.kind not in TOLD_KINDS:
        raise PayloadError(f"who watches cannot say that there was a {event.kind}")
    if address.session not in mail.known:
        raise PayloadError(f"a {event.kind} is about a session that is not known")
    if event.t_ns > now_ns + FUTURE_NS:
        raise PayloadError(f"a {event.kind} is about a time more than a day ahead")
    text = event.text
    if event.kind == "snooze":
        text = f"snoozed for {span(event.seconds)}" + (f": {text}" if text else "")
    return EventRow(
        runner=address.runner,
        session=address.session,
        side="both",
        time_ns=event.t_ns,
        kind=event.kind,
        text=text[:MOST_TEXT],
    )


def _lost(address: Address, event: Event) -> LostFrames:
    if event.slot not in {slot.word for slot in Slot}:
        raise PayloadError(f"a gap event names the unknown slot {event.slot!r}")
    slot = Slot.from_word(event.slot)
    ends = (event.epoch, event.first_seq, event.last_seq)
    return LostFrames(address.session, slot, *ends)


def _bury(
    mail: Mail, topic: str, payload: bytes, fault: TreadwearError, now_ns: int
) -> None:
    reason = str(fault)[:MOST_TEXT]  # it may quote what came, however long that is
    mail.letters.append(DeadLetter(topic, reason, payload, now_ns))
