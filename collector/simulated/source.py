"""A simulated runner as sources that the collector reads like any sensor."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from collector.clock import ClockAligner
from collector.sequence import Packet, Sequencer
from collector.simulated.course import Course
from collector.simulated.hip import move_hip
from collector.simulated.motion import Motion, move
from collector.simulated.radio import RadioTraits, transmit
from collector.simulated.schedule import strides
from collector.simulated.sensor import SensorTraits, draw_sensor, sense
from collector.simulated.traits import RunnerTraits
from collector.simulated.worn import HEEL_M, Worn
from contract.model import CountArray, FrameFlag, ImuBatch, Slot
from contract.units import NS_PER_S

# 98 % of the range: beyond it filters have already bent the peak (design notes).
CLIPPED_COUNTS = 32113


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What the runner does, how the sensors are worn and how it is recorded.

    Attributes
    ----------
    rate_hz : float
        Of each sensor.
    standing_s : float
        How long the runner stands at first.
    radio : RadioTraits
        How good the links are.
    course : Course, optional
        What comes after the standing; without it a run at one speed.
    worn : mapping of Slot to Worn
        Sensors that are not worn as usual.
    recorded_from_s : float
        Sensors are switched on this long after the origin, for example in full run.
    """

    rate_hz: float = 200.0
    standing_s: float = 4.0
    radio: RadioTraits = field(default_factory=RadioTraits)
    course: Course | None = None
    worn: Mapping[Slot, Worn] = field(default_factory=dict)
    recorded_from_s: float = 0.0


class SimulatedSource:
    """One sensor of a simulated runner (see `collector.source.Source`).

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
        self._worn = self._settings.worn.get(slot, Worn())
        draw = np.random.default_rng([seed, 3, int(slot)])
        sensor = draw_sensor(draw, self._settings.rate_hz, self._worn)
        begin_s = sensor.first_sample_s + self._settings.recorded_from_s
        self._sensor = replace(sensor, first_sample_s=begin_s)

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
        samples = sense(self._motion(), self._sensor, noise)
        return transmit(
            self._until_the_end(samples),
            self._sensor,
            self._settings.radio,
            ether,
            self._origin_ns,
        )

    def _motion(self) -> Iterator[Motion]:
        settings = self._settings
        both = strides(self._traits, self._seed, settings.standing_s, settings.course)
        if not self._slot.is_foot:
            return move_hip(both, self._traits.hip, self._seed)
        slot = self._worn.foot or self._slot
        own = (stride for stride in both if stride.slot is slot)
        is_heel = self._worn.place == "heel"
        return move(own, HEEL_M if is_heel else self._traits.foot(slot).sensor_m)

    def _until_the_end(self, samples: Iterator[CountArray]) -> Iterator[CountArray]:
        if self._duration_s is None:
            yield from samples
            return
        recorded_s = self._duration_s - self._settings.recorded_from_s
        left = round(recorded_s * self._sensor.true_rate_hz)
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
            acc_lsb_mps2=self._sensor.acc_lsb_mps2,
            gyro_lsb_rps=self._sensor.gyro_lsb_rps,
            counts=packet.counts,
            flags=flags,
        )


FEET = (Slot.LEFT, Slot.RIGHT)


def simulated_run(
    traits: RunnerTraits,
    origin_ns: int,
    duration_s: float | None = None,
    seed: int = 0,
    settings: RunSettings | None = None,
    *,
    slots: Sequence[Slot] = FEET,
) -> dict[Slot, SimulatedSource]:
    """Give the sensors of a run; ``duration_s`` None runs without end.

    Batches carry host-aligned times: ``origin_ns`` plus the seconds of the run. The
    truth of the same run comes from `collector.simulated.truth.true_steps` with the
    same traits, seed, ``standing_s`` and course.
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
        for slot in slots
    }
