"""What frames go through on their way, and the rows that are left after it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from contract import wire
from contract.rows import QualityRow, Row
from contract.schema import BY_ROW
from processing.past import Past
from processing.session import LiveSession
from processing.settings import Settings
from processing.store.base import LostFrames, RawFrame
from tests.processing.simulated_run import SimulatedRun

Table = dict[tuple[object, ...], Row]


def upsert(table: Table, rows: Iterable[Row]) -> Table:
    """What a store holds after these rows were written too."""
    for row in rows:
        key = (type(row), *(getattr(row, k) for k in BY_ROW[type(row)].keys))
        table[key] = row
    return table


def results(table: Table) -> set[Row]:
    """Give all rows, less what counts packets: how often and how large they came."""
    counted = {"frames": 0, "clipped": 0, "duplicates": 0, "reordered": 0}
    return {
        replace(row, **counted) if isinstance(row, QualityRow) else row
        for row in table.values()
    }


def left_of(run: SimulatedRun, gaps: Iterable[LostFrames]) -> list[RawFrame]:
    """Give the frames that are left of the run."""
    gone = {
        (gap.slot, seq)
        for gap in gaps
        for seq in range(gap.first_seq, gap.last_seq + 1)
    }
    return [frame for frame in run.frames() if (frame.slot, frame.seq) not in gone]


def live_rows(
    run: SimulatedRun,
    portions: list[list[RawFrame]],
    lost: dict[int, list[LostFrames]],
    described_at: int,
    past: Past | None = None,
) -> set[Row]:
    """Rows after a live run whose messages came in these portions."""
    session, table = LiveSession(Settings(), past or Past(), runner="ana"), {}
    for number, portion in enumerate(portions):
        if number == described_at:
            session.describe(run.meta)
        for frame in portion:
            session.stream(frame.slot).accept(wire.decode(frame.payload))
        for gap in lost.get(number, []):
            session.stream(gap.slot).lose(gap.epoch, gap.first_seq, gap.last_seq)
        session.analyse()
        upsert(table, session.new_rows())
        if number % 7 == 0:
            upsert(table, session.summary())
    session.finish()
    upsert(table, session.new_rows())
    return results(upsert(table, session.summary()))


@dataclass(frozen=True)
class Journey:
    """What a run's frames go through on their way.

    ``window`` frames may change places, ``repeats`` come twice; ``told_at`` and
    ``described_at`` are the shares of the run at which losses and description come.
    """

    seed: int
    window: int
    repeats: int
    n_portions: int
    told_at: float
    described_at: float


def on_the_wire(
    frames: list[RawFrame], rng: np.random.Generator, journey: Journey
) -> list[RawFrame]:
    """Both feet's frames as they come: about in order of time, some twice."""
    again = [frames[k] for k in rng.integers(0, len(frames), journey.repeats)]
    sent = frames + again
    order = np.argsort([f.seq + rng.uniform(0, journey.window + 0.5) for f in sent])
    return [sent[k] for k in order]


JOURNEYS = st.builds(
    Journey,
    seed=st.integers(0, 2**32),
    window=st.sampled_from([0, 1, 8, 60]),
    repeats=st.sampled_from([0, 5, 100]),
    n_portions=st.sampled_from([1, 2, 9, 40, 150]),
    told_at=st.floats(0, 1),
    described_at=st.floats(0, 0.9),
)


def travelled(
    run: SimulatedRun,
    frames: list[RawFrame],
    gaps: list[LostFrames],
    journey: Journey,
    past: Past | None = None,
) -> set[Row]:
    """Rows of a run whose frames made this journey."""
    rng = np.random.default_rng(journey.seed)
    wire_order = on_the_wire(frames, rng, journey)
    cuts = np.sort(rng.integers(0, len(wire_order), journey.n_portions - 1))
    ends = [0, *cuts.tolist(), len(wire_order)]
    portions = [wire_order[a:b] for a, b in pairwise(ends)]
    # Word of a loss comes when no frame of that range can come any more.
    last = len(portions) - 1
    lost = {round(journey.told_at * last): gaps}
    described_at = round(journey.described_at * last)
    return live_rows(run, portions, lost, described_at, past)


def differing(live: set[Row], offline: set[Row]) -> list[str]:
    """Some of the rows that only one of the ways gave."""
    return sorted(repr(row)[:300] for row in live ^ offline)[:6]
