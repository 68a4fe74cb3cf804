"""One session as the service holds it: order of its streams, its analysis, its rows."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from contract import wire
from contract.messages import Ack, LiveTile, SessionMeta
from contract.model import ImuBatch, Slot
from contract.rows import Row, StepRow
from contract.service_rows import LiveRow
from processing.health import StepWatch
from processing.ingest import StreamOrder
from processing.lateness import Lateness
from processing.light_watch import LightWatch
from processing.outcome import (
    changed_rows,
    failed_row,
    live_row,
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


_ACK_EVERY_S = 1.0
"""A collector waits 3 s before it sends again."""
_ACK_FRAMES = 40
"""A collector that sends what it has kept lets 200 frames be under way."""


@dataclass(slots=True)
class LiveSession:
    """A session that is coming in.

    Without its description (``meta``) frames are put in order but not analysed yet:
    they wait in their streams, or (``is_on_disk``) in the store only.
    """

    settings: Settings
    past: Past = field(default_factory=Past)
    runner: str = ""
    meta: SessionMeta | None = None
    streams: dict[Slot, StreamOrder] = field(default_factory=dict)
    said: dict[Slot, tuple[Ack, float]] = field(default_factory=dict)
    is_over: bool = False
    is_written: bool = False
    is_fresh: bool = False
    is_on_disk: bool = False
    has_news: bool = True
    has_failed: bool = False
    analysis: SessionAnalysis | None = None
    watch: StepWatch = field(default_factory=StepWatch)
    light: LightWatch = field(default_factory=LightWatch)
    lateness: Lateness = field(default_factory=Lateness)
    given: dict[tuple[str, int], StepRow] = field(default_factory=dict)
    tile: LiveTile | None = None
    windows_from: int | None = None
    summary_at: float = 0.0
    tile_at: float = 0.0
    live_at: float = 0.0
    used_at: float = field(default_factory=time.monotonic)

    def describe(self, meta: SessionMeta) -> None:
        """Take the description; the first one fixes the session's clock."""
        self.meta, self.has_news = meta, True
        if self.has_failed:
            return
        if self.analysis is None:
            self.analysis = SessionAnalysis(meta, self.settings, self.past.mounts)
            self.light = LightWatch(self.past.runs.get("shoes", ()))
        clock = self.analysis.meta.origin_ns
        self.analysis.meta = msgspec.structs.replace(meta, origin_ns=clock)

    def touch(self, *, is_new: bool) -> None:
        """Note that a frame came in."""
        self.used_at = time.monotonic()
        self.is_fresh |= is_new
        self.has_news |= is_new

    def give_up(self) -> None:
        """Stop analysing; frames are still put in order and kept."""
        self.has_failed, self.analysis = True, None

    @property
    def may_be_shown(self) -> bool:
        """Whether the runner agreed that others watch."""
        return self.meta is not None and self.meta.consent_live

    @property
    def needs_turn(self) -> bool:
        """Whether anything came since the last turn, or its end is not written yet."""
        return self.has_news or (self.is_over and not self.is_written)

    def leave_on_disk(self, slot: Slot) -> None:
        """Hold no frame that is in order: whoever needs it reads it back."""
        self.is_on_disk = True
        self.streams[slot].take()

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
        self.cut()
        self.conclude()

    def cut(self) -> None:
        """Cut the frames that are now in order into strides."""
        self.has_news = False
        if self.analysis is None or self.is_over:
            return
        for slot in sorted(self.streams):
            batches: list[ImuBatch] = self.streams[slot].take()
            for start in range(0, len(batches), _PORTION_FRAMES):
                portion = batches[start : start + _PORTION_FRAMES]
                self.analysis.push(slot, portion)

    def conclude(self) -> None:
        """Finish if all has come."""
        if self.is_over or not self._is_complete():
            return
        if self.analysis is not None:
            self._flush(self.analysis)
        self.is_over = self.has_failed or self.analysis is not None

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
        """Rows that changed since the last call.

        Of half minutes, which grow, only at the end; until then with the summary.
        """
        if self.analysis is None:
            return []
        found, changed = changed_rows(self.analysis)
        rows = self._not_written(found)
        self.light.look(self.analysis, is_over=self.is_over)
        rows += self.light.take_rows(self.analysis)
        known = [t for t in (changed, self.windows_from) if t is not None]
        self.windows_from = min(known, default=None)
        return rows + self._grown_windows() if self.is_over else rows

    def _not_written(self, rows: list[Row]) -> list[Row]:
        """Leave out steps that were given before just as they are.

        A step may change while those around it come, so it is looked at several times;
        most of them are as they were.
        """
        steps = {(r.side, r.time_ns): r for r in rows if isinstance(r, StepRow)}
        known, self.given = self.given, steps or self.given
        return [
            row
            for row in rows
            if not isinstance(row, StepRow) or known.get((row.side, row.time_ns)) != row
        ]

    def _grown_windows(self) -> list[Row]:
        """Half minutes that have changed since they were last given."""
        since, self.windows_from = self.windows_from, None
        if self.analysis is None or since is None:
            return []
        return window_rows(self.analysis, since)

    def live_row(self, now_ns: int) -> LiveRow | None:
        """What is shown of the runner now; None when she is not to be watched."""
        if self.analysis is None or self.tile is None or not self.tile.consent_live:
            return None
        return live_row(self.analysis, self.tile, now_ns)

    def summary(self) -> list[Row]:
        """Rows about the whole session so far."""
        if self.analysis is None:
            return [failed_row(self.meta)] if self.has_failed and self.meta else []
        counts = {s: (o.duplicates, o.reordered) for s, o in self.streams.items()}
        rows = summary_rows(self.analysis, counts, self.past, is_over=self.is_over)
        lost = {s: o.lost for s, o in self.streams.items() if o.lost}
        return rows + loss_rows(self.analysis.meta, lost) + self._grown_windows()

    def last_word(self) -> list[Row]:
        """Windows and summary of a finished session, in place of what was said before.

        A slip takes angles back, and with them comparisons that were written already.
        """
        if self.analysis is None:
            return self.summary()
        return window_rows(self.analysis) + self.summary()

    def is_ack_due(self, slot: Slot) -> bool:
        """Whether to acknowledge now: once a second, or when much has come."""
        place, (said, said_at) = self.stream(slot).ack, self.said.get(slot, (None, 0.0))
        if place is None:
            return False
        is_late = time.monotonic() - said_at >= _ACK_EVERY_S
        if said is None or is_late or said.epoch != place.epoch:
            return True
        is_ending = self.meta is not None and self.meta.state == "ended"
        return is_ending or place.next_seq - said.next_seq >= _ACK_FRAMES

    def ack(self, slot: Slot) -> Ack | None:
        """What may be acknowledged of a stream; None before its first frame."""
        place = self.stream(slot).ack
        is_over = self.meta is not None and self.meta.state == "ended"
        if place is None:
            return None
        self.said[slot] = place, time.monotonic()
        return Ack(place.epoch, place.next_seq, is_over)
