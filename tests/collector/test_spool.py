import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from collector.spool import Spool, StreamKey
from collector.spool_database import ROW_BYTES
from contract.errors import SpoolError
from contract.messages import Ack, SessionMeta, StreamEnd
from contract.model import ImuBatch, Slot
from contract.wire import decode, encode

LEFT = StreamKey("ana", "s1", Slot.LEFT)
RIGHT = StreamKey("ana", "s1", Slot.RIGHT)
META = SessionMeta(runner="ana", session="s1", origin_ns=5)


def batch(seq: int, epoch: int = 0, slot: Slot = Slot.LEFT, n: int = 20) -> ImuBatch:
    counts = np.full((n, 6), seq % 1000, np.int16)
    return ImuBatch(slot, epoch, seq, seq * 10**8, 0, 200.0, 0.005, 0.001, counts)


FRAME_BYTES = len(encode(batch(0))) + ROW_BYTES


def fill(spool: Spool, stream: StreamKey, seqs: range, epoch: int = 0) -> None:
    spool.append((stream, batch(seq, epoch, stream.slot)) for seq in seqs)


def places(spool: Spool, stream: StreamKey = LEFT) -> list[tuple[int, int]]:
    return [(kept.epoch, kept.seq) for kept in spool.pending(stream, limit=100_000)]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool.db")
    yield spool
    spool.close()


def test_frames_come_back_as_the_bytes_of_the_wire(spool: Spool) -> None:
    fill(spool, LEFT, range(3))
    kept = spool.pending(LEFT)
    assert [frame.payload for frame in kept] == [encode(batch(k)) for k in range(3)]
    assert decode(kept[2].payload).seq == 2


def test_frames_come_in_order_whatever_the_order_of_append(spool: Spool) -> None:
    fill(spool, LEFT, range(2), epoch=1)
    fill(spool, LEFT, range(3))
    assert places(spool) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]
    after = spool.pending(LEFT, (0, 1), limit=2)
    assert [(kept.epoch, kept.seq) for kept in after] == [(0, 2), (1, 0)]


def test_streams_do_not_mix(spool: Spool) -> None:
    fill(spool, LEFT, range(2))
    fill(spool, RIGHT, range(3))
    assert spool.streams() == [LEFT, RIGHT]
    spool.acknowledge([(LEFT, Ack(0, 2))])
    assert spool.streams() == [RIGHT]
    assert len(places(spool, RIGHT)) == 3


def test_an_acknowledgement_covers_all_lower_epochs_too(spool: Spool) -> None:
    for epoch in range(3):
        fill(spool, LEFT, range(4), epoch)
    assert spool.acknowledge([(LEFT, Ack(1, 2))]) == {LEFT}
    assert places(spool) == [(1, 2), (1, 3), *((2, seq) for seq in range(4))]
    assert spool.held_bytes == 6 * FRAME_BYTES
    assert spool.held_frames == 6
    assert spool.counts(LEFT).acked == 6


@pytest.mark.parametrize(
    "ack",
    [
        Ack(0, 3),
        Ack(0, 2),
        Ack(0, 11),
        Ack(1, 0),
        Ack(-1, 5),
        Ack(0, -5),
        Ack(0, 10**30),
        Ack(10**30, 1),
    ],
)
def test_an_old_or_absurd_acknowledgement_is_ignored(spool: Spool, ack: Ack) -> None:
    fill(spool, LEFT, range(10))
    spool.acknowledge([(LEFT, Ack(0, 3))])
    assert spool.acknowledge([(LEFT, ack)]) == set()
    assert places(spool) == [(0, seq) for seq in range(3, 10)]
    assert spool.acked(LEFT) == Ack(0, 3)


def test_an_acknowledgement_of_a_foreign_stream_is_ignored(spool: Spool) -> None:
    fill(spool, LEFT, range(2))
    assert spool.acknowledge([(RIGHT, Ack(0, 2))]) == set()
    assert spool.held_frames == 2


def test_epochs_count_up_across_restarts_even_when_all_is_stored(
    tmp_path: Path,
) -> None:
    for expected in range(3):
        spool = Spool(tmp_path / "spool.db")
        assert spool.next_epoch(LEFT) == expected
        fill(spool, LEFT, range(2), expected)
        spool.acknowledge([(LEFT, Ack(expected, 2))])
        spool.close()


