"""Two simulated runners whose frames are known beforehand, byte for byte."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from collector.feeder import SessionPlan
from collector.simulated.source import simulated_run
from collector.simulated.traits import draw_runner
from contract.messages import SensorInfo, SessionMeta, StreamEnd
from contract.model import ImuBatch, Slot
from contract.units import NS_PER_S
from contract.wire import encode
from processing.offline import all_rows, analyse_frames
from processing.store.base import RawFrame
from treadwear.demo import LIMP_PCT

# A fixed start, so that one seed gives the same bytes on any day: 21 November 2026.
ORIGIN_NS = 1_795_247_400 * NS_PER_S
_PEOPLE = (("even", 0.0), ("limping", LIMP_PCT))


@dataclass(frozen=True, slots=True)
class ReadySource:
    """A sensor whose batches are in memory already: feeding costs next to nothing."""

    slot: Slot
    kept: tuple[ImuBatch, ...]

    def batches(self) -> Iterator[ImuBatch]:
        """Yield the batches in order."""
        return iter(self.kept)


@dataclass(frozen=True, slots=True)
class KnownRunner:
    """A runner, and everything that her sensors will send."""

    meta: SessionMeta
    sources: tuple[ReadySource, ...]

    @property
    def session(self) -> str:
        """Session id."""
        return self.meta.session

    @property
    def plan(self) -> SessionPlan:
        """What the collector is to collect."""
        return SessionPlan(self.meta, self.sources)

    def frames(self) -> list[RawFrame]:
        """Frames as they must stand in the store, each sensor's in order."""
        runner, session = self.meta.runner, self.meta.session
        return [
            RawFrame(runner, session, s.slot, batch.epoch, batch.seq, encode(batch))
            for s in self.sources
            for batch in s.kept
        ]

    def cut(self, ends: dict[str, StreamEnd]) -> "KnownRunner":
        """Make the runner whose sensors stopped there (slots by their words)."""
        return KnownRunner(
            self.meta,
            tuple(
                ReadySource(s.slot, s.kept[: ends[s.slot.word].next_seq])
                for s in self.sources
                if s.slot.word in ends
            ),
        )

    def undisturbed_rows(self) -> list[object]:
        """Rows of the same frames analysed at once, without wire, broker or kills."""
        return list(all_rows(analyse_frames(self.meta, self.frames())))


@cache
def known_runners(seed: int, run_s: float) -> tuple[KnownRunner, ...]:
    """Draw an even and a limping runner who both run for so long."""
    return tuple(
        _known_runner(kind, asymmetry_pct, 10 * seed + number, run_s)
        for number, (kind, asymmetry_pct) in enumerate(_PEOPLE)
    )


def _known_runner(
    kind: str, asymmetry_pct: float, seed: int, run_s: float
) -> KnownRunner:
    traits = draw_runner(seed, contact_asymmetry_pct=asymmetry_pct)
    sources = simulated_run(traits, ORIGIN_NS, run_s, seed)
    meta = SessionMeta(
        runner=f"fault-{kind}",
        session=f"fault-{kind}-{seed}",
        origin_ns=ORIGIN_NS,
        shoe="simulated shoe",
        sensors={slot.word: SensorInfo(family="simulated") for slot in sources},
        simulated=True,
        consent_live=True,
    )
    kept = [ReadySource(s.slot, tuple(s.batches())) for s in sources.values()]
    return KnownRunner(meta, tuple(kept))
