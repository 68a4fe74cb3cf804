"""The live loop of the tests: a bus in memory, a real service, a real store."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import msgspec

from contract import topics
from contract.bus import MemoryBus
from contract.messages import Ack, SessionMeta, dumps, loads
from contract.model import Slot
from contract.rows import QualityRow, Row
from contract.schema import MEASUREMENTS
from processing.offline import all_rows, analyse_frames, ends_of
from processing.service import ProcessingService
from processing.store.base import LostFrames, RawFrame
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until
from tests.processing.simulated_run import SimulatedRun


class Acks:
    """Acknowledgements as they come, each checked against what is on disk by then."""

    def __init__(self, bus: MemoryBus, path: Path) -> None:
        self.last: dict[tuple[str, Slot], Ack] = {}
        self.unfounded: list[str] = []
        self._path = path
        bus.subscribe(topics.ALL_ACKS, self._on_ack)

    def _on_ack(self, topic: str, payload: bytes) -> None:
        address, ack = topics.parse(topic), loads(payload, Ack)
        assert address.slot is not None
        self.last[address.session, address.slot] = ack
        with SqliteStore.open(self._path, read_only=True) as store:
            kept = {
                (frame.epoch, frame.seq)
                for frame in store.frames(address.session)
                if frame.slot is address.slot
            }
            for gap in store.lost(address.session):
                if gap.slot is address.slot:
                    span = range(gap.first_seq, gap.last_seq + 1)
                    kept |= {(gap.epoch, seq) for seq in span}
        promised = {(ack.epoch, seq) for seq in range(ack.next_seq)}
        if not promised <= kept:
            self.unfounded.append(f"{topic}: {sorted(promised - kept)[:3]}")

    def reach(self, frames: list[RawFrame]) -> bool:
        """Whether all these frames are acknowledged."""
        return all(
            (f.session, f.slot) in self.last
            and (f.epoch, f.seq + 1)
            <= (
                self.last[f.session, f.slot].epoch,
                self.last[f.session, f.slot].next_seq,
            )
            for f in frames
        )


@dataclass
class LiveLoop:
    """A run of 40 s, the bus it is sent on, and the store it must end up in."""

    bus: MemoryBus
    path: Path
    run: SimulatedRun

    @cached_property
    def frames(self) -> list[RawFrame]:
        """Frames of the run in the order of their time."""
        return in_time(self.run.frames())

    def end(self) -> SessionMeta:
        """The run's description at its end, when all of its frames were sent."""
        return ended(self.run.meta, self.frames)

    @contextmanager
    def processing(self) -> Iterator[ProcessingService]:
        service = ProcessingService(self.bus, self.path)
        service.start()
        try:
            yield service
        finally:
            service.stop()

    def tell(self, meta: SessionMeta) -> None:
        self.bus.publish(
            topics.meta(meta.runner, meta.session), dumps(meta), retain=True
        )

    def send(self, frames: Iterable[RawFrame]) -> None:
        for frame in frames:
            topic = topics.imu(frame.runner, frame.session, frame.slot)
            self.bus.publish(topic, frame.payload)

    def is_closed(self, session: str = "s1") -> bool:
        with SqliteStore.open(self.path, read_only=True) as store:
            return store.is_closed(session)

    def wait_until_closed(self, session: str = "s1") -> None:
        wait_until(lambda: self.is_closed(session))

    def stored(self, session: str = "s1") -> set[Row]:
        kinds = [kind.row for kind in MEASUREMENTS.values()]
        with SqliteStore.open(self.path, read_only=True) as store:
            return comparable(r for kind in kinds for r in store.rows(kind, session))

    def raw(self, session: str = "s1") -> tuple[list[RawFrame], SessionMeta]:
        """Frames and description as they lie in the store."""
        with SqliteStore.open(self.path, read_only=True) as store:
            frames, meta = list(store.frames(session)), store.meta(session)
        assert meta is not None
        return frames, meta


def ended(meta: SessionMeta, frames: Iterable[RawFrame]) -> SessionMeta:
    return msgspec.structs.replace(meta, state="ended", ends=ends_of(frames))


def in_time(frames: Iterable[RawFrame]) -> list[RawFrame]:
    return sorted(frames, key=lambda frame: (frame.epoch, frame.seq, frame.slot))


def comparable(rows: Iterable[Row]) -> set[Row]:
    """Rows without what only the wire can tell: how often frames came."""
    return {
        replace(row, duplicates=0, reordered=0) if isinstance(row, QualityRow) else row
        for row in rows
    }


def offline(
    meta: SessionMeta, frames: list[RawFrame], lost: Iterable[LostFrames] = ()
) -> set[Row]:
    return comparable(all_rows(analyse_frames(meta, frames, lost)))
