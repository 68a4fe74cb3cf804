"""The same analysis without a broker: frames from a list or from the store."""

from collections.abc import Iterable

from contract.errors import StoreError
from contract.messages import SessionMeta, StreamEnd
from contract.rows import Row
from contract.schema import MEASUREMENTS
from processing.history import keep_mounts, past_of
from processing.past import Past
from processing.session import LiveSession
from processing.settings import Settings
from processing.store.base import LostFrames, RawFrame
from processing.store.sqlite import SqliteStore


def analyse_frames(
    meta: SessionMeta,
    frames: Iterable[RawFrame],
    lost: Iterable[LostFrames] = (),
    settings: Settings | None = None,
    past: Past | None = None,
) -> LiveSession:
    """Analyse a whole session at once, with what a live run would end with."""
    session = LiveSession(settings or Settings(), past or Past(), runner=meta.runner)
    session.describe(meta)
    session.restore(frames, lost)
    session.finish()
    return session


def all_rows(session: LiveSession) -> list[Row]:
    """Every row of an analysed session."""
    return session.new_rows() + session.summary()


def reprocess(
    store: SqliteStore, name: str, settings: Settings | None = None
) -> LiveSession:
    """Compute a stored session's rows again from its raw frames, and replace them."""
    meta = store.meta(name)
    if meta is None:
        raise StoreError(
            f"session {name!r} cannot be analysed",
            "its description has not come, only raw data",
            "See what there is with: treadwear sessions.",
        )
    past = past_of(store, meta)
    session = analyse_frames(meta, store.frames(name), store.lost(name), settings, past)
    # At once: whoever copies the rows elsewhere must not see the run without any.
    store.replace(name, [kind.row for kind in MEASUREMENTS.values()], all_rows(session))
    _keep_mounts(store, session)
    return session


def keep_rows(store: SqliteStore, session: LiveSession) -> None:
    """Write all rows of a finished session, and how its sensors sat."""
    store.write(all_rows(session))
    _keep_mounts(store, session)


def _keep_mounts(store: SqliteStore, session: LiveSession) -> None:
    if session.analysis is not None:
        meta = session.analysis.meta
        keep_mounts(store, meta, session.analysis.mounts())


def ends_of(frames: Iterable[RawFrame]) -> dict[str, StreamEnd]:
    """Where each sensor's stream ends, for the description of a finished session."""
    ends: dict[str, StreamEnd] = {}
    for frame in frames:
        ends[frame.slot.word] = StreamEnd(frame.epoch, frame.seq + 1)
    return ends
