"""Go-back-N for one stream: which frames may be sent now, and when to go back."""

from collections import deque
from dataclasses import dataclass, field

from collector.spool import KeptFrame
from contract.messages import Ack, Event

Place = tuple[int, int]
"""(epoch, seq): all of a stream's frames in order."""


@dataclass(frozen=True, slots=True)
class FlowSettings:
    """How frames are sent.

    Attributes
    ----------
    window_frames : int
        Most frames of one stream that are under way; 20 s of a sensor.
    probe_frames : int
        Frames sent again when nothing came back: enough to see whether processing is
        there, few enough not to fill the broker's queues while it is away for hours.
    resend_after_s : float
        Without progress for that long, frames are sent again.
    """

    window_frames: int = 200
    probe_frames: int = 10
    resend_after_s: float = 3.0


@dataclass(slots=True)
class Flow:
    """How far one stream is sent; knows no bus, no spool and no clock."""

    settings: FlowSettings
    most_place: Place = (0, 0)  # below it all was sent or reported lost, ever
    next_place: Place = (0, 0)
    window: int = 0
    waiting_since_s: float = 0.0
    has_gone_back: bool = False
    under_way: deque[int] = field(default_factory=deque)
    told_gaps: set[Event] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.window = self.settings.window_frames

    @property
    def room(self) -> int:
        """Frames that may still be sent before something is acknowledged."""
        return max(0, self.window - len(self.under_way))

    def believes(self, ack: Ack) -> bool:
        """Whether an acknowledgement is of frames that were sent."""
        return (ack.epoch, ack.next_seq) <= self.most_place

    def sendable(self, frames: list[KeptFrame], gaps: list[Event]) -> list[KeptFrame]:
        """Of the frames next in the spool, those that may go: one epoch at a time.

        Processing takes an epoch as complete when a later one begins, so a later one
        waits until the earlier is acknowledged. A loss at the end of an epoch leaves
        nothing to acknowledge; it is waited for once only.
        """
        if not frames:
            return []
        epoch = self.next_place[0] if self.under_way else frames[0].epoch
        if not self.has_gone_back and any(gap.epoch < epoch for gap in gaps):
            return []
        return [frame for frame in frames if frame.epoch == epoch]

    def tellable(self, gaps: list[Event]) -> list[Event]:
        """Of the losses on record, those that may be told: the earliest epoch's.

        Word of a later epoch would end the earlier one, as its frames would.
        """
        if self.has_gone_back:
            return gaps
        return [gap for gap in gaps if gap.epoch == gaps[0].epoch]

    def note_sent(self, frame: KeptFrame, now_s: float) -> bool:
        """Count a frame as under way; gives whether it was sent before."""
        if not self.under_way:
            self.waiting_since_s = now_s
        self.under_way.append(frame.seq)
        self.next_place = (frame.epoch, frame.seq + 1)
        is_again = self.next_place <= self.most_place
        self.most_place = max(self.most_place, self.next_place)
        return is_again

    def note_told(self, gap: Event, now_s: float) -> None:
        """Count a loss as told; what is lost may be acknowledged like what was sent."""
        if not (self.under_way or self.told_gaps):
            self.waiting_since_s = now_s
        self.told_gaps.add(gap)
        self.most_place = max(self.most_place, (gap.epoch, gap.last_seq + 1))

    def note_progress(self, ack: Ack, now_s: float) -> None:
        """Take an acknowledgement that moved the stream on."""
        place = (ack.epoch, ack.next_seq)
        if ack.epoch > self.next_place[0]:
            self.under_way.clear()
        elif ack.epoch == self.next_place[0]:
            while self.under_way and self.under_way[0] < ack.next_seq:
                self.under_way.popleft()
        self.next_place = max(self.next_place, place)
        self.waiting_since_s = now_s
        self.has_gone_back = False
        self.window = min(self.settings.window_frames, 2 * self.window)

    def is_overdue(self, now_s: float) -> bool:
        """Whether something is under way and nothing came back for too long."""
        is_waiting = bool(self.under_way or self.told_gaps)
        return is_waiting and (
            now_s - self.waiting_since_s >= self.settings.resend_after_s
        )

    def go_back(self, acked: Ack, now_s: float, *, is_probe: bool) -> None:
        """Begin again at what is acknowledged."""
        self.next_place = (acked.epoch, acked.next_seq)
        self.under_way.clear()
        self.told_gaps.clear()
        self.waiting_since_s = now_s
        self.has_gone_back = is_probe
        settings = self.settings
        self.window = settings.probe_frames if is_probe else settings.window_frames
