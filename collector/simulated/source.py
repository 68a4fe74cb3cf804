"""A simulated runner as sources that the collector reads like any sensor."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from collector.clock import ClockAligner
from collector.sequence import Packet, Sequencer
from collector.simulated.motion import move
from collector.simulated.radio import RadioTraits, transmit
from collector.simulated.schedule import Stride, strides
from collector.simulated.sensor import (
    ACC_LSB_MPS2,
    GYRO_LSB_RPS,
    SensorTraits,
    draw_sensor,
    sense,
)
from collector.simulated.traits import FootTraits, RunnerTraits
from contract.model import CountArray, FrameFlag, ImuBatch, Slot
from contract.units import NS_PER_S

# 98 % of the range: beyond it filters have already bent the peak (design notes).
CLIPPED_COUNTS = 32113


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How a simulated run is recorded."""

    rate_hz: float = 200.0
    standing_s: float = 4.0
    radio: RadioTraits = field(default_factory=RadioTraits)


class SimulatedSource:
    """One shoe of a simulated runner (see `collector.source.Source`).

    Every call of `batches` begins the same run anew and yields the same bytes.
    """

    def __init__(
        self,
        slot: Slot,
        traits: RunnerTraits,
        *,
        origin_ns: int,
        duration_s: float | None = None,
        seed: int = 0,
        settings: RunSettings | None = None,
    ) -> None:
        self._slot = slot
        self._traits = traits
        self._origin_ns = origin_ns
        self._duration_s = duration_s
        self._seed = seed
        self._settings = settings or RunSettings()
        draw = np.random.default_rng([seed, 3, int(slot)])
        self._sensor = draw_sensor(draw, self._settings.rate_hz)

    @property
    def slot(self) -> Slot:
        """Where the sensor is worn."""
        return self._slot

    @property
    def sensor(self) -> SensorTraits:
        """The simulated device, for tests that need to know it."""
        return self._sensor

    def batches(self) -> Iterator[ImuBatch]:
        """Yield the batches in order, as fast as they are asked for."""
        aligner = ClockAligner(least_latency_s=self._settings.radio.least_latency_s)
        sequencer = Sequencer()
        seq = 0
        for packet in self.packets():
            last = len(packet.counts) - 1
            last_ns = round(last * NS_PER_S / self._sensor.rate_hz)
            aligner.add(packet.dev_ns + last_ns, packet.arrival_ns)
            for ready in sequencer.push(packet):
                yield self._batch(ready, seq, aligner)
                seq += 1
        for ready in sequencer.flush():
            yield self._batch(ready, seq, aligner)
            seq += 1

    def packets(self) -> Iterator[Packet]:
        """Yield what the radio brings, in the order of arrival."""
        noise = np.random.default_rng([self._seed, 4, int(self._slot)])
        ether = np.random.default_rng([self._seed, 5, int(self._slot)])
        left, right = self._traits.left, self._traits.right
        foot: FootTraits = left if self._slot is Slot.LEFT else right
        samples = sense(move(self._strides(), foot), self._sensor, noise)
        return transmit(
            self._until_the_end(samples),
            self._sensor,
            self._settings.radio,
            ether,
            self._origin_ns,
        )

    def _strides(self) -> Iterator[Stride]:
        both = strides(self._traits, self._seed, self._settings.standing_s)
        return (stride for stride in both if stride.slot is self._slot)

    def _until_the_end(self, samples: Iterator[CountArray]) -> Iterator[CountArray]:
        if self._duration_s is None:
            yield from samples
            return
        left = round(self._duration_s * self._sensor.true_rate_hz)
        for block in samples:
            yield block[:left]
            left -= len(block)
            if left <= 0:
                return

    def _batch(self, packet: Packet, seq: int, aligner: ClockAligner) -> ImuBatch:
        flags = FrameFlag.SIMULATED
        if packet.gap_before:
            flags |= FrameFlag.GAP_BEFORE
        if np.abs(packet.counts.astype(np.int32)).max() >= CLIPPED_COUNTS:
            flags |= FrameFlag.CLIPPED
        t0_ns = aligner.stamp_ns(packet.dev_ns)
        if aligner.is_synced:
            flags |= FrameFlag.CLOCK_SYNCED
        return ImuBatch(
            slot=self._slot,
            epoch=0,
            seq=seq,
            t0_ns=t0_ns,
            dev_ns=packet.dev_ns,
            rate_hz=aligner.rate_hz(self._sensor.rate_hz),
            acc_lsb_mps2=ACC_LSB_MPS2,
            gyro_lsb_rps=GYRO_LSB_RPS,
            counts=packet.counts,
            flags=flags,
        )


def simulated_run(
    traits: RunnerTraits,
    origin_ns: int,
    duration_s: float | None = None,
    seed: int = 0,
    settings: RunSettings | None = None,
) -> dict[Slot, SimulatedSource]:
    """Give the two shoes of a run; ``duration_s`` None runs without end.

    Batches carry host-aligned times: ``origin_ns`` plus the seconds of the run. The
    truth of the same run comes from `collector.simulated.truth.true_steps` with the
    same traits, seed and ``standing_s``.
    """
    return {
        slot: SimulatedSource(
            slot,
            traits,
            origin_ns=origin_ns,
            duration_s=duration_s,
            seed=seed,
            settings=settings,
        )
        for slot in (Slot.LEFT, Slot.RIGHT)
    }
