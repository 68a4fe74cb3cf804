"""The load test itself, small: what it sends is what real collectors send."""

import struct
import zlib
from itertools import pairwise

import pytest

from benchmarks.server.load import measure
from benchmarks.server.swarm import Stream, Track, make_tracks
from contract import wire
from contract.model import Slot
from contract.units import NS_PER_S

ORIGIN_NS = 1_763_700_000 * NS_PER_S


@pytest.fixture(scope="module")
def track() -> Track:
    return make_tracks(5.0, 1)[0][Slot.LEFT]


@pytest.fixture
def stream(track: Track) -> Stream:
    return Stream(b"topic", track, ORIGIN_NS, 200.01)


def test_frames_of_the_swarm_are_those_of_a_runner_of_now(stream: Stream) -> None:
    batches = [wire.decode(stream.frame()) for _ in range(40)]
    assert [batch.seq for batch in batches] == list(range(40))
    assert {batch.slot for batch in batches} == {Slot.LEFT}
    assert batches[0].t0_ns >= ORIGIN_NS
    assert batches[0].rate_hz == pytest.approx(200.01, abs=1e-4)
    period_ns = NS_PER_S / 200
    for before, after in pairwise(batches):
        assert after.t0_ns - before.t0_ns == pytest.approx(
            before.n * period_ns, rel=0.01
        )


def test_a_frame_is_sent_when_its_last_sample_was_taken(stream: Stream) -> None:
    due_ns = stream.next_ns()
    batch = wire.decode(stream.frame())
    took_ns = batch.n * NS_PER_S / 200
    assert due_ns - batch.t0_ns == pytest.approx(took_ns, rel=0.01)


def test_a_frame_of_the_swarm_is_signed(stream: Stream) -> None:
    frame = stream.frame()
    assert struct.unpack("<I", frame[-4:])[0] == zlib.crc32(frame[:-4])


def test_a_small_load_goes_through_broker_and_processing_without_loss(
    require: object,
) -> None:
    require("mosquitto")  # type: ignore[operator]
    found = measure(2, 6.0, with_influx=False)
    assert found["sent"] > 50
    assert found["lost"] == 0
    assert found["stored"] == found["sent"]
