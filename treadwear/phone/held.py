"""What sensors send before the run begins: kept, and handed on when it does.

So the standing before a run is recorded too, though nothing is stored of a runner who
turns back at the door.
"""

from collections import Counter
from collections.abc import Callable

from contract.errors import SpoolError
from contract.messages import SessionMeta
from contract.model import ImuBatch, Slot
from treadwear.live_run import Feed


class HeldFeed:
    """A feed that waits for the real one; used on one thread.

    Parameters
    ----------
    meta : SessionMeta
        The session as it will be described.
    """

    def __init__(self, meta: SessionMeta) -> None:
        self._meta = meta
        self._held: list[ImuBatch] = []
        self._epochs: Counter[Slot] = Counter()
        self._feed: Feed | None = None

    @property
    def meta(self) -> SessionMeta:
        """The session, as it was described last."""
        return self._feed.meta if self._feed else self._meta

    @property
    def fault(self) -> SpoolError | None:
        """Why nothing can be recorded any more, if that is so."""
        return self._feed.fault if self._feed else None

    @property
    def fed_frames(self) -> int:
        """Frames that are safe on disk."""
        return self._feed.fed_frames if self._feed else 0

    @property
    def is_refused(self) -> bool:
        """Whether the disk takes nothing now."""
        return self._feed.is_refused if self._feed else False

    @property
    def is_open(self) -> bool:
        """Whether the run has begun."""
        return self._feed is not None

    def next_epoch(self, slot: Slot) -> int:
        """Number of a new epoch of one sensor, as the real feed will count."""
        if self._feed:
            return self._feed.next_epoch(slot)
        self._epochs[slot] += 1
        return self._epochs[slot] - 1

    def push(self, batch: ImuBatch) -> None:
        """Take a batch."""
        if self._feed:
            self._feed.push(batch)
        else:
            self._held.append(batch)

    def describe(self, meta: SessionMeta) -> None:
        """Say more of the session."""
        self._meta = meta
        if self._feed:
            self._feed.describe(meta)

    def release(self, begin: Callable[[SessionMeta], Feed]) -> None:
        """Begin the run: the real feed gets all that came, in the same epochs."""
        feed = begin(self._meta)
        for slot, count in self._epochs.items():
            for _ in range(count):
                feed.next_epoch(slot)
        for batch in self._held:
            feed.push(batch)
        self._held.clear()
        self._feed = feed
