"""A recording becomes a stored run: whose, of when, and only once."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest

import msgspec

from collector.recording import Recording, WrittenRun
from contract import topics, wire
from contract.errors import FrameError, RecordingError, UsageError
from contract.messages import SessionMeta
from contract.rows import SessionRow
from contract.units import NS_PER_S
from processing.history import past_of
from processing.offline import analyse_frames, ends_of, keep_rows
from processing.store.base import RawFrame
from processing.store.sqlite import SqliteStore
from treadwear.about_runner import about_in
from treadwear.recordings import describe, frames_of, on_belt

UNDATED = "no time in the file: dated today"
_MOST_LETTERS = 60
"""Of a shoe that a file names: as many as may be typed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command says of a run; it counts before what the recording says.

    ``begin_ns`` is when the recording began; ``is_again`` takes in what is there.
    """

    runner: str
    name: str = ""
    shoe: str = ""
    belt_speed_mps: float | None = None
    begin_ns: int | None = None
    is_again: bool = False


def begin_ns_of(date: str) -> int | None:
    """Unix time of a date as it is typed, here where no zone is named; "": none."""
    if not date:
        return None
    try:
        begin_ns = round(datetime.fromisoformat(date).timestamp()) * NS_PER_S
    except (ValueError, OverflowError, OSError) as fault:
        what, step = f"--date {date!r} is no time", "Write it like 2026-11-21T06:40."
        raise UsageError(what, "", step) from fault
    if not 0 < begin_ns <= time.time_ns():
        raise UsageError(f"--date {date!r} is no time at which a run was recorded")
    return begin_ns


def store_recording(
    store: SqliteStore, recording: Recording, wanted: Wanted
) -> SessionRow:
    """Keep a recording as a finished session: raw frames first, then its rows.

    `RecordingError` if the runner has this very run already.
    """
    topics.check_id(wanted.runner, "runner")
    session_id = topics.new_session_id()
    meta = describe(
        recording,
        about=about_in(store, wanted.runner, wanted.name),
        session=session_id,
        origin_ns=_origin_ns(recording, wanted),
        shoe=wanted.shoe or _of_file(recording).shoe[:_MOST_LETTERS],
    )
    meta = on_belt(meta, wanted.belt_speed_mps)
    frames = frames_of(recording, meta)
    if not wanted.is_again:
        _refuse_the_same(store, recording, wanted.runner, frames)
    ended = msgspec.structs.replace(meta, state="ended", ends=ends_of(frames))
    session = analyse_frames(ended, frames, past=past_of(store, ended))
    store.commit_raw(frames, [ended])
    keep_rows(store, session)
    store.close_session(session_id)
    return store.session(session_id)


def notes_of(recording: Recording, wanted: Wanted) -> Iterator[str]:
    """What a person should know of whose run it is and of when, one sentence each."""
    written = _of_file(recording).runner
    if written and written != wanted.runner:
        yield f"the file is a run of {written}; it is kept as one of {wanted.runner}"
    if wanted.begin_ns is not None:
        return
    told_ns = _told_ns(recording)
    if told_ns is None:
        yield UNDATED
        return
    began_ns = told_ns + round(recording.start_s * NS_PER_S)
    when = datetime.fromtimestamp(began_ns // NS_PER_S, tz=UTC).astimezone()
    yield f"dated {when:%Y-%m-%d %H:%M}, as the file says"


def _of_file(recording: Recording) -> WrittenRun:
    return recording.meta.treadwear or WrittenRun(origin_ns=0)


def _told_ns(recording: Recording) -> int | None:
    """Unix time of the recording's zero as it tells it, unless that is still to come.

    A clock that nobody set tells 1970, or a year that has not begun.
    """
    told_ns = recording.origin_ns
    return told_ns if told_ns is not None and 0 < told_ns < time.time_ns() else None


def _origin_ns(recording: Recording, wanted: Wanted) -> int:
    """Unix time of the recording's zero."""
    if wanted.begin_ns is not None:
        return wanted.begin_ns - round(recording.start_s * NS_PER_S)
    if (told_ns := _told_ns(recording)) is not None:
        return told_ns
    # Most do not say when they were made: they end now, as a run just stored.
    lasted_s = recording.start_s + recording.duration_s
    return time.time_ns() - round(lasted_s * NS_PER_S)


def _refuse_the_same(
    store: SqliteStore, recording: Recording, runner: str, frames: Sequence[RawFrame]
) -> None:
    """Raise `RecordingError` if one of the runner's runs is this one."""
    written = _of_file(recording)
    for row in store.sessions():
        if row.runner != runner:
            continue
        if _is_that(written, store.meta(row.session)) or _holds(
            store, row.session, frames
        ):
            raise RecordingError(
                f"this is run {row.session} already",
                "its samples are the same",
                f"Analyse it anew with: treadwear reprocess {row.session}"
                " - or take it in once more with --again.",
            )


def _is_that(written: WrittenRun, meta: SessionMeta | None) -> bool:
    """Whether a recording was written of this very run; ids alone could meet."""
    if meta is None or written.session != meta.session:
        return False
    return written.origin_ns == meta.origin_ns


def _holds(store: SqliteStore, session: str, frames: Sequence[RawFrame]) -> bool:
    """Whether a session's samples are these; it is read up to the first difference."""
    stored = ((slot, load) for slot, _, _, load in store.payloads(session))
    given = ((int(frame.slot), frame.payload) for frame in frames)
    return all(
        one is not None
        and other is not None
        and one[0] == other[0]
        and _is_alike(one[1], other[1])
        for one, other in zip_longest(stored, given)
    )


def _is_alike(one: bytes, other: bytes) -> bool:
    """Whether two frames hold the same samples, of whatever time."""
    try:
        first, second = wire.decode(one), wire.decode(other)
    except FrameError:
        return False
    return first.counts.shape == second.counts.shape and bool(
        (first.counts == second.counts).all()
    )
