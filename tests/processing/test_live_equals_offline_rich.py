"""Live equals offline where most can go another way: hip, slip, gaps, own past.

Shoes and hip are switched on in full run, the left sensor slips, frames are lost, there
are earlier runs and known mounts; what was said too early must be taken back.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from collector.simulated.course import Course, Segment
from collector.simulated.traits import draw_runner
from collector.simulated.worn import Slip, Worn
from contract import wire
from contract.model import FrameFlag, ImuBatch, Slot
from contract.people import Mount
from contract.rows import (
    BaselineRow,
    EventRow,
    FindingRow,
    HipStepRow,
    QualityRow,
    Row,
    StepRow,
    WearRow,
)
from contract.units import NS_PER_S
from processing.baseline import EarlierRun
from processing.conclusion import Conclusion
from processing.offline import all_rows, analyse_frames
from processing.past import Past
from processing.store.base import LostFrames, RawFrame
from tests.processing.simulated_run import (
    ORIGIN_NS,
    SimulatedRun,
    clean,
    make_run,
    meta_of,
)
from tests.processing.wire_journeys import (
    JOURNEYS,
    Journey,
    differing,
    left_of,
    live_rows,
    results,
    travelled,
    upsert,
)

Simulate = Callable[..., SimulatedRun]


class Travels:
    """A run that goes over the wire, what is known from before, and its rows."""

    def __init__(
        self, run: SimulatedRun, frames: list[RawFrame], past: Past, offline: set[Row]
    ) -> None:
        self.run = run
        self.frames = frames
        self.past = past
        self.offline = offline


RICH_GAPS = [
    LostFrames("s1", Slot.RIGHT, 0, 310, 322),
    LostFrames("s1", Slot.HIP, 0, 400, 401),
]


@pytest.fixture(scope="module")
def past(simulate: Simulate) -> Past:
    """Six earlier runs of the same runner, and how the sensors sat in the last one."""
    before = simulate(5, 60.0, asymmetry_pct=0.0)
    analysis = analyse_frames(before.meta, before.frames()).analysis
    assert analysis is not None
    about = Conclusion.of(analysis, Past()).about
    runs = [earlier(about, k) for k in range(1, 7)]
    return Past(runs={"shoes": runs}, mounts=mounts_of(analysis.mounts()))


def earlier(about: EarlierRun, days: int) -> EarlierRun:
    """A run like that one so many days before, a little different each time."""
    sizes = {name: size + 0.3 * (days % 3) for name, size in about.sizes.items()}
    time_ns = ORIGIN_NS - days * 86_400_000_000_000
    return replace(about, session=f"e{days}", time_ns=time_ns, sizes=sizes)


def mounts_of(mounts: Any) -> dict[Slot, Mount]:  # noqa: ANN401
    return {slot: mount for slot, mount in mounts.items() if slot.is_foot}


@pytest.fixture(scope="module")
def rich(past: Past) -> Travels:
    """Shoes and hip switched on in full run; the left sensor slips at 45 s."""
    slip = Slip(45.0, 35.0, axis=(1.0, 0.0, 0.0))
    how = clean(worn={Slot.LEFT: Worn(slip=slip)}, recorded_from_s=8.0)
    traits = draw_runner(5, contact_asymmetry_pct=6.0)
    run = make_run(traits, 5, 75.0, how, meta_of("s1"), slots=tuple(Slot))
    frames = left_of(run, RICH_GAPS)
    session = analyse_frames(run.meta, frames, RICH_GAPS, past=past)
    offline = results(upsert({}, all_rows(session)))
    return Travels(run, frames, past, offline)


def test_the_rich_run_holds_everything_that_can_go_another_way(rich: Travels) -> None:
    kinds = {type(row) for row in rich.offline}
    assert kinds >= {StepRow, HipStepRow, BaselineRow, FindingRow, WearRow}
    slips = [r for r in rich.offline if isinstance(r, EventRow) and r.kind == "slip"]
    assert [row.side for row in slips] == ["left"]
    quality = {r.side: r for r in rich.offline if isinstance(r, QualityRow)}
    for side in ("left", "right"):
        assert "no standing found" in quality[side].calibration + quality[side].mount
    assert quality["right"].gaps == quality["hip"].gaps == 1
    assert quality["right"].near_gaps > 0


# Without shrinking, which would take minutes: a failing journey says enough.
@given(journey=JOURNEYS)
@settings(max_examples=8, phases=(Phase.explicit, Phase.generate))
def test_hip_slip_gaps_and_the_past_are_the_same_live_and_offline(
    rich: Travels, journey: Journey
) -> None:
    live = travelled(rich.run, rich.frames, RICH_GAPS, journey, rich.past)
    assert differing(live, rich.offline) == []


def test_the_rich_run_in_small_portions_gives_the_same_rows(rich: Travels) -> None:
    in_time = sorted(rich.frames, key=lambda frame: frame.seq)
    portions = [in_time[k : k + 3] for k in range(0, len(in_time), 3)]
    live = live_rows(rich.run, portions, {0: RICH_GAPS}, 0, rich.past)
    assert differing(live, rich.offline) == []


def test_a_pace_that_is_no_longer_the_usual_one_takes_the_baseline_back(
    past: Past,
) -> None:
    course = Course((Segment("run", 50.0), Segment("run", 80.0, 2.2)))
    run = make_run(draw_runner(5), 5, 130.0, clean(course=course), meta_of("s1"))
    offline = live_in_time(run, past)
    assert not [row for row in offline if isinstance(row, BaselineRow)]


def test_feet_that_seem_to_land_together_at_first_are_not_one_foot_for_ever(
    simulate: Simulate, past: Past
) -> None:
    """The right clock is half a stride off until its sensor connects anew."""
    run = simulate(5, 110.0)
    off_ns = round(60.0 / run.truth.cadence_spm * NS_PER_S)

    def seen(batch: ImuBatch) -> ImuBatch:
        flags = batch.flags | FrameFlag.CLOCK_SYNCED
        if batch.slot is Slot.LEFT:
            return replace(batch, flags=flags)
        if batch.seq < 400:
            return replace(batch, flags=flags, t0_ns=batch.t0_ns - off_ns)
        return replace(batch, flags=flags, epoch=1, seq=batch.seq - 400)

    shifted = run.changed(seen)
    early = shifted.within(0.0, 39.0)
    words = analyse_frames(early.meta, early.frames()).analysis
    assert words is not None
    assert words.one_foot_words()
    offline = live_in_time(shifted, past)
    assert not [row for row in offline if isinstance(row, EventRow)]


def live_in_time(run: SimulatedRun, past: Past) -> set[Row]:
    """Rows of a run that came in small portions, after a look that offline agrees."""
    frames = sorted(run.frames(), key=lambda f: wire.decode(f.payload).t0_ns)
    expected = results(
        upsert({}, all_rows(analyse_frames(run.meta, frames, past=past)))
    )
    portions = [frames[k : k + 20] for k in range(0, len(frames), 20)]
    live = live_rows(run, portions, {}, 0, past)
    assert differing(live, expected) == []
    return live
