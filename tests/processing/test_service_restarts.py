"""A session is closed when all of it has come, also across kills and restarts."""

from dataclasses import replace

import pytest

from contract.model import ImuBatch
from processing.pipeline import FEET
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until
from tests.processing.live_loop import LiveLoop, ended, in_time, offline


def test_a_session_is_not_closed_before_all_of_it_has_come(loop: LiveLoop) -> None:
    frames, end = loop.frames, loop.end()
    with loop.processing() as service:
        loop.tell(end)
        loop.send(frames[:-1])
        wait_until(lambda: service.counters.stored == len(frames) - 1)
    assert not loop.is_closed()
    with loop.processing():
        loop.send(frames[-1:])
        loop.wait_until_closed()
    assert loop.stored() == offline(end, frames)


@pytest.mark.parametrize("share", [0.05, 0.4, 0.9])
def test_a_restart_in_the_middle_ends_with_the_same_rows(
    loop: LiveLoop, share: float
) -> None:
    frames = loop.frames
    end, half = ended(loop.run.meta, frames), round(share * len(frames))
    with loop.processing():
        loop.tell(loop.run.meta)
        loop.send(frames[:half])
    with loop.processing():
        loop.send(frames[half - 5 :])
        loop.tell(end)
        loop.wait_until_closed()
    assert loop.stored() == offline(end, frames)


def test_what_was_only_committed_when_it_was_killed_is_analysed_after_the_restart(
    loop: LiveLoop,
) -> None:
    """Killed right after a commit: raw frames are there, and no row of them."""
    frames, end = loop.frames, loop.end()
    with SqliteStore.open(loop.path) as store:
        store.commit_raw(frames, [end])
    with loop.processing():
        loop.wait_until_closed()
    assert loop.stored() == offline(end, frames)


def test_a_session_that_goes_on_after_its_end_is_analysed_anew(loop: LiveLoop) -> None:
    """A collector that was killed ends the session, then it connects again after all.

    The first part ends before the calibration is done, so its steps change with more.
    """
    first, second = [], []
    for slot in FEET:
        batches: list[ImuBatch] = loop.run.batches[slot]
        first += [loop.run.frame(b) for b in batches[:180]]
        second += [
            loop.run.frame(replace(b, epoch=1, seq=b.seq - 180)) for b in batches[180:]
        ]
    end = ended(loop.run.meta, in_time(first + second))
    with loop.processing() as service:
        loop.tell(ended(loop.run.meta, in_time(first)))
        loop.send(in_time(first))
        loop.wait_until_closed()
        loop.send(in_time(second))
        loop.tell(end)
        wait_until(lambda: service.counters.stored == len(first + second))
        loop.wait_until_closed()
        assert service.counters.duplicates == 0
    assert loop.stored() == offline(end, in_time(first + second))
