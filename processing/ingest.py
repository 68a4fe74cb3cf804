"""Put one sensor's frames in order, each once, whatever the wire did to them.

The collector sends an epoch only when all earlier ones are acknowledged, so a new epoch
means the old one is complete. Frames that are truly gone are announced by it; until
then a missing frame is waited for, because it will be sent again.
"""

from dataclasses import dataclass, field, replace

from contract.messages import Ack
from contract.model import FrameFlag, ImuBatch

FUTURE_NS = 24 * 3600 * 1_000_000_000
"""A frame stamped more than a day ahead of this machine's clock is not believed."""


MOST_AHEAD = 5000
"""Frames that may come before the one that is next, 8 minutes of a sensor: a collector
lets 200 be under way, and tells a loss before the frames behind it."""


@dataclass(slots=True)
class StreamOrder:
    """Where one sensor's stream stands.

    ``ready`` collects the frames that are next in order until they are taken; ``lost``
    counts those that are gone for good.
    """

    epoch: int = -1
    next_seq: int = 0
    duplicates: int = 0
    reordered: int = 0
    lost: int = 0
    ready: list[ImuBatch] = field(default_factory=list)
    _early: dict[int, ImuBatch] = field(default_factory=dict)
    _lost: list[tuple[int, int, int]] = field(default_factory=list)
    _mark_gap: bool = False

    @property
    def ack(self) -> Ack | None:
        """What may be acknowledged; None before the first frame."""
        return Ack(self.epoch, self.next_seq) if self.epoch >= 0 else None

    def is_new(self, batch: ImuBatch) -> bool:
        """Whether this frame has not been seen before."""
        if batch.epoch != self.epoch:
            return batch.epoch > self.epoch
        return batch.seq >= self.next_seq and batch.seq not in self._early

    def is_near(self, batch: ImuBatch) -> bool:
        """Whether it is not so far ahead that too many would have to wait."""
        expected = self.next_seq if batch.epoch == self.epoch else 0
        return batch.seq - expected <= MOST_AHEAD

    def accept(self, batch: ImuBatch) -> bool:
        """Take a frame in; False when it came before."""
        if not self.is_new(batch):
            self.duplicates += 1
            return False
        if batch.epoch > self.epoch:
            self._begin(batch.epoch)
        if batch.seq > self.next_seq:
            self.reordered += 1
        self._early[batch.seq] = batch
        self._drain()
        return True

    def lose(self, epoch: int, first_seq: int, last_seq: int) -> None:
        """Give up on frames ``first_seq`` to ``last_seq`` of an epoch."""
        if epoch < self.epoch or last_seq < first_seq:
            return
        if epoch > self.epoch:
            self._begin(epoch)
        self._lost.append((epoch, first_seq, last_seq))
        self._drain()

    def take(self) -> list[ImuBatch]:
        """Frames now in order, each once."""
        ready, self.ready = self.ready, []
        return ready

    def has_reached(self, epoch: int, next_seq: int) -> bool:
        """Whether everything below that place has come or was given up."""
        return (self.epoch, self.next_seq) >= (epoch, next_seq)

    def _begin(self, epoch: int) -> None:
        expected = self.next_seq
        for seq in sorted(self._early):
            self._mark_gap |= seq != expected
            self._release(self._early[seq])
            expected = seq + 1
        self._early.clear()
        self._lost.clear()
        self._mark_gap = False
        self.epoch, self.next_seq = epoch, 0

    def _drain(self) -> None:
        while True:
            if self.next_seq in self._early:
                self._release(self._early.pop(self.next_seq))
                self.next_seq += 1
                continue
            skip = [
                last for _, first, last in self._lost if first <= self.next_seq <= last
            ]
            if not skip:
                return
            # A frame given up may have come all the same, before its loss was told.
            end = max(skip) + 1
            end = min((seq for seq in self._early if seq < end), default=end)
            self.lost += end - self.next_seq
            self.next_seq = end
            self._mark_gap = True

    def _release(self, batch: ImuBatch) -> None:
        if self._mark_gap:
            batch = replace(batch, flags=batch.flags | FrameFlag.GAP_BEFORE)
            self._mark_gap = False
        self.ready.append(batch)