def test_ends_name_the_last_epoch_that_has_frames(spool: Spool) -> None:
    spool.next_epoch(LEFT)
    fill(spool, LEFT, range(5), spool.next_epoch(LEFT))
    spool.next_epoch(LEFT)
    assert spool.ends("ana", "s1") == {"left": StreamEnd(1, 5)}
    assert not spool.is_stored("ana", "s1")
    spool.acknowledge([(LEFT, Ack(1, 5))])
    assert spool.is_stored("ana", "s1")


def test_all_counters_survive_a_restart(tmp_path: Path) -> None:
    first = Spool(tmp_path / "spool.db", max_bytes=6 * FRAME_BYTES)
    fill(first, LEFT, range(10))
    first.acknowledge([(LEFT, Ack(0, 5))])
    first.put_meta(META)
    counts, gaps, held = first.counts(LEFT), first.gaps(LEFT), first.held_bytes
    first.close()
    second = Spool(tmp_path / "spool.db", max_bytes=6 * FRAME_BYTES)
    assert (second.counts(LEFT), second.gaps(LEFT)) == (counts, gaps)
    assert second.held_bytes == held == 5 * FRAME_BYTES
    assert second.metas() == [META]
    second.close()


def test_what_append_returned_from_survives_a_kill(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "import numpy as np\n"
        "from collector.spool import Spool, StreamKey\n"
        "from contract.model import ImuBatch, Slot\n"
        "counts = np.zeros((20, 6), np.int16)\n"
        "spool = Spool(Path(sys.argv[1]))\n"
        "key = StreamKey('ana', 's1', Slot.LEFT)\n"
        "for seq in range(50):\n"
        "    frame = ImuBatch(Slot.LEFT, 0, seq, 0, 0, 200.0, 0.1, 0.1, counts)\n"
        "    spool.append([(key, frame)])\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "spool.db")]
    killed = subprocess.run(command, check=False, cwd=Path(__file__).parents[2])
    assert killed.returncode == -signal.SIGKILL
    spool = Spool(tmp_path / "spool.db")
    assert places(spool) == [(0, seq) for seq in range(50)]
    spool.close()


def test_a_full_spool_drops_the_oldest_and_keeps_it_on_record(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db", max_bytes=10 * FRAME_BYTES)
    fill(spool, RIGHT, range(2))
    for seq in range(15):
        fill(spool, LEFT, range(seq, seq + 1))
    assert spool.held_bytes <= 10 * FRAME_BYTES
    assert places(spool, RIGHT) == []
    assert places(spool) == [(0, seq) for seq in range(5, 15)]
    (left,), (right,) = spool.gaps(LEFT), spool.gaps(RIGHT)
    assert (left.epoch, left.first_seq, left.last_seq, left.slot) == (0, 0, 4, "left")
    assert (right.first_seq, right.last_seq) == (0, 1)
    assert spool.counts(LEFT).dropped == 5
    assert spool.streams() == [LEFT, RIGHT]
    spool.close()


def test_a_loss_is_forgotten_only_once_acknowledged_past(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db", max_bytes=10 * FRAME_BYTES)
    fill(spool, LEFT, range(15))
    spool.acknowledge([(LEFT, Ack(0, 4))])
    assert len(spool.gaps(LEFT)) == 1
    spool.acknowledge([(LEFT, Ack(0, 5))])
    assert spool.gaps(LEFT) == []
    assert spool.counts(LEFT).dropped == 5
    spool.close()


def test_a_loss_is_told_per_epoch_and_per_hole(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db", max_bytes=4 * FRAME_BYTES)
    fill(spool, LEFT, range(3), epoch=0)
    fill(spool, LEFT, range(5), epoch=1)
    found = [(gap.epoch, gap.first_seq, gap.last_seq) for gap in spool.gaps(LEFT)]
    assert found == [(0, 0, 2), (1, 0, 0)]
    spool.close()


def limit_disk(spool: Spool, spare_pages: int) -> None:
    """Let the database grow by that much only: its full disk."""
    (pages,) = spool._connection.execute("PRAGMA page_count").fetchone()
    spool._connection.execute(f"PRAGMA max_page_count = {pages + spare_pages}")


def test_a_full_disk_is_survived_by_dropping_the_oldest(spool: Spool) -> None:
    fill(spool, LEFT, range(500))
    limit_disk(spool, spare_pages=5)
    for seq in range(500, 650):
        fill(spool, LEFT, range(seq, seq + 1))
    counts = spool.counts(LEFT)
    assert counts.appended == 650
    assert counts.dropped > 0
    assert counts.held == counts.appended - counts.dropped == len(places(spool))
    assert places(spool)[-1] == (0, 649)
    (gap,) = spool.gaps(LEFT)
    assert (gap.first_seq, gap.last_seq) == (0, counts.dropped - 1)
    assert spool.held_bytes == counts.held * FRAME_BYTES


def test_a_disk_without_any_room_is_an_error_that_loses_no_count(
    spool: Spool,
) -> None:
    limit_disk(spool, spare_pages=0)
    with pytest.raises(SpoolError, match=r"full.*Free space"):
        spool.append([(LEFT, batch(0, n=3000))])
    assert spool.held_bytes == 0
    assert spool.counts(LEFT).appended == 0
    spool._connection.execute("PRAGMA max_page_count = 100000")
    spool.append([(LEFT, batch(0, n=3000))])
    assert places(spool) == [(0, 0)]


def test_the_file_does_not_grow_while_frames_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    spool = Spool(path)
    for start in range(0, 6000, 500):
        fill(spool, LEFT, range(start, start + 500))
        spool.acknowledge([(LEFT, Ack(0, start + 500))])
    assert path.stat().st_size < 3 * 500 * FRAME_BYTES
    spool.close()
    assert path.stat().st_size < 100_000


def test_a_failed_append_leaves_nothing_behind(spool: Spool) -> None:
    fill(spool, LEFT, range(3))
    before = spool.held_bytes
    with pytest.raises(SpoolError):
        fill(spool, LEFT, range(5, 1, -1))  # seq 2 is there already
    assert places(spool) == [(0, 0), (0, 1), (0, 2)]
    assert spool.held_bytes == before


def test_a_second_collector_is_told_that_the_spool_is_in_use(tmp_path: Path) -> None:
    first = Spool(tmp_path / "spool.db")
    with pytest.raises(SpoolError, match="another collector is using it"):
        Spool(tmp_path / "spool.db")
    first.close()


def test_a_file_that_is_no_spool_is_refused_with_the_next_step(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(SpoolError, match="Move the spool file away"):
        Spool(path)


def test_a_spool_of_another_version_is_refused(tmp_path: Path) -> None:
    Spool(tmp_path / "spool.db").close()
    with sqlite3.connect(tmp_path / "spool.db") as connection:
        connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(SpoolError, match="format 9"):
        Spool(tmp_path / "spool.db")


def test_the_description_of_a_session_is_kept_until_dropped(spool: Spool) -> None:
    spool.put_meta(META)
    ended = SessionMeta(
        runner="ana",
        session="s1",
        origin_ns=5,
        state="ended",
        ends={"left": StreamEnd(0, 7)},
    )
    spool.put_meta(ended)
    assert spool.metas() == [ended]
    spool.drop_meta(ended)
    assert spool.metas() == []


def test_a_runner_who_is_forgotten_leaves_no_byte_in_the_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    other = StreamKey("ben", "s2", Slot.LEFT)
    whole = SessionMeta(runner="ana-of-the-hills", session="s9", origin_ns=5)
    own = StreamKey(whole.runner, whole.session, Slot.LEFT)
    spool.put_meta(whole)
    for stream in (own, other):
        spool.next_epoch(stream)
        fill(spool, stream, range(5))

    assert spool.erase(whole.runner) == 6  # five frames and a description

    assert (spool.metas(), spool.streams(), spool.held_frames) == ([], [other], 5)
    assert spool.held_bytes == 5 * FRAME_BYTES
    spool.close()
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"ana-of-the-hills" not in held
    assert b"ben" in held


def test_many_threads_may_append_and_acknowledge_at_once(spool: Spool) -> None:
    def work(name: str) -> None:
        key = StreamKey(name, "s1", Slot.HIP)
        for seq in range(50):
            fill(spool, key, range(seq, seq + 1))
            if seq % 10 == 9:
                spool.acknowledge([(key, Ack(0, seq - 4))])

    threads = [threading.Thread(target=work, args=(f"r{k}",)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spool.held_frames == 6 * 5
    assert spool.held_bytes == 6 * 5 * FRAME_BYTES


def test_a_place_that_cannot_be_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(SpoolError) as fault:
        Spool(tmp_path / "taken" / "spool.db")
    assert fault.value.why == "File exists"
