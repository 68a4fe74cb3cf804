"""The promise of the pipeline: live equals offline, to the bit, whatever the wire did.

A run with a gap is sent in any portions, out of order, doubled, in frames of another
size; the rows that are left in the store must be those of the analysis at once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import wire
from contract.model import Slot
from contract.rows import BalanceRow, QualityRow, Row, SessionRow, StepRow
from contract.schema import BY_ROW
from processing.offline import all_rows, analyse_frames
from processing.session import LiveSession
from processing.settings import Settings
from processing.store.base import LostFrames, RawFrame

Simulate = Callable[..., Any]
Table = dict[tuple[object, ...], Row]
GAPS = [
    LostFrames("s1", Slot.LEFT, 0, 251, 262),
    LostFrames("s1", Slot.RIGHT, 0, 120, 120),
]


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


@pytest.fixture(scope="module")
def run(simulate: Simulate) -> Any:  # noqa: ANN401 - conftest's SimulatedRun
    return simulate(5, 40.0, asymmetry_pct=6.0)


@pytest.fixture(scope="module")
def gapped(run: Any) -> list[RawFrame]:  # noqa: ANN401
    """Give the frames that are left of the run."""
    gone = {
        (gap.slot, seq)
        for gap in GAPS
        for seq in range(gap.first_seq, gap.last_seq + 1)
    }
    return [frame for frame in run.frames() if (frame.slot, frame.seq) not in gone]


@pytest.fixture(scope="module")
def offline(run: Any, gapped: list[RawFrame]) -> set[Row]:  # noqa: ANN401
    rows = all_rows(analyse_frames(run.meta, gapped, GAPS))
    return results(upsert({}, rows))


def test_the_run_under_test_is_worth_testing(offline: set[Row]) -> None:
    quality = {r.side: r for r in offline if isinstance(r, QualityRow)}
    assert quality["left"].gaps == quality["right"].gaps == 1
    assert sum(isinstance(r, StepRow) for r in offline) > 80
    assert {r.window for r in offline if isinstance(r, BalanceRow)} == {"run", "30s"}


def live_rows(
    run: Any,  # noqa: ANN401
    portions: list[list[RawFrame]],
    lost: dict[int, list[LostFrames]],
    described_at: int,
) -> set[Row]:
    """Rows after a live run whose messages came in these portions."""
    session, table = LiveSession(Settings(), runner="ana"), {}
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


@given(
    journey=st.builds(
        Journey,
        seed=st.integers(0, 2**32),
        window=st.sampled_from([0, 1, 8, 60]),
        repeats=st.sampled_from([0, 5, 100]),
        n_portions=st.sampled_from([1, 2, 9, 40, 150]),
        told_at=st.floats(0, 1),
        described_at=st.floats(0, 0.9),
    )
)
@settings(max_examples=15)
def test_no_order_doubling_or_portioning_changes_a_row(
    run: Any,  # noqa: ANN401
    gapped: list[RawFrame],
    offline: set[Row],
    journey: Journey,
) -> None:
    rng = np.random.default_rng(journey.seed)
    wire_order = on_the_wire(gapped, rng, journey)
    cuts = np.sort(rng.integers(0, len(wire_order), journey.n_portions - 1))
    ends = [0, *cuts.tolist(), len(wire_order)]
    portions = [wire_order[a:b] for a, b in pairwise(ends)]
    # Word of a loss comes when no frame of that range can come any more.
    last = len(portions) - 1
    lost = {round(journey.told_at * last): GAPS}
    described_at = round(journey.described_at * last)
    assert live_rows(run, portions, lost, described_at) == offline


def test_frame_by_frame_gives_the_same_rows(
    run: Any,  # noqa: ANN401
    gapped: list[RawFrame],
    offline: set[Row],
) -> None:
    in_time = sorted(gapped, key=lambda frame: frame.seq)
    portions = [[frame] for frame in in_time]
    assert live_rows(run, portions, {0: GAPS}, 0) == offline


def test_one_foot_long_before_the_other_gives_the_same_rows(
    run: Any,  # noqa: ANN401
    gapped: list[RawFrame],
    offline: set[Row],
) -> None:
    """A collector that comes back sends hours of one foot before the other's."""
    half = [[f for f in gapped if f.slot is slot] for slot in (Slot.RIGHT, Slot.LEFT)]
    assert live_rows(run, half, {1: GAPS}, 0) == offline


@given(size=st.sampled_from([1, 7, 10, 20, 33, 64, 500]), n_portions=st.integers(1, 60))
@settings(max_examples=10)
def test_the_size_of_frames_does_not_matter(
    run: Any,  # noqa: ANN401
    size: int,
    n_portions: int,
) -> None:
    """At 200 Hz a sample period is a whole number of ns: all frames agree on times."""
    whole, cut = run.recut(10_000), run.recut(size)
    expected = results(upsert({}, all_rows(analyse_frames(run.meta, whole.frames()))))
    frames = sorted(cut.frames(), key=lambda frame: frame.seq)
    ends = np.linspace(0, len(frames), n_portions + 1).astype(int)
    portions = [frames[a:b] for a, b in pairwise(ends)]
    assert live_rows(run, portions, {}, 0) == expected


@pytest.mark.parametrize("share", [0.1, 0.35, 0.5, 0.8])
def test_a_session_read_back_from_disk_goes_on_as_if_nothing_had_happened(
    run: Any,  # noqa: ANN401
    gapped: list[RawFrame],
    offline: set[Row],
    share: float,
) -> None:
    in_time = sorted(gapped, key=lambda frame: frame.seq)
    half = round(share * len(in_time))
    first = LiveSession(Settings(), runner="ana")
    first.describe(run.meta)
    first.restore(in_time[:half], [])
    first.analyse()
    table = upsert({}, first.new_rows() + first.summary())
    second = LiveSession(Settings(), runner="ana")
    second.describe(run.meta)
    second.restore(sorted(in_time[:half], key=lambda f: (f.slot, f.seq)), [])
    second.analyse()
    for frame in in_time[half - 3 :]:  # the last three come again
        second.stream(frame.slot).accept(wire.decode(frame.payload))
    for gap in GAPS:
        second.stream(gap.slot).lose(gap.epoch, gap.first_seq, gap.last_seq)
    second.finish()
    upsert(table, second.new_rows() + second.summary())
    assert results(table) == offline


def test_a_new_connection_in_the_middle_is_the_same_live_and_offline(
    run: Any,  # noqa: ANN401
) -> None:
    """The sensor connects anew: a later epoch that counts from 0 again."""
    frames = []
    for slot, batches in run.batches.items():
        half = len(batches) // 2 + 10 * (slot is Slot.LEFT)
        again = [
            replace(batch, epoch=1, seq=batch.seq - half) for batch in batches[half:]
        ]
        frames += [run.frame(batch) for batch in batches[:half] + again]
    expected = results(upsert({}, all_rows(analyse_frames(run.meta, frames))))
    in_time = sorted(frames, key=lambda frame: (frame.epoch, frame.seq))
    ends = range(0, len(in_time) + 37, 37)
    portions = [in_time[a:b] for a, b in pairwise(ends)]
    live = live_rows(run, portions, {}, 0)
    assert live == expected
    (about,) = (r for r in live if isinstance(r, SessionRow))
    assert about.steps > 90
