"""A session belongs to one runner: what others send under its name stays outside.

The broker lets a collector write on its own runner's topics only, but a topic names a
session as well, and session ids are shown on the boards.
"""

import msgspec

from contract import topics
from contract.messages import Event, dumps
from contract.model import Slot
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until
from tests.processing.live_loop import Acks, LiveLoop, offline


def test_nothing_that_another_runner_says_gets_into_a_run(
    loop: LiveLoop, acks: Acks
) -> None:
    frames, end = loop.frames, loop.end()
    half = len(frames) // 2
    meta = msgspec.structs.replace(
        loop.run.meta, runner="eve", name="Eve", state="ended"
    )
    gap = Event(t_ns=0, kind="gap", slot="left", epoch=0, first_seq=0, last_seq=10**6)
    eves = [
        (topics.imu("eve", "s1", Slot.LEFT), frames[half].payload),
        (topics.meta("eve", "s1"), dumps(meta)),
        (topics.event("eve", "s1"), dumps(gap)),
    ]
    with loop.processing() as service:
        loop.tell(loop.run.meta)
        loop.send(frames[:half])
        wait_until(lambda: service.counters.stored == half)
        for topic, payload in eves:
            loop.bus.publish(topic, payload)
        wait_until(lambda: service.counters.dead_letters == len(eves))
    with loop.processing() as service:  # and when it was read back from disk
        wait_until(lambda: service.counters.received > 0)
        for topic, payload in eves:
            loop.bus.publish(topic, payload)
        wait_until(lambda: service.counters.dead_letters == len(eves))
        loop.send(frames)
        loop.tell(end)
        loop.wait_until_closed()
        assert service.counters.lost == 0
    assert loop.stored() == offline(end, frames)
    assert acks.unfounded == []
    with SqliteStore.open(loop.path, read_only=True) as store:
        assert {letter.reason for letter in store.dead_letters()} == {
            "the session is another runner's"
        }
