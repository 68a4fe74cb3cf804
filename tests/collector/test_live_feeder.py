"""What sensors push is on disk, in order, whoever pushes and whatever the disk does."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from collector import spool_writer
from collector.live_feeder import LiveFeeder
from collector.spool import Spool, StreamKey
from contract.messages import SessionMeta
from contract.model import ImuBatch, Slot
from contract.wire import decode

META = SessionMeta(runner="r1", session="s1", origin_ns=10**18)
FEET = (Slot.LEFT, Slot.RIGHT)
PATIENCE_S = 10.0


def a_batch(slot: Slot, epoch: int, seq: int, n: int = 20) -> ImuBatch:
    counts = np.full((n, 6), seq, np.int16)
    t0_ns = 10**18 + (epoch * 1000 + seq) * 10**8
    return ImuBatch(slot, epoch, seq, t0_ns, 0, 200.0, 0.005, 0.001, counts)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    found = Spool(tmp_path / "spool.db")
    yield found
    found.close()


class Feeding:
    """A feeder at work on a thread of its own."""

    def __init__(self, spool: Spool) -> None:
        self.spool, self.stop, self.commits = spool, threading.Event(), 0
        spool.put_meta(META)
        self.feeder = LiveFeeder(
            META, FEET, spool, stop=self.stop, on_append=self._committed
        )
        self.thread = threading.Thread(target=self.feeder.run, daemon=True)
        self.thread.start()

    def _committed(self) -> None:
        self.commits += 1

    def end(self) -> None:
        self.stop.set()
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()

    def kept(self, slot: Slot) -> list[tuple[int, int]]:
        stream = StreamKey("r1", "s1", slot)
        frames = self.spool.pending(stream, limit=10_000)
        for frame in frames:
            assert decode(frame.payload).counts[0, 0] == frame.seq
        return [(frame.epoch, frame.seq) for frame in frames]

    def until(self, n: int) -> None:
        """Let time pass until so many frames are safe."""
        until_s = time.monotonic() + PATIENCE_S
        while self.feeder.fed_frames < n:
            assert time.monotonic() < until_s
            time.sleep(0.01)


def fill_disk(spool: Spool) -> None:
    """Let the database grow no more, and leave it nothing that could give way."""
    ((pages,),) = spool._query("PRAGMA page_count")
    spool._query(f"PRAGMA max_page_count = {pages}")


def free_disk(spool: Spool) -> None:
    spool._query("PRAGMA max_page_count = 1000000")


def test_batches_from_several_threads_are_all_there_in_order(spool: Spool) -> None:
    feeding = Feeding(spool)
    epochs = {
        slot: [feeding.feeder.next_epoch(slot) for _ in range(2)] for slot in FEET
    }

    def push(slot: Slot) -> None:
        for epoch in epochs[slot]:
            for seq in range(150):
                feeding.feeder.push(a_batch(slot, epoch, seq))

    threads = [threading.Thread(target=push, args=(slot,)) for slot in FEET]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    feeding.end()
    for slot in FEET:
        assert feeding.kept(slot) == [(e, n) for e in (0, 1) for n in range(150)]
    assert feeding.feeder.fed_frames == 600
    assert feeding.feeder.fed_s == pytest.approx(1000 * 0.1 + 150 * 0.1, abs=0.2)
    assert feeding.commits >= 1


def test_a_batch_that_was_pushed_just_before_the_stop_is_kept(spool: Spool) -> None:
    feeding = Feeding(spool)
    for seq in range(3):
        feeding.feeder.push(a_batch(Slot.LEFT, feeding_epoch(feeding, seq), seq))
    feeding.end()
    assert feeding.kept(Slot.LEFT) == [(0, 0), (0, 1), (0, 2)]


def feeding_epoch(feeding: Feeding, seq: int) -> int:
    """Begin the only epoch with the first batch."""
    return feeding.feeder.next_epoch(Slot.LEFT) if seq == 0 else 0


def test_the_session_ends_with_the_newest_words_and_where_its_streams_end(
    spool: Spool,
) -> None:
    feeding = Feeding(spool)
    feeding.feeder.next_epoch(Slot.LEFT)
    feeding.feeder.push(a_batch(Slot.LEFT, 0, 0))
    feeding.feeder.describe(msgspec.structs.replace(META, unverified="not checked"))
    feeding.end()
    (meta,) = spool.metas()
    assert (meta.state, meta.unverified) == ("ended", "not checked")
    assert {w: (e.epoch, e.next_seq) for w, e in meta.ends.items()} == {"left": (0, 1)}


def test_a_disk_that_is_full_for_a_moment_loses_nothing_of_the_run(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_writer, "RETRY_S", 0.05)
    feeding = Feeding(spool)
    feeding.feeder.next_epoch(Slot.LEFT)
    fill_disk(spool)
    for seq in range(300):
        feeding.feeder.push(a_batch(Slot.LEFT, 0, seq))
        # What a run says of itself meets the full disk too.
        feeding.feeder.describe(msgspec.structs.replace(META, unverified=str(seq)))
    time.sleep(0.3)
    assert feeding.feeder.fed_frames == 0
    free_disk(spool)
    feeding.until(300)
    feeding.end()
    assert feeding.kept(Slot.LEFT) == [(0, n) for n in range(300)]
    assert spool.gaps(StreamKey("r1", "s1", Slot.LEFT)) == []
    assert spool.metas()[0].unverified == "299"


def test_a_disk_that_is_full_as_the_run_ends_gets_a_moment_too(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_writer, "RETRY_S", 0.05)
    feeding = Feeding(spool)
    feeding.feeder.next_epoch(Slot.LEFT)
    fill_disk(spool)
    for seq in range(300):
        feeding.feeder.push(a_batch(Slot.LEFT, 0, seq))
    feeding.stop.set()
    time.sleep(0.12)
    free_disk(spool)
    feeding.end()
    assert len(feeding.kept(Slot.LEFT)) == 300
    assert spool.metas()[0].state == "ended"
