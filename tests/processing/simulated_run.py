"""Simulated runs for the tests of the analysis, each made once, with their truth."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from collector.simulated.radio import RadioTraits
from collector.simulated.source import RunSettings, simulated_run
from collector.simulated.traits import draw_runner
from collector.simulated.truth import Truth, true_steps
from contract import wire
from contract.messages import SessionMeta
from contract.model import FloatArray, FrameFlag, ImuBatch, Slot
from contract.units import NS_PER_S
from processing.store.base import RawFrame

ORIGIN_NS = 1_763_700_000 * NS_PER_S
CLEAN = RadioTraits(loss=0.0, duplicates=0.0, reordered=0.0)


@dataclass(frozen=True, eq=False)
class SimulatedRun:
    """What both shoes sent in a run, and what really happened."""

    meta: SessionMeta
    batches: dict[Slot, list[ImuBatch]]
    truth: Truth

    def samples(self, slot: Slot) -> FloatArray:
        """Give all samples of one shoe [N, 6], SI units, sensor axes."""
        return np.vstack([batch.si() for batch in self.batches[slot]])

    def frames(self) -> list[RawFrame]:
        """Give the wire frames of both shoes."""
        return [self.frame(batch) for both in self.batches.values() for batch in both]

    def frame(self, batch: ImuBatch) -> RawFrame:
        """Give one batch as it goes over the wire."""
        where = self.meta.runner, self.meta.session, batch.slot
        return RawFrame(*where, batch.epoch, batch.seq, wire.encode(batch))

    def recut(self, size: int) -> "SimulatedRun":
        """Give the same samples in frames of another size, on an exact 200 Hz grid."""
        cut = {slot: self._recut(slot, size) for slot in self.batches}
        return replace(self, batches=cut)

    def _recut(self, slot: Slot, size: int) -> list[ImuBatch]:
        counts = np.vstack([batch.counts for batch in self.batches[slot]])
        first = self.batches[slot][0]
        return [
            replace(
                first,
                seq=seq,
                t0_ns=first.t0_ns + start * NS_PER_S // 200,
                rate_hz=200.0,
                counts=counts[start : start + size],
                flags=FrameFlag.SIMULATED,
            )
            for seq, start in enumerate(range(0, len(counts), size))
        ]


@lru_cache(maxsize=64)
def remembered_run(
    seed: int,
    duration_s: float,
    rate_hz: float,
    asymmetry_pct: float,
    session: str,
) -> SimulatedRun:
    traits = draw_runner(seed, contact_asymmetry_pct=asymmetry_pct)
    settings = RunSettings(rate_hz=rate_hz, radio=CLEAN)
    sources = simulated_run(traits, ORIGIN_NS, duration_s, seed, settings)
    meta = SessionMeta(
        runner="ana", session=session, origin_ns=ORIGIN_NS, shoe="blue", simulated=True
    )
    batches = {slot: list(source.batches()) for slot, source in sources.items()}
    return SimulatedRun(meta, batches, true_steps(traits, seed, duration_s))
