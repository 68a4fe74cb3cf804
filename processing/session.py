"""One session as the service holds it: order of its streams, its analysis, its rows."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from contract import wire
from contract.messages import Ack, SessionMeta
from contract.model import ImuBatch, Slot
from contract.rows import Row
from processing.ingest import StreamOrder
from processing.outcome import (
    changed_rows,
    failed_row,
    loss_rows,
    summary_rows,
    window_rows,
)
from processing.past import Past
from processing.pipeline import SessionAnalysis
from processing.settings import Settings
from processing.store.base import LostFrames, RawFrame

_PORTION_FRAMES = 2000
"""A few minutes of one sensor: bounds the memory that a marathon's strides take."""


@dataclass(slots=True)
class LiveSession:
    """A session that is coming in.

    Without its description (``meta``) frames are put in order but not analysed yet:
    they wait in their streams.
    """

    settings: Settings
    past: Past = field(default_factory=Past)
    runner: str = ""
    meta: SessionMeta | None = None
    streams: dict[Slot, StreamOrder] = field(default_factory=dict)
    is_over: bool = False
    is_written: bool = False
    is_fresh: bool = False
    has_failed: bool = False
    analysis: SessionAnalysis | None = None
    rows_at: float = 0.0
    summary_at: float = 0.0
    tile_at: float = 0.0
    used_at: float = field(default_factory=time.monotonic)

    def describe(self, meta: SessionMeta) -> None:
        """Take the description; the first one fixes the session's clock."""
        self.meta = meta
        if self.has_failed:
            return
        if self.analysis is None:
            self.analysis = SessionAnalysis(meta, self.settings, self.past.mounts)
        clock = self.analysis.meta.origin_ns
        self.analysis.meta = msgspec.structs.replace(meta, origin_ns=clock)

    def touch(self, *, is_new: bool) -> None:
        """Note that a frame came in."""
        self.used_at = time.monotonic()
        self.is_fresh |= is_new

    def give_up(self) -> None:
        """Stop analysing; frames are still put in order and kept."""
        self.has_failed, self.analysis = True, None

    def stream(self, slot: Slot) -> StreamOrder:
        """Order of one sensor's frames."""
        return self.streams.setdefault(slot, StreamOrder())

    def restore(self, frames: Iterable[RawFrame], lost: Iterable[LostFrames]) -> None:
        """Take in again what was stored before."""
        for frame in frames:
            self.stream(frame.slot).accept(wire.decode(frame.payload))
        for gap in lost:
            self.stream(gap.slot).lose(gap.epoch, gap.first_seq, gap.last_seq)
        for order in self.streams.values():
            order.reordered = 0  # read back in order; only the wire can tell

    def analyse(self) -> None:
        """Analyse the frames that are now in order, and finish if all have come."""
        if self.has_failed:
            self.is_over = self.is_over or self._is_complete()
        if self.analysis is None or self.is_over:
            return
        for slot in sorted(self.streams):
            batches: list[ImuBatch] = self.streams[slot].take()
            for start in range(0, len(batches), _PORTION_FRAMES):
                portion = batches[start : start + _PORTION_FRAMES]
                self.analysis.push(slot, portion)
        if self._is_complete():
            self._flush(self.analysis)

    def finish(self) -> None:
        """Analyse everything there is and end the session, whatever may be missing."""
        self.analyse()
        if self.analysis is not None and not self.is_over:
            self._flush(self.analysis)

    def _flush(self, analysis: SessionAnalysis) -> None:
        analysis.flush()
        self.is_over = True

    def _is_complete(self) -> bool:
        if self.meta is None or self.meta.state != "ended":
            return False
        return all(
            self.stream(Slot.from_word(word)).has_reached(end.epoch, end.next_seq)
            for word, end in self.meta.ends.items()
        )

    def new_rows(self) -> list[Row]:
        """Rows that changed since the last call."""
        return changed_rows(self.analysis) if self.analysis else []

    def summary(self) -> list[Row]:
        """Rows about the whole session so far."""
        if self.analysis is None:
            return [failed_row(self.meta)] if self.has_failed and self.meta else []
        counts = {s: (o.duplicates, o.reordered) for s, o in self.streams.items()}
        rows = summary_rows(self.analysis, counts, self.past, is_over=self.is_over)
        lost = {s: o.lost for s, o in self.streams.items() if o.lost}
        return rows + loss_rows(self.analysis.meta, lost)

    def last_word(self) -> list[Row]:
        """Windows and summary of a finished session, in place of what was said before.

        A slip takes angles back, and with them comparisons that were written already.
        """
        if self.analysis is None:
            return self.summary()
        return window_rows(self.analysis) + self.summary()

    def ack(self, slot: Slot) -> Ack | None:
        """What may be acknowledged of a stream; None before its first frame."""
        place = self.stream(slot).ack
        is_over = self.meta is not None and self.meta.state == "ended"
        return place and Ack(place.epoch, place.next_seq, is_over)
