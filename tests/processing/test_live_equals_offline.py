"""The promise of the pipeline: live equals offline, to the bit, whatever the wire did.

A run with a gap is sent in any portions, out of order, doubled, in frames of another
size; the rows that are left in the store must be those of the analysis at once.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import wire
from contract.model import Slot
from contract.rows import BalanceRow, QualityRow, Row, SessionRow, StepRow
from processing.offline import all_rows, analyse_frames
from processing.session import LiveSession
from processing.settings import Settings
from processing.store.base import LostFrames, RawFrame
from tests.processing.wire_journeys import (
    JOURNEYS,
    Journey,
    left_of,
    live_rows,
    results,
    travelled,
    upsert,
)

Simulate = Callable[..., Any]
GAPS = [
    LostFrames("s1", Slot.LEFT, 0, 251, 262),
    LostFrames("s1", Slot.RIGHT, 0, 120, 120),
]


@pytest.fixture(scope="module")
def run(simulate: Simulate) -> Any:  # noqa: ANN401 - conftest's SimulatedRun
    return simulate(5, 40.0, asymmetry_pct=6.0)


@pytest.fixture(scope="module")
def gapped(run: Any) -> list[RawFrame]:  # noqa: ANN401
    return left_of(run, GAPS)


@pytest.fixture(scope="module")
def offline(run: Any, gapped: list[RawFrame]) -> set[Row]:  # noqa: ANN401
    rows = all_rows(analyse_frames(run.meta, gapped, GAPS))
    return results(upsert({}, rows))


def test_the_run_under_test_is_worth_testing(offline: set[Row]) -> None:
    quality = {r.side: r for r in offline if isinstance(r, QualityRow)}
    assert quality["left"].gaps == quality["right"].gaps == 1
    assert sum(isinstance(r, StepRow) for r in offline) > 80
    windows = {"run", "30s", "first_third", "last_third", "change"}
    assert {r.window for r in offline if isinstance(r, BalanceRow)} == windows
    angles = [r for r in offline if isinstance(r, StepRow) and r.strike_angle_deg]
    assert len(angles) > 60


@given(journey=JOURNEYS)
@settings(max_examples=12)
def test_no_order_doubling_or_portioning_changes_a_row(
    run: Any,  # noqa: ANN401
    gapped: list[RawFrame],
    offline: set[Row],
    journey: Journey,
) -> None:
    assert travelled(run, gapped, GAPS, journey) == offline


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
