"""How well clocks meet over many simulated links, and whether the bound is true.

The link is that of the design's prototype: a packet leaves at the next connection event
of its own link and phase, 3 % of transmissions are repeated at the next event, the host
adds 2 ms, exponential jitter of 1 ms and rare stalls of 50 to 300 ms; crystals are up
to 50 ppm off. Run as ``python -m benchmarks.clock_links``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from collector.clock import ClockAligner
from contract.model import FloatArray
from contract.units import NS_PER_S

# Of the prototype: until a packet is ready, on the air, in the host.
READY_S, AIR_S, HOST_S, JITTER_S = 0.0005, 0.002, 0.002, 0.001
LEAST_LATENCY_S = READY_S + AIR_S + HOST_S
REPEATED, STALLED, STALL_S = 0.03, 0.002, (0.05, 0.3)
SKEW_PPM = 50.0
# A ping is stamped 0.3 ms into the event that brings it and answered 0.8 ms later.
STAMP_S, ANSWER_S = 0.0003, 0.0008
PING_EVERY_S, PING_SPREAD_S = 1.0, 0.2
ORIGIN_NS = 1_763_700_000 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Radio:
    """One kind of link: connection interval, time between packets, pings or none."""

    interval_s: float = 0.015
    packet_s: float = 19 / 416
    has_pings: bool = False


@dataclass(frozen=True, slots=True)
class ClockLinks:
    """What came out of one kind of link; errors in seconds.

    Attributes
    ----------
    links : int
        Half as many pairs of shoes.
    pair_median_s, pair_p95_s : float
        Clock error between the two shoes at the end.
    error_median_s : float
        Error of one shoe at the end, against what the bound is about: the true time,
        plus the least latency where there are no pings.
    bound_median_s : float
        Bound that is published at the end.
    held_at_end, held_always : float
        Share of links whose bound holds at the end, or in every second from the first
        bound on.
    moments_held : float
        Share of all those seconds.
    synced : float
        Share of links that are called synced at the end.
    """

    radio: Radio
    links: int
    pair_median_s: float
    pair_p95_s: float
    error_median_s: float
    bound_median_s: float
    held_at_end: float
    held_always: float
    moments_held: float
    synced: float


class _Link:
    """One sensor's clock, connection and host."""

    def __init__(self, radio: Radio, seed: int) -> None:
        self._radio = radio
        self._rng = np.random.default_rng(seed)
        self._phase_s = float(self._rng.uniform(0, radio.interval_s))
        self._rate = 1 + float(self._rng.uniform(-SKEW_PPM, SKEW_PPM)) * 1e-6

    def dev_ns(self, true_s: FloatArray) -> list[int]:
        """Sensor's clock at true times; it showed 7 s at time 0."""
        shown = np.rint((7.0 + true_s * self._rate) * NS_PER_S)
        ns: list[int] = shown.astype(np.int64).tolist()
        return ns

    def packets(self, seconds: float) -> tuple[FloatArray, FloatArray]:
        """Give true time and arrival of packets."""
        period_s = self._radio.packet_s / self._rate
        first_s = float(self._rng.uniform(0, period_s))
        true_s = np.arange(first_s, seconds, period_s)
        arrival_s = self._event(true_s + READY_S) + AIR_S + self._host(len(true_s))
        return true_s, np.maximum.accumulate(arrival_s)

    def pings(self, seconds: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Give the times of sending, of stamping and of arrival."""
        sent_s = np.arange(0.5, seconds, PING_EVERY_S)
        sent_s = sent_s + self._rng.uniform(0, PING_SPREAD_S, len(sent_s))
        stamped_s = self._event(sent_s + self._host(len(sent_s))) + STAMP_S
        answered_s = self._event(stamped_s + ANSWER_S) + AIR_S
        return sent_s, stamped_s, answered_s + self._host(len(sent_s))

    def _event(self, ready_s: FloatArray) -> FloatArray:
        interval_s = self._radio.interval_s
        event = np.ceil((ready_s - self._phase_s) / interval_s)
        event += self._rng.geometric(1 - REPEATED, len(ready_s)) - 1
        return np.asarray(self._phase_s + event * interval_s)

    def _host(self, n: int) -> FloatArray:
        is_stalled = self._rng.random(n) < STALLED
        stall_s = np.where(is_stalled, self._rng.uniform(*STALL_S, n), 0.0)
        return np.asarray(HOST_S + self._rng.exponential(JITTER_S, n) + stall_s)


Heard = tuple[int, int, int | None]


def _heard(link: _Link, radio: Radio, seconds: float) -> list[Heard]:
    """Give arrival, device time and, of answers, when the ping was sent; in order."""
    true_s, arrival_s = link.packets(seconds)
    came = [
        (arrival, dev, None)
        for arrival, dev in zip(_ns(arrival_s), link.dev_ns(true_s), strict=True)
    ]
    if not radio.has_pings:
        return list[Heard](came)
    sent_s, stamped_s, answered_s = link.pings(seconds)
    devs = link.dev_ns(stamped_s)
    answers = zip(_ns(answered_s), devs, _ns(sent_s), strict=True)
    return sorted([*came, *answers], key=lambda heard: heard[0])


def _ns(seconds: FloatArray) -> list[int]:
    ns: list[int] = np.rint(seconds * NS_PER_S).astype(np.int64).tolist()
    return [ORIGIN_NS + one for one in ns]


def errors_and_bounds(radio: Radio, seed: int, seconds: float) -> FloatArray:
    """Rows of error_s, bound_s and synced, one each second of one link."""
    link = _Link(radio, seed)
    aligner = ClockAligner()
    common_s = 0.0 if radio.has_pings else LEAST_LATENCY_S
    stamps = _stamps(link, radio, aligner, seconds)
    rows = [
        (stamp - at_s - common_s, aligner.error_bound_s, aligner.is_synced)
        for at_s, stamp in stamps
    ]
    return np.array(rows, dtype=np.float64)


def _stamps(
    link: _Link, radio: Radio, aligner: ClockAligner, seconds: float
) -> Iterator[tuple[float, float]]:
    """Feed the aligner; each second give the true time and what it makes of it."""
    at_s = 1.0
    for arrival_ns, dev_ns, sent_ns in _heard(link, radio, seconds):
        while arrival_ns >= ORIGIN_NS + at_s * NS_PER_S:
            # A moment that has just passed: packets are stamped when they arrive.
            dev_at = link.dev_ns(np.array([at_s]))[0]
            yield at_s, (aligner.stamp_ns(dev_at) - ORIGIN_NS) / NS_PER_S
            at_s += 1.0
        if sent_ns is None:
            aligner.add(dev_ns, arrival_ns)
        else:
            aligner.add_ping(sent_ns, dev_ns, arrival_ns)


def measure(
    radio: Radio | None = None, *, links: int = 200, seconds: float = 120.0
) -> ClockLinks:
    """Simulate so many links and compare them with what was published."""
    radio = radio or Radio()
    runs = [errors_and_bounds(radio, seed, seconds) for seed in range(links)]
    ends = np.array([rows[-1] for rows in runs])
    pair_s = np.abs(ends[0::2, 0] - ends[1::2, 0])
    held = [_held(rows) for rows in runs]
    return ClockLinks(
        radio=radio,
        links=links,
        pair_median_s=float(np.median(pair_s)),
        pair_p95_s=float(np.quantile(pair_s, 0.95)),
        error_median_s=float(np.median(ends[:, 0])),
        bound_median_s=float(np.median(ends[:, 1])),
        held_at_end=float(np.mean([h[-1] for h in held])),
        held_always=float(np.mean([h.all() for h in held])),
        moments_held=float(np.concatenate(held).mean()),
        synced=float(ends[:, 2].mean()),
    )


def _held(rows: FloatArray) -> FloatArray:
    known = rows[np.isfinite(rows[:, 1])]
    return np.asarray(np.abs(known[:, 0]) <= known[:, 1])


RADIOS = (
    Radio(),
    Radio(has_pings=True),
    Radio(interval_s=0.020, packet_s=0.020),
    Radio(interval_s=0.020, packet_s=0.020, has_pings=True),
)


def report(found: ClockLinks) -> str:
    """One kind of link in a few lines."""
    radio = found.radio
    pings = "with pings" if radio.has_pings else "one-way"
    return (
        f"{pings}, interval {radio.interval_s * 1e3:.1f} ms, "
        f"a packet every {radio.packet_s * 1e3:.1f} ms, {found.links} links\n"
        f"  between two shoes: median {found.pair_median_s * 1e3:.2f} ms, "
        f"p95 {found.pair_p95_s * 1e3:.2f} ms\n"
        f"  of one shoe: median {found.error_median_s * 1e3:+.2f} ms, "
        f"bound {found.bound_median_s * 1e3:.2f} ms, synced {found.synced:.1%}\n"
        f"  bound holds: at the end {found.held_at_end:.1%} of links, "
        f"always {found.held_always:.1%}, moments {found.moments_held:.2%}"
    )


if __name__ == "__main__":
    for kind in RADIOS:
        print(report(measure(kind)))
