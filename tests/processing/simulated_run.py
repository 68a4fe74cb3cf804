"""Simulated runs for the tests of the analysis, each made once, with their truth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from collector.simulated.radio import RadioTraits
from collector.simulated.source import FEET, RunSettings, simulated_run
from collector.simulated.traits import RunnerTraits, draw_runner
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
    """What the sensors sent in a run, and what really happened."""

    meta: SessionMeta
    batches: dict[Slot, list[ImuBatch]]
    truth: Truth

    def samples(self, slot: Slot) -> FloatArray:
        """Give all samples of one shoe [N, 6], SI units, sensor axes."""
        return np.vstack([batch.si() for batch in self.batches[slot]])

    def frames(self) -> list[RawFrame]:
        """Give the wire frames of all sensors."""
        return [self.frame(batch) for both in self.batches.values() for batch in both]

    def frame(self, batch: ImuBatch) -> RawFrame:
        """Give one batch as it goes over the wire."""
        where = self.meta.runner, self.meta.session, batch.slot
        return RawFrame(*where, batch.epoch, batch.seq, wire.encode(batch))

    def changed(self, change: Callable[[ImuBatch], ImuBatch]) -> "SimulatedRun":
        """Give the run with every batch changed."""
        cut = {slot: [change(b) for b in own] for slot, own in self.batches.items()}
        return replace(self, batches=cut)

    def only(self, *slots: Slot) -> "SimulatedRun":
        """Give the run as these sensors alone saw it."""
        return replace(self, batches={slot: self.batches[slot] for slot in slots})

    def within(self, begin_s: float, end_s: float = np.inf) -> "SimulatedRun":
        """Give the frames that begin in this part of the run, counted from 0 again."""
        kept = {}
        for slot, own in self.batches.items():
            since_s = [(b.t0_ns - self.meta.origin_ns) / NS_PER_S for b in own]
            inside = [
                b for b, t_s in zip(own, since_s, strict=True) if begin_s <= t_s < end_s
            ]
            kept[slot] = [replace(b, seq=seq) for seq, b in enumerate(inside)]
        return replace(self, batches=kept)

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


def clean(**settings: Any) -> RunSettings:  # noqa: ANN401 - see RunSettings
    """Give settings of a run over a perfect radio."""
    return RunSettings(radio=CLEAN, **settings)


def make_run(
    traits: RunnerTraits,
    seed: int,
    duration_s: float,
    settings: RunSettings,
    meta: SessionMeta,
    *,
    slots: Sequence[Slot] = FEET,
) -> SimulatedRun:
    """Run; ``seed`` draws strides, noise and how the sensors sit."""
    sources = simulated_run(
        traits, meta.origin_ns, duration_s, seed, settings, slots=slots
    )
    batches = {slot: list(source.batches()) for slot, source in sources.items()}
    truth = true_steps(traits, seed, duration_s, settings.standing_s, settings.course)
    return SimulatedRun(meta, batches, truth)


def meta_of(session: str, origin_ns: int = ORIGIN_NS) -> SessionMeta:
    """Describe a session of Ana in her blue shoes."""
    return SessionMeta(
        runner="ana",
        session=session,
        origin_ns=origin_ns,
        shoe="blue",
        simulated=True,
        consent_live=True,
    )


@lru_cache(maxsize=64)
def remembered_run(
    seed: int,
    duration_s: float,
    rate_hz: float,
    asymmetry_pct: float,
    session: str,
    slots: tuple[Slot, ...] = FEET,
) -> SimulatedRun:
    """Make a run over a perfect radio, or give the one that was made before."""
    traits = draw_runner(seed, contact_asymmetry_pct=asymmetry_pct)
    settings = clean(rate_hz=rate_hz)
    return make_run(traits, seed, duration_s, settings, meta_of(session), slots=slots)
