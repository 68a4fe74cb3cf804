"""Packets on the way from the shoe: late, lost, doubled or out of order."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from collector.sequence import Packet
from collector.simulated.sensor import SensorTraits
from contract.model import CountArray
from contract.units import NS_PER_S


@dataclass(frozen=True, slots=True)
class RadioTraits:
    """How good the link is; the default is a quiet park.

    Loss comes in bursts (Gilbert-Elliott): ``loss`` is its long-run share, and a burst
    lasts ``burst_packets`` on average. Latency is the model of the design notes:
    ``least_latency_s`` + U(0, 15 ms) + exp(8 ms), and for 2 % of packets + exp(150 ms).
    """

    samples_per_packet: int = 20
    loss: float = 0.003
    burst_packets: float = 2.0
    duplicates: float = 0.001
    reordered: float = 0.001
    least_latency_s: float = 0.012


def transmit(
    chunks: Iterator[CountArray],
    sensor: SensorTraits,
    radio: RadioTraits,
    rng: np.random.Generator,
    origin_ns: int = 0,
) -> Iterator[Packet]:
    """Yield packets in the order of their arrival at the host."""
    air: list[tuple[int, int, Packet]] = []
    is_bad = False
    tickets = 0
    for packet, sent_ns in _packets(chunks, sensor, radio, origin_ns):
        # Nothing sent from now on can arrive before what has arrived by now.
        while air and air[0][0] <= sent_ns:
            yield heapq.heappop(air)[2]
        is_bad = _stays_bad(is_bad, radio, rng)
        for copy in _arrivals(packet, sent_ns, radio, sensor.rate_hz, rng):
            if not is_bad:
                heapq.heappush(air, (copy.arrival_ns, tickets, copy))
                tickets += 1
    while air:
        yield heapq.heappop(air)[2]


def _packets(
    chunks: Iterator[CountArray],
    sensor: SensorTraits,
    radio: RadioTraits,
    origin_ns: int,
) -> Iterator[tuple[Packet, int]]:
    """Cut samples into packets; each comes with the time of its last sample."""
    size, first = radio.samples_per_packet, 0
    rest = np.zeros((0, 6), dtype=np.int16)
    for chunk in chunks:
        rest = np.vstack([rest, chunk])
        for start in range(0, len(rest) - size + 1, size):
            counts = rest[start : start + size]
            sent_s = sensor.true_s(first + size - 1)
            packet = Packet(first // size, sensor.dev_ns(first), 0, counts)
            yield packet, origin_ns + round(sent_s * NS_PER_S)
            first += size
        rest = rest[len(rest) - len(rest) % size :]


def _stays_bad(is_bad: bool, radio: RadioTraits, rng: np.random.Generator) -> bool:
    """Step of the Gilbert-Elliott chain: all is lost while it is bad."""
    leave = 1 / max(radio.burst_packets, 1.0)
    enter = leave * radio.loss / max(1 - radio.loss, 1e-9)
    draw = float(rng.uniform())
    return draw >= leave if is_bad else draw < enter


def _arrivals(
    packet: Packet,
    sent_ns: int,
    radio: RadioTraits,
    rate_hz: float,
    rng: np.random.Generator,
) -> Iterator[Packet]:
    """Arrive once, or twice; all chance is drawn, so that loss changes nothing else."""
    stall, swap, double = rng.uniform(size=3).tolist()
    latency_s = radio.least_latency_s + float(rng.uniform(0, 0.015))
    latency_s += float(rng.exponential(0.008))
    long_s, held, again_s = (
        rng.exponential(0.150),
        rng.integers(1, 4),
        rng.exponential(),
    )
    latency_s += float(long_s) if stall < 0.02 else 0.0
    if swap < radio.reordered:
        latency_s += int(held) * len(packet.counts) / rate_hz
    yield _arriving(packet, sent_ns, latency_s)
    if double < radio.duplicates:
        yield _arriving(packet, sent_ns, latency_s + 0.1 * float(again_s))


def _arriving(packet: Packet, sent_ns: int, latency_s: float) -> Packet:
    arrival_ns = sent_ns + round(latency_s * NS_PER_S)
    return Packet(packet.counter, packet.dev_ns, arrival_ns, packet.counts)
