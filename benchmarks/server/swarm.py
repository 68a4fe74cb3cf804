"""Many runners at once, for the load test: a process of its own, as light as can be.

A few simulated runners are made beforehand; each runner of the swarm runs as one of
them, from now on, on sensors of her own: frames are stamped with time, place and a
rate of their own (crystals differ by some 50 ppm), and signed again. Nothing is sent a
second time: what is never acknowledged is lost.

``python -m benchmarks.server.swarm PORT RUNNERS SECONDS`` prints what became of it.
"""

import argparse
import heapq
import json
import random
import struct
import sys
import time
import zlib
from dataclasses import dataclass, field

from benchmarks.server.line import Line, topic_bytes
from collector.simulated.radio import RadioTraits
from collector.simulated.source import FEET, RunSettings, simulated_run
from collector.simulated.traits import draw_runner
from contract import topics, wire
from contract.messages import Ack, SessionMeta, dumps, loads
from contract.model import Slot
from contract.units import NS_PER_S

DISTINCT = 6
HOST = "127.0.0.1"
_CLEAN = RadioTraits(loss=0.0, duplicates=0.0, reordered=0.0)
_PER_LINE = 50
_TICK_S = 0.01
_AFTER_S = 20.0
"""So long the last acknowledgements are waited for."""
_SPREAD_S = 10.0
"""Runners begin within so long."""
_MOST_PPM = 50e-6
# Places in a wire frame (contract/wire.py): seq 8, t0_ns 12, rate 28.
_STAMP = struct.Struct("<Iq")
_STAMP_AT = 8
_RATE = struct.Struct("<f")
_RATE_AT = 28


@dataclass(frozen=True, slots=True)
class Track:
    """What one sensor of a simulated runner sends: bodies without checksum.

    ``begin_ns`` and ``end_ns`` are when each was begun and whole, since the start.
    """

    bodies: list[bytes]
    begin_ns: list[int]
    end_ns: list[int]
    rate_hz: float


@dataclass(slots=True)
class Stream:
    """One sensor of a runner of the swarm."""

    topic: bytes
    track: Track
    origin_ns: int
    rate_hz: float
    sent: int = 0
    acked: int = 0

    def next_ns(self) -> int:
        """When its next frame is whole."""
        return self.origin_ns + self.track.end_ns[self.sent]

    def frame(self) -> bytes:
        """The next frame, stamped and signed."""
        body = bytearray(self.track.bodies[self.sent])
        t0_ns = self.origin_ns + self.track.begin_ns[self.sent]
        _STAMP.pack_into(body, _STAMP_AT, self.sent, t0_ns)
        _RATE.pack_into(body, _RATE_AT, self.rate_hz)
        self.sent += 1
        return bytes(body) + struct.pack("<I", zlib.crc32(body))


@dataclass(slots=True)
class Swarm:
    """Runners on their lines to the broker."""

    lines: list[Line]
    streams: dict[tuple[str, str], Stream] = field(default_factory=dict)
    line_of: dict[int, Line] = field(default_factory=dict)
    late_s: float = 0.0

    def run(self, until_ns: int) -> None:
        """Send each frame when it is whole."""
        due = [(s.next_ns(), k) for k, s in enumerate(self.streams.values())]
        every = list(self.streams.values())
        heapq.heapify(due)
        while (now_ns := time.time_ns()) < until_ns:
            batches: dict[int, list[tuple[bytes, bytes]]] = {}
            while due[0][0] <= now_ns:
                late_s = (now_ns - due[0][0]) / NS_PER_S
                self.late_s = max(self.late_s, late_s)
                k = heapq.heappop(due)[1]
                stream = every[k]
                line = k // (2 * _PER_LINE)
                batches.setdefault(line, []).append((stream.topic, stream.frame()))
                heapq.heappush(due, (stream.next_ns(), k))
            for line, messages in batches.items():
                self.lines[line].publish(messages)
            self.listen()
            time.sleep(_TICK_S)

    def listen(self) -> None:
        """Take in acknowledgements, and the broker's confirmations."""
        for line in self.lines:
            for topic, payload in line.read():
                address = topics.parse(topic)
                if address.slot is None:
                    continue
                stream = self.streams.get((address.session, address.slot.word))
                if stream is not None:
                    stream.acked = loads(payload, Ack).next_seq

    def wait(self) -> None:
        """Wait for the acknowledgements that are still to come."""
        until_s = time.monotonic() + _AFTER_S
        while self.lost and time.monotonic() < until_s:
            self.listen()
            time.sleep(0.05)

    @property
    def sent(self) -> int:
        """Frames sent."""
        return sum(stream.sent for stream in self.streams.values())

    @property
    def lost(self) -> int:
        """Frames sent and not acknowledged."""
        return sum(stream.sent - stream.acked for stream in self.streams.values())


def make_tracks(seconds: float, count: int = DISTINCT) -> list[dict[Slot, Track]]:
    """Run a few simulated runners, a bit longer than the load lasts."""
    return [_tracks(seed, seconds) for seed in range(count)]


def _tracks(seed: int, seconds: float) -> dict[Slot, Track]:
    settings = RunSettings(radio=_CLEAN)
    sources = simulated_run(draw_runner(40 + seed), 0, seconds, seed, settings)
    tracks = {}
    for slot, source in sources.items():
        batches = list(source.batches())
        tracks[slot] = Track(
            [wire.encode(batch)[:-4] for batch in batches],
            [b.t0_ns for b in batches],
            [b.t0_ns + round(b.n * NS_PER_S / b.rate_hz) for b in batches],
            batches[0].rate_hz,
        )
    return tracks


def gather(
    port: int, runners: int, tracks: list[dict[Slot, Track]], mark: str
) -> Swarm:
    """Connect and describe all runners; they begin one after the other."""
    lines = [
        Line(HOST, port, f"swarm-{mark}-{k}") for k in range(-(-runners // _PER_LINE))
    ]
    lines[0].subscribe(topics.ALL_ACKS)
    chance, swarm, now_ns = random.Random(1), Swarm(lines), time.time_ns()  # noqa: S311 - no secret
    for k in range(runners):
        runner, session = f"swarm-{k}", f"{mark}-{k}"
        origin_ns = now_ns + round((1.0 + _SPREAD_S * k / runners) * NS_PER_S)
        meta = SessionMeta(
            runner=runner,
            session=session,
            origin_ns=origin_ns,
            simulated=True,
            consent_live=True,
        )
        told = topic_bytes(topics.meta(runner, session)), dumps(meta)
        lines[k // _PER_LINE].publish([told], flags=1)
        for slot in FEET:
            track = tracks[k % len(tracks)][slot]
            topic = topic_bytes(topics.imu(runner, session, slot))
            rate_hz = track.rate_hz * (1 + chance.uniform(-_MOST_PPM, _MOST_PPM))
            swarm.streams[session, slot.word] = Stream(topic, track, origin_ns, rate_hz)
    return swarm


def main() -> int:
    """Run the swarm; gives the exit code."""
    args = _arguments()
    tracks = make_tracks(args.seconds + 5.0)
    print("ready", flush=True)
    sys.stdin.readline()
    swarm = gather(args.port, args.runners, tracks, args.mark)
    swarm.run(time.time_ns() + round(args.seconds * NS_PER_S))
    swarm.wait()
    for line in swarm.lines:
        line.close()
    told = {
        "sent": swarm.sent,
        "lost": swarm.lost,
        "late_s": swarm.late_s,
        "cpu_s": time.process_time(),
    }
    print(json.dumps(told), flush=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("runners", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--mark", default="swarm", help="begin of session names")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
