"""One sensor's notifications as batches: driver, order, clock and rate put together.

Pure: it knows no radio, no disk and no clock of its own. What is missing it asks for
again where the sensor keeps a ring of packets; what stays away is counted, marked as a
gap, never filled in.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from collector.clock import ClockAligner
from collector.devices.base import (
    Cadence,
    Driver,
    Heard,
    NotThere,
    PingReply,
    Wanted,
)
from collector.plausible import Plausible
from collector.rate import RateMeter
from collector.repair import Repairs
from collector.sequence import Packet, Sequencer
from contract.errors import PacketError
from contract.model import FrameFlag, ImuBatch, Slot
from contract.units import NS_PER_S

FRAME_S = 0.1
"""Packets are joined to frames of about this length: ten a second, as replays send."""
HOLD_S = 4.0
"""Longest time that the first packets wait for the rate to be measured. The analysis
turns samples into time by the first frame's rate, and labels are wrong by 4 %
(sensors.md: 200 Hz is really 208)."""
RING_WINDOW = 1200
"""Packets that may wait for missing ones where these can be sent again: a minute."""
PLAIN_WINDOW = 2
"""Elsewhere: notifications of one link come in order, only hosts disturb it."""


@dataclass(frozen=True, slots=True)
class StreamCounts:
    """What became of one sensor's packets, over all connections.

    ``lost`` packets stayed away for good; ``lost_s`` is the time without samples,
    between connections too. ``repaired`` were missing and came when asked for again.
    """

    received: int = 0
    duplicate: int = 0
    lost: int = 0
    repaired: int = 0
    malformed: int = 0
    reconnects: int = 0
    lost_s: float = 0.0


class SensorStream:
    """Batches of one sensor, from the notifications of all its connections.

    Parameters
    ----------
    slot : Slot
        Where the sensor is worn.
    driver : Driver
        Its side of the talk.
    wanted : Wanted
        How it is to stream.
    unix_offset_ns : int
        Unix time less the host clock that stamps arrivals; one for all sensors.
    next_epoch : callable
        Gives the number of a new epoch.
    flags : FrameFlag
        What every batch is to carry, such as SIMULATED.
    """

    def __init__(
        self,
        slot: Slot,
        driver: Driver,
        wanted: Wanted,
        *,
        unix_offset_ns: int,
        next_epoch: Callable[[], int],
        flags: FrameFlag = FrameFlag.NONE,
    ) -> None:
        self.slot, self.driver, self.wanted = slot, driver, wanted
        self._offset_ns, self._next_epoch, self._flags = (
            unix_offset_ns,
            next_epoch,
            flags,
        )
        profile = driver.profile
        self._can_resend = profile.can.resend
        has_order = profile.clock.bits > 0 or profile.sequence.bits > 0
        self._shows_repeats = has_order or not profile.can.streams_imu
        self._last_heard: tuple[str, bytes] | None = None
        self._rate = RateMeter(wanted.rate_hz)
        self._counts = StreamCounts()
        self._repairs = Repairs()
        self._end_ns: int | None = None
        self._last_arrival_ns: int | None = None
        self.cadence: Cadence | None = None
        self._epoch = -1
        self._bounds_s, self._bounded = 0.0, 0
        self._begin()

    # ---- what the link tells ----

    def connected(self) -> list[ImuBatch]:
        """Note that streaming was started (again); gives what waited in vain."""
        if self._epoch < 0:
            self._epoch = self._next_epoch()
            return []
        if self.driver.continues:
            self._add(reconnects=1)
            self._repairs = Repairs()
            return []
        epoch = self._next_epoch()  # first: where that fails nothing is given away
        self._add(reconnects=1)
        batches = self.close()
        self._epoch = epoch
        self._begin()
        return batches

    def hear(self, channel: str, payload: bytes, arrival_ns: int) -> list[ImuBatch]:
        """Take a notification in; gives the batches that are ready.

        One that breaks the protocol, or cannot be true, is counted, and nothing else
        happens.
        """
        if self._is_repeat(channel, payload):
            self._add(duplicate=1)
            return []
        try:
            heard = self.driver.decode(channel, payload, arrival_ns)
        except PacketError:
            self._add(malformed=1)
            return []
        released: list[Packet] = []
        for item in heard:
            released += self._take(item, arrival_ns)
        return self._batches(released)

    def close(self) -> list[ImuBatch]:
        """Give all that waits: no packet of this epoch will come any more."""
        released = self._sequencer.flush()
        batches = self._batches(released, is_last=True)
        self._settle_counts()
        return batches

    def pinged(self, token: int, sent_ns: int) -> None:
        """Note when a ping was written."""
        self._pings[token] = sent_ns
        for old in list(self._pings)[:-_MOST_PINGS]:
            del self._pings[old]

    def to_ask(self, now_ns: int) -> list[tuple[int, int]]:
        """Ranges of packets to ask for again now, oldest first."""
        if not self._can_resend:
            return []
        return self._repairs.to_ask(self._sequencer.missing(), now_ns)

    def give_up(self) -> list[ImuBatch]:
        """Batches behind what was asked for often enough and never came."""
        last = self._repairs.hopeless()
        return [] if last is None else self._batches(self._sequencer.give_up(last))

    # ---- what it knows ----

    @property
    def counts(self) -> StreamCounts:
        """What became of packets so far."""
        now = self._sequencer.counts
        return replace(
            self._counts,
            received=self._counts.received + now.received,
            duplicate=self._counts.duplicate + now.duplicate + now.late,
            lost=self._counts.lost + now.missing,
        )

    @property
    def clock_bound_s(self) -> float:
        """How far times may be off between two feet now; inf while unknown."""
        if not self.driver.profile.clock.bits:
            return float("inf")
        return self._aligner.pair_bound_s

    @property
    def mean_clock_bound_s(self) -> float | None:
        """The same over all batches whose clock was known; None before the first."""
        return self._bounds_s / self._bounded if self._bounded else None

    @property
    def rate_hz(self) -> float | None:
        """Measured rate in host time; None before it is measured."""
        if not self._rate.is_measured:
            return None
        return self._aligner.rate_hz(self._rate.rate_hz)

    @property
    def last_arrival_ns(self) -> int | None:
        """Host time of the newest packet, or of a foot pod's last word."""
        return self._last_arrival_ns

    # ---- inside ----

    def _begin(self) -> None:
        """Begin an epoch: counter and clock of the sensor start anew."""
        if self._can_resend:
            self._sequencer = Sequencer(RING_WINDOW, first_hold=0)
        else:
            self._sequencer = Sequencer(PLAIN_WINDOW, first_hold=0)
        self._aligner = ClockAligner()
        profile = self.driver.profile
        self._plausible = Plausible(
            self.wanted.rate_hz,
            has_clock=profile.clock.bits > 0,
            has_count=profile.sequence.bits > 0,
        )
        self._pings: dict[int, int] = {}
        self._ready: list[Packet] = []
        self._repairs = Repairs()
        self._seq = 0
        self._is_held = not self._rate.is_measured
        self._is_gap = self._end_ns is not None
        self._is_new = True

    def _is_repeat(self, channel: str, payload: bytes) -> bool:
        """Whether the radio says the same twice, where no clock and no number show it.

        Acceleration and angular rate take turns there, so that the next notification is
        another one even of a sensor that lies still.
        """
        if self._shows_repeats:
            return False
        before, self._last_heard = self._last_heard, (channel, payload)
        return before == self._last_heard

    def _take(self, item: Heard, arrival_ns: int) -> list[Packet]:
        if isinstance(item, PingReply):
            sent_ns = self._pings.pop(item.token, None)
            if sent_ns is not None:
                offset = self._offset_ns
                self._aligner.add_ping(
                    sent_ns + offset, item.dev_ns, arrival_ns + offset
                )
            return []
        if isinstance(item, NotThere):
            return self._sequencer.give_up(item.last)
        if isinstance(item, Cadence):
            self._last_arrival_ns, self.cadence = arrival_ns, item
            return []
        is_late = any(a <= item.counter <= b for a, b in self._sequencer.missing())
        if not is_late and not self._plausible.admits(item):
            self._add(malformed=1)
            return []
        self._last_arrival_ns = arrival_ns
        if is_late:
            self._add(repaired=int(self._can_resend))
        else:
            self._align(item)
        return self._sequencer.push(item)

    def _align(self, packet: Packet) -> None:
        """Let a packet that came by itself tell of the clock; one asked for is late."""
        period_ns = NS_PER_S / self._rate.rate_hz
        last_ns = packet.dev_ns + round((len(packet.counts) - 1) * period_ns)
        self._aligner.add(last_ns, packet.arrival_ns + self._offset_ns)

    def _batches(
        self, released: list[Packet], *, is_last: bool = False
    ) -> list[ImuBatch]:
        for packet in released:
            is_cut = packet.gap_before or self._is_new
            self._rate.add(packet.dev_ns, len(packet.counts), is_after_gap=is_cut)
            self._is_new = False
        self._ready += released
        if self._is_held and not is_last:
            # Counted in samples: a clock that stands must not hold them for ever.
            waiting = sum(len(packet.counts) for packet in self._ready)
            most = HOLD_S * self._rate.rate_hz
            self._is_held = not self._rate.is_measured and waiting < most
            if self._is_held:
                return []
        frames, self._ready = _frames(
            self._ready, round(FRAME_S * self._rate.rate_hz), is_last=is_last
        )
        return [self._batch(frame) for frame in frames]

    def _batch(self, packets: list[Packet]) -> ImuBatch:
        counts = np.concatenate([packet.counts for packet in packets])
        first_ns = packets[0].dev_ns
        t0_ns = self._aligner.stamp_ns(first_ns)
        rate_hz = self._aligner.rate_hz(self._rate.rate_hz)
        is_gap = self._is_gap or packets[0].gap_before
        self._note_gap(t0_ns, is_gap=is_gap)
        self._is_gap = False
        self._end_ns = t0_ns + round(len(counts) * NS_PER_S / rate_hz)
        scale = self.driver.scale
        batch = ImuBatch(
            slot=self.slot,
            epoch=self._epoch,
            seq=self._seq,
            t0_ns=t0_ns,
            dev_ns=first_ns,
            rate_hz=rate_hz,
            acc_lsb_mps2=scale.acc_lsb_mps2,
            gyro_lsb_rps=scale.gyro_lsb_rps,
            counts=counts,
            flags=self._flags | self._flags_of(counts, is_gap=is_gap),
        )
        self._seq += 1
        return batch

    def _flags_of(self, counts: np.ndarray, *, is_gap: bool) -> FrameFlag:
        flags = FrameFlag.GAP_BEFORE if is_gap else FrameFlag.NONE
        scale = self.driver.scale
        most = np.abs(counts.astype(np.int32)).max(axis=0)
        if most[:3].max() >= scale.acc_rail or most[3:].max() >= scale.gyro_rail:
            flags |= FrameFlag.CLIPPED
        has_clock = self.driver.profile.clock.bits > 0
        if has_clock and self._aligner.is_synced:
            flags |= FrameFlag.CLOCK_SYNCED
            self._bounds_s += self._aligner.pair_bound_s
            self._bounded += 1
        return flags

    def _note_gap(self, t0_ns: int, *, is_gap: bool) -> None:
        if is_gap and self._end_ns is not None:
            self._add(lost_s=max(0.0, (t0_ns - self._end_ns) / NS_PER_S))

    def _settle_counts(self) -> None:
        """Carry the counts of an ended epoch over."""
        self._counts = self.counts
        self._sequencer = Sequencer(first_hold=0)

    def _add(self, **more: float) -> None:
        now = {name: getattr(self._counts, name) + n for name, n in more.items()}
        self._counts = replace(self._counts, **now)


_MOST_PINGS = 16
"""Unanswered pings that are remembered."""


def _frames(
    packets: list[Packet], samples: int, *, is_last: bool
) -> tuple[list[list[Packet]], list[Packet]]:
    """Join packets that follow one another to frames; also what is left over."""
    frames: list[list[Packet]] = []
    open_frame: list[Packet] = []
    n = 0
    for packet in packets:
        if open_frame and packet.gap_before:
            frames.append(open_frame)
            open_frame, n = [], 0
        open_frame.append(packet)
        n += len(packet.counts)
        if n >= samples:
            frames.append(open_frame)
            open_frame, n = [], 0
    if is_last and open_frame:
        frames.append(open_frame)
        open_frame = []
    return frames, open_frame
